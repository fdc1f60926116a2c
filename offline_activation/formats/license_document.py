"""The license as it travels: the response of the vendor to one request of one site, signed by an issuing key."""

from collections.abc import Mapping
from typing import Final

from offline_activation.errors import Refusal
from offline_activation.formats.cbor import MAX_SIZE, Map, encode
from offline_activation.formats.envelope import Envelope, Kind, seal
from offline_activation.formats.fields import VERSION, Extensions, Fields, open_fields, with_extensions
from offline_activation.formats.keys import Signer
from offline_activation.formats.marks import BOUND_COMPONENTS, counts_map, marks_map, read_counts, read_marks
from offline_activation.formats.names import (
    DocumentId,
    LicenseNumber,
    ProductId,
    SiteId,
    carried_license_number,
    check_name,
)
from offline_activation.formats.value import value

MAX_OPTIONS: Final = 32
MAX_DAYS: Final = 36_600


@value
class LicenseDocument:
    """Everything a license says; times in seconds since 1970 UTC, each the first instant no longer covered."""

    product: ProductId
    license_number: LicenseNumber
    revision: int
    issued: int
    request_id: DocumentId
    site: SiteId
    components: Mapping[str, bytes]
    """Component name (``volume_id`` included) to the 8-byte salted hash the license is bound to."""
    company: str
    limits: Mapping[str, int]
    options: tuple[str, ...]
    """Names of the options that are on, sorted."""
    trust: bytes
    """The vendor's current trust list, a document of its own."""
    lease_until: int | None = None
    grace_days: int = 0
    until: int | None = None
    """End of a subscription; ``None`` for a perpetual license."""
    maintenance_until: int | None = None
    extensions: Extensions = ()


def license_payload(document: LicenseDocument) -> bytes:
    """Return the one valid encoding of a license."""
    body: Map = {
        1: VERSION,
        2: document.product,
        3: document.license_number,
        4: document.revision,
        5: document.issued,
        6: bytes(document.request_id),
        7: bytes(document.site),
        8: marks_map(document.components),
        9: document.company,
        16: document.trust,
    }
    if document.limits:
        body[10] = counts_map(document.limits)
    if document.options:
        body[11] = tuple(document.options)
    if document.grace_days:
        body[13] = document.grace_days
    times = {12: document.lease_until, 14: document.until, 15: document.maintenance_until}
    body |= {key: instant for key, instant in times.items() if instant is not None}
    return encode(with_extensions(body, document.extensions))


def seal_license(document: LicenseDocument, signer: Signer) -> bytes:
    """Return the license signed by an issuing key."""
    return seal(Kind.LICENSE, license_payload(document), signer)


def read_license(envelope: Envelope) -> LicenseDocument:
    """Return the content of a license envelope, its signature not yet checked.

    Raises :class:`Refusal`: ``encoding.*``, ``profile.*``.
    """
    fields = open_fields(envelope.payload)
    document = LicenseDocument(
        product=ProductId(check_name(fields.take(2, "product"), "product")),
        license_number=carried_license_number(fields.text(3, "license_number", most=20)),
        revision=fields.integer(4, "revision", least=1),
        issued=fields.integer(5, "issued"),
        request_id=DocumentId(fields.bytes(6, "request", exactly=16)),
        site=SiteId(fields.bytes(7, "site", exactly=16)),
        components=read_marks(fields, 8, BOUND_COMPONENTS),
        company=fields.text(9, "company", most=80),
        limits=read_counts(fields, 10, "limits") if fields.has(10) else {},
        options=_read_options(fields) if fields.has(11) else (),
        trust=fields.bytes(16, "trust", most=MAX_SIZE),
        lease_until=fields.integer(12, "lease_until") if fields.has(12) else None,
        grace_days=fields.integer(13, "grace_days", most=MAX_DAYS, least=1) if fields.has(13) else 0,
        until=fields.integer(14, "until") if fields.has(14) else None,
        maintenance_until=fields.integer(15, "maintenance_until") if fields.has(15) else None,
        extensions=fields.finish(),
    )
    if "volume_id" not in document.components:
        raise Refusal("profile.field_missing", field="volume_id")
    return document


def _read_options(fields: Fields) -> tuple[str, ...]:
    names = tuple(check_name(name, "options") for name in fields.array(11, "options", most=MAX_OPTIONS))
    if not names or list(names) != sorted(set(names)):
        raise Refusal("profile.field_invalid", field="options", what="not sorted names, each once")
    return names
