"""The return inside a transfer: whether it proves that the server which holds the license has given it back.  Pure."""

from offline_activation.errors import Refusal
from offline_activation.formats.request import ActivationRequest, Purpose, ReceivedRequest, receive_request
from offline_activation.vendor.known import Known
from offline_activation.vendor.records import Installation


def proof_of(request: ActivationRequest) -> ReceivedRequest | None:
    """Return the return that a transfer carries, whole and well signed; ``None`` when it carries none that is so."""
    if request.purpose is not Purpose.TRANSFER or request.proof is None:
        return None
    try:
        return receive_request(request.proof)
    except Refusal:
        return None


def is_proven(request: ActivationRequest, known: Known) -> bool:
    """Tell whether ``request`` is a transfer with a good proof."""
    if known.license is None or request.purpose is not Purpose.TRANSFER or request.proof is None:
        return False
    return problem_of_proof(request, known) is None


def problem_of_proof(request: ActivationRequest, known: Known) -> str | None:
    """Return what is wrong with the proof of a transfer; ``None`` when it is good.

    It is good when the server that holds the license made it knowing everything that was issued to it (else a directory
    restored from a backup could run what was issued since), or when it is the recorded return of a server that has held
    the license and no third server holds it now.
    """
    found = proof_of(request)
    if found is None:
        return "it is no whole and well signed return"
    given, held = found.content, known.holder
    if given.purpose is not Purpose.RETURN or given.site_key == request.site_key:
        return "it is no return of another server"
    if (given.license_number, given.product) != (request.license_number, request.product):
        return "it is for another license"
    if held is not None and held.site_key == given.site_key:
        behind = what_is_late(given, known)
        return f"that server may run a newer license ({behind})" if behind else None
    recorded = known.proof_site is not None and known.proof_site.return_id == found.request_id
    if recorded and (held is None or held.site_key == request.site_key):
        return None
    return "another server made it"


def what_is_late(given: ActivationRequest, known: Known) -> str | None:
    """Return why a return by the server that holds the license was made before the last one issued to it.

    ``None`` when it knows that one.  Its count alone does not tell: a directory restored from a backup of before the
    return may have imported a later response, and counts on from there.
    """
    record, held = known.license, known.holder
    if record is None or held is None:
        return None
    if steps_back(given, held):
        return f"count {given.counter}, last answered {held.counter}"
    if given.revision < known.issued_revision:
        return f"it gives back revision {given.revision}, the last one issued is {known.issued_revision}"
    if record.last_response is not None and given.previous != record.last_response:
        return "it does not know the last response"
    return None


def steps_back(request: ActivationRequest, held: Installation) -> bool:
    """Tell whether a site key counts from an earlier point than its last answered request."""
    return request.counter <= held.counter
