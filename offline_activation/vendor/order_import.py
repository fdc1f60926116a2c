"""Orders from a CSV file: each row is a purchase, entered or refused for itself.  samples/orders.csv shows the columns.

Text stays text: a cell like ``=1+1`` is a company of that name and is never computed here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from offline_activation.errors import ActivationError, Refusal
from offline_activation.formats.names import ProductId, read_license_number
from offline_activation.vendor.duplicates import Entered, is_alike
from offline_activation.vendor.order_file import Row
from offline_activation.vendor.ordering import Randomness, draft_order, save_entered
from offline_activation.vendor.orders import Purchase
from offline_activation.vendor.ports import Work
from offline_activation.vendor.records import Order

_YES_OR_NO: Final = {"yes": True, "true": True, "no": False, "false": False, "": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of a row: an order, or the error that kept it out, or the order that was there before."""

    line: int
    company: str
    order: Order | None = None
    error: ActivationError | None = None
    there: Order | None = None
    """The order that has this purchase order reference already."""
    differs: bool = False
    """Whether the order that is there buys something else than the row says."""
    twin: Order | None = None
    """An older order without reference that is like the one just entered."""


def enter_rows(work: Work, rows: Iterable[Row], *, now: int, actor: str, randomness: Randomness) -> list[Done]:
    """Enter every row that is valid and new; an invalid one changes nothing and is reported with its error.

    A row whose purchase order reference was entered before (for the same company and product, and not cancelled) is
    not entered again, so that a file may be imported twice.
    """
    before = Entered(work.orders())
    done: list[Done] = []
    for row in rows:
        company = row.cells.get("company", "")
        try:
            draft = draft_order(work, _purchase(row), now=now)
            there = before.same_reference(draft)
            if there is not None:
                done.append(Done(line=row.line, company=draft.company, there=there, differs=not is_alike(draft, there)))
                continue
            twin = None if draft.purchase_order else before.alike(draft)
            order = save_entered(work, draft, now=now, actor=actor, randomness=randomness)
        except Refusal as error:
            done.append(Done(line=row.line, company=company, error=error))
            continue
        before.add(order)
        done.append(Done(line=row.line, company=order.company, order=order, twin=twin))
    return done


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
        perpetual=_yes(cells, "perpetual"),
        trial=_yes(cells, "trial"),
        maintenance_until=cells.get("maintenance_until", ""),
        version_ceiling=cells.get("version_ceiling", ""),
    )


def _yes(cells: Mapping[str, str], column: str) -> bool:
    """Return a cell that says yes or no; spreadsheet programs write TRUE and FALSE."""
    said = cells.get(column, "")
    if said.lower() not in _YES_OR_NO:
        raise Refusal("order.invalid", what=f"{said[:16]} in the column {column} is neither yes nor no")
    return _YES_OR_NO[said.lower()]
