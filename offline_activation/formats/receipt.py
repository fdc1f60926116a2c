"""The receipt: the vendor's answer to a return.  The license is given back, and the seat is free."""

from offline_activation.formats.cbor import MAX_SIZE, Map, encode
from offline_activation.formats.envelope import Envelope, Kind, seal
from offline_activation.formats.fields import VERSION, Extensions, open_fields, with_extensions
from offline_activation.formats.keys import Signer
from offline_activation.formats.names import (
    DocumentId,
    LicenseNumber,
    ProductId,
    SiteId,
    carried_license_number,
    check_name,
)
from offline_activation.formats.value import value


@value
class ReceiptDocument:
    """Everything a receipt says; it answers the return of one site."""

    product: ProductId
    license_number: LicenseNumber
    revision: int
    """The revision that was given back."""
    issued: int
    request_id: DocumentId
    site: SiteId
    trust: bytes
    extensions: Extensions = ()


def receipt_payload(document: ReceiptDocument) -> bytes:
    """Return the one valid encoding of a receipt."""
    body: Map = {
        1: VERSION,
        2: document.product,
        3: document.license_number,
        4: document.revision,
        5: document.issued,
        6: bytes(document.request_id),
        7: bytes(document.site),
        16: document.trust,
    }
    return encode(with_extensions(body, document.extensions))


def seal_receipt(document: ReceiptDocument, signer: Signer) -> bytes:
    """Return the receipt signed by an issuing key."""
    return seal(Kind.RECEIPT, receipt_payload(document), signer)


def read_receipt(envelope: Envelope) -> ReceiptDocument:
    """Return the content of a receipt envelope, its signature not yet checked.

    Raises :class:`Refusal`: ``encoding.*``, ``profile.*``.
    """
    fields = open_fields(envelope.payload)
    return ReceiptDocument(
        product=ProductId(check_name(fields.take(2, "product"), "product")),
        license_number=carried_license_number(fields.text(3, "license_number", most=20)),
        revision=fields.integer(4, "revision"),
        issued=fields.integer(5, "issued"),
        request_id=DocumentId(fields.bytes(6, "request", exactly=16)),
        site=SiteId(fields.bytes(7, "site", exactly=16)),
        trust=fields.bytes(16, "trust", most=MAX_SIZE),
        extensions=fields.finish(),
    )
