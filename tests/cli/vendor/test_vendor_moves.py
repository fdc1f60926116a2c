# ruff: noqa: ANN401 - the shell is a fixture of conftest.py

from dataclasses import replace
from pathlib import Path
from typing import Any

from offline_activation.cli.vendor_show import instant
from offline_activation.formats.armor import unarmor
from offline_activation.formats.envelope import open_envelope
from offline_activation.formats.license_document import read_license
from offline_activation.formats.names import document_id, read_license_number
from offline_activation.formats.request import Purpose
from offline_activation.vendor.store.opening import open_sqlite


def rehosted(vendor: Any, areq: Any, number: str, key: int) -> Any:
    """Move the license to a new server with another key, approved by a person."""
    file = areq(f"rehost-{key}.areq", number, purpose=Purpose.REHOST, key=key, volume_id=f"d15c-{key}")
    (result,) = vendor.json("sign", file, code=4)["results"]
    vendor.json("approve", result["reference"], "--as", "ada", "-o", f"rehost-{key}.alic")
    return read_license(open_envelope(unarmor(Path(f"rehost-{key}.alic").read_text(), source="x").document))


def test_a_replaced_server_stands_in_show_and_list_and_is_seen_when_it_asks_again(vendor: Any, areq: Any) -> None:
    number = vendor.sold()
    vendor.json("sign", areq("first.areq", number))
    assert len(rehosted(vendor, areq, number, 9).replaced) == 1
    shown = vendor.json("license", "show", number)
    (former,) = shown["former_sites"]
    assert former == former | {
        "volume_id": "2f1c1d5e-8f2b-4c59-9f4e-6a51c4bb0c11",
        "how": "rehosted",
        "last_seen": None,
        "written_off": None,
    }
    assert (shown["unreturned"], shown["possible_clone"], shown["emergency_opened"]) == (1, None, None)
    (row,) = vendor.json("license", "list")["licenses"]
    assert row["unreturned"] == 1
    assert "active (1 unreturned)" in vendor("license", "list").out
    again = areq("again.areq", number, purpose=Purpose.RENEW, counter=2, revision=1)
    assert "Held it before" in vendor("review", again).out
    result = vendor.json("sign", again, code=1)["results"][0]
    assert (result["code"], Path(result["output"]).exists()) == ("policy.superseded", True)
    (former,) = vendor.json("license", "show", number)["former_sites"]
    assert former["last_seen"] is not None
    page = vendor("license", "show", number).out
    assert "Servers before" in page
    assert "rehosted" in page
    assert vendor.json("doctor")["healthy"] is True


def test_the_threshold_is_lifted_by_a_write_off(vendor: Any, areq: Any, dump: Any) -> None:
    number = vendor.sold()
    vendor.json("sign", areq("first.areq", number))
    for key in (9, 10):
        rehosted(vendor, areq, number, key)
    third = areq("third.areq", number, purpose=Purpose.REHOST, key=11, volume_id="d15c-11")
    result = vendor.json("sign", third, code=1)["results"][0]
    assert (result["outcome"], result["code"]) == ("refused", "policy.unreturned")
    assert "ask the vendor to write it off" in result["remedy"], "the signed refusal speaks to the customer"
    assert result["counted"] == [{"license_number": number, "unreturned": 2}]
    for page in (vendor("sign", third, "-o", "again.alic"), vendor("review", third)):
        assert f"Counted: {number} (2)." in page.out
        assert f"activation-vendor license write-off {number} --reason TEXT" in page.out
    assert vendor.json("license", "write-off", number, code=2)["error"]["code"] == "usage.missing"
    found = vendor.json("license", "write-off", number, "--reason", "Burnt on May 4")
    assert (len(found["written_off"]), found["unreturned"], found["unreturned_of_customer"]) == (2, 0, 0)
    assert dump()[1][-1] == "license.written_off"
    assert len(rehosted(vendor, areq, number, 12).replaced) == 3
    shown = vendor.json("license", "show", number)
    assert [bool(site["written_off"]) for site in shown["former_sites"]] == [False, True, True]
    assert "written off on" in vendor("license", "show", number).out
    assert [(site["written_off_by"] is None, site["written_off_reason"]) for site in shown["former_sites"]] == [
        (True, None), (False, "Burnt on May 4"), (False, "Burnt on May 4"),
    ]  # fmt: skip
    (line,) = [line for line in vendor("license", "show", number).out.splitlines() if "Burnt on May 4" in line]
    assert "(command line): Burnt on May 4" in line
    said = vendor("license", "write-off", number, "--reason", "x")
    assert "Written off for license" in said.out
    assert "Next: the site makes a new request" in said.out
    again = vendor.json("license", "write-off", number, "--reason", "x", code=1)
    assert again["error"]["code"] == "vendor.nothing_unreturned"
    assert vendor.json("license", "write-off", "0" * 20, "--reason", "x", code=1)["error"]["code"].startswith("vendor.")


def test_a_transfer_shows_the_return_inside_and_moves_without_a_trace_of_debt(
    vendor: Any, areq: Any, request_of: Any
) -> None:
    number = vendor.sold()
    vendor.json("sign", areq("first.areq", number), "-o", "first.alic")
    previous = document_id(open_envelope(unarmor(Path("first.alic").read_text(), source="x").document).payload)
    proof = request_of(number, purpose=Purpose.RETURN, counter=2, revision=1, previous=previous)
    file = areq("transfer.areq", number, purpose=Purpose.TRANSFER, key=9, volume_id="d15c-9", proof=proof)
    review = vendor.json("review", file)
    assert (review["decision"], review["approvable"], review["proof"]["purpose"]) == ("ask", True, "return")
    assert "Return inside" in vendor("review", file).out
    (result,) = vendor.json("sign", file, code=4)["results"]
    vendor.json("approve", result["reference"], "--as", "ada", "-o", "new.alic")
    shown = vendor.json("license", "show", number)
    assert (shown["unreturned"], shown["former_sites"][0]["how"]) == (0, "transferred")


def test_a_return_that_waits_is_approved_and_gets_its_receipt(vendor: Any, areq: Any) -> None:
    number = vendor.sold()
    for count in (1, 2):
        vendor.json("sign", areq(f"{count}.areq", number, counter=count, revision=count - 1))
    late = areq("late.areq", number, purpose=Purpose.RETURN, counter=1, revision=1)
    (result,) = vendor.json("sign", late, code=4)["results"]
    found = vendor.json("approve", result["reference"], "--as", "ada", "-o", "receipt.alic")
    assert (found["kind"], found["outcome"], found["output"]) == ("receipt", "signed", "receipt.alic")
    assert vendor.json("license", "show", number)["site"] is None


def test_clones_are_shown_and_nothing_is_deactivated(vendor: Any, areq: Any) -> None:
    number = vendor.sold()
    previous: dict[str, bytes | None] = {"": None}

    def asks(name: str, count: int, follows: str) -> None:
        last = previous[follows]
        file = areq(f"{name}.areq", number, counter=count, previous=last, revision=1, nonce=name.encode().ljust(16))
        assert vendor("sign", file, "-o", f"{name}.alic").code == 0
        document = unarmor(Path(f"{name}.alic").read_text(), source=name).document
        previous[name] = bytes(document_id(open_envelope(document).payload))

    file = areq("first.areq", number)
    vendor("sign", file, "-o", "first.alic")
    document = unarmor(Path("first.alic").read_text(), source="first").document
    previous["first"] = bytes(document_id(open_envelope(document).payload))
    asks("a2", 2, "first")
    assert vendor.json("license", "show", number)["possible_clone"] is None
    asks("b2", 2, "first")
    found = vendor.json("license", "show", number)
    assert (found["possible_clone"]["forks"], found["possible_clone"]["turns"]) == (1, 0)
    assert "a restored backup does that once" in vendor("license", "show", number).out
    asks("a3", 3, "a2")
    found = vendor.json("license", "show", number)
    assert (found["possible_clone"]["forks"], found["possible_clone"]["turns"], found["state"]) == (2, 1, "active")
    assert "two servers seem to run" in vendor("license", "show", number).out
    assert "possible clone" in vendor("license", "list").out


def test_an_opened_emergency_license_is_shown(vendor: Any, areq: Any) -> None:
    number = vendor.sold()
    vendor.json("sign", areq("first.areq", number))
    file = areq("renew.areq", number, purpose=Purpose.RENEW, counter=2, revision=1, emergency_opened=1_795_498_206)
    assert "The emergency license was opened on" in vendor("review", file).out
    vendor.json("sign", file)
    assert vendor.json("license", "show", number)["emergency_opened"] is not None
    assert "emergency opened" in vendor("license", "list").out
    assert "Emergency" in vendor("license", "show", number).out


def test_show_says_when_the_license_was_first_activated_and_when_the_present_server_came(
    vendor: Any, areq: Any, tmp_path: Path
) -> None:
    number = vendor.sold()
    assert vendor.json("license", "show", number)["held_since"] is None
    vendor.json("sign", areq("first.areq", number))
    vendor.json("sign", areq("next.areq", number, counter=2, revision=1))
    rehosted(vendor, areq, number, 9)
    store = open_sqlite(str(tmp_path / "vendor" / "vendor.db"), create=False)
    with store.begin() as work:
        wanted = read_license_number(number)
        first, _, moved = work.intents(wanted)
        work.save_license(replace(work.find_license(wanted), first_activated=first.intended - 900))
    store.close()
    shown = vendor.json("license", "show", number)
    assert shown["held_since"] == instant(moved.intended)
    assert shown["first_activated"] == instant(first.intended - 900)
    of_license, of_server = vendor("license", "show", number).out.split("\nServer\n")
    assert ("First activated" in of_license, "First activated" in of_server) == (True, False)
    assert "Here since" in of_server
    said = {"revision": moved.revision, "previous": moved.response_id, "counter": 2, "volume_id": "d15c-9"}
    vendor.json("sign", areq("back.areq", number, purpose=Purpose.RETURN, key=9, **said))
    assert vendor.json("license", "show", number)["held_since"] is None
    assert "First activated" in vendor("license", "show", number).out
