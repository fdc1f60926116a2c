"""Orders and their lines."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Row, Select, bindparam, delete, select

from offline_activation.formats.names import LicenseNumber, ProductId
from offline_activation.vendor.records import Order, OrderId, OrderLine, OrderState
from offline_activation.vendor.store.books import Books
from offline_activation.vendor.store.tables import order_lines, orders

_COUNTER: Final = "orders"
_JOINED = (
    select(orders, order_lines.c.kind, order_lines.c.name, order_lines.c.amount)
    .select_from(orders.outerjoin(order_lines, order_lines.c.order_id == orders.c.order_id))
    .order_by(orders.c.position, order_lines.c.line)
)
_LINES_BEYOND = delete(order_lines).where(
    order_lines.c.order_id == bindparam("of_order_id"), order_lines.c.line >= bindparam("beyond")
)


class OrderBooks(Books):
    """The part of a unit of work that knows orders; what each method promises stands in vendor.ports."""

    def next_order_id(self) -> OrderId:
        """Reserve the next order id, counting without gaps; what a unit of work takes back can be given again."""
        return OrderId(f"O-{self._count(_COUNTER):06d}")

    def find_order(self, order_id: OrderId) -> Order | None:
        """Return one order with its lines."""
        return next(iter(self._orders(_JOINED.where(orders.c.order_id == order_id))), None)

    def orders(
        self, *, state: OrderState | None = None, license_number: LicenseNumber | None = None
    ) -> Sequence[Order]:
        """Return orders in the order they were entered."""
        statement = _JOINED
        if state is not None:
            statement = statement.where(orders.c.state == state)
        if license_number is not None:
            statement = statement.where(orders.c.license_number == license_number)
        return self._orders(statement)

    def save_order(self, order: Order) -> None:
        """Insert or replace an order with its lines."""
        self._run.put(
            orders,
            {"order_id": order.order_id},
            {
                "product": order.product,
                "license_number": order.license_number,
                "is_amendment": order.is_amendment,
                "company": order.company,
                "email": order.email,
                "contact_name": order.contact_name,
                "purchase_order": order.purchase_order,
                "state": order.state,
                "entered": order.entered,
                "processed": order.processed,
            },
        )
        self._run.run(_LINES_BEYOND, {"of_order_id": order.order_id, "beyond": len(order.lines)})
        for number, line in enumerate(order.lines):
            self._run.put(
                order_lines,
                {"order_id": order.order_id, "line": number},
                {"kind": line.kind, "name": line.name, "amount": line.amount},
            )

    def _orders(self, statement: Select[Any]) -> tuple[Order, ...]:
        rows = self._run.rows(statement)
        return tuple(_order(list(lines)) for _, lines in groupby(rows, key=lambda row: row.position))


def _order(rows: list[Row[Any]]) -> Order:
    first = rows[0]
    return Order(
        order_id=OrderId(first.order_id),
        product=ProductId(first.product),
        license_number=LicenseNumber(first.license_number),
        is_amendment=first.is_amendment,
        company=first.company,
        email=first.email,
        contact_name=first.contact_name,
        purchase_order=first.purchase_order,
        state=first.state,
        entered=first.entered,
        processed=first.processed,
        lines=tuple(_lines(rows)),
    )


def _lines(rows: list[Row[Any]]) -> Iterator[OrderLine]:
    for row in rows:
        if row.kind is not None:  # an order without lines has one row without a line
            yield OrderLine(kind=row.kind, name=row.name, amount=row.amount)
