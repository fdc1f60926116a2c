"""The readable side of documents: what people see around the armored block, on sheets and in ``inspect``.

The readable lines are a courtesy and are never trusted: :func:`differences` compares them with the signed block.
"""

import re
from collections.abc import Iterable
from typing import Final

from offline_activation.formats.armor import Label, armor
from offline_activation.formats.contact import pairs
from offline_activation.formats.envelope import Envelope, Kind, open_envelope
from offline_activation.formats.instants import show_instant
from offline_activation.formats.keys import fingerprint
from offline_activation.formats.license_document import LicenseDocument, read_license
from offline_activation.formats.names import document_id, reference, show_license_number
from offline_activation.formats.product import ProductDocument, read_product
from offline_activation.formats.receipt import ReceiptDocument, read_receipt
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
    Kind.RECEIPT: "RECEIPT",
}
TITLES: Final = {
    Kind.REQUEST: (
        "Activation request",
        "Send this file to the vendor. Only the block below counts; these lines are for reading.",
    ),
    Kind.LICENSE: ("License", "Import this file on the server with Apply Manual: activation-site import FILE"),
    Kind.REFUSAL: ("Refusal", "The vendor could not grant the request. Import this file on the server to see why."),
    Kind.RECEIPT: (
        "Receipt",
        "The license was given back. Import this file on the server that returned it: activation-site import FILE",
    ),
    Kind.TRUST: ("Trust list", "The vendor's current keys. Ship it with the product or import it on the server."),
    Kind.PRODUCT: ("Product file", "Part of the installer: activation-site init FILE"),
}
_REFERENCE: Final = "Reference"
_MARK: Final = re.compile(r"OA1(?![.\w])", re.IGNORECASE | re.ASCII)
"""What begins a block or a QR text; a full stop behind it keeps the words of a customer from being taken for one."""
_QUOTING: Final = " >|"
_MOST_PIECES: Final = 8
"""Lines into which a mail program may have broken one readable line of at most 310 characters."""


def compose(document: bytes) -> str:
    """Return the text file of a document: title, readable lines, armored block."""
    envelope = open_envelope(document)
    title, next_step = TITLES[envelope.kind]
    lines = [_MARK.sub(r"\g<0>.", f"{label}: {text}") for label, text in describe(envelope)]
    return "\n".join([title, next_step, "", *lines, "", armor(document, LABELS[envelope.kind])])


def describe(envelope: Envelope) -> Lines:
    """Return what a document says, as label and value; raises :class:`Refusal` when it is not well-formed."""
    if envelope.kind is Kind.REQUEST:
        return _describe_request(read_request(envelope), envelope)
    if envelope.kind is Kind.LICENSE:
        return _describe_license(read_license(envelope))
    if envelope.kind is Kind.REFUSAL:
        return _describe_refusal(read_refusal(envelope))
    if envelope.kind is Kind.RECEIPT:
        return _describe_receipt(read_receipt(envelope))
    if envelope.kind is Kind.TRUST:
        return _describe_trust_list(read_trust_list(envelope))
    return _describe_product(read_product(envelope))


def differences(document: bytes, readable: Iterable[str]) -> tuple[str, ...]:
    """Return the labels of readable lines that say something else than the signed block, in order, each once.

    A long line that a mail program broke in two is read as one.
    """
    expected: dict[str, set[str]] = {}
    for label, text in describe(open_envelope(document)):
        expected.setdefault(_squeezed(label), set()).add(_squeezed(text))
    wrong = {
        label: None
        for label, said in _entries(readable, sorted(expected, key=len, reverse=True))
        if not any(_squeezed(" ".join(said[:count])) in expected[label] for count in range(1, len(said) + 1))
    }
    return tuple(wrong)


def _entries(readable: Iterable[str], labels: list[str]) -> list[tuple[str, list[str]]]:
    """Return label and text of the lines that begin with one of ``labels``, each with the few lines that follow it."""
    entries: list[tuple[str, list[str]]] = []
    for line in map(_squeezed, readable):
        label = next((known for known in labels if line.startswith(known + ":")), None)
        if label is not None:
            entries.append((label, [line.removeprefix(label + ":")]))
        elif entries and len(entries[-1][1]) < _MOST_PIECES:
            entries[-1][1].append(line)
    return entries


def _squeezed(text: str) -> str:
    """Return ``text`` as it is after travel: one blank for several, no quoting around it, no mark of a block in it."""
    return " ".join(_MARK.sub(r"\g<0>.", text).split()).strip(_QUOTING)


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
        "Lease ends at": document.lease_until,
        "License ends at": document.until,
        "Maintenance ends at": document.maintenance_until,
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
        *((label, show_instant(end)) for label, end in ends.items() if end is not None),
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


def _describe_receipt(document: ReceiptDocument) -> Lines:
    return (
        (_REFERENCE, reference(document.request_id)),
        ("Product", document.product),
        ("License number", show_license_number(document.license_number)),
        ("Returned revision", str(document.revision)),
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
