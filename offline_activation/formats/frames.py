"""Frames: the texts inside QR codes, one for a small document or several numbered parts for a larger one.

    OA1:<base45 of the document>                     up to 640 bytes: one code of version 20, level M
    OA1:<doc>/<i>/<n>:<base45 of part i>             above: n even parts of at most 375 bytes

``doc`` is eight hexadecimal digits of the document's SHA-256: a document begins with D2 84, which Base45 writes as RRQ,
so no whole document can look like a part.
"""

from collections.abc import Iterable
from typing import Final

from offline_activation.errors import Refusal
from offline_activation.formats import base45
from offline_activation.formats.cbor import MAX_SIZE
from offline_activation.formats.digest import sha256
from offline_activation.formats.value import value

PREFIX: Final = "OA1:"
SINGLE_LIMIT: Final = 640
"""Largest document in one code, in bytes."""
PART_LIMIT: Final = 375
"""Largest part of a document in several codes, in bytes."""
MAX_PARTS: Final = -(-MAX_SIZE // PART_LIMIT)
MAX_TEXT: Final = 4296
"""What the largest QR code holds, in characters (ISO/IEC 18004, version 40 level L)."""

_ID_DIGITS: Final = 8
_HEX: Final = frozenset("0123456789ABCDEF")


@value
class Frame:
    """One QR code's text, read: ``document_id`` is empty for a whole document."""

    document_id: str
    index: int
    total: int
    data: bytes


def split(document: bytes) -> tuple[str, ...]:
    """Return the texts for the QR codes of ``document``, in order."""
    if len(document) <= SINGLE_LIMIT:
        return (PREFIX + base45.encode(document),)
    total = -(-len(document) // PART_LIMIT)
    size = -(-len(document) // total)
    name = _document_id(document)
    parts = [document[at : at + size] for at in range(0, len(document), size)]
    return tuple(f"{PREFIX}{name}/{i}/{total}:{base45.encode(part)}" for i, part in enumerate(parts, 1))


def looks_like_frame(text: str) -> bool:
    """Tell whether ``text`` claims to be the text of one of our QR codes."""
    return text.lstrip().upper().startswith(PREFIX)


def read(text: str) -> Frame:
    """Return the frame in ``text``; raises :class:`Refusal`.

    The codes are ``armor.qr_text_damaged``, ``frames.invalid`` and ``limit.too_large``.
    """
    if not text.startswith(PREFIX):
        raise Refusal("armor.qr_text_damaged")
    if len(text) > MAX_TEXT:
        raise Refusal("limit.too_large", source="the text of the QR code", limit=f"{MAX_TEXT} characters")
    body = text.removeprefix(PREFIX)
    name = body[:_ID_DIGITS]
    if body[_ID_DIGITS : _ID_DIGITS + 1] != "/" or not _HEX.issuperset(name):
        return Frame(document_id="", index=1, total=1, data=base45.decode(body))
    numbers, colon, data = body[_ID_DIGITS + 1 :].partition(":")
    index, slash, total = numbers.partition("/")
    if not colon or not slash or not _is_number(index) or not _is_number(total):
        raise Refusal("armor.qr_text_damaged")
    if not 1 <= int(index) <= int(total) <= MAX_PARTS:
        raise Refusal("frames.invalid", index=index, total=total)
    return Frame(document_id=name, index=int(index), total=int(total), data=base45.decode(data))


def join(texts: Iterable[str]) -> bytes:
    """Return the one document that the QR codes' ``texts`` carry; order and repetition do not matter.

    Raises :class:`Refusal`: ``armor.qr_text_damaged``, ``limit.too_large``, ``frames.invalid``, ``frames.mixed`` (parts
    of two documents), ``frames.missing`` (names the missing parts).
    """
    found = [read(text) for text in texts]
    if not found:
        raise Refusal("armor.qr_text_damaged")
    first = found[0]
    parts: dict[int, bytes] = {}
    for frame in found:
        if (frame.document_id, frame.total) != (first.document_id, first.total):
            raise Refusal("frames.mixed")
        if parts.setdefault(frame.index, frame.data) != frame.data:
            raise Refusal("frames.mixed")
    missing = [number for number in range(1, first.total + 1) if number not in parts]
    if missing:
        raise Refusal("frames.missing", missing=", ".join(map(str, missing)), total=first.total)
    document = b"".join(parts[number] for number in range(1, first.total + 1))
    if first.document_id and _document_id(document) != first.document_id:
        raise Refusal("frames.mixed")
    return document


def _document_id(document: bytes) -> str:
    return sha256(document).hex()[:_ID_DIGITS].upper()


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 2 and text[0] != "0"  # noqa: PLR2004 - 44 parts at most
