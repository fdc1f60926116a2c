"""``order``: list, show, process and cancel orders.  To enter them: vendor_order_add and vendor_order_import."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from offline_activation.cli import manners, vendor_order_add, vendor_order_import, vendor_wiring
from offline_activation.cli.vendor_help import ANYWHERE, epilog
from offline_activation.errors import ActivationError, Misuse, Refusal

if TYPE_CHECKING:  # only names in signatures
    from collections.abc import Callable

    from offline_activation.vendor.ports import Store, Work
    from offline_activation.vendor.records import Order, OrderId


def register(program: typer.Typer) -> None:
    """Add the commands to ``program``."""
    order = typer.Typer(help=f"Orders.  Example: {vendor_order_add.EXAMPLE}", cls=program.info.cls, epilog=ANYWHERE)
    vendor_order_add.register(order)
    vendor_order_import.register(order)
    order.command("list", epilog=epilog("activation-vendor order list --state entered"))(_list)
    order.command("show", epilog=epilog("activation-vendor order show O-000001"))(_show)
    order.command("process", epilog=epilog("activation-vendor order process --all"))(_process)
    order.command("cancel", epilog=epilog("activation-vendor order cancel O-000001"))(_cancel)
    program.add_typer(order, name="order")


def _list(
    *, state: Annotated[str, typer.Option("--state", help="entered, processed, fulfilled or cancelled.")] = ""
) -> None:
    """List the orders."""
    from typing import get_args

    from offline_activation.cli.vendor_order_page import lines_text
    from offline_activation.cli.vendor_show import day, number, order_json
    from offline_activation.vendor.records import OrderState

    states: tuple[OrderState, ...] = get_args(OrderState)
    wanted = next((known for known in states if known == state), None)
    if state and wanted is None:
        raise Misuse("usage.invalid", what=f"--state is one of {', '.join(states)}")
    with vendor_wiring.open_books() as store, store.read() as work:
        found = list(work.orders(state=wanted))
    rows = [("Order", "State", "Entered", "License number", "Company", "Lines")]
    rows += [(o.order_id, o.state, day(o.entered), number(o.license_number), o.company, lines_text(o)) for o in found]
    manners.emit(
        {"orders": [order_json(order) for order in found]}, manners.table(rows) if found else ["There is no order."]
    )


def _show(order: Annotated[str, typer.Argument(metavar="ID", help="The order's id.")]) -> None:
    """Show one order."""
    from offline_activation.cli.vendor_order_page import order_page
    from offline_activation.vendor.ordering import read_order_id

    wanted = read_order_id(order)
    with vendor_wiring.open_books() as store, store.read() as work:
        found = work.find_order(wanted)
        if found is None:
            raise Refusal("vendor.unknown_order", order=wanted)
        result, page = order_page(found, work)
    manners.emit(result, page)


def _process(
    orders: Annotated[list[str] | None, typer.Argument(metavar="ID...", help="Orders to process.")] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Every order that is entered.")] = False,
) -> None:
    """Process orders: the entitlement changes and the ready mail is queued."""
    from offline_activation.vendor.ordering import process_order, read_order_id

    if bool(orders) == everything:
        raise Misuse("usage.missing", what="ID or --all")
    now, actor = vendor_wiring.fixed_clock()(), vendor_wiring.actor()
    with vendor_wiring.open_books() as store:
        wanted = [read_order_id(order) for order in orders or ()]
        if everything:
            with store.read() as work:
                wanted = [order.order_id for order in work.orders(state="entered")]
        done = _one_by_one(store, wanted, lambda work, order: process_order(work, order, now=now, actor=actor))
    ready = [each["order"] for each in done if each["state"]]
    next_step = [
        "",
        f"The ready mail is queued: activation-vendor mail show order.processed:{ready[0]}" if ready else "",
        "Next: the customer makes a request; then activation-vendor sign FILE",
    ]
    _report(done, next_step if ready else [], nothing="No order waits to be processed.")


def _cancel(
    orders: Annotated[list[str], typer.Argument(metavar="ID...", help="Orders that are entered, not yet processed.")],
) -> None:
    """Cancel orders: they are never processed.  What was processed stays."""
    from offline_activation.cli.vendor_order_page import order_warnings
    from offline_activation.vendor.ordering import cancel_order, read_order_id

    now, actor = vendor_wiring.fixed_clock()(), vendor_wiring.actor()
    wanted = [read_order_id(order) for order in orders]
    with vendor_wiring.open_books() as store:
        done = _one_by_one(store, wanted, lambda work, order: cancel_order(work, order, now=now, actor=actor))
        with store.read() as work:  # an open order may have taken its customer from one that is cancelled now
            numbers = {order.license_number for each in wanted if (order := work.find_order(each)) is not None}
            left = [order for order in work.orders(state="entered") if order.license_number in numbers]
            warnings = [warning for order in left for warning in order_warnings(order, work)]
    for warning in warnings:
        manners.warn(warning)
    _report(done, [], nothing="")


def _one_by_one(
    store: "Store", wanted: "list[OrderId]", action: "Callable[[Work, OrderId], Order]"
) -> "list[dict[str, Any]]":
    """Do ``action`` with each order in its own unit of work; a single one raises, of several each is reported."""
    from offline_activation.cli.vendor_show import number

    done: list[dict[str, Any]] = []
    for order_id in wanted:
        try:
            with store.begin() as work:
                order = action(work, order_id)
            done.append({"order": order_id, "license_number": number(order.license_number), "state": order.state})
        except ActivationError as error:
            if len(wanted) == 1:
                raise
            done.append({"order": order_id, "license_number": None, "state": None, "code": error.code, "error": error})
            manners.warn(error)
    return done


def _report(done: list[dict[str, Any]], next_step: list[str], *, nothing: str) -> None:
    refused = [each.pop("error") for each in done if "error" in each]
    manners.SESSION.exit_code = manners.exit_code_of(refused[0]) if refused else manners.EXIT_DONE
    table = [("Order", "License number", "State")]
    table += [(each["order"], each["license_number"] or "-", each["state"] or each["code"]) for each in done]
    text = [*manners.table(table), *next_step] if done else [nothing]
    manners.emit({"orders": done, **_first_error(refused)}, text)


def _first_error(refused: list[ActivationError]) -> dict[str, Any]:
    return {"error": manners.as_problem(refused[0])} if refused else {}
