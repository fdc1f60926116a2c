"""What is due when, and the same as a calendar (RFC 5545) that an administrator can put beside other dates.  Pure.

A calendar is shared and synchronised, so it holds nothing of the customer: the product, and the first group of the
license number to tell two licenses apart.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from offline_activation.formats.instants import DAY, show_instant, show_local_end
from offline_activation.formats.license_document import LicenseDocument
from offline_activation.formats.names import show_license_number
from offline_activation.formats.product import ProductDocument
from offline_activation.verify.standing import due, final_end

LINE: Final = 75
"""Octets of a content line before it is folded (RFC 5545 section 3.1)."""
_ESCAPED: Final = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\r\n": "\\n", "\n": "\\n", "\r": "\\n"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDate:
    """One day in the life of a license; ``day`` is ``YYYY-MM-DD`` in this machine's zone, the last one covered."""

    kind: str
    day: str
    title: str


def due_dates(document: LicenseDocument, product: ProductDocument) -> tuple[DueDate, ...]:
    """Return what is due, earliest first; a perpetual license without maintenance has no dates."""
    end = due(document)
    last = final_end(document)
    dates: list[tuple[str, int | None, str]] = [
        ("renewal", _first_warning(end, product), "Renewal of the license is due soon: make a request"),
        ("due", end, "Last day before the license must be renewed"),
        ("grace", last if last != end else None, "Last day of grace: the license ends"),
        ("maintenance", document.maintenance_until, "Last day of maintenance: newer versions are not covered"),
    ]
    found = [(at, kind, title) for kind, at, title in dates if at is not None]
    return tuple(_dated(kind, at, title) for at, kind, title in sorted(found) if _is_a_day(show_local_end(at)))


def demo_dates(product: ProductDocument, since: int | None) -> tuple[DueDate, ...]:
    """Return the last day of a demo that began at ``since``; ``None`` is not known."""
    if since is None or product.demo_days == 0:
        return ()
    return (_dated("demo", since + product.demo_days * DAY, "Last day of the demo"),)


def calendar(dates: Iterable[DueDate], product: ProductDocument, document: LicenseDocument | None, now: int) -> bytes:
    """Return the dates as one iCalendar object: all-day events, CRLF, text escaped, lines folded.

    The same event has the same UID after a renewal, and the revision as its sequence, so that a calendar that reads the
    file again moves it.
    """
    group = show_license_number(document.license_number).partition("-")[0] if document else "demo"
    revision = document.revision if document else 0
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Offline Activation//Due dates//EN", "METHOD:PUBLISH"]
    for each in dates:
        lines += _event(each, product, group, revision, now)
    lines.append("END:VCALENDAR")
    return b"".join(_folded(line) for line in lines)


def _event(each: DueDate, product: ProductDocument, group: str, revision: int, now: int) -> Iterator[str]:
    stamp = show_instant(now)  # 2027-05-31 12:00 UTC
    yield "BEGIN:VEVENT"
    yield f"UID:{each.kind}-{product.product}-{group}@offline-activation.invalid"
    yield f"DTSTAMP:{stamp[:10].replace('-', '')}T{stamp[11:16].replace(':', '')}00Z"
    yield f"SEQUENCE:{revision}"
    yield f"DTSTART;VALUE=DATE:{each.day.replace('-', '')}"
    yield f"SUMMARY:{_escaped(f'{product.name} ({group}): {each.title}')}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _first_warning(end: int | None, product: ProductDocument) -> int | None:
    """Return the end of the first day of warnings, so that it is shown as that day."""
    return None if end is None or not product.warn_days else end - product.warn_days[0] * DAY + 1


def _dated(kind: str, at: int, title: str) -> DueDate:
    return DueDate(kind=kind, day=show_local_end(at), title=title)


def _is_a_day(shown: str) -> bool:
    return shown[:4].isdigit()  # a year above 9999 has no place in a calendar


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
