"""Orders in use: entering one, and processing it, which changes the entitlement and queues the ready mail."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypedDict

from offline_activation.errors import Refusal, Trouble
from offline_activation.formats.contact import is_mail_address
from offline_activation.formats.names import (
    LICENSE_NUMBER_RANDOM_BYTES,
    LicenseNumber,
    ProductId,
    new_license_number,
    show_license_number,
)
from offline_activation.vendor.entitlements import with_lines
from offline_activation.vendor.orders import Purchase, check_customer, order_lines
from offline_activation.vendor.ports import Work
from offline_activation.vendor.products import Definition, read_definition
from offline_activation.vendor.records import AuditEntry, LicenseRecord, Order, OrderId, OutboxMail

Randomness = Callable[[int], bytes]
"""Returns that many random bytes of the system's source."""

READY_MAIL: Final = "ready"
"""Template of the mail that tells a customer: your license is ready."""


def find_definition(work: Work, product: ProductId) -> Definition | None:
    """Return the definition of a loaded product."""
    found = work.find_product(product)
    return None if found is None else read_definition(found.definition, path=product)


def enter_order(work: Work, purchase: Purchase, *, now: int, actor: str, randomness: Randomness) -> Order:
    """Write an order into the books and return it; nothing is granted before it is processed.

    A new license gets its license number here, an additional purchase belongs to an existing one.
    Raises :class:`Refusal` ``vendor.unknown_product``, ``vendor.unknown_license`` or ``order.invalid``.
    """
    definition = find_definition(work, purchase.product)
    if definition is None:
        raise Refusal("vendor.unknown_product", product=purchase.product)
    lines = order_lines(purchase, definition)
    known = None if purchase.license_number is None else _find_license(work, purchase.license_number, purchase.product)
    customer = _customer(purchase, known)
    record = known or LicenseRecord(
        license_number=_unused_number(work, randomness), product=purchase.product, state="ordered", **customer
    )
    order = Order(
        order_id=work.next_order_id(),
        product=purchase.product,
        license_number=record.license_number,
        is_amendment=known is not None,
        purchase_order=purchase.purchase_order,
        state="entered",
        entered=now,
        processed=None,
        lines=lines,
        **customer,
    )
    if known is None:
        work.save_license(record)
    work.save_order(order)
    details = {"license_number": show_license_number(order.license_number), "product": order.product}
    work.append_audit(AuditEntry(at=now, actor=actor, action="order.entered", subject=order.order_id, details=details))
    return order


def process_order(work: Work, order_id: OrderId, *, now: int, actor: str) -> Order:
    """Apply an entered order to its license and queue the ready mail, all in this unit of work.

    Raises :class:`Refusal` ``vendor.unknown_order``, ``vendor.order_state`` (also the second time) or
    ``order.invalid``.
    """
    order = work.find_order(order_id)
    if order is None:
        raise Refusal("vendor.unknown_order", order=order_id)
    if order.state != "entered":
        raise Refusal("vendor.order_state", order=order_id, state=order.state)
    record = _find_license(work, order.license_number, order.product)
    if record.state == "revoked":
        raise Refusal("order.invalid", what=f"the license {show_license_number(record.license_number)} is revoked")
    processed = replace(order, state="processed", processed=now)
    work.save_license(
        replace(
            record,
            state="ready" if record.state == "ordered" else record.state,
            entitlement=with_lines(record.entitlement, order.lines),
            company=order.company,
            email=order.email,
            contact_name=order.contact_name,
        )
    )
    work.save_order(processed)
    work.queue_mail(_ready_mail(work, processed, record, now))
    work.append_audit(
        AuditEntry(
            at=now,
            actor=actor,
            action="order.processed",
            subject=order_id,
            details={"license_number": show_license_number(order.license_number)},
        )
    )
    return processed


def read_order_id(typed: str) -> OrderId:
    """Return an order id as typed: ``O-000012``, ``o-12`` or ``12``; anything else is an id that is not there."""
    figures = typed.strip().upper().removeprefix("O-")
    if figures.isascii() and figures.isdigit() and len(figures) <= 12:  # noqa: PLR2004 - more than was ever entered
        return OrderId(f"O-{int(figures):06}")
    return OrderId(typed)


def _find_license(work: Work, number: LicenseNumber, product: ProductId) -> LicenseRecord:
    record = work.find_license(number)
    if record is None:
        raise Refusal("vendor.unknown_license", license_number=show_license_number(number))
    if record.product != product:
        raise Refusal("order.invalid", what=f"the license is for product {record.product}, not for {product}")
    return record


class _Customer(TypedDict):
    company: str
    email: str
    contact_name: str


def _customer(purchase: Purchase, known: LicenseRecord | None) -> _Customer:
    """Return who buys: as entered, else as the license knows it."""
    customer = _Customer(
        company=purchase.company or (known.company if known else ""),
        email=purchase.email or (_current_address(known) if known else ""),
        contact_name=purchase.contact_name or (known.contact_name if known else ""),
    )
    check_customer(**customer, purchase_order=purchase.purchase_order)
    return customer


def _current_address(record: LicenseRecord) -> str:
    """Return where the customer reads mail now: what the server last said, else what was ordered with."""
    said = record.contact.email if record.contact is not None else ""
    return said if is_mail_address(said) else record.email


def _unused_number(work: Work, randomness: Randomness) -> LicenseNumber:
    number = new_license_number(randomness(LICENSE_NUMBER_RANDOM_BYTES))
    if work.find_license(number) is not None:  # 90 random bits do not repeat; a broken source of them does
        raise Trouble("internal.unexpected", what="the source of random numbers repeats itself")
    return number


def _ready_mail(work: Work, order: Order, record: LicenseRecord, now: int) -> OutboxMail:
    definition = find_definition(work, order.product)
    return OutboxMail(
        event=f"order.processed:{order.order_id}",
        recipient=order.email,
        template=READY_MAIL,
        facts={
            "company": order.company,
            "contact_name": order.contact_name,
            "license_number": show_license_number(order.license_number),
            "order": order.order_id,
            "product": definition.name if definition else order.product,
            "purchase_order": order.purchase_order,
            "is_update": "yes" if record.installation is not None else "",
        },
        queued=now,
    )
