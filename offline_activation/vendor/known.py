"""What the rules look at and what they say: the material of a review.  Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from offline_activation.errors import ActivationError
from offline_activation.formats.names import Reference
from offline_activation.formats.request import ActivationRequest, Purpose
from offline_activation.vendor.products import Definition
from offline_activation.vendor.records import Decision, FormerSite, Installation, LicenseRecord, OrderId

MOVES: Final = frozenset({Purpose.TRANSFER, Purpose.REHOST, Purpose.REBIND})
"""Purposes by which another server may come to hold a license, when a person or a proof says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the books know that bears on one request."""

    license: LicenseRecord | None
    definition: Definition | None
    """Definition of the license's product."""
    open_orders: Sequence[OrderId] = ()
    """Orders of this license that are entered and not yet processed."""
    others_of_site_key: Sequence[LicenseRecord] = ()
    """Other licenses held by the site key of the request."""
    others_of_volume: Sequence[LicenseRecord] = ()
    """Other licenses held by servers with the HD Volume ID of the request."""
    issued_company: str | None = None
    """Company in the last license that was signed; ``None`` before the first."""
    issued_revision: int = 0
    """Revision of the last license that was signed, 0 before the first."""
    former: FormerSite | None = None
    """The site that asks, as one that once held the license."""
    open_move: Reference | None = None
    """The request for whose license the site that asks was displaced, while no such license is signed."""
    proof_site: FormerSite | None = None
    """The site that signed the return inside the request, as one that once held the license."""
    later_return: bool = False
    """The request names a return that its site key made of another license after it had given this one back."""
    unreturned: int = 0
    """Unreturned servers of the customer, all licenses of the product together."""

    @property
    def holder(self) -> Installation | None:
        """The server that holds the license."""
        return None if self.license is None else self.license.installation


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one rule found: its name, what it decides, one sentence, and the refusal that no approval can lift."""

    rule: str
    decision: Decision
    reason: str
    refusal: ActivationError | None = None


Rule = Callable[[ActivationRequest, Known, int], Finding | None]
"""Takes a request, what is known and the vendor's time in seconds since 1970 UTC; finds nothing, or one thing."""


def holds(request: ActivationRequest, known: Known) -> bool:
    """Tell whether the site that asks holds the license."""
    return known.holder is not None and known.holder.site_key == request.site_key


def no(rule: str, refusal: ActivationError) -> Finding:
    """Return a finding that refuses."""
    return Finding(rule=rule, decision="refuse", reason=refusal.message, refusal=refusal)


def ask(rule: str, reason: str) -> Finding:
    """Return a finding that leaves the decision to a person."""
    return Finding(rule=rule, decision="ask", reason=reason)


def ask_in_vain(rule: str, refusal: ActivationError) -> Finding:
    """Return a finding that waits, but for something else than an approval."""
    return Finding(rule=rule, decision="ask", reason=refusal.message, refusal=refusal)


def note(rule: str, reason: str) -> Finding:
    """Return a finding that stops nothing and is told."""
    return Finding(rule=rule, decision="sign", reason=reason)
