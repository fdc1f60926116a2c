"""Rules about moves: servers that held the license before, returns, proofs, and how many may stay unreturned.  Pure."""

from offline_activation.errors import Refusal
from offline_activation.formats.instants import show_day
from offline_activation.formats.names import document_id
from offline_activation.formats.request import ActivationRequest, Purpose, request_payload
from offline_activation.vendor.known import MOVES, Finding, Known, ask, ask_in_vain, holds, no, note
from offline_activation.vendor.proof import is_proven, problem_of_proof, what_is_late
from offline_activation.vendor.records import FormerSite


def former_site(request: ActivationRequest, known: Known, _now: int) -> Finding | None:
    """Refuse a server that does not hold the license any more, unless it knows of its return or gives back now.

    What runs there is an older copy: a directory restored after a return, or a server that was replaced and lives.
    While the license of its successor is only recorded, the move may be undone: then it waits.
    """
    former = known.former
    if former is None or former.back is not None:
        return None
    if request.purpose is Purpose.RETURN:
        return _return_of_former(request, former)
    if known.later_return or (former.return_id is not None and request.returned == former.return_id):
        return None  # it knows of its return, so it is like any new server
    if former.how == "returned":
        return no("returned", Refusal("policy.returned", when=show_day(former.at)))
    if is_proven(request, known):
        return None  # the server that holds the license gives it back to this one
    return _of_superseded(former, known)


def nothing_to_return(request: ActivationRequest, known: Known, _now: int) -> Finding | None:
    """Refuse the return of a server that never held the license, when no server holds it."""
    if request.purpose is not Purpose.RETURN or known.license is None:
        return None
    if known.holder is not None or known.former is not None:
        return None
    return no("nothing_to_return", Refusal("policy.not_held"))


def given_back(request: ActivationRequest, known: Known, _now: int) -> Finding | None:
    """Ask about a server that was never seen and wants a license that another one gave back.

    The license number has been in requests, mails and license files by then, so it proves nothing any more.
    """
    record = known.license
    if record is None or record.first_activated is None or request.purpose is Purpose.RETURN:
        return None
    if record.installation is not None or known.former is not None or is_proven(request, known):
        return None
    return ask("given_back", "The license was given back by another server, and the request does not carry its return.")


def late_return(request: ActivationRequest, known: Known, _now: int) -> Finding | None:
    """Ask about a return that does not know the last license of its server: a copy of the server may run that."""
    if request.purpose is not Purpose.RETURN or not holds(request, known):
        return None
    if known.former is not None and known.former.return_id == document_id(request_payload(request)):
        return note("late_return", "This return was counted before; the license that was issued since stays.")
    late = what_is_late(request, known)
    if late is None:
        return None
    return ask("late_return", f"The return was made before the last license of this server ({late}): it may run that.")


def proof(request: ActivationRequest, known: Known, _now: int) -> Finding | None:
    """Refuse a transfer whose proof proves nothing."""
    if known.license is None or request.purpose is not Purpose.TRANSFER or request.proof is None:
        return None
    problem = problem_of_proof(request, known)
    return None if problem is None else no("proof", Refusal("policy.proof", what=problem))


def unreturned(request: ActivationRequest, known: Known, _now: int) -> Finding | None:
    """Refuse one more replaced server to a customer who has given back too few.

    The count has no window of time, so no clock can be moved to get more.
    """
    if known.definition is None or known.holder is None or holds(request, known):
        return None
    if request.purpose not in MOVES or is_proven(request, known):
        return None
    count, limit = known.unreturned, known.definition.max_unreturned
    if count < limit:
        return None
    return no("unreturned", Refusal("policy.unreturned", count=count, limit=limit))


def _of_superseded(former: FormerSite, known: Known) -> Finding:
    if known.open_move is not None:  # a refusal would stop a server that may come to hold the license again
        return ask_in_vain("move_open", Refusal("policy.move_open", reference=known.open_move))
    return no("superseded", Refusal("policy.superseded", when=show_day(former.at)))


def _return_of_former(request: ActivationRequest, former: FormerSite) -> Finding | None:
    if former.has_returned and former.how != "returned":
        return note("former_site", "This return came with the transfer to another server; nothing else changes.")
    if former.how != "returned":
        said = "counts no longer" if former.written_off is None else "was written off before"
        return note("former_site", f"A server that was replaced gives the license back; it {said}.")
    if former.return_id == document_id(request_payload(request)):
        return note("former_site", "This return was counted before; its receipt is made anew.")
    return no("returned", Refusal("policy.returned", when=show_day(former.at)))
