"""``order``: enter, list, show, process and cancel orders.  ``order import`` is in vendor_order_import."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from offline_activation.cli import manners, vendor_order_import, vendor_wiring
from offline_activation.cli.vendor_help import ANYWHERE, epilog
from offline_activation.errors import ActivationError, Misuse, Refusal

if TYPE_CHECKING:  # only names in signatures
    from collections.abc import Callable, Iterable

    from offline_activation.formats.names import LicenseNumber, ProductId
    from offline_activation.vendor.entitlements import Change
    from offline_activation.vendor.orders import Purchase
    from offline_activation.vendor.ports import Store, Work
    from offline_activation.vendor.records import Order, OrderId

_ADD = (
    "activation-vendor order add --product infinitime --company Northwind --email it@northwind.example "
    "--set employees=150 --option accruals_plus"
)


def register(program: typer.Typer) -> None:
    """Add the commands to ``program``."""
    order = typer.Typer(help=f"Orders.  Example: {_ADD}", cls=program.info.cls, epilog=ANYWHERE)
    order.command("add", epilog=epilog(_ADD))(_add)
    vendor_order_import.register(order)
    order.command("list", epilog=epilog("activation-vendor order list --state entered"))(_list)
    order.command("show", epilog=epilog("activation-vendor order show O-000001"))(_show)
    order.command("process", epilog=epilog("activation-vendor order process --all"))(_process)
    order.command("cancel", epilog=epilog("activation-vendor order cancel O-000001"))(_cancel)
    program.add_typer(order, name="order")


def _add(  # noqa: PLR0913 - an order has these fields
    *,
    product: Annotated[str, typer.Option("--product", metavar="ID", help="Id of a loaded product.")] = "",
    company: Annotated[str, typer.Option("--company", help="The customer, as it will stand in the license.")] = "",
    email: Annotated[str, typer.Option("--email", help="Where the ready mail goes.")] = "",
    contact_name: Annotated[str, typer.Option("--contact-name", help="A person at the customer.")] = "",
    totals: Annotated[list[str] | None, typer.Option("--set", metavar="LIMIT=N", help="The new total.")] = None,
    increases: Annotated[list[str] | None, typer.Option("--add", metavar="LIMIT=N", help="How many more.")] = None,
    options: Annotated[list[str] | None, typer.Option("--option", metavar="NAME", help="An option to buy.")] = None,
    until: Annotated[str, typer.Option("--until", metavar="DATE", help="Last day of a subscription, YYYY-MM-DD.")] = "",
    purchase_order: Annotated[str, typer.Option("--po", metavar="REF", help="The customer's reference.")] = "",
    license_number: Annotated[
        str, typer.Option("--license-number", metavar="LN", help="Makes it an additional purchase for this license.")
    ] = "",
) -> None:
    """Enter an order: of a new license, or an additional purchase for an existing one.

    For an additional purchase product, company, email and contact name are those on record unless named.
    """
    from offline_activation.formats.names import ProductId, read_license_number
    from offline_activation.vendor.orders import Purchase

    number = read_license_number(license_number) if license_number else None
    if number is None:
        product = product or manners.ask("Product", what="--product")
        company = company or manners.ask("Company", what="--company")
        email = email or manners.ask("Email", what="--email")
    _enter(
        Purchase(
            product=ProductId(product),
            company=company,
            email=email,
            contact_name=contact_name,
            purchase_order=purchase_order,
            license_number=number,
            totals=totals or (),
            increases=increases or (),
            options=options or (),
            until=until,
        )
    )


def _enter(purchase: "Purchase") -> None:
    import os
    from dataclasses import replace

    from offline_activation.cli.vendor_show import changes_json, order_json
    from offline_activation.vendor.customers import change_warnings
    from offline_activation.vendor.duplicates import Entered
    from offline_activation.vendor.ordering import draft_order, save_entered

    now, actor = vendor_wiring.fixed_clock()(), vendor_wiring.actor()
    with vendor_wiring.open_books() as store, store.begin() as work:
        if not purchase.product and purchase.license_number is not None:
            purchase = replace(purchase, product=_product_of(work, purchase.license_number))
        draft = draft_order(work, purchase, now=now)
        there = Entered(work.orders()).same_reference(draft) if purchase.purchase_order else None
        entered = save_entered(work, draft, now=now, actor=actor, randomness=os.urandom)
        changes = _customer_changes(work, entered)
    warnings = change_warnings(entered, changes)
    if there is not None:
        what = f"Purchase order {there.purchase_order}"
        warnings.append(Refusal("order.entered_before", what=what, order=there.order_id))
    for warning in warnings:
        manners.warn(warning)
    next_step = f"Next: activation-vendor order process {entered.order_id}"
    result = order_json(entered) | {"changes": changes_json(changes)}
    manners.emit(
        result | {"warnings": [manners.as_problem(warning) for warning in warnings]},
        [*_order_lines(entered, changes), "", next_step],
    )


def _customer_changes(work: "Work", order: "Order") -> "tuple[Change, ...]":
    """Return what an open additional purchase would change about the customer of its license."""
    from offline_activation.vendor.customers import customer_changes

    record = work.find_license(order.license_number)
    return () if record is None else customer_changes(order, record)


def _product_of(work: "Work", number: "LicenseNumber") -> "ProductId":
    """Return the product of the license that an additional purchase is for."""
    from offline_activation.formats.names import show_license_number

    record = work.find_license(number)
    if record is None:
        raise Refusal("vendor.unknown_license", license_number=show_license_number(number))
    return record.product


def _list(
    *, state: Annotated[str, typer.Option("--state", help="entered, processed, fulfilled or cancelled.")] = ""
) -> None:
    """List the orders."""
    from typing import get_args

    from offline_activation.cli.vendor_show import day, order_json
    from offline_activation.vendor.records import OrderState

    states: tuple[OrderState, ...] = get_args(OrderState)
    wanted = next((known for known in states if known == state), None)
    if state and wanted is None:
        raise Misuse("usage.invalid", what=f"--state is one of {', '.join(states)}")
    with vendor_wiring.open_books() as store, store.read() as work:
        found = list(work.orders(state=wanted))
    rows = [("Order", "State", "Entered", "License number", "Company", "Lines")]
    rows += [(o.order_id, o.state, day(o.entered), _number(o), o.company, _lines_of(o)) for o in found]
    manners.emit(
        {"orders": [order_json(order) for order in found]}, manners.table(rows) if found else ["There is no order."]
    )


def _show(order: Annotated[str, typer.Argument(metavar="ID", help="The order's id.")]) -> None:
    """Show one order."""
    from offline_activation.cli.vendor_show import changes_json, order_json
    from offline_activation.vendor.ordering import read_order_id

    wanted = read_order_id(order)
    with vendor_wiring.open_books() as store, store.read() as work:
        found = work.find_order(wanted)
        if found is None:
            raise Refusal("vendor.unknown_order", order=wanted)
        changes = _customer_changes(work, found)
    manners.emit(order_json(found) | {"changes": changes_json(changes)}, _order_lines(found, changes))


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
    from offline_activation.vendor.customers import change_warnings
    from offline_activation.vendor.ordering import cancel_order, read_order_id

    now, actor = vendor_wiring.fixed_clock()(), vendor_wiring.actor()
    wanted = [read_order_id(order) for order in orders]
    with vendor_wiring.open_books() as store:
        done = _one_by_one(store, wanted, lambda work, order: cancel_order(work, order, now=now, actor=actor))
        with store.read() as work:  # an open order may have taken its customer from one that is cancelled now
            numbers = {order.license_number for each in wanted if (order := work.find_order(each)) is not None}
            left = [order for order in work.orders(state="entered") if order.license_number in numbers]
            warnings = [w for order in left for w in change_warnings(order, _customer_changes(work, order))]
    for warning in warnings:
        manners.warn(warning)
    _report(done, [], nothing="")


def _one_by_one(
    store: "Store", wanted: "list[OrderId]", action: "Callable[[Work, OrderId], Order]"
) -> "list[dict[str, Any]]":
    """Do ``action`` with each order in its own unit of work; a single one raises, of several each is reported."""
    done: list[dict[str, Any]] = []
    for order_id in wanted:
        try:
            with store.begin() as work:
                order = action(work, order_id)
            done.append({"order": order_id, "license_number": _number(order), "state": order.state})
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


def _number(order: "Order") -> str:
    from offline_activation.formats.names import show_license_number

    return show_license_number(order.license_number)


def _lines_of(order: "Order") -> str:
    from offline_activation.cli.vendor_show import line_text

    return ", ".join(line_text(line) for line in order.lines) or "-"


def _order_lines(order: "Order", changes: "Iterable[Change]" = ()) -> list[str]:
    from offline_activation.cli.vendor_show import change_rows, day

    return manners.pairs(
        [
            ("Order", order.order_id + (" (additional purchase)" if order.is_amendment else "")),
            ("State", order.state),
            ("License number", _number(order)),
            ("Product", order.product),
            ("Company", order.company),
            ("Email", order.email),
            ("Contact", order.contact_name or "-"),
            ("Purchase order", order.purchase_order or "-"),
            ("Entered", day(order.entered)),
            ("Processed", day(order.processed)),
            ("Lines", _lines_of(order)),
            *((f"Changes {field}", text) for field, text in change_rows(changes)),
        ]
    )
