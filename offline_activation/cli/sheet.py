"""The printable sheet of a document: reference, readable fields, QR code, and the block for typing, on one page."""

import re
from typing import Final

from offline_activation.formats import frames
from offline_activation.formats.armor import armor
from offline_activation.formats.contact import is_mail_address
from offline_activation.formats.envelope import Kind, expect, open_envelope
from offline_activation.formats.product import ProductDocument
from offline_activation.formats.readable import LABELS, TITLES, describe
from offline_activation.templating import render
from offline_activation.transports import qr

CODE_MM: Final = 56
"""Printed side of a QR code without its quiet zone, in millimetres."""
PART_MM: Final = 68
"""The same for the parts of a document that needs several."""

_FACTS: Final = {Kind.REQUEST: 9}
"""Fields that stand beside the code; the contact stands beside the block."""
_MOST_FACTS: Final = 10
_REST: Final = {Kind.REQUEST: "Contact and use"}
_LONGEST_PIECE: Final = 24
"""Longest piece of a mail address that fits the narrow table unbroken, in characters."""
_STEPS: Final = {
    Kind.REQUEST: (
        "Send this sheet, a photograph of the code, or the request file to the vendor: by mail, upload or post.",
        "The vendor answers with a license or with a refusal that says why. Name the reference when you ask.",
        "On the server: Apply Manual, or activation-site import FILE.",
    ),
    Kind.LICENSE: (
        "Bring this sheet to the server that made the request; it works on no other.",
        "Apply Manual: choose a photograph or scan of the code, or type the block into a text file.",
        "Command line: activation-site import FILE.",
    ),
    Kind.REFUSAL: (
        "Bring this sheet back to the server that made the request, and follow the next step above.",
        "Command line: activation-site import FILE shows the refusal and closes the request.",
    ),
    Kind.RECEIPT: (
        "Keep this sheet: it is the vendor's word that the license was given back.",
        "Bring it to the server that returned the license; activation-site import FILE closes the return there.",
        "The license number may be activated on another server from now on.",
    ),
    Kind.TRUST: ("On the server: activation-site import FILE.",),
    Kind.PRODUCT: ("On a new server: activation-site init FILE.",),
}


def sheet(document: bytes, *, product: ProductDocument | None = None) -> str:
    """Return a complete HTML page for printing: no script, nothing loaded from elsewhere.

    With its ``product`` the page names product and vendor as people know them, and where to send a request.  A
    document of up to 640 bytes fits one page of A4 or Letter; a larger one has its QR codes on the following pages.
    Raises :class:`Refusal` when ``document`` is not well-formed, ``profile.kind`` for a kind that does not travel on
    its own, ``Trouble`` ``io.template_missing``.
    """
    envelope = open_envelope(document)
    expect(envelope, *LABELS)
    texts = frames.split(document)
    lines = dict(describe(envelope))
    reference = lines.pop("Reference", "")
    beside = _FACTS.get(envelope.kind, _MOST_FACTS)
    if product is not None and lines.get("Product") == product.product:
        lines = _of_product(product, envelope.kind) | {
            label: text for label, text in lines.items() if label != "Product"
        }
        beside += len(_of_product(product, envelope.kind)) - 1
    fields = [(label, _pieces(text)) for label, text in lines.items()]
    return render(
        "sheet.html",
        kind=envelope.kind.value,
        title=TITLES[envelope.kind][0],
        reference=reference,
        fields=fields[:beside],
        more_fields=fields[beside:],
        details_title=_REST.get(envelope.kind, "Details"),
        codes=[qr.svg(text, side_mm=CODE_MM if len(texts) == 1 else PART_MM) for text in texts],
        block=armor(document, LABELS[envelope.kind]).rstrip("\n"),
        steps=_STEPS[envelope.kind],
    )


def _of_product(product: ProductDocument, kind: Kind) -> dict[str, str]:
    """Return how people know the product: by its name, its vendor and the address to which a request goes."""
    found = {"Product": product.name, "Vendor": product.vendor}
    if kind is Kind.REQUEST and product.support_email:
        found["Send to"] = product.support_email
    return found


def _pieces(text: str) -> tuple[str, ...]:
    """Return a mail address in the pieces between which a line may break, other text in one."""
    pieces = tuple(re.findall(r"[^@.]*[@.]|[^@.]+", text)) if is_mail_address(text) else (text,)
    return pieces if max(map(len, pieces), default=0) <= _LONGEST_PIECE else (text,)
