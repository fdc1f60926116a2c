"""Orders in use: entering one, processing it (entitlement and ready mail), or cancelling it before that."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from offline_activation.errors import Refusal, Trouble
from offline_activation.formats.instants import show_day
from offline_activation.formats.names import (
    LICENSE_NUMBER_RANDOM_BYTES,
    LicenseNumber,
    ProductId,
    new_license_number,
    show_license_number,
)
from offline_activation.vendor.customers import customer_after, customer_of
from offline_activation.vendor.entitlements import with_lines
from offline_activation.vendor.orders import Purchase, check_customer, order_lines
from offline_activation.vendor.ports import Work
from offline_activation.vendor.products import Definition, read_definition
from offline_activation.vendor.records import AuditEntry, LicenseRecord, Order, OrderId, OutboxMail
from offline_activation.vendor.terms import check_trial

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
    Raises :class:`Refusal` ``vendor.unknown_product``, ``vendor.unknown_license``, ``vendor.license_revoked`` or
    ``order.invalid``.
    """
    return save_entered(work, draft_order(work, purchase, now=now), now=now, actor=actor, randomness=randomness)


def draft_order(work: Work, purchase: Purchase, *, now: int) -> Order:
    """Return a purchase as the order it would be, checked but not entered: it has no id, a new license no number yet.

    Raises what :func:`enter_order` raises.
    """
    definition = find_definition(work, purchase.product)
    if definition is None:
        raise Refusal("vendor.unknown_product", product=purchase.product)
    lines = order_lines(purchase, definition, today=show_day(now))
    number = purchase.license_number
    known = None if number is None else _find_license(work, number, purchase.product)
    if known is not None and known.state == "revoked":
        raise Refusal("vendor.license_revoked", license_number=show_license_number(known.license_number))
    others = () if number is None else work.orders(license_number=number)
    check_trial(purchase, known, others)
    customer = customer_of(purchase, known, others)
    check_customer(**customer, purchase_order=purchase.purchase_order)
    return Order(
        order_id=OrderId(""),
        product=purchase.product,
        license_number=LicenseNumber("") if known is None else known.license_number,
        is_amendment=known is not None,
        purchase_order=purchase.purchase_order,
        state="entered",
        entered=now,
        processed=None,
        lines=lines,
        **customer,
    )


def save_entered(work: Work, draft: Order, *, now: int, actor: str, randomness: Randomness) -> Order:
    """Enter what :func:`draft_order` returned, with an id and, for a new license, its license number."""
    number = draft.license_number if draft.is_amendment else _unused_number(work, randomness)
    order = replace(draft, order_id=work.next_order_id(), license_number=number)
    if not order.is_amendment:
        work.save_license(
            LicenseRecord(
                license_number=number,
                product=order.product,
                state="ordered",
                company=order.company,
                email=order.email,
                contact_name=order.contact_name,
            )
        )
    work.save_order(order)
    details = {"license_number": show_license_number(number), "product": order.product}
    work.append_audit(AuditEntry(at=now, actor=actor, action="order.entered", subject=order.order_id, details=details))
    return order


def process_order(work: Work, order_id: OrderId, *, now: int, actor: str) -> Order:
    """Apply an entered order to its license and queue the ready mail, all in this unit of work.

    Raises :class:`Refusal` ``vendor.unknown_order``, ``vendor.order_state`` (also the second time) or
    ``order.invalid``.
    """
    order = _entered(work, order_id)
    record = _find_license(work, order.license_number, order.product)
    if record.state == "revoked":
        raise _stuck(record, order_id)
    processed = replace(order, state="processed", processed=now)
    work.save_order(processed)
    work.save_license(
        replace(
            record,
            state="ready" if record.state == "ordered" else record.state,
            entitlement=with_lines(record.entitlement, order.lines),
            **customer_after(work.orders(license_number=order.license_number)),
        )
    )
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


def cancel_order(work: Work, order_id: OrderId, *, now: int, actor: str) -> Order:
    """Cancel an entered order: it is never processed.

    Raises :class:`Refusal` ``vendor.unknown_order``, or ``vendor.order_state`` for one that is not open any more.
    """
    cancelled = replace(_entered(work, order_id), state="cancelled")
    work.save_order(cancelled)
    details = {"license_number": show_license_number(cancelled.license_number)}
    work.append_audit(AuditEntry(at=now, actor=actor, action="order.cancelled", subject=order_id, details=details))
    return cancelled


def read_order_id(typed: str) -> OrderId:
    """Return an order id as typed: ``O-000012``, ``o-12`` or ``12``; anything else is an id that is not there."""
    figures = typed.strip().upper().removeprefix("O-")
    if figures.isascii() and figures.isdigit() and len(figures) <= 12:  # noqa: PLR2004 - more than was ever entered
        return OrderId(f"O-{int(figures):06}")
    return OrderId(typed)


def _entered(work: Work, order_id: OrderId) -> Order:
    order = work.find_order(order_id)
    if order is None:
        raise Refusal("vendor.unknown_order", order=order_id)
    if order.state != "entered":
        raise Refusal("vendor.order_state", order=order_id, state=order.state)
    return order


def _find_license(work: Work, number: LicenseNumber, product: ProductId) -> LicenseRecord:
    record = work.find_license(number)
    if record is None:
        raise Refusal("vendor.unknown_license", license_number=show_license_number(number))
    if record.product != product:
        raise Refusal("order.invalid", what=f"the license is for product {record.product}, not for {product}")
    return record


def _stuck(record: LicenseRecord, order_id: OrderId) -> Refusal:
    refusal = Refusal("order.invalid", what=f"the license {show_license_number(record.license_number)} is revoked")
    return refusal.advising(f"Run 'activation-vendor order cancel {order_id}'; a new order makes a new license.")


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
