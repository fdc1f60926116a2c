"""The last look before a signature: the site that asks must accept exactly this response.

A copy is signed with a throwaway key that a throwaway trust list certifies, and goes through the site's own ladder
(verify.checks); the real trust list is checked beside it, because the copy does not carry it.  Nothing an issuing key
signs has not passed here.
"""

from collections.abc import Callable
from typing import Final

from offline_activation.errors import Refusal
from offline_activation.formats.envelope import Envelope, Kind
from offline_activation.formats.keys import KEY_SIZE, PublicKey, SoftwareSigner
from offline_activation.formats.license_document import LicenseDocument, license_payload, read_license, seal_license
from offline_activation.formats.names import document_id
from offline_activation.formats.receipt import ReceiptDocument, read_receipt, receipt_payload, seal_receipt
from offline_activation.formats.refusal import RefusalDocument, read_refusal, refusal_payload, seal_refusal
from offline_activation.formats.request import ReceivedRequest
from offline_activation.formats.trust_list import IssuingKey, TrustList, Use, receive_trust_list, seal_trust_list
from offline_activation.formats.value import changed
from offline_activation.vendor.drafting import bound_components
from offline_activation.vendor.records import Intent
from offline_activation.verify.checks import Evidence, Facts, check_response
from offline_activation.verify.trust import Trust, is_revoked, pinned_trust, signing_key

Response = LicenseDocument | RefusalDocument | ReceiptDocument

REASONABLE_REVISION: Final = 1 << 40
"""No vendor ever gets there: a license with such a revision was signed by a thief who had an issuing key."""

KIND_OF: Final = {"license": Kind.LICENSE, "refusal": Kind.REFUSAL, "receipt": Kind.RECEIPT}
"""What the ledger calls each kind of response."""


def lint(
    intent: Intent, received: ReceivedRequest, *, root: PublicKey, now: int, randomness: Callable[[int], bytes]
) -> None:
    """Refuse an intent whose response the site would refuse, or that is not what was recorded.

    Raises :class:`Refusal` ``policy.changed_since`` when the payload is not the one that was recorded or does not
    answer this request, and ``vendor.lint_failed`` with the code of the ladder.
    """
    envelope = unsigned(intent)
    if document_id(intent.payload) != intent.response_id:
        raise Refusal("policy.changed_since", reference=received.reference)
    try:
        content = read_response(envelope)
        _check_recorded(content, intent, received)
        _check_follows(content, received, root)
        _check_real_key(content, envelope, root)
        _check_as_the_site(content, received, now, randomness)
    except Refusal as refusal:
        if refusal.code == "policy.changed_since":
            raise
        what = f"{refusal.code}: {refusal.message}"
        raise Refusal("vendor.lint_failed", reference=received.reference, what=what) from refusal


def unsigned(intent: Intent) -> Envelope:
    """Return the envelope of an intent as it will be, its signature and header still empty."""
    return Envelope(
        kind=KIND_OF[intent.kind], key_id=intent.key_id, protected=b"", payload=intent.payload, signature=b""
    )


def read_response(envelope: Envelope) -> Response:
    """Return the content of a response; raises :class:`Refusal` ``encoding.*`` or ``profile.*``."""
    if envelope.kind is Kind.LICENSE:
        return read_license(envelope)
    return read_receipt(envelope) if envelope.kind is Kind.RECEIPT else read_refusal(envelope)


def _check_recorded(content: Response, intent: Intent, received: ReceivedRequest) -> None:
    same = _encoded(content) == intent.payload and content.request_id == received.request_id == intent.request_id
    if not isinstance(content, RefusalDocument):
        same = same and (content.license_number, content.revision) == (intent.license_number, intent.revision)
    if not same:
        raise Refusal("policy.changed_since", reference=received.reference)


def _encoded(content: Response) -> bytes:
    if isinstance(content, LicenseDocument):
        return license_payload(content)
    return receipt_payload(content) if isinstance(content, ReceiptDocument) else refusal_payload(content)


def _check_follows(content: Response, received: ReceivedRequest, root: PublicKey) -> None:
    """Refuse a revision that the site would refuse; a forged one no longer counts there once its key is revoked."""
    there = received.content.revision
    if not isinstance(content, LicenseDocument) or content.revision > there:
        return
    if there >= REASONABLE_REVISION and receive_trust_list(content.trust, root).revoked:
        return
    raise Refusal("replay.older_revision", found=content.revision, installed=there)


def _check_real_key(content: Response, envelope: Envelope, root: PublicKey) -> None:
    trust = Trust(root=root, current=receive_trust_list(content.trust, root))
    signing_key(trust, envelope, content.product, content.issued)
    if is_revoked(trust, envelope):
        raise Refusal("key.revoked", kind=envelope.kind.value)


def _check_as_the_site(
    content: Response, received: ReceivedRequest, now: int, randomness: Callable[[int], bytes]
) -> None:
    root, issuing = (SoftwareSigner(randomness(KEY_SIZE)) for _ in range(2))
    certified = IssuingKey(
        key=issuing.public_key,
        not_before=content.issued,
        not_after=content.issued + 1,
        uses=Use.LICENSE | Use.REFUSAL | Use.RECEIPT,
        products=(content.product,),
    )
    trust = seal_trust_list(TrustList(number=1, vendor="lint", issued=content.issued, keys=(certified,)), root)
    if isinstance(content, LicenseDocument):
        document = seal_license(changed(content, trust=trust), issuing)
    elif isinstance(content, ReceiptDocument):
        document = seal_receipt(changed(content, trust=trust), issuing)
    else:
        document = seal_refusal(changed(content, trust=trust), issuing)
    request = received.content
    facts = Facts(product=request.product, site_key=request.site_key, components=bound_components(request))
    evidence = Evidence(open_requests=frozenset({received.request_id}))
    check_response(document, trust=pinned_trust(root.public_key, trust), facts=facts, evidence=evidence, now=now)
