"""What a response changes, field by field.  Pure."""

from dataclasses import dataclass

from offline_activation.formats.instants import show_local_end
from offline_activation.formats.license_document import LicenseDocument

Shown = str | int | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field with its value before and after; ``None`` is not there.  Dates are the last local day covered."""

    field: str
    before: Shown
    after: Shown


def difference(before: LicenseDocument | None, after: LicenseDocument) -> tuple[Change, ...]:
    """Return the fields that differ: revision, company, limits, options, dates, in this order."""
    old, new = _fields(before), _fields(after)
    names = [*new, *(name for name in old if name not in new)]
    changes = (Change(field=name, before=old.get(name), after=new.get(name)) for name in names)
    return tuple(change for change in changes if change.before != change.after)


def _fields(document: LicenseDocument | None) -> dict[str, Shown]:
    if document is None:
        return {}
    ends = {
        "lease_until": document.lease_until,
        "until": document.until,
        "maintenance_until": document.maintenance_until,
    }
    return {
        "revision": document.revision,
        "company": document.company,
        **{f"limits.{name}": count for name, count in document.limits.items()},
        **{f"options.{name}": True for name in document.options},
        **{name: None if end is None else show_local_end(end) for name, end in ends.items()},
        "grace_days": document.grace_days,
    }
