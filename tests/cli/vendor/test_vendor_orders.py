# ruff: noqa: ANN401 - the shell is a fixture of conftest.py

from pathlib import Path
from typing import Any

import pytest

from offline_activation.formats.names import read_license_number

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
        ([*ADD, "--set", "employees=x"], "order.invalid", 1),
        ([*ADD, "--add", "employees=-1"], "order.invalid", 1),
        ([*ADD, "--option", "nope"], "order.invalid", 1),
        ([*ADD, "--until", "2026-02-30"], "order.invalid", 1),
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
    found = vendor("order", "add", "--product", "infinitime", "--company", company, "--email", "a@b.example")
    assert found.code == 1
    assert all(line.isprintable() for line in found.err.splitlines())
