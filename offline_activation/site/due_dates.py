"""What is due when, and the same as a calendar (RFC 5545) that an administrator can put beside other dates.  Pure.

A calendar is shared and synchronised, so it holds nothing of the customer: the product, and the first group of the
license number to tell two licenses apart.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from offline_activation.formats.instants import show_instant
from offline_activation.formats.product import ProductDocument
from offline_activation.verify.license import License

LINE: Final = 75
"""Octets of a content line before it is folded (RFC 5545 section 3.1)."""
TITLES: Final = {
    "renewal": "Renewal of the license is due soon: make a request",
    "due": "Last day before the license must be renewed",
    "grace": "Last day of grace: the license ends",
    "fallback": "Last day of Demo Mode after the end",
    "maintenance": "Last day of maintenance: newer versions are not covered",
    "demo": "Last day of the demo",
    "emergency": "Last day of the emergency license: import the response before",
    "drift": "Last day on changed hardware: ask for a rebind before",
}
"""What happens on a day."""
_TITLES_OF_ORDERS: Final = {
    "subscription": {
        "renewal": "The subscription ends soon: order a renewal from the vendor",
        "due": "Last day of the subscription",
    },
    "trial": {"renewal": "The trial ends soon: order a license from the vendor", "due": "Last day of the trial"},
}
"""The same where an order is needed, by kind of license."""
_ANNOUNCED: Final = frozenset({"due", "maintenance"})
"""Dates with an alarm on each warning day of the product."""
_SHORT: Final = frozenset({"emergency", "drift"})
"""Dates with an alarm on each warning day that is still to come: they are only days ahead."""
_LATEST: Final = 253_402_300_799
"""The last second of the year 9999, in seconds since 1970."""
_HOUR_OF_ALARMS: Final = 9
_ESCAPED: Final = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\r\n": "\\n", "\n": "\\n", "\r": "\\n"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDate:
    """One day in the life of a license; ``day`` is ``YYYY-MM-DD`` in this machine's zone, the last one covered."""

    kind: str
    day: str
    title: str
    stages: tuple[int, ...] = ()
    """Days before the end at which an alarm rings, falling: the warning days of the product."""


def due_dates(found: License, product: ProductDocument | None = None) -> tuple[DueDate, ...]:
    """Return what happens to a license as it stands, earliest first; a perpetual one without maintenance has no dates.

    ``product`` names the warning days, which are the stages.
    """
    titles = TITLES | (_TITLES_OF_ORDERS.get(found.kind or "", {}) if found.needs_order else {})
    days = product.warn_days if product is not None else ()
    ahead = found.days_left or 0
    stages = dict.fromkeys(_ANNOUNCED, days) | dict.fromkeys(_SHORT, tuple(each for each in days if each <= ahead))
    return tuple(
        DueDate(kind=kind, day=day, title=titles[kind], stages=stages.get(kind, ()))
        for kind, day in found.dates.items()
    )


def calendar(dates: Iterable[DueDate], product: ProductDocument, found: License, now: int) -> bytes:
    """Return the dates as one iCalendar object: all-day events, CRLF, text escaped, lines folded.

    The same event has the same UID after a renewal, and the revision as its sequence, so that a calendar that reads the
    file again moves it.
    """
    group = (found.license_number or "demo").partition("-")[0]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Offline Activation//Due dates//EN"]
    for each in dates:
        lines += _event(each, product, group, found.revision, now)
    lines.append("END:VCALENDAR")
    return b"".join(_folded(line) for line in lines)


def _event(each: DueDate, product: ProductDocument, group: str, revision: int, now: int) -> Iterator[str]:
    stamp = show_instant(min(max(now, 0), _LATEST))  # 2027-05-31 12:00 UTC
    summary = _escaped(f"{product.name} ({group}): {each.title}")
    yield "BEGIN:VEVENT"
    yield f"UID:{each.kind}-{product.product}-{group}@offline-activation.invalid"
    yield f"DTSTAMP:{stamp[:10].replace('-', '')}T{stamp[11:16].replace(':', '')}00Z"
    yield f"SEQUENCE:{revision}"
    yield f"DTSTART;VALUE=DATE:{each.day.replace('-', '')}"
    yield f"SUMMARY:{summary}"
    yield "TRANSP:TRANSPARENT"
    for stage in each.stages:
        yield "BEGIN:VALARM"
        yield "ACTION:DISPLAY"
        yield f"TRIGGER:{_before(stage)}"
        yield f"DESCRIPTION:{summary}"
        yield "END:VALARM"
    yield "END:VEVENT"


def _before(stage: int) -> str:
    """Return the duration from the beginning of the last day back to the morning of a warning day (section 3.3.6).

    ``stage`` days before an end is one day less before its last day; the alarm rings at nine.
    """
    days, hours = divmod((stage - 1) * 24 - _HOUR_OF_ALARMS, 24)
    if days < 0:
        return f"PT{_HOUR_OF_ALARMS}H"
    return f"-P{days}DT{hours}H" if days else f"-PT{hours}H"


def _escaped(text: str) -> str:
    for plain, escaped in _ESCAPED.items():
        text = text.replace(plain, escaped)
    return text


def _folded(line: str) -> bytes:
    """Return a content line with its CRLF, folded between characters after at most 75 octets."""
    parts: list[bytes] = [b""]
    for character in line:
        octets = character.encode()
        if len(parts[-1]) + len(octets) > LINE:
            parts.append(b" ")
        parts[-1] += octets
    return b"\r\n".join(parts) + b"\r\n"
