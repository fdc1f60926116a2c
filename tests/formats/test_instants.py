"""Instants as people read them."""

import datetime as dt
from collections.abc import Callable

import pytest

from offline_activation.formats.instants import show_day, show_instant, show_local_end

Zone = Callable[[str], None]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "1970-01-01 00:00 UTC"),
        (1_795_498_206, "2026-11-24 05:30 UTC"),
        (2**31, "2038-01-19 03:14 UTC"),
        (4_102_444_800, "2100-01-01 00:00 UTC"),
        (253_402_300_799, "9999-12-31 23:59 UTC"),
        (253_402_300_800, "in the far future"),
        (2**53 - 1, "in the far future"),
    ],
)
def test_an_instant_is_shown_in_utc(seconds: int, shown: str) -> None:
    assert show_instant(seconds) == shown


@pytest.mark.parametrize(("name", "local_midnight"), [("UTC0", 0), ("EAST-14", -14), ("WEST12", 12)])
def test_an_end_is_shown_as_the_last_local_day_that_is_wholly_covered(
    zone: Zone, name: str, local_midnight: int
) -> None:
    zone(name)
    midnight = 1_795_478_400 + 3600 * local_midnight
    assert show_local_end(midnight) == "2026-11-23"
    assert show_local_end(midnight + 1) == "2026-11-23"
    assert show_local_end(midnight + 86_399) == "2026-11-23"
    assert show_local_end(midnight + 86_400) == "2026-11-24"
    assert show_local_end(2**53 - 1) == "in the far future"


def test_a_day_is_shown_in_utc() -> None:
    assert show_day(1_795_478_400) == "2026-11-24"
    assert show_day(1_795_478_399) == "2026-11-23"


@pytest.mark.parametrize(
    ("instant", "last"),
    [
        ("2027-03-27T23:00:00", "2027-03-27"),  # midnight before the spring change
        ("2027-04-14T22:00:00", "2027-04-14"),  # midnight after it
        ("2027-04-14T23:00:00", "2027-04-14"),  # an hour into the day: days of 24 hours counted across the change
        ("2027-10-31T22:00:00", "2027-10-30"),  # an hour before the end of the long day
        ("2027-10-31T23:00:00", "2027-10-31"),
        ("2027-11-29T22:00:00", "2027-11-28"),  # an hour before midnight, counted across the autumn change
    ],
)
def test_daylight_saving_leaves_no_half_day_on_the_screen(zone: Zone, instant: str, last: str) -> None:
    zone("Europe/Berlin")
    assert show_local_end(int(dt.datetime.fromisoformat(instant + "+00:00").timestamp())) == last
