"""The two units of work around a signature: claim and intent before it, the response after it, or the claim undone."""

from dataclasses import replace

from offline_activation.errors import Refusal
from offline_activation.formats.keys import PublicKey
from offline_activation.formats.license_document import license_payload, read_license
from offline_activation.formats.names import DocumentId, document_id, show_license_number
from offline_activation.formats.receipt import receipt_payload
from offline_activation.formats.refusal import RefusalDocument, refusal_payload
from offline_activation.formats.request import ActivationRequest, ReceivedRequest, receive_request
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
    LicenseRecord,
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
    payload = license_payload(content)
    intent = Intent(
        request_id=received.request_id,
        response_id=document_id(payload),
        kind="license",
        payload=payload,
        key_id=key.key_id,
        license_number=record.license_number,
        revision=revision,
        code="",
        intended=now,
        state="intended",
    )
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
    intent = Intent(
        request_id=received.request_id,
        response_id=document_id(payload),
        kind="receipt",
        payload=payload,
        key_id=key.key_id,
        license_number=record.license_number,
        revision=received.content.revision,
        code="",
        intended=now,
        state="intended",
    )
    freed = moves.give_back(work, record, received, response_id=intent.response_id, now=now, actor=actor)
    work.save_license(replace(freed, revision=max(record.revision, _reasonable(received.content.revision))))
    return _record_intent(work, intent, received, actor)


def intend_refusal(
    work: Work, content: RefusalDocument, received: ReceivedRequest, key: KeyRecord, actor: str
) -> Intent:
    """Record the exact payload of a refusal about to be signed; the license itself is not touched."""
    payload = refusal_payload(content)
    intent = Intent(
        request_id=received.request_id,
        response_id=document_id(payload),
        kind="refusal",
        payload=payload,
        key_id=key.key_id,
        license_number=received.content.license_number,
        revision=0,
        code=content.code,
        intended=content.issued,
        state="intended",
    )
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


def abandon(work: Work, intent: Intent, *, why: Refusal, now: int, actor: str) -> None:
    """Give up an intent that must not be signed, and undo its claim: the license is as its last good intent left it."""
    current = work.find_intent(intent.request_id)
    if current is None or current.state == "signed" or current.response_id != intent.response_id:
        return
    work.save_intent(replace(current, state="abandoned"))
    record = work.find_license(intent.license_number)
    request = work.find_request(intent.request_id)
    if intent.kind == "license" and record is not None and request is not None:
        site_key = receive_request(request.document).content.site_key
        undone = moves.undo(work, record, intent, site_key)
        work.save_license(_without_claim(work, undone, intent, site_key))
    work.append_audit(
        AuditEntry(
            at=now,
            actor=actor,
            action=f"{intent.kind}.abandoned",
            subject=show_license_number(intent.license_number),
            details={"response": intent.response_id.hex(), "code": why.code, "why": why.message},
        )
    )


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


def _without_claim(work: Work, record: LicenseRecord, intent: Intent, site_key: PublicKey) -> LicenseRecord:
    """Return the record as the last good intent left it, when the abandoned one was the last to change it."""
    held = record.installation
    if record.revision != intent.revision or (held is not None and held.site_key != site_key):
        return record
    kept = [item for item in work.intents(record.license_number) if item.kind == "license"]
    kept = [item for item in kept if item.state != "abandoned"]
    if not kept:
        return replace(record, revision=0, installation=None)
    last = max(kept, key=lambda item: item.revision)
    record = replace(record, revision=last.revision, installation=None)
    request = work.find_request(last.request_id)
    if request is None:
        return record
    return moves.restored(work, record, kept, installation_of(receive_request(request.document).content))


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
