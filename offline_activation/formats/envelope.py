"""The signed envelope of every document: COSE_Sign1 (RFC 9052 section 4.2) in one strict form.

    18([ protected: << {1: -19, 3: "application/oa-KIND", 4: kid} >>, {}, payload: bstr, signature: bstr .size 64 ])

``alg`` is -19, Ed25519 fully specified (RFC 9864).  The unprotected map is always empty.  The external_aad of the
signature names kind and version, so a signature made for one kind of document is worth nothing for another.
"""

from enum import StrEnum
from typing import Final, NoReturn

from offline_activation.errors import Refusal
from offline_activation.formats.cbor import MAX_SIZE, Map, byte_string, decode, encode
from offline_activation.formats.keys import (
    KEY_ID_SIZE,
    SIGNATURE_SIZE,
    KeyId,
    PublicKey,
    Signer,
    key_id,
    signature_is_valid,
)
from offline_activation.formats.value import value


class Kind(StrEnum):
    """What a document is; the value is the last part of its content type."""

    REQUEST = "request"
    LICENSE = "license"
    REFUSAL = "refusal"
    TRUST = "trust"
    PRODUCT = "product"
    RECEIPT = "receipt"
    ROOT = "root"


ALGORITHM: Final = -19
TAG_18: Final = 0xD2
"""The first byte of every document."""

_ALG, _CONTENT_TYPE, _KID = 1, 3, 4
_CONTENT_PREFIX: Final = "application/oa-"
_PARTS: Final = 4
_BEGIN: Final = bytes((TAG_18, 0x84))
"""Tag 18 and an array of four parts."""
_NO_UNPROTECTED: Final = b"\xa0"
_PROTECTED_AT: Final = 4
"""Where the protected header begins: after tag, array head and a length of two bytes."""
_ONE_BYTE_LENGTH: Final = b"\x58"
_SMALLEST: Final = _PROTECTED_AT + SIGNATURE_SIZE
_SIGNATURE1: Final = b"\x84\x6aSignature1"
"""An array of four parts, the first of them the text ``Signature1``."""


@value
class Envelope:
    """A document that has the right form; nothing in it is proven before :func:`check_signature`."""

    kind: Kind
    key_id: KeyId
    protected: bytes
    payload: bytes
    signature: bytes


def seal(kind: Kind, payload: bytes, signer: Signer) -> bytes:
    """Return the document: ``payload`` signed as a document of this kind.

    Raises ``ValueError`` when the document would be larger than ``MAX_SIZE``: no reader would take it.
    """
    protected = _PREFIX_OF[kind] + key_id(signer.public_key)
    signature = signer.sign(signed_bytes(kind, protected, payload))
    document = _assemble(protected, payload, signature)
    if len(document) > MAX_SIZE:
        message = f"the document would be {len(document)} bytes, more than {MAX_SIZE}"
        raise ValueError(message)
    return document


def open_envelope(document: bytes) -> Envelope:
    """Read the form of a document without trusting it.

    Raises :class:`Refusal`: ``limit.too_large``, ``encoding.*``, ``profile.envelope``, ``key.algorithm``.
    """
    if len(document) > MAX_SIZE:
        raise Refusal("limit.too_large", source="the document", limit="16 KiB")
    protected, payload, signature = _cut(document) or _parse(document)
    kind, kid = _read_protected(protected)
    return Envelope(kind=kind, key_id=kid, protected=protected, payload=payload, signature=signature)


def expect(envelope: Envelope, *kinds: Kind) -> None:
    """Refuse an envelope of another kind with ``profile.kind``."""
    if envelope.kind not in kinds:
        raise Refusal("profile.kind", found=envelope.kind.value, expected=" or ".join(kinds))


def check_signature(envelope: Envelope, key: PublicKey) -> None:
    """Refuse the envelope with ``signature.invalid`` unless ``key`` signed exactly these bytes as this kind."""
    message = signed_bytes(envelope.kind, envelope.protected, envelope.payload)
    if not signature_is_valid(key, envelope.signature, message):
        raise Refusal("signature.invalid", kind=envelope.kind.value)


def signed_bytes(kind: Kind, protected: bytes, payload: bytes) -> bytes:
    """Return the Sig_structure (RFC 9052 section 4.4), the very bytes under the signature.

    It is the encoding of ``("Signature1", protected, external_aad, payload)``.
    """
    return b"".join((_SIGNATURE1, byte_string(protected), _AAD_OF[kind], byte_string(payload)))


def external_aad(kind: Kind) -> bytes:
    """Return what is signed beside header and payload: purpose and version of the format."""
    return b"offline-activation/1/" + kind.value.encode()


def _assemble(protected: bytes, payload: bytes, signature: bytes) -> bytes:
    parts = (_BEGIN, byte_string(protected), _NO_UNPROTECTED, byte_string(payload), byte_string(signature))
    return b"".join(parts)


def _cut(document: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Cut where a valid document must be cut and put it together again: the same bytes are the one valid encoding.

    Twice as fast as the general decoder; ``None`` for everything else, and the decoder then says what is wrong.
    """
    if len(document) < _SMALLEST:
        return None
    start = _PROTECTED_AT + document[_PROTECTED_AT - 1]
    from_payload = start + (3 if document[start + 1 : start + 2] == _ONE_BYTE_LENGTH else 4)
    protected, payload = document[_PROTECTED_AT:start], document[from_payload : -SIGNATURE_SIZE - 2]
    signature = document[-SIGNATURE_SIZE:]
    return (protected, payload, signature) if _assemble(protected, payload, signature) == document else None


def _parse(document: bytes) -> tuple[bytes, bytes, bytes]:
    """Return protected header, payload and signature by the general decoder; refuse what is not in form."""
    if not document:
        raise Refusal("encoding.truncated")
    if document[0] != TAG_18:
        raise Refusal("profile.envelope", what="it does not begin as COSE_Sign1")
    parts = decode(document[1:])
    if not isinstance(parts, tuple) or len(parts) != _PARTS:
        raise Refusal("profile.envelope", what="it does not have four parts")
    protected, unprotected, payload, signature = parts
    if not isinstance(protected, bytes) or not isinstance(payload, bytes) or not isinstance(signature, bytes):
        raise Refusal("profile.envelope", what="a part is not a byte string")
    if unprotected != {}:
        raise Refusal("profile.envelope", what="the unprotected header is not empty")
    if len(signature) != SIGNATURE_SIZE:
        raise Refusal("key.algorithm")
    return protected, payload, signature


def _protected_prefix(kind: Kind) -> bytes:
    """Return the protected header of a kind up to its key id, which comes last."""
    header: Map = {_ALG: ALGORITHM, _CONTENT_TYPE: _CONTENT_PREFIX + kind.value, _KID: bytes(KEY_ID_SIZE)}
    return encode(header)[:-KEY_ID_SIZE]


_PREFIX_OF: Final = {kind: _protected_prefix(kind) for kind in Kind}
_KIND_OF: Final = {prefix: kind for kind, prefix in _PREFIX_OF.items()}
_AAD_OF: Final = {kind: byte_string(external_aad(kind)) for kind in Kind}


def _read_protected(protected: bytes) -> tuple[Kind, KeyId]:
    kind = _KIND_OF.get(protected[:-KEY_ID_SIZE])
    return (kind, KeyId(protected[-KEY_ID_SIZE:])) if kind is not None else _refuse_protected(protected)


def _refuse_protected(protected: bytes) -> NoReturn:
    """Say what is wrong with a header that is none of the valid ones."""
    header = decode(protected)
    if not isinstance(header, dict):
        raise Refusal("profile.envelope", what="the protected header is not a map")
    algorithm = header.get(_ALG)
    if isinstance(algorithm, bool) or algorithm != ALGORITHM:
        raise Refusal("key.algorithm")
    if set(header) != {_ALG, _CONTENT_TYPE, _KID}:
        raise Refusal("profile.envelope", what="the protected header has other fields than alg, content type and kid")
    content_type, kid = header[_CONTENT_TYPE], header[_KID]
    if not isinstance(kid, bytes) or len(kid) != KEY_ID_SIZE:
        raise Refusal("profile.envelope", what=f"the key id is not {KEY_ID_SIZE} bytes")
    if not isinstance(content_type, str) or not content_type.startswith(_CONTENT_PREFIX):
        raise Refusal("profile.envelope", what="foreign content type")
    raise Refusal("profile.newer", what=f"content type {content_type}")
