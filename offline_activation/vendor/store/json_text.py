"""Values with parts as text in a column: JSON with sorted keys and only ASCII, so that any database keeps any string.

What cannot be read back raises ``ValueError``, ``KeyError`` or ``TypeError``; the reader of rows makes trouble of it.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from offline_activation.formats.contact import Contact, pairs
from offline_activation.vendor.records import Entitlement


def to_text(value: object) -> str:
    """Return ``value`` (dicts, lists, strings, integers, ``None``) as JSON text."""
    return json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))


def from_text(text: str) -> Any:  # noqa: ANN401 - what was kept is known to the caller only
    """Return the value kept as ``text``."""
    return json.loads(text)


def strings_to_text(strings: Mapping[str, str]) -> str:
    """Return a mapping of strings as text."""
    return to_text(dict(strings))


def names_to_text(names: Iterable[str]) -> str:
    """Return strings as text, in their order."""
    return to_text(list(names))


def entitlement_to_text(entitlement: Entitlement) -> str:
    """Return an entitlement as text."""
    return to_text(
        {
            "limits": dict(entitlement.limits),
            "maintenance_until": entitlement.maintenance_until,
            "options": sorted(entitlement.options),
            "trial": entitlement.trial,
            "until": entitlement.until,
            "version_ceiling": entitlement.version_ceiling,
        }
    )


def entitlement_from_text(text: str) -> Entitlement:
    """Return the entitlement kept as ``text``; books written before there were trials and ceilings have none."""
    kept = from_text(text)
    return Entitlement(
        limits=kept["limits"],
        options=frozenset(kept["options"]),
        until=kept["until"],
        maintenance_until=kept["maintenance_until"],
        version_ceiling=kept.get("version_ceiling", ""),
        trial=kept.get("trial", False),
    )


def components_to_text(components: Mapping[str, bytes]) -> str:
    """Return the salted hashes of an installation's components as text."""
    return to_text({name: digest.hex() for name, digest in components.items()})


def components_from_text(text: str) -> Mapping[str, bytes]:
    """Return the components kept as ``text``."""
    return {name: bytes.fromhex(digest) for name, digest in from_text(text).items()}


def contact_to_text(contact: Contact) -> str:
    """Return the given contact fields as text."""
    return to_text({field.name: given for field, given in pairs(contact)})


def contact_from_text(text: str) -> Contact:
    """Return the contact kept as ``text``."""
    return Contact(**from_text(text))
