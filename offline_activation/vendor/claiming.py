"""The two units of work around a signature: claim and intent before it, the response after it, or the claim undone."""

from dataclasses import replace

from offline_activation.errors import Refusal
from offline_activation.formats.license_document import license_payload, read_license
from offline_activation.formats.names import DocumentId, document_id, show_license_number
from offline_activation.formats.refusal import RefusalDocument, refusal_payload
from offline_activation.formats.request import ActivationRequest, ReceivedRequest, receive_request
from offline_activation.vendor.drafting import draft_license
from offline_activation.vendor.entitlements import entitlement_of
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
    # a person approved a site that is ahead of restored books; a figure beyond reason is a thief's (see vendor.lint)
    ahead = request.revision if request.revision < REASONABLE_REVISION else 0
    revision = max(record.revision, ahead) + 1
    content = draft_license(received, record, definition, revision=revision, trust=trust, now=now)
    work.save_license(replace(record, revision=revision, installation=_installation(request, record.installation)))
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
    _audit(work, signed, received, f"{signed.kind}.issued", now, actor)
    return signed


def abandon(work: Work, intent: Intent, *, why: Refusal, now: int, actor: str) -> None:
    """Give up an intent that must not be signed, and undo its claim: the license is as its last good intent left it."""
    current = work.find_intent(intent.request_id)
    if current is None or current.state == "signed" or current.response_id != intent.response_id:
        return
    work.save_intent(replace(current, state="abandoned"))
    record = work.find_license(intent.license_number)
    if intent.kind == "license" and record is not None and record.revision == intent.revision:
        work.save_license(_without_claim(work, record))
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


def _installation(request: ActivationRequest, held: Installation | None) -> Installation:
    same = held is not None and held.site_key == request.site_key
    return installation_of(request, held.counter if held is not None and same else 0)


def _without_claim(work: Work, record: LicenseRecord) -> LicenseRecord:
    kept = [item for item in work.intents(record.license_number) if item.kind == "license"]
    kept = [item for item in kept if item.state != "abandoned"]
    if not kept:
        return replace(record, revision=0, installation=None)
    last = max(kept, key=lambda item: item.revision)
    request = work.find_request(last.request_id)
    installation = None if request is None else installation_of(receive_request(request.document).content)
    return replace(record, revision=last.revision, installation=installation)


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
