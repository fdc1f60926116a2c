"""A vendor's world: books (in memory and in SQLite), keys that everybody can read, a movable clock, many sites."""

# ruff: noqa: ANN401 - records are varied by field name, whatever the field holds

import hashlib
import itertools
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from offline_activation.formats.contact import Contact
from offline_activation.formats.envelope import Kind, open_envelope
from offline_activation.formats.keys import PublicKey, Signer, SoftwareSigner, key_id
from offline_activation.formats.license_document import LicenseDocument, read_license
from offline_activation.formats.names import DocumentId, LicenseNumber, ProductId, document_id
from offline_activation.formats.refusal import RefusalDocument, read_refusal
from offline_activation.formats.request import (
    ActivationRequest,
    Purpose,
    ReceivedRequest,
    receive_request,
    request_payload,
    seal_request,
)
from offline_activation.formats.trust_list import Use
from offline_activation.formats.value import changed
from offline_activation.vendor.answered import as_answered
from offline_activation.vendor.intake import examine
from offline_activation.vendor.issuing import Answer, Desk, answer, approve, refuse
from offline_activation.vendor.keyring import publish_trust_list
from offline_activation.vendor.ordering import cancel_order, enter_order, process_order
from offline_activation.vendor.orders import Purchase
from offline_activation.vendor.ports import Store
from offline_activation.vendor.records import (
    FormerSite,
    Intent,
    KeyRecord,
    LicenseRecord,
    Order,
    OrderId,
    Product,
    Vendor,
)
from offline_activation.vendor.review import Review
from offline_activation.vendor.store.opening import open_sqlite

sys.path.append(str(Path(__file__).parent))
from memory_books import MemoryStore

NOW = 1_795_498_206
DAY = 86_400
SAMPLES = Path(__file__).parents[2] / "samples"
CONTACT = Contact(
    first_name="Maria",
    last_name="Hernandez",
    company="Northwind",
    address1="1250 Industrial Parkway",
    city="Sacramento",
    state="California",
    zip="95814",
    phone="+1 916 555 0142",
    email="maria@northwind.example",
)


@dataclass(slots=True)
class Site:
    """A server that asks: one site key, one volume, a count."""

    key: SoftwareSigner
    volume_id: str
    license_number: LicenseNumber
    counter: int = 0
    previous: DocumentId | None = None
    revision: int = 0
    returned: DocumentId | None = None
    """The return it made, until it has a license again."""
    copies: int = 0
    copy: int = 0
    """Tells copies apart: random numbers differ where everything else is the same."""

    def request(self, purpose: Purpose = Purpose.ACTIVATE, **other: Any) -> bytes:
        """Return the next request of this site."""
        self.counter += 1
        content = ActivationRequest(
            purpose=purpose,
            product=ProductId("infinitime"),
            license_number=self.license_number,
            created=NOW,
            nonce=self.copy.to_bytes(8) + self.counter.to_bytes(8),
            site_key=self.key.public_key,
            counter=self.counter,
            volume_id=self.volume_id,
            volume_source="ioctl:FS_IOC_GETFSUUID ext4",
            components={"machine_id": b"machine1", "firmware_uuid": b"firmware"},
            contact=CONTACT,
            previous=self.previous,
            revision=self.revision,
            zone="America/Los_Angeles",
            returned=self.returned,
        )
        return seal_request(changed(content, **other), self.key)

    def give_back(self, **other: Any) -> bytes:
        """Return the request that gives the license back; from now on the site knows of it."""
        document = self.request(Purpose.RETURN, **({"returned": None} | other))
        self.returned = receive_request(document).request_id
        return document

    def copied(self) -> "Site":
        """Return the same site from a backup made now, or a clone of it."""
        self.copies += 1
        return replace(self, copy=self.copies)

    def accept(self, document: bytes) -> LicenseDocument:
        """Install a license."""
        envelope = open_envelope(document)
        found = read_license(envelope)
        self.previous, self.revision, self.returned = document_id(envelope.payload), found.revision, None
        return found


class World:
    """A vendor with the product of samples/infinitime.toml, and as many sites as a test wants."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now = NOW
        self.root = SoftwareSigner(bytes([1]) * 32)
        self.issuing = SoftwareSigner(bytes([3]) * 32)
        self.signatures = 0
        self.random = itertools.count(1)
        self.desk = Desk(
            store=store, signers=self.open_key, clock=lambda: self.now, randomness=self.randomness, actor="tester"
        )
        self._found_vendor()

    def _found_vendor(self) -> None:
        vendor = Vendor(name="Inception Technologies", root=self.root.public_key, created=NOW)
        with self.store.begin() as work:
            work.save_vendor(vendor)
            work.save_key(self.key_record(self.root.public_key, role="root"))
            work.save_key(self.key_record(self.issuing.public_key))
            publish_trust_list(work, vendor, self.root, number=1, now=NOW)
            for name in ("infinitime",):
                text = (SAMPLES / f"{name}.toml").read_text()
                work.save_product(Product(product_id=ProductId(name), definition=text, loaded=NOW))

    def key_record(self, public: PublicKey, **other: Any) -> KeyRecord:
        given: dict[str, Any] = {
            "key_id": key_id(public),
            "role": "issuing",
            "public_key": public,
            "not_before": NOW - DAY,
            "not_after": NOW + 3650 * DAY,
            "uses": Use.LICENSE | Use.REFUSAL | Use.RECEIPT,
            "products": None,
            "location": "nowhere",
        }
        return KeyRecord(**(given | other))

    def open_key(self, record: KeyRecord) -> Signer:
        assert record.key_id == key_id(self.issuing.public_key)
        self.signatures += 1
        return self.issuing

    def randomness(self, count: int) -> bytes:
        return hashlib.sha256(b"%d" % next(self.random)).digest()[:count]

    def purchase(self, **other: Any) -> Purchase:
        given: dict[str, Any] = {
            "product": ProductId("infinitime"),
            "company": "Northwind",
            "email": "it@northwind.example",
            "totals": ["employees=100"],
            "options": ["accruals_plus"],
        }
        if "license_number" in other:
            given = {"product": ProductId("infinitime")}
        return Purchase(**(given | other))

    def enter(self, **other: Any) -> Order:
        with self.store.begin() as work:
            purchase = self.purchase(**other)
            return enter_order(work, purchase, now=self.now, actor="tester", randomness=self.randomness)

    def process(self, order_id: OrderId) -> Order:
        with self.store.begin() as work:
            return process_order(work, order_id, now=self.now, actor="tester")

    def cancel(self, order_id: OrderId) -> Order:
        with self.store.begin() as work:
            return cancel_order(work, order_id, now=self.now, actor="tester")

    def review(self, document: bytes) -> Review:
        """Return the review of a request, as the desk sees it, answered or not."""
        received = receive_request(document)
        with self.store.read() as work:
            found, intent = examine(work, received.content, now=self.now), work.find_intent(received.request_id)
            kept = work.find_request(received.request_id)
        if intent is None:
            return found
        approved_by = kept.approved_by if kept else None
        return as_answered(found, intent, zone=received.content.zone, approved_by=approved_by)

    def sold(self, **other: Any) -> LicenseNumber:
        """Enter and process an order, return the license number."""
        return self.process(self.enter(**other).order_id).license_number

    def site(self, license_number: LicenseNumber, *, number: int = 2, volume: str = "d15c-1") -> Site:
        return Site(key=SoftwareSigner(bytes([number]) * 32), volume_id=volume, license_number=license_number)

    def active_site(self, **other: Any) -> Site:
        """Return a site that has activated a license."""
        site = self.site(self.sold(**other))
        found = self.answer(site.request())
        assert found.document is not None
        site.accept(found.document)
        return site

    def answer(self, document: bytes) -> Answer:
        return answer(self.desk, receive_request(document))

    def refuse(self, document: bytes, reason: str = "not today") -> Answer:
        return refuse(self.desk, receive_request(document), reason=reason)

    def approve(self, document: bytes, user: str = "ada") -> Intent:
        with self.store.begin() as work:
            return approve(work, receive_request(document), user=user, now=self.now)

    def record(self, license_number: LicenseNumber) -> LicenseRecord:
        with self.store.read() as work:
            found = work.find_license(license_number)
        assert found is not None
        return found

    def former(self, site: Site) -> FormerSite | None:
        """Return what the books know of a site as one that held its license before."""
        with self.store.read() as work:
            return work.find_former_site(site.license_number, site.key.public_key)

    def active(self, site: Site, purpose: Purpose = Purpose.ACTIVATE, **other: Any) -> LicenseDocument:
        """Let a site ask, approve it when that is needed, and install the license."""
        request = site.request(purpose, **other)
        found = self.answer(request)
        if found.outcome == "waiting":
            self.approve(request)
            found = self.answer(request)
        assert (found.outcome, found.code) == ("signed", None), found
        assert found.document is not None
        return site.accept(found.document)

    def audit(self) -> list[str]:
        with self.store.read() as work:
            return [entry.action for entry in work.audit()]

    def intents(self, license_number: LicenseNumber) -> list[Intent]:
        with self.store.read() as work:
            return list(work.intents(license_number))

    def dump(self) -> dict[str, Any]:
        """Return everything in the books but the audit log."""
        with self.store.read() as work:
            licenses = work.licenses()
            return {
                "orders": list(work.orders()),
                "licenses": list(licenses),
                "former_sites": [list(work.former_sites(record.license_number)) for record in licenses],
                "intents": [list(work.intents(record.license_number)) for record in licenses],
                "waiting": list(work.waiting_requests()),
                "mails": list(work.outbox()),
                "keys": list(work.keys()),
                "trust": work.find_trust_list(),
            }


@pytest.fixture
def memory_store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def memory_world(memory_store: MemoryStore) -> World:
    return World(memory_store)


@pytest.fixture(scope="session")
def world_of() -> type[World]:
    """Return the class of worlds, for tests that bring their own store."""
    return World


@pytest.fixture(scope="session")
def empty_books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return SQLite books of the newest schema, to be copied: making them anew takes half a second."""
    path = tmp_path_factory.mktemp("books") / "vendor.db"
    open_sqlite(str(path)).close()
    return path


@pytest.fixture(params=["memory", "sqlite"])
def world(request: pytest.FixtureRequest, empty_books: Path, tmp_path: Path) -> Iterator[World]:
    """Return a world whose books are in memory, and one with books in SQLite."""
    if request.param == "memory":
        yield World(MemoryStore())
        return
    store = open_sqlite(str(shutil.copy(empty_books, tmp_path / "vendor.db")))
    yield World(store)
    assert list(store.problems()) == []
    store.close()


@pytest.fixture(scope="session")
def now() -> int:
    return NOW


@pytest.fixture(scope="session")
def a_request() -> ActivationRequest:
    """Return the content of a usual request, to be varied with ``changed``."""
    site = Site(
        key=SoftwareSigner(bytes([2]) * 32),
        volume_id="d15c-1",
        license_number=LicenseNumber("0" * 20),
    )
    return receive_request(site.request()).content


@pytest.fixture(scope="session")
def received_of() -> Any:
    """Return a function from request content to a received request, signed with test key 2."""

    def received_of(content: ActivationRequest) -> ReceivedRequest:
        assert request_payload(content)
        return receive_request(seal_request(content, SoftwareSigner(bytes([2]) * 32)))

    return received_of


@pytest.fixture(scope="session")
def license_in() -> Any:
    """Return a function from a response document to the license in it."""

    def license_in(document: bytes) -> LicenseDocument:
        envelope = open_envelope(document)
        assert envelope.kind is Kind.LICENSE
        return read_license(envelope)

    return license_in


@pytest.fixture(scope="session")
def refusal_in() -> Any:
    """Return a function from a response document to the refusal in it."""

    def refusal_in(document: bytes) -> RefusalDocument:
        envelope = open_envelope(document)
        assert envelope.kind is Kind.REFUSAL
        return read_refusal(envelope)

    return refusal_in
