"""The trust list: which issuing keys of a vendor may sign what, from when to when; numbered and signed by the root."""

from enum import IntFlag
from functools import lru_cache
from typing import Final

from offline_activation.errors import Refusal
from offline_activation.formats.cbor import Map, Value, encode
from offline_activation.formats.envelope import Envelope, Kind, check_signature, expect, open_envelope, seal
from offline_activation.formats.fields import VERSION, Extensions, Fields, open_fields, with_extensions
from offline_activation.formats.keys import KEY_ID_SIZE, KeyId, PublicKey, Signer, key_id, public_key
from offline_activation.formats.names import ProductId, check_name
from offline_activation.formats.root_certificate import MAX_ROOTS, last_root, read_root_certificates
from offline_activation.formats.value import value

MAX_KEYS: Final = 16
MAX_REVOKED: Final = 64
MAX_PRODUCTS: Final = 16
_PARTS_OF_A_KEY: Final = 5


class Use(IntFlag):
    """What an issuing key may sign."""

    LICENSE = 1
    REFUSAL = 2
    RECEIPT = 4


@value
class IssuingKey:
    """One issuing key and its bounds; times in seconds since 1970 UTC, valid while ``not_before <= t < not_after``."""

    key: PublicKey
    not_before: int
    not_after: int
    uses: Use
    products: tuple[ProductId, ...] | None
    """Products it may sign for; ``None`` for all products of the vendor."""


@value
class TrustList:
    """A numbered list; a newer one replaces an older one, never the other way round (see :func:`rank`)."""

    number: int
    vendor: str
    issued: int
    keys: tuple[IssuingKey, ...]
    revoked: tuple[KeyId, ...] = ()
    """Issuing keys, and root keys before the one that signed this list."""
    roots: tuple[bytes, ...] = ()
    """Root certificates from the second root key on, documents of their own (see ``root_certificate``)."""
    root_until: int | None = None
    """First instant at which the root key that signed this list signs no more; ``None`` for no end."""
    extensions: Extensions = ()


def trust_list_payload(trust: TrustList) -> bytes:
    """Return the one valid encoding of ``trust``."""
    body: Map = {
        1: VERSION,
        2: trust.number,
        3: trust.vendor,
        4: trust.issued,
        5: tuple(
            (bytes(k.key), k.not_before, k.not_after, int(k.uses), None if k.products is None else tuple(k.products))
            for k in trust.keys
        ),
    }
    if trust.revoked:
        body[6] = tuple(bytes(kid) for kid in trust.revoked)
    if trust.roots:
        body[7] = tuple(trust.roots)
    if trust.root_until is not None:
        body[8] = trust.root_until
    return encode(with_extensions(body, trust.extensions))


def seal_trust_list(trust: TrustList, root: Signer) -> bytes:
    """Return the trust list signed by the root key."""
    return seal(Kind.TRUST, trust_list_payload(trust), root)


def rank(trust: TrustList) -> tuple[int, int]:
    """Return the number of the root key that signed a list, and its own: the higher rank is the newer list.

    The root key comes first, so that who stole an earlier one has the last word with no number.
    """
    return 1 + len(trust.roots), trust.number


@lru_cache(maxsize=4)  # a start meets the same list in product file, state directory and license: verify it once
def receive_trust_list(document: bytes, root: PublicKey) -> TrustList:
    """Return the trust list when the pinned ``root`` signed it, or a root key that leads back to it.

    The certificates inside the list lead from the pinned root key to the one that signed it.  Raises
    :class:`Refusal`: ``encoding.*``, ``profile.*``, ``key.root_mismatch``, ``key.outside_time`` for a list dated after
    the end of its root key, ``signature.invalid``.
    """
    envelope = open_envelope(document)
    expect(envelope, Kind.TRUST)
    trust = read_trust_list(envelope)
    signer = last_root(trust.roots, root)
    if envelope.key_id != key_id(signer):
        raise Refusal("key.root_mismatch")
    check_signature(envelope, signer)
    if trust.root_until is not None and trust.issued >= trust.root_until:
        raise Refusal("key.outside_time", kind=Kind.TRUST.value)
    return trust


def read_trust_list(envelope: Envelope) -> TrustList:
    """Return the content of a trust list envelope, its signature not yet checked."""
    fields = open_fields(envelope.payload)
    trust = TrustList(
        number=fields.integer(2, "number", least=1),
        vendor=fields.text(3, "vendor", most=80),
        issued=fields.integer(4, "issued"),
        keys=tuple(_read_key(item) for item in fields.array(5, "keys", most=MAX_KEYS)),
        revoked=_read_revoked(fields) if fields.has(6) else (),
        roots=_read_roots(fields) if fields.has(7) else (),
        root_until=fields.integer(8, "root_until") if fields.has(8) else None,
        extensions=fields.finish(),
    )
    if any(key.not_before >= key.not_after for key in trust.keys):
        raise Refusal("profile.field_invalid", field="keys", what="a key that is never valid")
    return trust


def _read_key(item: Value) -> IssuingKey:
    if not isinstance(item, tuple) or len(item) != _PARTS_OF_A_KEY:
        raise Refusal("profile.field_invalid", field="keys", what="not a key entry")
    raw, not_before, not_after, uses, products = item
    if not isinstance(raw, bytes):
        raise Refusal("profile.field_invalid", field="keys", what="not a key entry")
    if products is not None and (not isinstance(products, tuple) or len(products) > MAX_PRODUCTS):
        raise Refusal("profile.field_invalid", field="keys", what="not a list of products")
    return IssuingKey(
        key=public_key(raw),
        not_before=_count(not_before),
        not_after=_count(not_after),
        uses=Use(_count(uses)),
        products=None if products is None else tuple(ProductId(check_name(name, "keys")) for name in products),
    )


def _count(found: Value) -> int:
    if isinstance(found, bool) or not isinstance(found, int) or found < 0:
        raise Refusal("profile.field_invalid", field="keys", what="not a key entry")
    return found


def _read_revoked(fields: Fields) -> tuple[KeyId, ...]:
    revoked = tuple(_read_kid(kid) for kid in fields.array(6, "revoked", most=MAX_REVOKED))
    if not revoked:
        raise Refusal("profile.field_invalid", field="revoked", what="empty")
    return revoked


def _read_kid(found: Value) -> KeyId:
    if not isinstance(found, bytes) or len(found) != KEY_ID_SIZE:
        raise Refusal("profile.field_invalid", field="revoked", what="not a key id")
    return KeyId(found)


def _read_roots(fields: Fields) -> tuple[bytes, ...]:
    found = fields.array(7, "roots", most=MAX_ROOTS)
    documents = tuple(item for item in found if isinstance(item, bytes))
    if not documents or len(documents) != len(found):
        raise Refusal("profile.field_invalid", field="roots", what="not root certificates")
    read_root_certificates(documents)
    return documents
