"""What an order may say: its lines and its customer, checked against the product it buys.  Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from offline_activation.errors import Refusal
from offline_activation.formats.contact import is_mail_address
from offline_activation.formats.license_document import is_version
from offline_activation.formats.names import LicenseNumber, ProductId
from offline_activation.vendor.entitlements import is_date
from offline_activation.vendor.products import Definition
from offline_activation.vendor.records import OrderLine

COMPANY_LIMIT: Final = 80
EMAIL_LIMIT: Final = 100
TEXT_LIMIT: Final = 80
AMOUNT_LIMIT: Final = 10**9
"""Most of one limit that one order may buy."""
TAKEN_AWAY: Final = "none"
"""Said instead of a date or version to take a bound away."""
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
    perpetual: bool = False
    """The license ends no more."""
    trial: bool = False
    maintenance_until: str = ""
    """``YYYY-MM-DD``, or ``none`` to take the end of maintenance away."""
    version_ceiling: str = ""
    """Highest version covered, like ``4`` or ``4.2``, or ``none`` to take the ceiling away."""


def order_lines(purchase: Purchase, definition: Definition, *, today: str) -> tuple[OrderLine, ...]:
    """Return the checked lines of a purchase; ``today`` is the vendor's UTC date ``YYYY-MM-DD``.

    Raises :class:`Refusal` ``order.invalid`` for a limit or option that the product does not have, a number, date or
    version that is none, a date before today, the same thing bought twice, terms that contradict each other, or
    nothing bought at all.
    """
    check_form(purchase)
    check_not_empty(purchase)
    for label, date in (("last day", purchase.until), ("last day of maintenance", purchase.maintenance_until)):
        if date and date != TAKEN_AWAY and date < today:
            raise Refusal("order.invalid", what=f"the {label} {date} is in the past")
    lines = [
        *_limit_lines("limit_total", purchase.totals, definition),
        *_limit_lines("limit_add", purchase.increases, definition),
        *(OrderLine(kind="option", name=_known(name, definition.options, "option")) for name in purchase.options),
    ]
    names = [line.name for line in lines]
    for name in names:
        if names.count(name) > 1:
            raise Refusal("order.invalid", what=f"{name} is named twice")
    return (*lines, *_terms(purchase))


def check_form(purchase: Purchase) -> None:
    """Refuse what is wrong for any product: figures, dates and versions that are none, contradicting terms.

    Raises :class:`Refusal` ``order.invalid``.
    """
    for text in (*purchase.totals, *purchase.increases):
        _split(text)
    if purchase.until and not is_date(purchase.until):
        raise Refusal("order.invalid", what=f"{purchase.until} is not a date YYYY-MM-DD")
    maintenance, ceiling = purchase.maintenance_until, purchase.version_ceiling
    if maintenance and maintenance != TAKEN_AWAY and not is_date(maintenance):
        raise Refusal("order.invalid", what=f"{maintenance} is not a date YYYY-MM-DD, nor {TAKEN_AWAY}")
    if ceiling and ceiling != TAKEN_AWAY and not is_version(ceiling):
        raise Refusal("order.invalid", what=f"{ceiling} is not a version like 4 or 4.2, nor {TAKEN_AWAY}")
    if purchase.perpetual and (purchase.until or purchase.trial):
        other = "a last day" if purchase.until else "a trial"
        raise Refusal("order.invalid", what=f"perpetual and {other} contradict each other")
    if purchase.trial and not purchase.until and purchase.license_number is None:
        raise Refusal("order.invalid", what="a trial needs a last day")


def check_not_empty(purchase: Purchase) -> None:
    """Refuse a purchase of nothing at all with ``order.invalid``."""
    if not (purchase.totals or purchase.increases or purchase.options or _terms(purchase)):
        raise Refusal("order.invalid", what="nothing was ordered: name at least one limit, option, last day or term")


def _terms(purchase: Purchase) -> tuple[OrderLine, ...]:
    lines: list[OrderLine] = []
    if purchase.until:
        lines.append(OrderLine(kind="until", name=purchase.until))
    if purchase.perpetual:
        lines.append(OrderLine(kind="perpetual"))
    if purchase.trial:
        lines.append(OrderLine(kind="trial"))
    if purchase.maintenance_until:
        lines.append(OrderLine(kind="maintenance_until", name=purchase.maintenance_until.removeprefix(TAKEN_AWAY)))
    if purchase.version_ceiling:
        lines.append(OrderLine(kind="version_ceiling", name=purchase.version_ceiling.removeprefix(TAKEN_AWAY)))
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


def _limit_lines(
    kind: Literal["limit_total", "limit_add"], given: Iterable[str], definition: Definition
) -> Iterable[OrderLine]:
    for text in given:
        name, amount = _split(text)
        yield OrderLine(kind=kind, name=_known(name, definition.limits, "limit"), amount=amount)


def _split(text: str) -> tuple[str, int]:
    name, equals, figure = text.partition("=")
    if not equals:
        raise Refusal("order.invalid", what=f"{text} is not of the form LIMIT=N")
    name = name.strip()
    return name, _amount(figure.strip(), name)


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
        raise Refusal("order.invalid", what=f"{name[:32]}={figure[:16]} is not a whole number")
    amount = int(figure)
    if amount > AMOUNT_LIMIT:
        raise Refusal("order.invalid", what=f"{name[:32]}: at most {AMOUNT_LIMIT} in one order")
    return amount
