"""What a license says about its own later life: what each stage still allows, and how long each tolerance lasts.

These rules travel inside the signed license, so that no file beside it can stretch them.  A rule that has its default
is left out of the document, and writing the default out is refused: one license has one encoding.
"""

from collections.abc import Mapping
from typing import Final, TypeVar

from offline_activation.errors import Refusal
from offline_activation.formats.cbor import Map, Value
from offline_activation.formats.fields import Fields
from offline_activation.formats.marks import counts_map, read_counts
from offline_activation.formats.match_policy import MatchPolicy, match_value, read_match_policy
from offline_activation.formats.names import check_name
from offline_activation.formats.value import value

T = TypeVar("T")

MAX_DAYS: Final = 36_600
MAX_OPTIONS: Final = 32
MAX_PERCENT: Final = 100
MAX_EMERGENCY_DAYS: Final = 60
"""Days of an emergency license at most: it works on any machine, and time enough for a person to decide."""
DRIFT_DAYS: Final = 14
"""Days that a license works on changed hardware, unless it says otherwise."""
CLOCK_DAYS: Final = (2, 14)
"""Days by which the clock may go back without a word, and days of grace beyond, unless the license says otherwise."""
_PARTS_OF_A_FALLBACK: Final = 3


@value
class Fallback:
    """Demo Mode after an end: for how many days, and what it allows then; what is not named is not allowed."""

    days: int
    limits: Mapping[str, int] = {}
    options: tuple[str, ...] = ()
    """Names of the options that are on, sorted."""


@value
class Policy:
    """The rules of one license."""

    fallback: Fallback | None = None
    """``None``: the demo of the product file."""
    grace_limits: Mapping[str, int] = {}
    """Limits that are lower in grace; the others stay what was bought."""
    overuse_percent: int = 0
    """How far above a limit the use may go with a warning, in percent of the limit."""
    drift_days: int = DRIFT_DAYS
    emergency_days: int = 0
    """Days that the emergency license inside works once it is opened; 0 for none."""
    clock_days: tuple[int, int] = CLOCK_DAYS
    """Tolerance and grace of a clock that was set back."""
    match: MatchPolicy = MatchPolicy()
    """What proves that the machine is still the same."""


def policy_map(policy: Policy) -> Map:
    """Return the fields of a license that hold its rules, those with their default left out."""
    body: Map = {}
    if policy.fallback is not None:
        limits, options = counts_map(policy.fallback.limits), tuple(policy.fallback.options)
        body[17] = (policy.fallback.days, limits, options)
    if policy.overuse_percent:
        body[18] = policy.overuse_percent
    if policy.drift_days != DRIFT_DAYS:
        body[20] = policy.drift_days
    if policy.emergency_days:
        body[21] = policy.emergency_days
    if policy.clock_days != CLOCK_DAYS:
        body[22] = policy.clock_days
    if policy.grace_limits:
        body[25] = counts_map(policy.grace_limits)
    if policy.match != MatchPolicy():
        body[26] = match_value(policy.match)
    return body


def read_policy(fields: Fields) -> Policy:
    """Return the rules of a license; raises :class:`Refusal` ``profile.field_invalid``."""
    return Policy(
        fallback=_read_fallback(fields) if fields.has(17) else None,
        grace_limits=read_counts(fields, 25, "grace_limits") if fields.has(25) else {},
        overuse_percent=fields.integer(18, "overuse", least=1, most=MAX_PERCENT) if fields.has(18) else 0,
        drift_days=_not_default(_days(fields.take(20, "drift_days"), "drift_days"), DRIFT_DAYS, "drift_days")
        if fields.has(20)
        else DRIFT_DAYS,
        emergency_days=fields.integer(21, "emergency_days", least=1, most=MAX_EMERGENCY_DAYS) if fields.has(21) else 0,
        clock_days=_read_clock_days(fields) if fields.has(22) else CLOCK_DAYS,
        match=read_match_policy(fields, 26) if fields.has(26) else MatchPolicy(),
    )


def read_names(found: tuple[Value, ...], name: str) -> tuple[str, ...]:
    """Return names that are sorted and each there once; raises :class:`Refusal` ``profile.field_invalid``."""
    names = tuple(check_name(item, name) for item in found)
    if list(names) != sorted(set(names)):
        raise Refusal("profile.field_invalid", field=name, what="not sorted names, each once")
    return names


def _read_fallback(fields: Fields) -> Fallback:
    parts = fields.array(17, "fallback", most=_PARTS_OF_A_FALLBACK)
    if len(parts) != _PARTS_OF_A_FALLBACK:
        raise Refusal("profile.field_invalid", field="fallback", what="not days, limits and options")
    days, limits, options = parts
    if not isinstance(limits, dict) or not isinstance(options, tuple) or len(options) > MAX_OPTIONS:
        raise Refusal("profile.field_invalid", field="fallback", what="not days, limits and options")
    counts = read_counts(Fields({1: limits}), 1, "fallback") if limits else {}
    return Fallback(days=_days(days, "fallback"), limits=counts, options=read_names(options, "fallback"))


def _read_clock_days(fields: Fields) -> tuple[int, int]:
    parts = fields.array(22, "clock", most=2)
    if len(parts) != 2:  # noqa: PLR2004 - tolerance and grace
        raise Refusal("profile.field_invalid", field="clock", what="not tolerance and grace")
    tolerance, grace = (_days(part, "clock") for part in parts)
    return _not_default((tolerance, grace), CLOCK_DAYS, "clock")


def _days(found: Value, name: str) -> int:
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= MAX_DAYS:
        raise Refusal("profile.field_invalid", field=name, what="not a number of days")
    return found


def _not_default(found: T, default: T, name: str) -> T:
    if found == default:
        raise Refusal("profile.field_invalid", field=name, what="the default is left out")
    return found
