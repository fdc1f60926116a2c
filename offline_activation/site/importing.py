"""Apply Manual: check a response, show what it changes, install it.  The last step of the exchange.

There is one commit point, the rename of ``license.cose``.  Before it nothing in the state directory differs; from it on
the new license is in force, and what follows (kept copies, trust list, closing the request, history) can be done again
any number of times: importing the same response once more finishes it.  Power may fail at any instant.
"""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Final

from offline_activation.errors import ActivationError, Refusal, Trouble, visible
from offline_activation.formats.envelope import Kind, open_envelope
from offline_activation.formats.license_document import LicenseDocument
from offline_activation.formats.names import DocumentId, Reference, reference, show_license_number
from offline_activation.formats.trust_list import receive_trust_list
from offline_activation.site import copies, history, pending
from offline_activation.site.difference import Change, difference
from offline_activation.site.directory import StateDirectory
from offline_activation.site.installation import Installation, keep_newest_trust, read_installation
from offline_activation.verify.checks import AcceptedLicense, AcceptedRefusal, Evidence, check_response
from offline_activation.verify.clock import anchored, write_notes
from offline_activation.verify.installed import read_product_file, read_trust
from offline_activation.verify.witness import BOOT, CLOCK, DRIFT

_IN_FORCE: Final = "The license is in force"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did, or with a dry run would do."""

    reference: Reference
    license: LicenseDocument
    changes: tuple[Change, ...]
    already_installed: bool
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


def import_response(directory: StateDirectory, document: bytes, *, now: int, dry_run: bool = False) -> Imported:
    """Check ``document`` (the bytes of one response) and install it; ``now`` in seconds since 1970 UTC.

    Raises :class:`Refused` for a signed refusal, which closes its request; :class:`Refusal` with the code of the rung
    that says no; :class:`Trouble` ``site.locked`` and ``io.*``.  After the last two nothing was changed.
    """
    if dry_run:
        return _preview(_check(read_installation(directory), document, now))
    with directory.locked():
        site = read_installation(directory)
        checked = _check(site, document, now)
        if isinstance(checked.accepted, AcceptedRefusal):
            no = Refused(checked.accepted)
            no.unfinished = _close_refused(site, checked.accepted, no, now)
            raise no
        outcome = _preview(checked)
        unsynced = () if outcome.already_installed else _commit(directory, document)
        return _finished(site, checked.accepted, outcome, unsynced, now)


def import_trust_list(directory: StateDirectory, document: bytes, *, dry_run: bool = False) -> int:
    """Raise the trust list to ``document`` when the pinned root signed it; return the number that is then in force.

    Raises :class:`Refusal`: ``encoding.*``, ``profile.*``, ``key.root_mismatch``, ``signature.invalid``,
    ``trust.older``; :class:`Trouble` ``site.locked``, ``io.*``.
    """
    with nullcontext() if dry_run else directory.locked():
        product = read_product_file(str(directory.home))
        known = read_trust(str(directory.home), product).current.number
        found = receive_trust_list(document, product.root).number
        if found < known:
            raise Refusal("trust.older", number=found, installed=known)
        if not dry_run:
            keep_newest_trust(directory, product, document)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    site: Installation
    accepted: AcceptedLicense | AcceptedRefusal


def _check(site: Installation, document: bytes, now: int) -> _Checked:
    follows = site.license
    evidence = Evidence(
        open_requests=_answerable(site, document),
        installed=follows.content if follows else None,
        installed_id=follows.response_id if follows else None,
        installed_key=follows.signed_by if follows else None,
    )
    accepted = check_response(document, trust=site.trust, facts=site.facts, evidence=evidence, now=now)
    if isinstance(accepted, AcceptedLicense) and site.license is None:
        known = history.last_revision(site.directory)
        if accepted.license.revision < known:
            raise Refusal("replay.older_revision", found=accepted.license.revision, installed=known)
    return _Checked(site=site, accepted=accepted)


def _answerable(site: Installation, document: bytes) -> frozenset[DocumentId]:
    """Return the requests a response may answer.

    Answered ones count as well for a refusal, which is only shown again, and when every copy of the license is lost:
    importing the latest response again is then the repair.
    """
    requests = pending.open_requests(site.directory)
    if site.license is None or open_envelope(document).kind is Kind.REFUSAL:
        requests += pending.answered_requests(site.directory)
    return frozenset(stored.request_id for stored in requests)


def _preview(checked: _Checked) -> Imported:
    if isinstance(checked.accepted, AcceptedRefusal):
        raise Refused(checked.accepted)
    before, after = checked.site.license, checked.accepted.license
    already = before is not None and before.response_id == checked.accepted.response_id
    return Imported(
        reference=reference(after.request_id),
        license=after,
        changes=() if already else difference(before.content if before else None, after),
        already_installed=already,
    )


def _commit(directory: StateDirectory, document: bytes) -> tuple[ActivationError, ...]:
    """Put the license in force; only when its name was taken and could not be synced, go on and say so."""
    try:
        copies.put_in_force(directory, document)
    except Trouble as trouble:
        if not copies.is_in_force(directory, document):
            raise
        return (Trouble("site.unfinished", done=_IN_FORCE, what=trouble.message),)
    return ()


def _finished(
    site: Installation,
    accepted: AcceptedLicense,
    outcome: Imported,
    unsynced: tuple[ActivationError, ...],
    now: int,
) -> Imported:
    directory = site.directory
    details = {
        "reference": outcome.reference,
        "license_number": show_license_number(accepted.license.license_number),
        "revision": accepted.license.revision,
    }
    record = history.Record(
        at=now, event=history.LICENSE_INSTALLED, subject=accepted.response_id.hex(), details=details
    )
    unfinished = _try_each(
        _IN_FORCE,
        lambda: copies.keep(directory, accepted.document),
        lambda: _raise_trust(site, accepted.license.trust),
        lambda: pending.close(directory, outcome.reference),
        lambda: history.tell(directory, record),
        *(() if outcome.already_installed else (lambda: _anchor_time(directory, accepted.license),)),
    )
    return Imported(
        reference=outcome.reference,
        license=outcome.license,
        changes=outcome.changes,
        already_installed=outcome.already_installed,
        unfinished=unsynced + unfinished,
    )


def _close_refused(site: Installation, accepted: AcceptedRefusal, no: Refused, now: int) -> tuple[ActivationError, ...]:
    details = {"reference": no.reference, "code": no.code, "message": no.message}
    record = history.Record(at=now, event=history.REQUEST_REFUSED, subject=accepted.response_id.hex(), details=details)
    return _try_each(
        "The vendor's refusal was read",
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


def _try_each(done: str, *steps: Callable[[], None]) -> tuple[ActivationError, ...]:
    """Do every step, whatever happens to the others, and return what did not work."""
    troubles: list[ActivationError] = []
    for step in steps:
        try:
            step()
        except ActivationError as error:
            troubles.append(Trouble("site.unfinished", done=done, what=error.message))
    return tuple(troubles)
