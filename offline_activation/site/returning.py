"""Giving the license back: the signed return, the tombstone it leaves here, and the receipt that comes back.

There is one commit point, the rename of ``returned.cose``: the return itself, kept as the tombstone.  Before it the
license is in force and nothing has left; from it on the license no longer runs here, and the same return can be written
out any number of times.  Power may fail at any instant: there is never a running license together with a return that
has left, and never a license that is gone without a return to show for it.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from offline_activation.errors import ActivationError, Refusal, Trouble
from offline_activation.formats.contact import check_contact
from offline_activation.formats.instants import show_day
from offline_activation.formats.names import LicenseNumber, Reference, reference, show_license_number
from offline_activation.formats.request import Purpose, ReceivedRequest, receive_request
from offline_activation.site import contacts, history, pending, requesting
from offline_activation.site.directory import CHAIN, StateDirectory
from offline_activation.site.installation import Installation, keep_newest_trust, read_installation
from offline_activation.site.unfinished import try_each
from offline_activation.verify.checks import AcceptedReceipt
from offline_activation.verify.directory import (
    EMERGENCY,
    KEPT_LICENSE,
    LICENSE,
    OPENED,
    RECEIPT,
    RETURNED,
    find_site_key,
    read_product_file,
    read_trust,
)
from offline_activation.verify.evidence import find_receipt, find_return, license_of_site

GIVEN_BACK: Final = "The license is given back"


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBack:
    """A license that no longer runs here, and the return to send to the vendor."""

    made: ReceivedRequest
    again: bool
    """It had been given back before: this is the same return."""
    unfinished: tuple[ActivationError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipted:
    """A receipt that was imported, or with a dry run would be."""

    reference: Reference
    license_number: LicenseNumber
    revision: int
    already_imported: bool
    unfinished: tuple[ActivationError, ...] = ()


def find_returned(directory: StateDirectory) -> ReceivedRequest | None:
    """Return the return with which the license was given back here, ``None`` when it was not.

    Asks no machine who it is: it also works where nothing else does.  Raises what reading product and site key raises.
    """
    home = str(directory.home)
    product, key = read_product_file(home), find_site_key(home)[0]
    in_force = license_of_site(home, product.product, key, read_trust(home, product))
    return find_return(home, product.product, key, in_force)


def find_taken_back(directory: StateDirectory) -> int | None:
    """Return when the vendor took the license back by its receipt, in seconds since 1970; ``None`` without one."""
    made = find_returned(directory)
    if made is None:
        return None
    home = str(directory.home)
    product = read_product_file(home)
    receipt = find_receipt(home, product.product, read_trust(home, product), made)
    return None if receipt is None else receipt.issued


def receipt_words(directory: StateDirectory) -> str:
    """Return in words whether the receipt is there: ``receipt of 2026-12-01``, or ``no receipt yet``."""
    at = find_taken_back(directory)
    return "no receipt yet" if at is None else f"receipt of {show_day(at)}"


def give_back(
    directory: StateDirectory,
    wish: requesting.Wish,
    *,
    now: int,
    random: Callable[[int], bytes],
    ready: Callable[[ReceivedRequest], None],
) -> GivenBack:
    """Give the license back and return its return; one that was made before is the same again.

    ``ready`` is called with the return before anything is changed; what it raises stops everything.  ``now`` is in
    seconds since 1970 UTC.  Raises :class:`Refusal` ``license.not_activated``, ``contact.*``, ``identity.none``,
    ``site.license_number_fixed``; :class:`Trouble` ``key.file``, ``site.locked``, ``io.*``: then the license is still
    in force.  Raises :class:`Trouble` ``site.unfinished`` when it is given back and the return must not leave yet.
    """
    with directory.locked():
        before = find_returned(directory)
        made = before or _draft(directory, wish, now, random)
        ready(made)
        if before is None or _has_license(directory):
            _commit(directory, made)
        return GivenBack(made=made, again=before is not None, unfinished=_clean_up(directory, made, now))


def receive_receipt(site: Installation, accepted: AcceptedReceipt, *, now: int, dry_run: bool) -> Receipted:
    """Take a receipt that passed the ladder: the return is answered, and the chain goes on from here."""
    receipt, directory = accepted.receipt, site.directory
    shown = reference(receipt.request_id)
    closed = {stored.request_id: stored for stored in pending.answered_requests(directory)}
    result = {"reference": shown, "license_number": receipt.license_number, "revision": receipt.revision}
    already = receipt.request_id in closed
    if dry_run:
        return Receipted(**result, already_imported=already)  # type: ignore[arg-type]
    record = history.Record(
        at=now,
        event=history.RECEIPT_IMPORTED,
        subject=accepted.response_id.hex(),
        details={**result, "license_number": show_license_number(receipt.license_number)},
    )
    unfinished = try_each(
        "The receipt was read",
        lambda: _complete(site, accepted),
        lambda: _follow(site, accepted),
        lambda: _keep(directory, accepted),
        lambda: _raise_trust(site, receipt.trust),
        lambda: pending.close(directory, shown),
        lambda: history.tell(directory, record),
    )
    return Receipted(**result, already_imported=already, unfinished=unfinished)  # type: ignore[arg-type]


def _draft(
    directory: StateDirectory, wish: requesting.Wish, now: int, random: Callable[[int], bytes]
) -> ReceivedRequest:
    """Return the return to make, not yet kept: one left open by a run that was killed, or a new one."""
    site = read_installation(directory)
    requesting.license_number(site, wish.license_number)
    if site.license is None:
        raise Refusal("license.not_activated")
    for stored in pending.open_requests(directory):
        asked = stored.content
        if asked.purpose is Purpose.RETURN and asked.previous == site.license.response_id:
            return receive_request(stored.document)
    check_contact(wish.contact)
    return requesting.draft(site, wish, now=now, random=random)


def _commit(directory: StateDirectory, made: ReceivedRequest) -> None:
    """Keep the return as open, then as the tombstone: the commit point."""
    known = {stored.request_id for stored in pending.all_requests(directory)}
    if made.request_id not in known:
        pending.store(directory, made)
    try:
        directory.write(RETURNED, made.document)
    except Trouble as trouble:
        if _holds(directory, made.document):  # its name is there, but a power cut may undo it: nothing may leave
            raise Trouble("site.unfinished", done=GIVEN_BACK, what=trouble.message) from trouble
        if made.request_id not in known:
            with suppress(Trouble):
                pending.withdraw(directory, made.reference)
        raise


def _clean_up(directory: StateDirectory, made: ReceivedRequest, now: int) -> tuple[ActivationError, ...]:
    """Remove what no longer counts and tell the history; any of it can be done again, and none of it is needed."""
    details = {
        "reference": made.reference,
        "license_number": show_license_number(made.content.license_number),
        "revision": made.content.revision,
    }
    record = history.Record(at=now, event=history.LICENSE_RETURNED, subject=made.request_id.hex(), details=details)
    return try_each(
        GIVEN_BACK,
        *(lambda name=name: _remove(directory, name) for name in (KEPT_LICENSE, LICENSE, OPENED, EMERGENCY)),
        lambda: _close_earlier(directory, made),
        lambda: contacts.remember(directory, made.content.contact),
        lambda: requesting.tell_of(directory, made, now=now),
        lambda: history.tell(directory, record),
    )


def _close_earlier(directory: StateDirectory, made: ReceivedRequest) -> None:
    for each in pending.open_requests(directory):
        if _is_over(each, made):
            pending.close(directory, each.reference, cancelled=True)


def _is_over(stored: pending.StoredRequest, made: ReceivedRequest) -> bool:
    """Tell whether an open request was made before the return: a license that answers it can no longer be imported."""
    return made.request_id not in {stored.request_id, stored.content.returned}


def _complete(site: Installation, accepted: AcceptedReceipt) -> None:
    """Make sure that what the vendor has taken back does not run here, also when the tombstone was lost."""
    directory, found = site.directory, site.license
    if site.returned is not None:
        return
    waiting = pending.open_requests(directory)
    asked = next((each for each in waiting if each.request_id == accepted.receipt.request_id), None)
    if asked is None or (found is not None and asked.content.previous != found.response_id):
        return  # imported before, or another license came after it
    directory.write(RETURNED, asked.document)
    for name in (KEPT_LICENSE, LICENSE):
        _remove(directory, name)


def _follow(site: Installation, accepted: AcceptedReceipt) -> None:
    """Let the next request name this receipt as the last response."""
    if site.license is None:
        site.directory.write(CHAIN, accepted.response_id.hex().encode() + b"\n")


def _keep(directory: StateDirectory, accepted: AcceptedReceipt) -> None:
    """Keep the receipt of the return that is here: it says when the license was taken back."""
    made = find_returned(directory)
    if made is not None and made.request_id == accepted.receipt.request_id:
        directory.write(RECEIPT, accepted.document)


def _raise_trust(site: Installation, document: bytes) -> None:
    keep_newest_trust(site.directory, site.product, document)


def _has_license(directory: StateDirectory) -> bool:
    return directory.has(LICENSE) or directory.has(KEPT_LICENSE)


def _remove(directory: StateDirectory, name: str) -> None:
    if directory.has(name):
        directory.remove(name)


def _holds(directory: StateDirectory, document: bytes) -> bool:
    try:
        return directory.read(RETURNED) == document
    except ActivationError:
        return False
