"""A mail as it reads: recipient, subject and text, made of the facts in the outbox and a template.

Facts come from orders, so they may hold anything printable; the template prints them and never looks into them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from offline_activation import templating
from offline_activation.vendor.ordering import find_definition
from offline_activation.vendor.ports import Work
from offline_activation.vendor.records import OrderId, OutboxMail

_FACTS: Final = ("company", "contact_name", "license_number", "order", "product", "purchase_order", "is_update")
_SUBJECT: Final = "Subject: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What would be sent."""

    recipient: str
    subject: str
    text: str


def find_mail(mails: Sequence[OutboxMail], named: str) -> tuple[int, OutboxMail] | None:
    """Return the mail with this event, or with this number in the list (from 1), and its number."""
    for number, mail in enumerate(mails, 1):
        if named in {mail.event, str(number)}:
            return number, mail
    return None


def compose_letter(work: Work, mail: OutboxMail) -> Letter:
    """Return the text of a mail.

    Raises :class:`Trouble` ``io.template_missing`` when the installation lacks its template.
    """
    first, _, text = templating.render(f"mail/{mail.template}.txt", **_values(work, mail)).partition("\n")
    return Letter(recipient=mail.recipient, subject=first.removeprefix(_SUBJECT), text=text.strip("\n") + "\n")


def _values(work: Work, mail: OutboxMail) -> Mapping[str, str]:
    order = work.find_order(OrderId(mail.facts.get("order", "")))
    definition = None if order is None else find_definition(work, order.product)
    vendor = work.find_vendor()
    return {
        **{name: mail.facts.get(name, "") for name in _FACTS},
        "support_email": definition.support_email if definition else "",
        "vendor": (definition.vendor if definition else "") or (vendor.name if vendor else ""),
    }
