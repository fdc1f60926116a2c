"""What an honest clock does in ten years: summer time, other zones, leap seconds, standing still, steps of a second."""

from collections.abc import Callable
from typing import Any

import pytest

World = Any
Application = Callable[..., Any]
Start = Callable[..., Application]


@pytest.mark.parametrize(
    ("zone", "before", "after"),
    [
        ("Europe/Berlin", "2027-03-28 01:59:59", "2027-03-28 03:00:00"),
        ("Europe/Berlin", "2027-10-31 02:59:59", "2027-10-31 03:00:01"),
        ("America/New_York", "2027-03-14 01:59:59", "2027-03-14 03:00:00"),
        ("America/New_York", "2027-11-07 00:59:59", "2027-11-07 02:00:01"),
        ("Australia/Lord_Howe", "2027-04-04 01:29:59", "2027-04-04 02:00:01"),
    ],
)
def test_summer_time_begins_and_ends_without_a_word(application: Start, zone: str, before: str, after: str) -> None:
    """The second before the change and the one after: the same state and warnings, whatever the date brings."""
    product = application(TZ=zone)
    first, second = product(before), product(after)
    assert first["state"] == second["state"]
    assert first["warnings"] == second["warnings"]
    assert first["employees"] == second["employees"]


@pytest.mark.parametrize(
    "zone", ["Pacific/Kiritimati", "Etc/GMT+12", "Asia/Kathmandu", "right/Europe/Berlin", "Nowhere/At_All"]
)
def test_another_zone_is_no_other_time(licensed: World, zone: str) -> None:
    """Day 0 in UTC: licensed.  Day 0 in another zone, also one that does not exist: the same, and no warning."""
    licensed.site("license", TZ="UTC")
    found = licensed.site("license", TZ=zone)
    assert (found.json["state"], found.warnings) == ("active", [])
    assert licensed.doctor("clock", TZ=zone)["result"] == "ok"


def test_a_server_that_moves_from_the_last_zone_to_the_first_keeps_its_end(licensed: World) -> None:
    """The last day shown may differ by a day between zones; the days that are left are the same."""
    east = licensed.site("license", TZ="Pacific/Kiritimati").json
    west = licensed.site("license", TZ="Etc/GMT+12").json
    assert east["days_left"] == west["days_left"]
    assert east["state"] == west["state"] == "active"


def test_a_clock_that_stands_still_and_one_that_steps_back_each_second(application: Start) -> None:
    """A leap second and worse: the clock repeats a second, stands, and goes back one second at each look, 60 times."""
    product = application()
    assert product("+0")["warnings"] == []
    for back in range(1, 61):
        found = product(f"-{back}s")
        assert (found["state"], found["warnings"]) == ("active", []), back
    for _ in range(5):
        assert product()["warnings"] == []
    assert product("+0")["warnings"] == []


def test_a_leap_second_is_a_second_seen_twice(application: Start) -> None:
    """23:59:59, 23:59:59 again (how Unix clocks show 23:59:60), 00:00:00: three looks, one state."""
    product = application(TZ="UTC")
    looks = [product(clock) for clock in ("2028-12-31 23:59:59", "2028-12-31 23:59:59", "2029-01-01 00:00:00")]
    assert looks[0] == looks[1] == looks[2]


def test_within_two_days_back_nothing_is_said_and_beyond_it_is(application: Start) -> None:
    """A slow battery, six days on: 47 hours back nothing is said; 50 hours back it is set back; then it is right.

    To the second, this is tested without a clock in tests/verify/test_witness.py.
    """
    product = application()
    for clock, is_said in (("+144h", False), ("+97h", False), ("+94h", True), ("+145h", False)):
        assert ("clock.set_back" in product(clock)["warnings"]) is is_said, clock
