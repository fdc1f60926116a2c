"""Rules about the server that asks: does it hold the license, is it where it was, does its chain go on.  Pure."""

from typing import Final

from offline_activation.errors import Refusal
from offline_activation.formats.instants import DAY, show_day, show_instant
from offline_activation.formats.keys import fingerprint
from offline_activation.formats.names import show_license_number
from offline_activation.formats.request import ActivationRequest, Purpose
from offline_activation.vendor.emergency import opened_at
from offline_activation.vendor.forking import follows_last
from offline_activation.vendor.known import MOVES, Finding, Known, ask, holds, no, note
from offline_activation.vendor.proof import is_proven, steps_back
from offline_activation.vendor.records import Installation

_AHEAD: Final = DAY
_OLD: Final = 180 * DAY
"""A request older than this is an old file, or one of the two clocks is wrong."""
_EARLIEST: Final = 946_684_800 + 20 * 365 * DAY + 5 * DAY
"""2020-01-01: no site of this product existed before."""


def held_elsewhere(request: ActivationRequest, known: Known, _now: int) -> Finding | None:
    """Let a license that another server holds move only by proof or by a person, and else refuse."""
    if known.holder is None or holds(request, known):
        return None
    if request.purpose is Purpose.RETURN and known.former is not None:
        return None  # it gives back what it held before (vendor.rules_moves)
    if is_proven(request, known):
        return note("held_elsewhere", "The request carries the return of the server that holds the license.")
    if request.purpose in MOVES:
        return ask("held_elsewhere", _replaces(known, known.holder))
    return no("held_elsewhere", Refusal("policy.license_bound"))


def _replaces(known: Known, holder: Installation) -> str:
    said = f"The license is held by another server (site key {fingerprint(holder.site_key)})"
    if known.definition is None:
        return f"{said}."
    count, limit = known.unreturned + 1, known.definition.max_unreturned
    return f"{said}; granted, the old server will count as unreturned ({count} of {limit})."


def purpose_asks(request: ActivationRequest, known: Known, _now: int) -> Finding | None:
    """Ask a person about the purposes that the product does not leave to rules."""
    if known.definition is None or request.purpose in known.definition.auto:
        return None
    purpose = request.purpose.name.lower()
    return ask("purpose", f"Product {known.definition.product} asks a person about every {purpose}.")


def site_key_twice(request: ActivationRequest, known: Known, _now: int) -> Finding | None:
    """Ask about a site key that would hold two licenses."""
    if not known.others_of_site_key or holds(request, known) or request.purpose is Purpose.RETURN:
        return None
    other = show_license_number(known.others_of_site_key[0].license_number)
    return ask("site_key_twice", f"This site key already holds another license ({other}).")


def volume_changed(request: ActivationRequest, known: Known, _now: int) -> Finding | None:
    """Ask about a server whose HD Volume ID changed without a rebind."""
    held = known.holder
    if held is None or not holds(request, known) or held.volume_id == request.volume_id:
        return None
    reason = f"The HD Volume ID changed from {held.volume_id} to {request.volume_id}."
    told = request.purpose in {Purpose.REBIND, Purpose.RETURN}
    return note("volume_changed", reason) if told else ask("volume_changed", reason)


def revision_ahead(request: ActivationRequest, known: Known, _now: int) -> Finding | None:
    """Ask about a site that knows more than the books."""
    if known.license is None or request.revision <= known.license.revision:
        return None
    there, here = request.revision, known.license.revision
    return ask("revision_ahead", f"The site has revision {there}, the books only {here}; they may be restored ones.")


def chain(request: ActivationRequest, known: Known, _now: int) -> Finding | None:
    """Tell when a request does not follow the last one of its site key."""
    record, held = known.license, known.holder
    if record is None or held is None or not holds(request, known) or follows_last(request, record):
        return None
    if steps_back(request, held):
        what = _already_sent(request.counter, held.counter)
    elif record.last_response is not None and request.previous != record.last_response:
        what = "the server had not imported the last response when it asked"
    else:
        return None
    if record.forks is not None and request.previous == record.forks.left_behind:
        return note("chain", f"Two servers seem to run with one site key, each with a history of its own: {what}.")
    return note("chain", f"The request does not follow the last one (a restored backup, a clone, or late): {what}.")


def _already_sent(count: int, last: int) -> str:
    if count == last:
        return f"this server has already sent request number {last}"
    return f"it is request number {count} of this server, which has already sent number {last}"


def clock(request: ActivationRequest, _known: Known, now: int) -> Finding | None:
    """Tell when the clock of the server is far off."""
    if max(_EARLIEST, now - _OLD) <= request.created <= now + _AHEAD:
        return None
    created = show_instant(request.created)
    return note("clock", f"The request is dated {created}, far from this clock; the license carries the vendor's time.")


def volume_twice(request: ActivationRequest, known: Known, _now: int) -> Finding | None:
    """Tell when a server with the same HD Volume ID holds another license of the product."""
    others = [
        other
        for other in known.others_of_volume
        if other.product == request.product
        and other.installation is not None
        and other.installation.site_key != request.site_key
    ]
    if not others:
        return None
    other = show_license_number(others[0].license_number)
    return note("volume_twice", f"A server with the same HD Volume ID holds license {other} of this product.")


def emergency_opened(request: ActivationRequest, known: Known, now: int) -> Finding | None:
    """Tell that the emergency license was opened, and what that means for the next ones."""
    if known.license is None or request.emergency_opened is None:
        return None
    day = show_day(opened_at(request.emergency_opened, known.license, now=now))
    said = f"The emergency license was opened on {day}"
    if request.purpose in MOVES or request.purpose is Purpose.RETURN:
        return note("emergency_opened", f"{said}.")
    return note("emergency_opened", f"{said}; for 365 days the licenses for this server hold no other one.")
