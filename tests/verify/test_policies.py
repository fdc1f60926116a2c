"""What the license itself says of its later life: grace, fall-back, trial, overuse, clock and hardware."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offline_activation import License, Refusal, load_license
from offline_activation.formats.license_document import LicenseDocument
from offline_activation.formats.policy import Fallback, Policy
from offline_activation.formats.product import ProductDocument
from offline_activation.formats.value import changed
from offline_activation.identity.matching import match
from offline_activation.verify.clock import LEAST_TOLERANCE, Clock, Notes, judge
from offline_activation.verify.drift import judge_drift
from offline_activation.verify.rights import tolerated
from offline_activation.verify.standing import (
    ends,
    fallback_end,
    final_end,
    licensed_standing,
    stage_reached,
    under_clock,
)

NOW = 1_795_500_000
DAY = 86_400
END = NOW + 183 * DAY
LAST = END + 30 * DAY
Install = Callable[..., bytes]


def at(home: Path, now: int) -> License:
    return load_license("infinitime", home=home, now=now)


# -- grace ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lower", "expected"),
    [
        ({}, {"badge_readers": 8, "employees": 150}),
        ({"employees": 100}, {"badge_readers": 8, "employees": 100}),
        ({"employees": 151}, {"badge_readers": 8, "employees": 150}),
        ({"badge_readers": 0, "employees": 0}, {"badge_readers": 0, "employees": 0}),
        ({"turnstiles": 9}, {"badge_readers": 8, "employees": 150}),
    ],
)
def test_limits_are_lower_in_grace_exactly_while_it_lasts(
    home: Path, install: Install, lower: Mapping[str, int], expected: Mapping[str, int]
) -> None:
    install(policy=Policy(grace_limits=lower))
    bought = {"badge_readers": 8, "employees": 150}
    for now, state, limits in (
        (END - 1, "renewal_due", bought),
        (END, "in_grace", expected),
        (END + 1, "in_grace", expected),
        (LAST - 1, "in_grace", expected),
        (LAST, "expired", {"badge_readers": 0, "employees": 5}),
    ):
        lic = at(home, now)
        assert (lic.state, lic.limits) == (state, limits)
        assert lic.grace.limits == expected
        assert lic.grace.days == 30
    assert at(home, END).options == at(home, END).grace.options == ("accruals_plus",)


# -- Demo Mode after the end ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fallback", "days", "employees", "options"),
    [
        (None, 30, 5, ("reports",)),
        (Fallback(days=7, limits={"employees": 20}, options=("accruals_plus",)), 7, 20, ("accruals_plus",)),
        (Fallback(days=1), 1, 0, ()),
        (Fallback(days=0, limits={"employees": 20}), 0, 20, ()),
    ],
)
def test_demo_mode_is_that_of_the_license_or_else_of_the_product(
    home: Path, install: Install, fallback: Fallback | None, days: int, employees: int, options: tuple[str, ...]
) -> None:
    install(policy=Policy(fallback=fallback))
    over = LAST + days * DAY
    for now, holds in ((LAST, days > 0), (over - 1, days > 0), (over, False), (over + 1, False)):
        if now < LAST:
            continue
        lic = at(home, now)
        assert (lic.state, lic.is_usable) == ("expired", False)
        assert lic.limit("employees") == (employees if holds else 0)
        assert lic.limit("badge_readers") == 0
        assert lic.options == (options if holds else ())
        assert lic.fallback.days == days
    assert "fallback" not in at(home, NOW).dates or days > 0


@pytest.mark.parametrize("fallback", [None, Fallback(days=0), Fallback(days=3, limits={"employees": 1})])
def test_a_trial_has_no_grace_and_only_the_demo_mode_that_it_names(
    home: Path, install: Install, fallback: Fallback | None
) -> None:
    install(trial=True, until=NOW + 14 * DAY, lease_until=None, grace_days=30, policy=Policy(fallback=fallback))
    end = NOW + 14 * DAY
    assert (at(home, end - 1).state, at(home, end - 1).kind) == ("renewal_due", "trial")
    ended = at(home, end)
    assert (ended.state, ended.grace.days) == ("expired", 0)
    assert ended.limit("employees") == (1 if fallback is not None and fallback.days else 0)


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({}, "perpetual"),
        ({"lease_until": None}, "perpetual"),
        ({"until": NOW + DAY}, "subscription"),
        ({"until": NOW + DAY, "trial": True}, "trial"),
        ({"trial": True}, "trial"),
        ({"maintenance_until": NOW}, "perpetual"),
    ],
)
def test_the_kind_is_told(home: Path, install: Install, fields: dict[str, object], kind: str) -> None:
    assert at(home, NOW).kind is None
    install(**fields)
    assert at(home, NOW).kind == kind


# -- overuse ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "percent", "most"),
    [
        (150, 10, 165),
        (9, 10, 9),
        (10, 10, 11),
        (19, 10, 20),
        (99, 1, 99),
        (100, 1, 101),
        (3, 33, 3),
        (3, 34, 4),
        (1, 99, 1),
        (1, 100, 2),
        (0, 100, 0),
        (150, 0, 150),
        (2**53 - 1, 100, 2**54 - 2),
    ],
)
def test_overuse_is_tolerated_to_the_last_whole_one(
    home: Path, install: Install, limit: int, percent: int, most: int
) -> None:
    install(limits={"employees": limit}, policy=Policy(overuse_percent=percent))
    lic = at(home, NOW)
    lic.require("employees", in_use=most)
    with pytest.raises(Refusal) as caught:
        lic.require("employees", in_use=most + 1)
    assert caught.value.code == "license.over_limit"
    assert lic.near("employees", in_use=most + 1) is None
    if most > limit:
        for in_use in (limit + 1, most):
            told = lic.near("employees", in_use=in_use)
            assert told is not None
            assert told.code == "license.overuse"
            assert told.message == f"Employees in use: {in_use}, licensed: {limit}; the license tolerates it."
            assert f"above {most} it is refused" in told.remedy
    told = lic.near("employees", in_use=limit)
    assert (told.code if told else None) == ("license.near_limit" if limit else None)


def test_overuse_is_of_the_limit_that_holds_now_and_never_in_demo_mode(home: Path, install: Install) -> None:
    install(policy=Policy(overuse_percent=10, grace_limits={"employees": 100}))
    for now, most in ((NOW, 165), (END, 110), (LAST, 5), (LAST + 30 * DAY, -1)):
        lic = at(home, now)
        if most >= 0:
            lic.require("employees", in_use=most)
        with pytest.raises(Refusal):
            lic.require("employees", in_use=most + 1)


@given(limit=st.integers(0, 2**53 - 1), percent=st.integers(0, 100))
def test_the_percent_never_gives_a_part_of_one_too_much(
    license_content: LicenseDocument, limit: int, percent: int
) -> None:
    most = tolerated(limit, changed(license_content, policy=Policy(overuse_percent=percent)))
    assert (most - limit) * 100 <= limit * percent < (most - limit + 1) * 100


# -- clock and hardware -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "tolerance"),
    [((0, 0), LEAST_TOLERANCE), ((1, 3), DAY), ((2, 14), 2 * DAY), ((36_600, 36_600), 36_600 * DAY)],
)
def test_the_license_says_how_far_the_clock_may_go_back(days: tuple[int, int], tolerance: int) -> None:
    for back, is_set_back in ((tolerance, False), (tolerance + 1, True)):
        found = judge(NOW - back, Notes(), signed=NOW, days=days)
        assert (found.is_set_back, found.grace_left) == (is_set_back, days[1] * DAY)


def test_a_clock_set_back_stops_after_the_grace_of_the_license(home: Path, install: Install) -> None:
    install(policy=Policy(clock_days=(1, 3), fallback=Fallback(days=9, limits={"employees": 2})))
    (home / "clock").write_text(f"{NOW + 10 * DAY} back {NOW} {3 * DAY - 1}\n")
    warned = at(home, NOW)
    assert (warned.state, [each.code for each in warned.warnings]) == ("active", ["clock.set_back"])
    assert "works 1 more day like" in warned.warnings[0].remedy
    stopped = at(home, NOW + 1)
    assert (stopped.state, stopped.limits["employees"]) == ("clock_problem", 2)


def test_without_demo_mode_a_wrong_clock_leaves_nothing(
    license_content: LicenseDocument, product_content: ProductDocument
) -> None:
    document = changed(license_content, policy=Policy(fallback=Fallback(days=0, limits={"employees": 9})))
    clock = Clock(now=NOW, judged=NOW, believed=NOW, seen=NOW + 9 * DAY, is_set_back=True, grace_left=0)
    standing = under_clock(licensed_standing(document, product_content, NOW), clock, document, product_content)
    assert License(product=product_content, document=document, standing=standing).limit("employees") == 0


@pytest.mark.parametrize(
    ("days", "after", "ending", "is_over"),
    [
        (0, 0, "a rebind is needed", True),
        (1, 0, "works 1 more day, ask for a rebind", False),
        (1, DAY - 1, "works 1 more day, ask for a rebind", False),
        (1, DAY, "the 1 day for a rebind is over", True),
        (30, 30 * DAY - 1, "works 1 more day, ask for a rebind", False),
        (30, 30 * DAY, "the 30 days for a rebind are over", True),
        (36_600, 0, "works 36600 more days, ask for a rebind", False),
        (36_600, 36_600 * DAY, "the 36600 days for a rebind are over", True),
    ],
)
def test_the_license_says_how_long_it_works_on_changed_hardware(
    days: int, after: int, ending: str, *, is_over: bool
) -> None:
    full = {"volume_id": b"1", "machine_id": b"2", "firmware_uuid": b"3", "network": b"4"}
    found = judge_drift(match(full, full | {"volume_id": b"x"}), (NOW,), issued=NOW, now=NOW + after, days=days)
    assert found is not None
    assert (found.is_over, found.explanation.rpartition("; ")[2]) == (is_over, ending)
    assert len(found.explanation) <= 80


# -- warning stages ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [90, 30, 14, 7, 1])
def test_a_stage_begins_to_the_second(home: Path, install: Install, days: int) -> None:
    install()
    above = {90: None, 30: 90, 14: 30, 7: 14, 1: 7}[days]
    for ahead, stage in ((days * DAY + 1, above), (days * DAY, days), (days * DAY - 1, days)):
        lic = at(home, END - ahead)
        assert lic.stage == stage
        assert [each.stage for each in lic.warnings] == ([] if stage is None else [stage])
    assert at(home, LAST - 14 * DAY).stage == 14
    assert at(home, LAST).stage is None


@pytest.mark.parametrize(
    ("now", "codes", "stage"),
    [
        (-90 * DAY - 1, [], None),
        (-90 * DAY, ["license.maintenance_ends"], 90),
        (-1, ["license.maintenance_ends"], 1),
        (0, [], None),
        (1, [], None),
        (1000 * DAY, [], None),
    ],
)
def test_maintenance_warns_at_the_same_stages_and_stops_nothing(
    home: Path, install: Install, now: int, codes: list[str], stage: int | None
) -> None:
    end = NOW + 500 * DAY
    install(lease_until=None, until=None, maintenance_until=end)
    lic = at(home, end + now)
    assert (lic.state, lic.stage, lic.days_left, lic.limit("employees")) == ("active", None, None, 150)
    assert [each.code for each in lic.warnings] == codes
    assert [each.stage for each in lic.warnings] == [stage] * len(codes)


def test_both_ends_are_warned_of_each_with_its_own_stage(home: Path, install: Install) -> None:
    install(maintenance_until=END + 20 * DAY)
    lic = at(home, END - 5 * DAY)
    assert [(each.code, each.stage) for each in lic.warnings] == [
        ("license.renewal_due", 7),
        ("license.maintenance_ends", 30),
    ]
    assert lic.stage == 7


@given(
    end=st.integers(0, 2**53 - 1),
    now=st.integers(-(2**53), 2**53),
    warn=st.lists(st.integers(1, 36_600), unique=True, max_size=16).map(lambda days: tuple(sorted(days, reverse=True))),
)
def test_the_stage_is_the_smallest_that_has_come(
    product_content: ProductDocument, end: int, now: int, warn: tuple[int, ...]
) -> None:
    stage = stage_reached(end, now, changed(product_content, warn_days=warn))
    come = [days for days in warn if now >= end - days * DAY]
    assert stage == (min(come) if come else None)


# -- dates ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "day"), [("UTC0", "2027-05-26"), ("East-14", "2027-05-26"), ("West+12", "2027-05-25")]
)
def test_dates_are_the_days_of_this_zone(
    home: Path, install: Install, zone: Callable[[str], None], name: str, day: str
) -> None:
    zone(name)
    install(lease_until=1_811_376_000)  # 2027-05-27 00:00 UTC
    dates = at(home, NOW).dates
    assert list(dates) == ["renewal", "due", "grace", "fallback"]
    assert dates["due"] == day


def test_what_has_no_end_or_an_end_beyond_the_calendar_has_no_date(home: Path, install: Install) -> None:
    install(lease_until=None)
    assert at(home, NOW).dates == {}
    install(lease_until=2**53 - 1, maintenance_until=2**53 - 1)
    assert at(home, NOW).dates == {}


# -- nothing raises ---------------------------------------------------------------------------------------------------

counts = st.dictionaries(st.sampled_from(["employees", "badge_readers", "turnstiles"]), st.integers(0, 2**53 - 1))
names = st.sets(st.sampled_from(["accruals_plus", "beta", "reports"])).map(lambda found: tuple(sorted(found)))
days_given = st.integers(0, 36_600)
policies = st.builds(
    Policy,
    fallback=st.none() | st.builds(Fallback, days=days_given, limits=counts, options=names),
    grace_limits=counts,
    overuse_percent=st.integers(0, 100),
    drift_days=days_given,
    emergency_days=days_given,
    clock_days=st.tuples(days_given, days_given),
)
instants = st.integers(0, 2**53 - 1)


odd_fields = st.fixed_dictionaries(
    {
        "policy": policies,
        "limits": counts,
        "lease_until": st.none() | instants,
        "until": st.none() | instants,
        "maintenance_until": st.none() | instants,
        "grace_days": days_given,
        "trial": st.booleans(),
        "version_ceiling": st.sampled_from(["", "4", "0.0.0", "999999999.1"]),
    }
)


@settings(deadline=None, max_examples=200)
@given(fields=odd_fields, now=st.integers(-(2**53), 2**53), run=st.integers(0, 2**40))
def test_no_policy_makes_a_license_raise_and_grace_never_gives_more_than_was_bought(
    license_content: LicenseDocument,
    product_content: ProductDocument,
    fields: dict[str, object],
    now: int,
    run: int,
) -> None:
    document = changed(license_content, **fields)
    policy, limits = document.policy, document.limits
    clock = judge(now, Notes(back=(now, run)), signed=document.issued, days=policy.clock_days)
    standing = licensed_standing(document, product_content, clock.judged)
    lic = License(
        product=product_content,
        document=document,
        standing=under_clock(standing, clock, document, product_content),
    )
    last, nothing = final_end(document), fallback_end(document, product_content)
    assert last is None or (nothing is not None and nothing >= last)
    assert [instant for _, instant in ends(document, product_content)] == sorted(
        instant for _, instant in ends(document, product_content)
    )
    for name in ("employees", "badge_readers", "turnstiles"):
        if lic.is_usable:
            assert lic.limit(name) <= limits.get(name, 0)
        lic.near(name, in_use=lic.limit(name) + 1)
    assert isinstance(repr((lic.limits, lic.options, lic.dates, lic.grace, lic.fallback, lic.kind, lic.stage)), str)
    lic.covers("4.1", released="2027-05-01")


@pytest.mark.parametrize(
    "policy",
    [
        Policy(fallback=Fallback(days=36_600, limits={"turnstiles": 2**53 - 1}, options=("zeta",))),
        Policy(grace_limits={"nobody_knows": 0}),
        Policy(clock_days=(0, 0)),
        Policy(drift_days=0, overuse_percent=100, emergency_days=60),
    ],
)
def test_an_odd_policy_on_disk_never_stops_the_program(home: Path, install: Install, policy: Policy) -> None:
    for grace in (0, 36_600):
        install(policy=policy, grace_days=grace, trial=grace == 0)
        for now in (-(2**40), 0, NOW, END, LAST, 2**33, 2**53):
            lic = at(home, now)
            assert lic.company == "Northwind Manufacturing"
            assert lic.options is not None
            assert all(each.message for each in lic.warnings)
