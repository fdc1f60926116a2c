"""Who vouches for a document: whose signature it carries, and whether that counts here.

A signature that does not fit is always refused; one that fits but cannot be placed is shown as not verified.
"""

from dataclasses import dataclass
from typing import Final

from offline_activation.errors import Refusal
from offline_activation.formats.envelope import Envelope, Kind, check_signature, open_envelope
from offline_activation.formats.keys import KeyId, PublicKey, fingerprint, key_id
from offline_activation.formats.license_document import LicenseDocument, read_license
from offline_activation.formats.product import receive_product
from offline_activation.formats.receipt import ReceiptDocument, read_receipt
from offline_activation.formats.refusal import RefusalDocument, read_refusal
from offline_activation.formats.request import receive_request
from offline_activation.formats.root_certificate import last_root, read_root_certificate, read_root_certificates
from offline_activation.formats.trust_list import read_trust_list, receive_trust_list
from offline_activation.verify.trust import (
    Trust,
    is_of_former_root,
    is_of_one_chain,
    is_revoked,
    learned,
    signing_key,
    updated,
)

_Response = LicenseDocument | RefusalDocument | ReceiptDocument
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
    if envelope.kind is Kind.ROOT:
        return _of_root_certificate(envelope, trust)
    return _of_response(envelope, _read_response(envelope), trust)


def _of_product(document: bytes, trust: Trust | None) -> Verdict:
    root = receive_product(document).root
    name = f"root key {fingerprint(root)}"
    if trust is None:
        return Verdict(verified=True, by=f"{name}, the one inside the product file; who shipped it decides its worth")
    if trust.root == root:
        return Verdict(verified=True, by=f"{name}, pinned here")
    if is_of_one_chain(trust, root) or _leads_to(receive_product(document).trust, trust) == root:
        return Verdict(verified=True, by=_after_rotation(root, trust))
    return Verdict(verified=False, by=f"{name}, which is not the root key {fingerprint(trust.root)} pinned here")


def _of_trust_list(document: bytes, envelope: Envelope, trust: Trust | None) -> Verdict:
    read_trust_list(envelope)
    if trust is None:
        return Verdict(verified=False, by=f"key {_digits(envelope.key_id)}; {_UNPLACED}")
    try:
        updated(trust, document)
        signer = last_root(receive_trust_list(document, trust.root).roots, trust.root)
    except Refusal as refusal:
        if refusal.reason != "KEY":
            raise
        return Verdict(verified=False, by=f"key {_digits(envelope.key_id)}; {refusal.message}")
    if signer != trust.root:
        return Verdict(verified=True, by=_after_rotation(signer, trust))
    return Verdict(verified=True, by=f"root key {fingerprint(trust.root)}, pinned here")


def _of_root_certificate(envelope: Envelope, trust: Trust | None) -> Verdict:
    read_root_certificate(envelope)
    name = f"key {_digits(envelope.key_id)}"
    if trust is None:
        return Verdict(verified=False, by=f"{name}; {_UNPLACED}")
    followed = (certificate.key for _, certificate in read_root_certificates(trust.current.roots))
    signer = next((key for key in (trust.root, *followed) if key_id(key) == envelope.key_id), None)
    if signer is None:
        return Verdict(verified=False, by=f"{name}, which is no root key that is believed here")
    check_signature(envelope, signer)
    return Verdict(verified=True, by=f"root key {fingerprint(signer)}, believed here")


def _leads_to(document: bytes, trust: Trust) -> PublicKey | None:
    """Return the root key to which the trust list leads from the pinned one; ``None`` when it leads nowhere."""
    try:
        return last_root(receive_trust_list(document, trust.root).roots, trust.root)
    except Refusal:
        return None


def _after_rotation(signer: PublicKey, trust: Trust) -> str:
    return f"root key {fingerprint(signer)}, to which certificates lead from {fingerprint(trust.root)}, pinned here"


def _read_response(envelope: Envelope) -> _Response:
    if envelope.kind is Kind.LICENSE:
        return read_license(envelope)
    return read_receipt(envelope) if envelope.kind is Kind.RECEIPT else read_refusal(envelope)


def _of_response(envelope: Envelope, content: _Response, trust: Trust | None) -> Verdict:
    name = f"key {_digits(envelope.key_id)}"
    _refuse_damage(envelope, content)
    if trust is None:
        return Verdict(verified=False, by=f"{name}; {_UNPLACED}")
    try:
        known, of_former = learned(trust, content.trust), is_of_former_root(trust, content.trust)
        entry = signing_key(known, envelope, content.product, content.issued)
    except Refusal as refusal:
        if refusal.reason != "KEY":
            raise
        return Verdict(verified=False, by=f"{name}; {refusal.message}")
    check_signature(envelope, entry.key)
    if is_revoked(known, envelope):
        return Verdict(verified=False, by=f"{name}, which the vendor has revoked")
    by = f"issuing {name} of {known.current.vendor}, named by the pinned root key"
    return Verdict(verified=True, by=f"{by}; the list inside is of an earlier root key" if of_former else by)


def _refuse_damage(envelope: Envelope, content: _Response) -> None:
    """Hold the signature against the trust list inside the response: it proves no origin, but it finds every change."""
    carried = read_trust_list(open_envelope(content.trust))
    entry = next((each for each in carried.keys if key_id(each.key) == envelope.key_id), None)
    if entry is not None:
        check_signature(envelope, entry.key)


def _digits(kid: KeyId) -> str:
    digits = kid.hex()
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))
