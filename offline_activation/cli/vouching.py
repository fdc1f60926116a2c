"""Who vouches for a document: whose signature it carries, and whether that counts here.

A signature that does not fit is always refused; one that fits but cannot be placed is shown as not verified.
"""

from dataclasses import dataclass
from typing import Final

from offline_activation.errors import Refusal
from offline_activation.formats.envelope import Envelope, Kind, check_signature, open_envelope
from offline_activation.formats.keys import KeyId, fingerprint, key_id
from offline_activation.formats.license_document import LicenseDocument, read_license
from offline_activation.formats.product import receive_product
from offline_activation.formats.refusal import RefusalDocument, read_refusal
from offline_activation.formats.request import receive_request
from offline_activation.formats.trust_list import read_trust_list
from offline_activation.verify.trust import Trust, is_of_one_chain, is_revoked, signing_key, updated

_UNPLACED: Final = "whose it is cannot be told without a product file (--product FILE) or an installation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a document is verified here, and ``by`` whom: key fingerprint, and why it counts or not."""

    verified: bool
    by: str


def vouch(document: bytes, trust: Trust | None) -> Verdict:
    """Return the verdict on ``document`` under ``trust`` (``None``: nothing is believed here).

    Raises :class:`Refusal` for a document that is not well-formed or whose signature does not fit.
    """
    envelope = open_envelope(document)
    if envelope.kind is Kind.REQUEST:
        key = receive_request(document).content.site_key
        return Verdict(verified=True, by=f"site key {fingerprint(key)}, the one inside the request")
    if envelope.kind is Kind.PRODUCT:
        return _of_product(document, trust)
    if envelope.kind is Kind.TRUST:
        return _of_trust_list(document, envelope, trust)
    content = read_license(envelope) if envelope.kind is Kind.LICENSE else read_refusal(envelope)
    return _of_response(envelope, content, trust)


def _of_product(document: bytes, trust: Trust | None) -> Verdict:
    root = receive_product(document).root
    name = f"root key {fingerprint(root)}"
    if trust is None:
        return Verdict(verified=True, by=f"{name}, the one inside the product file; who shipped it decides its worth")
    if trust.root == root:
        return Verdict(verified=True, by=f"{name}, pinned here")
    if is_of_one_chain(trust, root):
        return Verdict(
            verified=True, by=f"{name}, of one chain with the root key {fingerprint(trust.root)} pinned here"
        )
    return Verdict(verified=False, by=f"{name}, which is not the root key {fingerprint(trust.root)} pinned here")


def _of_trust_list(document: bytes, envelope: Envelope, trust: Trust | None) -> Verdict:
    read_trust_list(envelope)
    if trust is None:
        return Verdict(verified=False, by=f"key {_digits(envelope.key_id)}; {_UNPLACED}")
    try:
        updated(trust, document)
    except Refusal as refusal:
        if refusal.code != "key.root_mismatch":
            raise
        return Verdict(verified=False, by=f"key {_digits(envelope.key_id)}; {refusal.message}")
    pinned = f"root key {fingerprint(trust.root)}, pinned here"
    signer = _digits(envelope.key_id)
    if envelope.key_id == key_id(trust.root):
        return Verdict(verified=True, by=pinned)
    return Verdict(verified=True, by=f"root key {signer}, certified from {pinned}")


def _of_response(envelope: Envelope, content: LicenseDocument | RefusalDocument, trust: Trust | None) -> Verdict:
    name = f"key {_digits(envelope.key_id)}"
    _refuse_damage(envelope, content)
    if trust is None:
        return Verdict(verified=False, by=f"{name}; {_UNPLACED}")
    try:
        known = updated(trust, content.trust)
        entry = signing_key(known, envelope, content.product, content.issued)
    except Refusal as refusal:
        if refusal.reason != "KEY":
            raise
        return Verdict(verified=False, by=f"{name}; {refusal.message}")
    check_signature(envelope, entry.key)
    if is_revoked(known, envelope):
        return Verdict(verified=False, by=f"{name}, which the vendor has revoked")
    return Verdict(verified=True, by=f"issuing {name} of {known.current.vendor}, named by the pinned root key")


def _refuse_damage(envelope: Envelope, content: LicenseDocument | RefusalDocument) -> None:
    """Hold the signature against the trust list inside the response: it proves no origin, but it finds every change."""
    carried = read_trust_list(open_envelope(content.trust))
    entry = next((each for each in carried.keys if key_id(each.key) == envelope.key_id), None)
    if entry is not None:
        check_signature(envelope, entry.key)


def _digits(kid: KeyId) -> str:
    digits = kid.hex()
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))
