"""The rules in a product TOML: those that go into every license ([license]), and those of the desk ([policy])."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from offline_activation.errors import Refusal
from offline_activation.formats.match_policy import MAX_WEIGHT, NEEDED, WEIGHTS, MatchPolicy
from offline_activation.formats.policy import (
    CLOCK_DAYS,
    DRIFT_DAYS,
    MAX_DAYS,
    MAX_EMERGENCY_DAYS,
    MAX_PERCENT,
    Fallback,
    Policy,
)
from offline_activation.formats.product import LimitRule, OptionRule
from offline_activation.formats.request import Purpose
from offline_activation.vendor.product_table import Table, mistake

EMERGENCY_DAYS: Final = 7
MAX_UNRETURNED: Final = 2
"""Former servers that a customer may fail to return, unless the product says otherwise."""
_MOST_UNRETURNED: Final = 1000
_ASK: Final = (Purpose.REHOST, Purpose.REBIND, Purpose.TRANSFER)
_AUTO: Final = (Purpose.ACTIVATE, Purpose.UPDATE, Purpose.RENEW, Purpose.RETURN)
_PURPOSES: Final = {purpose.name.lower(): purpose for purpose in Purpose}


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseRules:
    """What every license of a product says about its own later life; see docs/lifecycle.md."""

    overuse_percent: int
    drift_days: int
    emergency_days: int
    """0: licenses hold no emergency license."""
    clock_days: tuple[int, int]
    """Tolerance and grace of a clock that was set back."""
    fallback_days: int
    """Days of Demo Mode after the last end."""
    match: MatchPolicy
    """What proves that a machine is still the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskRules:
    """What the rules may decide alone, and how much they bear."""

    auto: frozenset[Purpose]
    max_unreturned: int


def read_license_rules(table: Table, match: Table, *, demo_days: int) -> LicenseRules:
    """Return the rules of ``[license]`` and ``[match]``; unless told, the fall-back is as long as the demo."""
    tolerance, grace = CLOCK_DAYS
    rules = LicenseRules(
        overuse_percent=table.number("overuse_percent", default=0, most=MAX_PERCENT),
        drift_days=table.number("drift_days", default=DRIFT_DAYS, most=MAX_DAYS),
        emergency_days=table.number("emergency_days", default=EMERGENCY_DAYS, most=MAX_EMERGENCY_DAYS),
        clock_days=(
            table.number("clock_tolerance_days", default=tolerance, most=MAX_DAYS),
            table.number("clock_grace_days", default=grace, most=MAX_DAYS),
        ),
        fallback_days=table.number("fallback_days", default=demo_days, most=MAX_DAYS),
        match=_read_match(match),
    )
    table.finish()
    return rules


def license_policy(
    rules: LicenseRules,
    *,
    limits: Mapping[str, LimitRule],
    options: Mapping[str, OptionRule],
    grace_limits: Mapping[str, int],
    trial: bool,
) -> Policy:
    """Return the rules as a license carries them.

    The fall-back is always written out, so that a later product file does not change a license; a trial has none.
    """
    demo = Fallback(
        days=rules.fallback_days,
        limits={name: rule.demo for name, rule in sorted(limits.items()) if rule.demo},
        options=tuple(sorted(name for name, rule in options.items() if rule.demo)),
    )
    return Policy(
        fallback=Fallback(days=0) if trial else demo,
        grace_limits=dict(sorted(grace_limits.items())),
        overuse_percent=rules.overuse_percent,
        drift_days=rules.drift_days,
        emergency_days=rules.emergency_days,
        clock_days=rules.clock_days,
        match=rules.match,
    )


def read_desk_rules(policy: Table) -> DeskRules:
    """Return the rules of the table ``[policy]``."""
    ask = _purposes(policy, "ask", default=_ASK)
    auto = _purposes(policy, "auto", default=tuple(purpose for purpose in _AUTO if purpose not in ask))
    most = policy.number("max_unreturned", default=MAX_UNRETURNED, most=_MOST_UNRETURNED)
    policy.finish()
    for purpose in ask:
        if purpose in auto:
            raise _policy_mistake(policy, "ask", f"{purpose.name.lower()} is also in auto")
    return DeskRules(auto=frozenset(auto), max_unreturned=most)


def _read_match(table: Table) -> MatchPolicy:
    """Return what proves that a machine is still the same; a component of weight 0 counts nothing."""
    needed = table.number("needed", default=NEEDED, most=MAX_WEIGHT)
    weights = {name: table.number(name, default=default, most=MAX_WEIGHT) for name, default in WEIGHTS.items()}
    table.finish()
    if not 0 < needed <= sum(weights.values()):
        raise mistake(table.path, f"[match] needed: from 1 to {sum(weights.values())}, the weights together")
    return MatchPolicy(needed=needed, weights={name: weight for name, weight in weights.items() if weight})


def _purposes(policy: Table, key: str, *, default: tuple[Purpose, ...]) -> tuple[Purpose, ...]:
    found: list[Purpose] = []
    for word in policy.words(key, default=tuple(purpose.name.lower() for purpose in default)):
        if word not in _PURPOSES:
            raise _policy_mistake(policy, key, f"{word} is not a purpose of a request")
        found.append(_PURPOSES[word])
    return tuple(found)


def _policy_mistake(policy: Table, key: str, what: str) -> Refusal:
    return mistake(policy.path, f"[policy] {key}: {what}")
