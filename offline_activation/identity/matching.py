"""Is this the machine the license was made for?  Pure, and it explains itself.

Each component has a weight, and a sum is needed.  By default the volume id alone proves the machine.  Without it, two
of the other components do, or the only one a small machine has: it has drifted, works for a while and should ask for a
rebind.  Anything less is another machine.
"""

from collections.abc import Mapping
from typing import Final, Literal

from offline_activation.formats.match_policy import MatchPolicy
from offline_activation.formats.value import value

VOLUME: Final = "volume_id"
OTHERS: Final = ("machine_id", "firmware_uuid", "network")
DEFAULT: Final = MatchPolicy()

SHOWN: Final = {
    "volume_id": "volume ID",
    "machine_id": "machine ID",
    "firmware_uuid": "firmware UUID",
    "network": "network",
}

Verdict = Literal["same", "drifted", "other"]


@value
class Match:
    """The verdict, one sentence without its full stop (at most 80 characters), and what differs.

    ``changed`` are components known to both sides with different values, ``missing`` those of the license which the
    machine no longer shows; both in the order volume id, machine id, firmware UUID, network.
    """

    verdict: Verdict
    explanation: str
    changed: tuple[str, ...]
    missing: tuple[str, ...]


def match(licensed: Mapping[str, bytes], present: Mapping[str, bytes], policy: MatchPolicy = DEFAULT) -> Match:
    """Compare the blinded components of a license with those of this machine by the rule of the license; never raises.

    Names that are not components are ignored.  A component absent on either side does not match, and counts no worse.
    Of components that the license does not know, nothing is needed: less than ``policy.needed`` is enough when all
    that is known does not weigh more.
    """
    names = (VOLUME, *OTHERS)
    changed = tuple(n for n in names if n in licensed and n in present and licensed[n] != present[n])
    missing = tuple(n for n in names if n in licensed and n not in present)
    same_volume = VOLUME in licensed and licensed[VOLUME] == present.get(VOLUME)
    others = _Others.of(licensed, present, policy)
    weight = others.agreeing + (policy.weights.get(VOLUME, 0) if same_volume else 0)
    verdict: Verdict
    if same_volume and weight >= min(policy.needed, others.known + policy.weights.get(VOLUME, 0)):
        verdict, explanation = "same", _same(changed, missing)
    elif same_volume:
        verdict, explanation = "other", f"volume ID matches; {others.told(policy)}"
    elif dict(licensed) == dict(present):
        verdict, explanation = "same", "all components match"
    else:
        verdict = "drifted" if others.agreeing and weight >= min(policy.needed, others.known) else "other"
        explanation = f"{_volume(changed, missing)}; {others.told(policy)}"
    return Match(verdict=verdict, explanation=explanation, changed=changed, missing=missing)


@value
class _Others:
    """The components besides the volume id: how many the license knows, how many of them agree, and what they weigh."""

    count: int
    matching: int
    known: int
    agreeing: int

    @classmethod
    def of(cls, licensed: Mapping[str, bytes], present: Mapping[str, bytes], policy: MatchPolicy) -> "_Others":
        names = [name for name in OTHERS if name in licensed and policy.weights.get(name, 0)]
        agreeing = [name for name in names if licensed[name] == present.get(name)]
        return _Others(
            count=len(names),
            matching=len(agreeing),
            known=sum(policy.weights[name] for name in names),
            agreeing=sum(policy.weights[name] for name in agreeing),
        )

    def told(self, policy: MatchPolicy) -> str:
        if self.count == 0:
            return "the license knows no others"
        must = min(policy.needed, self.known)
        if policy == DEFAULT:
            said = f"{self.matching} of {self.count} others match"
            return said if self.agreeing >= must else f"{said}, {must} must"
        return f"{self.matching} of {self.count} others match (weight {self.agreeing}, needed {must})"


def _same(changed: tuple[str, ...], missing: tuple[str, ...]) -> str:
    notes = [f"{_listed(names)} {word}" for names, word in ((changed, "changed"), (missing, "missing")) if names]
    return "; ".join(["volume ID matches", *notes])


def _volume(changed: tuple[str, ...], missing: tuple[str, ...]) -> str:
    if VOLUME in changed:
        return "volume ID changed"
    return "volume ID missing" if VOLUME in missing else "no volume ID in the license"


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(SHOWN[name] for name in names)
