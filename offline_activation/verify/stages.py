"""The stages of a license: one table of what each state is, what it allows, what ends it and what follows.  Pure.

Everything that asks for the rights of a state asks this table: the License, the page docs/checks.md (tested against it)
and the state diagram (drawn from it).
"""

from collections.abc import Mapping
from typing import Final, Literal

from offline_activation.formats.value import value

NOT_ACTIVATED: Final = "not_activated"
DEMO: Final = "demo"
ACTIVE: Final = "active"
RENEWAL_DUE: Final = "renewal_due"
IN_GRACE: Final = "in_grace"
EXPIRED: Final = "expired"
OVER_LIMIT: Final = "over_limit"
WRONG_MACHINE: Final = "wrong_machine"
CLOCK_PROBLEM: Final = "clock_problem"
REVOKED: Final = "revoked"
RETURNED: Final = "returned"
SUPERSEDED: Final = "superseded"

Rights = Literal["licensed", "grace", "demo", "none"]
"""``licensed``: what was bought; ``grace``: the same, lowered to the limits that the license names for it; ``demo``:
Demo Mode, while its days last; ``none``: nothing."""


@value
class Stage:
    """One state of a license."""

    name: str
    rights: Rights
    meaning: str
    """One sentence: when a site is in this state."""
    ending: str
    """One sentence: what leads out of it."""
    leads_to: tuple[tuple[str, str], ...]
    """What may happen, in a few words, and the state that follows."""


_STOPPED: Final = (
    ("the vendor's signed refusal", REVOKED),
    ("return", RETURNED),
    ("moved to another server", SUPERSEDED),
)
"""The three ends that signed documents bring, whatever the date."""
_WORKING: Final = (
    ("more in use than licensed", OVER_LIMIT),
    ("another machine, or days for a rebind over", WRONG_MACHINE),
    ("clock set back, its grace over", CLOCK_PROBLEM),
    *_STOPPED,
)
"""What may happen to every license that works."""

_ALL: Final = (
    Stage(
        name=NOT_ACTIVATED,
        rights="none",
        meaning="There is no license that can be used, and no demo.",
        ending="A license that is imported, or an emergency license that is opened.",
        leads_to=(("init", DEMO), ("import", ACTIVE), ("emergency license opened", IN_GRACE)),
    ),
    Stage(
        name=DEMO,
        rights="demo",
        meaning="There is no license yet, and the days of the demo are not over.",
        ending="A license that is imported, or the last day of the demo.",
        leads_to=(
            ("import", ACTIVE),
            ("days of the demo over", NOT_ACTIVATED),
            ("emergency license opened", IN_GRACE),
        ),
    ),
    Stage(
        name=ACTIVE,
        rights="licensed",
        meaning="The license holds, and its first warning day has not come.",
        ending="The first warning day before the end; without an end, nothing.",
        leads_to=(("first warning day", RENEWAL_DUE), *_WORKING),
    ),
    Stage(
        name=RENEWAL_DUE,
        rights="licensed",
        meaning="The license holds, and a warning day before its end has come.",
        ending="A renewal that is imported, or the end.",
        leads_to=(("import", ACTIVE), ("the end", IN_GRACE), ("the end, without grace", EXPIRED), *_WORKING),
    ),
    Stage(
        name=IN_GRACE,
        rights="grace",
        meaning="The end has passed and the days of grace have not, or an emergency license is open.",
        ending="A renewal that is imported, or the last day of grace or of the emergency license.",
        leads_to=(
            ("import", ACTIVE),
            ("days of grace over", EXPIRED),
            ("emergency license over, without another", NOT_ACTIVATED),
            ("emergency over, demo not", DEMO),
            *_WORKING,
        ),
    ),
    Stage(
        name=EXPIRED,
        rights="demo",
        meaning="The end and the days of grace have passed; Demo Mode holds for the days of its fall-back.",
        ending="A renewal that is imported.",
        leads_to=(
            ("import", ACTIVE),
            ("another machine, or days for a rebind over", WRONG_MACHINE),
            *_STOPPED,
        ),
    ),
    Stage(
        name=OVER_LIMIT,
        rights="licensed",
        meaning="The license holds, and more is in use than it covers.",
        ending="Less use, or an amendment that is imported; days go on as without it.",
        leads_to=(("less in use, or amendment imported", ACTIVE), ("days of grace over", EXPIRED), *_STOPPED),
    ),
    Stage(
        name=WRONG_MACHINE,
        rights="none",
        meaning="The license belongs to another machine, or changed hardware was not rebound in its days.",
        ending="The response to a rebind, rehost or transfer that is imported, or the old hardware back.",
        leads_to=(
            ("import, or the old hardware back", ACTIVE),
            ("emergency license opened", IN_GRACE),
            *_STOPPED,
        ),
    ),
    Stage(
        name=CLOCK_PROBLEM,
        rights="demo",
        meaning="The clock was set back beyond its tolerance, and has run so for its days of grace.",
        ending="A clock that is right, or a response that is imported.",
        leads_to=(("clock right, or import", ACTIVE), ("clock right after the end", EXPIRED), *_STOPPED),
    ),
    Stage(
        name=REVOKED,
        rights="none",
        meaning="The vendor's signed refusal says that the license is revoked.",
        ending="A newer license that is imported, or a return, which makes room for another license.",
        leads_to=(("import of a newer license", ACTIVE), ("return", RETURNED)),
    ),
    Stage(
        name=RETURNED,
        rights="none",
        meaning="This site has given its license back.",
        ending="A new activation that is imported.",
        leads_to=(("import of a newer license", ACTIVE),),
    ),
    Stage(
        name=SUPERSEDED,
        rights="none",
        meaning="The license moved to another server.",
        ending="A transfer back that is imported, or a return, which counts in the customer's favor.",
        leads_to=(("import of a newer license", ACTIVE), ("return", RETURNED)),
    ),
)

STAGES: Final[Mapping[str, Stage]] = {stage.name: stage for stage in _ALL}
"""Every state, by name."""

USABLE: Final = frozenset(stage.name for stage in _ALL if stage.rights in {"licensed", "grace"}) | {DEMO}
"""States in which a product runs with the rights of its license or demo."""


def rights_in(state: str) -> Rights:
    """Return which rights hold in a state; in one that the table does not know, none."""
    stage = STAGES.get(state)
    return "none" if stage is None else stage.rights
