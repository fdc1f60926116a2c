"""Instants: seconds since 1970 UTC, as numbers inside documents and as text on screens."""

import time
from typing import Final

DAY: Final = 86_400


def show_instant(seconds: int) -> str:
    """Return ``2027-05-31 12:00 UTC``; years above 9999 are shown as ``in the far future``."""
    return _show("%Y-%m-%d %H:%M UTC", seconds)


def show_day(seconds: int) -> str:
    """Return the UTC day ``2027-05-31`` of an instant."""
    return _show("%Y-%m-%d", seconds)


def show_end(end: int) -> str:
    """Return the last UTC day that is still covered by an end, which is the first instant not covered."""
    return show_day(max(end - 1, 0))


def _show(form: str, seconds: int) -> str:
    try:
        parts = time.gmtime(seconds)
    except (OverflowError, OSError, ValueError):
        return "in the far future"
    return time.strftime(form, parts) if parts.tm_year <= 9999 else "in the far future"  # noqa: PLR2004 - four figures
