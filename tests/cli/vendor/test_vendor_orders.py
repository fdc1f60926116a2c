# ruff: noqa: ANN401 - the shell is a fixture of conftest.py

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from offline_activation.formats.names import read_license_number
from offline_activation.formats.request import Purpose

SAMPLES = Path(__file__).parents[3] / "samples"
ADD = ("order", "add", "--product", "infinitime", "--company", "Northwind", "--email", "it@northwind.example")


def test_an_order_becomes_a_license_that_is_ready(vendor: Any) -> None:
    found = vendor.json(*ADD, "--set", "employees=150", "--option", "accruals_plus", "--until", "2030-06-30")
    assert (found["order"], found["state"]) == ("O-000001", "entered")
    number = found["license_number"]
    assert len(number) == 23
    assert vendor.json("order", "process", "O-000001")["orders"] == [
        {"order": "O-000001", "license_number": number, "state": "processed"}
    ]
    shown = vendor.json("license", "show", number.lower().replace("-", " "))
    assert (shown["license_number"], shown["state"], shown["revision"]) == (number, "ready", 0)
    assert (shown["limits"], shown["options"], shown["until"]) == ({"employees": 150}, ["accruals_plus"], "2030-06-30")
    assert (shown["site"], shown["first_activated"], shown["contact"]) == (None, None, {})
    (mail,) = vendor.json("mail", "list")["mails"]
    assert (mail["recipient"], mail["state"], mail["facts"]["license_number"]) == (
        "it@northwind.example",
        "queued",
        number,
    )


def test_an_additional_purchase_needs_only_the_license_number(vendor: Any) -> None:
    number = vendor.sold()
    found = vendor.json("order", "add", "--license-number", number.lower(), "--add", "employees=25")
    assert (found["license_number"], found["amendment"], found["company"]) == (number, True, "Northwind")
    vendor.json("order", "process", "--all")
    assert vendor.json("license", "show", number)["limits"] == {"employees": 125}


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        ([*ADD, "--set", "nope=1"], "order.invalid", 1),
        ([*ADD, "--set", "employees=x"], "order.invalid", 2),
        ([*ADD, "--set", "employees"], "order.invalid", 2),
        ([*ADD, "--add", "employees=-1"], "order.invalid", 2),
        ([*ADD, "--option", "nope"], "order.invalid", 1),
        ([*ADD, "--until", "2026-02-30"], "order.invalid", 2),
        ([*ADD, "--until", "2020-01-01"], "order.invalid", 1),
        ([*ADD, "--maintenance-until", "soon"], "order.invalid", 2),
        ([*ADD, "--version-ceiling", "v4"], "order.invalid", 2),
        ([*ADD, "--trial"], "order.invalid", 2),
        ([*ADD, "--perpetual", "--until", "2030-06-30"], "order.invalid", 2),
        ([*ADD], "order.invalid", 2),
        (["order", "add", "--set", "employees=x"], "order.invalid", 2),
        (["order", "cancel", "O-000099"], "vendor.unknown_order", 1),
        (["order", "cancel"], "usage.invalid", 2),
        (["mail", "show", "1"], "vendor.unknown_mail", 1),
        ([*ADD, "--license-number", "123"], "license_number.invalid", 1),
        ([*ADD, "--license-number", "0" * 20, "--set", "employees=1"], "vendor.unknown_license", 1),
        (["order", "add", "--product", "infinitime", "--email", "a@b.example"], "usage.missing", 2),
        (["order", "add", "--product", "infinitime", "--company", "X"], "usage.missing", 2),
        (["order", "add", "--company", "X", "--email", "a@b.example"], "usage.missing", 2),
        (["order", "process"], "usage.missing", 2),
        (["order", "process", "O-000001", "--all"], "usage.missing", 2),
        (["order", "process", "O-000099"], "vendor.unknown_order", 1),
        (["order", "show", "O-000099"], "vendor.unknown_order", 1),
        (["order", "list", "--state", "lost"], "usage.invalid", 2),
        (["license", "show", "0" * 20], "vendor.unknown_license", 1),
        (["license", "list", "--expiring", "-1"], "usage.invalid", 2),
        (["order", "import", "nothing.csv"], "io.not_found", 3),
    ],
)
def test_a_mistake_changes_nothing(vendor: Any, dump: Any, arguments: list[str], code: str, exit_code: int) -> None:
    before = dump()
    found = vendor.json(*arguments, code=exit_code)
    assert found["error"]["code"] == code
    assert dump() == before


def test_kind_ceiling_maintenance_and_trial_are_shown_wherever_an_entitlement_is(vendor: Any, areq: Any) -> None:
    terms = ("--trial", "--until", "2030-06-30", "--maintenance-until", "2029-12-31", "--version-ceiling", "4.2")
    added = vendor.json(*ADD, "--set", "employees=5", *terms)
    assert added["lines"][1:] == ["until 2030-06-30", "trial", "maintenance until 2029-12-31", "version ceiling 4.2"]
    held = {
        "kind": "trial",
        "limits": {"employees": 5},
        "options": [],
        "until": "2030-06-30",
        "maintenance_until": "2029-12-31",
        "version_ceiling": "4.2",
        "trial": True,
    }
    assert added["grant"] == vendor.json("order", "show", "1")["grant"] == held
    said = "License then    trial until 2030-06-30, maintenance until 2029-12-31, versions up to 4.2"
    assert said in vendor("order", "show", "1").out
    vendor.json("order", "process", "--all")
    assert vendor.json("order", "show", "1")["grant"] is None
    number = added["license_number"]
    shown = vendor.json("license", "show", number)
    assert {name: shown[name] for name in held} == held
    file = areq("first.areq", number)
    reviewed = vendor.json("review", file)
    assert reviewed["grant"] == held
    assert {"field": "trial", "from": None, "to": True} in reviewed["changes"]
    for page in (vendor("license", "show", number).out, vendor("review", file).out):
        for row in ("Kind ", "trial", "Maintenance until  2029-12-31", "Versions           up to 4.2"):
            assert row in page
    vendor.json("sign", file)
    assert vendor.json("license", "show", number)["issued"] == held


def test_an_order_that_ends_a_trial_says_so_and_the_review_shows_it(vendor: Any, areq: Any) -> None:
    number = vendor.sold("--set", "employees=5", "--trial", "--until", "2030-06-30")
    vendor.json("sign", areq("first.areq", number))
    ends = vendor("order", "add", "--license-number", number, "--add", "employees=1", "--json")
    assert "warning [order.ends_trial]" in ends.err
    assert (ends.json["warnings"][0]["code"], ends.json["grant"]["kind"]) == ("order.ends_trial", "subscription")
    vendor.json("order", "cancel", "2")
    Path("more.csv").write_text(f"product,license_number,add\ninfinitime,{number},employees=1\n")
    assert "warning [order.ends_trial]" in vendor("order", "import", "more.csv").err
    vendor.json("order", "cancel", "3")
    bought = vendor("order", "add", "--license-number", number, "--set", "employees=50", "--perpetual", "--json")
    assert (bought.err, bought.json["grant"]["kind"]) == ("", "perpetual")
    vendor.json("order", "process", "--all")
    changes = vendor.json("review", areq("second.areq", number, purpose=Purpose.UPDATE, counter=2))["changes"]
    assert {"field": "trial", "from": True, "to": None} in changes
    assert {"field": "until", "from": "2030-06-30", "to": None} in changes


def test_processing_twice_is_refused_and_said(vendor: Any) -> None:
    vendor.sold()
    found = vendor.json("order", "process", "1", code=1)
    assert found["error"]["code"] == "vendor.order_state"
    assert vendor.json("order", "process", "--all")["orders"] == []
    both = vendor.json("order", "process", "1", "99", code=1)
    assert [each["code"] for each in both["orders"]] == ["vendor.order_state", "vendor.unknown_order"]
    assert len(vendor.json("mail", "list")["mails"]) == 1


def test_orders_come_from_a_file_row_by_row(vendor: Any) -> None:
    text = (SAMPLES / "orders.csv").read_text() + "infinitime,=cmd|' /C calc'!A0,a@b.example,,,,employees=1,,,\nx,y\n"
    Path("orders.csv").write_text(text)
    found = vendor.json("order", "import", "orders.csv", code=1)
    assert (found["entered"], found["refused"]) == (3, 1)
    assert found["error"]["code"] == found["orders"][3]["error"]["code"] == "vendor.unknown_product"
    listed = vendor.json("order", "list")["orders"]
    assert [order["company"] for order in listed][2] == "=cmd|' /C calc'!A0"
    assert all(read_license_number(order["license_number"]) for order in listed)
    assert len(vendor.json("order", "process", "--all")["orders"]) == 3


def test_the_pages_for_people_end_with_the_next_step(vendor: Any) -> None:
    found = vendor(*ADD, "--set", "employees=150")
    assert found.out.splitlines()[-1] == "Next: activation-vendor order process O-000001"
    assert "employees=150" in vendor("order", "list").out
    assert "employees=150" in vendor("order", "show", "1").out
    assert "Next:" in vendor("order", "process", "--all").out
    assert "ready" in vendor("license", "list").out
    assert "order.processed:O-000001" in vendor("mail", "list").out
    lines = vendor("audit", "export").out.splitlines()
    assert lines[-1].startswith('{"number": 4, ')


@pytest.mark.parametrize("company", ["a\u202eb", "a\x1b[2J", "a\nb"])
def test_a_company_with_controls_is_no_company(vendor: Any, company: str) -> None:
    found = vendor(
        *("order", "add", "--product", "infinitime", "--company", company, "--email", "a@b.example"),
        *("--set", "employees=1"),
    )
    assert found.code == 1
    assert all(line.isprintable() for line in found.err.splitlines())


def test_a_changed_company_is_seen_at_order_add_order_show_and_review(vendor: Any, areq: Any) -> None:
    number = vendor.sold()
    vendor.json("sign", areq("first.areq", number))
    added = vendor(
        "order", "add", "--license-number", number, "--company", "Southwind", "--add", "employees=1", "--json"
    )
    assert "changes the company of the license from Northwind to Southwind" in added.err
    order = added.json["order"]
    change = {"field": "company", "from": "Northwind", "to": "Southwind"}
    assert added.json["changes"] == vendor.json("order", "show", order)["changes"] == [change]
    assert [warning["code"] for warning in added.json["warnings"]] == ["order.changes_customer"]
    assert "Northwind -> Southwind" in vendor("order", "show", order).out
    file = areq("second.areq", number, purpose=Purpose.UPDATE, counter=2)
    assert "company Southwind" in vendor("review", file).out
    vendor.json("order", "process", order)
    assert change in vendor.json("review", file)["changes"]
    assert "Southwind" in vendor("review", file).out
    vendor.json("sign", file)
    assert vendor.json("review", areq("third.areq", number, purpose=Purpose.UPDATE, counter=3))["changes"] == []


def test_what_stays_as_it_is_warns_nobody(vendor: Any) -> None:
    number = vendor.sold()
    for more in ([], ["--company", "Northwind", "--email", "it@northwind.example"]):
        added = vendor("order", "add", "--license-number", number, "--add", "employees=1", *more)
        assert (added.code, added.err) == (0, "")


def test_orders_are_cancelled_before_they_are_processed(vendor: Any, areq: Any) -> None:
    first = vendor.json(*ADD, "--set", "employees=1")
    second = vendor.json(*ADD, "--set", "employees=2")
    assert vendor.json("order", "cancel", "1")["orders"] == [
        {"order": "O-000001", "license_number": first["license_number"], "state": "cancelled"}
    ]
    assert [each["order"] for each in vendor.json("order", "process", "--all")["orders"]] == ["O-000002"]
    both = vendor.json("order", "cancel", "1", "2", code=1)
    assert [each["code"] for each in both["orders"]] == ["vendor.order_state", "vendor.order_state"]
    assert vendor.json("order", "process", "1", code=1)["error"]["code"] == "vendor.order_state"
    assert [order["state"] for order in vendor.json("order", "list")["orders"]] == ["cancelled", "processed"]
    assert vendor.json("order", "show", "1")["state"] == "cancelled"
    assert len(vendor.json("mail", "list")["mails"]) == 1
    refused = vendor.json("sign", areq("r.areq", first["license_number"]), code=1)
    assert refused["error"]["code"] == "policy.not_ordered"
    assert vendor.json("license", "show", second["license_number"])["state"] == "ready"


def test_an_order_left_open_by_a_cancelled_one_is_told(vendor: Any) -> None:
    number = vendor.sold()
    vendor("order", "add", "--license-number", number, "--add", "employees=1", "--company", "Southwind")
    vendor("order", "add", "--license-number", number, "--add", "employees=1")
    assert "changes the company" in vendor("order", "cancel", "2").err


def test_a_purchase_order_that_was_entered_before_is_told(vendor: Any) -> None:
    vendor.json(*ADD, "--set", "employees=1", "--po", "PO-1")
    found = vendor(*ADD, "--set", "employees=1", "--po", "PO-1", "--json")
    assert found.code == 0
    assert "Purchase order PO-1 is already entered as order O-000001." in found.err
    assert found.json["warnings"][0]["code"] == "order.entered_before"


def test_a_file_may_be_imported_twice(vendor: Any, dump: Any) -> None:
    first = vendor.json("order", "import", str(SAMPLES / "orders.csv"))
    assert (first["entered"], first["already"]) == (2, 0)
    before = dump()
    again = vendor("order", "import", str(SAMPLES / "orders.csv"))
    assert (again.code, again.err) == (0, "")
    assert "already entered: O-000001" in again.out
    assert "0 orders entered, 0 rows refused, 2 already there." in again.out
    found = vendor.json("order", "import", str(SAMPLES / "orders.csv"))
    assert [(row["order"], row["already_entered"]) for row in found["orders"]] == [
        ("O-000001", True),
        ("O-000002", True),
    ]
    assert dump() == before
    Path("plain.csv").write_text("product,company,email,set\ninfinitime,A,a@b.example,employees=1\n")
    vendor.json("order", "import", "plain.csv")
    twice = vendor("order", "import", "plain.csv", "--json")
    assert "What line 2 orders for A is already entered as order O-000003." in twice.err
    assert twice.json["orders"][0]["possible_duplicate_of"] == "O-000003"


HOSTILE = "{{7*7}} ${7*7} <%=7*7%> {% raw %} <b>&amp;"


def test_the_ready_mail_can_be_sent_by_hand(vendor: Any, areq: Any) -> None:
    order = vendor.json(
        *("order", "add", "--product", "infinitime", "--company", HOSTILE, "--email", "it@n.example"),
        *("--contact-name", "{{contact_name}}", "--po", "#{7*7}", "--set", "employees=5"),
    )
    vendor.json("order", "process", "--all")
    listed = vendor("mail", "list").out
    assert "Next: activation-vendor mail show NUMBER" in listed
    for named in ("1", f"order.processed:{order['order']}"):
        mail = vendor.json("mail", "show", named)
        assert (mail["number"], mail["recipient"]) == (1, "it@n.example")
        assert mail["subject"] == "Your license for InfiniTime is ready"
    lines = mail["text"].splitlines()
    assert lines[0] == "Dear {{contact_name}},"
    assert f"    Company         {HOSTILE}" in lines
    assert "    Your reference  #{7*7}" in lines
    assert f"    License number  {order['license_number']}" in lines
    asked = f"activation-site request --license-number {order['license_number']} --contact contact.toml"
    assert f" 1. Make a request:  {asked}" in lines
    assert "activation-site import FILE" in mail["text"]
    shown = vendor("mail", "show", "1").out
    assert shown.startswith("To: it@n.example\nSubject: Your license for InfiniTime is ready\n\nDear ")
    vendor.json("sign", areq("r.areq", order["license_number"]))
    vendor.json("order", "add", "--license-number", order["license_number"], "--add", "employees=1")
    vendor.json("order", "process", "--all")
    update = vendor.json("mail", "show", "2")["text"]
    assert "additional purchase" in update
    assert "--license-number" not in update


def recipe() -> str:
    page = (SAMPLES.parent / "docs" / "vendor-guide.md").read_text()
    (found,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert found.count("\n") <= 5
    return str(found)


def verified(path: str) -> bool:
    done = subprocess.run([sys.executable, "-c", recipe(), path], capture_output=True, text=True, check=False)
    assert done.returncode == 0 or "AssertionError" in done.stderr
    return done.returncode == 0


def test_an_auditor_verifies_the_exported_chain_with_the_recipe_of_the_guide(vendor: Any) -> None:
    vendor.sold()
    assert vendor("audit", "export", "-o", "audit.jsonl").code == 0
    assert verified("audit.jsonl")
    entries = [json.loads(line) for line in Path("audit.jsonl").read_text().splitlines()]
    assert vendor.json("audit", "export")["entries"] == entries
    assert [json.loads(entry["text"])["number"] for entry in entries] == [1, 2, 3, 4]
    assert [entry["previous"] for entry in entries] == ["00" * 32, *(entry["hash"] for entry in entries[:-1])]
    for spoil in (
        lambda: entries.pop(1),
        lambda: entries[2].update(text=entries[2]["text"].replace("order", "Order")),
        lambda: entries.insert(0, entries.pop()),
    ):
        kept = [dict(entry) for entry in entries]
        spoil()
        Path("spoiled.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in entries))
        assert not verified("spoiled.jsonl")
        entries[:] = kept
