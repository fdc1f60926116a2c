"""One order as JSON and as a page for people: what it buys, what it changes, and what the license is afterwards."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from offline_activation.cli import manners
from offline_activation.cli.vendor_show import (
    change_rows,
    changes_json,
    day,
    entitlement_json,
    line_text,
    number,
    order_json,
    terms_text,
)
from offline_activation.vendor.customers import change_warnings, customer_changes
from offline_activation.vendor.terms import trial_warning, would_grant

if TYPE_CHECKING:  # only names in signatures
    from offline_activation.errors import Refusal
    from offline_activation.vendor.entitlements import Change
    from offline_activation.vendor.ports import Work
    from offline_activation.vendor.records import Order


def order_page(order: "Order", work: "Work") -> tuple[dict[str, Any], list[str]]:
    """Return an order for JSON and for people; an open one with what it would change and grant when processed next."""
    record = work.find_license(order.license_number)
    changes = () if record is None else customer_changes(order, record)
    after = would_grant(order, record)
    result = order_json(order) | {"changes": changes_json(changes)}
    result["grant"] = None if after is None else entitlement_json(after)
    return result, _lines(order, changes, None if after is None else terms_text(after))


def order_warnings(order: "Order", work: "Work") -> "list[Refusal]":
    """Return what somebody should know before an open order is processed."""
    record = work.find_license(order.license_number)
    warnings = [] if record is None else change_warnings(order, customer_changes(order, record))
    ends = trial_warning(order, record)
    return warnings if ends is None else [*warnings, ends]


def lines_text(order: "Order") -> str:
    """Return the lines of an order in one line."""
    return ", ".join(line_text(line) for line in order.lines) or "-"


def _lines(order: "Order", changes: "Sequence[Change]", after: str | None) -> list[str]:
    return manners.pairs(
        [
            ("Order", order.order_id + (" (additional purchase)" if order.is_amendment else "")),
            ("State", order.state),
            ("License number", number(order.license_number)),
            ("Product", order.product),
            ("Company", order.company),
            ("Email", order.email),
            ("Contact", order.contact_name or "-"),
            ("Purchase order", order.purchase_order or "-"),
            ("Entered", day(order.entered)),
            ("Processed", day(order.processed)),
            ("Lines", lines_text(order)),
            *((("License then", after),) if after is not None else ()),
            *((f"Changes {field}", text) for field, text in change_rows(changes)),
        ]
    )
