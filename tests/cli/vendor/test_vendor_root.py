"""``keys rotate --root``, ends of keys and what ``doctor`` says of them, as a person at a shell meets it."""

# ruff: noqa: ANN401 - the shell is a fixture of conftest.py

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from offline_activation.formats.armor import unarmor
from offline_activation.formats.envelope import open_envelope
from offline_activation.formats.instants import show_day
from offline_activation.formats.product import receive_product
from offline_activation.formats.trust_list import Use, rank, read_trust_list, receive_trust_list
from offline_activation.vendor.records import KeyRecord
from offline_activation.vendor.store.opening import open_sqlite

DAY = 86_400
SAMPLES = Path(__file__).parents[3] / "samples"


def listed(vendor: Any, role: str) -> list[tuple[int | None, str, str]]:
    keys = vendor.json("keys", "list")["keys"]
    return [(key["number"], key["state"], key["key_id"]) for key in keys if key["role"] == role]


def check(vendor: Any, name: str, code: int = 0) -> list[str]:
    return [item["detail"] for item in vendor.json("doctor", code=code)["checks"] if item["check"] == name]


def document(name: str) -> bytes:
    return unarmor(Path(name).read_text(encoding="utf-8"), source=name).document


@pytest.fixture
def change(tmp_path: Path) -> Callable[..., None]:
    """Change what the books say of every key of a role, as time would."""

    def change(role: str, **fields: Any) -> None:
        store = open_sqlite(str(tmp_path / "vendor" / "vendor.db"), create=False)
        with store.begin() as work:
            known: list[KeyRecord] = list(work.keys())
            for record in known:
                if record.role == role and record.state == "active":
                    work.save_key(replace(record, **fields))
        store.close()

    return change


def test_the_next_root_key_is_a_file_under_the_same_passphrase_and_signs_what_is_exported(
    bare: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ACTIVATION_VENDOR_PASSPHRASE", "correct horse")
    for arguments in (["init", "--name", "V"], ["product", "load", str(SAMPLES / "infinitime.toml")]):
        assert bare(*arguments).code == 0
    bare.json("product", "export", "infinitime", "-o", "old.product")
    ((_, _, old),) = listed(bare, "root")
    monkeypatch.setenv("ACTIVATION_VENDOR_PASSPHRASE", "wrong")
    assert bare.json("keys", "rotate", "--root", code=1)["error"]["code"] == "key.passphrase"
    monkeypatch.setenv("ACTIVATION_VENDOR_PASSPHRASE", "correct horse")
    found = bare.json("keys", "rotate", "--root", "--reason", "ten years")
    new = found["new"]
    assert (found["trust_list"], new["number"], new["role"], new["uses"]) == (2, 2, "root", [])
    assert [(key["number"], key["key_id"]) for key in found["retired"]] == [(1, old)]
    assert listed(bare, "root") == [(1, "retired", old), (2, "active", new["key_id"])]
    assert [number for number, _, _ in listed(bare, "issuing")] == [None]
    pem = tmp_path / "vendor" / "keys" / new["file"]
    assert b"ENCRYPTED" in pem.read_bytes()
    assert pem.stat().st_mode & 0o777 == 0o600
    bare.json("product", "export", "infinitime", "-o", "new.product")
    first, second = (receive_product(document(name)) for name in ("old.product", "new.product"))
    assert (second.root.hex(), bytes(first.root) != bytes(second.root)) == (found["root"], True)
    exported = bare.json("trust", "export", "-o", "vendor.trust")
    assert (exported["number"], exported["root"]) == (2, 2)
    assert rank(receive_trust_list(document("vendor.trust"), first.root)) == (2, 2)
    assert bare.json("doctor")["healthy"] is True
    assert check(bare, "Trust list") == ["number 2, signed by root key 2, 1 valid, 0 revoked"]
    table = bare("keys", "list").out
    assert ("root 1" in table, "root 2" in table, "retired" in table) == (True, True, True)


def test_a_person_is_told_what_to_do_next(vendor: Any) -> None:
    done = vendor("keys", "rotate", "--root")
    assert (done.code, "WITHOUT a passphrase" in done.err) == (0, True)
    for words in (
        "number 2",
        "trust export",
        "product export",
        "Product files that are out keep working",
        "root=...): ",
    ):
        assert words in done.out
    vendor("keys", "rotate")
    ((_, _, first), _) = listed(vendor, "root")
    revoked = vendor("keys", "revoke", first)
    assert "it vouches for no key any more" in revoked.out
    assert "product export ID -o FILE.product --force" in revoked.out
    vendor("trust", "export", "-o", "t.trust")
    assert read_trust_list(open_envelope(document("t.trust"))).revoked == (bytes.fromhex(first),)
    assert vendor.json("doctor")["healthy"] is True


def test_the_file_of_a_former_root_key_may_be_destroyed(vendor: Any, areq: Any, tmp_path: Path) -> None:
    ((_, _, first),) = listed(vendor, "root")
    vendor("keys", "rotate", "--root")
    assert f"destroy {first}.pem" in check(vendor, "Former root keys")[0]
    (tmp_path / "vendor" / "keys" / f"{first}.pem").unlink()
    assert "destroy" not in check(vendor, "Former root keys")[0]
    for arguments in (["keys", "rotate", "--root"], ["keys", "rotate"], ["product", "export", "infinitime"]):
        assert vendor(*arguments).code == 0
    number = vendor.sold()
    assert vendor.json("sign", areq("a.areq", number), "-o", "a.alic")["results"][0]["outcome"] == "signed"
    assert vendor.json("inspect", "a.alic")["verified"] is True
    assert [(state, number) for number, state, _ in listed(vendor, "root")] == [
        ("retired", 1), ("retired", 2), ("active", 3),
    ]  # fmt: skip


def test_what_was_signed_under_earlier_root_keys_is_verified_at_the_vendor(vendor: Any, areq: Any) -> None:
    number = vendor.sold()
    vendor("sign", areq("a.areq", number), "-o", "a.alic")
    vendor("product", "export", "infinitime", "-o", "old.product")
    vendor("keys", "rotate", "--root")
    vendor("product", "export", "infinitime", "-o", "new.product")
    vendor("trust", "export", "-o", "vendor.trust")
    for name in ("a.alic", "old.product", "new.product", "vendor.trust"):
        assert vendor.json("inspect", name)["verified"] is True, name
    assert "certificates lead from" in vendor.json("inspect", "vendor.trust")["by"]
    assert vendor.json("inspect", "vendor.trust", "--product", "old.product")["verified"] is True
    assert vendor.json("inspect", "new.product", "--product", "old.product")["verified"] is True, (
        "the list inside leads from the old root key to the new one"
    )


def test_the_same_request_gets_the_same_response_after_the_rotation(vendor: Any, areq: Any) -> None:
    request = areq("a.areq", vendor.sold())
    vendor("sign", request, "-o", "a.alic")
    vendor("keys", "rotate", "--root")
    vendor("sign", request, "-o", "b.alic")
    assert document("a.alic") == document("b.alic")


# -- crash and disorder -----------------------------------------------------------------------------------------------

KILLED = """
import os, signal, sys
from offline_activation.cli import vendor_keys, vendor_wiring
from offline_activation.cli.vendor import main
from offline_activation.vendor import root_rotation

real = getattr(sys.modules[sys.argv[1]], sys.argv[2])
def stopped(*arguments, **options):
    found = real(*arguments, **options)
    os.kill(os.getpid(), signal.SIGKILL)
    return found
setattr(sys.modules[sys.argv[1]], sys.argv[2], stopped)
sys.argv[1:] = ["keys", "rotate", "--root"]
main()
"""
STEPS = [
    ("offline_activation.cli.vendor_wiring", "make_key"),
    ("offline_activation.vendor.root_rotation", "seal_root_certificate"),
    ("offline_activation.vendor.root_rotation", "publish_trust_list"),
    ("offline_activation.cli.vendor_wiring", "open_key_file"),
]


@pytest.mark.parametrize("step", STEPS, ids=[name for _, name in STEPS])
def test_a_rotation_killed_half_way_changed_nothing_and_is_done_again(
    vendor: Any, tmp_path: Path, step: tuple[str, str]
) -> None:
    before = vendor.json("keys", "list")
    known = {path.name for path in (tmp_path / "vendor" / "keys").iterdir()}
    killed = subprocess.run([sys.executable, "-c", KILLED, *step], env=os.environ, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert vendor.json("keys", "list") == before
    (left,) = {path.name for path in (tmp_path / "vendor" / "keys").glob("*.pem")} - known
    assert left in check(vendor, "Key file")[0]
    assert vendor.json("keys", "rotate", "--root")["new"]["number"] == 2
    assert left in check(vendor, "Key file")[0], "it signs nothing, and only a person may destroy it"
    (tmp_path / "vendor" / "keys" / left).unlink()
    assert check(vendor, "Key file") == []
    assert vendor.json("doctor")["healthy"] is True


COMMITTED = """
import sys
from contextlib import contextmanager
from offline_activation.cli import vendor_wiring
from offline_activation.cli.vendor import main
from offline_activation.errors import Trouble

real = vendor_wiring.open_any_store
class Lossy:
    def __init__(self, store):
        self.store = store
    def __getattr__(self, name):
        return getattr(self.store, name)
    @contextmanager
    def begin(self):
        with self.store.begin() as work:
            yield work
        raise Trouble("io.database", what="the connection was lost")
vendor_wiring.open_any_store = lambda *, create: Lossy(real(create=create))
sys.argv[1:] = ["keys", "rotate", "--root"]
main()
"""


def test_the_key_file_stays_when_the_answer_of_the_database_was_lost_after_the_commit(vendor: Any) -> None:
    lost = subprocess.run([sys.executable, "-c", COMMITTED], env=os.environ, capture_output=True, check=False)
    assert lost.returncode == 3, lost.stderr
    assert [state for _, state, _ in listed(vendor, "root")] == ["retired", "active"]
    assert vendor.json("doctor")["healthy"] is True
    assert vendor("keys", "rotate").code == 0, "the new root key can be used"


def test_two_rotations_at_once_are_one_after_the_other_or_one(vendor: Any, tmp_path: Path) -> None:
    program = "from offline_activation.cli.vendor import main; main()"
    command = [sys.executable, "-c", program, "keys", "rotate", "--root", "--json"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(3)]
    said = [(each.communicate(timeout=60), each.returncode) for each in running]
    done = sum(code == 0 for _, code in said)
    assert done >= 1, said
    found = listed(vendor, "root")
    assert [(number, state) for number, state, _ in found][-1] == (done + 1, "active")
    assert vendor.json("doctor")["healthy"] is True
    files = {path.name for path in (tmp_path / "vendor" / "keys").glob("*.pem")}
    assert files == {key["file"] for key in vendor.json("keys", "list")["keys"]}


# -- ends -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "name", "command"),
    [
        ("issuing", "Issuing key", "activation-vendor keys rotate'"),
        ("root", "Root key", "activation-vendor keys rotate --root'"),
    ],
)
def test_doctor_tells_180_days_before_a_key_ends_and_which_command_to_run(
    vendor: Any, change: Callable[..., None], role: str, name: str, command: str
) -> None:
    now = int(time.time())
    change(role, not_after=now + 181 * DAY)
    assert "ends in" not in check(vendor, name)[0]
    change(role, not_after=now + 180 * DAY)
    assert "ends in 180 days; before that run '" + command in check(vendor, name)[0]
    change(role, not_after=now + DAY)
    assert "ends in 1 day;" in check(vendor, name)[0]
    change(role, not_after=now - 1)
    told = check(vendor, name, code=1)[0]
    assert "it has ended and signs nothing; run '" + command in told
    assert vendor(*command.removesuffix("'").split()[1:]).code == 0
    assert vendor.json("doctor")["healthy"] is True


def test_an_ended_root_key_refuses_with_one_code_and_the_way_out(vendor: Any, change: Callable[..., None]) -> None:
    ((_, _, issuing),) = listed(vendor, "issuing")
    ended = int(time.time()) - 1
    change("root", not_after=ended)
    for arguments in (
        ["trust", "export", "-o", "t.trust"],
        ["product", "export", "infinitime", "-o", "p.product"],
        ["keys", "rotate"],
        ["keys", "revoke", issuing, "--rotate"],
    ):
        error = vendor.json(*arguments, code=1)["error"]
        assert error["code"] == "key.root_ended"
        assert show_day(ended) in error["message"]
        assert "keys rotate --root" in error["remedy"]
    assert sorted(path.name for path in Path().iterdir()) == []
    assert vendor.json("keys", "rotate", "--root")["new"]["number"] == 2
    for arguments in (["trust", "export", "-o", "t.trust"], ["product", "export", "infinitime"], ["keys", "rotate"]):
        assert vendor(*arguments).code == 0


def test_an_ended_issuing_key_signs_nothing_until_the_next_one_does(
    vendor: Any, areq: Any, change: Callable[..., None]
) -> None:
    request = areq("a.areq", vendor.sold())
    change("issuing", not_after=int(time.time()) - 1)
    assert vendor.json("sign", request, "-o", "a.alic", code=1)["error"]["code"] == "key.none"
    vendor("keys", "rotate")
    assert vendor.json("sign", request, "-o", "a.alic")["results"][0]["outcome"] == "signed"


def test_books_from_before_receipts_are_told_to_rotate(vendor: Any, change: Callable[..., None]) -> None:
    assert check(vendor, "Receipts") == []
    change("issuing", uses=Use.LICENSE | Use.REFUSAL)
    assert "activation-vendor keys rotate" in check(vendor, "Receipts", code=1)[0]
    vendor("keys", "rotate")
    assert check(vendor, "Receipts") == []
    assert vendor.json("doctor")["healthy"] is True


def test_a_response_from_before_the_rotation_is_verified_under_the_new_product_file(vendor: Any, areq: Any) -> None:
    """The new file pins root key 2 and carries its certificate, which names the root key that signed the older list."""
    number = vendor.sold()
    vendor("sign", areq("a.areq", number), "-o", "a.alic")
    vendor("keys", "rotate", "--root")
    vendor("sign", areq("b.areq", number, counter=2), "-o", "b.alic")
    vendor("keys", "rotate", "--root")
    vendor("product", "export", "infinitime", "-o", "new.product")
    for name in ("a.alic", "b.alic"):
        found = vendor.json("inspect", name, "--product", "new.product")
        assert (found["verified"], "earlier root key" in found["by"]) == (True, True), found["by"]


def test_a_list_of_a_revoked_or_foreign_root_key_vouches_for_nothing(vendor: Any, areq: Any, tmp_path: Path) -> None:
    ((_, _, first),) = listed(vendor, "root")
    vendor("sign", areq("a.areq", vendor.sold()), "-o", "a.alic")
    vendor("keys", "rotate", "--root")
    vendor("keys", "revoke", first, "--rotate")
    vendor("product", "export", "infinitime", "-o", "new.product")
    assert vendor.json("inspect", "a.alic", "--product", "new.product")["verified"] is False
    for arguments in (["init", "--name", "Other", "--no-passphrase"], ["product", "load", SAMPLES / "infinitime.toml"],
                      ["product", "export", "infinitime", "-o", "other.product"]):  # fmt: skip
        assert vendor(*map(str, arguments), "--home", str(tmp_path / "other")).code == 0
    assert vendor.json("inspect", "a.alic", "--product", "other.product")["verified"] is False
