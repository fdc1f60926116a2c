"""What a response changes, field by field.  Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from offline_activation.formats.instants import show_days, show_local_end
from offline_activation.formats.license_document import LicenseDocument
from offline_activation.formats.match_policy import match_words
from offline_activation.formats.policy import Fallback, Policy
from offline_activation.verify.rights import in_grace

Shown = str | int | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field with its value before and after; ``None`` is not there.  Dates are the last local day covered."""

    field: str
    before: Shown
    after: Shown


def difference(before: LicenseDocument | None, after: LicenseDocument) -> tuple[Change, ...]:
    """Return the fields that differ: revision, company, limits, options, terms, rules, machine, in this order.

    A first license is told with the rules that are not the usual ones.
    """
    old, new = _fields(before), _fields(after)
    bound = () if before is None else _bound(before.components, after.components)
    if before is None:
        new = {name: item for name, item in new.items() if _USUAL.get(name) != item}
    names = [*new, *(name for name in old if name not in new)]
    changes = (Change(field=name, before=old.get(name), after=new.get(name)) for name in names)
    return (*(change for change in changes if change.before != change.after), *bound)


def _bound(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> tuple[Change, ...]:
    """Return the components to which the license is bound anew; their marks say nothing to people."""
    return tuple(
        Change(
            field=name,
            before="as it was then" if name in before else None,
            after="as it is on this server now" if name in after else None,
        )
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    )


def _fields(document: LicenseDocument | None) -> dict[str, Shown]:
    if document is None:
        return {}
    lowered = in_grace(document).limits
    ends = {
        "lease_until": document.lease_until,
        "until": document.until,
        "maintenance_until": document.maintenance_until,
    }
    return {
        "revision": document.revision,
        "company": document.company,
        **{f"limits.{name}": count for name, count in document.limits.items()},
        **{f"options.{name}": True for name in document.options},
        **{name: None if end is None else show_local_end(end) for name, end in ends.items()},
        "version_ceiling": document.version_ceiling or None,
        "trial": document.trial or None,
        "grace_days": document.grace_days,
        **{f"grace_limits.{name}": count for name, count in lowered.items() if count < document.limits[name]},
        **_rules(document.policy),
    }


def _rules(policy: Policy) -> dict[str, Shown]:
    tolerance, grace = policy.clock_days
    return {
        "fallback": None if policy.fallback is None else _fallback(policy.fallback),
        "overuse": f"{policy.overuse_percent} % above a limit" if policy.overuse_percent else None,
        "changed_hardware": f"works {show_days(policy.drift_days)}",
        "same_machine": match_words(policy.match),
        "emergency": show_days(policy.emergency_days) if policy.emergency_days else None,
        "clock_set_back": f"{show_days(tolerance)} without a word, {grace} more with a warning",
    }


def _fallback(fallback: Fallback) -> str:
    if fallback.days == 0:
        return "no Demo Mode after the end"
    allowed = [f"{name} {count}" for name, count in fallback.limits.items()]
    return f"{show_days(fallback.days)} of Demo Mode: {', '.join([*allowed, *fallback.options]) or 'nothing counted'}"


_USUAL: Final = _rules(Policy())
