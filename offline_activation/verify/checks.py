"""The numbered ladder: response bytes in, one accepted thing or one refusal out (docs/checks.md has the same numbers).

The ladder knows no file, clock, environment or randomness: who calls it brings the facts and the time, once.  It runs
at import (all rungs), at every start (1 to 8 and 10: nothing is asked, and what the time means is told by ``standing``)
and at the vendor, on its own output before it signs.
"""

from collections.abc import Mapping
from typing import Final

from offline_activation.errors import Refusal
from offline_activation.formats.envelope import Envelope, Kind, check_signature, expect, open_envelope
from offline_activation.formats.instants import show_instant, show_local_end
from offline_activation.formats.keys import KeyId, PublicKey
from offline_activation.formats.license_document import LicenseDocument, read_license
from offline_activation.formats.names import DocumentId, ProductId, document_id, reference, show_license_number, site_id
from offline_activation.formats.receipt import ReceiptDocument, read_receipt
from offline_activation.formats.refusal import RefusalDocument, read_refusal
from offline_activation.formats.value import value
from offline_activation.identity.matching import Match, match
from offline_activation.verify.standing import final_end
from offline_activation.verify.trust import Trust, is_revoked, pinned_trust, signing_key, updated

CLOCK_TOLERANCE: Final = 300
"""Seconds by which vendor and site clocks may disagree without a word."""


@value
class Facts:
    """Who this installation is, as the ladder needs it."""

    product: ProductId
    site_key: PublicKey
    components: Mapping[str, bytes]
    """Blinded components present now (see identity.components.blinded)."""
    fallback_volumes: frozenset[bytes] = frozenset()
    """Marks of the volume ids this machine falls back to when its volume shows none (identity.components)."""


@value
class Evidence:
    """What this installation remembers: its open requests and the license in force (see :func:`evidence_of`)."""

    open_requests: frozenset[DocumentId]
    installed: LicenseDocument | None = None
    installed_id: DocumentId | None = None
    installed_key: KeyId | None = None
    """Id of the key that signed the license in force: once it is revoked, that license holds no other one back."""


@value
class AcceptedLicense:
    """A license that passed the ladder."""

    license: LicenseDocument
    response_id: DocumentId
    document: bytes
    trust: Trust
    match: Match
    signed_by: KeyId
    revoked_key: bool
    """At start-up only: the signing key was revoked after the license was installed."""


@value
class AcceptedRefusal:
    """A refusal that passed the ladder: the vendor really said no to this request."""

    refusal: RefusalDocument
    response_id: DocumentId
    document: bytes
    trust: Trust


@value
class AcceptedReceipt:
    """A receipt that passed the ladder: the vendor took the license back."""

    receipt: ReceiptDocument
    response_id: DocumentId
    document: bytes
    trust: Trust


def evidence_of(in_force: AcceptedLicense | None, *, open_requests: frozenset[DocumentId]) -> Evidence:
    """Return what an installation remembers, from the license in force as ``check_installed`` found it."""
    if in_force is None:
        return Evidence(open_requests=open_requests)
    return Evidence(
        open_requests=open_requests,
        installed=in_force.license,
        installed_id=in_force.response_id,
        installed_key=in_force.signed_by,
    )


def check_response(
    document: bytes, *, trust: Trust, facts: Facts, evidence: Evidence, now: int
) -> AcceptedLicense | AcceptedRefusal | AcceptedReceipt:
    """Check a response that is about to be imported.  ``now`` is in seconds since 1970 UTC.

    A license that is already installed passes again (the caller sees it by its ``response_id``).
    Raises :class:`Refusal` with the code of the first rung that says no; see docs/checks.md.
    """
    # 1-3 before any key or signature, so that damage is called damage
    envelope = _read_form(document, Kind.LICENSE, Kind.REFUSAL, Kind.RECEIPT)
    content = _read_content(envelope)
    # 4-8
    trust = _check_trust_list(content, trust, envelope)
    _check_signer(envelope, content, trust)
    if is_revoked(trust, envelope):
        raise Refusal("key.revoked", kind=envelope.kind.value)
    _check_addressee(content, facts, envelope.kind.value)
    # 9-13
    response_id = document_id(envelope.payload)
    installed = None if evidence.installed_key in trust.current.revoked else evidence.installed
    if response_id != evidence.installed_id:
        _check_request(content, evidence.open_requests, installed, envelope.kind.value)
    if isinstance(content, RefusalDocument):
        return AcceptedRefusal(refusal=content, response_id=response_id, document=document, trust=trust)
    if isinstance(content, ReceiptDocument):
        return AcceptedReceipt(receipt=content, response_id=response_id, document=document, trust=trust)
    found = _check_machine(content, facts)
    if installed is not None and response_id != evidence.installed_id:
        _check_revision(content, installed)
    _check_times(content, now)
    return _accepted(document, envelope, content, trust, found)


def _read_content(envelope: Envelope) -> LicenseDocument | RefusalDocument | ReceiptDocument:
    if envelope.kind is Kind.LICENSE:
        return read_license(envelope)
    return read_receipt(envelope) if envelope.kind is Kind.RECEIPT else read_refusal(envelope)


def check_installed(document: bytes, *, trust: Trust, facts: Facts) -> AcceptedLicense:
    """Check the license in force at a start: rungs 1 to 8 and 10; what the time means is told by ``standing``.

    Raises :class:`Refusal`.  What was rightly installed stays in force: a key revoked since the import is reported and
    stops nobody, and a key that newer trust lists leave out or bind anew still counts as the list inside the license
    has it.
    """
    envelope = _read_form(document, Kind.LICENSE)
    content = read_license(envelope)
    newest = _check_trust_list(content, trust, envelope)
    try:
        _check_signer(envelope, content, newest)
    except Refusal as refusal:
        try:
            _check_signer(envelope, content, pinned_trust(trust.root, content.trust))
        except Refusal:
            raise refusal from None
    _check_addressee(content, facts, envelope.kind.value)
    return _accepted(document, envelope, content, newest, _check_machine(content, facts))


def _accepted(
    document: bytes, envelope: Envelope, content: LicenseDocument, trust: Trust, found: Match
) -> AcceptedLicense:
    return AcceptedLicense(
        license=content,
        response_id=document_id(envelope.payload),
        document=document,
        trust=trust,
        match=found,
        signed_by=envelope.key_id,
        revoked_key=is_revoked(trust, envelope),
    )


def _read_form(document: bytes, *kinds: Kind) -> Envelope:
    # 1 form
    envelope = open_envelope(document)
    # 2 kind
    expect(envelope, *kinds)
    # 3 content: the caller reads it, because only it knows the kind
    return envelope


def _check_trust_list(
    content: LicenseDocument | RefusalDocument | ReceiptDocument, trust: Trust, envelope: Envelope
) -> Trust:
    # 4 trust list: signed by the pinned root; the newer one of those seen counts
    try:
        return updated(trust, content.trust)
    except Refusal as refusal:
        if refusal.code == "key.root_mismatch":  # another vendor, or a root brought along by an attacker
            raise Refusal("key.unknown", kind=envelope.kind.value, vendor=trust.current.vendor) from refusal
        raise


def _check_signer(
    envelope: Envelope, content: LicenseDocument | RefusalDocument | ReceiptDocument, trust: Trust
) -> None:
    # 5 key: listed, for this use, product and time
    entry = signing_key(trust, envelope, content.product, content.issued)
    # 6 signature; at import also: by a key that is not revoked
    check_signature(envelope, entry.key)


def _check_addressee(content: LicenseDocument | RefusalDocument | ReceiptDocument, facts: Facts, kind: str) -> None:
    # 7 product
    if content.product != facts.product:
        raise Refusal("binding.other_product", kind=kind, found=content.product, expected=facts.product)
    # 8 site
    if content.site != site_id(facts.site_key):
        raise Refusal("license.wrong_machine", what="it was issued to another installation (site key)")


def _check_request(
    content: LicenseDocument | RefusalDocument | ReceiptDocument,
    open_requests: frozenset[DocumentId],
    installed: LicenseDocument | None,
    kind: str,
) -> None:
    # 9 request: an answer to something asked here and not cancelled; else say which kind of stranger it is
    if content.request_id in open_requests:
        return
    if (
        isinstance(content, LicenseDocument)
        and installed is not None
        and content.license_number == installed.license_number
        and content.revision < installed.revision
    ):
        raise Refusal("replay.older_revision", found=content.revision, installed=installed.revision)
    raise Refusal("binding.other_request", kind=kind, reference=reference(content.request_id))


def _check_machine(content: LicenseDocument, facts: Facts) -> Match:
    # 10 machine
    bound = content.components["volume_id"]
    volume = {"volume_id": bound} if bound in facts.fallback_volumes else {}
    found = match(content.components, {**facts.components, **volume})
    if found.verdict == "other":
        raise Refusal("license.wrong_machine", what=found.explanation)
    return found


def _check_revision(content: LicenseDocument, installed: LicenseDocument) -> None:
    # 11 revision: of the installed license number, and never back
    if content.license_number != installed.license_number:
        raise Refusal(
            "binding.other_license",
            found=show_license_number(content.license_number),
            installed=show_license_number(installed.license_number),
        )
    if content.revision < installed.revision:
        raise Refusal("replay.older_revision", found=content.revision, installed=installed.revision)
    if content.revision == installed.revision:
        raise Refusal("replay.same_revision", found=content.revision)


def _check_times(content: LicenseDocument, now: int) -> None:
    # 12 clock
    if content.issued > now + CLOCK_TOLERANCE:
        raise Refusal("clock.future", kind="license", issued=show_instant(content.issued), now=show_instant(now))
    # 13 end
    end = final_end(content)
    if end is not None and now >= end:
        raise Refusal("license.expired", until=show_local_end(end))
