# ruff: noqa: ANN401 - the shell is a fixture of conftest.py

import csv
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from offline_activation.cli.vendor_report import cell
from offline_activation.formats.armor import unarmor
from offline_activation.formats.envelope import open_envelope
from offline_activation.formats.license_document import read_license
from offline_activation.formats.names import document_id
from offline_activation.formats.readable import compose
from offline_activation.formats.refusal import read_refusal
from offline_activation.formats.request import Purpose
from offline_activation.transports.qr import write_png
from offline_activation.transports.recognize import Input, recognize

REHOST = {"purpose": Purpose.REHOST, "key": 9, "volume_id": "d15c-b"}


def envelope_in(path: str) -> Any:
    return open_envelope(unarmor(Path(path).read_text(), source=path).document)


def one(found: Any) -> Any:
    (result,) = found["results"]
    return result


def test_a_request_is_reviewed_signed_and_shown(vendor: Any, areq: Any) -> None:
    number = vendor.sold()
    file = areq("r.areq", number)
    review = vendor.json("review", file)
    assert (review["decision"], review["purpose"], review["license_number"]) == ("sign", "activate", number)
    assert {"field": "limits.employees", "from": None, "to": 100} in review["changes"]
    assert review["site"]["volume_id"] == "2f1c1d5e-8f2b-4c59-9f4e-6a51c4bb0c11"
    result = one(vendor.json("sign", file))
    assert result == result | {
        "input": file,
        "reference": review["reference"],
        "outcome": "signed",
        "output": f"{review['reference']}.alic",
        "code": None,
        "license_number": number,
        "revision": 1,
    }
    content = read_license(envelope_in(result["output"]))
    assert content.limits == {"employees": 100}
    shown = vendor.json("license", "show", number)
    assert (shown["state"], shown["revision"]) == ("active", 1)
    assert shown["site"]["volume_id"] == review["site"]["volume_id"]
    assert shown["contact"]["email"] == "maria@northwind.example"
    assert shown["first_activated"] == shown["last_contact"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", shown["first_activated"])


def test_signing_again_writes_the_same_file_and_leaves_another_alone(vendor: Any, areq: Any) -> None:
    file = areq("r.areq", vendor.sold())
    output = one(vendor.json("sign", file))["output"]
    before = Path(output).read_bytes()
    assert one(vendor.json("sign", file))["output"] == output
    assert vendor("sign", file, "-o", "again.alic").code == 0
    assert Path("again.alic").read_bytes() == before
    Path(output).write_text("mine")
    refused = vendor.json("sign", file, code=3)
    assert (one(refused)["code"], refused["error"]["code"]) == ("io.exists", "io.exists")
    assert Path(output).read_text() == "mine"
    assert one(vendor.json("sign", file, "--force"))["revision"] == 1
    assert Path(output).read_bytes() == before


def test_a_refused_request_gets_a_signed_refusal_to_carry_home(vendor: Any, areq: Any) -> None:
    number = vendor.sold()
    vendor.json("sign", areq("first.areq", number))
    found = vendor.json("sign", areq("second.areq", number, key=9), code=1)
    result = one(found)
    assert (result["outcome"], result["code"], result["revision"]) == ("refused", "policy.license_bound", None)
    assert found["error"]["code"] == "policy.license_bound"
    assert read_refusal(envelope_in(result["output"])).code == "policy.license_bound"
    unknown = one(vendor.json("sign", areq("third.areq", "0" * 20), code=1))
    assert unknown["code"] == "policy.unknown_license"
    assert unknown["output"]


def test_a_person_approves_and_exactly_that_is_signed(vendor: Any, areq: Any) -> None:
    number = vendor.sold()
    vendor.json("sign", areq("first.areq", number))
    file = areq("rehost.areq", number, **REHOST)
    waiting = one(vendor.json("sign", file, code=4))
    assert (waiting["outcome"], waiting["output"], waiting["code"]) == ("waiting", None, "policy.waiting")
    (pending,) = vendor.json("pending")["requests"]
    assert (pending["reference"], pending["purpose"]) == (waiting["reference"], "rehost")
    assert vendor.json("review", file)["decision"] == "ask"
    approved = vendor.json("approve", pending["reference"].lower(), "--as", "ada")
    assert (approved["approved_by"], approved["outcome"], approved["revision"]) == ("ada", "approved", 2)
    assert vendor.json("pending")["requests"] == []
    assert vendor.json("approve", pending["reference"], "--as", "bob", code=1)["error"]["code"] == (
        "policy.already_answered"
    )
    signed = one(vendor.json("sign", file))
    assert (signed["outcome"], signed["revision"]) == ("signed", 2)
    actions = [json.loads(line) for line in vendor("audit", "export").out.splitlines()]
    assert next(entry for entry in actions if entry["action"] == "request.approved")["actor"] == "ada"


def test_an_approval_may_sign_at_once_and_a_reference_stands_for_its_request(vendor: Any, areq: Any) -> None:
    number = vendor.sold()
    vendor.json("sign", areq("first.areq", number))
    reference = one(vendor.json("sign", areq("rehost.areq", number, **REHOST), code=4))["reference"]
    assert vendor.json("review", reference)["reference"] == reference
    found = vendor.json("approve", reference, "--as", "ada", "-o", "out.alic")
    assert (found["outcome"], found["output"]) == ("signed", "out.alic")
    assert read_license(envelope_in("out.alic")).revision == 2
    assert one(vendor.json("sign", reference, "-o", "out.alic"))["revision"] == 2


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (["approve", "AR-0000-0000", "--as", "ada"], "vendor.unknown_request", 1),
        (["approve", "rubbish", "--as", "ada"], "vendor.unknown_request", 1),
        (["approve", "AR-0000-0000"], "usage.missing", 2),
        (["approve", "AR-0000-0000", "--as", "a\nb"], "usage.invalid", 2),
        (["sign", "AR-0000-0000"], "vendor.unknown_request", 1),
        (["refuse", "AR-0000-0000", "--reason", "x"], "vendor.unknown_request", 1),
        (["refuse", "x"], "usage.missing", 2),
        (["refuse", "x", "--reason", "a\x1bb"], "usage.invalid", 2),
        (["refuse", "x", "--reason", "y" * 241], "usage.invalid", 2),
        (["sign", "nothing.areq"], "io.not_found", 3),
        (["review", "nothing.areq"], "io.not_found", 3),
    ],
)
def test_a_mistake_at_the_desk_changes_nothing(
    vendor: Any, dump: Any, arguments: list[str], code: str, exit_code: int
) -> None:
    before = dump()
    assert vendor.json(*arguments, code=exit_code)["error"]["code"] == code
    assert dump() == before


def test_a_person_refuses_with_a_reason(vendor: Any, areq: Any) -> None:
    file = areq("r.areq", vendor.sold())
    found = vendor.json("refuse", file, "--reason", "Invoice 17 is open.", "-o", "no.alic")
    assert (found["outcome"], found["code"], found["output"]) == ("refused", "policy.refused", "no.alic")
    assert "Invoice 17 is open." in read_refusal(envelope_in("no.alic")).message
    assert one(vendor.json("sign", file, code=1))["code"] == "policy.refused"
    again = vendor.json("refuse", file, "--reason", "Other", code=1)
    assert again["error"]["code"] == "policy.already_answered"


def test_a_folder_is_signed_in_bulk_with_a_report(vendor: Any, areq: Any, request_of: Any) -> None:
    numbers = [vendor.sold() for _ in range(3)]
    Path("inbox").mkdir()
    areq("inbox/1.areq", numbers[0], key=21, volume_id="d15c-1")
    Path("inbox/2.png").write_bytes(write_png(request_of(numbers[1], key=22, volume_id="d15c-2")))
    Path("inbox/3.cose").write_bytes(request_of(numbers[2], key=23, volume_id="d15c-3"))
    areq("inbox/=4.areq", "0" * 20)
    Path("inbox/.hidden").write_text("x")
    Path("inbox/old.alic").write_text("x")
    Path("inbox/sub").mkdir()
    os.mkfifo("inbox/pipe")
    found = vendor.json("sign", "inbox", "-o", "out/", "--report", "report.csv", code=1)
    assert [(result["input"], result["outcome"]) for result in found["results"]] == [
        ("inbox/1.areq", "signed"),
        ("inbox/2.png", "signed"),
        ("inbox/3.cose", "signed"),
        ("inbox/=4.areq", "refused"),
    ]
    assert sorted(path.name for path in Path("out").iterdir()) == sorted(
        Path(result["output"]).name for result in found["results"]
    )
    with Path("report.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["outcome"] for row in rows] == ["signed"] * 3 + ["refused"]
    assert rows[3]["code"] == "policy.unknown_license"


def test_pictures_sheets_mails_and_pasted_text_are_taken(vendor: Any, areq: Any, request_of: Any) -> None:
    number = vendor.sold()
    text = compose(request_of(number))
    file = areq("r.areq", number)
    first = one(vendor.json("sign", file, "--qr", "q.png", "--sheet", "s.html"))
    picture = recognize([Input(name="q.png", data=Path("q.png").read_bytes())])
    assert picture.document == unarmor(Path(first["output"]).read_text(), source="x").document
    assert first["reference"] in Path("s.html").read_text()
    Path("quoted.txt").write_text("\r\n".join("> " + line.lower() for line in text.splitlines()))
    Path("m.eml").write_text(f"From: a@b.example\nSubject: x\nContent-Type: text/plain\n\nHello\n\n{text}\n")
    Path("r.png").write_bytes(write_png(request_of(number)))
    for name in ("quoted.txt", "m.eml", "r.png"):
        assert one(vendor.json("sign", name))["output"] == first["output"]
    assert one(vendor.json("sign", "-", stdin=text.encode()))["output"] == first["output"]


def test_the_parts_of_a_long_request_in_several_pictures_are_one_request(vendor: Any, request_of: Any) -> None:
    from offline_activation.formats import frames  # noqa: PLC0415 - used once

    contact = {"company": "C" * 80, "address1": "A" * 80, "address2": "B" * 80, "city": "D" * 60, "email": "e" * 90}
    from offline_activation.formats.contact import Contact  # noqa: PLC0415 - used once

    parts = frames.split(request_of(vendor.sold(), contact=Contact(first_name="F" * 40, last_name="L" * 40, **contact)))
    assert len(parts) > 1
    for number, part in enumerate(parts):
        Path(f"{number}.txt").write_text(part)
    names = [f"{number}.txt" for number in range(len(parts))]
    found = one(vendor.json("sign", *names, "-o", "out"))
    assert (found["outcome"], found["input"]) == ("signed", ", ".join(names))
    missing = one(vendor.json("sign", names[0], code=1))
    assert missing["code"] == "frames.missing"


def test_altered_readable_lines_are_named_and_change_nothing(vendor: Any, areq: Any) -> None:
    file = areq("r.areq", vendor.sold())
    Path(file).write_text(Path(file).read_text().replace("Sacramento", "Boston"))
    found = vendor("sign", file, "--json")
    assert found.code == 0
    assert one(found.json)["text_differs"] == ["City"]
    assert "text.differs" in found.err
    shown = vendor.json("license", "show", one(found.json)["license_number"])
    assert shown["contact"]["city"] == "Sacramento"


def bad_inputs(good: bytes, license_document: bytes) -> dict[str, str]:
    """Make every bad input and return the code that each is refused with."""
    flipped = bytearray(good)
    flipped[-10] ^= 1
    Path("truncated.cose").write_bytes(good[:200])
    Path("flipped.cose").write_bytes(flipped)
    Path("appended.cose").write_bytes(good + b"\0")
    Path("license.alic").write_text(compose(license_document))
    Path("empty").touch()
    Path("noise").write_bytes(bytes(range(256)) * 40)
    Path("text.txt").write_text("Dear vendor, please activate us.")
    Path("two.areq").write_text(compose(good) * 2)
    with Path("sparse").open("wb") as file:
        file.truncate(100 << 20)
    os.mkfifo("pipe")
    return {
        "truncated.cose": "encoding.truncated",
        "flipped.cose": "signature.invalid",
        "appended.cose": "encoding.trailing",
        "license.alic": "profile.kind",
        "empty": "encoding.truncated",
        "noise": "armor.not_text",
        "text.txt": "armor.no_block",
        "two.areq": "armor.two_documents",
        "sparse": "limit.too_large",
        "pipe": "io.not_a_file",
        "/dev/zero": "io.not_a_file",
    }


def test_bad_input_leaves_one_audit_entry_and_nothing_else(vendor: Any, areq: Any, request_of: Any, dump: Any) -> None:
    number = vendor.sold()
    output = one(vendor.json("sign", areq("good.areq", number)))["output"]
    license_document = unarmor(Path(output).read_text(), source="x").document
    expected = bad_inputs(request_of(number, counter=2), license_document)
    for name, code in expected.items():
        books, audit = dump()
        exit_code = 3 if code.startswith("io.") else 1
        found = vendor.json("sign", name, code=exit_code)
        assert (name, found["error"]["code"], one(found)["code"]) == (name, code, code)
        assert (one(found)["outcome"], one(found)["output"]) == ("refused", None)
        assert dump() == (books, [*audit, "request.rejected"])
        assert vendor.json("review", name, code=exit_code)["error"]["code"] == code
        assert dump() == (books, [*audit, "request.rejected"])
    all_at_once = vendor.json("sign", *expected, code=1)
    assert [result["code"] for result in all_at_once["results"]] == list(expected.values())


@pytest.mark.parametrize("name", ["-rf", "--help", "a;b", "a\nb", "\udcff\udcfe", "x" * 250, "%s%n", "'\"", "ü\u202e"])
def test_any_file_name_is_only_a_name(vendor: Any, request_of: Any, name: str) -> None:
    number = vendor.sold()
    Path("inbox").mkdir()
    (Path("inbox") / name).write_bytes(request_of(number))
    found = vendor("sign", "inbox", "--json")
    assert (found.code, one(found.json)["outcome"]) == (0, "signed")
    shutil.copy(Path("inbox") / name, name)
    assert one(vendor.json("sign", f"./{name}"))["outcome"] == "signed"
    text = vendor("sign", "--", name)
    assert text.code == 0
    assert all(line.isprintable() for line in text.out.splitlines())
    (Path("inbox") / name).write_bytes(b"\xd2damaged")
    damaged = vendor("sign", "inbox")
    assert damaged.code == 1
    assert all(line.isprintable() for line in (damaged.out + damaged.err).splitlines())
    assert json.loads(vendor("audit", "export").out.splitlines()[-1])["subject"].isprintable()


def test_several_inputs_need_a_directory_and_one_stream_is_enough(vendor: Any, areq: Any) -> None:
    number = vendor.sold()
    files = [areq("1.areq", number), areq("2.areq", number, counter=2)]
    Path("file").touch()
    assert vendor.json("sign", *files, "-o", "file", code=2)["error"]["code"] == "usage.invalid"
    assert vendor.json("sign", *files, "-o", "-", code=2)["error"]["code"] == "usage.invalid"
    assert vendor.json("sign", files[0], "--qr", "-", code=2)["error"]["code"] == "usage.invalid"
    streamed = vendor("sign", files[0], "-o", "-")
    assert unarmor(streamed.out, source="out").label == "LICENSE"
    assert "AR-" in streamed.err
    assert vendor.json("license", "show", number)["revision"] == 1


def test_hostile_contacts_are_text_on_every_page(vendor: Any, areq: Any) -> None:
    from offline_activation.formats.contact import Contact  # noqa: PLC0415 - used once

    hostile = Contact(
        first_name="=1+1",
        last_name="<script>alert(1)</script>",
        company="{{7*7}}",
        city="%s%n",
        email="'\"@x.example",
        address1="OA1 REQUEST 3 LINES",
    )
    number = vendor.sold()
    file = areq("r.areq", number, contact=hostile)
    assert "<script>alert(1)</script>" in vendor("review", file).out
    result = one(vendor.json("sign", file, "--sheet", "s.html"))
    assert result["outcome"] == "signed"
    assert "<script>" not in Path("s.html").read_text()
    assert vendor.json("license", "show", number)["contact"]["first_name"] == "=1+1"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", " =1", "\uff1d1", "x;=1", "a;  @b", "|cmd"])
def test_a_cell_of_the_report_is_text_for_every_spreadsheet(text: str) -> None:
    pieces = [piece for piece in cell(text).split(";") if piece != text.split(";", maxsplit=1)[0] or ";" not in text]
    assert pieces
    assert all(piece.startswith("'") for piece in pieces)


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_no_cell_of_the_report_begins_like_a_formula(begin: str) -> None:
    assert cell(f"{begin}1").startswith("'")
    assert cell([f"{begin}1", "x"]).startswith("'")


@pytest.mark.parametrize(
    ("value", "expected"), [("AR-7K4M-92QX", "AR-7K4M-92QX"), (None, ""), (3, "3"), (["a", "b"], "a b")]
)
def test_a_usual_cell_stays_as_it_is(value: object, expected: str) -> None:
    assert cell(value) == expected


def test_renewals_are_seen_coming(vendor: Any, areq: Any) -> None:
    number = vendor.sold()
    vendor.json("sign", areq("r.areq", number))
    assert vendor.json("license", "list", "--expiring", "30")["licenses"] == []
    (due,) = vendor.json("license", "list", "--expiring", "200")["licenses"]
    assert (due["license_number"], len(due["lease_until"])) == (number, 10)
    assert number in vendor("license", "list", "--expiring", "200").out
    assert vendor.json("license", "show", number)["lease_until"] == due["lease_until"]


def test_the_review_of_an_answered_request_says_so(vendor: Any, areq: Any) -> None:
    file = areq("r.areq", vendor.sold())
    vendor.json("sign", file)
    found = vendor.json("review", file)
    assert found["answered"] == found["answered"] | {"kind": "license", "state": "signed", "revision": 1}
    shown = vendor("review", file).out
    assert "already has its response" in shown
    assert re.search(r"- Already answered: signed as revision 1 on \d{4}-\d\d-\d\d\.", shown)
    assert (found["rule"], found["changes"], found["grant"]["limits"]) == ("answered", [], {"employees": 100})
    assert "clone" not in shown
    assert "clone" in vendor("review", areq("clone.areq", found["license_number"], nonce=b"n" * 16)).out


def test_a_limit_of_one_is_shown_as_a_number(vendor: Any, areq: Any) -> None:
    shown = vendor("review", areq("r.areq", vendor.sold("--set", "employees=1", "--option", "accruals_plus"))).out
    assert re.search(r"limits\.employees +\(none\) +1\n", shown)
    assert re.search(r"options\.accruals_plus +\(none\) +on\n", shown)


@pytest.mark.parametrize("option", ["-o", "--qr", "--sheet"])
def test_every_file_that_could_not_be_written_is_told_with_its_next_step(vendor: Any, areq: Any, option: str) -> None:
    file = areq("r.areq", vendor.sold())
    Path("mine").write_text("mine")
    found = vendor("sign", file, option, "mine")
    assert found.code == 3
    assert "signed, but not every file was written [io.exists]:" in found.out
    assert "  mine already exists and was left as it is." in found.out
    assert "  next step: Choose another name, or add --force to replace it." in found.out
    result = one(vendor.json("sign", file, option, "mine", code=3))
    assert (result["outcome"], result["code"], result["unwritten"]["code"]) == ("signed", "io.exists", "io.exists")
    assert (result["output"] is None) == (option == "-o")
    assert ("Next: send" in found.out) == (option != "-o")


def test_a_report_that_could_not_be_written_hides_nothing(vendor: Any, areq: Any) -> None:
    file = areq("r.areq", vendor.sold())
    Path("mine").write_text("mine")
    found = vendor("sign", file, "--report", "mine")
    assert (found.code, "Next: send" in found.out, "io.exists" in found.err) == (3, True, True)
    assert vendor.json("sign", file, "--report", "mine", code=3)["error"]["code"] == "io.exists"


def test_a_return_is_signed_with_a_receipt(vendor: Any, areq: Any) -> None:
    number = vendor.sold()
    vendor.json("sign", areq("first.areq", number), "-o", "first.alic")
    previous = document_id(open_envelope(unarmor(Path("first.alic").read_text(), source="x").document).payload)
    file = areq("return.areq", number, purpose=Purpose.RETURN, counter=2, revision=1, previous=previous)
    review = vendor.json("review", file)
    assert (review["decision"], review["grant"]) == ("sign", None)
    assert {change["field"]: change["to"] for change in review["changes"]} == {"volume_id": None, "site_key": None}
    assert "writes the receipt." in vendor("review", file).out
    result = one(vendor.json("sign", file, "-o", "receipt.alic"))
    assert (result["outcome"], result["kind"], result["revision"], result["output"]) == (
        "signed",
        "receipt",
        1,
        "receipt.alic",
    )
    assert envelope_in("receipt.alic").kind == "receipt"
    assert Path("receipt.alic").read_text().startswith("Receipt for a returned license\n")
    assert "receipt" in vendor("sign", file, "-o", "receipt.alic").out
    shown = vendor.json("license", "show", number)
    assert (shown["state"], shown["site"], shown["unreturned"]) == ("ready", None, 0)
    assert "Already answered: signed as a receipt" in vendor("review", file).out


def test_next_steps_are_whole_commands(vendor: Any, areq: Any) -> None:
    number = vendor.sold()
    vendor.json("sign", areq("first.areq", number))
    file = areq("rehost.areq", number, **REHOST)
    signed = vendor("sign", "-", stdin=Path(file).read_bytes())
    reference = one(vendor.json("sign", file, code=4))["reference"]
    assert "standard input" in signed.out
    for shown in (signed.out, vendor("review", file).out, vendor("pending").out):
        assert f"activation-vendor approve {reference} --as USER" in shown
    assert f"Next: activation-vendor sign {reference}\n" in vendor("approve", reference, "--as", "ada").out
    assert "Approved by ada on" in vendor("review", file).out


def test_inspect_vouches_for_what_this_vendor_signed(vendor: Any, areq: Any) -> None:
    output = one(vendor.json("sign", areq("r.areq", vendor.sold())))["output"]
    found = vendor.json("inspect", output)
    assert (found["kind"], found["verified"]) == ("license", True)


def test_an_empty_folder_is_no_mistake(vendor: Any) -> None:
    Path("inbox").mkdir()
    assert vendor.json("sign", "inbox")["results"] == []


def test_a_waiting_request_that_became_hopeless_says_how_it_ends(vendor: Any, areq: Any) -> None:
    number = vendor.sold()
    vendor("sign", areq("first.areq", number))
    file = areq("move.areq", number, purpose=Purpose.REHOST, key=9, volume_id="d15c-9")
    reference = vendor.json("sign", file, code=4)["results"][0]["reference"]
    (waiting,) = vendor.json("pending")["requests"]
    assert (waiting["decision"], waiting["approvable"], waiting["remedy"]) == ("ask", True, None)
    vendor("license", "revoke", number, "--reason", "Refunded", "--yes")
    way_out = f"No longer grantable: 'activation-vendor sign {reference}' writes the refusal."
    (waiting,) = vendor.json("pending")["requests"]
    assert (waiting["decision"], waiting["approvable"], waiting["remedy"]) == ("refuse", False, way_out)
    assert waiting["reasons"][0] == "The license has been revoked."
    page = vendor("pending").out
    assert (way_out in page, "has been revoked" in page, "approve" in page) == (True, True, False)
    error = vendor.json("approve", reference, "--as", "ada", code=1)["error"]
    assert (error["code"], error["remedy"]) == ("policy.revoked", way_out)
    assert vendor.json("sign", reference, "-o", "no.alic", code=1)["results"][0]["outcome"] == "refused"
    assert vendor.json("pending")["requests"] == []


def test_a_waiting_request_that_nothing_asks_about_any_more_is_signed(vendor: Any, areq: Any) -> None:
    order = vendor.json("order", "add", "--product", "infinitime", "--company", "N", "--email", "n@n.example", "--set",
                        "employees=5")  # fmt: skip
    reference = vendor.json("sign", areq("a.areq", order["license_number"]), code=4)["results"][0]["reference"]
    (waiting,) = vendor.json("pending")["requests"]
    assert "order cancel" in waiting["remedy"]
    assert f"activation-vendor refuse {reference} --reason TEXT" in waiting["remedy"]
    vendor("order", "process", order["order"])
    assert f"'activation-vendor sign {reference}' signs it" in vendor("pending").out
    assert vendor.json("sign", reference, "-o", "a.alic")["results"][0]["outcome"] == "signed"
