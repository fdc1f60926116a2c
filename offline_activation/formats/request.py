"""The activation request: what a site asks, signed with its site key."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from offline_activation.errors import Refusal
from offline_activation.formats.cbor import Map, encode
from offline_activation.formats.contact import MAX_CONTACT_FIELDS, Contact, contact_map, read_contact
from offline_activation.formats.envelope import Envelope, Kind, check_signature, expect, open_envelope, seal
from offline_activation.formats.fields import VERSION, Extensions, Fields, open_fields, with_extensions
from offline_activation.formats.keys import KEY_SIZE, PublicKey, Signer, key_id, public_key
from offline_activation.formats.marks import HASHED_COMPONENTS, counts_map, marks_map, read_counts, read_marks
from offline_activation.formats.names import (
    VOLUME_ID_LIMIT,
    DocumentId,
    LicenseNumber,
    ProductId,
    Reference,
    carried_license_number,
    check_name,
    check_volume_id,
    document_id,
    reference,
)
from offline_activation.formats.value import value

NONCE_SIZE: Final = 16
PROOF_LIMIT: Final = 4096
"""Largest return inside a transfer, in bytes: a full one has about 700."""


class Purpose(IntEnum):
    """Why the site asks."""

    ACTIVATE = 1
    UPDATE = 2
    RENEW = 3
    RETURN = 4
    TRANSFER = 5
    REHOST = 6
    REBIND = 7


@value
class ActivationRequest:
    """Everything a request says.  ``created`` is the site's clock in seconds since 1970 UTC."""

    purpose: Purpose
    product: ProductId
    license_number: LicenseNumber
    created: int
    nonce: bytes
    site_key: PublicKey
    counter: int
    """How many requests this site key has made, this one included: two sites with one key diverge here."""
    volume_id: str
    volume_source: str
    components: Mapping[str, bytes]
    """Component name to 8-byte salted hash; absent components are left out."""
    contact: Contact = Contact()
    previous: DocumentId | None = None
    """Id of the last response this site imported (the chain)."""
    revision: int = 0
    """Installed revision of the license, 0 before the first."""
    usage: Mapping[str, int] = {}
    zone: str = ""
    """IANA name of the site's time zone, empty when unknown."""
    emergency_opened: int | None = None
    """When the emergency license of this installation was opened, seconds since 1970 UTC; ``None`` for not."""
    returned: DocumentId | None = None
    """Id of the return that this installation has made: who knows of it no longer runs the license it gave back."""
    proof: bytes | None = None
    """In a transfer, the return of the old server, a document of its own."""
    extensions: Extensions = ()


@value
class ReceivedRequest:
    """A request whose form and signature are good: it says what ``content.site_key`` signed."""

    content: ActivationRequest
    request_id: DocumentId
    reference: Reference
    payload: bytes
    document: bytes


def seal_request(request: ActivationRequest, signer: Signer) -> bytes:
    """Return the signed document of ``request``; ``signer`` must hold ``request.site_key``."""
    return seal(Kind.REQUEST, request_payload(request), signer)


def request_payload(request: ActivationRequest) -> bytes:
    """Return the one valid encoding of ``request``."""
    body: Map = {
        1: VERSION,
        2: int(request.purpose),
        3: request.product,
        4: request.created,
        5: request.nonce,
        6: bytes(request.site_key),
        7: request.license_number,
        8: request.counter,
        9: request.volume_id,
        10: request.volume_source,
        11: marks_map(request.components),
        12: contact_map(request.contact),
        13: request.revision,
    }
    if request.previous is not None:
        body[14] = bytes(request.previous)
    if request.usage:
        body[15] = counts_map(request.usage)
    if request.zone:
        body[16] = request.zone
    if request.emergency_opened is not None:
        body[17] = request.emergency_opened
    if request.returned is not None:
        body[18] = bytes(request.returned)
    if request.proof is not None:
        body[19] = request.proof
    return encode(with_extensions(body, request.extensions))


def receive_request(document: bytes) -> ReceivedRequest:
    """Read a request and check that the site key inside it signed it.

    Raises :class:`Refusal`: ``limit.*``, ``encoding.*``, ``profile.*``, ``key.*``, ``signature.invalid``.
    """
    envelope = open_envelope(document)
    expect(envelope, Kind.REQUEST)
    content = read_request(envelope)
    if key_id(content.site_key) != envelope.key_id:
        raise Refusal("signature.invalid", kind=Kind.REQUEST.value)
    check_signature(envelope, content.site_key)
    request_id = document_id(envelope.payload)
    return ReceivedRequest(
        content=content,
        request_id=request_id,
        reference=reference(request_id),
        payload=envelope.payload,
        document=document,
    )


def read_request(envelope: Envelope) -> ActivationRequest:
    """Return the content of a request envelope, its signature not yet checked."""
    fields = open_fields(envelope.payload)
    try:
        purpose = Purpose(fields.integer(2, "purpose", least=1))
    except ValueError:
        raise Refusal("profile.newer", what="unknown purpose") from None
    return ActivationRequest(
        purpose=purpose,
        product=ProductId(check_name(fields.take(3, "product"), "product")),
        created=fields.integer(4, "created"),
        nonce=fields.bytes(5, "nonce", exactly=NONCE_SIZE),
        site_key=public_key(fields.bytes(6, "site_key", exactly=KEY_SIZE)),
        license_number=carried_license_number(fields.text(7, "license_number", most=20)),
        counter=fields.integer(8, "counter", least=1),
        volume_id=check_volume_id(fields.text(9, "volume_id", most=VOLUME_ID_LIMIT)),
        volume_source=fields.text(10, "volume_source", most=48),
        components=read_marks(fields, 11, HASHED_COMPONENTS),
        contact=read_contact(fields.map(12, "contact", most=MAX_CONTACT_FIELDS)),
        revision=fields.integer(13, "revision"),
        previous=DocumentId(fields.bytes(14, "previous", exactly=16)) if fields.has(14) else None,
        usage=read_counts(fields, 15, "usage") if fields.has(15) else {},
        zone=fields.text(16, "zone", most=40) if fields.has(16) else "",
        emergency_opened=fields.integer(17, "emergency_opened") if fields.has(17) else None,
        returned=DocumentId(fields.bytes(18, "returned", exactly=16)) if fields.has(18) else None,
        proof=_read_proof(fields) if fields.has(19) else None,
        extensions=fields.finish(),
    )


def _read_proof(fields: Fields) -> bytes:
    proof = fields.bytes(19, "proof", most=PROOF_LIMIT)
    if not proof:
        raise Refusal("profile.field_invalid", field="proof", what="empty")
    return proof
