"""Mails that wait to be sent."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, select

from offline_activation.vendor.records import OutboxMail
from offline_activation.vendor.store.books import Books
from offline_activation.vendor.store.json_text import from_text, strings_to_text
from offline_activation.vendor.store.tables import outbox

_ALL = select(outbox).order_by(outbox.c.position)
_OF_EVENT = select(outbox.c.position).where(outbox.c.event == bindparam("event"))


class OutboxBooks(Books):
    """The part of a unit of work that knows mails; what each method promises stands in vendor.ports."""

    def queue_mail(self, mail: OutboxMail) -> None:
        """Queue a mail; a second mail of the same event is ignored."""
        if self._run.rows(_OF_EVENT, {"event": mail.event}):
            return
        self._run.insert(
            outbox,
            {
                "event": mail.event,
                "recipient": mail.recipient,
                "template": mail.template,
                "facts": strings_to_text(mail.facts),
                "queued": mail.queued,
                "state": mail.state,
            },
        )

    def outbox(self) -> Sequence[OutboxMail]:
        """Return all mails, oldest first."""
        return self._run.records(_ALL, _mail)


def _mail(row: Row[Any]) -> OutboxMail:
    return OutboxMail(
        event=row.event,
        recipient=row.recipient,
        template=row.template,
        facts=from_text(row.facts),
        queued=row.queued,
        state=row.state,
    )
