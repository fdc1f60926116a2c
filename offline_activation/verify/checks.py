"""The numbered ladder: response bytes in, one accepted thing or one refusal out (docs/checks.md has the same numbers).

The ladder knows no file, clock, environment or randomness: who calls it brings the facts and the time, once.  It runs
at import (all rungs), at every start (1 to 8 and 10: nothing is asked, and what the time means is told by ``standing``)
and at the vendor, on its own output before it signs.
"""

from collections.abc import Mapping
from typing import Final

from offline_activation.errors import Refusal
from offline_activation.formats.envelope import Envelope, Kind, check_signature, expect, open_envelope
from offline_activation.formats.instants import show_day, show_instant, show_local_end
from offline_activation.formats.keys import KeyId, PublicKey
from offline_activation.formats.license_document import LicenseDocument, names_former_site, read_license
from offline_activation.formats.names import DocumentId, ProductId, document_id, reference, show_license_number, site_id
from offline_activation.formats.receipt import ReceiptDocument, read_receipt
from offline_activation.formats.refusal import RefusalDocument, read_refusal
from offline_activation.formats.value import value
from offline_activation.identity.matching import Match, match
from offline_activation.verify.standing import final_end
from offline_activation.verify.trust import Trust, is_hollow, is_revoked, learned, pinned_trust, signing_key

Response = LicenseDocument | RefusalDocument | ReceiptDocument

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
    """Id of the key that signed the license in force: once it is revoked, that license holds no other one back.

    The same holds when only a root key that was revoked since vouches for this key.
    """


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
    """At start-up only: the signing key, or the root key that alone vouches for it, was revoked since the import."""


@value
class AcceptedRefusal:
    """A refusal that passed the ladder: the vendor really said no to this request."""

    refusal: RefusalDocument
    response_id: DocumentId
    document: bytes
    trust: Trust


@value
class AcceptedReceipt:
    """A receipt that passed the ladder: the vendor has taken the license back."""

    receipt: ReceiptDocument
    response_id: DocumentId
    document: bytes
    trust: Trust


@value
class Proven:
    """A document of the vendor for this product, whoever it was made for: what rungs 1 to 7 prove."""

    content: Response
    envelope: Envelope
    trust: Trust
    is_revoked: bool
    """The signing key was revoked since."""


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
    envelope, content = _read(document, Kind.LICENSE, Kind.REFUSAL, Kind.RECEIPT)
    # 4-8
    trust = _check_trust_list(content, trust, envelope)
    _check_signer(envelope, content, trust)
    if is_revoked(trust, envelope):
        raise Refusal("key.revoked", kind=envelope.kind.value)
    _check_product(content, facts.product, envelope.kind.value)
    _check_site(content, facts, envelope.kind.value)
    # 9-13
    response_id = document_id(envelope.payload)
    installed = None if _is_forgeable(evidence, trust) else evidence.installed
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


def check_installed(document: bytes, *, trust: Trust, facts: Facts) -> AcceptedLicense:
    """Check the license in force at a start: rungs 1 to 8 and 10; what the time means is told by ``standing``.

    Raises :class:`Refusal`.  What was rightly installed stays in force: see :func:`check_origin`.
    """
    proven = check_origin(document, Kind.LICENSE, trust=trust, product=facts.product)
    content = proven.content
    assert isinstance(content, LicenseDocument)  # noqa: S101 - for the type checker: only this kind was asked for
    _check_site(content, facts, Kind.LICENSE.value)
    return _accepted(document, proven.envelope, content, proven.trust, _check_machine(content, facts))


def check_origin(document: bytes, *kinds: Kind, trust: Trust, product: ProductId, strict: bool = False) -> Proven:
    """Check that ``document`` is one of the vendor for ``product``, whoever it was made for: rungs 1 to 7.

    Raises :class:`Refusal`.  As at a start, a key revoked since is reported and not refused, and a key that newer trust
    lists leave out or bind anew still counts as the list inside the document has it.  With ``strict``, as at an import:
    only the newest list counts, and a revoked key is refused with ``key.revoked``.
    """
    envelope, content = _read(document, *kinds)
    newest = _check_trust_list(content, trust, envelope)
    try:
        _check_signer(envelope, content, newest)
    except Refusal as refusal:
        if strict:
            raise
        try:
            _check_signer(envelope, content, pinned_trust(trust.root, content.trust))
        except Refusal:
            raise refusal from None
    is_over = is_revoked(newest, envelope)
    if strict and is_over:
        raise Refusal("key.revoked", kind=envelope.kind.value)
    _check_product(content, product, envelope.kind.value)
    return Proven(content=content, envelope=envelope, trust=newest, is_revoked=is_over)


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
        revoked_key=is_hollow(trust, envelope.key_id, content.trust),
    )


def _is_forgeable(evidence: Evidence, trust: Trust) -> bool:
    """Tell whether a thief can have made the license in force, so that its revision means nothing."""
    key, license_ = evidence.installed_key, evidence.installed
    return key is not None and license_ is not None and is_hollow(trust, key, license_.trust)


def _read(document: bytes, *kinds: Kind) -> tuple[Envelope, Response]:
    # 1 form
    envelope = open_envelope(document)
    # 2 kind
    expect(envelope, *kinds)
    # 3 content
    if envelope.kind is Kind.LICENSE:
        return envelope, read_license(envelope)
    return envelope, read_refusal(envelope) if envelope.kind is Kind.REFUSAL else read_receipt(envelope)


def _check_trust_list(content: Response, trust: Trust, envelope: Envelope) -> Trust:
    # 4 trust list: signed by the pinned root or one it leads to; the newest one of those seen counts
    try:
        return learned(trust, content.trust)
    except Refusal as refusal:
        if refusal.code == "key.root_mismatch":  # another vendor, or a root brought along by an attacker
            raise Refusal("key.unknown", kind=envelope.kind.value, vendor=trust.current.vendor) from refusal
        raise


def _check_signer(envelope: Envelope, content: Response, trust: Trust) -> None:
    # 5 key: listed, for this use, product and time
    entry = signing_key(trust, envelope, content.product, content.issued)
    # 6 signature; at import also: by a key that is not revoked
    check_signature(envelope, entry.key)


def _check_product(content: Response, product: ProductId, kind: str) -> None:
    # 7 product
    if content.product != product:
        raise Refusal("binding.other_product", kind=kind, found=content.product, expected=product)


def _check_site(content: Response, facts: Facts, kind: str) -> None:
    # 8 site: and when it is another one, whether the license left this one
    site = site_id(facts.site_key)
    if content.site == site:
        return
    if isinstance(content, LicenseDocument) and names_former_site(content, site):
        raise Refusal("license.superseded", moved=show_day(content.issued))
    if not isinstance(content, LicenseDocument):
        raise Refusal("binding.other_server", kind=kind, reference=reference(content.request_id))
    raise Refusal("license.wrong_machine", what="it was issued to another installation (site key)")


def _check_request(
    content: Response,
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
    found = match(content.components, {**facts.components, **volume}, content.policy.match)
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
