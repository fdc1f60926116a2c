"""A request comes in: bytes to a received request and to what the books know about it.

Damaged and badly signed input leaves one audit entry and nothing else; see :func:`record_rejection`.
"""

from collections.abc import Sequence

from offline_activation.errors import ActivationError, visible
from offline_activation.formats.license_document import read_license
from offline_activation.formats.names import LicenseNumber, Reference
from offline_activation.formats.request import ActivationRequest, Purpose, ReceivedRequest, receive_request
from offline_activation.vendor.known import MOVES
from offline_activation.vendor.lint import unsigned
from offline_activation.vendor.ordering import find_definition
from offline_activation.vendor.ports import Work
from offline_activation.vendor.proof import proof_of
from offline_activation.vendor.records import AuditEntry, Decision, FormerSite, Intent, LicenseRecord, RequestRecord
from offline_activation.vendor.review import Known, Review, review

__all__ = ["examine", "known_about", "receive_request", "record_of", "record_rejection"]

_NAME_SHOWN = 80


def examine(work: Work, request: ActivationRequest, *, now: int) -> Review:
    """Return the review of a request against the books as they are now."""
    return review(request, known_about(work, request), now=now)


def known_about(work: Work, request: ActivationRequest) -> Known:
    """Return what the books know that bears on ``request``."""
    number = request.license_number
    record = work.find_license(number)
    if record is None:
        return Known(license=None, definition=None)
    intents = [each for each in work.intents(number) if each.kind == "license" and each.state != "abandoned"]
    issued = max((each for each in intents if each.state == "signed"), key=_revision, default=None)
    former = work.find_former_site(number, request.site_key)
    return Known(
        license=record,
        definition=find_definition(work, record.product),
        open_orders=tuple(order.order_id for order in work.orders(state="entered", license_number=number)),
        others_of_site_key=_others(work.licenses_of_site_key(request.site_key), number),
        others_of_volume=_others(work.licenses_of_volume(request.volume_id), number),
        issued_company=None if issued is None else read_license(unsigned(issued)).company,
        issued_revision=0 if issued is None else issued.revision,
        former=former,
        open_move=_open_move(work, former, intents),
        later_return=_names_later_return(work, request, former),
        proof_site=_proof_site(work, request),
        unreturned=work.unreturned_of(record.product, record.email) if request.purpose in MOVES else 0,
    )


def _names_later_return(work: Work, request: ActivationRequest, former: FormerSite | None) -> bool:
    """Tell whether the request names a return that was made after the one by which its server left the license.

    A site holds one license at a time, so whoever has given back another one since has given back this one before.
    """
    if former is None or former.return_id is None or request.returned is None or request.returned == former.return_id:
        return False
    named, first = work.find_request(request.returned), work.find_request(former.return_id)
    if named is None or first is None:
        return False
    later, earlier = receive_request(named.document).content, receive_request(first.document).content
    return (
        later.purpose is Purpose.RETURN
        and later.site_key == earlier.site_key == request.site_key
        and later.counter > earlier.counter
    )


def record_of(
    received: ReceivedRequest, *, before: RequestRecord | None, now: int, decision: Decision, reasons: tuple[str, ...]
) -> RequestRecord:
    """Return the record of a request; the time of its first arrival stays."""
    return RequestRecord(
        request_id=received.request_id,
        reference=received.reference,
        license_number=received.content.license_number,
        document=received.document,
        received=now if before is None else before.received,
        decision=decision,
        reasons=reasons,
        approved_by=None if before is None else before.approved_by,
        refused_because=None if before is None else before.refused_because,
    )


def record_rejection(work: Work, error: ActivationError, *, source: str, now: int, actor: str) -> None:
    """Write the one audit entry of an input that is no whole and well signed request."""
    work.append_audit(
        AuditEntry(
            at=now,
            actor=actor,
            action="request.rejected",
            subject=visible(source, limit=_NAME_SHOWN),
            details={"code": error.code},
        )
    )


def _proof_site(work: Work, request: ActivationRequest) -> FormerSite | None:
    proof = proof_of(request)
    return None if proof is None else work.find_former_site(request.license_number, proof.content.site_key)


def _open_move(work: Work, former: FormerSite | None, intents: Sequence[Intent]) -> Reference | None:
    """Return which request a former site waits for: nothing that took its place is signed yet, all may be undone."""
    if former is None or former.how == "returned" or former.back is not None:
        return None
    since = [each for each in intents if each.revision >= former.revision]
    if not since or any(each.state == "signed" for each in since):
        return None
    request = work.find_request(max(since, key=_revision).request_id)
    return None if request is None else request.reference


def _revision(intent: Intent) -> int:
    return intent.revision


def _others(found: Sequence[LicenseRecord], number: LicenseNumber) -> tuple[LicenseRecord, ...]:
    return tuple(record for record in found if record.license_number != number)
