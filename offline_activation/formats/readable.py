"""The readable side of documents: what people see around the armored block, on sheets and in ``inspect``.

The readable lines are a courtesy and are never trusted: :func:`differences` compares them with the signed block.
"""

from collections.abc import Iterable
from typing import Final

from offline_activation.formats.armor import Label, armor
from offline_activation.formats.contact import pairs
from offline_activation.formats.envelope import Envelope, Kind, open_envelope
from offline_activation.formats.instants import show_end, show_instant
from offline_activation.formats.keys import fingerprint
from offline_activation.formats.license_document import LicenseDocument, read_license
from offline_activation.formats.names import document_id, reference, show_license_number
from offline_activation.formats.product import ProductDocument, read_product
from offline_activation.formats.refusal import RefusalDocument, read_refusal
from offline_activation.formats.request import ActivationRequest, read_request
from offline_activation.formats.trust_list import TrustList, read_trust_list

Lines = tuple[tuple[str, str], ...]
"""Label and value, in the order people read them."""

LABELS: Final[dict[Kind, Label]] = {
    Kind.REQUEST: "REQUEST",
    Kind.LICENSE: "LICENSE",
    Kind.REFUSAL: "REFUSAL",
    Kind.TRUST: "TRUST",
    Kind.PRODUCT: "PRODUCT",
}
TITLES: Final = {
    Kind.REQUEST: (
        "Activation request",
        "Send this file to the vendor. Only the block below counts; these lines are for reading.",
    ),
    Kind.LICENSE: ("License", "Import this file on the server with Apply Manual: activation-site import FILE"),
    Kind.REFUSAL: ("Refusal", "The vendor could not grant the request. Import this file on the server to see why."),
    Kind.TRUST: ("Trust list", "The vendor's current keys. Ship it with the product or import it on the server."),
    Kind.PRODUCT: ("Product file", "Part of the installer: activation-site init FILE"),
}
_REFERENCE: Final = "Reference"


def compose(document: bytes) -> str:
    """Return the text file of a document: title, readable lines, armored block."""
    envelope = open_envelope(document)
    title, next_step = TITLES[envelope.kind]
    lines = [f"{label}: {text}" for label, text in describe(envelope)]
    return "\n".join([title, next_step, "", *lines, "", armor(document, LABELS[envelope.kind])])


def describe(envelope: Envelope) -> Lines:
    """Return what a document says, as label and value; raises :class:`Refusal` when it is not well-formed."""
    if envelope.kind is Kind.REQUEST:
        return _describe_request(read_request(envelope), envelope)
    if envelope.kind is Kind.LICENSE:
        return _describe_license(read_license(envelope))
    if envelope.kind is Kind.REFUSAL:
        return _describe_refusal(read_refusal(envelope))
    if envelope.kind is Kind.TRUST:
        return _describe_trust_list(read_trust_list(envelope))
    return _describe_product(read_product(envelope))


def differences(document: bytes, readable: Iterable[str]) -> tuple[str, ...]:
    """Return the labels of readable lines that say something else than the signed block, in order, each once."""
    expected = dict(describe(open_envelope(document)))
    wrong: dict[str, None] = {}
    for line in readable:
        label, colon, text = line.partition(":")
        truth = expected.get(label.strip())
        if colon and truth is not None and _squeezed(text) != _squeezed(truth):
            wrong[label.strip()] = None
    return tuple(wrong)


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def _describe_request(request: ActivationRequest, envelope: Envelope) -> Lines:
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
    )


def _describe_license(document: LicenseDocument) -> Lines:
    ends = {
        "Lease until": document.lease_until,
        "License until": document.until,
        "Maintenance until": document.maintenance_until,
    }
    return (
        (_REFERENCE, reference(document.request_id)),
        ("Product", document.product),
        ("License number", show_license_number(document.license_number)),
        ("Revision", str(document.revision)),
        ("Company", document.company),
        ("Issued", show_instant(document.issued)),
        *((f"Limit, {name}", str(count)) for name, count in document.limits.items()),
        ("Options", ", ".join(document.options) or "none"),
        *((label, show_end(end)) for label, end in ends.items() if end is not None),
        ("Grace days", str(document.grace_days)),
    )


def _describe_refusal(document: RefusalDocument) -> Lines:
    return (
        (_REFERENCE, reference(document.request_id)),
        ("Product", document.product),
        ("Code", document.code),
        ("Reason", document.message),
        ("Next step", document.remedy),
        ("Issued", show_instant(document.issued)),
    )


def _describe_trust_list(trust: TrustList) -> Lines:
    return (
        ("Vendor", trust.vendor),
        ("Number", str(trust.number)),
        ("Issued", show_instant(trust.issued)),
        *(
            (f"Key {fingerprint(entry.key)}", f"{show_instant(entry.not_before)} to {show_instant(entry.not_after)}")
            for entry in trust.keys
        ),
        *((("Revoked keys", str(len(trust.revoked))),) if trust.revoked else ()),
    )


def _describe_product(product: ProductDocument) -> Lines:
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
