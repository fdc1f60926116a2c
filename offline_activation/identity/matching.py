"""Is this the machine the license was made for?  Pure, and it explains itself.

Default policy: the volume id alone proves the machine.  Without it, two of the other components do, or the only one a
small machine has: it has drifted, works for a while and should ask for a rebind.  Anything less is another machine.
"""

from collections.abc import Mapping
from typing import Final, Literal

from offline_activation.formats.value import value

VOLUME: Final = "volume_id"
OTHERS: Final = ("machine_id", "firmware_uuid", "network")
NEEDED: Final = 2
"""Other components that must match when the volume id does not."""

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


def match(licensed: Mapping[str, bytes], present: Mapping[str, bytes]) -> Match:
    """Compare the blinded components of a license with those of this machine; never raises.

    Names that are not components are ignored.  A component absent on either side does not match, and counts no worse.
    """
    names = (VOLUME, *OTHERS)
    changed = tuple(n for n in names if n in licensed and n in present and licensed[n] != present[n])
    missing = tuple(n for n in names if n in licensed and n not in present)
    known = [name for name in OTHERS if name in licensed]
    agreeing = [name for name in known if licensed[name] == present.get(name)]
    verdict: Verdict
    if VOLUME in licensed and licensed[VOLUME] == present.get(VOLUME):
        verdict, explanation = "same", _same(changed, missing)
    elif dict(licensed) == dict(present):
        verdict, explanation = "same", "all components match"
    else:
        verdict = "drifted" if agreeing and len(agreeing) >= min(NEEDED, len(known)) else "other"
        explanation = f"{_volume(changed, missing)}; {_others(len(agreeing), len(known))}"
    return Match(verdict=verdict, explanation=explanation, changed=changed, missing=missing)


def _same(changed: tuple[str, ...], missing: tuple[str, ...]) -> str:
    notes = [f"{_listed(names)} {word}" for names, word in ((changed, "changed"), (missing, "missing")) if names]
    return "; ".join(["volume ID matches", *notes])


def _volume(changed: tuple[str, ...], missing: tuple[str, ...]) -> str:
    if VOLUME in changed:
        return "volume ID changed"
    return "volume ID missing" if VOLUME in missing else "no volume ID in the license"


def _others(agreeing: int, known: int) -> str:
    if known == 0:
        return "the license knows no others"
    if agreeing < min(NEEDED, known):
        return f"{agreeing} of {known} others match, {min(NEEDED, known)} must"
    return f"{agreeing} of {known} others match"


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(SHOWN[name] for name in names)
