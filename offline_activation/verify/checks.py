"""The numbered ladder: response bytes in, one accepted thing or one refusal out (docs/checks.md has the same numbers).

The ladder knows no file, clock, environment or randomness: who calls it brings the facts and the time, once.  It runs
at import (all rungs), at every start (without 9 and 11: there is no request to answer) and at the vendor, on its own
output before it signs.
"""

from collections.abc import Mapping
from typing import Final

from offline_activation.errors import Refusal
from offline_activation.formats.envelope import Envelope, Kind, check_signature, expect, open_envelope
from offline_activation.formats.instants import show_instant, show_local_end
from offline_activation.formats.keys import PublicKey
from offline_activation.formats.license_document import LicenseDocument, read_license
from offline_activation.formats.names import DocumentId, ProductId, document_id, reference, show_license_number, site_id
from offline_activation.formats.refusal import RefusalDocument, read_refusal
from offline_activation.formats.value import value
from offline_activation.identity.matching import Match, match
from offline_activation.verify.standing import final_end
from offline_activation.verify.trust import Trust, is_revoked, signing_key, updated

CLOCK_TOLERANCE: Final = 300
"""Seconds by which vendor and site clocks may disagree without a word."""


@value
class Facts:
    """Who this installation is, as the ladder needs it."""

    product: ProductId
    site_key: PublicKey
    components: Mapping[str, bytes]
    """Blinded components present now (see identity.components.blinded)."""


@value
class Evidence:
    """What this installation remembers: its open requests and the license in force."""

    open_requests: frozenset[DocumentId]
    installed: LicenseDocument | None = None
    installed_id: DocumentId | None = None


@value
class AcceptedLicense:
    """A license that passed the ladder."""

    license: LicenseDocument
    response_id: DocumentId
    document: bytes
    trust: Trust
    match: Match
    revoked_key: bool
    """At start-up only: the signing key was revoked after the license was installed."""


@value
class AcceptedRefusal:
    """A refusal that passed the ladder: the vendor really said no to this request."""

    refusal: RefusalDocument
    response_id: DocumentId
    document: bytes
    trust: Trust


def check_response(
    document: bytes, *, trust: Trust, facts: Facts, evidence: Evidence, now: int
) -> AcceptedLicense | AcceptedRefusal:
    """Check a response that is about to be imported.  ``now`` is in seconds since 1970 UTC.

    A license that is already installed passes again (the caller sees it by its ``response_id``).
    Raises :class:`Refusal` with the code of the first rung that says no; see docs/checks.md.
    """
    # 1-3 form, kind, content: before any signature, so that damage is called damage
    envelope = open_envelope(document)
    expect(envelope, Kind.LICENSE, Kind.REFUSAL)
    content = read_license(envelope) if envelope.kind is Kind.LICENSE else read_refusal(envelope)
    # 4-6 trust list, key, signature
    trust = _check_signer(envelope, content, trust)
    if is_revoked(trust, envelope):
        raise Refusal("key.revoked", kind=envelope.kind.value)
    # 7-8 product and site
    _check_addressee(content, facts, envelope.kind.value)
    response_id = document_id(envelope.payload)
    # 9 the request it answers
    if content.request_id not in evidence.open_requests and response_id != evidence.installed_id:
        _refuse_unasked(content, evidence, envelope.kind.value)
    if isinstance(content, RefusalDocument):
        return AcceptedRefusal(refusal=content, response_id=response_id, document=document, trust=trust)
    # 10 machine
    found = _check_machine(content, facts)
    # 11 license number and revision
    if evidence.installed is not None and response_id != evidence.installed_id:
        _check_revision(content, evidence.installed)
    # 12 clock, 13 end
    _check_times(content, now)
    return AcceptedLicense(
        license=content, response_id=response_id, document=document, trust=trust, match=found, revoked_key=False
    )


def check_installed(document: bytes, *, trust: Trust, facts: Facts) -> AcceptedLicense:
    """Check the license in force at a start: rungs 1 to 8 and 10; what the time means is told by ``standing``.

    Raises :class:`Refusal`.  A key revoked since the import does not stop an honest site; it is reported.
    """
    envelope = open_envelope(document)
    expect(envelope, Kind.LICENSE)
    content = read_license(envelope)
    trust = _check_signer(envelope, content, trust)
    _check_addressee(content, facts, envelope.kind.value)
    return AcceptedLicense(
        license=content,
        response_id=document_id(envelope.payload),
        document=document,
        trust=trust,
        match=_check_machine(content, facts),
        revoked_key=is_revoked(trust, envelope),
    )


def _check_signer(envelope: Envelope, content: LicenseDocument | RefusalDocument, trust: Trust) -> Trust:
    try:
        trust = updated(trust, content.trust)
    except Refusal as refusal:
        if refusal.code == "key.root_mismatch":  # another vendor, or a root brought along by an attacker
            raise Refusal("key.unknown", kind=envelope.kind.value, vendor=trust.current.vendor) from refusal
        raise
    entry = signing_key(trust, envelope, content.product, content.issued)
    check_signature(envelope, entry.key)
    return trust


def _check_addressee(content: LicenseDocument | RefusalDocument, facts: Facts, kind: str) -> None:
    if content.product != facts.product:
        raise Refusal("binding.other_product", kind=kind, found=content.product, expected=facts.product)
    if content.site != site_id(facts.site_key):
        raise Refusal("license.wrong_machine", what="it was issued to another installation (site key)")


def _refuse_unasked(content: LicenseDocument | RefusalDocument, evidence: Evidence, kind: str) -> None:
    """Say which kind of stranger this is: an older license of ours, or an answer nobody waits for."""
    installed = evidence.installed
    if isinstance(content, LicenseDocument) and installed is not None and content.revision < installed.revision:
        raise Refusal("replay.older_revision", found=content.revision, installed=installed.revision)
    raise Refusal("binding.other_request", kind=kind, reference=reference(content.request_id))


def _check_machine(content: LicenseDocument, facts: Facts) -> Match:
    found = match(content.components, facts.components)
    if found.verdict == "other":
        raise Refusal("license.wrong_machine", what=found.explanation)
    return found


def _check_revision(content: LicenseDocument, installed: LicenseDocument) -> None:
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
    if content.issued > now + CLOCK_TOLERANCE:
        raise Refusal("clock.future", kind="license", issued=show_instant(content.issued), now=show_instant(now))
    end = final_end(content)
    if end is not None and now >= end:
        raise Refusal("license.expired", until=show_local_end(end))
