"""One vector as a text file that states what is expected; samples/vectors/README.md describes the form."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from offline_activation.formats.cbor import Value
from offline_activation.formats.policy import Policy

ACCEPT = "accept"
_HEX_COLUMNS = 64
_SHOWN_WHEN_SAID = frozenset(
    {
        "version_ceiling",
        "trial",
        "replaced",
        "policy",
        "emergency_opened",
        "returned",
        "proof",
        "roots",
        "root_until",
    }
)
"""Fields that stand in a vector only when its document has them: a new field changes no vector that was there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """An input of the format and what a reader must say to it."""

    name: str
    """Path under samples/vectors without its ending."""
    about: str
    layer: str
    input: Literal["cbor", "document", "text", "qr"]
    expect: str
    """``accept`` or the code of the refusal."""
    kind: str = ""
    key: bytes = b""
    """Public key to check the signature with, where it is not inside the document."""
    root: bytes = b""
    """Pinned root key from which the signing key is found, where that is what the vector is about."""
    data: bytes | None = None
    """The input for ``cbor`` and ``document``; what must come out of a good ``text`` or ``qr``."""
    texts: tuple[str, ...] = ()
    """The input for ``text`` (one) and ``qr`` (one for each code)."""
    diagnostic: str = ""
    fields: Mapping[str, object] | None = None


def render(vector: Vector) -> str:
    """Return the text of a vector's file."""
    lines = [f"# {vector.about}", f"layer: {vector.layer}", f"input: {vector.input}"]
    if vector.kind:
        lines.append(f"kind: {vector.kind}")
    lines.append(f"expect: {vector.expect}")
    if vector.key:
        lines.append(f"key: {vector.key.hex()}")
    if vector.root:
        lines.append(f"root: {vector.root.hex()}")
    if vector.diagnostic:
        lines.append(f"diagnostic: {vector.diagnostic}")
    for name, texts in (("text", vector.texts), ("codes", vector.texts)):
        if texts and (name == "text") == (vector.input == "text"):
            pieces = texts if name == "codes" else texts[0].splitlines(keepends=True)
            lines += [f"{name}:", *(f"  {json.dumps(piece)}" for piece in pieces)]
    if vector.data is not None:
        digits = vector.data.hex()
        rows = [digits[at : at + _HEX_COLUMNS] for at in range(0, len(digits), _HEX_COLUMNS)]
        lines += ["bytes:", *(f"  {row}" for row in rows)]
    if vector.fields is not None:
        shown = json.dumps(vector.fields, indent=2, ensure_ascii=False)
        lines += ["fields:", *(f"  {row}" for row in shown.splitlines())]
    return "\n".join(lines) + "\n"


def plain(item: object) -> object:
    """Return the content of a document as JSON: byte strings in hexadecimal, purposes by name, values as objects."""
    if isinstance(item, bytes):
        return item.hex()
    if isinstance(item, Mapping):
        return {str(name): plain(each) for name, each in item.items()}
    if isinstance(item, tuple):
        return [plain(each) for each in item]
    if hasattr(item, "__slots__") and not isinstance(item, int):
        found = {name: plain(getattr(item, name)) for name in item.__slots__ if _is_shown(item, name)}
        extensions = getattr(item, "extensions", ())
        return found | ({"extensions": {str(key): plain(each) for key, each in extensions}} if extensions else {})
    return item.name.lower() if isinstance(item, IntEnum) else item


def _is_shown(item: object, name: str) -> bool:
    said = getattr(item, name)
    return name != "extensions" and not (name in _SHOWN_WHEN_SAID and (not said or said == Policy()))


def diagnostic(value: Value) -> str:
    """Return a value in the diagnostic notation of RFC 8949 section 8."""
    if isinstance(value, bytes):
        return f"h'{value.hex()}'"
    if isinstance(value, tuple):
        return f"[{', '.join(map(diagnostic, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{diagnostic(key)}: {diagnostic(item)}" for key, item in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)
