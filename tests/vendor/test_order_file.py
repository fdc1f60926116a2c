"""Files of orders: read from any spreadsheet program, each row entered or refused for itself."""

# ruff: noqa: ANN401 - the world is a fixture of conftest.py

from pathlib import Path
from typing import Any

import pytest

from offline_activation.errors import Refusal
from offline_activation.vendor.order_file import FILE_LIMIT, read_rows
from offline_activation.vendor.order_import import enter_rows
from offline_activation.vendor.records import OrderLine

SAMPLE = Path(__file__).parents[2] / "samples" / "orders.csv"
HEADER = "product,company,email,license_number,set,add,options,until\n"


def refused(action: Any, *arguments: Any, **options: Any) -> tuple[str, str]:
    with pytest.raises(Refusal) as caught:
        action(*arguments, **options)
    return caught.value.code, caught.value.message


def test_the_sample_of_orders_is_valid(world: Any) -> None:
    rows = read_rows(SAMPLE.read_bytes(), source="orders.csv")
    with world.store.begin() as work:
        done = enter_rows(work, rows, now=1, actor="t", randomness=world.randomness)
    assert [row.error for row in done] == [None, None]
    assert [row.order.company for row in done if row.order] == ["Northwind Manufacturing GmbH", "Contoso Clinics"]
    assert done[1].order is not None
    assert done[1].order.lines[-1] == OrderLine(kind="until", name="2030-12-31")


def test_the_terms_of_an_order_stand_in_columns(world: Any) -> None:
    header = "product,company,email,set,until,maintenance_until,version_ceiling,trial,perpetual\n"
    rows = (
        "infinitime,A,a@b.example,employees=1,2030-06-30,,4,YES,\n"
        "infinitime,B,a@b.example,employees=1,,2029-12-31,,no,TRUE\n"
        "infinitime,C,a@b.example,employees=1,,,,maybe,\n"
        "infinitime,D,a@b.example,employees=1,,,,yes,\n"
        "infinitime,E,a@b.example,employees=1,2030-06-30,,,,yes\n"
    )
    done = imported(world, header + rows)
    assert [row.error.code if row.error else None for row in done] == [None, None, *["order.invalid"] * 3]
    assert "maybe in the column trial is neither yes nor no" in done[2].error.message
    for row in done[:2]:
        world.process(row.order.order_id)
    first, second = (world.record(row.order.license_number).entitlement for row in done[:2])
    assert (first.kind, first.until, first.version_ceiling) == ("trial", "2030-06-30", "4")
    assert (second.kind, second.until, second.maintenance_until) == ("perpetual", None, "2029-12-31")


def test_each_row_is_entered_or_refused_for_itself(world: Any) -> None:
    number = world.sold()
    text = HEADER + (
        "infinitime,=1+1,a@b.example,,employees=1,,,\n"
        "infinitime,B,a@b.example,,nope=1,,,\n"
        "\n# a comment\n"
        f"infinitime,,,{number.lower()},,employees=5,,\n"
        "infinitime,C,a@b.example,,employees=1,,,,,surplus\n"
        "nothing,D,a@b.example,,,,,\n"
        "infinitime,E,a@b.example,123,,,,\n"
    )
    with world.store.begin() as work:
        rows = read_rows(text.encode(), source="x.csv")
        done = enter_rows(work, rows, now=1, actor="t", randomness=world.randomness)
    assert [(row.line, row.error.code if row.error else None) for row in done] == [
        (2, None),
        (3, "order.invalid"),
        (6, None),
        (7, "order.invalid"),
        (8, "vendor.unknown_product"),
        (9, "license_number.invalid"),
    ]
    with world.store.read() as work:
        assert [order.company for order in work.orders(state="entered")] == ["=1+1", "Northwind"]


def test_a_file_of_a_german_spreadsheet_is_read() -> None:
    text = "\ufeff" + HEADER.replace(",", ";") + 'infinitime;"Müller; Söhne";a@b.example;;employees=1;;;\r\n'
    (row,) = read_rows(text.encode(), source="x.csv")
    assert row.cells["company"] == "Müller; Söhne"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "order.invalid"),
        (b"# only a comment\n", "order.invalid"),
        (b"\xff\xfe\x00", "order.invalid"),
        (b"product,nope\n", "order.invalid"),
        (b"company\n", "order.invalid"),
        (b"product,product\n", "order.invalid"),
        (b'product,company\n"a', "order.invalid"),
        (b"product\n" + b"a" * 200_000, "order.invalid"),
        ("product,company\ninfinitime,M\u00fcller\n".encode("cp1252"), "order.invalid"),
        (b"product,,company\n", "order.invalid"),
        (b"product\n" + b"a\n" * 10_001, "limit.count"),
    ],
)
def test_a_file_that_is_no_list_of_orders_is_refused(data: bytes, code: str) -> None:
    assert len(data) < FILE_LIMIT
    assert refused(read_rows, data, source="x.csv")[0] == code


@pytest.mark.parametrize("data", [HEADER.encode(), HEADER.encode("utf-8-sig"), HEADER.encode("utf-16")])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("first", ["", "sep=\N{WHITE SQUARE}\r\n", '"# a comment, in quotes"\n'])
def test_a_file_of_any_spreadsheet_program_is_read(data: bytes, delimiter: str, first: str) -> None:
    encoding = "utf-16" if data[:1] == b"\xff" else "utf-8-sig" if data[:1] == b"\xef" else "utf-8"
    header = ("product,company,email,set,until" + ",,").replace(",", delimiter)
    row = delimiter.join(["infinitime", '"M\u00fcller, S\u00f6hne; KG"', "a@b.example", "employees=1", "", "", ""])
    text = first.replace("\N{WHITE SQUARE}", delimiter) + f"{header}\r\n{row}\r\n"
    (found,) = read_rows(text.encode(encoding), source="x.csv")
    assert found.cells == {
        "product": "infinitime",
        "company": "M\u00fcller, S\u00f6hne; KG",
        "email": "a@b.example",
        "set": "employees=1",
        "until": "",
    }


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("product,company\ninfinitime,M\u00fcller\n".encode("cp1252"), "save as CSV UTF-8"),
        (b"company,email\n", "the column product is missing"),
        (b"product,colour\n", "the column colour is not known"),
        (b"product,,company\n", "a column has no name"),
        (b"product,product\n", "the column product stands twice"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_before_its_long_name(data: bytes, said: str) -> None:
    assert said in refused(read_rows, data, source="/a/very/long/path" * 9 + "/x.csv")[1]


def imported(world: Any, text: str) -> list[Any]:
    with world.store.begin() as work:
        rows = read_rows(text.encode(), source="x.csv")
        return list(enter_rows(work, rows, now=world.now, actor="t", randomness=world.randomness))


def test_a_file_that_is_imported_twice_enters_its_purchase_orders_once(world: Any) -> None:
    text = (
        "product,company,email,set,purchase_order\n"
        "infinitime,A,a@b.example,employees=1,PO-1\ninfinitime,B,a@b.example,employees=1,PO-1\n"
        "infinitime,A,a@b.example,employees=1,PO-2\n"
    )
    first = imported(world, text)
    assert [row.order.order_id for row in first] == ["O-000001", "O-000002", "O-000003"]
    before, audit = world.dump(), world.audit()
    second = imported(world, text.replace("employees=1,PO-2", "employees=9, po-2"))
    assert [(row.order, row.there.order_id, row.differs) for row in second] == [
        (None, "O-000001", False),
        (None, "O-000002", False),
        (None, "O-000003", True),
    ]
    assert (world.dump(), world.audit()) == (before, audit)
    world.cancel("O-000001")
    assert [row.order.order_id if row.order else None for row in imported(world, text)] == ["O-000004", None, None]


def test_a_row_without_reference_that_was_entered_before_is_entered_and_told(world: Any) -> None:
    text = "product,company,email,set\ninfinitime,A,a@b.example,employees=1\n"
    assert imported(world, text)[0].twin is None
    (again,) = imported(world, text)
    assert (again.order.order_id, again.twin.order_id) == ("O-000002", "O-000001")
    assert imported(world, text.replace("=1", "=2"))[0].twin is None
