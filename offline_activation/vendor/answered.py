"""The review of a request that already has its answer: the rules have nothing more to say about it.  Pure.

Looked at by the rules once more, such a request would seem to be a clone: its count is the one that was answered last.
"""

from dataclasses import replace
from typing import Final

from offline_activation.formats.instants import show_day
from offline_activation.formats.license_document import read_license
from offline_activation.vendor.entitlements import entitlement_of
from offline_activation.vendor.lint import unsigned
from offline_activation.vendor.records import Decision, Intent
from offline_activation.vendor.review import Finding, Review

ANSWERED: Final = "answered"
"""Name of the rule that stands in for all others."""


def as_answered(found: Review, intent: Intent, *, zone: str, approved_by: str | None) -> Review:
    """Return the review of a request that has ``intent``: how it was answered, and what that grants.

    ``zone`` is the time zone of the request, ``approved_by`` the person who approved it.
    """
    decision: Decision = "refuse" if intent.kind == "refusal" else "sign"
    finding = Finding(rule=ANSWERED, decision=decision, reason=_said(intent, approved_by))
    return replace(
        found,
        decision=finding.decision,
        rule=ANSWERED,
        findings=(finding,),
        changes=() if intent.state == "signed" else found.changes,
        grant=entitlement_of(read_license(unsigned(intent)), zone) if intent.kind == "license" else found.grant,
    )


def _said(intent: Intent, approved_by: str | None) -> str:
    day = show_day(intent.intended)
    named = {"license": f"revision {intent.revision}", "receipt": "a receipt", "refusal": f"a refusal ({intent.code})"}
    what = named[intent.kind]
    if intent.state != "signed":
        begun = f"Approved by {approved_by}" if approved_by else "Begun"
        return f"{begun} on {day}: {what} is recorded and will be signed exactly so."
    if intent.kind != "refusal":
        return f"Already answered: signed as {what} on {day}."
    return f"Already answered: refused ({intent.code}) on {day}."
