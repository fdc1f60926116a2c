"""Orders from a CSV file: each row is a purchase, entered or refused for itself.  samples/orders.csv shows the columns.

Text stays text: a cell like ``=1+1`` is a company of that name and is never computed here.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from offline_activation.errors import ActivationError, Refusal
from offline_activation.formats.names import ProductId, read_license_number
from offline_activation.vendor.ordering import Randomness, enter_order
from offline_activation.vendor.orders import Purchase
from offline_activation.vendor.ports import Work
from offline_activation.vendor.records import Order

FILE_LIMIT: Final = 4 << 20
"""Largest file, in bytes."""
ROW_LIMIT: Final = 10_000

_REQUIRED: Final = ("product",)
_TEXTS: Final = ("company", "email", "contact_name", "license_number", "purchase_order", "until")
_LISTS: Final = ("set", "add", "options")
_COLUMNS: Final = frozenset((*_REQUIRED, *_TEXTS, *_LISTS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the file: its line and its cells by column."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of a row: an order, or the error that kept it out."""

    line: int
    company: str
    order: Order | None = None
    error: ActivationError | None = None


def read_rows(data: bytes, *, source: str) -> list[Row]:
    """Return the rows of a CSV file (UTF-8; comma or semicolon; lines that begin with ``#`` are comments).

    Raises :class:`Refusal` ``order.invalid`` when it is no such file and ``limit.count`` for too many rows.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refusal("order.invalid", what=f"{source} is not UTF-8 text") from None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    first = next((at for at, line in enumerate(lines) if line.strip() and not line.startswith("#")), None)
    if first is None:
        raise Refusal("order.invalid", what=f"{source} has no line with the names of the columns")
    delimiter = ";" if lines[first].count(";") > lines[first].count(",") else ","
    try:
        return list(_rows("\n".join(lines[first:]), delimiter, first + 1, source))
    except csv.Error as error:
        raise Refusal("order.invalid", what=f"{source}: {error}") from None


def enter_rows(work: Work, rows: Iterable[Row], *, now: int, actor: str, randomness: Randomness) -> list[Done]:
    """Enter every row that is valid; an invalid one changes nothing and is reported with its error."""
    done: list[Done] = []
    for row in rows:
        company = row.cells.get("company", "")
        try:
            order = enter_order(work, _purchase(row), now=now, actor=actor, randomness=randomness)
            done.append(Done(line=row.line, company=company, order=order))
        except Refusal as error:
            done.append(Done(line=row.line, company=company, error=error))
    return done


def _rows(text: str, delimiter: str, first: int, source: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header = [name.strip().lower() for name in next(reader)]
    _check_header(header, source)
    count = 0
    for cells in reader:
        if not any(cell.strip() for cell in cells) or cells[0].startswith("#"):
            continue
        count += 1
        if count > ROW_LIMIT:
            raise Refusal("limit.count", what=f"The number of rows in {source}", limit=ROW_LIMIT)
        named = dict(zip(header, (cell.strip() for cell in cells), strict=False))
        line = first + reader.line_num - 1
        surplus = {"": "more cells than columns"} if len(cells) > len(header) else {}
        yield Row(line=line, cells=named | surplus)


def _check_header(header: list[str], source: str) -> None:
    for name in header:
        if name not in _COLUMNS:
            raise Refusal("order.invalid", what=f"{source} has a column {name or 'without a name'}, which is not known")
        if header.count(name) > 1:
            raise Refusal("order.invalid", what=f"{source} has the column {name} twice")
    for name in _REQUIRED:
        if name not in header:
            raise Refusal("order.invalid", what=f"{source} has no column {name}")


def _purchase(row: Row) -> Purchase:
    cells = row.cells
    if "" in cells:
        raise Refusal("order.invalid", what=f"line {row.line} has {cells['']}")
    number = cells.get("license_number", "")
    return Purchase(
        product=ProductId(cells.get("product", "")),
        company=cells.get("company", ""),
        email=cells.get("email", ""),
        contact_name=cells.get("contact_name", ""),
        purchase_order=cells.get("purchase_order", ""),
        license_number=read_license_number(number) if number else None,
        totals=cells.get("set", "").split(),
        increases=cells.get("add", "").split(),
        options=cells.get("options", "").split(),
        until=cells.get("until", ""),
    )
