"""The worked bytes of docs/format.md: one request, byte by byte, as armor and as QR text."""

from vector_file import diagnostic
from vector_world import SITE, SMALL_REQUEST

from offline_activation.formats.armor import armor
from offline_activation.formats.cbor import decode, encode
from offline_activation.formats.envelope import open_envelope, signed_bytes
from offline_activation.formats.frames import split
from offline_activation.formats.names import document_id, reference
from offline_activation.formats.request import seal_request

BEGIN = "<!-- worked bytes: written by tests/vectors/generate.py -->"
END = "<!-- end of worked bytes -->"
_COLUMNS = 46
_NAMES = {
    1: "version", 2: "purpose: renew", 3: "product", 4: "created", 5: "nonce", 6: "site key", 7: "license number",
    8: "counter", 9: "HD Volume ID", 10: "its source", 11: "components", 12: "contact", 13: "revision",
}  # fmt: skip


def with_worked_bytes(text: str) -> str:
    """Return ``text`` with the section between the two marks written anew."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        message = "docs/format.md has lost the marks of its worked bytes"
        raise ValueError(message)
    return f"{before}{BEGIN}\n{worked_bytes()}{END}{after}"


def worked_bytes() -> str:
    """Return the section: annotated bytes, id and reference, armor, QR text."""
    document = seal_request(SMALL_REQUEST, SITE)
    envelope = open_envelope(document)
    signed = signed_bytes(envelope.kind, envelope.protected, envelope.payload)
    return "\n".join(
        [
            "```text",
            *_annotated(document),
            "```",
            "",
            f"{len(document)} bytes. What is signed (Sig_structure, {len(signed)} bytes):",
            "",
            "```text",
            *_rows(signed, ""),
            "```",
            "",
            f"Document id (first 16 bytes of SHA-256 of the payload): `{document_id(envelope.payload).hex()}`,",
            f"reference `{reference(document_id(envelope.payload))}`.",
            "",
            "Armored:",
            "",
            "```text",
            armor(document, "REQUEST").rstrip("\n"),
            "```",
            "",
            "In one QR code:",
            "",
            "```text",
            *split(document),
            "```",
            "",
        ]
    )


def _annotated(document: bytes) -> list[str]:
    envelope = open_envelope(document)
    protected, payload = envelope.protected, envelope.payload
    at_payload = 2 + 2 + len(protected) + 1
    head = document[at_payload : document.index(payload)]
    lines = [
        *_rows(document[:1], "tag 18, COSE_Sign1"),
        *_rows(document[1:2], "array of four"),
        *_rows(document[2:4], f"byte string of {len(protected)}: protected header"),
        *_entries(protected, {1: "alg: Ed25519", 3: "content type", 4: "key id"}),
        *_rows(b"\xa0", "unprotected header: empty"),
        *_rows(head, f"byte string of {len(payload)}: payload"),
        *_entries(payload, _NAMES),
        *_rows(document[-66:-64], "byte string of 64: signature"),
        *_rows(envelope.signature, ""),
    ]
    shown = b"".join(bytes.fromhex(line.partition("#")[0]) for line in lines)
    if shown != document:
        message = "the annotation does not add up to the document"
        raise ValueError(message)
    return lines


def _entries(encoded: bytes, names: dict[int, str]) -> list[str]:
    """Return the rows of a map with small integer keys: its head, then each key with its value."""
    body = decode(encoded)
    if not isinstance(body, dict):
        message = "only maps are annotated"
        raise TypeError(message)
    lines = _rows(encoded[:1], f"  map of {len(body)}")
    for key, item in body.items():
        name = names[key] if isinstance(key, int) else ""
        shown = diagnostic(item) if not isinstance(item, bytes) else ""
        lines += _rows(encode(key) + encode(item), f"    {key}: {name} {shown}".rstrip())
    return lines


def _rows(data: bytes, note: str) -> list[str]:
    """Return ``data`` in rows of sixteen bytes, the first of them with a note."""
    rows = [data[at : at + 16].hex() for at in range(0, len(data), 16)]
    first = f"{rows[0]:{_COLUMNS - 12}}# {note}" if note else rows[0]
    return [first, *rows[1:]]
