"""Contact details: remembered from the last request, read from a file, typed as options."""

import json
import tomllib
from collections.abc import Mapping
from typing import Any, Final

from offline_activation.errors import ActivationError, Misuse, Refusal
from offline_activation.files import read_bounded
from offline_activation.formats.contact import FIELDS, Contact
from offline_activation.formats.value import changed
from offline_activation.site.directory import CONTACT, StateDirectory

FILE_LIMIT: Final = 64 << 10
"""Largest contact file, in bytes."""
TABLE: Final = "contact"

_NAMES: Final = frozenset(field.name for field in FIELDS)


def remembered(directory: StateDirectory) -> Contact:
    """Return the contact details of the last request; none, or a damaged note, is an empty contact."""
    try:
        found = json.loads(directory.read(CONTACT, limit=FILE_LIMIT) or b"{}")
        return Contact(**{name: text for name, text in found.items() if name in _NAMES and isinstance(text, str)})
    except (ActivationError, ValueError, AttributeError, RecursionError):
        return Contact()


def remember(directory: StateDirectory, contact: Contact) -> None:
    """Keep the contact details for the next request; raises ``Trouble`` ``io.unwritable``."""
    if contact == remembered(directory):
        return
    given = {field.name: getattr(contact, field.name) for field in FIELDS}
    directory.write(CONTACT, json.dumps(given, ensure_ascii=True, indent=1).encode() + b"\n")


def read_file(path: str) -> dict[str, str]:
    """Return the fields in a TOML file, at its top or in a table ``[contact]``.

    Raises :class:`Misuse` ``usage.invalid`` for what is not TOML or not a field, :class:`Refusal` ``contact.invalid``
    for a value that is not text, and what ``read_bounded`` raises.
    """
    data = read_bounded(path, limit=FILE_LIMIT)
    try:
        found = tomllib.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Misuse("usage.invalid", what=f"The contact file {path} is not TOML: {error}") from error
    table = found.pop(TABLE, {})
    fields: dict[str, Any] = {**found, **(table if isinstance(table, dict) else {TABLE: table})}
    for name, text in fields.items():
        if name not in _NAMES:
            raise Misuse("usage.invalid", what=f"The contact file has a field {name}, which is none of the form")
        if not isinstance(text, str):
            raise Refusal("contact.invalid", field=name, what="not text in quotation marks")
    return fields


def merged(base: Contact, *layers: Mapping[str, str | None]) -> Contact:
    """Return ``base`` with the fields of each layer laid over it, the last one on top; ``None`` is not given."""
    given = {name: text for layer in layers for name, text in layer.items() if text is not None}
    return changed(base, **given)


def missing(contact: Contact) -> tuple[str, ...]:
    """Return the names of required fields that are empty, in the order of the form."""
    return tuple(field.name for field in FIELDS if field.required and not getattr(contact, field.name).strip())
