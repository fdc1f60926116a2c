"""What proves that a machine is still the same: a weight for each component, and the sum that is needed."""

from collections.abc import Mapping
from typing import Final

from offline_activation.errors import Refusal
from offline_activation.formats.cbor import Map, Value
from offline_activation.formats.fields import Fields
from offline_activation.formats.marks import BOUND_COMPONENTS
from offline_activation.formats.value import value

MAX_WEIGHT: Final = 100
NEEDED: Final = 2
WEIGHTS: Final[Mapping[str, int]] = {"volume_id": 2, "machine_id": 1, "firmware_uuid": 1, "network": 1}
"""Unless the license says otherwise the volume id alone proves the machine, or two of the others do."""
_NAMES: Final = {number: name for name, number in BOUND_COMPONENTS.items()}


@value
class MatchPolicy:
    """Weights by component name, and how much must agree; a component that is not named counts nothing."""

    needed: int = NEEDED
    weights: Mapping[str, int] = WEIGHTS


def match_value(policy: MatchPolicy) -> Value:
    """Return the rule as it travels: the sum needed, and component numbers with their weights."""
    weights: Map = {BOUND_COMPONENTS[name]: weight for name, weight in policy.weights.items() if weight}
    return (policy.needed, weights)


def match_words(policy: MatchPolicy) -> str:
    """Return the rule in words, for example ``2 of volume_id 2, machine_id 1``."""
    return f"{policy.needed} of " + ", ".join(f"{name} {weight}" for name, weight in policy.weights.items())


def read_match_policy(fields: Fields, key: int) -> MatchPolicy:
    """Return the rule; raises :class:`Refusal` ``profile.field_invalid``, ``profile.newer``."""
    parts = fields.array(key, "match", most=2)
    if len(parts) != 2:  # noqa: PLR2004 - what is needed, and the weights
        raise _invalid("not what is needed and weights")
    needed, weights = parts
    if not isinstance(weights, dict):
        raise _invalid("not what is needed and weights")
    read = {_name(number): _weight(weight) for number, weight in weights.items()}
    policy = MatchPolicy(needed=_weight(needed), weights=read)
    if sum(read.values()) < policy.needed:
        raise _invalid("more is needed than there is")
    if policy.needed == NEEDED and read == WEIGHTS:
        raise _invalid("the default is left out")
    return policy


def _name(number: Value) -> str:
    if not isinstance(number, int) or number not in _NAMES:
        raise Refusal("profile.newer", what=f"component {number!r}")
    return _NAMES[number]


def _weight(found: Value) -> int:
    if isinstance(found, bool) or not isinstance(found, int) or not 0 < found <= MAX_WEIGHT:
        raise _invalid("not a weight of 1 to 100")
    return found


def _invalid(what: str) -> Refusal:
    return Refusal("profile.field_invalid", field="match", what=what)
