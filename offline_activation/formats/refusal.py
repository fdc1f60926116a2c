"""The signed refusal: the vendor's no, with a stable code, one sentence and the next step."""

from offline_activation.formats.cbor import MAX_SIZE, Map, encode
from offline_activation.formats.envelope import Envelope, Kind, seal
from offline_activation.formats.fields import VERSION, Extensions, open_fields, with_extensions
from offline_activation.formats.keys import Signer
from offline_activation.formats.names import DocumentId, ProductId, SiteId, check_name
from offline_activation.formats.value import value


@value
class RefusalDocument:
    """Everything a refusal says; it answers one request of one site."""

    product: ProductId
    code: str
    message: str
    remedy: str
    issued: int
    request_id: DocumentId
    site: SiteId
    trust: bytes
    extensions: Extensions = ()


def refusal_payload(document: RefusalDocument) -> bytes:
    """Return the one valid encoding of a refusal."""
    body: Map = {
        1: VERSION,
        2: document.product,
        3: document.code,
        4: document.message,
        5: document.issued,
        6: bytes(document.request_id),
        7: bytes(document.site),
        8: document.remedy,
        16: document.trust,
    }
    return encode(with_extensions(body, document.extensions))


def seal_refusal(document: RefusalDocument, signer: Signer) -> bytes:
    """Return the refusal signed by an issuing key."""
    return seal(Kind.REFUSAL, refusal_payload(document), signer)


def read_refusal(envelope: Envelope) -> RefusalDocument:
    """Return the content of a refusal envelope, its signature not yet checked.

    Raises :class:`Refusal`: ``encoding.*``, ``profile.*``.
    """
    fields = open_fields(envelope.payload)
    return RefusalDocument(
        product=ProductId(check_name(fields.take(2, "product"), "product")),
        code=fields.text(3, "code", most=48),
        message=fields.text(4, "message", most=300),
        issued=fields.integer(5, "issued"),
        request_id=DocumentId(fields.bytes(6, "request", exactly=16)),
        site=SiteId(fields.bytes(7, "site", exactly=16)),
        remedy=fields.text(8, "remedy", most=300),
        trust=fields.bytes(16, "trust", most=MAX_SIZE),
        extensions=fields.finish(),
    )
