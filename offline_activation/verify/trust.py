"""Whom to believe: the pinned root key, the newest trust list it signed, the key that may have signed a document."""

from typing import Final

from offline_activation.errors import Refusal
from offline_activation.formats.envelope import Envelope, Kind, open_envelope
from offline_activation.formats.keys import KeyId, PublicKey, key_id
from offline_activation.formats.names import ProductId
from offline_activation.formats.root_certificate import last_root
from offline_activation.formats.trust_list import IssuingKey, TrustList, Use, rank, read_trust_list, receive_trust_list
from offline_activation.formats.value import value

USE_OF_KIND: Final = {Kind.LICENSE: Use.LICENSE, Kind.REFUSAL: Use.REFUSAL, Kind.RECEIPT: Use.RECEIPT}


@value
class Trust:
    """What an installation believes: one pinned root and the newest trust list seen so far."""

    root: PublicKey
    current: TrustList


def pinned_trust(root: PublicKey, document: bytes) -> Trust:
    """Return the trust of a new installation: the root and the trust list of its product file.

    Raises :class:`Refusal` when the list is not signed by the root.
    """
    return Trust(root=root, current=receive_trust_list(document, root))


def updated(trust: Trust, document: bytes) -> Trust:
    """Return the trust after seeing another trust list: the one of higher rank stays, whichever that is.

    Root keys that were seen once stay for ever: a list with another certificate for any of them is not believed, so
    nobody who has an earlier root key can put a successor of his own in the place of the known one.

    Raises :class:`Refusal`: ``encoding.*``, ``profile.*``, ``key.root_mismatch``, ``key.outside_time``,
    ``signature.invalid``.
    """
    carried = receive_trust_list(document, trust.root)
    shared = min(len(carried.roots), len(trust.current.roots))
    if carried.roots[:shared] != trust.current.roots[:shared]:
        raise Refusal("key.root_mismatch")
    return Trust(root=trust.root, current=carried) if rank(carried) > rank(trust.current) else trust


def learned(trust: Trust, carried: bytes) -> Trust:
    """Return the trust after the list inside a response; raises as :func:`updated` does.

    A list of an earlier root key than the pinned one cannot be verified here and is passed over: nothing is taken from
    it, and the key of the response must stand in the list that is held.
    """
    try:
        return updated(trust, carried)
    except Refusal as refusal:
        if refusal.code == "key.root_mismatch" and is_of_former_root(trust, carried):
            return trust
        raise


def is_of_former_root(trust: Trust, carried: bytes) -> bool:
    """Tell whether a trust list names as its signer a root key of before, by the certificates that are held here.

    A root key that was revoked is none.  Raises :class:`Refusal` for what is no trust list.
    """
    envelope = open_envelope(carried)
    roots = read_trust_list(envelope).roots
    if roots != trust.current.roots[: len(roots)] or envelope.key_id in trust.current.revoked:
        return False
    following = trust.current.roots[len(roots) : len(roots) + 1]  # who signed a list signed the next certificate
    return [open_envelope(certificate).key_id for certificate in following] == [envelope.key_id]


def is_of_one_chain(trust: Trust, root: PublicKey) -> bool:
    """Tell whether ``root`` is the pinned root key, or certificates of the newest list join the two."""
    try:
        return last_root(trust.current.roots, root) == last_root(trust.current.roots, trust.root)
    except Refusal:
        return False


def signing_key(trust: Trust, envelope: Envelope, product: ProductId, issued: int) -> IssuingKey:
    """Return the key that may have signed ``envelope`` for ``product`` at ``issued`` (seconds since 1970).

    A key may be listed more than once, with other bounds for other products; the first entry that fits counts.
    Revocation of a listed key is not looked at here, because it means different things at import and at start-up; see
    :func:`is_revoked`.  Raises :class:`Refusal`: ``key.unknown``, ``key.revoked`` for one that is no longer listed,
    ``key.not_for_use``, ``key.not_for_product``, ``key.outside_time``.
    """
    entries = [entry for entry in trust.current.keys if key_id(entry.key) == envelope.key_id]
    if not entries:
        if is_revoked(trust, envelope):
            raise Refusal("key.revoked", kind=envelope.kind.value)
        raise Refusal("key.unknown", kind=envelope.kind.value, vendor=trust.current.vendor)
    objections: list[Refusal] = []
    for entry in entries:
        objection = _objection(entry, envelope.kind, product, issued)
        if objection is None:
            return entry
        objections.append(objection)
    raise objections[0]


def _objection(entry: IssuingKey, kind: Kind, product: ProductId, issued: int) -> Refusal | None:
    if USE_OF_KIND[kind] not in entry.uses:
        return Refusal("key.not_for_use", kind=kind.value)
    if entry.products is not None and product not in entry.products:
        return Refusal("key.not_for_product", kind=kind.value, product=product)
    if not entry.not_before <= issued < entry.not_after:
        return Refusal("key.outside_time", kind=kind.value)
    return None


def is_revoked(trust: Trust, envelope: Envelope) -> bool:
    """Tell whether the vendor has revoked the key named by ``envelope``."""
    return envelope.key_id in trust.current.revoked


def is_hollow(trust: Trust, signed_by: KeyId, carried: bytes) -> bool:
    """Tell whether a license can be a thief's: its key is revoked, or only a revoked root key vouches for that key.

    ``carried`` is the trust list inside the license.  A key in the newest list needs no other to vouch for it.
    """
    if signed_by in trust.current.revoked:
        return True
    is_listed = any(key_id(entry.key) == signed_by for entry in trust.current.keys)
    return not is_listed and open_envelope(carried).key_id in trust.current.revoked
