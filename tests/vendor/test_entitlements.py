import datetime as dt
from collections.abc import Sequence
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_activation.errors import Refusal
from offline_activation.vendor.entitlements import (
    Change,
    end_of_day,
    entitlement_changes,
    is_date,
    last_day,
    lease_end,
    with_lines,
)
from offline_activation.vendor.records import Entitlement, OrderLine

NAMES = st.sampled_from(["employees", "badge_readers", "biometric_readers"])
TOTALS = st.builds(OrderLine, kind=st.just("limit_total"), name=NAMES, amount=st.integers(0, 10**9))
INCREASES = st.builds(OrderLine, kind=st.just("limit_add"), name=NAMES, amount=st.integers(0, 10**9))
OPTIONS = st.builds(OrderLine, kind=st.just("option"), name=st.sampled_from(["accruals_plus", "telephone_punch"]))
UNTILS = st.builds(OrderLine, kind=st.just("until"), name=st.sampled_from(["2027-01-31", "2028-12-31"]))
MAINTENANCE = st.builds(OrderLine, kind=st.just("maintenance_until"), name=st.sampled_from(["", "2029-12-31"]))
CEILINGS = st.builds(OrderLine, kind=st.just("version_ceiling"), name=st.sampled_from(["", "4", "4.2"]))
TERMS = ("until", "maintenance_until", "version_ceiling")
ONE_ORDER = st.lists(
    st.one_of(TOTALS, INCREASES, OPTIONS, UNTILS, MAINTENANCE, CEILINGS),
    max_size=6,
    unique_by=lambda line: line.kind if line.kind in TERMS else line.name,
)
LAST_DAY = OrderLine(kind="until", name="2027-01-31")
TRIAL = OrderLine(kind="trial")
MORE = OrderLine(kind="limit_add", name="employees", amount=5)
ZONES = ("UTC", "America/Los_Angeles", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Berlin", "Asia/Kathmandu")


def bought(orders: Sequence[Sequence[OrderLine]]) -> Entitlement:
    found = Entitlement()
    for lines in orders:
        found = with_lines(found, lines)
    return found


@given(ONE_ORDER)
def test_the_sequence_of_lines_within_an_order_does_not_matter(lines: list[OrderLine]) -> None:
    expected = bought([lines])
    assert all(bought([list(mixed)]) == expected for mixed in list(permutations(lines))[:24])


@given(st.lists(st.lists(st.one_of(INCREASES, OPTIONS), max_size=3), max_size=4), st.randoms())
def test_orders_that_only_increase_may_be_processed_in_any_sequence(
    orders: list[list[OrderLine]], chance: object
) -> None:
    mixed = list(orders)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert bought(mixed) == bought(orders)


@given(st.lists(st.one_of(TOTALS, INCREASES), max_size=12))
def test_a_limit_is_its_last_total_and_every_increase_since(lines: list[OrderLine]) -> None:
    found = bought([[line] for line in lines])
    for name in {line.name for line in lines}:
        mine = [line for line in lines if line.name == name]
        last = max((at for at, line in enumerate(mine) if line.kind == "limit_total"), default=-1)
        base = mine[last].amount if last >= 0 else 0
        assert found.limits[name] == base + sum(line.amount for line in mine[last + 1 :])


@given(st.lists(ONE_ORDER, max_size=5))
def test_an_option_once_bought_stays_and_the_last_date_counts(orders: list[list[OrderLine]]) -> None:
    found = bought(orders)
    lines = [line for order in orders for line in order]
    assert found.options == {line.name for line in lines if line.kind == "option"}
    assert found.until == next((line.name for line in reversed(lines) if line.kind == "until"), None)
    maintained = next((line.name for line in reversed(lines) if line.kind == "maintenance_until"), "")
    ceiling = next((line.name for line in reversed(lines) if line.kind == "version_ceiling"), "")
    assert (found.maintenance_until, found.version_ceiling) == (maintained or None, ceiling)


@pytest.mark.parametrize(
    ("orders", "kind", "until"),
    [
        ([[MORE]], "perpetual", None),
        ([[LAST_DAY]], "subscription", "2027-01-31"),
        ([[TRIAL, LAST_DAY]], "trial", "2027-01-31"),
        ([[LAST_DAY], [TRIAL]], "trial", "2027-01-31"),
        ([[TRIAL, LAST_DAY], [TRIAL, MORE]], "trial", "2027-01-31"),
        ([[TRIAL, LAST_DAY], [MORE]], "subscription", "2027-01-31"),
        ([[TRIAL, LAST_DAY], [MORE, OrderLine(kind="perpetual")]], "perpetual", None),
        ([[TRIAL, LAST_DAY], [OrderLine(kind="until", name="2030-12-31")]], "subscription", "2030-12-31"),
        ([[LAST_DAY], [OrderLine(kind="perpetual")]], "perpetual", None),
    ],
)
def test_the_kind_of_a_license_is_that_of_its_last_order(
    orders: list[list[OrderLine]], kind: str, until: str | None
) -> None:
    found = bought(orders)
    assert (found.kind, found.until, found.trial) == (kind, until, kind == "trial")


def test_a_trial_without_a_last_day_is_refused() -> None:
    for lines in ([TRIAL], [TRIAL, MORE]):
        with pytest.raises(Refusal) as caught:
            bought([lines])
        assert (caught.value.code, "a trial needs a last day" in caught.value.message) == ("order.invalid", True)


def test_a_total_beyond_every_number_is_refused() -> None:
    huge = Entitlement(limits={"employees": 2**53 - 1})
    with pytest.raises(Refusal) as caught:
        with_lines(huge, [OrderLine(kind="limit_add", name="employees", amount=1)])
    assert caught.value.code == "order.invalid"


def test_changes_name_what_comes_goes_and_differs() -> None:
    before = Entitlement(limits={"employees": 100, "badge_readers": 4}, options=frozenset({"a"}), until="2027-01-31")
    after = Entitlement(limits={"employees": 150, "badge_readers": 4}, options=frozenset({"b"}))
    assert entitlement_changes(before, after) == (
        Change(field="limits.employees", before=100, after=150),
        Change(field="options.a", before=True, after=None),
        Change(field="options.b", before=None, after=True),
        Change(field="until", before="2027-01-31", after=None),
    )
    assert entitlement_changes(after, after) == ()
    tried = Entitlement(until="2027-01-31", trial=True, version_ceiling="4", maintenance_until="2028-01-31")
    assert entitlement_changes(tried, Entitlement(version_ceiling="5.1")) == (
        Change(field="until", before="2027-01-31", after=None),
        Change(field="maintenance_until", before="2028-01-31", after=None),
        Change(field="version_ceiling", before="4", after="5.1"),
        Change(field="trial", before=True, after=None),
    )
    assert [change.before for change in entitlement_changes(None, after)] == [None, None, None]


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("UTC", 1_782_864_000),
        ("Pacific/Kiritimati", 1_782_864_000 - 14 * 3600),
        ("Pacific/Pago_Pago", 1_782_864_000 + 11 * 3600),
        ("", 1_782_864_000),
        ("Nowhere/City", 1_782_864_000),
        ("../../etc/passwd", 1_782_864_000),
        ("/etc/passwd", 1_782_864_000),
        ("America", 1_782_864_000),
        ("zone.tab", 1_782_864_000),
        ("a\0b", 1_782_864_000),
        ("\U0001f550" * 40, 1_782_864_000),
    ],
)
def test_a_day_ends_where_the_site_is_and_an_unknown_zone_is_utc(zone: str, expected: int) -> None:
    assert end_of_day("2026-06-30", zone) == expected


@given(st.dates(min_value=dt.date(2000, 1, 1)).filter(lambda d: d.year < 9000), st.sampled_from(ZONES))
def test_the_last_day_of_an_end_is_the_day_it_was_made_of(day: object, zone: str) -> None:
    assert last_day(end_of_day(str(day), zone), zone) == str(day)


@given(st.integers(1_600_000_000, 4_000_000_000), st.integers(1, 3660), st.sampled_from(ZONES))
def test_a_lease_ends_with_a_day_and_never_early(now: int, days: int, zone: str) -> None:
    end = lease_end(now, days, zone)
    assert end is not None
    assert end_of_day(last_day(end, zone), zone) == end
    assert days * 86_400 - 7200 < end - now <= (days + 1) * 86_400 + 7200


def test_no_lease_days_is_no_lease() -> None:
    assert lease_end(1_795_498_206, 0, "UTC") is None


@pytest.mark.parametrize(
    "text", ["2026-13-01", "2026-02-30", "26-01-01", "20260101", "2026-W01-1", "", "x", "9999-12-31"]
)
def test_what_is_no_date_of_a_license(text: str) -> None:
    assert not is_date(text)


def test_a_date_of_a_license() -> None:
    assert is_date("2030-06-30")
