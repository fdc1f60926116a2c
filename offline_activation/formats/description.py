"""What a document says, for people: label and value, in the order in which they are read."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from offline_activation.errors import Refusal
from offline_activation.formats.contact import pairs
from offline_activation.formats.envelope import Envelope, Kind
from offline_activation.formats.instants import show_instant
from offline_activation.formats.keys import fingerprint
from offline_activation.formats.license_document import LicenseDocument, read_license
from offline_activation.formats.match_policy import MatchPolicy, match_words
from offline_activation.formats.names import document_id, reference, show_license_number
from offline_activation.formats.policy import CLOCK_DAYS, DRIFT_DAYS, Policy
from offline_activation.formats.product import ProductDocument, read_product
from offline_activation.formats.receipt import ReceiptDocument, read_receipt
from offline_activation.formats.refusal import RefusalDocument, read_refusal
from offline_activation.formats.request import ActivationRequest, read_request, receive_request
from offline_activation.formats.root_certificate import RootCertificate, read_root_certificate, read_root_certificates
from offline_activation.formats.trust_list import TrustList, read_trust_list

Lines = tuple[tuple[str, str], ...]
"""Label and value, in the order people read them."""

_REFERENCE: Final = "Reference"
_OLD_SERVER: Final = "Old server"


def describe(envelope: Envelope) -> Lines:
    """Return what a document says, as label and value; raises :class:`Refusal` when it is not well-formed."""
    return _OF_KIND[envelope.kind](envelope)


def _request(request: ActivationRequest, envelope: Envelope) -> Lines:
    return (
        (_REFERENCE, reference(document_id(envelope.payload))),
        ("Purpose", request.purpose.name.lower()),
        ("Product", request.product),
        ("License number", show_license_number(request.license_number)),
        ("HD Volume ID", request.volume_id),
        ("Volume ID source", request.volume_source),
        ("Site key", fingerprint(request.site_key)),
        ("Request date", show_instant(request.created)),
        ("Request count", str(request.counter)),
        ("Installed revision", str(request.revision)),
        *((field.label, text) for field, text in pairs(request.contact)),
        *((f"In use, {name}", str(count)) for name, count in request.usage.items()),
        *((("Time zone", request.zone),) if request.zone else ()),
        *_of_an_emergency(request.emergency_opened),
        *((("Returned before with", reference(request.returned)),) if request.returned is not None else ()),
        *(_of_the_old_server(request.proof) if request.proof is not None else ()),
    )


def _of_an_emergency(opened: int | None) -> Lines:
    return () if opened is None else (("Emergency license opened", show_instant(opened)),)


def _of_the_old_server(proof: bytes) -> Lines:
    """Return what the return inside a transfer says; one whose signature does not fit says nothing but that."""
    try:
        received = receive_request(proof)
    except Refusal as refusal:
        return ((_OLD_SERVER, f"what is inside as its return cannot be used: {refusal.message}"),)
    content = received.content
    return (
        (_OLD_SERVER, f"its request {received.reference} is inside"),
        (f"{_OLD_SERVER}, purpose", content.purpose.name.lower()),
        (f"{_OLD_SERVER}, product", content.product),
        (f"{_OLD_SERVER}, license number", show_license_number(content.license_number)),
        (f"{_OLD_SERVER}, HD Volume ID", content.volume_id),
        (f"{_OLD_SERVER}, site key", fingerprint(content.site_key)),
        (f"{_OLD_SERVER}, request date", show_instant(content.created)),
        (f"{_OLD_SERVER}, revision", str(content.revision)),
    )


def _license(document: LicenseDocument) -> Lines:
    ends = {
        "Lease ends at": document.lease_until,
        "License ends at": document.until,
        "Maintenance ends at": document.maintenance_until,
    }
    ceiling = document.version_ceiling
    return (
        (_REFERENCE, reference(document.request_id)),
        ("Product", document.product),
        ("License number", show_license_number(document.license_number)),
        ("Revision", str(document.revision)),
        ("Company", document.company),
        ("Issued", show_instant(document.issued)),
        *_counts("Limit", document.limits),
        ("Options", ", ".join(document.options) or "none"),
        *((label, show_instant(end)) for label, end in ends.items() if end is not None),
        ("Grace days", str(document.grace_days)),
        *((("Trial", "yes"),) if document.trial else ()),
        *((("Versions covered", f"up to {ceiling}, all of {ceiling} included"),) if ceiling else ()),
        *((("Former servers", f"{len(document.replaced)}, no longer licensed"),) if document.replaced else ()),
        *_of_policy(document.policy),
    )


def _of_policy(policy: Policy) -> Iterator[tuple[str, str]]:
    """Yield the rules that a license writes down; the others are those that every license has."""
    yield from _counts("In grace", policy.grace_limits)
    if policy.overuse_percent:
        yield "Use above a limit", f"up to {policy.overuse_percent} % with a warning"
    if policy.fallback is not None:
        days = policy.fallback.days
        yield "After the last end", f"Demo Mode for {_days(days)}" if days else "no Demo Mode"
        yield from _counts("Demo Mode", policy.fallback.limits)
        if policy.fallback.options:
            yield "Demo Mode, options", ", ".join(policy.fallback.options)
    if policy.drift_days != DRIFT_DAYS:
        yield "On changed hardware", f"works {_days(policy.drift_days)}" if policy.drift_days else "stops at once"
    if policy.clock_days != CLOCK_DAYS:
        tolerance, grace = policy.clock_days
        yield "Clock set back", f"up to {_days(tolerance)} without a word, then {_days(grace)} of grace"
    if policy.match != MatchPolicy():
        yield "Same machine", match_words(policy.match)
    if policy.emergency_days:
        yield "Emergency license", f"inside, works {_days(policy.emergency_days)} once opened"


def _counts(about: str, counts: Mapping[str, int]) -> Lines:
    return tuple((f"{about}, {name}", str(count)) for name, count in counts.items())


def _days(days: int) -> str:
    return f"{days} day" if days == 1 else f"{days} days"


def _refusal(document: RefusalDocument) -> Lines:
    return (
        (_REFERENCE, reference(document.request_id)),
        ("Product", document.product),
        ("Code", document.code),
        ("Reason", document.message),
        ("Next step", document.remedy),
        ("Issued", show_instant(document.issued)),
    )


def _receipt(document: ReceiptDocument) -> Lines:
    return (
        (_REFERENCE, reference(document.request_id)),
        ("Product", document.product),
        ("License number", show_license_number(document.license_number)),
        ("Returned revision", str(document.revision)),
        ("Issued", show_instant(document.issued)),
    )


def _trust_list(trust: TrustList) -> Lines:
    certificates = (certificate for _, certificate in read_root_certificates(trust.roots))
    return (
        ("Vendor", trust.vendor),
        ("Number", str(trust.number)),
        ("Issued", show_instant(trust.issued)),
        *(
            (f"Key {fingerprint(entry.key)}", f"{show_instant(entry.not_before)} to {show_instant(entry.not_after)}")
            for entry in trust.keys
        ),
        *((("Revoked keys", str(len(trust.revoked))),) if trust.revoked else ()),
        *((f"Root key {each.number}", f"{fingerprint(each.key)}, {_since(each)}") for each in certificates),
        *((("Root key ends at", show_instant(trust.root_until)),) if trust.root_until is not None else ()),
    )


def _root_certificate(certificate: RootCertificate) -> Lines:
    return (
        ("Root key number", str(certificate.number)),
        ("Root key", fingerprint(certificate.key)),
        ("Issued", show_instant(certificate.issued)),
    )


def _since(certificate: RootCertificate) -> str:
    return f"named on {show_instant(certificate.issued)}"


def _product(product: ProductDocument) -> Lines:
    return (
        ("Product", product.product),
        ("Name", product.name),
        ("Vendor", product.vendor),
        ("Root key", fingerprint(product.root)),
        *((f"Limit, {rule.label}", f"{rule.demo} in demo") for rule in product.limits.values()),
        *((f"Option, {rule.label}", "in demo" if rule.demo else "to buy") for rule in product.options.values()),
        ("Demo days", str(product.demo_days)),
        ("Lease days", str(product.lease_days)),
        ("Grace days", str(product.grace_days)),
        ("Support", product.support_email),
        ("Server", product.server),
    )


_OF_KIND: Final[Mapping[Kind, Callable[[Envelope], Lines]]] = {
    Kind.REQUEST: lambda envelope: _request(read_request(envelope), envelope),
    Kind.LICENSE: lambda envelope: _license(read_license(envelope)),
    Kind.REFUSAL: lambda envelope: _refusal(read_refusal(envelope)),
    Kind.RECEIPT: lambda envelope: _receipt(read_receipt(envelope)),
    Kind.TRUST: lambda envelope: _trust_list(read_trust_list(envelope)),
    Kind.ROOT: lambda envelope: _root_certificate(read_root_certificate(envelope)),
    Kind.PRODUCT: lambda envelope: _product(read_product(envelope)),
}
