"""What the vendor keeps: one frozen record for each thing in its books.  Times are seconds since 1970 UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NewType

from offline_activation.formats.contact import Contact
from offline_activation.formats.keys import KeyId, PublicKey
from offline_activation.formats.names import DocumentId, LicenseNumber, ProductId, Reference, SiteId, site_id
from offline_activation.formats.trust_list import Use

OrderId = NewType("OrderId", str)
"""``O-000001`` and so on."""

OrderState = Literal["entered", "processed", "fulfilled", "cancelled"]
LicenseState = Literal["ordered", "ready", "active", "suspended", "revoked"]
LicenseKind = Literal["perpetual", "subscription", "trial"]
Decision = Literal["sign", "ask", "refuse"]
IntentState = Literal["intended", "signed", "abandoned"]
ResponseKind = Literal["license", "refusal", "receipt"]
Move = Literal["returned", "transferred", "rehosted"]
"""How a site stopped holding a license."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """Who signs: the name in trust lists and product files, and the root public key."""

    name: str
    root: PublicKey
    created: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product as loaded: the text of its TOML file is the truth, parsed by vendor.products."""

    product_id: ProductId
    definition: str
    loaded: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """One bought thing: a limit (total or increment), an option, or one of the terms of the license."""

    kind: Literal[
        "limit_total", "limit_add", "option", "until", "perpetual", "maintenance_until", "version_ceiling", "trial"
    ]
    name: str = ""
    """Name of the limit or option; the date ``YYYY-MM-DD`` of ``until``; date or version of ``maintenance_until`` and
    ``version_ceiling``, empty to take the bound away."""
    amount: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A purchase: of a new license, or an amendment (additional purchase) of an existing one."""

    order_id: OrderId
    product: ProductId
    license_number: LicenseNumber
    is_amendment: bool
    company: str
    email: str
    contact_name: str
    purchase_order: str
    state: OrderState
    entered: int
    processed: int | None
    lines: tuple[OrderLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entitlement:
    """What was bought, all processed orders together; ``until`` is a date ``YYYY-MM-DD`` or ``None`` for perpetual."""

    limits: Mapping[str, int] = field(default_factory=dict)
    options: frozenset[str] = frozenset()
    until: str | None = None
    maintenance_until: str | None = None
    version_ceiling: str = ""
    """Highest version that is covered, dotted numbers; empty for no ceiling."""
    trial: bool = False

    @property
    def kind(self) -> LicenseKind:
        """What kind of license this is."""
        return "trial" if self.trial else "perpetual" if self.until is None else "subscription"


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """The server that holds a license, as its last answered request described it."""

    site_key: PublicKey
    volume_id: str
    volume_source: str
    components: Mapping[str, bytes]
    counter: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Forks:
    """Requests of one site key that did not follow the last answered one: a restored backup, or a clone."""

    count: int
    turns: int
    """How many of them followed the very response that a fork had left behind: two histories go on side by side."""
    last_seen: int
    left_behind: DocumentId | None
    """The last response when the newest fork came: what the other history knows, should there be one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerSite:
    """A server that held a license and does not any more, or holds it again (``back``)."""

    license_number: LicenseNumber
    site_key: PublicKey
    volume_id: str
    how: Move
    at: int
    revision: int
    """Revision of the license when it stopped: orders former sites, whatever the clock did."""
    return_id: DocumentId | None = None
    """The request by which it gave the license back; in a transfer that was its proof."""
    response_id: DocumentId | None = None
    """The response that settled it: the receipt, or the license of the server that came after it."""
    last_seen: int | None = None
    """When it last asked for something all the same."""
    written_off: int | None = None
    back: DocumentId | None = None
    """The license with which it holds the number again; ``None`` while it does not."""

    @property
    def site(self) -> SiteId:
        """The id by which documents name it."""
        return site_id(self.site_key)

    @property
    def has_returned(self) -> bool:
        """Whether there is proof that it runs the license no longer."""
        return self.how == "returned" or self.return_id is not None

    @property
    def is_unreturned(self) -> bool:
        """Whether it counts as a server that was replaced and never given back."""
        return self.back is None and not self.has_returned and self.written_off is None


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseRecord:
    """One license number: to whom, what was bought, which server holds it, what was last issued."""

    license_number: LicenseNumber
    product: ProductId
    state: LicenseState
    company: str
    email: str
    contact_name: str
    entitlement: Entitlement = Entitlement()
    issued: Entitlement | None = None
    """The entitlement of the last response, to tell what a new one changes."""
    revision: int = 0
    """Revision of the last intended or signed license, 0 before the first."""
    installation: Installation | None = None
    contact: Contact | None = None
    first_activated: int | None = None
    last_contact: int | None = None
    last_response: DocumentId | None = None
    unreturned: int = 0
    """How many of its former sites count as unreturned; kept here so that a customer's are counted without a search."""
    emergency_opened: int | None = None
    """When its emergency license was last opened, as far as a site has reported."""
    forks: Forks | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRecord:
    """A request that came in whole and well signed, whatever was decided about it."""

    request_id: DocumentId
    reference: Reference
    license_number: LicenseNumber
    document: bytes
    received: int
    decision: Decision
    reasons: tuple[str, ...]
    approved_by: str | None = None
    refused_because: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What an issuing key is about to sign, recorded before it signs: the ledger row of a signature."""

    request_id: DocumentId
    response_id: DocumentId
    kind: ResponseKind
    payload: bytes
    """The exact payload; whoever finds the intent can finish it and gets the same bytes: Ed25519 is deterministic."""
    key_id: KeyId
    license_number: LicenseNumber
    revision: int
    """Revision of the license, 0 for a refusal; in a receipt the one that was given back."""
    code: str
    """Code of a refusal, else empty."""
    intended: int
    state: IntentState
    document: bytes | None = None
    """The signed response once there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One line of the audit log; ``number`` is given by the store, counting from 1 without gaps.

    The store also gives ``sealed_text``, the exact text of the entry as it is kept, and ``seal``: SHA-256 over the seal
    of the entry before (32 zero bytes before the first) and that text in UTF-8.
    """

    at: int
    actor: str
    action: str
    subject: str
    details: Mapping[str, str]
    number: int = 0
    sealed_text: str = field(default="", compare=False, repr=False)
    seal: bytes = field(default=b"", compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxMail:
    """A mail that an event calls for; ``event`` names it once and for all, so that it is queued once."""

    event: str
    recipient: str
    template: str
    facts: Mapping[str, str]
    queued: int
    state: Literal["queued", "sent", "failed"] = "queued"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRecord:
    """A key of the vendor; the private half lies in ``location`` (a file name inside the vendor's home)."""

    key_id: KeyId
    role: Literal["root", "issuing"]
    public_key: PublicKey
    not_before: int
    not_after: int
    uses: Use
    products: tuple[ProductId, ...] | None
    location: str
    state: Literal["active", "retired", "revoked"] = "active"
