"""Years in the life of a license, told as timelines."""

import datetime as dt

import pytest
from life import Site, World, instant

from offline_activation.errors import Refusal
from offline_activation.verify.stages import STAGES


def test_a_lease_that_is_never_renewed(world: World) -> None:
    """2026-11-24 activated; 2027-02-26 renewal due; 2027-05-27 grace; 2027-06-26 Demo Mode; 2027-07-26 the end."""
    site = world.activated(limits={"employees": 120, "badge_readers": 4}, options=("accruals_plus",))
    assert site.state == "active"
    seen = {}
    for day in ("2027-02-25", "2027-02-26", "2027-05-26", "2027-05-27", "2027-06-25", "2027-06-26", "2027-07-27"):
        world.clock.to(day)
        lic = site.start()
        seen[day] = (lic.state, lic.limit("employees"), lic.limit("badge_readers"), lic.allows("accruals_plus"))
    assert seen == {
        "2027-02-25": ("active", 120, 4, True),
        "2027-02-26": ("renewal_due", 120, 4, True),
        "2027-05-26": ("renewal_due", 120, 4, True),
        "2027-05-27": ("in_grace", 120, 4, True),
        "2027-06-25": ("in_grace", 120, 4, True),
        "2027-06-26": ("expired", 5, 0, False),
        "2027-07-27": ("expired", 0, 0, False),
    }


def test_a_site_without_network_that_repeats_the_exchange_every_five_months_for_ten_years(world: World) -> None:
    """2026-11-24 activated; every 150 days renew; 2036-11: still active, and nothing was ever said but that."""
    site = world.activated()
    for revision in range(2, 26):
        world.clock.forward(days=149)
        assert site.state in {"active", "renewal_due"}
        world.clock.forward(days=1)
        assert site.exchange("renew").license.revision == revision
        assert site.state == "active"
    assert world.clock.now > instant("2036-09-01")
    assert site.codes() == set()


def test_an_online_site_in_daily_contact_is_never_warned(world: World) -> None:
    """2026-11-24 activated; renewed every day for a year: 366 revisions, first activation and last contact known."""
    site = world.activated()
    begun = world.clock.now
    for _ in range(120):
        world.clock.forward(days=3)
        site.exchange("renew")
        assert site.codes() == set()
    record = world.vendor.record(site.license().license_number)
    assert (record.revision, record.first_activated, record.last_contact) == (121, begun, world.clock.now)


def test_a_subscription_ends_although_its_lease_goes_on(world: World) -> None:
    """2026-11-24 bought until 2027-01-31; 01-30 due in a day; 02-01 grace; 02-10 renewed until 2028-01-31: active."""
    site = world.activated(limits={"employees": 20}, until="2027-01-31")
    number = site.license().license_number
    world.clock.to("2027-01-30")
    assert site.state == "renewal_due"
    world.clock.to("2027-02-01")
    assert site.state == "in_grace"
    world.clock.to("2027-02-10")
    world.vendor.sell(license_number=number, until="2028-01-31")
    assert [(each.field, each.after) for each in site.exchange().changes if each.field == "until"] == [
        ("until", "2028-01-31")
    ]
    assert site.state == "active"


@pytest.mark.parametrize(
    ("zone", "ends"),
    [
        ("", "2027-02-01T00:00:00"),
        ("Pacific/Kiritimati", "2027-01-31T10:00:00"),
        ("Etc/GMT+12", "2027-02-01T12:00:00"),
        ("America/Los_Angeles", "2027-02-01T08:00:00"),
    ],
)
def test_a_subscription_ends_with_its_day_in_the_zone_of_the_site(world: World, zone: str, ends: str) -> None:
    """Until 2027-01-31 means the end of that day at the site; one second before it is due, then it is in grace."""
    number = world.vendor.sell(limits={"employees": 20}, until="2027-01-31")
    site = world.site()
    site.zone = zone
    site.exchange(number=number)
    world.clock.now = instant(ends) - 1
    assert site.state == "renewal_due"
    world.clock.forward(seconds=1)
    assert site.state == "in_grace"


def test_what_is_forecast_is_what_happens(world: World) -> None:
    """For three years, day after day: the forecast made on the first day is the state of that day."""
    site = world.activated(limits={"employees": 20}, until="2028-06-30")
    days = [dt.date(2026, 11, 24) + dt.timedelta(days=n) for n in range(0, 3 * 365, 11)]
    forecast = {day: site.forecast(day.isoformat()) for day in days}
    for day in days:
        world.clock.to(day.isoformat())
        now = site.start()
        told = forecast[day]
        assert (now.state, now.days_left, now.limits) == (told.state, told.days_left, told.limits), day


def test_a_demo_that_nobody_ends(world: World) -> None:
    """2026-11-24 installed: demo for 30 days, five employees; then not activated, and a license brings it back."""
    site = world.site()
    assert (site.state, site.start().limit("employees")) == ("demo", 5)
    world.clock.forward(days=29)
    assert site.state == "demo"
    world.clock.forward(days=1)
    assert (site.state, site.start().limit("employees")) == ("not_activated", 0)
    site.exchange(number=world.vendor.sell(limits={"employees": 9}))
    assert site.state == "active"


def test_more_in_use_than_bought(world: World) -> None:
    """108 of 120: told; 120: told and covered; 121: too many; more is bought: covered."""
    site = world.activated(limits={"employees": 120})
    lic = site.start()
    assert lic.near("employees", in_use=107) is None
    for count in (108, 120):
        near = lic.near("employees", in_use=count)
        assert near is not None
        assert near.code == "license.near_limit"
        lic.require("employees", in_use=count)
    with pytest.raises(Refusal) as caught:
        lic.require("employees", in_use=121)
    assert caught.value.code == "license.over_limit"
    world.vendor.sell(license_number=site.license().license_number, more={"employees": 10})
    site.exchange()
    site.start().require("employees", in_use=121)


def test_every_way_between_states_that_is_gone_here_is_in_the_table(world: World) -> None:
    """Demo, active, replaced, given back, active again, revoked, given back: each step is an arrow of the drawing."""
    seen = ["not_activated"]

    def look(site: Site) -> None:
        if site.state != seen[-1]:
            assert site.state in {state for _, state in STAGES[seen[-1]].leads_to}, (seen[-1], site.state)
            seen.append(site.state)

    one, other = world.site("one"), world.site("other")
    look(one)
    number = world.vendor.sell(limits={"employees": 9})
    one.exchange(number=number)
    look(one)
    other.exchange("rehost", number)
    for end in ("superseded", "revoked"):
        with pytest.raises(Refusal):
            one.install(world.vendor.answer(one.request("renew")).document)
        look(one)
        assert one.state == end
        one.install(world.vendor.decide(one.give_back()).document)
        look(one)
        if end == "superseded":
            number = world.vendor.sell(limits={"employees": 3})
            one.exchange("activate", number)
            look(one)
            world.vendor.stop("revoke", number)
    assert seen == [
        "not_activated",
        "demo",
        "active",
        "superseded",
        "returned",
        "active",
        "revoked",
        "returned",
    ]
