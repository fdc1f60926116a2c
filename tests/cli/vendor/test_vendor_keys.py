# ruff: noqa: ANN401 - the shell is a fixture of conftest.py

import os
import pty
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from offline_activation.formats.armor import unarmor
from offline_activation.formats.envelope import open_envelope
from offline_activation.formats.product import receive_product
from offline_activation.formats.trust_list import read_trust_list

SAMPLES = Path(__file__).parents[3] / "samples"
PROGRAM = "from offline_activation.cli.vendor import main; main()"


def keys_of(vendor: Any, state: str) -> list[str]:
    listed = vendor.json("keys", "list")["keys"]
    return [key["key_id"] for key in listed if key["role"] == "issuing" and key["state"] == state]


def check(vendor: Any, name: str, code: int = 0) -> list[str]:
    return [item["detail"] for item in vendor.json("doctor", code=code)["checks"] if item["check"] == name]


def encrypted(bare: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTIVATION_VENDOR_PASSPHRASE", "correct horse")
    for arguments in (["init", "--name", "V"], ["product", "load", str(SAMPLES / "infinitime.toml")]):
        assert bare(*arguments).code == 0


def test_a_rotation_makes_a_key_under_the_same_passphrase(
    bare: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, areq: Any
) -> None:
    encrypted(bare, monkeypatch)
    (old,) = keys_of(bare, "active")
    found = bare.json("keys", "rotate", "--reason", "yearly")
    new = found["new"]["key_id"]
    assert (found["trust_list"], [key["key_id"] for key in found["retired"]], found["revoked"]) == (2, [old], None)
    assert (keys_of(bare, "active"), keys_of(bare, "retired")) == ([new], [old])
    pem = tmp_path / "vendor" / "keys" / found["new"]["file"]
    assert b"ENCRYPTED" in pem.read_bytes()
    assert pem.stat().st_mode & 0o777 == 0o600
    number = bare.sold()
    assert bare.json("sign", areq("a.areq", number), "-o", "a.alic")["results"][0]["outcome"] == "signed"
    assert open_envelope(unarmor(Path("a.alic").read_text(), source="a").document).key_id.hex() == new
    assert bare.json("license", "show", number)["signed_by"] == new
    assert bare.json("doctor")["healthy"] is True
    assert check(bare, "Retired keys")
    assert check(bare, "Trust list") == ["number 2, signed by the root key, 2 valid, 0 revoked"]


def test_a_wrong_or_missing_passphrase_rotates_nothing(
    bare: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    encrypted(bare, monkeypatch)
    (old,) = keys_of(bare, "active")
    files = sorted((tmp_path / "vendor" / "keys").iterdir())
    monkeypatch.setenv("ACTIVATION_VENDOR_PASSPHRASE", "wrong")
    assert bare.json("keys", "rotate", code=1)["error"]["code"] == "key.passphrase"
    assert bare.json("keys", "revoke", old, "--rotate", code=1)["error"]["code"] == "key.passphrase"
    monkeypatch.delenv("ACTIVATION_VENDOR_PASSPHRASE")
    assert bare.json("keys", "rotate", code=2)["error"]["code"] == "usage.missing"
    assert keys_of(bare, "active") == [old]
    assert sorted((tmp_path / "vendor" / "keys").iterdir()) == files


def test_a_terminal_is_asked_for_the_passphrase_once(bare: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    encrypted(bare, monkeypatch)
    monkeypatch.delenv("ACTIVATION_VENDOR_PASSPHRASE")
    terminal, end = pty.openpty()
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, "keys", "rotate"], stdin=end, stdout=end, stderr=end)
    os.close(end)
    shown, deadline = "", time.monotonic() + 20
    while not shown.endswith(": "):
        assert time.monotonic() < deadline, shown
        shown += os.read(terminal, 4096).decode(errors="replace")
    os.write(terminal, b"correct horse\n")
    while "Next:" not in shown:
        assert time.monotonic() < deadline, shown
        shown += os.read(terminal, 4096).decode(errors="replace")
    assert process.wait(20) == 0, shown
    os.close(terminal)
    monkeypatch.setenv("ACTIVATION_VENDOR_PASSPHRASE", "correct horse")
    assert bare.json("doctor")["healthy"] is True


def test_a_key_without_passphrase_is_followed_by_one_without_and_a_warning(vendor: Any) -> None:
    found = vendor("keys", "rotate")
    assert found.code == 0
    assert "WITHOUT a passphrase" in found.err
    assert "signs from now on" in found.out


def test_revoking_the_only_key_needs_another(vendor: Any, areq: Any) -> None:
    (old,) = keys_of(vendor, "active")
    number = vendor.sold()
    vendor("sign", areq("a.areq", number))
    vendor.sold()
    assert vendor.json("keys", "revoke", old, code=1)["error"]["code"] == "key.only_one"
    found = vendor.json("keys", "revoke", old.upper(), "--rotate", "--reason", "Laptop stolen")
    assert (found["trust_list"], found["revoked"]["key_id"], found["retired"]) == (2, old, [])
    assert found["licenses"] == [number]
    assert keys_of(vendor, "active") == [found["new"]["key_id"]]
    assert keys_of(vendor, "revoked") == [old]
    assert [row["license_number"] for row in vendor.json("license", "list", "--signed-by", old)["licenses"]] == [number]
    assert vendor.json("license", "list", "--signed-by", found["new"]["key_id"])["licenses"] == []
    assert vendor.json("keys", "revoke", old, code=1)["error"]["code"] == "vendor.key_state"
    assert "revoked" in vendor("keys", "list").out


def test_a_revoked_key_may_be_destroyed(vendor: Any, areq: Any, tmp_path: Path) -> None:
    (old,) = keys_of(vendor, "active")
    number = vendor.sold()
    vendor("sign", areq("a.areq", number))
    vendor.json("keys", "revoke", old, "--rotate")
    assert "destroy its file" in check(vendor, "Revoked key")[0]
    (tmp_path / "vendor" / "keys" / f"{old}.pem").unlink()
    assert "destroy" not in check(vendor, "Revoked key")[0]
    assert vendor.json("sign", areq("b.areq", number, counter=2))["results"][0]["outcome"] == "signed"
    again = vendor("sign", "a.areq", "-o", "again.alic", "--json")  # the kept response
    (result,) = again.json["results"]
    assert (again.code, result["outcome"], [item["code"] for item in result["warnings"]]) == (
        0, "signed", ["vendor.answer_revoked"],
    )  # fmt: skip
    assert "a site that knows list 2 refuses it" in again.err
    assert "Ask for a new request" in again.err
    assert "warnings" not in vendor.json("sign", "b.areq", "-o", "b2.alic")["results"][0]


def test_the_root_key_may_be_kept_elsewhere_until_it_is_needed(vendor: Any, areq: Any, tmp_path: Path) -> None:
    root = tmp_path / "vendor" / "keys" / vendor.json("keys", "list")["keys"][0]["file"]
    root.rename(tmp_path / "work" / "root.pem")
    number = vendor.sold()
    assert vendor.json("sign", areq("a.areq", number))["results"][0]["outcome"] == "signed"
    for arguments in (["keys", "rotate"], ["keys", "rotate", "--root"], ["product", "export", "infinitime"]):
        error = vendor.json(*arguments, code=1)["error"]
        assert error["code"] == "key.file"
        assert "kept elsewhere: put it back for keys rotate, keys revoke and product export" in error["remedy"]
    said = "kept elsewhere: put it back for keys rotate, keys revoke and product export"
    assert said in check(vendor, "Root key")[0]
    assert f"warning: {root.stem[:4]}" in vendor("doctor").out
    assert vendor.json("trust", "export", "-o", "v.trust")["number"] == 1
    (tmp_path / "work" / "root.pem").rename(root)
    assert vendor.json("keys", "rotate")["trust_list"] == 2


def test_the_newest_list_is_exported_and_pinned_by_new_product_files(vendor: Any) -> None:
    (old,) = keys_of(vendor, "active")
    vendor.json("keys", "rotate")
    vendor.json("keys", "revoke", old)
    exported = vendor.json("trust", "export", "-o", "vendor.trust")
    assert (exported["number"], exported["keys"], exported["revoked"]) == (3, 1, [old])
    vendor.json("product", "export", "infinitime", "-o", "infinitime.product")
    product = receive_product(unarmor(Path("infinitime.product").read_text(), source="p").document)
    assert read_trust_list(open_envelope(product.trust)).number == 3


def test_a_key_file_that_no_book_names_is_told(vendor: Any, tmp_path: Path) -> None:
    keys = tmp_path / "vendor" / "keys"
    shutil.copy(next(keys.iterdir()), keys / "0011223344556677.pem")
    assert "0011223344556677.pem" in check(vendor, "Key file")[0]


def test_a_change_that_fails_leaves_no_key_file(vendor: Any, tmp_path: Path) -> None:
    files = sorted((tmp_path / "vendor" / "keys").iterdir())
    for _ in range(15):
        vendor.json("keys", "rotate")
    several = sorted((tmp_path / "vendor" / "keys").iterdir())
    assert len(several) == len(files) + 15
    assert vendor.json("keys", "rotate", code=1)["error"]["code"] == "key.list_full"
    assert sorted((tmp_path / "vendor" / "keys").iterdir()) == several


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (["keys", "revoke", "0" * 16], "vendor.unknown_key", 1),
        (["keys", "revoke", "x"], "vendor.unknown_key", 1),
        (["keys", "revoke", "ROOT"], "key.is_root", 1),
        (["keys", "revoke"], "usage.invalid", 2),
        (["keys", "rotate", "--reason", "two\nlines"], "usage.invalid", 2),
        (["license", "list", "--signed-by", "x"], "vendor.unknown_key", 1),
    ],
)
def test_mistakes_change_nothing(vendor: Any, arguments: list[str], code: str, exit_code: int) -> None:
    before = vendor.json("keys", "list")
    root = before["keys"][0]["fingerprint"]
    given = [root if each == "ROOT" else each for each in arguments]
    assert vendor.json(*given, code=exit_code)["error"]["code"] == code
    assert vendor.json("keys", "list") == before
