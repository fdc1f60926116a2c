"""What moves do to the books: a seat given back, a server replaced, one that comes back, all of it undone, written off.

Every function runs inside the unit of work that records the intent of the response, so that the books and the ledger
never tell two stories: **a seat is given back when the intent of its receipt is recorded, and taken when the intent of
a license is**.  Freeing it only with the signed receipt would be wrong: between the two a license could be issued to
the very server that is giving back, and the late receipt would free a seat in use.  From the intent on, the receipt can
always be finished: its payload is in the ledger, the return that proves it lies beside it, and when its intent has to
be abandoned (the key was revoked) the same return gets another one.  It frees nothing twice, because the row of a
former site names the return that was counted.

A license intent that is abandoned was never handed out, so what it displaced holds the license again, unless it gave
it back meanwhile (:func:`undo`).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from offline_activation.errors import Refusal
from offline_activation.formats.keys import PublicKey, fingerprint
from offline_activation.formats.license_document import FORMER_SITE_SIZE, MAX_REPLACED, read_license
from offline_activation.formats.names import DocumentId, LicenseNumber, SiteId, show_license_number, site_id
from offline_activation.formats.receipt import read_receipt
from offline_activation.formats.request import ActivationRequest, Purpose, ReceivedRequest
from offline_activation.vendor.lint import unsigned
from offline_activation.vendor.ports import Work
from offline_activation.vendor.proof import proof_of
from offline_activation.vendor.records import AuditEntry, FormerSite, Installation, Intent, LicenseRecord, Move

_REFUSED_FORMER: Final = frozenset({"policy.returned", "policy.superseded"})


def give_back(
    work: Work, record: LicenseRecord, received: ReceivedRequest, *, response_id: DocumentId, now: int, actor: str
) -> LicenseRecord:
    """Free the seat that the site of a return holds, and return the license record as it is to be saved.

    A site that was replaced before holds no seat: it only counts as returned from now on.  A return that was counted
    before changes nothing, and the record comes back as it is.
    """
    request = received.content
    row = work.find_former_site(record.license_number, request.site_key)
    if row is not None and row.return_id == received.request_id and (row.how == "returned" or row.back is not None):
        return record
    held = record.installation
    former = FormerSite(
        license_number=record.license_number,
        site_key=request.site_key,
        volume_id=request.volume_id,
        how="returned",
        at=now,
        revision=record.revision,
        return_id=received.request_id,
        response_id=response_id,
        last_seen=None if row is None else row.last_seen,
        written_off=None if row is None else row.written_off,
    )
    record = _saved(work, record, former)
    _tell(work, record, "license.returned", {"site_key": fingerprint(former.site_key)}, now=now, actor=actor)
    if held is None or held.site_key != request.site_key:
        return record
    state = "ready" if record.state == "active" else record.state
    return replace(record, installation=None, state=state, last_contact=now)


def displaced_by(request: ActivationRequest, record: LicenseRecord, *, revision: int, now: int) -> FormerSite | None:
    """Return the server that a license for ``request`` takes the place of, as the former site that it becomes."""
    held = record.installation
    if held is None or held.site_key == request.site_key:
        return None
    proof = proof_of(request)
    proven = proof is not None and proof.content.site_key == held.site_key
    how: Move = "transferred" if request.purpose is Purpose.TRANSFER else "rehosted"
    return FormerSite(
        license_number=record.license_number,
        site_key=held.site_key,
        volume_id=held.volume_id,
        how=how,
        at=now,
        revision=revision,
        return_id=proof.request_id if proof is not None and proven else None,
    )


def replaced(work: Work, record: LicenseRecord, newest: FormerSite | None, *, holder: PublicKey) -> tuple[bytes, ...]:
    """Return what a license for ``holder`` says in ``replaced``: sites that may still run an older one, latest last."""
    keys = {holder} if newest is None else {holder, newest.site_key}
    kept = [site for site in work.former_sites(record.license_number) if site.site_key not in keys]
    found = [
        site.site for site in [*kept, *([newest] if newest else [])] if site.back is None and not site.has_returned
    ]
    marks = dict.fromkeys(bytes(site[:FORMER_SITE_SIZE]) for site in found)
    marks.pop(bytes(site_id(holder)[:FORMER_SITE_SIZE]), None)
    return tuple(marks)[-MAX_REPLACED:]


def take_seat(
    work: Work,
    record: LicenseRecord,
    request: ActivationRequest,
    newest: FormerSite | None,
    *,
    response_id: DocumentId,
    now: int,
    actor: str,
) -> LicenseRecord:
    """Record that a license (``response_id``) is about to be issued to the server of ``request``.

    ``newest`` is what :func:`displaced_by` returned.  A site that once held the license holds it again.
    """
    held = record.installation
    holds = held is not None and held.site_key == request.site_key
    own = None if holds else work.find_former_site(record.license_number, request.site_key)
    if own is not None:
        record = _saved(work, record, replace(own, back=response_id))
    if newest is None:
        return record
    before = work.find_former_site(record.license_number, newest.site_key)
    last_seen = None if before is None else before.last_seen
    record = _saved(work, record, replace(newest, response_id=response_id, last_seen=last_seen))
    details = {"from": fingerprint(newest.site_key), "to": fingerprint(request.site_key), "how": newest.how}
    _tell(work, record, "license.moved", details, now=now, actor=actor)
    return record


def note_seen(work: Work, received: ReceivedRequest, refusal: str, *, now: int, actor: str) -> None:
    """Record that a former site asked for something and is refused for it (``refusal`` is the code)."""
    request = received.content
    row = work.find_former_site(request.license_number, request.site_key)
    if refusal not in _REFUSED_FORMER or row is None:
        return
    work.save_former_site(replace(row, last_seen=now))
    record = work.find_license(request.license_number)
    if record is not None:
        details = {"site_key": fingerprint(row.site_key), "request": received.reference, "code": refusal}
        _tell(work, record, "former_site.seen", details, now=now, actor=actor)


def undo(work: Work, record: LicenseRecord, intent: Intent, site_key: PublicKey) -> LicenseRecord:
    """Take back what an abandoned license intent for the site ``site_key`` did to former sites.

    The site never got this license: it is again what it was before.
    """
    row = work.find_former_site(record.license_number, site_key)
    if row is None:
        return record
    if row.back is not None:
        return _saved(work, record, replace(row, back=None)) if row.back == intent.response_id else record
    last = _last_of(work.intents(record.license_number), row.site)
    if last is None:
        return _dropped(work, record, row)
    if last.kind == "receipt":
        return _saved(work, record, replace(row, how="returned", return_id=last.request_id))
    return record


def restored(work: Work, record: LicenseRecord, kept: Sequence[Intent], held: Installation) -> LicenseRecord:
    """Return the record with ``held`` as its server again, after the intent that took its place was abandoned.

    ``kept`` are the license intents that stand.  A server that gave the license back, or whose place another standing
    license took, does not get it back: then no server holds it.
    """
    row = work.find_former_site(record.license_number, held.site_key)
    if row is not None and row.back is None:
        if row.how == "returned" or any(item.response_id == row.response_id for item in kept):
            return replace(record, installation=None, state="ready" if record.state == "active" else record.state)
        record = _dropped(work, record, row)
    was_active = record.state == "ready" and record.first_activated is not None
    return replace(record, installation=held, state="active" if was_active else record.state)


def write_off(
    work: Work, number: LicenseNumber, *, reason: str, now: int, actor: str
) -> tuple[LicenseRecord, Sequence[FormerSite]]:
    """Count the unreturned former sites of a license no longer; return its record and these sites.

    Raises :class:`Refusal` ``vendor.unknown_license``, or ``vendor.nothing_unreturned`` when there are none.
    """
    record = work.find_license(number)
    if record is None:
        raise Refusal("vendor.unknown_license", license_number=show_license_number(number))
    found = [replace(site, written_off=now) for site in work.former_sites(number) if site.is_unreturned]
    if not found:
        raise Refusal("vendor.nothing_unreturned", license_number=show_license_number(number))
    for site in found:
        record = _saved(work, record, site)
    work.save_license(record)
    details = {"sites": " ".join(fingerprint(site.site_key) for site in found), "reason": reason}
    _tell(work, record, "license.written_off", details, now=now, actor=actor)
    return record, found


def _last_of(intents: Sequence[Intent], site: SiteId) -> Intent | None:
    """Return the newest license or receipt that stands for a site."""
    standing = [item for item in intents if item.state != "abandoned" and item.kind != "refusal"]
    return next((item for item in reversed(standing) if _site_in(item) == site), None)


def _site_in(intent: Intent) -> SiteId:
    envelope = unsigned(intent)
    return read_license(envelope).site if intent.kind == "license" else read_receipt(envelope).site


def _saved(work: Work, record: LicenseRecord, site: FormerSite) -> LicenseRecord:
    """Save a former site, and return the record with the count that follows."""
    before = work.find_former_site(site.license_number, site.site_key)
    work.save_former_site(site)
    was = before is not None and before.is_unreturned
    return replace(record, unreturned=record.unreturned + site.is_unreturned - was)


def _dropped(work: Work, record: LicenseRecord, site: FormerSite) -> LicenseRecord:
    work.drop_former_site(site.license_number, site.site_key)
    return replace(record, unreturned=record.unreturned - site.is_unreturned)


def _tell(work: Work, record: LicenseRecord, action: str, details: dict[str, str], *, now: int, actor: str) -> None:
    subject = show_license_number(record.license_number)
    work.append_audit(AuditEntry(at=now, actor=actor, action=action, subject=subject, details=details))
