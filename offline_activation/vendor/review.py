"""What is to be done with a request: rules with names, in order.  Pure: no database, clock or file.

Every rule looks at the request and at what the books know, and finds nothing or one :class:`Finding`.  The first
finding that refuses or asks decides; the sentences of all findings are kept, so that a person sees everything at once.
"""

from dataclasses import dataclass
from typing import Final

from offline_activation.errors import ActivationError
from offline_activation.formats.keys import fingerprint
from offline_activation.formats.request import ActivationRequest, Purpose
from offline_activation.vendor import rules_license, rules_moves, rules_site
from offline_activation.vendor.entitlements import Change, contact_changes, entitlement_changes
from offline_activation.vendor.known import Finding, Known, Rule
from offline_activation.vendor.records import Decision, Entitlement, LicenseRecord
from offline_activation.vendor.rules_license import STOPPED

__all__ = ["RULES", "SAYS_YES", "STOPPED", "Finding", "Known", "Review", "Rule", "review"]

SAYS_YES: Final = "ready"
"""Name of the rule that decides when no other does."""

RULES: Final[tuple[Rule, ...]] = (
    rules_license.unknown_license,
    rules_license.other_product,
    rules_moves.former_site,
    rules_license.stopped,
    rules_license.order_not_processed,
    rules_moves.nothing_to_return,
    rules_moves.proof,
    rules_moves.unreturned,
    rules_site.held_elsewhere,
    rules_moves.given_back,
    rules_site.purpose_asks,
    rules_moves.late_return,
    rules_site.site_key_twice,
    rules_site.volume_changed,
    rules_site.revision_ahead,
    rules_license.ended,
    rules_license.end_stays,
    rules_site.chain,
    rules_site.emergency_opened,
    rules_site.clock,
    rules_site.volume_twice,
    rules_license.usage_above,
)
"""In the order in which they decide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """The result: what is to be done, why, what it would change and what would be granted."""

    decision: Decision
    rule: str
    """Name of the rule that decided."""
    findings: tuple[Finding, ...]
    changes: tuple[Change, ...]
    grant: Entitlement | None
    """What a license would hold; ``None`` for a return, and without a license in the books."""

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
        grant=None if record is None or request.purpose is Purpose.RETURN else record.entitlement,
    )


def _why_yes(request: ActivationRequest, record: LicenseRecord | None) -> str:
    if request.purpose is Purpose.RETURN:
        return "The server gives the license back; it gets a receipt."
    if record is not None and record.installation is not None:
        return "The server that holds the license asks."
    return f"The license is ready and no server holds it ({request.purpose.name.lower()})."


def _changes(request: ActivationRequest, record: LicenseRecord, issued_company: str | None) -> tuple[Change, ...]:
    held = record.installation
    before = (held.volume_id, fingerprint(held.site_key)) if held else (None, None)
    gives_back = request.purpose is Purpose.RETURN
    after = before if gives_back else (request.volume_id, fingerprint(request.site_key))
    if gives_back and held is not None and held.site_key == request.site_key:
        after = (None, None)
    server = [
        Change(field=field, before=old, after=new)
        for field, old, new in zip(("volume_id", "site_key"), before, after, strict=True)
        if old != new
    ]
    if gives_back:
        return tuple(server)
    renamed = issued_company is not None and issued_company != record.company
    return (
        *((Change(field="company", before=issued_company, after=record.company),) if renamed else ()),
        *entitlement_changes(record.issued, record.entitlement),
        *server,
        *contact_changes(record.contact, request.contact),
    )
