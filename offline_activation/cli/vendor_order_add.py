"""``order add``: enter an order by hand, of a new license or as an additional purchase."""

from typing import TYPE_CHECKING, Annotated

import typer

from offline_activation.cli import manners, vendor_wiring
from offline_activation.cli.vendor_help import epilog
from offline_activation.errors import Misuse, Refusal

if TYPE_CHECKING:  # only names in signatures
    from offline_activation.formats.names import LicenseNumber, ProductId
    from offline_activation.vendor.orders import Purchase
    from offline_activation.vendor.ports import Work

EXAMPLE = (
    "activation-vendor order add --product infinitime --company Northwind --email it@northwind.example "
    "--set employees=150 --option accruals_plus"
)

_MaintenanceUntil = Annotated[
    str, typer.Option("--maintenance-until", metavar="DATE", help="Last day of maintenance; none: no end.")
]
_VersionCeiling = Annotated[
    str, typer.Option("--version-ceiling", metavar="V", help="Highest version covered; none: no ceiling.")
]
_LicenseNumber = Annotated[
    str, typer.Option("--license-number", metavar="LN", help="Makes it an additional purchase for this license.")
]


def register(order: typer.Typer) -> None:
    """Add the command to the group ``order``."""
    order.command("add", epilog=epilog(EXAMPLE))(_add)


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
    perpetual: Annotated[bool, typer.Option("--perpetual", help="The license ends no more.")] = False,
    trial: Annotated[bool, typer.Option("--trial", help="A trial: needs a last day, ends without grace.")] = False,
    maintenance_until: _MaintenanceUntil = "",
    version_ceiling: _VersionCeiling = "",
    purchase_order: Annotated[str, typer.Option("--po", metavar="REF", help="The customer's reference.")] = "",
    license_number: _LicenseNumber = "",
) -> None:
    """Enter an order: of a new license, or an additional purchase for an existing one.

    For an additional purchase product, company, email and contact name are those on record unless named.  An order
    without --trial ends a trial.
    """
    from offline_activation.formats.names import ProductId, read_license_number
    from offline_activation.vendor.orders import Purchase

    purchase = Purchase(
        product=ProductId(product),
        company=company,
        email=email,
        contact_name=contact_name,
        purchase_order=purchase_order,
        license_number=read_license_number(license_number) if license_number else None,
        totals=totals or (),
        increases=increases or (),
        options=options or (),
        until=until,
        perpetual=perpetual,
        trial=trial,
        maintenance_until=maintenance_until,
        version_ceiling=version_ceiling,
    )
    _enter(_completed(purchase))


def _completed(purchase: "Purchase") -> "Purchase":
    """Return the purchase with what had to be asked for; what is mistyped is told before anything is asked."""
    from dataclasses import replace

    from offline_activation.formats.names import ProductId
    from offline_activation.vendor.orders import check_form, check_not_empty

    try:
        check_form(purchase)
        if purchase.license_number is None:
            purchase = replace(
                purchase,
                product=purchase.product or ProductId(manners.ask("Product", what="--product")),
                company=purchase.company or manners.ask("Company", what="--company"),
                email=purchase.email or manners.ask("Email", what="--email"),
            )
        check_not_empty(purchase)
    except Refusal as mistyped:
        raise Misuse.quoting(mistyped) from None
    return purchase


def _enter(purchase: "Purchase") -> None:
    import os
    from dataclasses import replace

    from offline_activation.cli.vendor_order_page import order_page, order_warnings
    from offline_activation.vendor.duplicates import Entered
    from offline_activation.vendor.ordering import draft_order, save_entered

    now, actor = vendor_wiring.fixed_clock()(), vendor_wiring.actor()
    with vendor_wiring.open_books() as store, store.begin() as work:
        if not purchase.product and purchase.license_number is not None:
            purchase = replace(purchase, product=_product_of(work, purchase.license_number))
        draft = draft_order(work, purchase, now=now)
        there = Entered(work.orders()).same_reference(draft) if purchase.purchase_order else None
        entered = save_entered(work, draft, now=now, actor=actor, randomness=os.urandom)
        (result, page), warnings = order_page(entered, work), order_warnings(entered, work)
    if there is not None:
        what = f"Purchase order {there.purchase_order}"
        warnings.append(Refusal("order.entered_before", what=what, order=there.order_id))
    for warning in warnings:
        manners.warn(warning)
    next_step = f"Next: activation-vendor order process {entered.order_id}"
    manners.emit(result | {"warnings": [manners.as_problem(warning) for warning in warnings]}, [*page, "", next_step])


def _product_of(work: "Work", number: "LicenseNumber") -> "ProductId":
    """Return the product of the license that an additional purchase is for."""
    from offline_activation.formats.names import show_license_number

    record = work.find_license(number)
    if record is None:
        raise Refusal("vendor.unknown_license", license_number=show_license_number(number))
    return record.product
