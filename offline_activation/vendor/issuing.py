"""Answering a request: prepare, record the intent, lint, sign, compare, record the response.

    unit of work 1   review; request, claim of the license and intent (the exact payload) are recorded
                     (or the seat that a return gives back, and the intent of its receipt; see vendor.moves)
    lint             nothing is signed that the site would refuse; a failed lint abandons the intent
    sign, compare    outside every unit of work: a slow token holds up nobody
    unit of work 2   the signed document, what was issued, orders fulfilled

An intent that is found is finished, never prepared anew: Ed25519 is deterministic, so a second terminal, a retry and a
restart after a crash all give the same bytes, and each signature has its ledger row before it exists.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from offline_activation.errors import ActivationError, Refusal
from offline_activation.formats.envelope import check_signature, open_envelope, seal
from offline_activation.formats.keys import Signer, key_id
from offline_activation.formats.names import DocumentId, LicenseNumber, Reference, document_id
from offline_activation.formats.request import ActivationRequest, Purpose, ReceivedRequest
from offline_activation.formats.trust_list import Use, read_trust_list
from offline_activation.vendor.abandoning import abandon
from offline_activation.vendor.claiming import (
    check_claim,
    intend_license,
    intend_receipt,
    intend_refusal,
    record_response,
)
from offline_activation.vendor.drafting import draft_refusal, draft_refusal_of
from offline_activation.vendor.intake import examine, record_of
from offline_activation.vendor.keyring import Signers, find_key, first_root, issuing_key
from offline_activation.vendor.lint import KIND_OF, lint
from offline_activation.vendor.moves import note_seen
from offline_activation.vendor.ports import Clock, Store, Work
from offline_activation.vendor.records import AuditEntry, Intent, KeyRecord, RequestRecord, ResponseKind, Vendor
from offline_activation.vendor.review import Review

Outcome = Literal["signed", "refused", "waiting"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where requests are answered: the books, the keys, the clock, randomness, and who works here."""

    store: Store
    signers: Signers
    clock: Clock
    randomness: Callable[[int], bytes]
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a request; ``document`` is the signed response, ``None`` while a person must decide."""

    outcome: Outcome
    reference: Reference
    license_number: LicenseNumber
    kind: ResponseKind | None = None
    """What the document is."""
    document: bytes | None = None
    code: str | None = None
    revision: int | None = None
    reasons: tuple[str, ...] = ()
    blocking: ActivationError | None = None
    """While it waits: why no approval would help; ``None`` when an approval is what it waits for."""


def answer(desk: Desk, received: ReceivedRequest) -> Answer:
    """Answer a request by the rules: a signed license, receipt or refusal, or nothing yet when a person must decide.

    The same request always gets the same response.  Raises :class:`Refusal` ``key.none``, ``key.no_receipts``,
    ``key.passphrase``,
    ``policy.changed_since``, ``vendor.lint_failed``, ``vendor.signer_mismatch`` and :class:`Trouble` of store and keys;
    then no document was handed out.
    """
    now = desk.clock()
    _open_key(desk, received, now, use=use_for(received.content))
    with desk.store.begin() as work:
        intent = work.find_intent(received.request_id)
        if intent is None:
            found = examine(work, received.content, now=now)
            if found.decision == "ask":
                return _wait(work, received, found, now, desk.actor)
            intent = _intend(work, received, found, now, desk.actor)
            if intent.kind == "receipt":  # no seat is freed for a receipt that the site would not accept
                lint(intent, received, root=_vendor(work).root, now=now, randomness=desk.randomness)
    return _finish(desk, received, intent, now)


def refuse(desk: Desk, received: ReceivedRequest, *, reason: str) -> Answer:
    """Answer a request with a signed refusal that gives a person's ``reason``.

    Raises :class:`Refusal` ``policy.already_answered`` when another response exists, and what :func:`answer` raises.
    """
    now = desk.clock()
    _open_key(desk, received, now, use=Use.REFUSAL)
    given = Refusal("policy.refused", what=reason)
    with desk.store.begin() as work:
        before = work.find_request(received.request_id)
        intent = work.find_intent(received.request_id)
        if intent is not None and (intent.code != given.code or before is None or before.refused_because != reason):
            raise Refusal("policy.already_answered", reference=received.reference)
        if intent is None:
            record = record_of(received, before=before, now=now, decision="refuse", reasons=(given.message,))
            work.save_request(replace(record, refused_because=reason))
            content = draft_refusal(
                received,
                code=given.code,
                message=f"The vendor refused the request: {reason.rstrip('.')}.",
                remedy=given.remedy,
                trust=_trust(work),
                now=now,
            )
            intent = intend_refusal(work, content, received, _key(work, received, Use.REFUSAL, now), desk.actor)
    return _finish(desk, received, intent, now)


def approve(work: Work, received: ReceivedRequest, *, user: str, now: int) -> Intent:
    """Record that ``user`` approves a waiting request, and the exact payload that was approved.

    The intent is what the next ``sign`` finishes; so what is signed is what was approved, byte for byte.
    Raises :class:`Refusal` ``policy.already_answered``, ``key.none``, or why no approval helps.
    """
    before = work.find_request(received.request_id)
    if before is None:
        raise Refusal("vendor.unknown_request", reference=received.reference)
    if work.find_intent(received.request_id) is not None:
        raise Refusal("policy.already_answered", reference=received.reference)
    found = examine(work, received.content, now=now)
    if found.blocking is not None:
        raise found.blocking
    record = record_of(received, before=before, now=now, decision=found.decision, reasons=found.reasons)
    work.save_request(replace(record, approved_by=user))
    intent = _intend_grant(work, received, now, user)
    details = {"response": intent.response_id.hex(), "reasons": " ".join(found.reasons)}
    _audit(work, now, user, "request.approved", received, details)
    return intent


def _wait(work: Work, received: ReceivedRequest, found: Review, now: int, actor: str) -> Answer:
    before = work.find_request(received.request_id)
    record = record_of(received, before=before, now=now, decision="ask", reasons=found.reasons)
    if record != before:
        work.save_request(record)
        _audit(work, now, actor, "request.waiting", received, {"rule": found.rule})
    return Answer(
        outcome="waiting",
        reference=received.reference,
        license_number=received.content.license_number,
        code="policy.waiting",
        reasons=found.reasons,
        blocking=found.blocking,
    )


def _intend(work: Work, received: ReceivedRequest, found: Review, now: int, actor: str) -> Intent:
    before = work.find_request(received.request_id)
    work.save_request(record_of(received, before=before, now=now, decision=found.decision, reasons=found.reasons))
    if found.refusal is not None:
        note_seen(work, received, found.refusal.code, now=now, actor=actor)
        content = draft_refusal_of(received, found.refusal, trust=_trust(work), now=now)
        return intend_refusal(work, content, received, _key(work, received, Use.REFUSAL, now), actor)
    return _intend_grant(work, received, now, actor)


def _intend_grant(work: Work, received: ReceivedRequest, now: int, actor: str) -> Intent:
    use = use_for(received.content)
    intend = intend_receipt if use is Use.RECEIPT else intend_license
    return intend(work, received, _trust(work), _key(work, received, use, now), now, actor)


def use_for(request: ActivationRequest) -> Use:
    """Return what a key must be allowed to sign to grant a request."""
    return Use.RECEIPT if request.purpose is Purpose.RETURN else Use.LICENSE


def _finish(desk: Desk, received: ReceivedRequest, intent: Intent, now: int) -> Answer:
    if intent.state != "signed":
        intent = _sign(desk, received, intent, max(now, intent.intended))
    refused = intent.kind == "refusal"
    return Answer(
        outcome="refused" if refused else "signed",
        reference=received.reference,
        license_number=received.content.license_number,
        kind=intent.kind,
        document=intent.document,
        code=intent.code or None,
        revision=None if refused else intent.revision,
        reasons=_reasons(desk.store, received.request_id),
    )


def _sign(desk: Desk, received: ReceivedRequest, intent: Intent, now: int) -> Intent:
    with desk.store.read() as work:
        key = _recorded_key(work, intent, received)
        root = first_root(_vendor(work), work.keys())  # what was prepared before a new root key holds a list of the old
    try:
        with desk.store.read() as work:
            _check_announced(work, intent, received)
            _check_key(work, key, now)
            check_claim(work, intent, received)
        lint(intent, received, root=root, now=now, randomness=desk.randomness)
    except Refusal as refusal:
        with desk.store.begin() as work:
            abandon(work, intent, why=refusal, now=now, actor=desk.actor)
        raise
    document = _sealed(intent, key, desk.signers(key), received.reference)
    with desk.store.begin() as work:
        return record_response(work, intent, received, document, now=now, actor=desk.actor)


def _check_announced(work: Work, intent: Intent, received: ReceivedRequest) -> None:
    """Refuse an intent that is not the one which the audit log announced: somebody changed the books in between."""
    announced = [
        entry.details.get("response")
        for entry in work.audit_about(received.reference)
        if entry.action in {f"{intent.kind}.intended", "request.approved"}
    ]
    if announced[-1:] != [intent.response_id.hex()] or document_id(intent.payload) != intent.response_id:
        raise Refusal("policy.changed_since", reference=received.reference)


def _check_key(work: Work, key: KeyRecord, now: int) -> None:
    """Refuse a key that was revoked or has ended since the intent was recorded, whatever the payload's list says."""
    revoked = read_trust_list(open_envelope(_trust(work))).revoked
    if key.state == "revoked" or key.key_id in revoked:
        raise Refusal("key.revoked", kind="response")
    if now >= key.not_after:
        raise Refusal("key.outside_time", kind="response")


def _sealed(intent: Intent, key: KeyRecord, signer: Signer, reference: Reference) -> bytes:
    """Sign the recorded payload and look at what came back: a token may answer with another key or other bytes."""
    if signer.public_key != key.public_key:
        raise Refusal("vendor.signer_mismatch", reference=reference)
    document = seal(KIND_OF[intent.kind], intent.payload, signer)
    envelope = open_envelope(document)
    try:
        check_signature(envelope, key.public_key)
    except Refusal as refusal:
        raise Refusal("vendor.signer_mismatch", reference=reference) from refusal
    if envelope.payload != intent.payload or {envelope.key_id, key_id(key.public_key)} != {intent.key_id}:
        raise Refusal("vendor.signer_mismatch", reference=reference)
    return document


def _open_key(desk: Desk, received: ReceivedRequest, now: int, use: Use = Use.LICENSE) -> None:
    """Open the key before anything is recorded: a mistyped passphrase leaves no trace, and no lock waits for it."""
    with desk.store.read() as work:
        intent = work.find_intent(received.request_id)
        if intent is not None and intent.state == "signed":
            return
        key = find_key(work.keys(), intent.key_id) if intent is not None else None
        if key is not None and (key.state == "revoked" or now >= key.not_after):
            key = None  # its file may be destroyed; the intent is abandoned, and the next answer takes another key
        key = key or _key_to_open(work, received, use, now)
    desk.signers(key)


def _key_to_open(work: Work, received: ReceivedRequest, use: Use, now: int) -> KeyRecord:
    try:
        return _key(work, received, use, now)
    except Refusal:
        if use is not Use.RECEIPT:
            raise
        return _key(work, received, Use.REFUSAL, now)  # a return that is refused needs no key for receipts


def _recorded_key(work: Work, intent: Intent, received: ReceivedRequest) -> KeyRecord:
    key = find_key(work.keys(), intent.key_id)
    if key is None:
        raise Refusal("key.none", product=received.content.product)
    return key


def _key(work: Work, received: ReceivedRequest, use: Use, now: int) -> KeyRecord:
    return issuing_key(work.keys(), product=received.content.product, use=use, now=now)


def _trust(work: Work) -> bytes:
    document = work.find_trust_list()
    if document is None:
        raise Refusal("vendor.not_initialised", path="this database")
    return document


def _vendor(work: Work) -> Vendor:
    vendor = work.find_vendor()
    if vendor is None:
        raise Refusal("vendor.not_initialised", path="this database")
    return vendor


def _reasons(store: Store, request_id: DocumentId) -> tuple[str, ...]:
    with store.read() as work:
        record: RequestRecord | None = work.find_request(request_id)
    return record.reasons if record is not None else ()


def _audit(work: Work, now: int, actor: str, action: str, received: ReceivedRequest, details: dict[str, str]) -> None:
    work.append_audit(AuditEntry(at=now, actor=actor, action=action, subject=received.reference, details=details))
