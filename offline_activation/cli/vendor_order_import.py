"""``order import``: orders from a CSV file, each row entered, refused, or there before."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from offline_activation.cli import manners, vendor_wiring
from offline_activation.cli.vendor_help import epilog
from offline_activation.errors import Refusal

if TYPE_CHECKING:  # only names in signatures
    from offline_activation.vendor.order_import import Done


def register(order: typer.Typer) -> None:
    """Add the command to the group ``order``."""
    order.command("import", epilog=epilog("activation-vendor order import samples/orders.csv"))(_import)


def _import(file: Annotated[str, typer.Argument(metavar="FILE.csv", help="Orders; see samples/orders.csv.")]) -> None:
    """Enter the orders of a CSV file; rows that are not valid are reported and left out.

    A row whose purchase order was entered before, for the same company and product, is not entered again.
    """
    import os

    from offline_activation.files import STANDARD_STREAM, read_bounded
    from offline_activation.vendor.order_file import FILE_LIMIT, read_rows
    from offline_activation.vendor.order_import import enter_rows
    from offline_activation.vendor.terms import trial_warning

    source = "standard input" if file == STANDARD_STREAM else file
    rows = read_rows(read_bounded(file, limit=FILE_LIMIT), source=source)
    now, actor = vendor_wiring.fixed_clock()(), vendor_wiring.actor()
    with vendor_wiring.open_books() as store, store.begin() as work:
        done = enter_rows(work, rows, now=now, actor=actor, randomness=os.urandom)
        entered_now = [row.order for row in done if row.order is not None]
        ends = [trial_warning(order, work.find_license(order.license_number)) for order in entered_now]
    for warning in filter(None, ends):
        manners.warn(warning)
    for row in done:
        if row.order is not None and row.twin is not None:
            what = f"What line {row.line} orders for {row.company[:40]}"
            manners.warn(Refusal("order.entered_before", what=what, order=row.twin.order_id))
    refused = [row.error for row in done if row.error is not None]
    entered, there = sum(row.order is not None for row in done), sum(row.there is not None for row in done)
    manners.SESSION.exit_code = manners.EXIT_REFUSED if refused else manners.EXIT_DONE
    problem = {"error": manners.as_problem(refused[0])} if refused else {}
    next_step = ["Next: activation-vendor order process --all"] if entered else []
    counted = f"{_count(entered, 'order')} entered, {_count(len(refused), 'row')} refused, {there} already there."
    manners.emit(
        {"orders": [_json(row) for row in done], "entered": entered, "refused": len(refused), "already": there}
        | problem,
        [*_table(done), "", counted, *next_step],
    )


def _json(row: "Done") -> dict[str, Any]:
    from offline_activation.cli.vendor_show import order_json

    order = row.order or row.there
    result = {"row": row.line, **(order_json(order) if order else {"order": None, "license_number": None})}
    result["already_entered"] = row.there is not None
    if row.error is not None:
        result["error"] = manners.as_problem(row.error)
    elif row.there is not None:
        result["differs"] = row.differs
    elif row.twin is not None:
        result["possible_duplicate_of"] = row.twin.order_id
    return result


def _table(done: "list[Done]") -> list[str]:
    from offline_activation.cli.vendor_show import number

    rows = [("Line", "Order", "License number", "Company", "Result")]
    for row in done:
        order = row.order or row.there
        shown = (order.order_id, number(order.license_number)) if order else ("-", "-")
        rows.append((str(row.line), *shown, row.company, _outcome(row)))
    return manners.table(rows)


def _outcome(row: "Done") -> str:
    if row.there is not None:
        other = ", and there it buys something else" if row.differs else ""
        return f"already entered: {row.there.order_id}{other}"
    return "entered" if row.error is None else row.error.message


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
