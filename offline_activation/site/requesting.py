"""Asking: build, sign and keep an activation request.  The first step of the exchange.

The request is kept before it leaves: a response to a request that nobody here knows would be refused.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from offline_activation.errors import ActivationError, Misuse, Refusal, Trouble
from offline_activation.formats.contact import Contact, check_contact
from offline_activation.formats.names import LicenseNumber, Reference, show_license_number
from offline_activation.formats.request import (
    NONCE_SIZE,
    ActivationRequest,
    Purpose,
    ReceivedRequest,
    receive_request,
    seal_request,
)
from offline_activation.identity.components import VOLUME_ID, blinded, read_components
from offline_activation.site import contacts, history, pending
from offline_activation.site.directory import StateDirectory
from offline_activation.site.installation import Installation, read_installation
from offline_activation.site.site_key import read_site_key

VOLUME_SOURCE_LIMIT = 48
"""Longest volume id source a request carries, in characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the administrator wants to ask; ``purpose`` and ``license_number`` may be left to the installation."""

    purpose: Purpose | None = None
    license_number: LicenseNumber | None = None
    contact: Contact
    usage: Mapping[str, int]
    zone: str = ""


def make_request(directory: StateDirectory, wish: Wish, *, now: int, random: Callable[[int], bytes]) -> ReceivedRequest:
    """Return a new signed request, kept as open; ``now`` in seconds since 1970 UTC.

    Raises :class:`Misuse` ``usage.missing`` (license number), :class:`Refusal`: ``contact.*``, ``identity.none``,
    ``site.license_number_fixed``, ``license.not_activated`` (nothing to return); :class:`Trouble`: ``key.file``,
    ``site.locked``, ``io.*``.  After any of them nothing was changed.
    """
    check_contact(wish.contact)
    with directory.locked():
        site = read_installation(directory)
        number = license_number(site, wish.license_number)
        if number is None:
            raise Misuse("usage.missing", what="--license-number")
        signer = read_site_key(directory)
        received = receive_request(seal_request(_content(site, wish, number, now, random(NONCE_SIZE)), signer))
        pending.store(directory, received)
    return received


def conclude(directory: StateDirectory, made: ReceivedRequest, *, now: int) -> tuple[ActivationError, ...]:
    """Remember the contact details and tell the history, once the request has left; returns what did not work."""
    troubles: list[ActivationError] = []
    steps: tuple[Callable[[], None], ...] = (
        lambda: contacts.remember(directory, made.content.contact),
        lambda: history.tell(directory, _record(history.REQUEST_MADE, made, now)),
    )
    with directory.locked():
        for step in steps:
            try:
                step()
            except Trouble as trouble:
                troubles.append(Trouble("site.unfinished", done="The request is made", what=trouble.message))
    return tuple(troubles)


def still_open(directory: StateDirectory, made: ReceivedRequest) -> tuple[Refusal, ...]:
    """Return a warning for the newest earlier request with the same purpose that is still open, if there is one."""
    earlier = [
        stored
        for stored in pending.open_requests(directory)
        if stored.content.purpose is made.content.purpose and stored.reference != made.reference
    ]
    purpose = made.content.purpose.name.lower()
    return tuple(Refusal("site.request_open", reference=stored.reference, purpose=purpose) for stored in earlier[-1:])


def withdraw(directory: StateDirectory, made: ReceivedRequest) -> None:
    """Take back a request whose file could not be written: nobody will ever answer it."""
    with directory.locked():
        pending.withdraw(directory, made.reference)


def cancel(directory: StateDirectory, typed: str, *, now: int) -> Reference:
    """Close an open request without a response and return its reference; its response will then be refused.

    Raises :class:`Refusal` ``site.no_such_request``; :class:`Trouble` ``site.locked``, ``io.unwritable``.
    """
    with directory.locked():
        found = pending.find_open(directory, typed)
        pending.close(directory, found.reference, cancelled=True)
        history.tell(directory, _record(history.REQUEST_CANCELLED, found, now))
    return found.reference


def license_number(site: Installation, wanted: LicenseNumber | None) -> LicenseNumber | None:
    """Return the license number a request will carry: the one in use, else ``wanted``, else that of the last request.

    ``None`` when it must be given.  Raises :class:`Refusal` ``site.license_number_fixed`` for another number than the
    one in use, which is that of the license or, before the first, that of the open requests.
    """
    fixed = _number_in_use(site)
    if fixed is None:
        return wanted or next((stored.content.license_number for stored in _newest_first(site)), None)
    if wanted is not None and wanted != fixed:
        raise Refusal("site.license_number_fixed", installed=show_license_number(fixed))
    return fixed


def _number_in_use(site: Installation) -> LicenseNumber | None:
    if site.license is not None:
        return site.license.content.license_number
    return next((stored.content.license_number for stored in pending.open_requests(site.directory)), None)


def _newest_first(site: Installation) -> tuple[pending.StoredRequest, ...]:
    return pending.all_requests(site.directory)[::-1]


def _content(site: Installation, wish: Wish, number: LicenseNumber, now: int, nonce: bytes) -> ActivationRequest:
    found = site.license
    purpose = wish.purpose or (Purpose.ACTIVATE if found is None else Purpose.UPDATE)
    if purpose is Purpose.RETURN and found is None:
        raise Refusal("license.not_activated")
    key, product = site.facts.site_key, site.product.product
    components = {component.name: component for component in read_components(str(site.directory.home))}
    volume = components.pop(VOLUME_ID)
    return ActivationRequest(
        purpose=purpose,
        product=product,
        license_number=number,
        created=now,
        nonce=nonce,
        site_key=key,
        counter=max((stored.content.counter for stored in pending.all_requests(site.directory)), default=0) + 1,
        volume_id=volume.value or "",
        volume_source=volume.source[:VOLUME_SOURCE_LIMIT],
        components={
            name: blinded(component, product=product, site_key=key)
            for name, component in components.items()
            if component.value is not None
        },
        contact=wish.contact,
        previous=None if found is None else found.response_id,
        revision=0 if found is None else found.content.revision,
        usage=dict(wish.usage),
        zone=wish.zone,
    )


def _record(event: str, request: ReceivedRequest | pending.StoredRequest, now: int) -> history.Record:
    details = {
        "reference": request.reference,
        "purpose": request.content.purpose.name.lower(),
        "count": request.content.counter,
    }
    return history.Record(at=now, event=event, subject=request.request_id.hex(), details=details)
