"""A small vendor and one site whose documents are really sealed, with keys everybody can read: never for use."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from offline_activation.errors import ActivationError, Refusal
from offline_activation.formats.cbor import Value, decode, encode
from offline_activation.formats.envelope import open_envelope, seal
from offline_activation.formats.keys import KeyId, Signer, SoftwareSigner
from offline_activation.formats.license_document import LicenseDocument, seal_license
from offline_activation.formats.names import DocumentId, ProductId, new_license_number, site_id
from offline_activation.formats.product import LimitRule, OptionRule, ProductDocument, seal_product
from offline_activation.formats.refusal import RefusalDocument, seal_refusal
from offline_activation.formats.request import ActivationRequest, Purpose, seal_request
from offline_activation.formats.trust_list import IssuingKey, TrustList, Use, seal_trust_list
from offline_activation.formats.value import changed
from offline_activation.identity.components import blinded, read_components
from offline_activation.verify.checks import AcceptedLicense, AcceptedRefusal, Evidence, Facts, check_response
from offline_activation.verify.trust import Trust, pinned_trust

NOW = 1_795_500_000
DAY = 86_400
KEY_BEGIN, KEY_END = NOW - 100 * DAY, NOW + 300 * DAY
REQUEST = DocumentId(bytes(range(16)))


def signer(number: int) -> SoftwareSigner:
    return SoftwareSigner(bytes([number]) * 32)


@pytest.fixture(scope="session")
def root() -> SoftwareSigner:
    return signer(1)


@pytest.fixture(scope="session")
def issuing() -> SoftwareSigner:
    return signer(2)


@pytest.fixture(scope="session")
def next_issuing() -> SoftwareSigner:
    return signer(3)


@pytest.fixture(scope="session")
def refusals_only() -> SoftwareSigner:
    return signer(4)


@pytest.fixture(scope="session")
def other_products_only() -> SoftwareSigner:
    return signer(5)


@pytest.fixture(scope="session")
def attacker() -> SoftwareSigner:
    """Return a key that no vendor ever listed."""
    return signer(66)


@pytest.fixture(scope="session")
def site() -> SoftwareSigner:
    return signer(7)


@pytest.fixture(scope="session")
def entries() -> tuple[IssuingKey, ...]:
    """Return the keys of the vendor as its trust list holds them: two for all, one for refusals, one elsewhere."""

    def entry(number: int, uses: Use, products: tuple[ProductId, ...] | None = None) -> IssuingKey:
        key = signer(number).public_key
        return IssuingKey(key=key, not_before=KEY_BEGIN, not_after=KEY_END, uses=uses, products=products)

    both = Use.LICENSE | Use.REFUSAL
    return (entry(2, both), entry(3, both), entry(4, Use.REFUSAL), entry(5, both, (ProductId("other_product"),)))


@pytest.fixture(scope="session")
def make_list(entries: tuple[IssuingKey, ...], root: SoftwareSigner) -> Callable[..., bytes]:
    def make_list(
        number: int = 3,
        *,
        keys: tuple[IssuingKey, ...] = entries,
        revoked: tuple[KeyId, ...] = (),
        by: Signer = root,
        vendor: str = "Inception Technologies",
    ) -> bytes:
        content = TrustList(number=number, vendor=vendor, issued=NOW - 50 * DAY, keys=keys, revoked=revoked)
        return seal_trust_list(content, by)

    return make_list


@pytest.fixture(scope="session")
def trust(make_list: Callable[..., bytes], root: SoftwareSigner) -> Trust:
    return pinned_trust(root.public_key, make_list())


@pytest.fixture(scope="session")
def facts(site: SoftwareSigner) -> Facts:
    components = {"volume_id": b"volume01", "machine_id": b"machine1", "firmware_uuid": b"firmware"}
    return Facts(product=ProductId("infinitime"), site_key=site.public_key, components=components)


@pytest.fixture(scope="session")
def evidence() -> Evidence:
    return Evidence(open_requests=frozenset({REQUEST}))


@pytest.fixture(scope="session")
def license_content(facts: Facts, make_list: Callable[..., bytes]) -> LicenseDocument:
    return LicenseDocument(
        product=facts.product,
        license_number=new_license_number(bytes(range(12))),
        revision=4,
        issued=NOW - 60,
        request_id=REQUEST,
        site=site_id(facts.site_key),
        components=facts.components,
        company="Northwind Manufacturing",
        limits={"badge_readers": 8, "employees": 150},
        options=("accruals_plus",),
        trust=make_list(),
        lease_until=NOW + 183 * DAY,
        grace_days=30,
    )


@pytest.fixture(scope="session")
def make_license(license_content: LicenseDocument, issuing: SoftwareSigner) -> Callable[..., bytes]:
    def make_license(*, by: Signer = issuing, **fields: object) -> bytes:
        return seal_license(changed(license_content, **fields), by)

    return make_license


@pytest.fixture(scope="session")
def make_refusal(license_content: LicenseDocument, issuing: SoftwareSigner) -> Callable[..., bytes]:
    said = RefusalDocument(
        product=license_content.product,
        code="policy.suspended",
        message="The license is suspended.",
        remedy="Speak to the vendor.",
        issued=license_content.issued,
        request_id=license_content.request_id,
        site=license_content.site,
        trust=license_content.trust,
    )

    def make_refusal(*, by: Signer = issuing, **fields: object) -> bytes:
        return seal_refusal(changed(said, **fields), by)

    return make_refusal


@pytest.fixture(scope="session")
def altered(issuing: SoftwareSigner) -> Callable[..., bytes]:
    """Return the document with fields of its payload replaced or left out, signed again."""

    def altered(
        document: bytes, fields: Mapping[int | str, Value], *, without: int | None = None, by: Signer = issuing
    ) -> bytes:
        envelope = open_envelope(document)
        body = decode(envelope.payload)
        assert isinstance(body, dict)
        kept = {key: item for key, item in {**body, **fields}.items() if key != without}
        return seal(envelope.kind, encode(kept), by)

    return altered


@pytest.fixture(scope="session")
def check(trust: Trust, facts: Facts, evidence: Evidence) -> Callable[..., AcceptedLicense | AcceptedRefusal]:
    """Run the ladder as at an import, with anything of it replaced."""

    def check(
        document: bytes,
        *,
        trust: Trust = trust,
        facts: Facts = facts,
        evidence: Evidence = evidence,
        now: int = NOW,
    ) -> AcceptedLicense | AcceptedRefusal:
        return check_response(document, trust=trust, facts=facts, evidence=evidence, now=now)

    return check


@pytest.fixture(scope="session")
def code_of() -> Callable[..., str]:
    """Return the code with which a call is refused, or ``accepted``; any other exception is the test's failure."""

    def code_of(action: Callable[..., object], *arguments: object, **options: object) -> str:
        try:
            action(*arguments, **options)
        except Refusal as refusal:
            said = refusal
        else:
            return "accepted"
        assert len(said.message) <= 300
        assert said.message.isprintable()
        assert said.remedy
        return said.code

    return code_of


@pytest.fixture(scope="session")
def product_content(root: SoftwareSigner, make_list: Callable[..., bytes]) -> ProductDocument:
    return ProductDocument(
        product=ProductId("infinitime"),
        name="InfiniTime",
        vendor="Inception Technologies",
        root=root.public_key,
        trust=make_list(1),
        limits={
            "badge_readers": LimitRule(label="Badge readers", demo=0),
            "employees": LimitRule(label="Employees", demo=5),
        },
        options={
            "accruals_plus": OptionRule(label="Accruals Plus", demo=False),
            "reports": OptionRule(label="Reports", demo=True),
        },
        demo_days=30,
        lease_days=183,
        grace_days=30,
        warn_days=(90, 30, 14, 7, 1),
        support_email="support@inception.example",
        server="",
        issued=NOW - 40 * DAY,
    )


@pytest.fixture
def home(tmp_path: Path, product_content: ProductDocument, root: SoftwareSigner, site: SoftwareSigner) -> Path:
    """Return the state directory of an installation made at NOW, without a license."""
    directory = tmp_path / "home"
    directory.mkdir(mode=0o700)
    for name in ("product.cose", "product.kept.cose"):
        (directory / name).write_bytes(seal_product(product_content, root))
    for name in ("site_key.pub", "site_key.kept.pub"):
        (directory / name).write_text(site.public_key.hex())
    (directory / "initialised").write_text(f"{NOW}\n")
    return directory


@pytest.fixture
def marks(home: Path, site: SoftwareSigner) -> dict[str, bytes]:
    """Return the blinded components which this machine really shows for ``home``."""
    return {
        component.name: blinded(component, product="infinitime", site_key=site.public_key)
        for component in read_components(str(home))
        if component.value is not None
    }


@pytest.fixture
def install(home: Path, marks: dict[str, bytes], make_license: Callable[..., bytes]) -> Callable[..., bytes]:
    """Put a license of this machine, with anything of it replaced, into ``home`` and its kept copy."""

    def install(**fields: object) -> bytes:
        document = make_license(**({"components": marks} | fields))
        (home / "license.cose").write_bytes(document)
        (home / "license.kept.cose").write_bytes(document)
        return document

    return install


@pytest.fixture
def licensed(home: Path, install: Callable[..., bytes]) -> Path:
    install()
    return home


@pytest.fixture(scope="session")
def codes() -> Callable[[tuple[ActivationError, ...]], list[str]]:
    return lambda warnings: [warning.code for warning in warnings]


@pytest.fixture
def returned(license_content: LicenseDocument, site: SoftwareSigner) -> Callable[..., bytes]:
    """Return the return of the license by its site, varied by field name."""
    made = ActivationRequest(
        purpose=Purpose.RETURN,
        product=license_content.product,
        license_number=license_content.license_number,
        created=NOW,
        nonce=bytes(16),
        site_key=site.public_key,
        counter=3,
        volume_id="a1b2-c3d4",
        volume_source="test",
        components={},
        revision=license_content.revision,
    )
    return lambda **fields: seal_request(changed(made, **fields), site)
