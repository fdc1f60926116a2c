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

    It is good when the server that holds the license made it after everything that was issued to it, or when it is the
    recorded return of a server that has held the license and no third server holds it now.
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
        return "it is older than the last license of that server" if steps_back(given, held) else None
    recorded = known.proof_site is not None and known.proof_site.return_id == found.request_id
    if recorded and (held is None or held.site_key == request.site_key):
        return None
    return "another server made it"


def steps_back(request: ActivationRequest, held: Installation) -> bool:
    """Tell whether a site key counts from an earlier point than its last answered request."""
    return request.counter <= held.counter
