"""One world of good documents, made with keys that everybody can read here: TEST KEYS, never for anything else."""

from collections.abc import Callable, Mapping

import pytest
from hypothesis import settings

from offline_activation.errors import Refusal
from offline_activation.formats.cbor import Value, decode, encode
from offline_activation.formats.contact import Contact
from offline_activation.formats.envelope import open_envelope, seal
from offline_activation.formats.keys import Signer, SoftwareSigner, key_id
from offline_activation.formats.license_document import LicenseDocument, seal_license
from offline_activation.formats.names import DocumentId, ProductId, document_id, new_license_number, site_id
from offline_activation.formats.product import LimitRule, OptionRule, ProductDocument, seal_product
from offline_activation.formats.receipt import ReceiptDocument, seal_receipt
from offline_activation.formats.refusal import RefusalDocument, seal_refusal
from offline_activation.formats.request import ActivationRequest, Purpose, request_payload, seal_request
from offline_activation.formats.root_certificate import RootCertificate, seal_root_certificate
from offline_activation.formats.trust_list import IssuingKey, TrustList, Use, seal_trust_list

settings.register_profile("formats", deadline=None)
settings.load_profile("formats")

NOW = 1_795_498_206
DAY = 86_400


@pytest.fixture(scope="session")
def code_of() -> Callable[[Callable[[], object]], str]:
    """Return the code with which an action is refused, or ``accept``; any other exception is the test's failure."""

    def code_of(action: Callable[[], object]) -> str:
        try:
            action()
        except Refusal as refusal:
            found = refusal
        else:
            return "accept"
        assert len(found.message) <= 300
        assert found.message.isprintable()
        return found.code

    return code_of


@pytest.fixture(scope="session")
def altered() -> Callable[[bytes, Mapping[int | str, Value], Signer], bytes]:
    """Return the document with fields of its payload replaced (``...`` removes one), signed again by ``signer``."""

    def altered(document: bytes, fields: Mapping[int | str, Value], signer: Signer) -> bytes:
        envelope = open_envelope(document)
        body = decode(envelope.payload)
        assert isinstance(body, dict)
        body |= fields
        kept = {key: item for key, item in body.items() if item is not ...}
        return seal(envelope.kind, encode(kept), signer)

    return altered


@pytest.fixture(scope="session")
def root() -> SoftwareSigner:
    return SoftwareSigner(bytes([1]) * 32)


@pytest.fixture(scope="session")
def site() -> SoftwareSigner:
    return SoftwareSigner(bytes([2]) * 32)


@pytest.fixture(scope="session")
def issuing() -> SoftwareSigner:
    return SoftwareSigner(bytes([3]) * 32)


@pytest.fixture(scope="session")
def next_issuing() -> SoftwareSigner:
    return SoftwareSigner(bytes([4]) * 32)


@pytest.fixture(scope="session")
def request_content(site: SoftwareSigner) -> ActivationRequest:
    """Return a request with every optional field and a contact block as long as real ones are."""
    return ActivationRequest(
        purpose=Purpose.ACTIVATE,
        product=ProductId("infinitime"),
        license_number=new_license_number(bytes(range(1, 13))),
        created=NOW,
        nonce=bytes(range(16)),
        site_key=site.public_key,
        counter=1,
        volume_id="2f1c1d5e-8f2b-4c59-9f4e-6a51c4bb0c11",
        volume_source="ioctl:FS_IOC_GETFSUUID ext4",
        components={"machine_id": b"machine1", "firmware_uuid": b"firmware", "network": b"network1"},
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


@pytest.fixture(scope="session")
def request_document(request_content: ActivationRequest, site: SoftwareSigner) -> bytes:
    return seal_request(request_content, site)


@pytest.fixture(scope="session")
def trust_content(issuing: SoftwareSigner, next_issuing: SoftwareSigner) -> TrustList:
    keys = tuple(
        IssuingKey(
            key=signer.public_key,
            not_before=NOW - DAY,
            not_after=NOW + 800 * DAY,
            uses=Use.LICENSE | Use.REFUSAL,
            products=None,
        )
        for signer in (issuing, next_issuing)
    )
    return TrustList(number=3, vendor="Inception Technologies", issued=NOW - DAY, keys=keys)


@pytest.fixture(scope="session")
def trust_document(trust_content: TrustList, root: SoftwareSigner) -> bytes:
    return seal_trust_list(trust_content, root)


@pytest.fixture(scope="session")
def license_content(request_content: ActivationRequest, trust_document: bytes) -> LicenseDocument:
    return LicenseDocument(
        product=request_content.product,
        license_number=request_content.license_number,
        revision=4,
        issued=NOW + 60,
        request_id=document_id(request_payload(request_content)),
        site=site_id(request_content.site_key),
        components={"volume_id": b"volume01", **request_content.components},
        company=request_content.contact.company,
        limits={"badge_readers": 8, "biometric_readers": 4, "employees": 150},
        options=("accruals_plus", "telephone_punch"),
        trust=trust_document,
        lease_until=NOW + 183 * DAY,
        grace_days=30,
        until=NOW + 365 * DAY,
        maintenance_until=NOW + 365 * DAY,
    )


@pytest.fixture(scope="session")
def license_document(license_content: LicenseDocument, issuing: SoftwareSigner) -> bytes:
    return seal_license(license_content, issuing)


@pytest.fixture(scope="session")
def refusal_content(license_content: LicenseDocument) -> RefusalDocument:
    return RefusalDocument(
        product=license_content.product,
        code="order.not_found",
        message="There is no order for this license number.",
        remedy="Compare the license number with the order mail and send a new request.",
        issued=license_content.issued,
        request_id=license_content.request_id,
        site=license_content.site,
        trust=license_content.trust,
    )


@pytest.fixture(scope="session")
def refusal_document(refusal_content: RefusalDocument, issuing: SoftwareSigner) -> bytes:
    return seal_refusal(refusal_content, issuing)


@pytest.fixture(scope="session")
def receipt_content(license_content: LicenseDocument) -> ReceiptDocument:
    return ReceiptDocument(
        product=license_content.product,
        license_number=license_content.license_number,
        revision=license_content.revision,
        issued=license_content.issued,
        request_id=license_content.request_id,
        site=license_content.site,
        trust=license_content.trust,
    )


@pytest.fixture(scope="session")
def receipt_document(receipt_content: ReceiptDocument, issuing: SoftwareSigner) -> bytes:
    return seal_receipt(receipt_content, issuing)


@pytest.fixture(scope="session")
def later_roots() -> tuple[SoftwareSigner, ...]:
    """Return root keys 2 to 34: one more than a trust list can lead to."""
    return tuple(SoftwareSigner(bytes([100 + number]) * 32) for number in range(2, 35))


@pytest.fixture(scope="session")
def certificates(root: SoftwareSigner, later_roots: tuple[SoftwareSigner, ...]) -> tuple[bytes, ...]:
    """Return the certificates of root keys 2 to 33, each signed by the one before."""
    return tuple(
        seal_root_certificate(RootCertificate(number=number, key=new.public_key, issued=NOW - DAY), old)
        for number, old, new in zip(range(2, 34), (root, *later_roots), later_roots, strict=False)
    )


@pytest.fixture(scope="session")
def product_content(root: SoftwareSigner, trust_document: bytes) -> ProductDocument:
    return ProductDocument(
        product=ProductId("infinitime"),
        name="InfiniTime",
        vendor="Inception Technologies",
        root=root.public_key,
        trust=trust_document,
        limits={
            "badge_readers": LimitRule(label="Badge readers", demo=0),
            "employees": LimitRule(label="Employees", demo=5),
        },
        options={"accruals_plus": OptionRule(label="Accruals Plus", demo=False)},
        demo_days=30,
        lease_days=183,
        grace_days=30,
        warn_days=(90, 30, 14, 7, 1),
        support_email="support@inception.example",
        server="https://activation.inception.example",
        issued=NOW,
    )


@pytest.fixture(scope="session")
def product_document(product_content: ProductDocument, root: SoftwareSigner) -> bytes:
    return seal_product(product_content, root)


@pytest.fixture(scope="session")
def documents(
    request_document: bytes,
    license_document: bytes,
    refusal_document: bytes,
    trust_document: bytes,
    product_document: bytes,
    receipt_document: bytes,
    certificates: tuple[bytes, ...],
) -> dict[str, bytes]:
    """Return one good document of each kind, by kind."""
    return {
        "request": request_document,
        "license": license_document,
        "refusal": refusal_document,
        "trust": trust_document,
        "product": product_document,
        "receipt": receipt_document,
        "root": certificates[0],
    }


@pytest.fixture(scope="session")
def a_key_id(issuing: SoftwareSigner) -> bytes:
    return bytes(key_id(issuing.public_key))
