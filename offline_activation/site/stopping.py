"""The vendor's word that this site no longer holds the license: kept as evidence, and taken away by a newer license."""

from typing import Final

from offline_activation.errors import ActivationError, Refusal
from offline_activation.formats.envelope import open_envelope
from offline_activation.formats.instants import show_instant
from offline_activation.formats.license_document import LicenseDocument, read_license
from offline_activation.formats.names import document_id, show_license_number
from offline_activation.site import history, pending
from offline_activation.site.directory import CHAIN, StateDirectory
from offline_activation.site.installation import Installation, keep_newest_trust
from offline_activation.site.unfinished import try_each
from offline_activation.verify.checks import CLOCK_TOLERANCE
from offline_activation.verify.directory import EMERGENCY, OPENED, RECEIPT, RETURNED, STOPPED
from offline_activation.verify.evidence import find_vendors_stop
from offline_activation.verify.stopped import by_vendor
from offline_activation.verify.trust import Trust

SUPERSEDED: Final = "license.superseded"
"""The code of the ladder for a license of another site that names this one as replaced."""

_AHEAD: Final = (
    "If this clock is right, tell the vendor to correct the clock there; else correct it and import this again."
)


def keep_stop(site: Installation, document: bytes, trust: Trust, *, now: int) -> bool:
    """Keep a document of the vendor when it stops the license that is here; tell whether it does.

    ``now`` is in seconds since 1970 UTC.  Raises ``clock.future`` for one that is dated ahead of it, as no license that
    is signed by a right clock would come after that one; ``Trouble`` ``io.unwritable``.
    """
    if site.license is None:
        return False
    stop = by_vendor(
        document,
        trust=trust,
        product=site.product.product,
        site_key=site.facts.site_key,
        in_force=site.license.content,
    )
    if stop is None:
        return False
    if stop.since > now + CLOCK_TOLERANCE:
        kind = open_envelope(document).kind.value
        raise Refusal("clock.future", kind=kind, issued=show_instant(stop.since), now=show_instant(now)).advising(
            _AHEAD
        )
    known = find_vendors_stop(
        str(site.directory.home), site.product.product, site.facts.site_key, trust, in_force=site.license.content
    )
    if known is not None and known.state == stop.state and known.since <= stop.since:
        return True  # it knows the day better
    if _read(site.directory, STOPPED) != document:
        site.directory.write(STOPPED, document)
    return True


def keep_superseding(site: Installation, document: bytes, *, now: int) -> tuple[ActivationError, ...]:
    """Keep the license of the server that replaced this one, and its trust list; returns what did not work."""
    envelope = open_envelope(document)
    said = read_license(envelope)
    details = {"license_number": show_license_number(said.license_number), "revision_there": said.revision}
    subject = document_id(envelope.payload).hex()
    record = history.Record(at=now, event=history.LICENSE_STOPPED, subject=subject, details=details)

    def keep() -> None:
        if keep_stop(site, document, site.trust, now=now):
            history.tell(site.directory, record)

    return try_each(
        "The license of the other server was read",
        keep,
        lambda: keep_newest_trust(site.directory, site.product, said.trust),
    )


def clear(site: Installation, document: bytes, license_: LicenseDocument, *, again: bool) -> None:
    """Remove what a newer license ends: tombstone, evidence, opened emergency license and the id of a receipt.

    What the vendor signed later than ``license_`` stays, unless the license answers a request that was made here after
    that; and so does an emergency license opened from it.  A license that was in force before (``again``) ends an
    emergency license only when it answers a request that told of it.
    """
    directory = site.directory
    names = [RETURNED, RECEIPT, CHAIN]
    home, product = str(directory.home), site.product.product
    stop = find_vendors_stop(home, product, site.facts.site_key, site.trust, in_force=None)
    if stop is None or stop.since < license_.issued or _asked_since(directory, license_):
        names.append(STOPPED)
    if _read(directory, EMERGENCY) != document and (not again or _knows_of_emergency(directory, license_)):
        names += [OPENED, EMERGENCY]
    for name in names:
        if directory.has(name):
            directory.remove(name)


def _knows_of_emergency(directory: StateDirectory, license_: LicenseDocument) -> bool:
    asked = pending.find(directory, license_.request_id)
    return asked is not None and asked.content.emergency_opened is not None


def _asked_since(directory: StateDirectory, license_: LicenseDocument) -> bool:
    """Tell whether the request that ``license_`` answers was made here after the document that stopped this site came.

    The order of the history decides, which no clock can change; without its lines the answer is no.
    """
    kept = _read(directory, STOPPED)
    if kept is None:
        return False
    stop, asked = document_id(open_envelope(kept).payload).hex(), license_.request_id.hex()
    order = {(each.event, each.subject): number for number, each in enumerate(history.records(directory))}
    came = [
        order[event, stop] for event in (history.REQUEST_REFUSED, history.LICENSE_STOPPED) if (event, stop) in order
    ]
    made = order.get((history.REQUEST_MADE, asked))
    return made is not None and bool(came) and made > came[0]


def _read(directory: StateDirectory, name: str) -> bytes | None:
    try:
        return directory.read(name)
    except ActivationError:
        return None
