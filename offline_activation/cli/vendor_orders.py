"""``order``: enter, import, list, show and process orders."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from offline_activation.cli import manners, vendor_wiring
from offline_activation.errors import ActivationError, Misuse, Refusal

if TYPE_CHECKING:  # only names in signatures
    from offline_activation.formats.names import LicenseNumber, ProductId
    from offline_activation.vendor.orders import Purchase
    from offline_activation.vendor.ports import Work
    from offline_activation.vendor.records import Order

_ADD = (
    "activation-vendor order add --product infinitime --company Northwind --email it@northwind.example "
    "--set employees=150 --option accruals_plus"
)


def register(program: typer.Typer) -> None:
    """Add the commands to ``program``."""
    order = typer.Typer(help=f"Orders.  Example: {_ADD}", cls=program.info.cls)
    order.command("add", epilog=f"Example: {_ADD}")(_add)
    order.command("import", epilog="Example: activation-vendor order import samples/orders.csv")(_import)
    order.command("list", epilog="Example: activation-vendor order list --state entered")(_list)
    order.command("show", epilog="Example: activation-vendor order show O-000001")(_show)
    order.command("process", epilog="Example: activation-vendor order process --all")(_process)
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
    """Enter an order: of a new license, or an additional purchase for an existing one."""
    from offline_activation.formats.names import ProductId, read_license_number  # noqa: PLC0415 - imports what it needs
    from offline_activation.vendor.orders import Purchase  # noqa: PLC0415

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
    import os  # noqa: PLC0415 - commands import what they need
    from dataclasses import replace  # noqa: PLC0415

    from offline_activation.cli.vendor_show import order_json  # noqa: PLC0415
    from offline_activation.vendor.ordering import enter_order  # noqa: PLC0415

    now, actor = vendor_wiring.fixed_clock()(), vendor_wiring.actor()
    with vendor_wiring.open_books() as store, store.begin() as work:
        if not purchase.product and purchase.license_number is not None:
            purchase = replace(purchase, product=_product_of(work, purchase.license_number))
        entered = enter_order(work, purchase, now=now, actor=actor, randomness=os.urandom)
    next_step = f"Next: activation-vendor order process {entered.order_id}"
    manners.emit(order_json(entered), [*_order_lines(entered), "", next_step])


def _product_of(work: "Work", number: "LicenseNumber") -> "ProductId":
    """Return the product of the license that an additional purchase is for."""
    from offline_activation.formats.names import show_license_number  # noqa: PLC0415 - commands import what they need

    record = work.find_license(number)
    if record is None:
        raise Refusal("vendor.unknown_license", license_number=show_license_number(number))
    return record.product


def _import(file: Annotated[str, typer.Argument(metavar="FILE.csv", help="Orders; see samples/orders.csv.")]) -> None:
    """Enter the orders of a CSV file; rows that are not valid are reported and left out."""
    import os  # noqa: PLC0415 - commands import what they need

    from offline_activation.cli.vendor_show import order_json  # noqa: PLC0415
    from offline_activation.files import read_bounded  # noqa: PLC0415
    from offline_activation.vendor.order_import import FILE_LIMIT, enter_rows, read_rows  # noqa: PLC0415

    rows = read_rows(read_bounded(file, limit=FILE_LIMIT), source=file)
    now, actor = vendor_wiring.fixed_clock()(), vendor_wiring.actor()
    with vendor_wiring.open_books() as store, store.begin() as work:
        done = enter_rows(work, rows, now=now, actor=actor, randomness=os.urandom)
    refused = [row.error for row in done if row.error is not None]
    result = [
        {"row": row.line, **(order_json(row.order) if row.order else {"order": None, "license_number": None})}
        | ({"error": manners.as_problem(row.error)} if row.error else {})
        for row in done
    ]
    table = [("Line", "Order", "License number", "Company", "Result")]
    table += [
        (str(row.line), row.order.order_id, _number(row.order), row.order.company, "entered")
        if row.order
        else (str(row.line), "-", "-", row.company, row.error.message if row.error else "")
        for row in done
    ]
    entered = len(done) - len(refused)
    last = f"{entered} orders entered, {len(refused)} rows refused."
    manners.SESSION.exit_code = manners.EXIT_REFUSED if refused else manners.EXIT_DONE
    next_step = ["Next: activation-vendor order process --all"] if entered else []
    manners.emit(
        {"orders": result, "entered": entered, "refused": len(refused), **_first_error(refused)},
        [*manners.table(table), "", last, *next_step],
    )


def _list(
    *, state: Annotated[str, typer.Option("--state", help="entered, processed, fulfilled or cancelled.")] = ""
) -> None:
    """List the orders."""
    from typing import get_args  # noqa: PLC0415 - commands import what they need

    from offline_activation.cli.vendor_show import day, order_json  # noqa: PLC0415
    from offline_activation.vendor.records import OrderState  # noqa: PLC0415

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
    from offline_activation.cli.vendor_show import order_json  # noqa: PLC0415 - commands import what they need
    from offline_activation.vendor.ordering import read_order_id  # noqa: PLC0415

    wanted = read_order_id(order)
    with vendor_wiring.open_books() as store, store.read() as work:
        found = work.find_order(wanted)
    if found is None:
        raise Refusal("vendor.unknown_order", order=wanted)
    manners.emit(order_json(found), _order_lines(found))


def _process(
    orders: Annotated[list[str] | None, typer.Argument(metavar="ID...", help="Orders to process.")] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Every order that is entered.")] = False,
) -> None:
    """Process orders: the entitlement changes and the ready mail is queued."""
    from offline_activation.vendor.ordering import process_order, read_order_id  # noqa: PLC0415

    if bool(orders) == everything:
        raise Misuse("usage.missing", what="ID or --all")
    now, actor = vendor_wiring.fixed_clock()(), vendor_wiring.actor()
    result: list[dict[str, Any]] = []
    refused: list[ActivationError] = []
    with vendor_wiring.open_books() as store:
        wanted = [read_order_id(order) for order in orders or ()]
        if everything:
            with store.read() as work:
                wanted = [order.order_id for order in work.orders(state="entered")]
        for order_id in wanted:
            try:
                with store.begin() as work:
                    done = process_order(work, order_id, now=now, actor=actor)
                result.append({"order": order_id, "license_number": _number(done), "state": done.state})
            except ActivationError as error:
                if len(wanted) == 1:
                    raise
                refused.append(error)
                result.append({"order": order_id, "license_number": None, "state": None, "code": error.code})
                manners.warn(error)
    manners.SESSION.exit_code = manners.exit_code_of(refused[0]) if refused else manners.EXIT_DONE
    table = [("Order", "License number", "State")]
    table += [(each["order"], each["license_number"] or "-", each["state"] or each["code"]) for each in result]
    next_step = ["", "The ready mail is queued. Next: the customer makes a request; then activation-vendor sign FILE"]
    text = [*manners.table(table), *next_step] if result else ["No order waits to be processed."]
    manners.emit({"orders": result, **_first_error(refused)}, text)


def _first_error(refused: list[ActivationError]) -> dict[str, Any]:
    return {"error": manners.as_problem(refused[0])} if refused else {}


def _number(order: "Order") -> str:
    from offline_activation.formats.names import show_license_number  # noqa: PLC0415 - commands import what they need

    return show_license_number(order.license_number)


def _lines_of(order: "Order") -> str:
    from offline_activation.cli.vendor_show import line_text  # noqa: PLC0415 - commands import what they need

    return ", ".join(line_text(line) for line in order.lines) or "-"


def _order_lines(order: "Order") -> list[str]:
    from offline_activation.cli.vendor_show import day  # noqa: PLC0415 - commands import what they need

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
        ]
    )
