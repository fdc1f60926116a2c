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
from offline_activation.formats.policy import MAX_DAYS, MAX_OPTIONS, Policy, policy_map, read_names, read_policy
from offline_activation.formats.value import value

MAX_REPLACED: Final = 8
"""Former servers that a license names at most."""
FORMER_SITE_SIZE: Final = 8
"""First bytes of the id of a former site, enough to know oneself by."""
CEILING_LIMIT: Final = 20
"""Longest version ceiling, in characters."""
MAX_VERSION_PART: Final = 9
"""Most digits between two dots of a version."""


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
    """End of maintenance: versions released from then on are not covered."""
    version_ceiling: str = ""
    """Highest version that is covered, dotted numbers (``4`` covers 4.9); empty for no ceiling."""
    trial: bool = False
    replaced: tuple[bytes, ...] = ()
    """First 8 bytes of the ids of sites that no longer hold this license, the latest last."""
    policy: Policy = Policy()
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
    if document.version_ceiling:
        body[19] = document.version_ceiling
    if document.replaced:
        body[23] = tuple(document.replaced)
    if document.trial:
        body[24] = True
    body |= policy_map(document.policy)
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
        version_ceiling=_read_ceiling(fields) if fields.has(19) else "",
        trial=_read_trial(fields) if fields.has(24) else False,
        replaced=_read_replaced(fields) if fields.has(23) else (),
        policy=read_policy(fields),
        extensions=fields.finish(),
    )
    if "volume_id" not in document.components:
        raise Refusal("profile.field_missing", field="volume_id")
    return document


def is_version(text: str) -> bool:
    """Tell whether ``text`` is a version of dotted whole numbers: ``4``, ``4.2`` or ``2026.11.1``."""
    parts = text.split(".")
    return len(text) <= CEILING_LIMIT and all(
        part.isascii() and part.isdigit() and len(part) <= MAX_VERSION_PART for part in parts
    )


def names_former_site(document: LicenseDocument, site: SiteId) -> bool:
    """Tell whether the license says that ``site`` no longer holds it."""
    return bytes(site[:FORMER_SITE_SIZE]) in document.replaced


def _read_options(fields: Fields) -> tuple[str, ...]:
    names = read_names(fields.array(11, "options", most=MAX_OPTIONS), "options")
    if not names:
        raise Refusal("profile.field_invalid", field="options", what="not sorted names, each once")
    return names


def _read_ceiling(fields: Fields) -> str:
    found = fields.text(19, "version_ceiling", most=CEILING_LIMIT)
    if not is_version(found):
        raise Refusal("profile.field_invalid", field="version_ceiling", what="not a version of dotted numbers")
    return found


def _read_trial(fields: Fields) -> bool:
    if fields.take(24, "trial") is not True:
        raise Refusal("profile.field_invalid", field="trial", what="left out when it is none")
    return True


def _read_replaced(fields: Fields) -> tuple[bytes, ...]:
    found = fields.array(23, "replaced", most=MAX_REPLACED)
    sites = tuple(item for item in found if isinstance(item, bytes) and len(item) == FORMER_SITE_SIZE)
    if not sites or len(sites) != len(found) or len(set(sites)) != len(sites):
        raise Refusal("profile.field_invalid", field="replaced", what="not 8 bytes of site ids, each once")
    return sites
