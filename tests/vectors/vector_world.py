"""The world of the vectors: TEST KEYS that everybody can read here, and one good document of each kind."""

from collections.abc import Mapping, Sequence
from typing import cast

from vector_file import ACCEPT, Vector, plain

from offline_activation.formats.cbor import Value, decode, encode
from offline_activation.formats.contact import Contact
from offline_activation.formats.envelope import TAG_18, Kind, external_aad, open_envelope, seal
from offline_activation.formats.keys import Signer, SoftwareSigner, key_id
from offline_activation.formats.license_document import LicenseDocument, seal_license
from offline_activation.formats.names import DocumentId, ProductId, document_id, new_license_number, site_id
from offline_activation.formats.product import LimitRule, OptionRule, ProductDocument, seal_product
from offline_activation.formats.receipt import ReceiptDocument, seal_receipt
from offline_activation.formats.refusal import RefusalDocument, seal_refusal
from offline_activation.formats.request import ActivationRequest, Purpose, request_payload, seal_request
from offline_activation.formats.root_certificate import MAX_ROOTS, SECOND, RootCertificate, seal_root_certificate
from offline_activation.formats.trust_list import IssuingKey, TrustList, Use, seal_trust_list

NOW = 1_795_498_206
DAY = 86_400

# TEST KEYS: their seeds are the numbers 1 to 6 and 102 to 134 repeated; never trust them for anything else.
ROOT, SITE, ISSUING, NEXT_ISSUING, STRANGER, NEW_SITE = (SoftwareSigner(bytes([number]) * 32) for number in range(1, 7))
LATER_ROOTS = tuple(SoftwareSigner(bytes([100 + number]) * 32) for number in range(SECOND, SECOND + MAX_ROOTS + 1))
"""Root keys 2 to 34; a trust list leads to root key 33 at most."""

LICENSE_NUMBER = new_license_number(bytes(range(1, 13)))
COMPONENTS = {"machine_id": b"machine1", "firmware_uuid": b"firmware", "network": b"network1"}

REQUEST = ActivationRequest(
    purpose=Purpose.ACTIVATE,
    product=ProductId("infinitime"),
    license_number=LICENSE_NUMBER,
    created=NOW,
    nonce=bytes(range(16)),
    site_key=SITE.public_key,
    counter=1,
    volume_id="2f1c1d5e-8f2b-4c59-9f4e-6a51c4bb0c11",
    volume_source="ioctl:FS_IOC_GETFSUUID ext4",
    components=COMPONENTS,
    contact=Contact(
        first_name="Maria",
        middle_name="Elena",
        last_name="Hernandez-Ortega",
        company="Northwind Manufacturing GmbH",
        address1="1250 Industrial Parkway",
        address2="Building 4, Suite 210",
        city="Sacramento",
        state="California",
        zip="95814-2203",
        phone="+1 916 555 0142",
        fax="+1 916 555 0143",
        email="maria.hernandez@northwind.example",
    ),
    previous=DocumentId(bytes(range(16, 32))),
    revision=3,
    usage={"badge_readers": 4, "biometric_readers": 2, "employees": 118},
    zone="America/Los_Angeles",
)
SMALL_REQUEST = ActivationRequest(
    purpose=Purpose.RENEW,
    product=ProductId("infinitime"),
    license_number=LICENSE_NUMBER,
    created=NOW,
    nonce=bytes(range(16)),
    site_key=SITE.public_key,
    counter=2,
    volume_id="5E4C-1A2B",
    volume_source="by-uuid vfat",
    components={},
    revision=4,
)

EVERYTHING = Use.LICENSE | Use.REFUSAL


def issuing_key(signer: Signer, *, uses: Use = EVERYTHING, products: tuple[ProductId, ...] | None = None) -> IssuingKey:
    """Return the entry of a key that is valid for 800 days."""
    return IssuingKey(
        key=signer.public_key, not_before=NOW - DAY, not_after=NOW + 800 * DAY, uses=uses, products=products
    )


TRUST = TrustList(
    number=3,
    vendor="Inception Technologies",
    issued=NOW - DAY,
    keys=(issuing_key(ISSUING), issuing_key(NEXT_ISSUING)),
)
TRUST_DOCUMENT = seal_trust_list(TRUST, ROOT)

LICENSE = LicenseDocument(
    product=REQUEST.product,
    license_number=LICENSE_NUMBER,
    revision=4,
    issued=NOW + 60,
    request_id=document_id(request_payload(REQUEST)),
    site=site_id(SITE.public_key),
    components={"volume_id": b"volume01", **COMPONENTS},
    company=REQUEST.contact.company,
    limits={"badge_readers": 8, "biometric_readers": 4, "employees": 150},
    options=("accruals_plus", "telephone_punch"),
    trust=TRUST_DOCUMENT,
    lease_until=NOW + 183 * DAY,
    grace_days=30,
    until=NOW + 365 * DAY,
    maintenance_until=NOW + 365 * DAY,
)
RECEIPT_TRUST = TrustList(
    number=4,
    vendor=TRUST.vendor,
    issued=NOW - DAY,
    keys=(issuing_key(ISSUING, uses=EVERYTHING | Use.RECEIPT), issuing_key(NEXT_ISSUING, uses=EVERYTHING)),
)
"""The first key may sign receipts, too; the second may not."""
RECEIPT = ReceiptDocument(
    product=REQUEST.product,
    license_number=LICENSE_NUMBER,
    revision=4,
    issued=NOW + 60,
    request_id=document_id(request_payload(SMALL_REQUEST)),
    site=LICENSE.site,
    trust=seal_trust_list(RECEIPT_TRUST, ROOT),
)
REFUSAL = RefusalDocument(
    product=REQUEST.product,
    code="order.not_found",
    message="There is no order for this license number.",
    remedy="Compare the license number with the order mail and send a new request.",
    issued=NOW + 60,
    request_id=LICENSE.request_id,
    site=LICENSE.site,
    trust=TRUST_DOCUMENT,
)
PRODUCT = ProductDocument(
    product=ProductId("infinitime"),
    name="InfiniTime",
    vendor="Inception Technologies",
    root=ROOT.public_key,
    trust=TRUST_DOCUMENT,
    limits={
        "badge_readers": LimitRule(label="Badge readers", demo=0),
        "biometric_readers": LimitRule(label="Biometric readers", demo=0),
        "employees": LimitRule(label="Employees", demo=5),
    },
    options={
        "accruals_plus": OptionRule(label="Accruals Plus", demo=False),
        "telephone_punch": OptionRule(label="Telephone Punch Module", demo=False),
    },
    demo_days=30,
    lease_days=183,
    grace_days=30,
    warn_days=(90, 30, 14, 7, 1),
    support_email="support@inception.example",
    server="https://activation.inception.example",
    issued=NOW,
)


def root_certificate(number: int, *, signer: Signer | None = None) -> bytes:
    """Return the certificate of root key ``number``, signed by the one before it unless another signer is given."""
    content = RootCertificate(number=number, key=root_signer(number).public_key, issued=NOW - DAY)
    return seal_root_certificate(content, signer or root_signer(number - 1))


def root_signer(number: int) -> SoftwareSigner:
    """Return root key ``number``, counted from 1."""
    return ROOT if number < SECOND else LATER_ROOTS[number - SECOND]


DOCUMENTS = {
    Kind.REQUEST: seal_request(REQUEST, SITE),
    Kind.LICENSE: seal_license(LICENSE, ISSUING),
    Kind.REFUSAL: seal_refusal(REFUSAL, ISSUING),
    Kind.TRUST: TRUST_DOCUMENT,
    Kind.PRODUCT: seal_product(PRODUCT, ROOT),
    Kind.RECEIPT: seal_receipt(RECEIPT, ISSUING),
    Kind.ROOT: root_certificate(SECOND),
}
SIGNERS = {
    Kind.REQUEST: SITE,
    Kind.LICENSE: ISSUING,
    Kind.REFUSAL: ISSUING,
    Kind.TRUST: ROOT,
    Kind.PRODUCT: ROOT,
    Kind.RECEIPT: ISSUING,
    Kind.ROOT: ROOT,
}


def key_outside(kind: Kind) -> bytes:
    """Return the public key a reader needs for a document of this kind; empty where the key is inside it."""
    return b"" if kind in {Kind.REQUEST, Kind.PRODUCT} else bytes(SIGNERS[kind].public_key)


def good_document(name: str, about: str, kind: Kind, content: object, data: bytes, **keys: bytes) -> Vector:
    """Return the vector of a document that every reader accepts, with what it says."""
    fields = plain(content)
    assert isinstance(fields, dict)
    return Vector(
        name=f"good/{name}",
        about=about,
        layer="profile",
        input="document",
        expect=ACCEPT,
        kind=kind.value,
        key=keys.get("key", key_outside(kind)),
        root=keys.get("root", b""),
        data=data,
        fields=fields,
    )


Case = tuple[str, str, str, int | str, object]
"""Name, what is wrong, code, field number, wrong value (``...``: left out)."""


def wrong_fields(cases_of: Mapping[Kind, Sequence[Case]]) -> tuple[Vector, ...]:
    """Return a vector for each wrong field: the good document of its kind with that field replaced."""
    return tuple(
        Vector(
            name=f"bad/{kind}-{name}",
            about=about,
            layer="profile",
            input="document",
            expect=code,
            kind=kind.value,
            key=key_outside(kind),
            data=altered(kind, {key: item}),
        )
        for kind, cases in cases_of.items()
        for name, about, code, key, item in cases
    )


def altered(kind: Kind, fields: Mapping[int | str, object]) -> bytes:
    """Return the good document of a kind with fields replaced (``...`` removes one), signed again."""
    body = decode(open_envelope(DOCUMENTS[kind]).payload)
    assert isinstance(body, dict)
    merged = {key: item for key, item in {**body, **fields}.items() if item is not ...}
    return seal(kind, encode(cast("Value", merged)), SIGNERS[kind])


def header_of(kind: Kind) -> dict[int | str, Value]:
    """Return the protected header of a good document."""
    return {1: -19, 3: f"application/oa-{kind}", 4: bytes(key_id(SIGNERS[kind].public_key))}


def enveloped(
    kind: Kind,
    *,
    protected: object = ...,
    unprotected: object = ...,
    payload: object = ...,
    signature: object = ...,
    signer: Signer | None = None,
) -> bytes:
    """Return the good document of a kind with other parts, signed over those parts unless a signature is given."""
    if protected is ...:
        protected = encode(header_of(kind))
    if payload is ...:
        payload = open_envelope(DOCUMENTS[kind]).payload
    if signature is ...:
        signed = encode(cast("Value", ("Signature1", protected, external_aad(kind), payload)))
        signature = (signer or SIGNERS[kind]).sign(signed)
    parts = (protected, {} if unprotected is ... else unprotected, payload, signature)
    return bytes([TAG_18]) + encode(cast("Value", parts))
