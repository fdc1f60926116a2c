"""What a license means at one time: every end to the second, every zone, every century."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offline_activation.formats.instants import show_local_end
from offline_activation.formats.license_document import LicenseDocument
from offline_activation.formats.product import ProductDocument
from offline_activation.formats.value import changed
from offline_activation.verify.license import License
from offline_activation.verify.standing import due, final_end, licensed_standing, unlicensed_standing

NOW = 1_795_500_000
DAY = 86_400
END = NOW + 183 * DAY
LAST = END + 30 * DAY
FALL_BACK = LAST + 30 * DAY


@pytest.fixture(scope="session")
def document(license_content: LicenseDocument) -> LicenseDocument:
    """Return a license with a lease until END, 30 days of grace, for a product with 30 days of demo."""
    return changed(license_content, lease_until=END, grace_days=30)


@pytest.mark.parametrize(
    ("now", "state", "days_left", "demo"),
    [
        (NOW, "active", 183, False),
        (END - 90 * DAY - 1, "active", 90, False),
        (END - 90 * DAY, "renewal_due", 90, False),
        (END - 90 * DAY + 1, "renewal_due", 89, False),
        (END - DAY, "renewal_due", 1, False),
        (END - DAY + 1, "renewal_due", 0, False),
        (END - 1, "renewal_due", 0, False),
        (END, "in_grace", 30, False),
        (END + 1, "in_grace", 29, False),
        (LAST - 1, "in_grace", 0, False),
        (LAST, "expired", 0, True),
        (LAST + 1, "expired", 0, True),
        (FALL_BACK - 1, "expired", 0, True),
        (FALL_BACK, "expired", 0, False),
        (FALL_BACK + 1, "expired", 0, False),
    ],
)
def test_states_change_exactly_at_their_ends(
    document: LicenseDocument, product_content: ProductDocument, now: int, state: str, days_left: int, *, demo: bool
) -> None:
    standing = licensed_standing(document, product_content, now)
    assert (standing.state, standing.days_left, standing.demo) == (state, days_left, demo)
    assert (standing.problem is not None) == (state == "expired")
    assert [warning.code for warning in standing.warnings] == {
        "active": [],
        "renewal_due": ["license.renewal_due"],
        "in_grace": ["license.in_grace"],
        "expired": [],
    }[state]


@pytest.mark.parametrize(
    ("lease", "until", "expected"),
    [(None, None, None), (5, None, 5), (None, 7, 7), (5, 7, 5), (7, 5, 5), (5, 5, 5)],
)
def test_the_earlier_of_lease_and_subscription_counts(
    document: LicenseDocument, lease: int | None, until: int | None, expected: int | None
) -> None:
    mixed = changed(document, lease_until=lease, until=until)
    assert due(mixed) == expected
    assert final_end(mixed) == (None if expected is None else expected + 30 * DAY)


def test_without_grace_the_end_is_the_end(document: LicenseDocument, product_content: ProductDocument) -> None:
    strict = changed(document, grace_days=0)
    assert licensed_standing(strict, product_content, END - 1).state == "renewal_due"
    assert licensed_standing(strict, product_content, END).state == "expired"


def test_without_warning_days_nothing_is_announced(document: LicenseDocument, product_content: ProductDocument) -> None:
    quiet = changed(product_content, warn_days=())
    assert licensed_standing(document, quiet, END - 1).state == "active"


def test_the_first_warning_day_alone_decides_when_warning_begins(
    document: LicenseDocument, product_content: ProductDocument
) -> None:
    late = changed(product_content, warn_days=(7, 1))
    assert licensed_standing(document, late, END - 7 * DAY - 1).state == "active"
    for days in (7, 6, 1, 0):
        assert licensed_standing(document, late, END - days * DAY - (days == 0)).state == "renewal_due"


def test_a_perpetual_license_has_no_end_and_maintenance_is_no_end(
    document: LicenseDocument, product_content: ProductDocument
) -> None:
    perpetual = changed(document, lease_until=None, until=None, maintenance_until=1)
    for now in (-(2**40), 0, NOW, 2**53):
        standing = licensed_standing(perpetual, product_content, now)
        assert (standing.state, standing.days_left, standing.problem) == ("active", None, None)


@pytest.mark.parametrize(
    "end",
    [
        2**31,  # 2038
        4_102_444_800,  # 2100
        253_402_300_799,  # the last second of 9999
        253_402_300_800,
        2**40,
        2**53 - 1,
    ],
)
def test_far_ends_are_ends_like_others(document: LicenseDocument, product_content: ProductDocument, end: int) -> None:
    far = changed(document, lease_until=None, until=end, grace_days=0)
    assert licensed_standing(far, product_content, NOW).state == "active"
    assert licensed_standing(far, product_content, end - 1).state == "renewal_due"
    expired = licensed_standing(far, product_content, end)
    assert expired.state == "expired"
    assert expired.problem is not None
    assert expired.problem.message.isprintable()


@pytest.mark.parametrize("now", [-(2**40), -1, 0, 1])
def test_a_clock_before_1970_or_at_its_beginning_stops_nobody(
    document: LicenseDocument, product_content: ProductDocument, now: int
) -> None:
    assert licensed_standing(document, product_content, now).state == "active"


@pytest.mark.parametrize(
    ("name", "last_day"),
    [
        ("UTC0", "2027-05-31"),
        ("Kiritimati-14", "2027-05-31"),
        ("BakerIsland+12", "2027-05-30"),
        ("America/Los_Angeles", "2027-05-30"),
        ("Asia/Kathmandu", "2027-05-31"),
    ],
)
def test_the_same_end_falls_on_the_local_day_and_the_rule_knows_no_zone(
    document: LicenseDocument,
    product_content: ProductDocument,
    zone: Callable[[str], None],
    name: str,
    last_day: str,
) -> None:
    end = 1_811_807_999 + 1  # 2027-06-01 00:00:00 UTC: the last covered second is 2027-05-31 23:59:59 UTC
    zone(name)
    assert show_local_end(end) == last_day
    dated = changed(document, lease_until=end, grace_days=0)
    assert licensed_standing(dated, product_content, end - 1).state == "renewal_due"
    ended = licensed_standing(dated, product_content, end)
    assert ended.state == "expired"
    assert ended.problem is not None
    assert last_day in ended.problem.message


@pytest.mark.parametrize(("name", "offset"), [("UTC0", 0), ("East-14", 14), ("West+12", -12)])
def test_an_end_of_day_in_the_zone_of_the_site_is_shown_as_that_day(
    zone: Callable[[str], None], name: str, offset: int
) -> None:
    zone(name)
    assert show_local_end(1_811_808_000 - offset * 3600) == "2027-05-31"


# -- without a license ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "state", "days_left", "code"),
    [
        (0, "demo", 30, "license.demo"),
        (1, "demo", 29, "license.demo"),
        (29 * DAY, "demo", 1, "license.demo"),
        (30 * DAY - 1, "demo", 0, "license.demo"),
        (30 * DAY, "not_activated", 0, "license.demo_ended"),
        (30 * DAY + 1, "not_activated", 0, "license.demo_ended"),
        (-DAY, "demo", 30, "license.demo"),
        (-(2**40), "demo", 30, "license.demo"),
    ],
)
def test_the_demo_lasts_its_days_and_no_second_more(
    product_content: ProductDocument, age: int, state: str, days_left: int, code: str
) -> None:
    standing = unlicensed_standing(product_content, NOW, NOW + age)
    assert (standing.state, standing.days_left) == (state, days_left)
    told = standing.problem or standing.warnings[0]
    assert told.code == code
    assert standing.demo == (state == "demo")


def test_a_product_without_a_demo_says_that_there_is_no_license(product_content: ProductDocument) -> None:
    standing = unlicensed_standing(changed(product_content, demo_days=0), NOW, NOW)
    assert standing.state == "not_activated"
    assert standing.problem is not None
    assert standing.problem.code == "license.not_activated"


def test_losing_the_note_of_its_beginning_gives_no_new_demo(product_content: ProductDocument) -> None:
    standing = unlicensed_standing(product_content, None, NOW)
    assert standing.state == "not_activated"
    assert standing.problem is not None
    assert standing.problem.code == "license.demo_note_lost"


# -- for every time ---------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=300)
@given(
    now=st.integers(-(2**53), 2**53),
    lease=st.none() | st.integers(0, 2**53 - 1),
    until=st.none() | st.integers(0, 2**53 - 1),
    grace=st.integers(0, 36_600),
)
def test_a_license_explains_itself_and_its_fields_agree(
    document: LicenseDocument,
    product_content: ProductDocument,
    now: int,
    lease: int | None,
    until: int | None,
    grace: int,
) -> None:
    content = changed(document, lease_until=lease, until=until, grace_days=grace)
    standing = licensed_standing(content, product_content, now)
    lic = License(product=product_content, document=content, standing=standing)
    end = final_end(content)
    assert lic.is_usable == (end is None or now < end)
    assert lic.is_usable == (lic.problem is None)
    assert lic.days_left is None or lic.days_left >= 0
    assert (lic.state == "active") == (lic.problem is None and not lic.warnings)
    for told in (lic.problem, *lic.warnings):
        assert told is None or (told.message.isprintable() and len(told.message) <= 300)
