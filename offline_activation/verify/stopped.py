"""What stops a site for good: its own return, or a document in which the vendor says so.  Pure.

It takes a signature to stop a site.  A document that is damaged, of somebody else, signed by a revoked key or older
than the license in force stops nobody: the answer is then ``None``, as if it were not there.
"""

from typing import Final

from offline_activation.errors import Refusal
from offline_activation.formats.envelope import Kind
from offline_activation.formats.instants import show_day
from offline_activation.formats.keys import PublicKey
from offline_activation.formats.license_document import LicenseDocument, names_former_site
from offline_activation.formats.names import ProductId, site_id
from offline_activation.formats.receipt import ReceiptDocument
from offline_activation.formats.request import Purpose, ReceivedRequest, receive_request
from offline_activation.formats.value import value
from offline_activation.verify.checks import check_origin
from offline_activation.verify.stages import RETURNED, REVOKED, SUPERSEDED
from offline_activation.verify.trust import Trust

STATE_OF_CODE: Final = {"policy.returned": RETURNED, "policy.superseded": SUPERSEDED, "policy.revoked": REVOKED}
"""Codes of a signed refusal that stop a site; every other one only answers its request."""


@value
class Stop:
    """Why a site may do nothing: its state, the problem to show, and since when, in seconds since 1970 UTC."""

    state: str
    problem: Refusal
    since: int


def by_return(
    document: bytes, *, product: ProductId, site_key: PublicKey, in_force: LicenseDocument | None
) -> ReceivedRequest | None:
    """Return the return that ``document`` is, when this site made it and it gave back what is ``in_force`` or more."""
    try:
        made = receive_request(document)
    except Refusal:
        return None
    asked = made.content
    if (asked.purpose, asked.product, asked.site_key) != (Purpose.RETURN, product, site_key):
        return None
    if in_force is None:
        return made
    gave_it = asked.license_number == in_force.license_number and asked.revision >= in_force.revision
    return made if gave_it else None


def returned(made: ReceivedRequest) -> Stop:
    """Return the stop that the site's own return is."""
    return Stop(state=RETURNED, problem=Refusal("license.returned"), since=made.content.created)


def by_vendor(
    document: bytes, *, trust: Trust, product: ProductId, site_key: PublicKey, in_force: LicenseDocument | None
) -> Stop | None:
    """Return the stop that ``document`` of the vendor is, when it counts against what is ``in_force``."""
    try:
        proven = check_origin(document, Kind.REFUSAL, Kind.LICENSE, trust=trust, product=product)
    except Refusal:
        return None
    said, site = proven.content, site_id(site_key)
    if proven.is_revoked or (in_force is not None and said.issued < in_force.issued):
        return None
    if isinstance(said, LicenseDocument):
        same = in_force is None or said.license_number == in_force.license_number
        if not same or said.site == site or not names_former_site(said, site):
            return None
        return Stop(state=SUPERSEDED, problem=_moved(show_day(said.issued)), since=said.issued)
    if isinstance(said, ReceiptDocument) or said.site != site or said.code not in STATE_OF_CODE:
        return None
    state = STATE_OF_CODE[said.code]
    problems = {
        RETURNED: Refusal("license.returned"),
        REVOKED: Refusal("license.revoked"),
        SUPERSEDED: _moved(f"{show_day(said.issued)} or before"),
    }
    return Stop(state=state, problem=problems[state], since=said.issued)


def _moved(when: str) -> Refusal:
    return Refusal("license.superseded", moved=when)
