"""Changed hardware counts down: how long a drifted machine goes on, and the sentence that says so.  Pure."""

from collections.abc import Iterable
from typing import Final

from offline_activation.errors import Refusal
from offline_activation.formats.instants import DAY, show_days
from offline_activation.formats.policy import DRIFT_DAYS
from offline_activation.formats.value import value
from offline_activation.identity.matching import Match

__all__ = ["DRIFT_DAYS", "REBIND", "Drift", "judge_drift"]

REBIND: Final = "Make a request with 'activation-site rebind' and import the response."


@value
class Drift:
    """A machine that has drifted: since when, until when it works, and whether that is over."""

    since: int
    until: int
    """First instant at which it no longer works; what lies before ``now`` is over."""
    is_over: bool
    explanation: str
    """One sentence without its full stop, at most 80 characters."""

    def problem(self) -> Refusal:
        """Return why the license no longer works here."""
        return Refusal("license.wrong_machine", what=self.explanation).advising(REBIND)

    def warning(self) -> Refusal:
        """Return what to tell the administrator while it works."""
        return Refusal("license.hardware_changed", what=self.explanation)


def judge_drift(
    found: Match, noted: Iterable[int | None], *, issued: int, now: int, days: int = DRIFT_DAYS
) -> Drift | None:
    """Return how a drifted machine stands at ``now``; ``None`` for one that has not drifted.

    ``noted`` are the copies of the note when it was first seen: the earliest counts.  One from before the issue of the
    license speaks of an earlier license; one from the future counts as now, and so does none.  ``days`` are those that
    the license gives, from the first time it was seen.
    """
    if found.verdict != "drifted":
        return None
    since = min([each for each in noted if each is not None and each >= issued] + [max(now, issued)])
    until = since + days * DAY
    left = until - now
    if left <= 0:
        return Drift(since=since, until=until, is_over=True, explanation=f"{found.explanation}; {_over(days)}")
    more = f"works {show_days(min(-(-left // DAY), days), 'more')}, ask for a rebind"
    return Drift(since=since, until=until, is_over=False, explanation=f"{found.explanation}; {more}")


def _over(days: int) -> str:
    if days == 0:
        return "a rebind is needed"
    return f"the {show_days(days)} for a rebind {'is' if days == 1 else 'are'} over"
