"""Apply Manual: check a response, show what it changes, install it.  The last step of the exchange.

There is one commit point, the rename of ``license.cose``.  Before it nothing in the state directory differs; from it on
the new license is in force, and what follows (kept copies, trust list, closing the request, history) can be done again
any number of times: importing the same response once more finishes it.  Power may fail at any instant.
"""

from contextlib import nullcontext
from dataclasses import dataclass
from typing import Final

from offline_activation.errors import ActivationError, Refusal, Trouble, visible
from offline_activation.formats.envelope import Kind, open_envelope
from offline_activation.formats.license_document import LicenseDocument, read_license
from offline_activation.formats.names import DocumentId, Reference, reference, show_license_number, site_id
from offline_activation.formats.trust_list import rank, receive_trust_list
from offline_activation.site import copies, emergency, history, pending, stopping
from offline_activation.site.difference import Change, difference
from offline_activation.site.directory import PREVIOUS_LICENSE, StateDirectory
from offline_activation.site.installation import Installation, keep_newest_trust, read_installation
from offline_activation.site.returning import Receipted, receive_receipt
from offline_activation.site.unfinished import try_each
from offline_activation.verify.checks import (
    AcceptedLicense,
    AcceptedReceipt,
    AcceptedRefusal,
    Evidence,
    check_response,
)
from offline_activation.verify.clock import anchored, write_notes
from offline_activation.verify.directory import EMERGENCY
from offline_activation.verify.installed import load_license, read_product_file, read_trust
from offline_activation.verify.trust import updated
from offline_activation.verify.witness import BOOT, CLOCK, DRIFT

_FOR_THE_NEW_SERVER: Final = "This response is for the new server: import it there. Nothing is to be done here."
_STAYS: Final = "Nothing to do: the license in force is good and stays."
_IN_FORCE: Final = "The license is in force"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did, or with a dry run would do."""

    reference: Reference
    license: LicenseDocument
    changes: tuple[Change, ...]
    already_installed: bool
    ends_emergency: bool = False
    """An emergency license was open here until now."""
    unfinished: tuple[ActivationError, ...] = ()
    """Steps after the commit that did not work; the license is in force all the same."""


class Refused(Refusal):
    """The vendor's signed no: code, sentence and next step come from the document, whatever the code."""

    def __init__(self, accepted: AcceptedRefusal) -> None:
        """Take the words of the refusal, made printable."""
        said = accepted.refusal
        self.code = visible(said.code)
        self.reason = "POLICY"
        self.message = visible(said.message, limit=300)
        self.remedy = visible(said.remedy, limit=300)
        self.reference = reference(said.request_id)
        self.unfinished: tuple[ActivationError, ...] = ()
        Exception.__init__(self, self.message)


def import_response(
    directory: StateDirectory, document: bytes, *, now: int, dry_run: bool = False
) -> Imported | Receipted:
    """Check ``document`` (the bytes of one response) and install it; ``now`` in seconds since 1970 UTC.

    Raises :class:`Refused` for a signed refusal, which closes its request; :class:`Refusal` with the code of the rung
    that says no; :class:`Trouble` ``site.locked`` and ``io.*``.  After the last two nothing was changed, but for the
    license of the server that replaced this one (``license.superseded``): it is kept as evidence.
    """
    if dry_run:
        return _previewed(read_installation(directory), document, now)
    with directory.locked():
        site = read_installation(directory)
        try:
            accepted = _check(site, document, now)
        except Refusal as refusal:
            if refusal.code == stopping.SUPERSEDED:
                stopping.keep_superseding(site, document, now=now)
            raise
        if isinstance(accepted, AcceptedRefusal):
            no = Refused(accepted)
            no.unfinished = _close_refused(site, accepted, no, now)
            raise no
        if isinstance(accepted, AcceptedReceipt):
            return receive_receipt(site, accepted, now=now, dry_run=False)
        return _install(site, accepted, now)


def import_previous(directory: StateDirectory, *, now: int, dry_run: bool = False) -> Imported:
    """Put the license before the one in force back, as far as the rules of revisions allow.

    They allow it when the key that signed the license in force was revoked since, or when no copy of that one can be
    read and the history knows of no newer revision.  Raises :class:`Refusal` ``license.nothing_previous``,
    ``license.returned`` and the code of a rung, above all ``replay.older_revision``; :class:`Trouble` ``site.locked``,
    ``io.*``.  After any of them nothing was changed.
    """
    with nullcontext() if dry_run else directory.locked():
        site = read_installation(directory)
        document = directory.read(PREVIOUS_LICENSE)
        if document is None:
            raise Refusal("license.nothing_previous")
        if site.returned is not None:
            raise Refusal("license.returned")
        try:
            accepted = _check(site, document, now, again=True)
        except Refusal as refusal:
            if load_license(site.product.product, home=directory.home, now=now).problem is None:
                refusal.advising(_STAYS)
            raise
        if not isinstance(accepted, AcceptedLicense):
            raise Refusal("profile.kind", found=open_envelope(document).kind.value, expected=Kind.LICENSE.value)
        return _preview(site, accepted) if dry_run else _install(site, accepted, now, event=history.LICENSE_PUT_BACK)


def import_trust_list(directory: StateDirectory, document: bytes, *, dry_run: bool = False) -> int:
    """Raise the trust list to ``document`` when it is the vendor's; return the number that is then in force.

    Signed by a later root key it is newer, whatever the numbers.

    Raises :class:`Refusal`: ``encoding.*``, ``profile.*``, ``key.root_mismatch``, ``signature.invalid``,
    ``trust.older``, ``trust.other``; :class:`Trouble` ``site.locked``, ``io.*``.
    """
    with nullcontext() if dry_run else directory.locked():
        product = read_product_file(str(directory.home))
        known = read_trust(str(directory.home), product)
        newest, found = updated(known, document).current, receive_trust_list(document, product.root)
        if rank(found) < rank(newest):
            same = rank(found)[0] == rank(newest)[0]
            shown = ((each.number if same else f"{each.number} (root key {rank(each)[0]})") for each in (found, newest))
            raise Refusal("trust.older", number=next(shown), installed=next(shown))
        if rank(found) == rank(newest) and found != newest:
            raise Refusal("trust.other", number=found.number)
        if not dry_run:
            keep_newest_trust(directory, product, document)
        return found.number


def _check(
    site: Installation, document: bytes, now: int, *, again: bool = False
) -> AcceptedLicense | AcceptedRefusal | AcceptedReceipt:
    """Run the ladder; ``again`` for a license that was in force here before, whatever became of its request."""
    follows = site.license
    evidence = Evidence(
        open_requests=_answerable(site, document, again=again),
        installed=follows.content if follows else None,
        installed_id=follows.response_id if follows else None,
        installed_key=follows.signed_by if follows else None,
    )
    try:
        accepted = check_response(document, trust=site.trust, facts=site.facts, evidence=evidence, now=now)
    except Refusal as refusal:
        if refusal.code == "license.wrong_machine" and _is_of_the_new_server(site, document):
            raise Refusal("license.returned").advising(_FOR_THE_NEW_SERVER) from refusal
        raise
    if isinstance(accepted, AcceptedLicense):
        _refuse_given_back(site, accepted.license)
    if isinstance(accepted, AcceptedLicense) and site.license is None:
        known = history.last_revision(site.directory, show_license_number(accepted.license.license_number))
        if accepted.license.revision < known:
            raise Refusal("replay.older_revision", found=accepted.license.revision, installed=known)
    return accepted


def _is_of_the_new_server(site: Installation, document: bytes) -> bool:
    """Tell whether a license is the one that was given back here, for the server that has it now."""
    if site.returned is None or open_envelope(document).kind is not Kind.LICENSE:
        return False
    said = read_license(open_envelope(document))
    is_ours = said.site == site_id(site.facts.site_key)
    return not is_ours and said.license_number == site.returned.content.license_number


def _answerable(site: Installation, document: bytes, *, again: bool) -> frozenset[DocumentId]:
    """Return the requests a response may answer.

    Answered ones count as well for a refusal or receipt, which changes nothing a second time, and when every copy of
    the license is lost: importing the latest response again is then the repair.  The return that was made here counts
    whatever became of its file.
    """
    envelope = open_envelope(document)
    requests = pending.open_requests(site.directory)
    if site.license is None or envelope.kind is not Kind.LICENSE:
        requests += pending.answered_requests(site.directory)
    ids = {stored.request_id for stored in requests}
    if site.returned is not None and envelope.kind is not Kind.LICENSE:
        ids.add(site.returned.request_id)
    if again and envelope.kind is Kind.LICENSE:
        ids.add(read_license(envelope).request_id)
    return frozenset(ids)


def _refuse_given_back(site: Installation, license_: LicenseDocument) -> None:
    """After a return, refuse a license that answers a request made before it: that license was given back."""
    made = site.returned
    if made is None:
        return
    asked = next(each for each in pending.all_requests(site.directory) if each.request_id == license_.request_id)
    older = license_.license_number == made.content.license_number and license_.revision <= made.content.revision
    if older or asked.content.returned != made.request_id:
        raise Refusal("license.returned")


def _previewed(site: Installation, document: bytes, now: int) -> Imported | Receipted:
    accepted = _check(site, document, now)
    if isinstance(accepted, AcceptedRefusal):
        raise Refused(accepted)
    if isinstance(accepted, AcceptedReceipt):
        return receive_receipt(site, accepted, now=now, dry_run=True)
    return _preview(site, accepted)


def _preview(site: Installation, accepted: AcceptedLicense) -> Imported:
    before, after = site.license, accepted.license
    already = before is not None and before.response_id == accepted.response_id
    return Imported(
        reference=reference(after.request_id),
        license=after,
        changes=() if already else difference(before.content if before else None, after),
        already_installed=already,
        ends_emergency=not already and site.directory.has(EMERGENCY),
    )


def _install(
    site: Installation, accepted: AcceptedLicense, now: int, *, event: str = history.LICENSE_INSTALLED
) -> Imported:
    outcome = _preview(site, accepted)
    unsynced = () if outcome.already_installed else _commit(site.directory, accepted.document)
    return _finished(site, accepted, outcome, unsynced, _told(site, accepted, outcome, now, event))


def _commit(directory: StateDirectory, document: bytes) -> tuple[ActivationError, ...]:
    """Put the license in force; only when its name was taken and could not be synced, go on and say so."""
    try:
        copies.put_in_force(directory, document)
    except Trouble as trouble:
        if not copies.is_in_force(directory, document):
            raise
        return (Trouble("site.unfinished", done=_IN_FORCE, what=trouble.message),)
    return ()


def _told(site: Installation, accepted: AcceptedLicense, outcome: Imported, now: int, event: str) -> history.Record:
    details = {
        "reference": outcome.reference,
        "license_number": show_license_number(accepted.license.license_number),
        "revision": accepted.license.revision,
    }
    subject = accepted.response_id.hex()
    if event == history.LICENSE_PUT_BACK:  # it may happen again, after another license
        subject += f" for {site.license.response_id.hex() if site.license else 'none'}"
    return history.Record(at=now, event=event, subject=subject, details=details)


def _finished(
    site: Installation,
    accepted: AcceptedLicense,
    outcome: Imported,
    unsynced: tuple[ActivationError, ...],
    record: history.Record,
) -> Imported:
    directory = site.directory
    unfinished = try_each(
        _IN_FORCE,
        lambda: stopping.clear(site, accepted.document, accepted.license, again=outcome.already_installed),
        lambda: copies.keep(directory, accepted.document),
        lambda: _raise_trust(site, accepted.license.trust),
        lambda: pending.close(directory, outcome.reference),
        lambda: emergency.note_reported(directory, accepted.license, now=record.at),
        lambda: history.tell(directory, record),
        *(() if outcome.already_installed else (lambda: _anchor_time(directory, accepted.license),)),
    )
    return Imported(
        reference=outcome.reference,
        license=outcome.license,
        changes=outcome.changes,
        already_installed=outcome.already_installed,
        ends_emergency=outcome.ends_emergency,
        unfinished=unsynced + unfinished,
    )


def _close_refused(site: Installation, accepted: AcceptedRefusal, no: Refused, now: int) -> tuple[ActivationError, ...]:
    details = {"reference": no.reference, "code": no.code, "message": no.message}
    record = history.Record(at=now, event=history.REQUEST_REFUSED, subject=accepted.response_id.hex(), details=details)
    return try_each(
        "The vendor's refusal was read",
        lambda: stopping.keep_stop(site, accepted.document, accepted.trust, now=now),
        lambda: pending.close(site.directory, no.reference),
        lambda: _raise_trust(site, accepted.refusal.trust),
        lambda: history.tell(site.directory, record),
    )


def _anchor_time(directory: StateDirectory, license_: LicenseDocument) -> None:
    """Take the vendor's time of issue as the new mark, and forget a clock once wrong and the old hardware."""
    directory.write(CLOCK, write_notes(anchored(license_.issued)))
    for name in (DRIFT, BOOT):
        if directory.has(name):
            directory.remove(name)


def _raise_trust(site: Installation, document: bytes) -> None:
    keep_newest_trust(site.directory, site.product, document)
