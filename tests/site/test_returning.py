"""Giving a license back: the return, what stays here, the receipt, and a new beginning."""

import json
import os
import pty
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from offline_activation.formats.armor import unarmor
from offline_activation.formats.envelope import open_envelope
from offline_activation.formats.names import document_id
from offline_activation.formats.request import Purpose, receive_request

Site = Any
Run = Any
GIVEN_BACK = "The license is given back"


def content(document: bytes) -> Any:  # noqa: ANN401 - a request
    return receive_request(document).content


def document_of(path: Path) -> bytes:
    return unarmor(path.read_text(), source=path.name).document


def test_a_return_stops_the_license_and_leaves_a_signed_return(site: Site) -> None:
    license_ = site.licensed()
    made = site.json("return", "-o", "r.areq", "--qr", "r.png", "--sheet", "r.html")
    assert (made["purpose"], made["state"], made["again"]) == ("return", "returned", False)
    document = document_of(site.work / "r.areq")
    asked = content(document)
    assert asked.purpose is Purpose.RETURN
    assert (asked.revision, asked.previous) == (1, document_id(open_envelope(license_).payload))
    assert (site.home / "returned.cose").read_bytes() == document
    assert not (site.home / "license.cose").exists()
    assert not (site.home / "license.kept.cose").exists()
    assert site.now_is() == "returned"
    assert {path.name for path in site.work.iterdir()} >= {"r.areq", "r.png", "r.html"}
    assert [each["reference"] for each in site.json("pending")["requests"]] == [made["reference"]]


def test_license_doctor_check_and_history_say_that_it_was_returned(site: Site) -> None:
    site.licensed()
    made = site.json("return", "-o", "r.areq")
    shown = site.json("license")
    assert (shown["state"], shown["problem"]["code"]) == ("returned", "license.returned")
    assert shown["returned"]["reference"] == made["reference"]
    assert shown["limits"]["employees"] == 0
    assert f"Given back: license {site.vendor.shown_number}" in site("license").out
    checked = site("--json", "check")
    assert (checked.code, checked.error) == (1, "license.returned")
    doctor = {each["name"]: each for each in site("--json", "doctor").json["checks"]}
    assert doctor["state"]["result"] == "problem"
    assert made["reference"] in doctor["moves"]["message"]
    events = [each["event"] for each in site.json("history")["history"]]
    assert events[-2:] == ["request.made", "license.returned"]


def test_the_same_return_is_written_again_as_often_as_it_is_asked_for(site: Site) -> None:
    site.licensed()
    first = site.json("return", "-o", "a.areq")
    before = site.state()
    again = site.json("return", "-o", "b.areq", "--qr", "b.png")
    assert (again["reference"], again["again"]) == (first["reference"], True)
    assert (site.work / "a.areq").read_bytes() == (site.work / "b.areq").read_bytes()
    assert site.json("request", "--purpose", "return", "-o", "c.areq")["reference"] == first["reference"]
    assert site.json("request", "--again", first["reference"], "-o", "d.areq")["reference"] == first["reference"]
    assert site.state() == before
    (site.home / "contact.json").unlink()
    assert site.json("return", "-o", "e.areq")["reference"] == first["reference"]


def test_request_with_the_purpose_return_does_the_same(site: Site) -> None:
    site.licensed()
    made = site.json("request", "--purpose", "return", "-o", "r.areq")
    assert made["state"] == "returned"
    assert site.now_is() == "returned"


def test_what_can_be_refused_is_refused_before_anything_changes(site: Site) -> None:
    site.licensed()
    (site.work / "there.areq").write_text("mine")
    before = site.state()
    for arguments, code, said in (
        (["-o", "there.areq"], 3, "io.exists"),
        (["-o", "r.areq", "--sheet", "there.areq"], 3, "io.exists"),
        (["-o", "r.areq", "--qr", "r.jpg"], 2, "usage.invalid"),
        (["-o", "missing/r.areq"], 3, "io.unwritable"),
        (["-o", "r.areq", "--qr", "missing/r.png"], 3, "io.unwritable"),
        (["-o", "r.areq", "--license-number", site.vendor.other_number], 1, "site.license_number_fixed"),
        (
            ["-o", "r.areq", "--terminal-qr", "--email", "x" * 70 + "@northwind.example"],
            2,
            "picture.terminal_too_small",
        ),
    ):
        outcome = site("--json", "return", *arguments)
        assert (outcome.code, outcome.error) == (code, said), outcome
    assert site.state() == before
    assert site.now_is() == "active"
    assert not (site.work / "r.areq").exists()


@pytest.mark.parametrize("named", [[], ["-o", "r.areq", "--qr", "r.png", "--sheet", "r.html"]])
def test_the_same_command_twice_is_good_while_the_files_hold_the_return(site: Site, named: list[str]) -> None:
    site.licensed()
    made = site.json("return", *named)
    found = sorted((path.name, path.read_bytes()) for path in site.work.iterdir())
    again = site.json("return", *named)
    assert (again["reference"], again["again"], again["file"]) == (made["reference"], True, made["file"])
    assert sorted((path.name, path.read_bytes()) for path in site.work.iterdir()) == found
    (site.work / made["file"]).write_text("mine")
    assert site("--json", "return", *named).error == "io.exists"
    assert (site.work / made["file"]).read_text() == "mine"


def test_without_a_license_there_is_nothing_to_give_back_and_nothing_is_asked(site: Site) -> None:
    outcome = site("--json", "return")
    assert (outcome.code, outcome.error) == (1, "license.not_activated")
    assert outcome.json["error"]["remedy"].startswith("Nothing to do")


def test_a_default_name_that_is_taken_stops_a_return_that_is_written_again(site: Site) -> None:
    site.licensed()
    made = site.json("return")
    assert made["file"] == f"{made['reference']}.areq"
    (site.work / made["file"]).write_text("mine")
    assert site("--json", "return").error == "io.exists"
    assert site.json("return", "--force")["reference"] == made["reference"]


def test_a_return_whose_file_cannot_be_written_says_how_to_get_it(site: Site) -> None:
    site.licensed()
    failed = site("--json", "return", "-o", "r" * 300)  # a name that only the file system refuses
    assert (failed.code, failed.error) == (3, "site.unfinished")
    assert failed.json["error"]["message"].startswith(GIVEN_BACK)
    assert "activation-site return -o FILE" in failed.json["error"]["remedy"]
    assert site.now_is() == "returned"
    made = site.json("return", "-o", "r.areq")
    assert document_of(site.work / made["file"]) == (site.home / "returned.cose").read_bytes()


def test_other_open_requests_are_closed_for_their_license_could_not_be_imported(site: Site) -> None:
    site.licensed()
    reference, request = site.request()
    late = site.vendor.answer(request, site.home)
    site.json("return", "-o", "r.areq")
    assert reference not in str(site.json("pending"))
    assert site("--json", "import", site.file(late)).error == "binding.other_request"
    (site.home / "requests" / "cancelled" / f"{reference}.cose").rename(site.home / "requests" / f"{reference}.cose")
    assert site("--json", "import", site.file(late)).error == "license.returned"
    assert site.now_is() == "returned"


def test_what_was_given_back_cannot_be_imported_again(site: Site) -> None:
    first = site.licensed()
    second = site.licensed()
    site.json("return", "-o", "r.areq")
    before = site.state()
    for document in (first, second):
        outcome = site("--json", "import", site.file(document))
        assert (outcome.code, outcome.error) == (1, "license.returned")
    assert site("--json", "import", "--previous").error == "license.returned"
    assert site.state() == before
    assert site.now_is() == "returned"


def test_an_open_return_is_not_cancelled(site: Site) -> None:
    site.licensed()
    made = site.json("return", "-o", "r.areq")
    outcome = site("--json", "cancel", made["reference"])
    assert (outcome.code, outcome.error) == (1, "license.returned")
    assert "return -o FILE" in outcome.json["error"]["remedy"]


def test_a_receipt_closes_the_return_and_the_chain_goes_on_from_it(site: Site) -> None:
    site.licensed()
    made = site.json("return", "-o", "r.areq")
    receipt = site.vendor.receipt(document_of(site.work / "r.areq"))
    file = site.file(receipt)
    before = site.state()
    preview = site.json("import", "--dry-run", file)
    assert site.state() == before
    done = site.json("import", file)
    assert {**preview, "dry_run": False} == done
    assert (done["reference"], done["license_number"]) == (made["reference"], site.vendor.shown_number)
    assert (done["revision"], done["state"], done["changes"], done["kind"]) == (1, "returned", [], "receipt")
    assert site.json("pending")["requests"] == []
    assert site.json("history")["history"][-1]["event"] == "receipt.imported"
    after = site.state()
    assert site.json("import", file)["already_installed"] is True
    assert "already imported" in site("import", file).out
    assert site.state() == after
    asked = content(site.ask("request"))
    assert asked.previous == document_id(open_envelope(receipt).payload)
    assert asked.returned == document_id(open_envelope(document_of(site.work / "r.areq")).payload)
    assert (asked.purpose, asked.revision) == (Purpose.ACTIVATE, 0)
    assert site.json("return", "-o", "again.areq")["reference"] == made["reference"]


def test_without_a_receipt_or_with_its_note_lost_the_chain_follows_the_license_before(site: Site) -> None:
    license_ = site.licensed()
    returned = site.ask("return")
    assert content(site.ask("request")).previous == document_id(open_envelope(license_).payload)
    site.json("import", site.file(site.vendor.receipt(returned)))
    for damage in (b"", b"zz", b"ab" * 40):
        (site.home / "chain").write_bytes(damage)
        assert content(site.ask("request")).previous == document_id(open_envelope(license_).payload)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"product": "other_product"}, "binding.other_product"),
        ({"site": bytes(16)}, "binding.other_server"),
        ({"request_id": bytes(16)}, "binding.other_request"),
    ],
)
def test_a_receipt_of_somebody_else_is_refused(site: Site, fields: dict[str, Any], code: str) -> None:
    site.licensed()
    returned = site.ask("return")
    before = site.state()
    assert site("--json", "import", site.file(site.vendor.receipt(returned, **fields))).error == code
    assert site.state() == before


def test_a_receipt_on_the_wrong_server_says_where_it_belongs(site: Site, other_site: Site) -> None:
    site.licensed()
    receipt = site.file(site.vendor.receipt(site.ask("return")))
    outcome = other_site("--json", "import", receipt)
    assert (outcome.code, outcome.error) == (1, "binding.other_server")
    assert "the server that gave the license back" in outcome.json["error"]["remedy"]
    assert site.json("import", receipt)["state"] == "returned"


def test_the_new_servers_license_on_the_old_one_says_that_it_is_for_the_new_one(site: Site, other_site: Site) -> None:
    site.licensed()
    site.json("return", "-o", "return.areq")
    request = other_site.ask("transfer", "--with", "return.areq", *site.contact)
    file = site.file(site.vendor.answer(request, other_site.home))
    before = site.state()
    for more in ((), ("--dry-run",)):
        outcome = site("--json", "import", file, *more)
        assert (outcome.code, outcome.error) == (1, "license.returned")
        assert outcome.json["error"]["remedy"].startswith("This response is for the new server")
    assert site.state() == before
    assert other_site.json("import", file)["state"] == "active"
    other = changed_number(site, other_site)
    assert site("--json", "import", other).error == "license.wrong_machine"


def changed_number(site: Site, other_site: Site) -> Path:
    """Return the response to another server with another license number."""
    _, request = other_site.request()
    return site.file(
        site.vendor.answer(request, other_site.home, license_number=site.vendor.other_number.replace("-", ""))
    )


def shown(site: Site) -> tuple[str, str]:
    found = site.json("license")
    return found["problem"]["code"], found["problem"]["remedy"]


def check_of(site: Site, name: str, code: int) -> Any:  # noqa: ANN401 - one check of doctor
    return next(each for each in site.json("doctor", code=code)["checks"] if each["name"] == name)


def test_a_returned_site_tells_whether_the_receipt_is_there(site: Site) -> None:
    site.licensed()
    returned = site.ask("return")
    code, remedy = shown(site)
    assert code == "license.returned"
    assert remedy.startswith("No receipt yet: send the return")
    assert site.json("license")["returned"]["receipt"] is None
    assert "no receipt yet" in site("license").out
    assert check_of(site, "moves", 1)["message"].endswith("no receipt yet")
    site.json("import", site.file(site.vendor.receipt(returned)))
    day = time.strftime("%Y-%m-%d", time.gmtime(site.vendor.now))
    code, remedy = shown(site)
    assert code == "license.returned"
    assert remedy == f"Nothing to do: the receipt is of {day}. To activate here again, make a new request."
    assert site.json("license")["returned"]["receipt"] == day
    assert f"receipt of {day}" in site("license").out
    assert check_of(site, "moves", 0)["message"].endswith(f"receipt of {day}")
    assert check_of(site, "state", 0)["result"] == "ok"
    for damage in (b"", b"\xd2", site.vendor.receipt(returned, request_id=bytes(16))):
        (site.home / "receipt.cose").write_bytes(damage)
        assert shown(site)[1].startswith("No receipt yet")
    site.json("import", site.file(site.vendor.answer(site.ask("request"), site.home)))
    assert not (site.home / "receipt.cose").exists()


def test_what_was_revoked_and_then_given_back_is_not_advised_to_activate_again(site: Site) -> None:
    site.licensed()
    _, request = site.request()
    site("import", site.file(site.vendor.refuse(request, code="policy.revoked")))
    returned = site.ask("return")
    for _ in range(2):
        code, remedy = shown(site)
        assert code == "license.returned"
        assert "revoked" in remedy
        assert "activate" not in remedy
        site.json("import", site.file(site.vendor.receipt(returned)))


def test_a_receipt_by_a_revoked_key_is_refused(site: Site) -> None:
    site.licensed()
    returned = site.ask("return")
    document = site.vendor.receipt(returned)
    site.vendor.next_key(bytes([9]) * 32)
    site.json("import", site.file(site.vendor.trust_list()))
    assert site("--json", "import", site.file(document)).error == "key.revoked"


def test_after_a_return_the_site_activates_again(site: Site) -> None:
    site.licensed()
    site.json("import", site.file(site.vendor.receipt(site.ask("return"))))
    request = site.ask("request")
    document = site.vendor.answer(request, site.home)
    done = site.json("import", site.file(document))
    assert (done["state"], done["revision"]) == ("active", 2)
    assert not (site.home / "returned.cose").exists()
    assert not (site.home / "chain").exists()
    asked = content(site.ask("request"))
    assert asked.returned is None
    assert asked.previous == document_id(open_envelope(document).payload)
    second = site.json("return", "-o", "second.areq")
    assert second["again"] is False
    assert site.now_is() == "returned"


def test_after_a_return_another_license_may_follow_with_a_lower_revision(site: Site) -> None:
    site.licensed()
    site.licensed()
    site.ask("return")
    request = site.ask("request", "--license-number", site.vendor.other_number)
    site.vendor.revision = 0
    done = site.json("import", site.file(site.vendor.answer(request, site.home)))
    assert (done["license_number"], done["revision"], done["state"]) == (site.vendor.other_number, 1, "active")


def test_a_receipt_that_comes_after_the_next_license_stops_nothing(site: Site) -> None:
    site.licensed()
    returned = site.ask("return")
    receipt = site.file(site.vendor.receipt(returned))
    request = site.ask("request")
    document = site.vendor.answer(request, site.home)
    site.json("import", site.file(document))
    for _ in range(2):
        assert site.json("import", receipt)["state"] == "active"
    assert content(site.ask("request")).previous == document_id(open_envelope(document).payload)


def test_a_lost_tombstone_is_made_again_by_the_receipt(site: Site) -> None:
    license_ = site.licensed()
    returned = site.ask("return")
    (site.home / "returned.cose").write_bytes(b"\xd2")
    (site.home / "license.cose").write_bytes(license_)
    assert site.now_is() == "active"
    assert site.json("import", site.file(site.vendor.receipt(returned)))["state"] == "returned"
    assert (site.home / "returned.cose").read_bytes() == returned
    assert not (site.home / "license.cose").exists()


def test_a_return_left_open_by_a_killed_run_does_not_leave_before_the_license_stops(site: Site) -> None:
    license_ = site.licensed()
    made = site.json("return", "-o", "r.areq")
    (site.home / "returned.cose").unlink()
    (site.home / "license.cose").write_bytes(license_)
    outcome = site("--json", "request", "--again", made["reference"], "-o", "early.areq")
    assert (outcome.code, outcome.error) == (1, "site.no_such_request")
    assert "return -o FILE" in outcome.json["error"]["remedy"]
    assert not (site.work / "early.areq").exists()
    again = site.json("return", "-o", "again.areq")
    assert (again["reference"], again["again"], site.now_is()) == (made["reference"], False, "returned")


def test_a_license_on_other_hardware_can_be_returned(site: Site) -> None:
    site.on_another_machine()
    assert site.now_is() == "wrong_machine"
    site.ask("return")
    assert site.now_is() == "returned"


@pytest.mark.parametrize("name", ["returned.cose", "stopped.cose", "emergency.cose", "emergency", "chain"])
@pytest.mark.parametrize("damage", [b"", b"\xd2", b"1 2 3", b"\xff" * 5000])
def test_a_bad_file_stops_no_licensed_site(site: Site, name: str, damage: bytes) -> None:
    site.licensed()
    (site.home / name).write_bytes(damage)
    (site.home / name).chmod(0o600)
    assert site.now_is() == "active"
    assert site.json("license")["problem"] is None
    assert site("check").code == 0
    assert site.json("doctor")["problems"] == 0
    site.licensed()
    assert not (site.home / name).exists()


def test_a_return_of_another_site_stops_nothing(site: Site, other_site: Site) -> None:
    site.licensed()
    other_site.licensed()
    foreign = other_site.ask("return")
    (site.home / "returned.cose").write_bytes(foreign)
    assert site.now_is() == "active"


def on_a_terminal(*arguments: object, answer: bytes) -> tuple[int, str]:
    """Run the program on a terminal of its own and type ``answer``."""
    main, child = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "offline_activation.cli.site", *map(str, arguments)],
        stdin=child, stdout=child, stderr=child, close_fds=True, env={**os.environ, "COLUMNS": "100"},
    )  # fmt: skip
    os.close(child)
    os.write(main, answer)
    seen = b""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            part = os.read(main, 4096)
        except OSError:  # the terminal is gone with its last user
            break
        if not part:
            break
        seen += part
    os.close(main)
    return process.wait(timeout=60), seen.decode(errors="replace")


def test_on_a_terminal_a_person_is_asked_first(site: Site) -> None:
    site.licensed()
    before = site.state()
    code, text = on_a_terminal("return", "-o", "r.areq", "--home", site.home, answer=b"n\n")
    assert code != 0
    assert "Give it back?" in text
    assert "Nothing was changed." in text
    assert site.state() == before
    code, text = on_a_terminal("return", "-o", "r.areq", "--home", site.home, answer=b"y\n")
    assert (code, site.now_is()) == (0, "returned"), text
    code, text = on_a_terminal("return", "-o", "again.areq", "--home", site.home, answer=b"")
    assert (code, "Give it back?" in text) == (0, False)


def test_on_a_terminal_yes_spares_the_question(site: Site) -> None:
    site.licensed()
    code, text = on_a_terminal("return", "--yes", "-o", "r.areq", "--home", site.home, answer=b"")
    assert (code, "Give it back?" in text) == (0, False), text
    assert json.loads(json.dumps(site.json("license")))["state"] == "returned"


@pytest.mark.parametrize(
    "line", ['{"at": 1e400, "event": "x", "subject": "y"}', "[" * 100_000, '{"at": NaN}', "\udcff"]
)
def test_a_bad_line_of_the_history_does_not_keep_the_return_from_its_file(site: Site, line: str) -> None:
    site.licensed()
    history = site.home / "history.jsonl"
    history.write_bytes(history.read_bytes() + line.encode(errors="surrogateescape") + b"\n")
    made = site.json("return", "-o", "r.areq")
    assert made["warnings"] == []
    assert document_of(site.work / "r.areq") == (site.home / "returned.cose").read_bytes()
