"""Opening the emergency license: for the Saturday when the server burns.  Once, and told to the vendor afterwards."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from offline_activation.errors import ActivationError, Refusal
from offline_activation.formats.envelope import open_envelope
from offline_activation.formats.instants import show_instant, show_local_end
from offline_activation.formats.license_document import LicenseDocument, read_license
from offline_activation.formats.names import LicenseNumber, document_id, show_license_number
from offline_activation.formats.product import ProductDocument
from offline_activation.site import history, pending
from offline_activation.site.directory import StateDirectory
from offline_activation.site.installation import Installation
from offline_activation.site.unfinished import try_each
from offline_activation.verify.clock import judge
from offline_activation.verify.directory import (
    EMERGENCY,
    KEPT_LICENSE,
    LICENSE,
    OPENED,
    find_site_key,
    has_license,
    read_product_file,
    read_trust,
)
from offline_activation.verify.emergency import Emergency, check_sealed, judge_emergency
from offline_activation.verify.evidence import find_emergency, find_sealed, license_of_site, read_opened
from offline_activation.verify.installed import UNREADABLE, load_license
from offline_activation.verify.license import License
from offline_activation.verify.stages import RETURNED, REVOKED, SUPERSEDED
from offline_activation.verify.standing import CLOCK_PROBLEM, WRONG_MACHINE, final_end
from offline_activation.verify.witness import notes_of

_STOPPED: Final = frozenset({RETURNED, REVOKED, SUPERSEDED})
_NAME_THE_FILE: Final = (
    "Name the response file of the server that is gone: 'activation-site emergency FILE'; the vendor sent it by mail."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedHere:
    """An emergency license that is open now."""

    license: LicenseDocument
    emergency: Emergency
    unfinished: tuple[ActivationError, ...] = ()


def open_emergency(directory: StateDirectory, document: bytes | None, *, now: int) -> OpenedHere:
    """Open the emergency license of the installed license, or of the license in ``document``; once.

    ``now`` is in seconds since 1970 UTC.  Raises :class:`Refusal`: ``license.emergency_used``,
    ``license.emergency_not_needed``, ``license.emergency_none``, ``license.expired``, ``license.not_activated``, those
    of a site that gave its license back or lost it, ``clock.set_back``, and the code of a rung for a document that is
    not good; :class:`Trouble` ``site.locked``, ``io.*``.  After any of them nothing was opened.
    """
    home = str(directory.home)
    with directory.locked():
        product = read_product_file(home)
        trust = read_trust(home, product)
        found = load_license(product.product, home=home, now=now)
        _refuse_stopped(found)
        noted = _opened_before(directory, product)
        if noted is not None:
            raise Refusal("license.emergency_used", opened=show_instant(noted))
        _refuse_unneeded(home, found, with_file=document is not None)
        key = find_site_key(home)[0]
        here = license_of_site(home, product.product, key, trust)

        def check(document: bytes) -> LicenseDocument:
            content = check_sealed(document, trust=trust, product=product.product, site_key=key, opening=True)
            _refuse_other(directory, content, here)
            return content

        document = _installed(directory, check) if document is None else document
        content = check(document)
        _refuse_now(home, content, now)
        at = history.opened_at(directory, show_license_number(content.license_number))
        at = now if at is None else at  # what the vendor has not answered counts on, whichever revision was opened
        state = judge_emergency(content, at, now)
        if state.is_over:
            raise Refusal("license.emergency_used", opened=show_instant(at))
        return _opened(directory, document, content, state)


def to_report(site: Installation) -> int | None:
    """Return when the emergency license was opened here, for the next request; ``None`` when there is nothing to tell.

    It is told until a license that answers a request which told it is imported, whatever became of its files meanwhile;
    where the history was lost, only as long as it is open.
    """
    told = [each.at for each in history.unreported(site.directory)]
    return max(told) if told else _open_now(site)


def note_reported(directory: StateDirectory, license_: LicenseDocument, *, now: int) -> None:
    """Tell the history that the vendor knows of an opening, when ``license_`` answers a request that told of it.

    Raises ``Trouble`` ``io.*``.
    """
    asked = pending.find(directory, license_.request_id)
    if asked is None or asked.content.emergency_opened is None:
        return
    details = {"reference": asked.reference, "license_number": show_license_number(license_.license_number)}
    for each in history.unreported(directory):
        if each.at <= asked.content.emergency_opened:
            record = history.Record(at=now, event=history.EMERGENCY_REPORTED, subject=each.subject, details=details)
            history.tell(directory, record)


def _open_now(site: Installation) -> int | None:
    """Return when the emergency license was opened that lies here; a license that was imported since ends it."""
    directory = site.directory
    try:
        document = directory.read(EMERGENCY)
        if document is None:
            return None
        issued = read_license(open_envelope(document)).issued
    except ActivationError:
        return None
    if site.license is not None and site.license.content.issued > issued:
        return None
    return read_opened(str(directory.home))


def opened_number(site: Installation) -> LicenseNumber | None:
    """Return the number of the license that was opened here in an emergency, ``None`` without one."""
    found = find_sealed(str(site.directory.home), site.product)
    return None if found is None else found[0].license_number


def _opened(directory: StateDirectory, document: bytes, content: LicenseDocument, state: Emergency) -> OpenedHere:
    """Keep what is opened, then when: from there on it is open."""
    if directory.has(OPENED):  # of an earlier one
        directory.remove(OPENED)
    directory.write(EMERGENCY, document)
    directory.write(OPENED, f"{state.opened}\n".encode())
    details = {
        "license_number": show_license_number(content.license_number),
        "revision": content.revision,
        "until": show_instant(state.until),
    }
    subject = (
        f"{document_id(open_envelope(document).payload).hex()} at {state.opened}"  # once reported, it may happen again
    )
    record = history.Record(at=state.opened, event=history.EMERGENCY_OPENED, subject=subject, details=details)
    unfinished = try_each("The emergency license is open", lambda: history.tell(directory, record))
    return OpenedHere(license=content, emergency=state, unfinished=unfinished)


def _opened_before(directory: StateDirectory, product: ProductDocument) -> int | None:
    found = find_emergency(str(directory.home), product)
    return None if found is None else found.opened


def _refuse_stopped(found: License) -> None:
    if found.problem is not None and found.state in _STOPPED | {CLOCK_PROBLEM}:
        raise found.problem


def _refuse_unneeded(home: str, found: License, *, with_file: bool) -> None:
    """Refuse while the license that is here works, when it stands in the way, or when there is nothing here to open."""
    if found.problem is None and found.license_number is not None:
        raise Refusal("license.emergency_not_needed")
    unreadable = found.problem is not None and found.problem.code == UNREADABLE  # the copy may be of another machine
    if unreadable or found.state == WRONG_MACHINE or (with_file and (found.problem is None or not has_license(home))):
        return
    if with_file and found.problem is not None:
        raise found.problem
    if found.problem is None or found.license_number is None:
        raise Refusal("license.not_activated").advising(_NAME_THE_FILE)
    raise found.problem


def _refuse_now(home: str, content: LicenseDocument, now: int) -> None:
    """Refuse when the license itself is over, or when the clock cannot say when it was opened."""
    clock = judge(now, notes_of(home), signed=content.issued, days=content.policy.clock_days)
    if clock.is_set_back:
        raise Refusal("clock.set_back", now=show_instant(now), seen=show_instant(clock.seen))
    end = final_end(content)
    if end is not None and now >= end:
        raise Refusal("license.expired", until=show_local_end(end))


def _refuse_other(directory: StateDirectory, content: LicenseDocument, here: LicenseDocument | None) -> None:
    """Refuse a license that is not the one of this server, or older than what was in force here."""
    shown = show_license_number(content.license_number)
    if here is not None and here.license_number != content.license_number:
        raise Refusal("binding.other_license", found=shown, installed=show_license_number(here.license_number))
    known = max(history.last_revision(directory, shown), here.revision if here is not None else 0)
    if content.revision < known:
        refusal = Refusal("replay.older_revision", found=content.revision, installed=known)
        raise refusal.advising("Name the newest response of the license, or none to open the one that is installed.")


def _installed(directory: StateDirectory, check: Callable[[bytes], object]) -> bytes:
    """Return the first good one of the two copies of the license; raises what is wrong with the first one there is."""
    errors: list[ActivationError] = []
    for name in (LICENSE, KEPT_LICENSE):
        try:
            document = directory.read(name)
            if document is not None:
                check(document)
                return document
        except ActivationError as error:
            errors.append(error)
    raise errors[0] if errors else Refusal("license.not_activated").advising(_NAME_THE_FILE)
