"""The rows of a CSV file of orders, as the spreadsheet programs of different countries write one.  Pure.

UTF-8 with or without a byte order mark, or UTF-16 with one; comma, semicolon or tab, found in the line of column names
or said in a first line ``sep=;``; lines that begin with ``#`` are comments.
"""

import codecs
import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from offline_activation.errors import Refusal

FILE_LIMIT: Final = 4 << 20
"""Largest file, in bytes."""
ROW_LIMIT: Final = 10_000

_REQUIRED: Final = ("product",)
_TEXTS: Final = (
    *("company", "email", "contact_name", "license_number", "purchase_order"),
    *("until", "maintenance_until", "version_ceiling", "trial", "perpetual"),
)
_LISTS: Final = ("set", "add", "options")
_COLUMNS: Final = frozenset((*_REQUIRED, *_TEXTS, *_LISTS))
_DELIMITERS: Final = ",;\t"
_SAYS_DELIMITER: Final = "sep="


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the file: its line and its cells by column."""

    line: int
    cells: Mapping[str, str]


def read_rows(data: bytes, *, source: str) -> list[Row]:
    """Return the rows of a CSV file.

    Raises :class:`Refusal` ``order.invalid`` when it is no such file and ``limit.count`` for too many rows.
    """
    lines = _text(data, source).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    said = lines[0].strip().strip('"').lower()
    delimiter = lines[0].strip().strip('"')[-1] if said[:-1] == _SAYS_DELIMITER and said[-1] in _DELIMITERS else ""
    if lines[0].strip().lower() == _SAYS_DELIMITER:  # a tab, stripped
        delimiter = "\t"
    begin = 1 if delimiter else 0
    first = next((at for at, line in enumerate(lines) if at >= begin and _says_something(line)), None)
    if first is None:
        raise Refusal("order.invalid", what=f"no line with the names of the columns in {source}")
    delimiter = delimiter or max(_DELIMITERS, key=lines[first].count)
    try:
        return list(_rows("\n".join(lines[first:]), delimiter, first + 1, source))
    except csv.Error as error:
        raise Refusal("order.invalid", what=f"{error} in {source}") from None


def _text(data: bytes, source: str) -> str:
    try:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return data.decode("utf-16")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refusal("order.invalid", what=f"the text is not UTF-8, save as CSV UTF-8 ({source})") from None


def _says_something(line: str) -> bool:
    return bool(line.strip(f"{_DELIMITERS} ")) and not _is_comment(line)


def _is_comment(text: str) -> bool:
    return text.lstrip('"').startswith("#")  # a spreadsheet program puts a comment with a comma in quotes


def _rows(text: str, delimiter: str, first: int, source: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header = _header(next(reader), source)
    count = 0
    for cells in reader:
        if not any(cell.strip() for cell in cells) or _is_comment(cells[0]):
            continue
        count += 1
        if count > ROW_LIMIT:
            raise Refusal("limit.count", what=f"The number of rows in {source}", limit=ROW_LIMIT)
        named = dict(zip(header, (cell.strip() for cell in cells), strict=False))
        line = first + reader.line_num - 1
        surplus = {"": "more cells than columns"} if any(cell.strip() for cell in cells[len(header) :]) else {}
        yield Row(line=line, cells=named | surplus)


def _header(cells: list[str], source: str) -> list[str]:
    """Return the names of the columns, without the empty ones that a spreadsheet program leaves at the end."""
    header = [name.strip().lower() for name in cells]
    while header and not header[-1]:
        header.pop()
    for name in header:
        if name not in _COLUMNS:
            shown = f"the column {name[:32]} is not known" if name else "a column has no name"
            raise Refusal("order.invalid", what=f"{shown} in {source}")
        if header.count(name) > 1:
            raise Refusal("order.invalid", what=f"the column {name} stands twice in {source}")
    for name in _REQUIRED:
        if name not in header:
            raise Refusal("order.invalid", what=f"the column {name} is missing in {source}")
    return header
