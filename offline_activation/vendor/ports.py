"""The seams of the vendor half: the store (a unit of work over its books) and the clock.

Contract of every store, held by one test suite (tests/contracts): what happens inside ``with store.begin() as work:``
is durable as a whole when the block ends, and gone as a whole when it raises.  Units of work that write are serialised
against each other; reads inside one see its own writes.  Stores raise :class:`Trouble` ``io.database*``, nothing else
of their own.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from offline_activation.formats.names import DocumentId, LicenseNumber, ProductId, Reference
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

Clock = Callable[[], int]
"""Returns the vendor's time in seconds since 1970 UTC."""


class Work(Protocol):
    """One unit of work.  ``find_*`` return ``None`` for what is not there; ``save_*`` insert or replace by identity."""

    def find_vendor(self) -> Vendor | None:
        """Return who this database belongs to."""

    def save_vendor(self, vendor: Vendor) -> None:
        """Write who this database belongs to."""

    def find_product(self, product_id: ProductId) -> Product | None:
        """Return one product."""

    def products(self) -> Sequence[Product]:
        """Return all products by id."""

    def save_product(self, product: Product) -> None:
        """Insert or replace a product."""

    def next_order_id(self) -> OrderId:
        """Reserve the next order id, counting without gaps; one that was made durable is never given again."""

    def find_order(self, order_id: OrderId) -> Order | None:
        """Return one order with its lines."""

    def orders(
        self, *, state: OrderState | None = None, license_number: LicenseNumber | None = None
    ) -> Sequence[Order]:
        """Return orders in the order they were entered."""

    def save_order(self, order: Order) -> None:
        """Insert or replace an order with its lines."""

    def find_license(self, license_number: LicenseNumber) -> LicenseRecord | None:
        """Return one license record."""

    def licenses(self, *, after: LicenseNumber | None = None, most: int = 1000) -> Sequence[LicenseRecord]:
        """Return license records by number, a page at a time: those after ``after``, at most ``most``."""

    def licenses_of_site_key(self, site_key: bytes) -> Sequence[LicenseRecord]:
        """Return the licenses held by an installation with this key."""

    def licenses_of_volume(self, volume_id: str) -> Sequence[LicenseRecord]:
        """Return the licenses held by installations with this HD Volume ID."""

    def save_license(self, record: LicenseRecord) -> None:
        """Insert or replace a license record."""

    def unreturned_of(self, product: ProductId, email: str) -> int:
        """Return how many unreturned sites a customer has: all licenses of ``product`` with this mail address.

        Two addresses are one customer when :func:`~offline_activation.vendor.addresses.known_by` says so.
        """

    def licenses_with_unreturned(self, product: ProductId, email: str) -> Sequence[LicenseRecord]:
        """Return the licenses that make up what :meth:`unreturned_of` counts, by number."""

    def find_former_site(self, license_number: LicenseNumber, site_key: bytes) -> FormerSite | None:
        """Return what is known of a site that once held the license, also when it holds it again."""

    def former_sites(self, license_number: LicenseNumber) -> Sequence[FormerSite]:
        """Return the sites that once held the license, those that hold it again included, the latest last."""

    def save_former_site(self, site: FormerSite) -> None:
        """Insert or replace a former site of a license."""

    def drop_former_site(self, license_number: LicenseNumber, site_key: bytes) -> None:
        """Forget a former site: what made it one was undone."""

    def find_request(self, request_id: DocumentId) -> RequestRecord | None:
        """Return one request."""

    def requests_by_reference(self, reference: Reference) -> Sequence[RequestRecord]:
        """Return the requests with this reference: one, or more in the rare case that 40 bits collide."""

    def waiting_requests(self) -> Sequence[RequestRecord]:
        """Return requests with decision ``ask`` and no intent, oldest first."""

    def save_request(self, record: RequestRecord) -> None:
        """Insert or replace a request."""

    def find_intent(self, request_id: DocumentId) -> Intent | None:
        """Return the intent or response of a request that is not abandoned."""

    def intents(self, license_number: LicenseNumber) -> Sequence[Intent]:
        """Return the intents of a license in the order they were recorded, abandoned ones included."""

    def save_intent(self, intent: Intent) -> None:
        """Insert an intent, or write its new state and document."""

    def find_trust_list(self) -> bytes | None:
        """Return the newest trust list document."""

    def save_trust_list(self, number: int, document: bytes) -> None:
        """Add a trust list; numbers only rise."""

    def keys(self) -> Sequence[KeyRecord]:
        """Return all keys, oldest first."""

    def save_key(self, record: KeyRecord) -> None:
        """Insert or replace a key."""

    def append_audit(self, entry: AuditEntry) -> None:
        """Append to the audit log; entries are never changed."""

    def audit(self, *, after: int = 0, most: int = 1000) -> Sequence[AuditEntry]:
        """Return audit entries with numbers above ``after``, at most ``most``."""

    def audit_about(self, subject: str) -> Sequence[AuditEntry]:
        """Return every entry about one subject (the reference of a request), oldest first."""

    def dated_after(self, limit: int, *, actions: Collection[str], after: int = 0) -> AuditEntry | None:
        """Return the latest dated entry above ``limit`` that has one of ``actions`` and a number above ``after``."""

    def queue_mail(self, mail: OutboxMail) -> None:
        """Queue a mail; a second mail of the same event is ignored."""

    def outbox(self) -> Sequence[OutboxMail]:
        """Return all mails, oldest first."""


class Store(Protocol):
    """The vendor's books."""

    def begin(self) -> AbstractContextManager[Work]:
        """Begin a unit of work that may write."""

    def read(self) -> AbstractContextManager[Work]:
        """Begin a unit of work that only reads one consistent state."""

    def problems(self) -> Iterable[str]:
        """Check the books (schema, integrity); yield one sentence for each problem found."""

    def close(self) -> None:
        """Release the database."""
