"""What an order makes of a license: whether a trial has its last day, and what is held afterwards.  Pure."""

from collections.abc import Iterable
from typing import Final

from offline_activation.errors import Refusal
from offline_activation.vendor.entitlements import with_lines
from offline_activation.vendor.orders import Purchase
from offline_activation.vendor.records import Entitlement, LicenseRecord, Order

_SAYS_AN_END: Final = frozenset({"until", "perpetual"})


def check_trial(purchase: Purchase, known: LicenseRecord | None, orders: Iterable[Order]) -> None:
    """Refuse a trial without a last day: the purchase names none, the license has none, no open order brings one.

    ``orders`` are those of the license.  Raises :class:`Refusal` ``order.invalid``.
    """
    if not purchase.trial or purchase.until or (known is not None and known.entitlement.until is not None):
        return
    if not any(line.kind == "until" for order in orders if order.state == "entered" for line in order.lines):
        raise Refusal("order.invalid", what="a trial needs a last day, and the license has none")


def would_grant(order: Order, record: LicenseRecord | None) -> Entitlement | None:
    """Return what the license holds once ``order`` is processed next; ``None`` when it is not open or cannot be."""
    if order.state != "entered" or record is None:
        return None
    try:
        return with_lines(record.entitlement, order.lines)
    except Refusal:
        return None


def trial_warning(order: Order, record: LicenseRecord | None) -> Refusal | None:
    """Return the warning ``order.ends_trial`` for an order that ends a trial and leaves open what comes then."""
    after = would_grant(order, record)
    if record is None or after is None or not record.entitlement.trial or after.trial:
        return None
    if any(line.kind in _SAYS_AN_END for line in order.lines):
        return None
    return Refusal("order.ends_trial", until=after.until, order=order.order_id)
