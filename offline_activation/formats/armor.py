"""Armor: a document as numbered lines of Crockford Base32 for people, mail and typing.

    OA1 LICENSE 24 LINES
    01 D2G5G 9D30C 2J0CV GC5V6 ... 7K        number, forty characters in groups of five, two check characters
    ...
    OA1 LICENSE END

Each line carries 25 bytes and its own check (CRC-10 over line number and text), so a damaged line is named.  There are
no hyphens, no ``=`` and no look-alikes to lose.  The reader forgives everything that cannot change a byte: case,
blanks, blank lines, ``>`` and ``|`` quoting, re-wrapping, CR and LF, no-break spaces, byte-order marks.
"""

import re
from typing import Final, Literal, get_args

from offline_activation.errors import Refusal
from offline_activation.formats.cbor import MAX_SIZE
from offline_activation.formats.crockford import check_symbols, decode, encode, fold, symbols
from offline_activation.formats.value import value

Label = Literal["REQUEST", "LICENSE", "REFUSAL", "TRUST", "PRODUCT", "RECEIPT"]

BYTES_PER_LINE: Final = 25
MAX_TEXT: Final = 1 << 20
"""Longest text that is searched for a block, in characters."""
_CHARACTERS_PER_LINE: Final = 40
_CHECK: Final = 2
_GROUP: Final = 5
_MAX_LINES: Final = -(-MAX_SIZE // BYTES_PER_LINE)

_LABELS: Final = "|".join(get_args(Label))
_GAP: Final = r"[\s>|]+"
_BEGIN: Final = re.compile(rf"\b[O0]A[1IL]{_GAP}({_LABELS}){_GAP}([0-9]{{1,3}}){_GAP}LINES\b", re.IGNORECASE | re.ASCII)
_END: Final = re.compile(rf"\b[O0]A[1IL]{_GAP}({_LABELS}){_GAP}END\b", re.IGNORECASE | re.ASCII)
_INVISIBLE: Final = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u200e\u200f\u2060\u00ad"))
_BLANKS: Final = re.compile(r"[^\S\n]+")
_LINE_ENDS: Final = re.compile(r"\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")


@value
class Armored:
    """A block that was read, and the lines around it; the lines are never trusted."""

    label: str
    document: bytes
    readable: tuple[str, ...]


def armor(document: bytes, label: Label) -> str:
    """Return ``document`` as an armored block, each line ended by LF."""
    text = encode(document)
    rows = [text[at : at + _CHARACTERS_PER_LINE] for at in range(0, len(text), _CHARACTERS_PER_LINE)]
    width = _number_width(len(rows))
    lines = [f"OA1 {label} {len(rows)} LINES"]
    for number, row in enumerate(rows, 1):
        groups = " ".join(row[at : at + _GROUP] for at in range(0, len(row), _GROUP))
        lines.append(f"{number:0{width}} {groups} {_check_of(row, number)}")
    lines.append(f"OA1 {label} END")
    return "\n".join(lines) + "\n"


def has_block(text: str) -> bool:
    """Tell whether ``text`` holds the first line of a block."""
    return _BEGIN.search(_cleaned(text)) is not None


def unarmor(text: str, *, source: str) -> Armored:
    """Return the one document in ``text``; ``source`` is what messages call it.

    Raises :class:`Refusal`: ``armor.no_block``, ``armor.two_documents``, ``armor.no_end``, ``armor.label_mismatch``,
    ``armor.line_missing``, ``armor.line_doubled``, ``armor.line_damaged`` (each naming the line), ``limit.too_large``.
    """
    if len(text) > MAX_TEXT:
        raise Refusal("limit.too_large", source=source, limit=f"{MAX_TEXT} characters")
    cleaned = _cleaned(text)
    begins = list(_BEGIN.finditer(cleaned))
    if not begins:
        raise Refusal("armor.no_block", source=source)
    if len(begins) > 1:
        found = ", ".join(match[1].upper() for match in begins[:4])
        raise Refusal("armor.two_documents", count=len(begins), source=source, found=found)
    begin = begins[0]
    total = int(begin[2])
    if not 1 <= total <= _MAX_LINES:
        raise Refusal("limit.count", what="the number of lines", limit=_MAX_LINES)
    end = _END.search(cleaned, begin.end())
    if end is None:
        raise Refusal("armor.no_end", line=_last_good_line(cleaned[begin.end() :], total))
    if end[1].upper() != begin[1].upper():
        raise Refusal("armor.label_mismatch", begin=begin[1].upper(), end=end[1].upper())
    document = decode("".join(_read_rows(cleaned[begin.end() : end.start()], total)))
    around = cleaned[: begin.start()].splitlines() + cleaned[end.end() :].splitlines()
    readable = tuple(line for line in (line.strip(" >|") for line in around) if line)
    return Armored(label=begin[1].upper(), document=document, readable=readable)


def _cleaned(text: str) -> str:
    return _BLANKS.sub(" ", _LINE_ENDS.sub("\n", text).translate(_INVISIBLE))


def _number_width(total: int) -> int:
    return 2 if total < 100 else 3  # noqa: PLR2004 - figures of the highest line number


def _check_of(row: str, number: int) -> str:
    return check_symbols(symbols(row) or [], position=number)


def _compact_lines(body: str) -> list[str]:
    lines = (fold("".join(line.replace(">", " ").replace("|", " ").split())) for line in body.split("\n"))
    return [line for line in lines if line]


def _read_rows(body: str, total: int) -> list[str]:
    """Return the Base32 text of each line: as the lines stand, or as one stream when they were wrapped anew."""
    lines = _compact_lines(body)
    width = _number_width(total)
    parsed = [_parse(line, width) for line in lines]
    if any(row is None for row in parsed):
        stream = _parse_stream("".join(lines), width, total)
        if None not in stream:
            parsed = stream
        elif len(lines) != total:
            raise Refusal("armor.line_damaged", line=stream.index(None) + 1)
    return _in_order(parsed, total)


def _parse(line: str, width: int) -> tuple[int, str] | None:
    """Return (number, text) of a line whose check fits, else ``None``."""
    digits, row, check = line[:width], line[width:-_CHECK], line[-_CHECK:]
    if not (digits.isascii() and digits.isdigit()) or not 1 <= len(row) <= _CHARACTERS_PER_LINE:
        return None
    values = symbols(row)
    if values is None or check_symbols(values, position=int(digits)) != check:
        return None
    return int(digits), row


def _parse_stream(stream: str, width: int, total: int) -> list[tuple[int, str] | None]:
    size = width + _CHARACTERS_PER_LINE + _CHECK
    cuts = [stream[at : at + size] for at in range(0, size * (total - 1), size)] + [stream[size * (total - 1) :]]
    parsed = [_parse(cut, width) for cut in cuts]
    return [row if row is not None and row[0] == number else None for number, row in enumerate(parsed, 1)]


def _in_order(parsed: list[tuple[int, str] | None], total: int) -> list[str]:
    expected = 1
    rows: list[str] = []
    for index, row in enumerate(parsed):
        if row is None:
            raise Refusal("armor.line_damaged", line=expected)
        number, text = row
        if number < expected or (number > expected and any(later and later[0] == expected for later in parsed[index:])):
            raise Refusal("armor.line_doubled", line=number)
        if number > expected:
            raise Refusal("armor.line_missing", line=expected)
        if number < total and len(text) != _CHARACTERS_PER_LINE:
            raise Refusal("armor.line_damaged", line=number)
        rows.append(text)
        expected += 1
    if expected <= total:
        raise Refusal("armor.line_missing", line=expected)
    if expected > total + 1:
        raise Refusal("armor.line_doubled", line=total)
    return rows


def _last_good_line(body: str, total: int) -> int:
    width = _number_width(total)
    numbers = [row[0] for row in (_parse(line, width) for line in _compact_lines(body)) if row is not None]
    return numbers[-1] if numbers else 0
