"""Books that an older release wrote go on: tests/data/books/schema-0002.sql is a dump of real ones."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from offline_activation.formats.names import LicenseNumber
from offline_activation.vendor.ordering import cancel_order, enter_order, find_definition, process_order
from offline_activation.vendor.orders import Purchase
from offline_activation.vendor.ports import Store
from offline_activation.vendor.records import Entitlement, OrderId
from offline_activation.vendor.store.opening import open_sqlite

DUMP = Path(__file__).parents[2] / "data" / "books" / "schema-0002.sql"
NUMBER = LicenseNumber("4W0STBHNSVC2BGCJRY8E")
NOW = 1_795_600_000


@pytest.fixture
def older(tmp_path: Path) -> Iterator[Store]:
    """Return books with a license that was issued and an order that is open, written before there were trials."""
    path = tmp_path / "older.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(DUMP.read_text())
    store = open_sqlite(str(path))
    assert list(store.problems()) == []
    yield store
    store.close()


def test_what_was_bought_before_there_were_trials_is_read_as_it_was(older: Store) -> None:
    assert '"trial"' not in DUMP.read_text()
    expected = Entitlement(limits={"employees": 100}, options=frozenset({"accruals_plus"}), until="2099-06-30")
    with older.read() as work:
        record = work.find_license(NUMBER)
        assert record is not None
        assert (record.entitlement, record.issued, record.entitlement.kind) == (expected, expected, "subscription")


def test_an_older_definition_has_the_usual_rules(older: Store) -> None:
    with older.read() as work:
        definition = find_definition(work, work.products()[0].product_id)
    assert definition is not None
    policy = definition.policy()
    assert policy.fallback is not None
    assert (policy.fallback.days, policy.fallback.limits) == (30, {"employees": 5})
    assert (policy.emergency_days, policy.overuse_percent, definition.max_unreturned) == (7, 0, 2)


def test_older_licenses_and_orders_go_on(older: Store) -> None:
    with older.begin() as work:
        opened = process_order(work, OrderId("O-000002"), now=NOW, actor="tester")
        product = opened.product
        terms = Purchase(product=product, license_number=NUMBER, trial=True, version_ceiling="4")
        entered = enter_order(work, terms, now=NOW, actor="tester", randomness=bytes)
        process_order(work, entered.order_id, now=NOW, actor="tester")
        last = Purchase(product=product, license_number=NUMBER, perpetual=True)
        cancel_order(
            work, enter_order(work, last, now=NOW, actor="tester", randomness=bytes).order_id, now=NOW, actor="tester"
        )
    with older.read() as work:
        record, other = work.find_license(NUMBER), work.find_license(opened.license_number)
        assert record is not None
        assert other is not None
        assert (record.entitlement.kind, record.entitlement.version_ceiling) == ("trial", "4")
        assert (other.entitlement.limits, other.entitlement.kind) == ({"employees": 40}, "perpetual")
        assert [line.kind for order in work.orders(license_number=NUMBER) for line in order.lines] == [
            *("limit_total", "option", "until"),
            *("trial", "version_ceiling"),
            "perpetual",
        ]
