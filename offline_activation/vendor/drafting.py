"""What a response will say: the content of a license or a refusal for one request.  Pure."""

from typing import Final

from offline_activation.errors import ActivationError, visible
from offline_activation.formats.license_document import LicenseDocument
from offline_activation.formats.names import site_id
from offline_activation.formats.receipt import ReceiptDocument
from offline_activation.formats.refusal import RefusalDocument
from offline_activation.formats.request import ActivationRequest, ReceivedRequest
from offline_activation.formats.value import changed
from offline_activation.identity.components import VOLUME_ID, blinded
from offline_activation.identity.reading import Component
from offline_activation.vendor.entitlements import end_of_day, lease_end
from offline_activation.vendor.products import Definition
from offline_activation.vendor.records import LicenseRecord

_TEXT: Final = 300
"""Longest message and remedy of a refusal document, in characters."""


def draft_license(
    received: ReceivedRequest,
    record: LicenseRecord,
    definition: Definition,
    *,
    revision: int,
    trust: bytes,
    now: int,
    replaced: tuple[bytes, ...] = (),
    emergency: bool = True,
) -> LicenseDocument:
    """Return the license for a request: everything bought so far, bound to the server that asks, and the rules.

    A trial has no grace: it ends with its last day.  Dates end with their day in the zone of the request; ``now`` is
    the vendor's time.  ``replaced`` names former sites as the license does; without ``emergency`` it holds no
    emergency license, whatever the product says.
    """
    request, bought = received.content, record.entitlement
    policy = definition.policy(trial=bought.trial)
    return LicenseDocument(
        product=record.product,
        license_number=record.license_number,
        revision=revision,
        issued=now,
        request_id=received.request_id,
        site=site_id(request.site_key),
        components=bound_components(request),
        company=record.company,
        limits=dict(sorted(bought.limits.items())),
        options=tuple(sorted(bought.options)),
        trust=trust,
        lease_until=lease_end(now, definition.lease_days, request.zone),
        grace_days=0 if bought.trial else definition.grace_days,
        until=_end(bought.until, request.zone),
        maintenance_until=_end(bought.maintenance_until, request.zone),
        version_ceiling=bought.version_ceiling,
        trial=bought.trial,
        replaced=replaced,
        policy=policy if emergency else changed(policy, emergency_days=0),
    )


def draft_receipt(received: ReceivedRequest, *, trust: bytes, now: int) -> ReceiptDocument:
    """Return the receipt of a return."""
    request = received.content
    return ReceiptDocument(
        product=request.product,
        license_number=request.license_number,
        revision=request.revision,
        issued=now,
        request_id=received.request_id,
        site=site_id(request.site_key),
        trust=trust,
    )


def draft_refusal(
    received: ReceivedRequest, *, code: str, message: str, remedy: str, trust: bytes, now: int
) -> RefusalDocument:
    """Return the refusal of a request, its texts printable and within the limits of the format."""
    return RefusalDocument(
        product=received.content.product,
        code=code,
        message=visible(message, limit=_TEXT),
        remedy=visible(remedy, limit=_TEXT),
        issued=now,
        request_id=received.request_id,
        site=site_id(received.content.site_key),
        trust=trust,
    )


def draft_refusal_of(received: ReceivedRequest, refusal: ActivationError, *, trust: bytes, now: int) -> RefusalDocument:
    """Return the refusal document that says what ``refusal`` says."""
    return draft_refusal(
        received, code=refusal.code, message=refusal.message, remedy=refusal.remedy, trust=trust, now=now
    )


def bound_components(request: ActivationRequest) -> dict[str, bytes]:
    """Return the marks a license is bound to: those of the request, and its HD Volume ID blinded as the site does."""
    volume = Component(name=VOLUME_ID, value=request.volume_id, source=request.volume_source, note="")
    mark = blinded(volume, product=request.product, site_key=request.site_key)
    return {VOLUME_ID: mark, **request.components}


def _end(date: str | None, zone: str) -> int | None:
    return None if date is None else end_of_day(date, zone)
