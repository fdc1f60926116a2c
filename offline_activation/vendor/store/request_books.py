"""Requests that came in, and which of them wait for a person."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, exists, select, text

from offline_activation.formats.names import DocumentId, LicenseNumber, Reference
from offline_activation.vendor.records import RequestRecord
from offline_activation.vendor.store.books import Books
from offline_activation.vendor.store.json_text import from_text, names_to_text
from offline_activation.vendor.store.tables import ASKED, NOT_ABANDONED, intents, requests

_ONE = select(requests).where(requests.c.request_id == bindparam("request_id"))
_OF_REFERENCE = select(requests).where(requests.c.reference == bindparam("reference")).order_by(requests.c.position)
_WAITING = (
    select(requests)
    .where(
        text(ASKED),
        ~exists().where(intents.c.request_id == requests.c.request_id, text(NOT_ABANDONED)),
    )
    .order_by(requests.c.received, requests.c.position)
)


class RequestBooks(Books):
    """The part of a unit of work that knows requests; what each method promises stands in vendor.ports."""

    def find_request(self, request_id: DocumentId) -> RequestRecord | None:
        """Return one request."""
        return self._run.record(_ONE, _request, {"request_id": bytes(request_id)})

    def requests_by_reference(self, reference: Reference) -> Sequence[RequestRecord]:
        """Return the requests with this reference: one, or more in the rare case that 40 bits collide."""
        return self._run.records(_OF_REFERENCE, _request, {"reference": reference})

    def waiting_requests(self) -> Sequence[RequestRecord]:
        """Return requests with decision ``ask`` and no intent but abandoned ones, oldest first."""
        return self._run.records(_WAITING, _request)

    def save_request(self, record: RequestRecord) -> None:
        """Insert or replace a request."""
        self._run.put(
            requests,
            {"request_id": bytes(record.request_id)},
            {
                "reference": record.reference,
                "license_number": record.license_number,
                "document": record.document,
                "received": record.received,
                "decision": record.decision,
                "reasons": names_to_text(record.reasons),
                "approved_by": record.approved_by,
                "refused_because": record.refused_because,
            },
        )


def _request(row: Row[Any]) -> RequestRecord:
    return RequestRecord(
        request_id=DocumentId(row.request_id),
        reference=Reference(row.reference),
        license_number=LicenseNumber(row.license_number),
        document=row.document,
        received=row.received,
        decision=row.decision,
        reasons=tuple(from_text(row.reasons)),
        approved_by=row.approved_by,
        refused_because=row.refused_because,
    )
