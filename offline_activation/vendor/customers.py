"""Who the customer of a license is: as entered, else as on record; what an order changes about that.  Pure.

Of all orders that were processed, the one that was *entered* last says who the customer is, in whatever sequence they
are processed; so an older order that stayed open does not put an older company back.
"""

from collections.abc import Iterable, Sequence
from typing import Final, TypedDict

from offline_activation.errors import Refusal
from offline_activation.formats.contact import is_mail_address
from offline_activation.vendor.entitlements import Change
from offline_activation.vendor.orders import Purchase
from offline_activation.vendor.records import LicenseRecord, Order

_GRANTED: Final = frozenset({"processed", "fulfilled"})
_LABELS: Final = {"company": "company", "email": "e-mail", "contact_name": "contact"}


class Customer(TypedDict):
    """Who buys."""

    company: str
    email: str
    contact_name: str


def customer_of(purchase: Purchase, known: LicenseRecord | None, orders: Sequence[Order]) -> Customer:
    """Return who buys: as entered, else as the newest open one of the license's ``orders`` says, else as on record."""
    newest = next((order for order in reversed(orders) if order.state == "entered"), None)
    if newest is not None:
        recorded = Customer(company=newest.company, email=newest.email, contact_name=newest.contact_name)
    elif known is not None:
        address = current_address(known)
        recorded = Customer(company=known.company, email=address, contact_name=known.contact_name)
    else:
        recorded = Customer(company="", email="", contact_name="")
    return Customer(
        company=purchase.company or recorded["company"],
        email=purchase.email or recorded["email"],
        contact_name=purchase.contact_name or recorded["contact_name"],
    )


def customer_after(orders: Iterable[Order]) -> Customer:
    """Return who the customer is by the ``orders`` of a license, in the sequence in which they were entered."""
    newest = [order for order in orders if order.state in _GRANTED][-1]
    return Customer(company=newest.company, email=newest.email, contact_name=newest.contact_name)


def customer_changes(order: Order, record: LicenseRecord) -> tuple[Change, ...]:
    """Return what an open additional purchase would change about the customer of its license."""
    if order.state != "entered" or not order.is_amendment:
        return ()
    current = current_address(record)
    changes = [
        Change(field="company", before=record.company or None, after=order.company or None),
        Change(field="contact_name", before=record.contact_name or None, after=order.contact_name or None),
    ]
    if order.email not in {record.email, current}:
        changes.append(Change(field="email", before=current, after=order.email))
    return tuple(change for change in changes if change.before != change.after)


def change_warnings(order: Order, changes: Iterable[Change]) -> list[Refusal]:
    """Return a warning for each change of something that was on record."""
    return [
        Refusal(
            "order.changes_customer",
            field=_LABELS[change.field],
            before=change.before,
            after=change.after,
            order=order.order_id,
        )
        for change in changes
        if change.before is not None
    ]


def current_address(record: LicenseRecord) -> str:
    """Return where the customer reads mail now: what the server last said, else what was ordered with."""
    said = record.contact.email if record.contact is not None else ""
    return said if is_mail_address(said) else record.email
