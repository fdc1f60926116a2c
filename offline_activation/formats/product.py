"""The product file: the single thing a vendor ships inside its installer, and what a site pins at ``init``."""

from collections.abc import Mapping
from typing import Final

from offline_activation.errors import Refusal
from offline_activation.formats.cbor import MAX_SIZE, Map, encode
from offline_activation.formats.envelope import Envelope, Kind, check_signature, expect, open_envelope, seal
from offline_activation.formats.fields import VERSION, Extensions, Fields, check_text, open_fields, with_extensions
from offline_activation.formats.keys import KEY_SIZE, PublicKey, Signer, key_id, public_key
from offline_activation.formats.names import ProductId, check_name
from offline_activation.formats.policy import MAX_DAYS, MAX_OPTIONS
from offline_activation.formats.value import value

MAX_LIMITS: Final = 16
MAX_WARNINGS: Final = 16


@value
class LimitRule:
    """A limit of the product: its label on screens and what the demo allows."""

    label: str
    demo: int


@value
class OptionRule:
    """An option of the product: its label on screens and whether the demo has it."""

    label: str
    demo: bool


@value
class ProductDocument:
    """Everything a site must know of vendor and product before its first license."""

    product: ProductId
    name: str
    vendor: str
    root: PublicKey
    trust: bytes
    """The vendor's trust list at the time of export, a document of its own."""
    limits: Mapping[str, LimitRule]
    options: Mapping[str, OptionRule]
    demo_days: int
    lease_days: int
    """Length of a lease in days; 0 for licenses without one."""
    grace_days: int
    warn_days: tuple[int, ...]
    """Days before an end at which a warning begins, falling."""
    support_email: str
    server: str
    issued: int
    extensions: Extensions = ()


def product_payload(document: ProductDocument) -> bytes:
    """Return the one valid encoding of a product file."""
    body: Map = {
        1: VERSION,
        2: document.product,
        3: document.name,
        4: document.vendor,
        5: bytes(document.root),
        6: document.issued,
        7: {name: (rule.label, rule.demo) for name, rule in document.limits.items()},
        8: {name: (rule.label, rule.demo) for name, rule in document.options.items()},
        9: document.demo_days,
        10: document.lease_days,
        11: document.grace_days,
        12: tuple(document.warn_days),
        13: document.support_email,
        14: document.server,
        16: document.trust,
    }
    return encode(with_extensions(body, document.extensions))


def seal_product(document: ProductDocument, root: Signer) -> bytes:
    """Return the product file signed by the root key it names."""
    return seal(Kind.PRODUCT, product_payload(document), root)


def receive_product(document: bytes) -> ProductDocument:
    """Return the product file when it is whole: signed by the root key inside it.

    Who shipped it is what a site decides by installing it; the signature only finds damage and edits.

    Raises :class:`Refusal`: ``encoding.*``, ``profile.*``, ``key.weak``, ``signature.invalid``.
    """
    envelope = open_envelope(document)
    expect(envelope, Kind.PRODUCT)
    content = read_product(envelope)
    if key_id(content.root) != envelope.key_id:
        raise Refusal("signature.invalid", kind=Kind.PRODUCT.value)
    check_signature(envelope, content.root)
    return content


def read_product(envelope: Envelope) -> ProductDocument:
    """Return the content of a product envelope, its signature not yet checked."""
    fields = open_fields(envelope.payload)
    return ProductDocument(
        product=ProductId(check_name(fields.take(2, "product"), "product")),
        name=fields.text(3, "name", most=80),
        vendor=fields.text(4, "vendor", most=80),
        root=public_key(fields.bytes(5, "root", exactly=KEY_SIZE)),
        issued=fields.integer(6, "issued"),
        limits=_read_limits(fields),
        options=_read_options(fields),
        demo_days=fields.integer(9, "demo_days", most=MAX_DAYS),
        lease_days=fields.integer(10, "lease_days", most=MAX_DAYS),
        grace_days=fields.integer(11, "grace_days", most=MAX_DAYS),
        warn_days=_read_warn_days(fields),
        support_email=fields.text(13, "support_email", most=100, least=0),
        server=fields.text(14, "server", most=200, least=0),
        trust=fields.bytes(16, "trust", most=MAX_SIZE),
        extensions=fields.finish(),
    )


def _read_limits(fields: Fields) -> dict[str, LimitRule]:
    rules: dict[str, LimitRule] = {}
    for name, item in fields.map(7, "limits", most=MAX_LIMITS).items():
        if not isinstance(item, tuple) or len(item) != 2:  # noqa: PLR2004 - label and demo
            raise Refusal("profile.field_invalid", field="limits", what="not a rule")
        label, demo = item
        if isinstance(demo, bool) or not isinstance(demo, int) or demo < 0:
            raise Refusal("profile.field_invalid", field="limits", what="not a count")
        rules[check_name(name, "limits")] = LimitRule(label=check_text(label, "limits", most=60, least=1), demo=demo)
    return rules


def _read_options(fields: Fields) -> dict[str, OptionRule]:
    rules: dict[str, OptionRule] = {}
    for name, item in fields.map(8, "options", most=MAX_OPTIONS).items():
        if not isinstance(item, tuple) or len(item) != 2:  # noqa: PLR2004 - label and demo
            raise Refusal("profile.field_invalid", field="options", what="not a rule")
        label, demo = item
        if not isinstance(demo, bool):
            raise Refusal("profile.field_invalid", field="options", what="not yes or no")
        rules[check_name(name, "options")] = OptionRule(label=check_text(label, "options", most=60, least=1), demo=demo)
    return rules


def _read_warn_days(fields: Fields) -> tuple[int, ...]:
    days: list[int] = []
    for item in fields.array(12, "warn_days", most=MAX_WARNINGS):
        if isinstance(item, bool) or not isinstance(item, int) or not 0 < item <= MAX_DAYS:
            raise Refusal("profile.field_invalid", field="warn_days", what="not a number of days")
        days.append(item)
    if days != sorted(set(days), reverse=True):
        raise Refusal("profile.field_invalid", field="warn_days", what="not falling")
    return tuple(days)
