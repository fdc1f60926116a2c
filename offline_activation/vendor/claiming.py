"""The two units of work around a signature: claim and intent before it, and the response after it."""

from dataclasses import replace

from offline_activation.errors import Refusal
from offline_activation.formats.license_document import license_payload, read_license
from offline_activation.formats.names import DocumentId, document_id, show_license_number
from offline_activation.formats.receipt import receipt_payload
from offline_activation.formats.refusal import RefusalDocument, refusal_payload
from offline_activation.formats.request import ActivationRequest, ReceivedRequest
from offline_activation.vendor import moves
from offline_activation.vendor.drafting import draft_license, draft_receipt
from offline_activation.vendor.emergency import holds_emergency, with_report
from offline_activation.vendor.entitlements import entitlement_of
from offline_activation.vendor.forking import forks_after
from offline_activation.vendor.lint import REASONABLE_REVISION, unsigned
from offline_activation.vendor.ordering import find_definition
from offline_activation.vendor.ports import Work
from offline_activation.vendor.records import (
    AuditEntry,
    Installation,
    Intent,
    KeyRecord,
    ResponseKind,
)
from offline_activation.vendor.review import STOPPED


def intend_license(work: Work, received: ReceivedRequest, trust: bytes, key: KeyRecord, now: int, actor: str) -> Intent:
    """Bind the license to the server that asks, raise its revision, and record the exact payload about to be signed."""
    request = received.content
    record = work.find_license(request.license_number)
    definition = find_definition(work, request.product)
    if record is None or definition is None:
        raise Refusal("policy.unknown_license")
    revision = max(record.revision, _reasonable(request.revision)) + 1
    displaced = moves.displaced_by(request, record, revision=revision, now=now)
    opened = with_report(record, request, now=now)
    content = draft_license(
        received,
        record,
        definition,
        revision=revision,
        trust=trust,
        now=now,
        replaced=moves.replaced(work, record, displaced, holder=request.site_key),
        emergency=holds_emergency(request, opened, now=now),
    )
    intent = _intent("license", license_payload(content), received, key, revision=revision, now=now)
    taken = moves.take_seat(work, record, request, displaced, response_id=intent.response_id, now=now, actor=actor)
    work.save_license(
        replace(
            taken,
            revision=revision,
            installation=_installation(request, record.installation),
            emergency_opened=opened,
            forks=forks_after(record, request, now=now),
        )
    )
    return _record_intent(work, intent, received, actor)


def intend_receipt(work: Work, received: ReceivedRequest, trust: bytes, key: KeyRecord, now: int, actor: str) -> Intent:
    """Free the seat that a return gives back, and record the exact payload of its receipt (see vendor.moves)."""
    record = work.find_license(received.content.license_number)
    if record is None:
        raise Refusal("policy.unknown_license")
    payload = receipt_payload(draft_receipt(received, trust=trust, now=now))
    intent = _intent("receipt", payload, received, key, revision=received.content.revision, now=now)
    freed = moves.give_back(work, record, received, response_id=intent.response_id, now=now, actor=actor)
    counted_before = freed is record
    work.save_license(
        replace(
            freed,
            revision=max(record.revision, _reasonable(received.content.revision)),
            emergency_opened=(
                record.emergency_opened if counted_before else with_report(record, received.content, now=now)
            ),
        )
    )
    return _record_intent(work, intent, received, actor)


def intend_refusal(
    work: Work, content: RefusalDocument, received: ReceivedRequest, key: KeyRecord, actor: str
) -> Intent:
    """Record the exact payload of a refusal about to be signed; the license itself is not touched."""
    intent = _intent("refusal", refusal_payload(content), received, key, code=content.code, now=content.issued)
    return _record_intent(work, intent, received, actor)


def check_claim(work: Work, intent: Intent, received: ReceivedRequest) -> None:
    """Refuse to finish an intent whose license went elsewhere since, or was stopped.

    Raises :class:`Refusal` ``policy.changed_since``, ``policy.suspended`` or ``policy.revoked``.
    """
    record = work.find_license(intent.license_number) if intent.kind == "license" else None
    if record is None:
        return
    if record.installation is None or record.installation.site_key != received.content.site_key:
        raise Refusal("policy.changed_since", reference=received.reference)
    if record.state in STOPPED:
        raise Refusal(STOPPED[record.state])


def record_response(
    work: Work, intent: Intent, received: ReceivedRequest, document: bytes, *, now: int, actor: str
) -> Intent:
    """Record the signed response of an intent and what it changes; a second time changes nothing.

    Raises :class:`Refusal` ``policy.changed_since`` when the intent was abandoned or replaced meanwhile, and what
    :func:`check_claim` raises.
    """
    current = work.find_intent(intent.request_id)
    if current is None or current.response_id != intent.response_id:
        raise Refusal("policy.changed_since", reference=received.reference)
    if current.state == "signed":
        return current
    check_claim(work, current, received)
    signed = replace(current, state="signed", document=document)
    work.save_intent(signed)
    if signed.kind == "license":
        _record_issued(work, signed, received, now)
    if signed.kind == "receipt":
        _record_receipt(work, signed)
    _audit(work, signed, received, f"{signed.kind}.issued", now, actor)
    return signed


def installation_of(request: ActivationRequest, counter: int = 0) -> Installation:
    """Return the server that a request describes, its count at least ``counter``."""
    return Installation(
        site_key=request.site_key,
        volume_id=request.volume_id,
        volume_source=request.volume_source,
        components=request.components,
        counter=max(request.counter, counter),
    )


def _reasonable(revision: int) -> int:
    """Return the revision of a site that may be ahead of restored books: a person said so.

    A figure beyond reason is a thief's (see vendor.lint) and counts for nothing.
    """
    return revision if revision < REASONABLE_REVISION else 0


def _installation(request: ActivationRequest, held: Installation | None) -> Installation:
    same = held is not None and held.site_key == request.site_key
    return installation_of(request, held.counter if held is not None and same else 0)


def _record_issued(work: Work, intent: Intent, received: ReceivedRequest, now: int) -> None:
    record = work.find_license(intent.license_number)
    if record is None:
        return
    content = read_license(unsigned(intent))
    newest = intent.revision == record.revision
    work.save_license(
        replace(
            record,
            state="active" if record.state in {"ordered", "ready"} else record.state,
            # the payload tells what was issued, for more may have been bought since it was drafted
            issued=entitlement_of(content, received.content.zone) if newest else record.issued,
            contact=received.content.contact if newest else record.contact,
            last_response=intent.response_id if newest else record.last_response,
            first_activated=now if record.first_activated is None else record.first_activated,
            last_contact=now,
        )
    )
    for order in work.orders(state="processed", license_number=record.license_number):
        if order.processed is not None and order.processed <= intent.intended:
            work.save_order(replace(order, state="fulfilled"))


def _record_receipt(work: Work, intent: Intent) -> None:
    """Let the chain go on from the receipt, as long as no other server has the license."""
    record = work.find_license(intent.license_number)
    if record is not None and record.installation is None:
        work.save_license(replace(record, last_response=intent.response_id))


def _intent(
    kind: ResponseKind,
    payload: bytes,
    received: ReceivedRequest,
    key: KeyRecord,
    *,
    revision: int = 0,
    code: str = "",
    now: int,
) -> Intent:
    return Intent(
        request_id=received.request_id,
        response_id=document_id(payload),
        kind=kind,
        payload=payload,
        key_id=key.key_id,
        license_number=received.content.license_number,
        revision=revision,
        code=code,
        intended=now,
        state="intended",
    )


def _record_intent(work: Work, intent: Intent, received: ReceivedRequest, actor: str) -> Intent:
    work.save_intent(intent)
    _audit(work, intent, received, f"{intent.kind}.intended", intent.intended, actor)
    return intent


def _audit(work: Work, intent: Intent, received: ReceivedRequest, action: str, now: int, actor: str) -> None:
    response: DocumentId = intent.response_id
    details = {
        "license_number": show_license_number(intent.license_number),
        "response": response.hex(),
        "key": intent.key_id.hex(),
        "revision": str(intent.revision),
        **({"code": intent.code} if intent.code else {}),
    }
    work.append_audit(AuditEntry(at=now, actor=actor, action=action, subject=received.reference, details=details))
