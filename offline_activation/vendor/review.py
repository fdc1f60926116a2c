"""What is to be done with a request: rules with names, in order.  Pure: no database, clock or file.

Every rule looks at the request and at what the books know, and finds nothing or one :class:`Finding`.  The first
finding that refuses or asks decides; the sentences of all findings are kept, so that a person sees everything at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from offline_activation.errors import ActivationError, Refusal
from offline_activation.formats.instants import DAY, show_instant
from offline_activation.formats.keys import fingerprint
from offline_activation.formats.names import show_license_number
from offline_activation.formats.request import ActivationRequest, Purpose
from offline_activation.vendor.entitlements import Change, contact_changes, end_of_day, entitlement_changes
from offline_activation.vendor.products import Definition
from offline_activation.vendor.records import Decision, Entitlement, LicenseRecord, OrderId

SAYS_YES: Final = "ready"
"""Name of the rule that decides when no other does."""

STOPPED: Final = {"suspended": "policy.suspended", "revoked": "policy.revoked"}
"""States in which a license grants nothing, and the code that says so."""

_AHEAD: Final = DAY
_OLD: Final = 180 * DAY
"""A request older than this is an old file, or one of the two clocks is wrong."""
_EARLIEST: Final = 946_684_800 + 20 * 365 * DAY + 5 * DAY
"""2020-01-01: no site of this product existed before."""
_MOVES: Final = (Purpose.TRANSFER, Purpose.REHOST, Purpose.REBIND)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one rule found: its name, what it decides, one sentence, and the refusal that no approval can lift."""

    rule: str
    decision: Decision
    reason: str
    refusal: ActivationError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """The result: what is to be done, why, what it would change and what would be granted."""

    decision: Decision
    rule: str
    """Name of the rule that decided."""
    findings: tuple[Finding, ...]
    changes: tuple[Change, ...]
    grant: Entitlement | None
    """What a license would hold; ``None`` without a license in the books."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """One sentence for each finding."""
        return tuple(finding.reason for finding in self.findings)

    @property
    def refusal(self) -> ActivationError | None:
        """Why the request is refused, when the decision is ``refuse``."""
        return self.blocking if self.decision == "refuse" else None

    @property
    def blocking(self) -> ActivationError | None:
        """What refuses even after a person has approved; ``None`` when an approval is enough."""
        return next((finding.refusal for finding in self.findings if finding.refusal is not None), None)


def review(request: ActivationRequest, known: Known, *, now: int) -> Review:
    """Return what is to be done with ``request``; ``now`` is the vendor's time in seconds since 1970 UTC."""
    findings = tuple(finding for rule in RULES if (finding := rule(request, known, now)) is not None)
    deciding = next((finding for finding in findings if finding.decision != "sign"), None)
    record = known.license
    if deciding is None:
        findings = (*findings, Finding(rule=SAYS_YES, decision="sign", reason=_why_yes(request, record)))
    return Review(
        decision="sign" if deciding is None else deciding.decision,
        rule=SAYS_YES if deciding is None else deciding.rule,
        findings=findings,
        changes=() if record is None else _changes(request, record, known.issued_company),
        grant=None if record is None else record.entitlement,
    )


def _unknown_license(_request: ActivationRequest, known: Known, _now: int) -> Finding | None:
    if known.license is not None and known.definition is not None:
        return None
    return _no("unknown_license", Refusal("policy.unknown_license"))


def _other_product(request: ActivationRequest, known: Known, _now: int) -> Finding | None:
    if known.license is None or known.license.product == request.product:
        return None
    expected = known.license.product
    return _no(
        "other_product", Refusal("binding.other_product", kind="request", found=request.product, expected=expected)
    )


def _stopped(_request: ActivationRequest, known: Known, _now: int) -> Finding | None:
    if known.license is None or known.license.state not in STOPPED:
        return None
    return _no(known.license.state, Refusal(STOPPED[known.license.state]))


def _order_not_processed(request: ActivationRequest, known: Known, _now: int) -> Finding | None:
    if known.license is None:
        return None
    if known.license.state == "ordered" and known.open_orders:
        return _ask_in_vain("order_not_processed", Refusal("policy.order_open", order=tuple(known.open_orders)))
    if known.license.state == "ordered":
        return _no("not_ordered", Refusal("policy.not_ordered"))
    if not known.open_orders:
        return None
    several = len(known.open_orders) > 1
    orders = f"Orders {_listed(known.open_orders)} are" if several else f"Order {known.open_orders[0]} is"
    if request.purpose is Purpose.RENEW:  # a purchase on its way must not hold up a lease
        without = "them" if several else "it"
        return _note("order_not_processed", f"{orders} not processed yet; the renewal goes on without {without}.")
    first = f"run 'activation-vendor order process {' '.join(known.open_orders)}' and sign again"
    return _ask("order_not_processed", f"{orders} entered but not processed: {first}, or approve without the purchase.")


def _bound_elsewhere(request: ActivationRequest, known: Known, _now: int) -> Finding | None:
    held = known.license.installation if known.license is not None else None
    if held is None or held.site_key == request.site_key:
        return None
    if request.purpose in _MOVES:
        return _ask("held_elsewhere", f"The license is held by another server (site key {fingerprint(held.site_key)}).")
    return _no("held_elsewhere", Refusal("policy.license_bound"))


def _purpose_asks(request: ActivationRequest, known: Known, _now: int) -> Finding | None:
    purpose = request.purpose.name.lower()
    if request.purpose is Purpose.RETURN:
        return _ask_in_vain("purpose", Refusal("policy.purpose_not_ready", purpose=purpose))
    if known.definition is None or request.purpose in known.definition.auto:
        return None
    return _ask("purpose", f"Product {known.definition.product} asks a person about every {purpose}.")


def _site_key_twice(request: ActivationRequest, known: Known, _now: int) -> Finding | None:
    held = known.license.installation if known.license is not None else None
    if not known.others_of_site_key or (held is not None and held.site_key == request.site_key):
        return None
    other = show_license_number(known.others_of_site_key[0].license_number)
    return _ask("site_key_twice", f"This site key already holds another license ({other}).")


def _volume_changed(request: ActivationRequest, known: Known, _now: int) -> Finding | None:
    held = known.license.installation if known.license is not None else None
    if held is None or held.site_key != request.site_key or held.volume_id == request.volume_id:
        return None
    reason = f"The HD Volume ID changed from {held.volume_id} to {request.volume_id}."
    return _note("volume_changed", reason) if request.purpose is Purpose.REBIND else _ask("volume_changed", reason)


def _revision_ahead(request: ActivationRequest, known: Known, _now: int) -> Finding | None:
    if known.license is None or request.revision <= known.license.revision:
        return None
    there, here = request.revision, known.license.revision
    return _ask("revision_ahead", f"The site has revision {there}, the books only {here}; they may be restored ones.")


def _ended(request: ActivationRequest, known: Known, now: int) -> Finding | None:
    until = known.license.entitlement.until if known.license is not None else None
    if until is None or now < end_of_day(until, request.zone):
        return None
    return _no("ended", Refusal("policy.ended", until=until))


def _chain(request: ActivationRequest, known: Known, _now: int) -> Finding | None:
    record = known.license
    held = record.installation if record is not None else None
    if record is None or held is None or held.site_key != request.site_key:
        return None
    if request.counter <= held.counter:
        what = f"its count {request.counter} does not follow {held.counter}"
    elif record.last_response is not None and request.previous != record.last_response:
        what = "it does not know the last response"
    else:
        return None
    return _note("chain", f"The request does not follow the last one ({what}): a restored backup, a clone, or late.")


def _clock(request: ActivationRequest, _known: Known, now: int) -> Finding | None:
    if max(_EARLIEST, now - _OLD) <= request.created <= now + _AHEAD:
        return None
    created = show_instant(request.created)
    return _note(
        "clock", f"The request is dated {created}, far from this clock; the license carries the vendor's time."
    )


def _usage_above(request: ActivationRequest, known: Known, _now: int) -> Finding | None:
    bought = known.license.entitlement.limits if known.license is not None else {}
    above = [
        f"{name} {count} in use, {bought.get(name, 0)} bought"
        for name, count in request.usage.items()
        if count > bought.get(name, 0)
    ]
    return _note("usage_above", f"More is in use than was bought: {'; '.join(above)}.") if above else None


def _volume_twice(request: ActivationRequest, known: Known, _now: int) -> Finding | None:
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
    return _note("volume_twice", f"A server with the same HD Volume ID holds license {other} of this product.")


Rule = Callable[[ActivationRequest, Known, int], Finding | None]

RULES: Final[tuple[Rule, ...]] = (
    _unknown_license,
    _other_product,
    _stopped,
    _order_not_processed,
    _bound_elsewhere,
    _purpose_asks,
    _site_key_twice,
    _volume_changed,
    _revision_ahead,
    _ended,
    _chain,
    _clock,
    _volume_twice,
    _usage_above,
)
"""In the order in which they decide."""


def _no(rule: str, refusal: ActivationError) -> Finding:
    return Finding(rule=rule, decision="refuse", reason=refusal.message, refusal=refusal)


def _ask(rule: str, reason: str) -> Finding:
    return Finding(rule=rule, decision="ask", reason=reason)


def _ask_in_vain(rule: str, refusal: ActivationError) -> Finding:
    """Wait, but for something else than an approval."""
    return Finding(rule=rule, decision="ask", reason=refusal.message, refusal=refusal)


def _note(rule: str, reason: str) -> Finding:
    return Finding(rule=rule, decision="sign", reason=reason)


def _why_yes(request: ActivationRequest, record: LicenseRecord | None) -> str:
    if record is not None and record.installation is not None:
        return "The server that holds the license asks."
    return f"The license is ready and no server holds it ({request.purpose.name.lower()})."


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _changes(request: ActivationRequest, record: LicenseRecord, issued_company: str | None) -> tuple[Change, ...]:
    held = record.installation
    renamed = issued_company is not None and issued_company != record.company
    volume = Change(field="volume_id", before=held.volume_id if held else None, after=request.volume_id)
    key = Change(
        field="site_key",
        before=fingerprint(held.site_key) if held else None,
        after=fingerprint(request.site_key),
    )
    return (
        *((Change(field="company", before=issued_company, after=record.company),) if renamed else ()),
        *entitlement_changes(record.issued, record.entitlement),
        *(change for change in (volume, key) if change.before != change.after),
        *contact_changes(record.contact, request.contact),
    )
