"""Everything a document holds, by its machine names: numbers as numbers, bytes as hexadecimal, nothing left out.

``readable`` shows people what matters to them; this is for scripts and for whoever wants to know what left the server.
Like there, nothing is proven by being shown.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from offline_activation.errors import Refusal
from offline_activation.formats.cbor import Value
from offline_activation.formats.contact import pairs
from offline_activation.formats.envelope import Envelope, Kind, expect, open_envelope
from offline_activation.formats.fields import VERSION, Extensions
from offline_activation.formats.keys import key_id
from offline_activation.formats.license_document import LicenseDocument, read_license
from offline_activation.formats.names import document_id, show_license_number
from offline_activation.formats.product import ProductDocument, read_product
from offline_activation.formats.refusal import RefusalDocument, read_refusal
from offline_activation.formats.request import ActivationRequest, read_request
from offline_activation.formats.trust_list import TrustList, Use, read_trust_list

Content = dict[str, Any]
"""Names to what JSON can hold; instants in seconds since 1970 UTC, an end is the first instant not covered."""


def _numbered(names: str, more: Mapping[int, str] = MappingProxyType({})) -> dict[int, str]:
    return dict(enumerate(names.split(), 1)) | dict(more)


_TRUST_AT_16: Final = MappingProxyType({16: "trust"})
FIELD_NAMES: Final = {
    Kind.REQUEST: _numbered(
        "version purpose product created nonce site_key license_number counter volume_id volume_source components"
        " contact revision previous usage zone"
    ),
    Kind.LICENSE: _numbered(
        "version product license_number revision issued request_id site_id components company limits options"
        " lease_until grace_days until maintenance_until trust"
    ),
    Kind.REFUSAL: _numbered("version product code message issued request_id site_id remedy", _TRUST_AT_16),
    Kind.TRUST: _numbered("version number vendor issued keys revoked"),
    Kind.PRODUCT: _numbered(
        "version product name vendor root_key issued limits options demo_days lease_days grace_days warn_days"
        " support_email server",
        _TRUST_AT_16,
    ),
}
"""What the numbers at the top of each kind of document are called in :func:`content`."""


def content(envelope: Envelope) -> Content:
    """Return everything that a document says; raises :class:`Refusal` when it is not well-formed."""
    return {
        "kind": envelope.kind.value,
        "version": VERSION,
        "key_id": envelope.key_id.hex(),
        "payload_bytes": len(envelope.payload),
        "document_id": document_id(envelope.payload).hex(),
        **_inner(envelope),
    }


def _inner(envelope: Envelope) -> Content:
    if envelope.kind is Kind.REQUEST:
        return _request(read_request(envelope))
    if envelope.kind is Kind.LICENSE:
        return _license(read_license(envelope))
    if envelope.kind is Kind.REFUSAL:
        return _refusal(read_refusal(envelope))
    if envelope.kind is Kind.TRUST:
        return _trust_list(read_trust_list(envelope))
    return _product(read_product(envelope))


def _request(request: ActivationRequest) -> Content:
    return {
        "purpose": request.purpose.name.lower(),
        "product": request.product,
        "license_number": show_license_number(request.license_number),
        "created": request.created,
        "nonce": request.nonce.hex(),
        "site_key": request.site_key.hex(),
        "counter": request.counter,
        "volume_id": request.volume_id,
        "volume_source": request.volume_source,
        "components": _marks(request.components),
        "contact": {field.name: text for field, text in pairs(request.contact)},
        "revision": request.revision,
        "previous": request.previous.hex() if request.previous is not None else None,
        "usage": dict(request.usage),
        "zone": request.zone or None,
        "extensions": _extensions(request.extensions),
    }


def _license(document: LicenseDocument) -> Content:
    return {
        "product": document.product,
        "license_number": show_license_number(document.license_number),
        "revision": document.revision,
        "issued": document.issued,
        "request_id": document.request_id.hex(),
        "site_id": document.site.hex(),
        "components": _marks(document.components),
        "company": document.company,
        "limits": dict(document.limits),
        "options": list(document.options),
        "lease_until": document.lease_until,
        "grace_days": document.grace_days,
        "until": document.until,
        "maintenance_until": document.maintenance_until,
        "trust": _carried(document.trust),
        "extensions": _extensions(document.extensions),
    }


def _refusal(document: RefusalDocument) -> Content:
    return {
        "product": document.product,
        "code": document.code,
        "message": document.message,
        "remedy": document.remedy,
        "issued": document.issued,
        "request_id": document.request_id.hex(),
        "site_id": document.site.hex(),
        "trust": _carried(document.trust),
        "extensions": _extensions(document.extensions),
    }


def _product(product: ProductDocument) -> Content:
    return {
        "product": product.product,
        "name": product.name,
        "vendor": product.vendor,
        "root_key": product.root.hex(),
        "issued": product.issued,
        "limits": {name: {"label": rule.label, "demo": rule.demo} for name, rule in product.limits.items()},
        "options": {name: {"label": rule.label, "demo": rule.demo} for name, rule in product.options.items()},
        "demo_days": product.demo_days,
        "lease_days": product.lease_days,
        "grace_days": product.grace_days,
        "warn_days": list(product.warn_days),
        "support_email": product.support_email,
        "server": product.server,
        "trust": _carried(product.trust),
        "extensions": _extensions(product.extensions),
    }


def _trust_list(trust: TrustList) -> Content:
    keys = [
        {
            "key": entry.key.hex(),
            "key_id": key_id(entry.key).hex(),
            "not_before": entry.not_before,
            "not_after": entry.not_after,
            "uses": _uses(entry.uses),
            "products": None if entry.products is None else list(entry.products),
        }
        for entry in trust.keys
    ]
    return {
        "number": trust.number,
        "vendor": trust.vendor,
        "issued": trust.issued,
        "keys": keys,
        "revoked": [kid.hex() for kid in trust.revoked],
        "extensions": _extensions(trust.extensions),
    }


def _uses(uses: Use) -> list[str]:
    names = [use.name.lower() for use in Use if use in uses and use.name]
    unknown = int(uses) & ~sum(Use)
    return names + ([str(unknown)] if unknown else [])


def _carried(document: bytes) -> Content:
    """Return the trust list inside another document; one that cannot be read is shown as its bytes with the reason."""
    try:
        envelope = open_envelope(document)
        expect(envelope, Kind.TRUST)
        return {"bytes": len(document), **content(envelope)}
    except Refusal as refusal:
        return {"bytes": len(document), "unreadable": refusal.code, "hex": document.hex()}


def _marks(marks: Mapping[str, bytes]) -> dict[str, str]:
    return {name: mark.hex() for name, mark in marks.items()}


def _extensions(extensions: Extensions) -> dict[str, Any]:
    return {str(number): plain(item) for number, item in extensions}


def plain(item: Value) -> Any:  # noqa: ANN401 - whatever JSON can hold
    """Return a value of a document as JSON can hold it: bytes as hexadecimal, keys of maps as text."""
    if isinstance(item, bytes):
        return item.hex()
    if isinstance(item, tuple):
        return [plain(each) for each in item]
    if isinstance(item, dict):
        return {str(plain(key)): plain(each) for key, each in item.items()}
    return item
