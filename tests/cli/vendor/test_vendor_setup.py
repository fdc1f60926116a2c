# ruff: noqa: ANN401 - the shell is a fixture of conftest.py

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from offline_activation.formats.armor import unarmor
from offline_activation.formats.product import receive_product
from offline_activation.formats.trust_list import receive_trust_list

SAMPLES = Path(__file__).parents[3] / "samples"
IN_A_FRESH_INTERPRETER = """
import sys
from offline_activation.cli.vendor import PROGRAM
from offline_activation.cli import manners
heavy = {"sqlalchemy", "alembic", "jinja2", "PIL", "zxingcpp", "qrcode", "sqlite3"}
print(sorted(heavy & set(sys.modules)))
"""
WITHOUT_SQLALCHEMY = """
import sys
sys.modules["sqlalchemy"] = None
from offline_activation.cli.vendor import PROGRAM
from offline_activation.cli import manners, vendor_wiring
sys.exit(manners.run(PROGRAM, ["order", "list"], anywhere=vendor_wiring.ANYWHERE))
"""


def document_in(path: str) -> bytes:
    return unarmor(Path(path).read_text(), source=path).document


def test_a_vendor_is_made_with_encrypted_keys(bare: Any, tmp_path: Path) -> None:
    Path("secret").write_text("correct horse\n")
    found = bare.json("init", "--name", "Inception Technologies", "--passphrase-file", "secret")
    assert found["vendor"] == "Inception Technologies"
    keys = sorted((tmp_path / "vendor" / "keys").iterdir())
    assert len(keys) == 2
    assert all(b"ENCRYPTED" in key.read_bytes() and key.stat().st_mode & 0o777 == 0o600 for key in keys)
    assert (tmp_path / "vendor").stat().st_mode & 0o777 == 0o700
    listed = bare.json("keys", "list")["keys"]
    assert [(key["role"], key["state"]) for key in listed] == [("root", "active"), ("issuing", "active")]
    assert bare.json("doctor")["healthy"] is True


def test_the_passphrase_may_come_from_the_environment(bare: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTIVATION_VENDOR_PASSPHRASE", "correct horse")
    assert bare("init", "--name", "V").code == 0
    assert bare("product", "load", str(SAMPLES / "infinitime.toml")).code == 0
    assert bare("product", "export", "infinitime").code == 0
    monkeypatch.setenv("ACTIVATION_VENDOR_PASSPHRASE", "wrong")
    refused = bare.json("product", "export", "infinitime", "-o", "other.product", code=1)
    assert refused["error"]["code"] == "key.passphrase"
    monkeypatch.delenv("ACTIVATION_VENDOR_PASSPHRASE")
    missing = bare.json("product", "export", "infinitime", "-o", "other.product", code=2)
    assert missing["error"]["code"] == "usage.missing"
    assert not Path("other.product").exists()


def test_keys_without_a_passphrase_need_the_option_and_are_warned_about(bare: Any) -> None:
    assert bare.json("init", "--name", "V", code=2)["error"]["code"] == "usage.missing"
    found = bare("init", "--name", "V", "--no-passphrase")
    assert found.code == 0
    assert "WITHOUT a passphrase" in found.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["init"],
        ["init", "--name", "V"],
        ["init", "--name", "", "--no-passphrase"],
        ["init", "--name", "x" * 81, "--no-passphrase"],
        ["init", "--name", "a\x1b[31m", "--no-passphrase"],
        ["init", "--name", "V", "--passphrase-file", "empty"],
        ["init", "--name", "V", "--passphrase-file", "empty", "--no-passphrase"],
        ["init", "--name", "V", "--passphrase-file", "long"],
    ],
)
def test_a_wrong_init_makes_nothing(bare: Any, arguments: list[str], no_leftovers: Path) -> None:
    Path("empty").write_text("\n")
    Path("long").write_text("x" * 2000)
    assert bare(*arguments).code == 2
    assert no_leftovers.exists()


def test_an_init_that_fails_half_way_takes_everything_away(bare: Any, no_leftovers: Path) -> None:
    blocked = no_leftovers / "work" / "no" / "books.db"
    found = bare.json("init", "--name", "V", "--no-passphrase", "--database", f"sqlite:///{blocked}", code=3)
    assert found["error"]["code"] == "io.database"


def test_an_existing_vendor_is_left_alone(vendor: Any, dump: Any) -> None:
    before = dump()
    found = vendor.json("init", "--name", "Other", "--no-passphrase", code=1)
    assert found["error"]["code"] == "vendor.already_initialised"
    assert dump() == before


def test_a_database_of_another_name_is_used(bare: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    address = f"sqlite:///{tmp_path}/elsewhere/other.db"
    assert bare("init", "--name", "V", "--no-passphrase", "--database", address).code == 0
    assert not (tmp_path / "vendor" / "vendor.db").exists()
    assert bare.json("keys", "list", code=1)["error"]["code"] == "vendor.not_initialised"
    monkeypatch.setenv("ACTIVATION_VENDOR_DATABASE", address)
    assert len(bare.json("keys", "list")["keys"]) == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["keys", "list"],
        ["order", "list"],
        ["product", "list"],
        ["sign", "x"],
        ["pending"],
        ["license", "list"],
        ["audit", "export"],
        ["mail", "list"],
        ["doctor"],
        ["trust", "export", "-o", "t"],
    ],
)
def test_without_a_vendor_every_command_says_so_and_makes_nothing(
    bare: Any, arguments: list[str], no_leftovers: Path
) -> None:
    found = bare.json(*arguments, code=1)
    assert found["error"]["code"] == "vendor.not_initialised"
    assert no_leftovers.exists()


def test_a_product_file_names_the_root_key_and_the_server(vendor: Any) -> None:
    found = vendor.json("product", "export", "infinitime", "-o", "p.product", "--server", "https://other.example")
    product = receive_product(document_in("p.product"))
    assert (product.product, product.server, found["file"]) == ("infinitime", "https://other.example", "p.product")
    trust = receive_trust_list(product.trust, product.root)
    assert vendor.json("trust", "export", "-o", "t.txt")["number"] == trust.number == 1
    assert receive_trust_list(document_in("t.txt"), product.root) == trust


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (["product", "export", "nothing"], "vendor.unknown_product", 1),
        (["product", "export", "infinitime", "--server", "ftp://x"], "usage.invalid", 2),
        (["product", "load", "nothing.toml"], "io.not_found", 3),
        (["product", "load", "bad.toml"], "product.invalid", 1),
        (["product", "load", "binary"], "product.invalid", 1),
        (["product", "load", "."], "io.not_a_file", 3),
        (["trust", "export"], "usage.missing", 2),
        (["product", "export", "infinitime", "-o", "-"], "usage.invalid", 2),
    ],
)
def test_mistakes_with_products_are_one_line(vendor: Any, arguments: list[str], code: str, exit_code: int) -> None:
    Path("bad.toml").write_text("[product]\nid = 'x'\n")
    Path("binary").write_bytes(b"\xff\xfe\x00")
    found = vendor.json(*arguments, code=exit_code)
    assert found["error"]["code"] == code
    text = vendor(*arguments) if code != "usage.invalid" else None
    assert text is None or (text.out == "" and len(text.err.splitlines()) == 2)


def test_an_exported_file_goes_to_standard_output(vendor: Any) -> None:
    found = vendor("product", "export", "infinitime", "-o", "-")
    assert unarmor(found.out, source="out").label == "PRODUCT"
    assert "Root key" in found.err


def test_doctor_names_what_is_wrong(vendor: Any, tmp_path: Path) -> None:
    key = next((tmp_path / "vendor" / "keys").iterdir())
    key.chmod(0o644)
    found = vendor.json("doctor", code=1)
    assert found["healthy"] is False
    assert "others may read it" in " ".join(check["detail"] for check in found["checks"] if not check["ok"])


@pytest.mark.parametrize("triggers", ["", "DROP TRIGGER audit_keeps_entries; DROP TRIGGER audit_keeps_content;"])
def test_doctor_reads_the_audit_log_to_its_end(vendor: Any, tmp_path: Path, triggers: str) -> None:
    vendor.sold()
    assert "4 entries checked" in vendor("doctor").out
    with closing(sqlite3.connect(tmp_path / "vendor" / "vendor.db", isolation_level=None)) as connection:
        made = [row[0] for row in connection.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger'")]
        connection.executescript("DROP TRIGGER audit_keeps_entries; DROP TRIGGER audit_keeps_content;")
        connection.execute("UPDATE audit SET actor = 'eve' WHERE number = 3")
        if not triggers:
            connection.executescript(";".join(made))
    found = vendor("doctor")
    assert found.code == 1
    assert "PROBLEM: Audit entry 3 was changed after it was written." in found.out
    assert found.out.splitlines()[-1] == ("3 problems found." if triggers else "1 problem found.")
    assert "entries checked" not in found.out


def test_a_home_that_may_not_be_looked_into_is_no_missing_vendor(vendor: Any, tmp_path: Path) -> None:
    home = tmp_path / "vendor"
    home.chmod(0)
    try:
        if os.geteuid() == 0:
            os.seteuid(65534)  # root may look everywhere
        for command in (["order", "list"], ["doctor"], ["sign", "x"]):
            found = vendor.json(*command, code=3)
            assert found["error"]["code"] == "io.unreadable"
            assert "vendor/vendor.db cannot be read" in found["error"]["message"]
    finally:
        if os.getuid() == 0:
            os.seteuid(0)
        home.chmod(0o700)


def test_loading_a_product_tells_who_grants_which_purpose(vendor: Any) -> None:
    shown = vendor("product", "load", str(SAMPLES / "infinitime.toml")).out
    assert "A person grants    rebind, rehost, transfer\n" in shown
    assert "Rules alone grant  activate, renew, return, update\n" in shown


def test_loading_a_product_shows_every_rule(vendor: Any) -> None:
    found = vendor.json("product", "load", str(SAMPLES / "infinitime.toml"))
    (listed,) = vendor.json("product", "list")["products"]
    rules = {name: rule for name, rule in listed.items() if name not in {"loaded", "limits", "options"}}
    assert rules == {name: found[name] for name in rules}
    assert (found["max_unreturned"], found["lease_days"], found["drift_days"]) == (2, 183, 14)
    assert (found["warn_days"], "renew" in found["auto"]) == ([90, 30, 14, 7, 1], True)
    page = vendor("product", "load", str(SAMPLES / "infinitime.toml")).out
    for said in ("at most 2 replaced servers", "90, 30, 14, 7, 1 days", "30 days with employees 5", "works 14 days"):
        assert said in page


def test_every_command_has_help_with_an_example(bare: Any) -> None:
    groups = {
        "product": ["load", "list", "export"],
        "order": ["add", "import", "list", "show", "process", "cancel"],
        "license": ["list", "show"],
        "keys": ["list"],
        "trust": ["export"],
        "audit": ["export"],
        "mail": ["list", "show"],
    }
    commands = [["init"], ["doctor"], ["review"], ["sign"], ["refuse"], ["approve"], ["pending"], ["inspect"], []]
    commands += [[group] for group in groups]
    commands += [[group, command] for group, names in groups.items() for command in names]
    for command in commands:
        found = bare(*command, "--help")
        assert found.code == 0
        assert "Example: activation-" in " ".join(found.out.split()), command
        assert "``" not in found.out
        anywhere = ("--json", "--home DIR", "--database URL", "--passphrase-file FILE")
        assert command == ["inspect"] or all(option in found.out for option in anywhere), command
    assert bare("order").code == 2
    assert bare().code == 2


def test_the_program_starts_without_database_pictures_and_templates() -> None:
    out = subprocess.run([sys.executable, "-c", IN_A_FRESH_INTERPRETER], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_without_the_vendor_packages_the_program_says_how_to_get_them(tmp_path: Path) -> None:
    environment = {**os.environ, "ACTIVATION_VENDOR_HOME": str(tmp_path)}
    out = subprocess.run(
        [sys.executable, "-c", WITHOUT_SQLALCHEMY], capture_output=True, text=True, check=False, env=environment
    )
    assert (out.returncode, out.stdout) == (2, "")
    assert "usage.needs_extra" in out.stderr
    assert "offline-activation[vendor]" in out.stderr
