"""Instants: seconds since 1970 UTC, as numbers inside documents and as text on screens."""

import time
from collections.abc import Callable
from typing import Final

DAY: Final = 86_400
_INTO_THE_DAY_BEFORE: Final = 3 * 3_600
"""Seconds that surely lead from a local midnight into the day before, also when that day or this one is longer."""


def show_instant(seconds: int) -> str:
    """Return ``2027-05-31 12:00 UTC``; years above 9999 are shown as ``in the far future``."""
    return _show("%Y-%m-%d %H:%M UTC", seconds)


def show_day(seconds: int) -> str:
    """Return the UTC day ``2027-05-31`` of an instant."""
    return _show("%Y-%m-%d", seconds)


def show_local_day(seconds: int) -> str:
    """Return the day of an instant in this machine's zone."""
    return _show("%Y-%m-%d", seconds, time.localtime)


def show_local_end(end: int) -> str:
    """Return the last day, in this machine's zone, that is wholly covered by an end (the first instant not covered).

    An end within a day (after daylight saving, in another zone, of a demo begun at noon) does not cover that day.
    """
    try:
        here = time.localtime(end)
    except (OverflowError, OSError, ValueError):
        return "in the far future"
    into_day = here.tm_hour * 3600 + here.tm_min * 60 + here.tm_sec
    return _show("%Y-%m-%d", max(end - into_day - _INTO_THE_DAY_BEFORE, 0), time.localtime)


def show_days(number: int, which: str = "") -> str:
    """Return ``1 day`` or ``12 days``; ``which`` stands before the word, as in ``1 more day``."""
    return f"{number} {which + ' ' if which else ''}day{'' if number == 1 else 's'}"


def _show(form: str, seconds: int, broken_down: Callable[[float], time.struct_time] = time.gmtime) -> str:
    try:
        parts = broken_down(seconds)
    except (OverflowError, OSError, ValueError):
        return "in the far future"
    return time.strftime(form, parts) if parts.tm_year <= 9999 else "in the far future"  # noqa: PLR2004 - four figures
