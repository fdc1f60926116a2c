"""The technical half of ``inspect``: every field by its machine name, and the bytes with what they are."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from offline_activation.formats.cbor import decode, encode
from offline_activation.formats.content import FIELD_NAMES
from offline_activation.formats.envelope import ALGORITHM, Envelope, Kind
from offline_activation.formats.instants import show_instant

_INSTANTS: Final = frozenset(
    {
        "created",
        "issued",
        "not_before",
        "not_after",
        "lease_until",
        "until",
        "maintenance_until",
        "root_until",
        "emergency_opened",
    }
)
_SAID: Final = {
    Kind.REQUEST: frozenset(
        [
            "purpose",
            "product",
            "license_number",
            "created",
            "counter",
            "volume_id",
            "volume_source",
            "contact",
            "revision",
            "usage",
            "zone",
            "emergency_opened",
        ]
    ),
    Kind.LICENSE: frozenset(
        [
            "product",
            "license_number",
            "revision",
            "issued",
            "company",
            "limits",
            "options",
            "lease_until",
            "grace_days",
            "until",
            "maintenance_until",
            "trial",
            "version_ceiling",
        ]
    ),
    Kind.REFUSAL: frozenset(["product", "code", "message", "remedy", "issued"]),
    Kind.RECEIPT: frozenset(["product", "license_number", "revision", "issued"]),
    Kind.TRUST: frozenset(["number", "vendor", "issued", "root_until"]),
    Kind.ROOT: frozenset(["number", "issued"]),
    Kind.PRODUCT: frozenset(
        ["product", "name", "vendor", "demo_days", "lease_days", "grace_days", "support_email", "server"]
    ),
}
"""What the lines for people say already."""
_BYTES_PER_LINE: Final = 16


def technical(kind: Kind, content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield name and value of everything in ``content`` that the lines for people do not say."""
    for name, item in content.items():
        if name not in _SAID[kind]:
            yield from _flat(name, item)


def _flat(name: str, item: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - whatever JSON can hold
    if isinstance(item, dict) and item:
        for inner, each in item.items():
            yield from _flat(f"{name}.{inner}", each)
    elif isinstance(item, list) and any(isinstance(each, (dict, list)) for each in item):
        for number, each in enumerate(item, 1):
            yield from _flat(f"{name}.{number}", each)
    elif isinstance(item, list) and item:
        yield name, ", ".join(map(str, item))
    elif item is None and name.endswith(".products"):
        yield name, "all of the vendor"
    elif item is None or item in ({}, []):
        yield name, "none"
    elif isinstance(item, bool):
        yield name, "yes" if item else "no"
    elif isinstance(item, int) and name.rpartition(".")[2] in _INSTANTS:
        yield name, f"{item} ({show_instant(item)})"
    else:
        yield name, str(item)


def hex_json(envelope: Envelope) -> dict[str, str]:
    """Return the three parts of a document as hexadecimal."""
    return {
        "protected": envelope.protected.hex(),
        "payload": envelope.payload.hex(),
        "signature": envelope.signature.hex(),
    }


def hex_lines(envelope: Envelope) -> Iterator[str]:
    """Yield the bytes of a document, each stretch below the name of what it is."""
    about = f"alg {ALGORITHM} (Ed25519), content type application/oa-{envelope.kind.value}, key id"
    yield f"Protected header, {len(envelope.protected)} bytes: {about} {envelope.key_id.hex()}"
    yield from _dump(envelope.protected, 0)
    yield f"Payload, {len(envelope.payload)} bytes: a CBOR map, field by field"
    yield from _payload(envelope)
    yield f"Signature, {len(envelope.signature)} bytes: Ed25519 over header and payload (docs/format.md)"
    yield from _dump(envelope.signature, 0)


def _payload(envelope: Envelope) -> Iterator[str]:
    fields = decode(envelope.payload)
    if not isinstance(fields, dict):  # refused by every reader of payloads
        return
    encoded = {key: encode({key: item})[1:] for key, item in fields.items()}
    at = len(envelope.payload) - sum(map(len, encoded.values()))
    yield f"  head of a map of {len(fields)} fields"
    yield from _dump(envelope.payload[:at], 0)
    names = FIELD_NAMES[envelope.kind]
    for key, data in encoded.items():
        yield f"  {key} {names.get(int(key), 'extension')}"
        yield from _dump(data, at)
        at += len(data)


def _dump(data: bytes, begin: int) -> Iterator[str]:
    for at in range(0, len(data), _BYTES_PER_LINE):
        row = data[at : at + _BYTES_PER_LINE]
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)  # noqa: PLR2004 - printable ASCII
        yield f"    {begin + at:04x}  {row.hex(' ').ljust(3 * _BYTES_PER_LINE - 1)}  {text}"
