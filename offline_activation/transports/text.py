"""Bytes to text, whatever editor or mail gateway wrote them: UTF-8, UTF-16 with or without BOM, Windows-1252."""

import codecs
from typing import Final

from offline_activation.errors import Refusal

TEXT_LIMIT: Final = 1 << 20
"""Largest text that is searched for a document, in bytes."""

REWRITTEN_LIMIT: Final = 8 << 20
"""Largest mail that is rewritten before it is opened, in bytes."""

HEAD: Final = 64 * 1024
"""Bytes that ``head`` looks at."""

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is its beginning
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE: Final = 4096
_MOSTLY: Final = 0.7
_CONTROLS: Final = frozenset(map(chr, range(32))) - frozenset("\t\n\v\f\r\x1a\x1b")
_MOST_CONTROLS: Final = 0.02


def decode(data: bytes, *, source: str) -> str:
    """Return ``data`` as text; a byte order mark is removed, undecodable characters become U+FFFD.

    Raises :class:`Refusal` ``limit.too_large`` above ``TEXT_LIMIT`` bytes and ``armor.not_text`` for binary data.
    """
    if len(data) > TEXT_LIMIT:
        raise Refusal("limit.too_large", source=source, limit="1 MiB of text")
    text = _decode(data)
    sample = text[:_SAMPLE]
    if sum(c in _CONTROLS for c in sample) > _MOST_CONTROLS * len(sample):
        raise Refusal("armor.not_text", source=source)
    return text


def head(data: bytes) -> str:
    """Return the beginning of ``data`` as text, for recognizing what it is; never raises."""
    return _decode(data[:HEAD])


def plain_bytes(data: bytes, *, source: str) -> bytes:
    """Return ``data`` as it is, or as UTF-8 when an editor saved it as UTF-16, or with LF when lines end with CR alone.

    Raises :class:`Refusal` ``limit.too_large`` when more than ``REWRITTEN_LIMIT`` bytes would have to be rewritten.
    """
    wide = data.startswith(tuple(mark for mark, _ in _MARKS[1:])) or _unmarked_utf16(data[:_SAMPLE])
    if not wide and (b"\n" in data or b"\r" not in data):
        return data
    if len(data) > REWRITTEN_LIMIT:
        raise Refusal("limit.too_large", source=source, limit="8 MiB")
    return _decode(data).encode("utf-8", "replace") if wide else data.replace(b"\r", b"\n")


def _decode(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    if encoding := _unmarked_utf16(data[:_SAMPLE]):
        return data.decode(encoding, "replace")
    for encoding in ("utf-8", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def _unmarked_utf16(sample: bytes) -> str:
    """Name the byte order of UTF-16 text by where its zero bytes are; empty when it is something else."""
    pairs = len(sample) // 2
    if pairs == 0:
        return ""
    first = sample[0 : 2 * pairs : 2].count(0) / pairs
    second = sample[1 : 2 * pairs : 2].count(0) / pairs
    if second >= _MOSTLY and first < 1 - _MOSTLY:
        return "utf-16-le"
    if first >= _MOSTLY and second < 1 - _MOSTLY:
        return "utf-16-be"
    return ""
