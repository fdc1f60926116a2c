"""How the vendor's things look: as JSON, and as text for people."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from offline_activation.formats.contact import FIELDS
from offline_activation.formats.instants import show_day
from offline_activation.formats.keys import fingerprint
from offline_activation.formats.names import LicenseNumber, show_license_number

if TYPE_CHECKING:  # only names in signatures
    from offline_activation.formats.contact import Contact
    from offline_activation.vendor.entitlements import Change
    from offline_activation.vendor.records import (
        Entitlement,
        Forks,
        FormerSite,
        Installation,
        LicenseRecord,
        Order,
        OrderLine,
    )


_BOUNDS: Final = {"maintenance_until": "maintenance until", "version_ceiling": "version ceiling"}


def instant(seconds: int | None) -> str | None:
    """Return an instant for JSON: ISO 8601 in UTC, or ``None``."""
    if seconds is None:
        return None
    try:
        return dt.datetime.fromtimestamp(seconds, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, OSError, ValueError):
        return "9999-12-31T23:59:59Z"


def day(seconds: int | None) -> str:
    """Return the UTC day of an instant for people."""
    return "-" if seconds is None else show_day(seconds)


def number(license_number: LicenseNumber) -> str:
    """Return a license number in groups."""
    return show_license_number(license_number)


def order_json(order: "Order") -> dict[str, Any]:
    """Return an order for JSON."""
    return {
        "order": order.order_id,
        "license_number": number(order.license_number),
        "state": order.state,
        "product": order.product,
        "amendment": order.is_amendment,
        "company": order.company,
        "email": order.email,
        "contact_name": order.contact_name,
        "purchase_order": order.purchase_order,
        "entered": instant(order.entered),
        "processed": instant(order.processed),
        "lines": [line_text(line) for line in order.lines],
    }


def line_text(line: "OrderLine") -> str:
    """Return one line of an order as it is typed."""
    if line.kind == "limit_total":
        return f"{line.name}={line.amount}"
    if line.kind == "limit_add":
        return f"{line.name}=+{line.amount}"
    if line.kind == "until":
        return f"until {line.name}"
    if line.kind in _BOUNDS:
        return f"{_BOUNDS[line.kind]} {line.name or 'none'}"
    return line.name or line.kind


def entitlement_json(entitlement: "Entitlement") -> dict[str, Any]:
    """Return an entitlement for JSON."""
    return {
        "kind": entitlement.kind,
        "limits": dict(sorted(entitlement.limits.items())),
        "options": sorted(entitlement.options),
        "until": entitlement.until,
        "maintenance_until": entitlement.maintenance_until,
        "version_ceiling": entitlement.version_ceiling or None,
        "trial": entitlement.trial,
    }


def terms_rows(shown: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the terms of an entitlement, as :func:`entitlement_json` gives it, as label and text."""
    rows = [
        ("Kind", shown["kind"]),
        ("Until", shown["until"]),
        ("Maintenance until", shown["maintenance_until"]),
        ("Versions", shown["version_ceiling"] and f"up to {shown['version_ceiling']}"),
    ]
    return [(label, text) for label, text in rows if text]


def terms_text(entitlement: "Entitlement") -> str:
    """Return the terms of an entitlement in one line: ``trial until 2027-03-31, versions up to 4``."""
    (_, kind), *rows = terms_rows(entitlement_json(entitlement))
    said = [f"{label[0].lower()}{label[1:]} {text}" for label, text in rows]
    if entitlement.until is not None:
        return ", ".join([f"{kind} {said[0]}", *said[1:]])
    return ", ".join([kind, *said])


def site_json(installation: "Installation | None") -> dict[str, Any] | None:
    """Return the server that holds a license for JSON."""
    if installation is None:
        return None
    return {
        "volume_id": installation.volume_id,
        "volume_source": installation.volume_source,
        "key": fingerprint(installation.site_key),
        "public_key": installation.site_key.hex(),
        "requests": installation.counter,
    }


def contact_json(contact: "Contact | None") -> dict[str, str]:
    """Return the given contact fields for JSON."""
    if contact is None:
        return {}
    return {field.name: text for field in FIELDS if (text := getattr(contact, field.name))}


def license_json(record: "LicenseRecord") -> dict[str, Any]:
    """Return a license record for JSON."""
    return {
        "license_number": number(record.license_number),
        "revision": record.revision,
        "state": record.state,
        "product": record.product,
        "company": record.company,
        "email": record.email,
        "contact_name": record.contact_name,
        **entitlement_json(record.entitlement),
        "issued": None if record.issued is None else entitlement_json(record.issued),
        "site": site_json(record.installation),
        "first_activated": instant(record.first_activated),
        "last_contact": instant(record.last_contact),
        "contact": contact_json(record.contact),
        **moves_json(record),
    }


def moves_json(record: "LicenseRecord") -> dict[str, Any]:
    """Return what moves and copies have left behind, for JSON."""
    return {
        "unreturned": record.unreturned,
        "emergency_opened": instant(record.emergency_opened),
        "possible_clone": _forks_json(record.forks),
    }


def former_site_json(site: "FormerSite") -> dict[str, Any]:
    """Return a server that held a license for JSON."""
    return {
        "site_key": fingerprint(site.site_key),
        "volume_id": site.volume_id,
        "how": site.how,
        "at": instant(site.at),
        "last_seen": instant(site.last_seen),
        "written_off": instant(site.written_off),
    }


def marks(found: dict[str, Any]) -> list[str]:
    """Return in a few words what a person should know of a license, made of :func:`moves_json`."""
    forks = found["possible_clone"]
    return [
        *([f"{found['unreturned']} unreturned"] if found["unreturned"] else []),
        *(["possible clone"] if forks else []),
        *(["emergency opened"] if found["emergency_opened"] else []),
    ]


def _forks_json(forks: "Forks | None") -> dict[str, Any] | None:
    if forks is None:
        return None
    return {"forks": forks.count, "turns": forks.turns, "last_seen": instant(forks.last_seen)}


def changes_json(changes: "Iterable[Change]") -> list[dict[str, Any]]:
    """Return changes for JSON."""
    return [{"field": change.field, "from": change.before, "to": change.after} for change in changes]


def change_rows(changes: "Iterable[Change]") -> list[tuple[str, str]]:
    """Return changes as label and ``before -> after``."""
    return [(change.field, f"{shown(change.before)} -> {shown(change.after)}") for change in changes]


def section(title: str, rows: Iterable[str]) -> list[str]:
    """Return a titled block of indented rows, with a blank line before it; nothing when there are no rows."""
    listed = [f"  {row}".rstrip() for row in rows]
    return ["", title, *listed] if listed else []


def shown(value: Any) -> str:  # noqa: ANN401 - text, number, yes/no or nothing
    """Return one side of a change for people; a number is a number, also 1."""
    if value is None:
        return "(none)"
    return "on" if value is True else str(value)
