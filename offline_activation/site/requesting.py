"""Asking: build, sign and keep an activation request.  The first step of the exchange.

The request is kept before it leaves: a response to a request that nobody here knows would be refused.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from offline_activation.errors import ActivationError, Misuse, Refusal
from offline_activation.formats.contact import Contact, check_contact
from offline_activation.formats.names import DocumentId, LicenseNumber, Reference, show_license_number
from offline_activation.formats.request import (
    NONCE_SIZE,
    PROOF_LIMIT,
    ActivationRequest,
    Purpose,
    ReceivedRequest,
    receive_request,
    seal_request,
)
from offline_activation.identity.components import VOLUME_ID, blinded, read_components
from offline_activation.site import contacts, emergency, history, pending
from offline_activation.site.directory import CHAIN, StateDirectory
from offline_activation.site.installation import Installation, read_installation
from offline_activation.site.site_key import read_site_key
from offline_activation.site.unfinished import try_each
from offline_activation.verify.directory import RETURNED
from offline_activation.verify.evidence import find_vendors_stop

VOLUME_SOURCE_LIMIT = 48
"""Longest volume id source a request carries, in characters."""
ID_SIZE: Final = 16
"""Bytes of the id of a document."""
_RETURN_FIRST: Final = (
    "Give the license that no longer works back with 'activation-site return -o FILE'; then use the new license number."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the administrator wants to ask; ``purpose`` and ``license_number`` may be left to the installation."""

    purpose: Purpose | None = None
    license_number: LicenseNumber | None = None
    proof: bytes | None = None
    """In a transfer, the return of the old server."""
    contact: Contact
    usage: Mapping[str, int]
    zone: str = ""


def make_request(directory: StateDirectory, wish: Wish, *, now: int, random: Callable[[int], bytes]) -> ReceivedRequest:
    """Return a new signed request, kept as open; ``now`` in seconds since 1970 UTC.

    A return is not made here but by ``returning.give_back``.  Raises :class:`Misuse` ``usage.missing`` (license
    number), :class:`Refusal`: ``contact.*``, ``identity.none``, ``site.license_number_fixed``, ``transfer.proof``;
    :class:`Trouble`: ``key.file``, ``site.locked``, ``io.*``.  After any of them nothing was changed.
    """
    check_contact(wish.contact)
    with directory.locked():
        received = draft(read_installation(directory), wish, now=now, random=random)
        pending.store(directory, received)
    return received


def draft(site: Installation, wish: Wish, *, now: int, random: Callable[[int], bytes]) -> ReceivedRequest:
    """Return a new signed request that is not kept yet; raises as :func:`make_request` does."""
    if wish.proof is not None:
        wanted = proven_number(site, wish.proof, wish.license_number)
        wish = replace(wish, license_number=wanted)
    number = license_number(site, wish.license_number)
    if number is None:
        raise Misuse("usage.missing", what="--license-number")
    signer = read_site_key(site.directory)
    return receive_request(seal_request(_content(site, wish, number, now, random(NONCE_SIZE)), signer))


def proven_number(site: Installation, proof: bytes, wanted: LicenseNumber | None) -> LicenseNumber:
    """Return the license number of ``proof``, the return of an old server, after a look at it.

    Raises :class:`Refusal` ``transfer.proof``.
    """
    try:
        old = receive_request(proof).content
    except Refusal as refusal:
        raise Refusal("transfer.proof", what=refusal.message.removesuffix(".")) from refusal
    if len(proof) > PROOF_LIMIT:
        raise Refusal("transfer.proof", what="it is too large")
    if old.purpose is not Purpose.RETURN:
        raise Refusal("transfer.proof", what=f"it is a request with purpose {old.purpose.name.lower()}")
    if old.product != site.product.product:
        raise Refusal("transfer.proof", what=f"it is for product {old.product}")
    if old.site_key == site.facts.site_key:
        raise Refusal("transfer.proof", what="it was made by this very server")
    if wanted is not None and wanted != old.license_number:
        raise Refusal("transfer.proof", what=f"it gives back license {show_license_number(old.license_number)}")
    return old.license_number


def conclude(directory: StateDirectory, made: ReceivedRequest, *, now: int) -> tuple[ActivationError, ...]:
    """Remember the contact details and tell the history, once the request has left; returns what did not work."""
    with directory.locked():
        return try_each(
            "The request is made",
            lambda: contacts.remember(directory, made.content.contact),
            lambda: tell_of(directory, made, now=now),
        )


def tell_of(directory: StateDirectory, made: ReceivedRequest, *, now: int) -> None:
    """Tell the history of a request; raises ``Trouble`` ``io.unwritable``."""
    history.tell(directory, _record(history.REQUEST_MADE, made, now))


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

    A return is not taken back by closing it: :class:`Refusal` ``license.returned``.  Also raises
    ``site.no_such_request``; :class:`Trouble` ``site.locked``, ``io.unwritable``.
    """
    with directory.locked():
        found = pending.find_open(directory, typed)
        if found.content.purpose is Purpose.RETURN and directory.has(RETURNED):
            raise Refusal("license.returned").advising(
                "Write the return again with 'activation-site return -o FILE' and send it to the vendor."
            )
        pending.close(directory, found.reference, cancelled=True)
        history.tell(directory, _record(history.REQUEST_CANCELLED, found, now))
    return found.reference


def license_number(site: Installation, wanted: LicenseNumber | None) -> LicenseNumber | None:
    """Return the license number a request will carry: the one in use, else ``wanted``, else the one that is known here.

    That is the one of an opened emergency license, else that of the last request.

    ``None`` when it must be given.  Raises :class:`Refusal` ``site.license_number_fixed`` for another number than the
    one in use, which is that of the license or, before the first, that of the open requests.
    """
    fixed = _number_in_use(site)
    if fixed is None:
        last = next((stored.content.license_number for stored in _newest_first(site)), None)
        return wanted or emergency.opened_number(site) or last
    if wanted is not None and wanted != fixed:
        refusal = Refusal("site.license_number_fixed", installed=show_license_number(fixed))
        raise refusal.advising(_RETURN_FIRST) if _is_stopped(site) else refusal
    return fixed


def _is_stopped(site: Installation) -> bool:
    """Tell whether the vendor's word stops the license that is here: it is of no use, and still holds its number."""
    home, in_force = str(site.directory.home), site.license.content if site.license is not None else None
    stop = find_vendors_stop(home, site.product.product, site.facts.site_key, site.trust, in_force)
    return in_force is not None and stop is not None


def _number_in_use(site: Installation) -> LicenseNumber | None:
    if site.license is not None:
        return site.license.content.license_number
    waiting = (each.content for each in pending.open_requests(site.directory))
    return next((each.license_number for each in waiting if each.purpose is not Purpose.RETURN), None)


def _newest_first(site: Installation) -> tuple[pending.StoredRequest, ...]:
    return pending.all_requests(site.directory)[::-1]


def _content(site: Installation, wish: Wish, number: LicenseNumber, now: int, nonce: bytes) -> ActivationRequest:
    found = site.license
    purpose = wish.purpose or (Purpose.ACTIVATE if found is None else Purpose.UPDATE)
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
        previous=_followed(site),
        revision=0 if found is None else found.content.revision,
        usage=dict(wish.usage),
        zone=wish.zone,
        emergency_opened=emergency.to_report(site),
        returned=None if site.returned is None else site.returned.request_id,
        proof=wish.proof,
    )


def _followed(site: Installation) -> DocumentId | None:
    """Return the id of the last response: of the license in force, else a receipt, else what was given back."""
    if site.license is not None:
        return site.license.response_id
    try:
        noted = bytes.fromhex((site.directory.read(CHAIN) or b"").decode())
    except (ActivationError, ValueError):
        noted = b""
    if len(noted) == ID_SIZE:
        return DocumentId(noted)
    return None if site.returned is None else site.returned.content.previous


def _record(event: str, request: ReceivedRequest | pending.StoredRequest, now: int) -> history.Record:
    details = {
        "reference": request.reference,
        "purpose": request.content.purpose.name.lower(),
        "count": request.content.counter,
    }
    return history.Record(at=now, event=event, subject=request.request_id.hex(), details=details)
