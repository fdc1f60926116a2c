"""The same purchase entered twice: found by the customer's own reference, else by being alike in everything.  Pure."""

from collections.abc import Iterable

from offline_activation.formats.names import LicenseNumber
from offline_activation.vendor.records import Order

_ByReference = tuple[str, str, str]
_ByContent = tuple[str, str, LicenseNumber | None, frozenset[tuple[str, str, int]]]


class Entered:
    """Orders already in the books; cancelled ones do not count, for what was cancelled may be entered again."""

    def __init__(self, orders: Iterable[Order]) -> None:
        """Take the orders of the books."""
        self._by_reference: dict[_ByReference, Order] = {}
        self._by_content: dict[_ByContent, Order] = {}
        for order in orders:
            self.add(order)

    def add(self, order: Order) -> None:
        """Add an order that was just entered."""
        if order.state == "cancelled":
            return
        self._by_content.setdefault(_content(order), order)
        if order.purchase_order:
            self._by_reference.setdefault(_reference(order), order)

    def same_reference(self, order: Order) -> Order | None:
        """Return the first order with the purchase order reference, company and product of ``order``."""
        return self._by_reference.get(_reference(order)) if order.purchase_order else None

    def alike(self, order: Order) -> Order | None:
        """Return the first order that buys the same for the same company (and license, as an additional purchase)."""
        return self._by_content.get(_content(order))


def is_alike(one: Order, other: Order) -> bool:
    """Tell whether two orders buy the same."""
    return _content(one) == _content(other)


def _reference(order: Order) -> _ByReference:
    return (order.purchase_order.strip().casefold(), order.company.strip().casefold(), order.product)


def _content(order: Order) -> _ByContent:
    return (
        order.product,
        order.company.strip().casefold(),
        order.license_number if order.is_amendment else None,
        frozenset((line.kind, line.name, line.amount) for line in order.lines),
    )
