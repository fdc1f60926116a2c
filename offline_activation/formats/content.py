"""Everything a document holds, by its machine names: numbers as numbers, bytes as hexadecimal, nothing left out.

``readable`` shows people what matters to them; this is for scripts and for whoever wants to know what left the server.
Like there, nothing is proven by being shown.
"""

from collections.abc import Callable, Mapping
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
from offline_activation.formats.policy import Policy
from offline_activation.formats.product import ProductDocument, read_product
from offline_activation.formats.receipt import ReceiptDocument, read_receipt
from offline_activation.formats.refusal import RefusalDocument, read_refusal
from offline_activation.formats.request import ActivationRequest, read_request
from offline_activation.formats.root_certificate import RootCertificate, read_root_certificate
from offline_activation.formats.trust_list import TrustList, Use, read_trust_list

Content = dict[str, Any]
"""Names to what JSON can hold; instants in seconds since 1970 UTC, an end is the first instant not covered."""


def _numbered(names: str, more: Mapping[int, str] = MappingProxyType({})) -> dict[int, str]:
    return dict(enumerate(names.split(), 1)) | dict(more)


_TRUST_AT_16: Final = MappingProxyType({16: "trust"})
FIELD_NAMES: Final = {
    Kind.REQUEST: _numbered(
        "version purpose product created nonce site_key license_number counter volume_id volume_source components"
        " contact revision previous usage zone emergency_opened returned proof"
    ),
    Kind.LICENSE: _numbered(
        "version product license_number revision issued request_id site_id components company limits options"
        " lease_until grace_days until maintenance_until trust fallback overuse_percent version_ceiling drift_days"
        " emergency_days clock_days replaced trial grace_limits match"
    ),
    Kind.REFUSAL: _numbered("version product code message issued request_id site_id remedy", _TRUST_AT_16),
    Kind.TRUST: _numbered("version number vendor issued keys revoked roots root_until"),
    Kind.PRODUCT: _numbered(
        "version product name vendor root_key issued limits options demo_days lease_days grace_days warn_days"
        " support_email server",
        _TRUST_AT_16,
    ),
    Kind.RECEIPT: _numbered("version product license_number revision issued request_id site_id", _TRUST_AT_16),
    Kind.ROOT: _numbered("version number key issued"),
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
        **_OF_KIND[envelope.kind](envelope),
    }


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
        "emergency_opened": request.emergency_opened,
        "returned": request.returned.hex() if request.returned is not None else None,
        "proof": _carried(request.proof, Kind.REQUEST) if request.proof is not None else None,
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
        "version_ceiling": document.version_ceiling or None,
        "trial": document.trial,
        "replaced": [site.hex() for site in document.replaced],
        **_policy(document.policy),
        "trust": _carried(document.trust, Kind.TRUST),
        "extensions": _extensions(document.extensions),
    }


def _policy(policy: Policy) -> Content:
    """Return the rules of a license as they hold, those that it leaves out included."""
    fallback, (tolerance, grace) = policy.fallback, policy.clock_days
    return {
        "fallback": None
        if fallback is None
        else {"days": fallback.days, "limits": dict(fallback.limits), "options": list(fallback.options)},
        "grace_limits": dict(policy.grace_limits),
        "overuse_percent": policy.overuse_percent,
        "drift_days": policy.drift_days,
        "emergency_days": policy.emergency_days,
        "clock_days": {"tolerance": tolerance, "grace": grace},
        "match": {"needed": policy.match.needed, "weights": dict(policy.match.weights)},
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
        "trust": _carried(document.trust, Kind.TRUST),
        "extensions": _extensions(document.extensions),
    }


def _receipt(document: ReceiptDocument) -> Content:
    return {
        "product": document.product,
        "license_number": show_license_number(document.license_number),
        "revision": document.revision,
        "issued": document.issued,
        "request_id": document.request_id.hex(),
        "site_id": document.site.hex(),
        "trust": _carried(document.trust, Kind.TRUST),
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
        "trust": _carried(product.trust, Kind.TRUST),
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
        "roots": [_carried(certificate, Kind.ROOT) for certificate in trust.roots],
        "root_until": trust.root_until,
        "extensions": _extensions(trust.extensions),
    }


def _root_certificate(certificate: RootCertificate) -> Content:
    return {
        "number": certificate.number,
        "key": certificate.key.hex(),
        "issued": certificate.issued,
        "extensions": _extensions(certificate.extensions),
    }


def _uses(uses: Use) -> list[str]:
    names = [use.name.lower() for use in Use if use in uses and use.name]
    unknown = int(uses) & ~sum(Use)
    return names + ([str(unknown)] if unknown else [])


def _carried(document: bytes, kind: Kind) -> Content:
    """Return the document inside another one; one that cannot be read is shown as its bytes with the reason."""
    try:
        envelope = open_envelope(document)
        expect(envelope, kind)
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


_OF_KIND: Final[Mapping[Kind, Callable[[Envelope], Content]]] = {
    Kind.REQUEST: lambda envelope: _request(read_request(envelope)),
    Kind.LICENSE: lambda envelope: _license(read_license(envelope)),
    Kind.REFUSAL: lambda envelope: _refusal(read_refusal(envelope)),
    Kind.RECEIPT: lambda envelope: _receipt(read_receipt(envelope)),
    Kind.TRUST: lambda envelope: _trust_list(read_trust_list(envelope)),
    Kind.ROOT: lambda envelope: _root_certificate(read_root_certificate(envelope)),
    Kind.PRODUCT: lambda envelope: _product(read_product(envelope)),
}
