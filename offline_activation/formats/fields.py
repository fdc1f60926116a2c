"""Reading the one map inside a document: typed, bounded, and nothing left unread.

Keys 1 to 63 are *critical*: a reader that does not know one refuses the document as newer than itself.  Keys from 64 on
are *extensions*: they are covered by the signature and kept, and a reader that does not know one goes on.  Negative
keys and text keys never appear at the top of a document.
"""

from typing import Final

from offline_activation.errors import Refusal
from offline_activation.formats.cbor import MAX_INTEGER, Map, Value, decode

FIRST_EXTENSION: Final = 64
VERSION: Final = 1
"""The format version written into every document, at key 1."""

Extensions = tuple[tuple[int, Value], ...]


class Fields:
    """One map being read; every accessor removes its key, :meth:`finish` accounts for the rest.

    All accessors raise :class:`Refusal` ``profile.field_missing`` or ``profile.field_invalid``.
    """

    def __init__(self, mapping: Map) -> None:
        """Take a copy of ``mapping`` to read from."""
        self._left = dict(mapping)

    def has(self, key: int) -> bool:
        """Tell whether ``key`` is there and not yet read."""
        return key in self._left

    def take(self, key: int, name: str) -> Value:
        """Return the raw value of a required field."""
        if key not in self._left:
            raise Refusal("profile.field_missing", field=name)
        return self._left.pop(key)

    def integer(self, key: int, name: str, *, most: int = MAX_INTEGER, least: int = 0) -> int:
        """Return an integer within ``least`` and ``most``."""
        found = self.take(key, name)
        if isinstance(found, bool) or not isinstance(found, int):
            raise Refusal("profile.field_invalid", field=name, what="not a number")
        if not least <= found <= most:
            raise Refusal("profile.field_invalid", field=name, what=f"outside {least} to {most}")
        return found

    def text(self, key: int, name: str, *, most: int, least: int = 1) -> str:
        """Return printable text of ``least`` to ``most`` characters."""
        return check_text(self.take(key, name), name, most=most, least=least)

    def bytes(self, key: int, name: str, *, exactly: int | None = None, most: int | None = None) -> bytes:
        """Return a byte string of the exact or at most the given size."""
        found = self.take(key, name)
        if not isinstance(found, bytes):
            raise Refusal("profile.field_invalid", field=name, what="not a byte string")
        if (exactly is not None and len(found) != exactly) or (most is not None and len(found) > most):
            raise Refusal("profile.field_invalid", field=name, what=f"{len(found)} bytes")
        return found

    def array(self, key: int, name: str, *, most: int) -> tuple[Value, ...]:
        """Return an array of at most ``most`` items."""
        found = self.take(key, name)
        if not isinstance(found, tuple) or len(found) > most:
            raise Refusal("profile.field_invalid", field=name, what=f"not an array of at most {most}")
        return found

    def map(self, key: int, name: str, *, most: int) -> Map:
        """Return a map of at most ``most`` entries."""
        found = self.take(key, name)
        if not isinstance(found, dict) or len(found) > most:
            raise Refusal("profile.field_invalid", field=name, what=f"not a map of at most {most}")
        return found

    def finish(self) -> Extensions:
        """Return the extensions in key order; refuse every critical key that nobody read."""
        for key in self._left:
            if not isinstance(key, int) or key < 0:
                raise Refusal("profile.field_invalid", field=key, what="not a field number")
            if key < FIRST_EXTENSION:
                raise Refusal("profile.newer", what=f"critical field {key}")
        return tuple(sorted((key, item) for key, item in self._left.items() if isinstance(key, int)))


def check_text(found: Value, name: str, *, most: int, least: int = 0) -> str:
    """Return ``found`` when it is printable text of ``least`` to ``most`` characters, else refuse the field."""
    if not isinstance(found, str):
        raise Refusal("profile.field_invalid", field=name, what="not text")
    if not least <= len(found) <= most:
        raise Refusal("profile.field_invalid", field=name, what=f"{len(found)} characters, allowed {least} to {most}")
    if not found.isprintable():
        raise Refusal("profile.field_invalid", field=name, what="contains control or invisible characters")
    return found


def open_fields(payload: bytes) -> Fields:
    """Decode a payload and check its version.

    Raises :class:`Refusal`: ``encoding.*``, ``limit.*``, ``profile.version``, ``profile.newer`` from version 2 on.
    """
    mapping = decode(payload)
    if not isinstance(mapping, dict):
        raise Refusal("profile.envelope", what="the payload is not a map")
    fields = Fields(mapping)
    found = fields.take(1, "version") if fields.has(1) else None
    if isinstance(found, bool) or not isinstance(found, int) or found < VERSION:
        raise Refusal("profile.version")
    if found > VERSION:
        raise Refusal("profile.newer", what=f"version {found}")
    return fields


def with_extensions(mapping: Map, extensions: Extensions) -> Map:
    """Return ``mapping`` with the kept extensions added, so that a document re-encodes to the same bytes."""
    return mapping | dict(extensions)
