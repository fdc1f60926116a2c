"""The ledger of signatures: what is about to be signed, and what was.

An intent moves ``intended -> signed`` or ``intended -> abandoned`` and never back, its payload never changes, a signed
document never changes, and of the intents that are not abandoned a request has one and a revision of a license has one.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, select, text

from offline_activation.formats.keys import KeyId
from offline_activation.formats.names import DocumentId, LicenseNumber
from offline_activation.vendor.records import Intent
from offline_activation.vendor.store.books import Books
from offline_activation.vendor.store.statements import Fields
from offline_activation.vendor.store.tables import NOT_ABANDONED, intents

_OF_REQUEST = select(intents).where(intents.c.request_id == bindparam("request_id"), text(NOT_ABANDONED))
_OF_LICENSE = (
    select(intents).where(intents.c.license_number == bindparam("license_number")).order_by(intents.c.position)
)
_SAME_ABANDONED = select(intents).where(
    intents.c.request_id == bindparam("request_id"),
    intents.c.response_id == bindparam("response_id"),
    intents.c.state == "abandoned",
)


class IntentBooks(Books):
    """The part of a unit of work that knows intents; what each method promises stands in vendor.ports."""

    def find_intent(self, request_id: DocumentId) -> Intent | None:
        """Return the intent or response of a request that is not abandoned."""
        return self._run.record(_OF_REQUEST, _intent, {"request_id": bytes(request_id)})

    def intents(self, license_number: LicenseNumber) -> Sequence[Intent]:
        """Return the intents of a license in the order they were recorded, abandoned ones included."""
        return self._run.records(_OF_LICENSE, _intent, {"license_number": license_number})

    def save_intent(self, intent: Intent) -> None:
        """Insert an intent, or write its new state and document.

        Raises :class:`Trouble` ``io.database`` when the request or the revision has another intent, and for a change of
        anything that was signed.
        """
        identity = {"request_id": bytes(intent.request_id), "response_id": bytes(intent.response_id)}
        live = self._run.rows(_OF_REQUEST, {"request_id": identity["request_id"]})
        fields = _fields(intent)
        if live and live[0].response_id == intent.response_id:
            self._move(_intent(live[0]), intent, live[0].position)
        elif live:
            raise self._run.refuse("the request already has another intent")
        elif intent.state == "abandoned" and self._run.rows(_SAME_ABANDONED, identity):
            return
        else:
            self._run.insert(intents, {**identity, **fields})

    def _move(self, kept: Intent, intent: Intent, position: int) -> None:
        if intent == kept:
            return
        old, new = _fields(kept), _fields(intent)
        changed = {name for name in new if new[name] != old[name]}
        if kept.state != "intended" or not changed <= {"state", "document"}:
            raise self._run.refuse("an intent is not changed after it was recorded")
        self._run.update(intents, {"position": position}, {name: new[name] for name in changed})


def _fields(intent: Intent) -> Fields:
    return {
        "kind": intent.kind,
        "payload": intent.payload,
        "key_id": bytes(intent.key_id),
        "license_number": intent.license_number,
        "revision": intent.revision,
        "code": intent.code,
        "intended": intent.intended,
        "state": intent.state,
        "document": intent.document,
    }


def _intent(row: Row[Any]) -> Intent:
    return Intent(
        request_id=DocumentId(row.request_id),
        response_id=DocumentId(row.response_id),
        kind=row.kind,
        payload=row.payload,
        key_id=KeyId(row.key_id),
        license_number=LicenseNumber(row.license_number),
        revision=row.revision,
        code=row.code,
        intended=row.intended,
        state=row.state,
        document=row.document,
    )
