"""The vendor's books in memory: the same contract as every store, as plain containers."""

import copy
import itertools
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from offline_activation.formats.names import DocumentId, LicenseNumber, ProductId, Reference
from offline_activation.vendor.addresses import known_by
from offline_activation.vendor.ports import Work
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
