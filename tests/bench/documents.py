"""A license and a request with every field filled, signed with test keys: the size that one QR code must hold."""

from pathlib import Path

from offline_activation.formats.contact import Contact
from offline_activation.formats.keys import SoftwareSigner
from offline_activation.formats.license_document import LicenseDocument, seal_license
from offline_activation.formats.names import DocumentId, ProductId, new_license_number, site_id
from offline_activation.formats.request import ActivationRequest, Purpose, receive_request, seal_request
from offline_activation.formats.trust_list import IssuingKey, TrustList, Use, seal_trust_list
from offline_activation.vendor.products import read_definition

SAMPLE = Path(__file__).parents[2] / "samples" / "infinitime.toml"
TEST_SEED = bytes([7]) * 32
NOW = 1_800_000_000
DAY = 86_400
NUMBER = new_license_number(bytes(range(100, 112)))


def license_and_request() -> tuple[bytes, bytes]:
    """Return a full license document and the full request it answers."""
    signer = SoftwareSigner(TEST_SEED)
    request = _request(signer)
    received = receive_request(request)
    keys = tuple(
        IssuingKey(key=key, not_before=NOW, not_after=NOW + 1000 * DAY, uses=Use.LICENSE | Use.REFUSAL, products=None)
        for key in (signer.public_key, SoftwareSigner(bytes([8]) * 32).public_key)
    )
    trust = TrustList(number=3, vendor="Inception Technologies", issued=NOW, keys=keys)
    document = LicenseDocument(
        product=received.content.product,
        license_number=NUMBER,
        revision=4,
        issued=NOW,
        request_id=received.request_id,
        site=site_id(signer.public_key),
        components={name: bytes(8) for name in ("volume_id", "machine_id", "firmware_uuid", "network")},
        company=received.content.contact.company,
        limits={"employees": 150, "badge_readers": 8, "biometric_readers": 4},
        options=("accruals_plus", "telephone_punch"),
        trust=seal_trust_list(trust, SoftwareSigner(bytes([9]) * 32)),
        lease_until=NOW + 183 * DAY,
        grace_days=30,
        until=NOW + 365 * DAY,
        maintenance_until=NOW + 365 * DAY,
        version_ceiling="2027.1",
        policy=read_definition(SAMPLE.read_text(), path=SAMPLE.name).policy(),
    )
    return seal_license(document, signer), request


def _request(signer: SoftwareSigner) -> bytes:
    contact = Contact(
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
    )
    content = ActivationRequest(
        purpose=Purpose.UPDATE,
        product=ProductId("infinitime"),
        license_number=NUMBER,
        created=NOW,
        nonce=bytes(16),
        site_key=signer.public_key,
        counter=3,
        volume_id="2f1c1d5e-8f2b-4c59-9f4e-6a51c4bb0c11",
        volume_source="ioctl:FS_IOC_GETFSUUID ext4",
        components={name: bytes(8) for name in ("machine_id", "firmware_uuid", "network")},
        contact=contact,
        previous=DocumentId(bytes(16)),
        revision=3,
        zone="America/Los_Angeles",
    )
    return seal_request(content, signer)
