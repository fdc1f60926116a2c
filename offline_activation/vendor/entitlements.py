"""Entitlement arithmetic: what all processed orders of a license buy together, and when its ends fall.  Pure."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from offline_activation.errors import Refusal
from offline_activation.formats.cbor import MAX_INTEGER
from offline_activation.formats.contact import Contact, pairs
from offline_activation.formats.license_document import LicenseDocument
from offline_activation.vendor.records import Entitlement, OrderLine

_LAST_YEAR: Final = 9000
"""Dates above stay out of reach of every calendar and of the years that a time can show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference between what was and what would be; ``None`` is not there, an option or trial is ``True``."""

    field: str
    before: Any
    after: Any


def with_lines(entitlement: Entitlement, lines: Collection[OrderLine]) -> Entitlement:
    """Return the entitlement after one order: its new totals and terms first, then its increases and options.

    Within an order the sequence of lines does not matter; orders are applied in the sequence in which they are
    processed.  An order without a line ``trial`` ends a trial; the last day stays unless the order names another.
    Raises :class:`Refusal` ``order.invalid`` when a total would leave the range of numbers, and for a trial without a
    last day.
    """
    limits, options = dict(entitlement.limits), set(entitlement.options)
    terms = {line.kind: line.name for line in lines}
    for line in sorted(lines, key=lambda line: (line.kind == "limit_add", line.kind, line.name)):
        if line.kind == "limit_total":
            limits[line.name] = line.amount
        elif line.kind == "limit_add":
            limits[line.name] = limits.get(line.name, 0) + line.amount
        elif line.kind == "option":
            options.add(line.name)
    for name, total in limits.items():
        if not 0 <= total <= MAX_INTEGER:
            raise Refusal("order.invalid", what=f"{name} would become {total}")
    until = None if "perpetual" in terms else terms.get("until", entitlement.until)
    if "trial" in terms and until is None:
        raise Refusal("order.invalid", what="a trial needs a last day")
    return Entitlement(
        limits=limits,
        options=frozenset(options),
        until=until,
        maintenance_until=terms.get("maintenance_until", entitlement.maintenance_until) or None,
        version_ceiling=terms.get("version_ceiling", entitlement.version_ceiling),
        trial="trial" in terms,
    )


def entitlement_changes(before: Entitlement | None, after: Entitlement) -> tuple[Change, ...]:
    """Return what differs between the entitlement last issued (``None``: nothing yet) and ``after``."""
    old = before or Entitlement()
    changes = [
        Change(field=f"limits.{name}", before=old.limits.get(name), after=after.limits.get(name))
        for name in sorted(old.limits.keys() | after.limits.keys())
    ]
    changes += [
        Change(field=f"options.{name}", before=name in old.options or None, after=name in after.options or None)
        for name in sorted(old.options | after.options)
    ]
    changes += [
        Change(field="until", before=old.until, after=after.until),
        Change(field="maintenance_until", before=old.maintenance_until, after=after.maintenance_until),
        Change(field="version_ceiling", before=old.version_ceiling or None, after=after.version_ceiling or None),
        Change(field="trial", before=old.trial or None, after=after.trial or None),
    ]
    return tuple(change for change in changes if change.before != change.after)


def contact_changes(before: Contact | None, after: Contact) -> tuple[Change, ...]:
    """Return the contact fields that differ; an empty field is ``None``."""
    old = _texts(before or Contact())
    new = _texts(after)
    return tuple(
        Change(field=f"contact.{name}", before=old.get(name), after=new.get(name))
        for name in dict.fromkeys([*new, *old])
        if old.get(name) != new.get(name)
    )


def end_of_day(date: str, zone: str) -> int:
    """Return the first instant after the day ``date`` (``YYYY-MM-DD``) in ``zone`` (IANA name; unknown: UTC).

    Seconds since 1970 UTC.  A day that daylight saving makes shorter or longer is a day all the same.
    """
    return _start_of(dt.date.fromisoformat(date) + dt.timedelta(days=1), _zone(zone))


def lease_end(now: int, days: int, zone: str) -> int | None:
    """Return the end of the day that is ``days`` after ``now`` in ``zone``, or ``None`` for a lease of 0 days."""
    if days == 0:
        return None
    place = _zone(zone)
    today = dt.datetime.fromtimestamp(now, place).date()
    return _start_of(today + dt.timedelta(days=days + 1), place)


def last_day(end: int, zone: str) -> str:
    """Return the last day in ``zone`` that is covered by an end; the reverse of :func:`end_of_day`."""
    return dt.datetime.fromtimestamp(end - 1, _zone(zone)).date().isoformat()


def entitlement_of(content: LicenseDocument, zone: str) -> Entitlement:
    """Return what a license holds, its ends as days in ``zone``."""
    return Entitlement(
        limits=dict(content.limits),
        options=frozenset(content.options),
        until=None if content.until is None else last_day(content.until, zone),
        maintenance_until=None if content.maintenance_until is None else last_day(content.maintenance_until, zone),
        version_ceiling=content.version_ceiling,
        trial=content.trial,
    )


def is_date(text: str) -> bool:
    """Tell whether ``text`` is a date ``YYYY-MM-DD`` from 2000 on that licenses can carry."""
    try:
        found = dt.date.fromisoformat(text)
    except ValueError:
        return False
    return found.isoformat() == text and 2000 <= found.year <= _LAST_YEAR  # noqa: PLR2004 - before there was a product


def _texts(contact: Contact) -> Mapping[str, str]:
    return {field.name: text for field, text in pairs(contact)}


def _start_of(day: dt.date, zone: dt.tzinfo) -> int:
    return int(dt.datetime.combine(day, dt.time(), zone).timestamp())


def _zone(name: str) -> dt.tzinfo:
    """Return the time zone; the name comes from a request, so it may be anything."""
    try:
        return ZoneInfo(name) if name else dt.UTC
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        return dt.UTC
