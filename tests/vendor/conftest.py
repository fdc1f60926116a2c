"""A vendor's world: books (in memory and in SQLite), keys that everybody can read, a movable clock, many sites."""

# ruff: noqa: ANN401 - records are varied by field name, whatever the field holds

import copy
import hashlib
import itertools
import shutil
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from offline_activation.formats.contact import Contact
from offline_activation.formats.envelope import Kind, open_envelope
from offline_activation.formats.keys import PublicKey, Signer, SoftwareSigner, key_id
from offline_activation.formats.license_document import LicenseDocument, read_license
from offline_activation.formats.names import DocumentId, LicenseNumber, ProductId, Reference, document_id
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
from offline_activation.vendor.addresses import known_by
from offline_activation.vendor.answered import as_answered
from offline_activation.vendor.intake import examine
from offline_activation.vendor.issuing import Answer, Desk, answer, approve, refuse
from offline_activation.vendor.keyring import publish_trust_list
from offline_activation.vendor.ordering import cancel_order, enter_order, process_order
from offline_activation.vendor.orders import Purchase
from offline_activation.vendor.ports import Store, Work
from offline_activation.vendor.records import (
    AuditEntry,
    FormerSite,
    Intent,
    KeyRecord,
    LicenseRecord,
    Order,
    OrderId,
    OrderState,
    OutboxMail,
    Product,
    RequestRecord,
    Vendor,
)
from offline_activation.vendor.review import Review
from offline_activation.vendor.store.opening import open_sqlite

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
class Books:
    """Everything a store keeps, as plain containers."""

    vendor: Vendor | None = None
    products: dict[str, Product] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    licenses: dict[str, LicenseRecord] = field(default_factory=dict)
    former_sites: dict[tuple[str, bytes], FormerSite] = field(default_factory=dict)
    requests: dict[bytes, RequestRecord] = field(default_factory=dict)
    intents: list[Intent] = field(default_factory=list)
    trust: list[bytes] = field(default_factory=list)
    keys: dict[bytes, KeyRecord] = field(default_factory=dict)
    audit: list[AuditEntry] = field(default_factory=list)
    mails: dict[str, OutboxMail] = field(default_factory=dict)


class MemoryWork:
    """A unit of work on books in memory."""

    def __init__(self, books: Books, numbers: Iterator[int]) -> None:
        self.books = books
        self.numbers = numbers

    def find_vendor(self) -> Vendor | None:
        return self.books.vendor

    def save_vendor(self, vendor: Vendor) -> None:
        self.books.vendor = vendor

    def find_product(self, product_id: ProductId) -> Product | None:
        return self.books.products.get(product_id)

    def products(self) -> Sequence[Product]:
        return sorted(self.books.products.values(), key=lambda product: product.product_id)

    def save_product(self, product: Product) -> None:
        self.books.products[product.product_id] = product

    def next_order_id(self) -> OrderId:
        return OrderId(f"O-{next(self.numbers):06}")

    def find_order(self, order_id: OrderId) -> Order | None:
        return self.books.orders.get(order_id)

    def orders(
        self, *, state: OrderState | None = None, license_number: LicenseNumber | None = None
    ) -> Sequence[Order]:
        return [
            order
            for order in self.books.orders.values()
            if state in (None, order.state) and license_number in (None, order.license_number)
        ]

    def save_order(self, order: Order) -> None:
        self.books.orders[order.order_id] = order

    def find_license(self, license_number: LicenseNumber) -> LicenseRecord | None:
        return self.books.licenses.get(license_number)

    def licenses(self, *, after: LicenseNumber | None = None, most: int = 1000) -> Sequence[LicenseRecord]:
        found = sorted(self.books.licenses.values(), key=lambda record: record.license_number)
        return [record for record in found if after is None or record.license_number > after][:most]

    def licenses_of_site_key(self, site_key: bytes) -> Sequence[LicenseRecord]:
        return [r for r in self.licenses() if r.installation is not None and r.installation.site_key == site_key]

    def licenses_of_volume(self, volume_id: str) -> Sequence[LicenseRecord]:
        return [r for r in self.licenses() if r.installation is not None and r.installation.volume_id == volume_id]

    def save_license(self, record: LicenseRecord) -> None:
        self.books.licenses[record.license_number] = record

    def unreturned_of(self, product: ProductId, email: str) -> int:
        found = (r for r in self.books.licenses.values() if r.product == product)
        return sum(r.unreturned for r in found if known_by(r.email) == known_by(email))

    def licenses_with_unreturned(self, product: ProductId, email: str) -> Sequence[LicenseRecord]:
        found = (r for r in self.licenses() if r.product == product and r.unreturned)
        return tuple(r for r in found if known_by(r.email) == known_by(email))

    def find_former_site(self, license_number: LicenseNumber, site_key: bytes) -> FormerSite | None:
        return self.books.former_sites.get((license_number, site_key))

    def former_sites(self, license_number: LicenseNumber) -> Sequence[FormerSite]:
        found = [site for (number, _), site in self.books.former_sites.items() if number == license_number]
        return sorted(found, key=lambda site: (site.revision, site.site_key))

    def save_former_site(self, site: FormerSite) -> None:
        self.books.former_sites[site.license_number, site.site_key] = site

    def drop_former_site(self, license_number: LicenseNumber, site_key: bytes) -> None:
        self.books.former_sites.pop((license_number, site_key), None)

    def find_request(self, request_id: DocumentId) -> RequestRecord | None:
        return self.books.requests.get(request_id)

    def requests_by_reference(self, reference: Reference) -> Sequence[RequestRecord]:
        return [record for record in self.books.requests.values() if record.reference == reference]

    def waiting_requests(self) -> Sequence[RequestRecord]:
        waiting = (r for r in self.books.requests.values() if r.decision == "ask")
        return [record for record in waiting if self.find_intent(record.request_id) is None]

    def save_request(self, record: RequestRecord) -> None:
        self.books.requests[record.request_id] = record

    def find_intent(self, request_id: DocumentId) -> Intent | None:
        found = (i for i in self.books.intents if i.request_id == request_id and i.state != "abandoned")
        return next(found, None)

    def intents(self, license_number: LicenseNumber) -> Sequence[Intent]:
        return [intent for intent in self.books.intents if intent.license_number == license_number]

    def save_intent(self, intent: Intent) -> None:
        for at, kept in enumerate(self.books.intents):
            if (kept.request_id, kept.response_id) == (intent.request_id, intent.response_id):
                assert kept.state == "intended" or kept == intent
                self.books.intents[at] = intent
                return
        self.books.intents.append(intent)

    def find_trust_list(self) -> bytes | None:
        return self.books.trust[-1] if self.books.trust else None

    def save_trust_list(self, number: int, document: bytes) -> None:
        assert number == len(self.books.trust) + 1
        self.books.trust.append(document)

    def keys(self) -> Sequence[KeyRecord]:
        return list(self.books.keys.values())

    def save_key(self, record: KeyRecord) -> None:
        self.books.keys[record.key_id] = record

    def append_audit(self, entry: AuditEntry) -> None:
        self.books.audit.append(replace(entry, number=len(self.books.audit) + 1))

    def audit(self, *, after: int = 0, most: int = 1000) -> Sequence[AuditEntry]:
        return [entry for entry in self.books.audit if entry.number > after][:most]

    def audit_about(self, subject: str) -> Sequence[AuditEntry]:
        return [entry for entry in self.books.audit if entry.subject == subject]

    def dated_after(self, limit: int, *, actions: Collection[str], after: int = 0) -> AuditEntry | None:
        found = [e for e in self.books.audit if e.at > limit and e.number > after and e.action in actions]
        return max(found, key=lambda entry: (entry.at, entry.number), default=None)

    def queue_mail(self, mail: OutboxMail) -> None:
        self.books.mails.setdefault(mail.event, mail)

    def outbox(self) -> Sequence[OutboxMail]:
        return list(self.books.mails.values())


class MemoryStore:
    """Books in memory: units of work one after the other, undone as a whole when they raise."""

    def __init__(self) -> None:
        self.books = Books()
        self.lock = threading.RLock()
        self.numbers = itertools.count(1)

    @contextmanager
    def begin(self) -> Iterator[Work]:
        with self.lock:
            before = copy.deepcopy(self.books)
            try:
                yield MemoryWork(self.books, self.numbers)
            except BaseException:
                self.books = before
                raise

    @contextmanager
    def read(self) -> Iterator[Work]:
        with self.lock:
            yield MemoryWork(copy.deepcopy(self.books), self.numbers)

    def problems(self) -> Iterator[str]:
        return iter(())

    def close(self) -> None:
        pass


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
