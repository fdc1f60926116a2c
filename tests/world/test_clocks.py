"""Clocks that are wrong, told as timelines; the vendor's clock is right unless a story says otherwise."""

from collections.abc import Callable

import pytest
from life import DAY, World, instant

from offline_activation.errors import Refusal
from offline_activation.site import importing
from offline_activation.site.installation import open_site


def test_set_back_thirty_days_and_forward_again(world: World) -> None:
    """2026-11-24 activated; 12-24 set back 30 days: warned; 14 days on: stopped; set right: as if nothing had been."""
    site = world.activated()
    for _ in range(30):
        world.clock.forward(days=1)
        site.start()
    site.skew = -30 * DAY
    assert site.state == "active"
    assert site.codes() == {"clock.set_back"}
    for _ in range(13):
        world.clock.forward(days=1)
        assert site.state == "active"
    world.clock.forward(days=1.1)
    assert site.state == "clock_problem"
    assert site.start().limit("employees") == 5
    site.skew = 0
    assert site.state == "active"
    assert site.codes() == set()


def test_back_within_the_tolerance_is_no_word_worth(world: World) -> None:
    """Two days to and fro every week for a year."""
    site = world.activated()
    for week in range(24):
        world.clock.forward(days=7)
        site.skew = -2 * DAY if week % 2 else 0
        assert site.codes() <= {"license.renewal_due"}


@pytest.mark.parametrize("starts", [1, 5])
def test_five_years_ahead_and_back_locks_nobody_out(world: World, starts: int) -> None:
    """2026-12-01 the battery says 2031: expired there; set right the same day: active, whatever was noted meanwhile."""
    site = world.activated()
    world.clock.to("2026-12-01")
    site.start()
    site.skew = 5 * 365 * DAY
    for _ in range(starts):
        assert site.state == "expired"
        world.clock.forward(seconds=3600)
    site.skew = 0
    assert site.state == "active"
    site.exchange("renew")
    assert site.codes() == set()


def test_years_ahead_for_weeks_heals_with_the_next_response(world: World) -> None:
    """Ahead for three weeks, seen again and again: believed up to the bound; a response heals it."""
    site = world.activated()
    site.skew = 5 * 365 * DAY
    for _ in range(21):
        site.start()
        world.clock.forward(days=1)
    site.skew = 0
    assert (site.state, site.start().limit("employees")) == ("clock_problem", 5)
    site.exchange("renew")
    assert site.state == "active"
    assert site.codes() == set()


def test_nineteen_seventy_at_every_boot_until_the_network_time_comes(world: World) -> None:
    """A server without battery: each boot begins in 1970 and is right an hour later, for a year."""
    site = world.activated()
    for _ in range(24):
        world.clock.forward(days=15)
        site.skew = -world.clock.now
        assert site.start().problem is None
        assert site.start().limit("employees") == 120
        site.skew = 0
        assert site.start().problem is None
        if site.state == "renewal_due":
            site.exchange("renew")


def test_time_stands_still_and_steps_back_by_seconds(world: World) -> None:
    """Leap second, a clock that stands, a clock that steps back a second at each start: nothing is said."""
    site = world.activated()
    for step in (0, -1, 0, -1, -1, 1, -1):
        world.clock.forward(seconds=step)
        assert site.codes() == set()


@pytest.mark.parametrize("date", ["2038-01-18", "2038-01-20", "2069-12-31", "2100-02-28", "2100-03-01"])
def test_far_years_are_years_like_others(new_world: Callable[..., World], date: str) -> None:
    """A vendor founded shortly before or after a turn of the calendar: a lease begins, runs and ends as ever."""
    world = new_world(begin=date)
    site = world.activated()
    assert site.state == "active"
    world.clock.forward(days=184)
    assert site.state == "in_grace"
    world.clock.forward(days=30)
    assert site.state == "expired"


def test_a_vendor_two_years_behind_is_refused_by_its_own_look(world: World) -> None:
    """2028 at the site, 2026 at the vendor: the lease is two years shorter than it looks, and the site says expired."""
    number = world.vendor.sell(limits={"employees": 9})
    site = world.site()
    site.skew = 2 * 365 * DAY
    with pytest.raises(Refusal) as caught:
        site.exchange(number=number)
    assert caught.value.code == "license.expired"
    site.skew = 0
    site.exchange(number=number)
    assert site.state == "active"


@pytest.mark.parametrize(("behind", "accepted"), [(299, True), (300, True), (301, False), (86_400, False)])
def test_a_license_from_the_future_of_this_clock(world: World, behind: int, accepted: bool) -> None:  # noqa: FBT001
    """The tolerance between the two clocks is five minutes, to the second."""
    number = world.vendor.sell(limits={"employees": 9})
    site = world.site()
    request = site.request(number=number)
    response = world.vendor.decide(request).document
    site.skew = -behind
    if accepted:
        site.install(response)
        assert site.state == "active"
    else:
        with pytest.raises(Refusal) as caught:
            site.install(response)
        assert caught.value.code == "clock.future"
    site.skew = 0
    site.install(response)
    assert site.state == "active"


def test_an_end_is_not_undone_when_the_clock_is_set_back_to_before_it(world: World) -> None:
    """2027-07 expired; set back to March: the mark has seen the end, so Demo Mode is all there is."""
    site = world.activated()
    for _ in range(42):
        world.clock.forward(days=5)
        site.start()
    world.clock.to("2027-06-27")
    assert site.state == "expired"
    site.skew = instant("2027-03-01") - world.clock.now
    assert (site.state, site.start().limit("employees")) == ("clock_problem", 5)
    site.skew = 0
    assert site.state == "expired"


def test_a_trust_list_dated_ahead_by_the_vendors_clock_stops_no_honest_site(world: World) -> None:
    """The vendor's clock is 60 days ahead for one rotation of keys; set right; the list reaches the site: nothing."""
    site = world.activated()
    world.clock.forward(days=60)
    world.vendor.rotate()
    document = world.vendor.trust_list()
    world.clock.forward(days=-59)
    with site.at_work():
        importing.import_trust_list(open_site(str(site.home)), document)
    for _ in range(30):
        assert (site.state, site.codes()) == ("active", set())
        world.clock.forward(days=1)


def test_a_product_file_dated_ahead_by_the_vendors_clock_stops_no_licensed_site(world: World) -> None:
    """Exported with the clock 90 days ahead, installed today: once licensed, nothing is said and nothing stops."""
    number = world.vendor.sell(limits={"employees": 9})
    world.clock.forward(days=90)
    file = world.vendor.product_file()
    world.clock.forward(days=-90)
    site = world.site("server")
    (site.home / "product.cose").write_bytes(file)
    (site.home / "product.kept.cose").write_bytes(file)
    site.exchange(number=number)
    for _ in range(30):
        assert (site.state, site.codes()) == ("active", set())
        world.clock.forward(days=1)
    spare = world.site("spare")
    (spare.home / "product.cose").write_bytes(file)
    spare.open_emergency((site.home / "license.cose").read_bytes())
    assert (spare.state, spare.codes()) == ("in_grace", {"license.emergency"})
