"""What an order may say: its lines and its customer, checked against the product it buys.  Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from offline_activation.errors import Refusal
from offline_activation.formats.contact import is_mail_address
from offline_activation.formats.names import LicenseNumber, ProductId
from offline_activation.vendor.entitlements import is_date
from offline_activation.vendor.products import Definition
from offline_activation.vendor.records import OrderLine

COMPANY_LIMIT: Final = 80
EMAIL_LIMIT: Final = 100
TEXT_LIMIT: Final = 80
AMOUNT_LIMIT: Final = 10**9
"""Most of one limit that one order may buy."""
_NAMES_SHOWN: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """An order as somebody enters it, not yet checked.

    Without ``license_number`` it buys a new license; with one it is an additional purchase (amendment), whose
    ``company``, ``email`` and ``contact_name`` may stay empty: the license has them.
    """

    product: ProductId
    company: str = ""
    email: str = ""
    contact_name: str = ""
    purchase_order: str = ""
    license_number: LicenseNumber | None = None
    totals: Sequence[str] = ()
    """``LIMIT=N``: new totals."""
    increases: Sequence[str] = ()
    """``LIMIT=N``: how many more."""
    options: Sequence[str] = ()
    until: str = ""


def order_lines(purchase: Purchase, definition: Definition, *, today: str) -> tuple[OrderLine, ...]:
    """Return the checked lines of a purchase; ``today`` is the vendor's UTC date ``YYYY-MM-DD``.

    Raises :class:`Refusal` ``order.invalid`` for a limit or option that the product does not have, a number or date
    that is none, a date before today, the same thing bought twice, or nothing bought at all.
    """
    lines = [
        *_limit_lines("limit_total", purchase.totals, definition),
        *_limit_lines("limit_add", purchase.increases, definition),
        *(OrderLine(kind="option", name=_known(name, definition.options, "option")) for name in purchase.options),
    ]
    names = [line.name for line in lines]
    for name in names:
        if names.count(name) > 1:
            raise Refusal("order.invalid", what=f"{name} is named twice")
    if purchase.until:
        if not is_date(purchase.until):
            raise Refusal("order.invalid", what=f"{purchase.until} is not a date YYYY-MM-DD")
        if purchase.until < today:
            raise Refusal("order.invalid", what=f"the last day {purchase.until} is in the past")
        lines.append(OrderLine(kind="until", name=purchase.until))
    if not lines:
        raise Refusal("order.invalid", what="nothing was ordered: name at least one limit, option or last day")
    return tuple(lines)


def check_customer(*, company: str, email: str, contact_name: str, purchase_order: str) -> None:
    """Refuse customer details that cannot stand in a license or a mail with ``order.invalid``."""
    if not company.strip():
        raise Refusal("order.invalid", what="the company is missing")
    if not is_mail_address(email):
        raise Refusal("order.invalid", what=f"{email or 'nothing'} is not one mail address")
    texts = (
        ("company", company, COMPANY_LIMIT),
        ("email", email, EMAIL_LIMIT),
        ("contact name", contact_name, TEXT_LIMIT),
        ("purchase order", purchase_order, TEXT_LIMIT),
    )
    for label, text, most in texts:
        if len(text) > most:
            raise Refusal("order.invalid", what=f"the {label} has {len(text)} characters, at most {most}")
        if not text.isprintable():
            raise Refusal("order.invalid", what=f"the {label} contains control or invisible characters")


def _limit_lines(kind: str, given: Iterable[str], definition: Definition) -> Iterable[OrderLine]:
    for text in given:
        name, equals, figure = text.partition("=")
        if not equals:
            raise Refusal("order.invalid", what=f"{text} is not of the form LIMIT=N")
        known = _known(name.strip(), definition.limits, "limit")
        amount = _amount(figure.strip(), known)
        if kind == "limit_total":
            yield OrderLine(kind="limit_total", name=known, amount=amount)
        else:
            yield OrderLine(kind="limit_add", name=known, amount=amount)


def _known(name: str, names: Collection[str], what: str) -> str:
    if name not in names:
        listed = sorted(names)
        first, *rest = listed[:_NAMES_SHOWN] or ["none"]
        more = [f"and {len(listed) - _NAMES_SHOWN} more"] if len(listed) > _NAMES_SHOWN else []
        # a tuple: each name is short on its own, so the list is not cut where one fact would be
        raise Refusal("order.invalid", what=(f"there is no {what} {name[:32]}; there are: {first}", *rest, *more))
    return name


def _amount(figure: str, name: str) -> int:
    if not (figure.isascii() and figure.isdigit()) or len(figure) > len(str(AMOUNT_LIMIT)):
        raise Refusal("order.invalid", what=f"{name}={figure[:16]} is not a whole number")
    amount = int(figure)
    if amount > AMOUNT_LIMIT:
        raise Refusal("order.invalid", what=f"{name}: at most {AMOUNT_LIMIT} in one order")
    return amount
