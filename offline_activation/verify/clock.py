"""Was the clock set back?  What the witnesses of time say, and what follows.  Pure (docs/checks.md has the figures).

The firm witnesses are the newest time that the vendor signed and the mark: the highest reading of this clock that was
noted.  The weak one is the time of the state files; it stands in for a lost mark and can warn, but ends no license.
"""

from typing import Final

from offline_activation.formats.instants import DAY
from offline_activation.formats.policy import CLOCK_DAYS
from offline_activation.formats.value import changed, value

TOLERANCE: Final = CLOCK_DAYS[0] * DAY
"""Seconds by which the clock may go back without a word, unless the license says otherwise."""
LEAST_TOLERANCE: Final = 3_600
"""Seconds of tolerance whatever the license says: time services step a clock back, and honest sites are not stopped."""
GRACE: Final = CLOCK_DAYS[1] * DAY
"""Seconds that a license works on under a clock set back, counted by that clock, unless the license says otherwise."""
BOUND: Final = 400 * DAY
"""The mark is never believed further than this beyond the newest signed time: a clock once years ahead locks nobody."""
STEP: Final = 7 * DAY
"""A step ahead of at most this is believed at once; a longer one must be seen again later."""
CONFIRMED_AFTER: Final = DAY
EACH_WRITE: Final = 3_600
"""The notes are written at most this often while nothing happens, in seconds."""
_MOST_DIGITS: Final = 15


@value
class Notes:
    """What the file ``clock`` remembers; times in seconds since 1970 UTC, all of this machine's clock."""

    mark: int | None = None
    """The highest reading believed; ``None`` when nothing, or nothing readable, was noted."""
    leap: int | None = None
    """A reading far ahead of the mark that waits to be seen again."""
    back: tuple[int, int] | None = None
    """While the clock is set back: its last reading, and the seconds it has run since that was first seen."""
    is_asked: bool = False
    """Only in a forecast: the time was asked about, no clock shows it, and none is wrong."""
    drift: int | None = None
    """When changed hardware was first seen (see ``drift``): the second copy of that note."""


@value
class Clock:
    """The verdict: ``judged`` is the time by which ends are judged, ``seen`` the latest that a witness tells."""

    now: int
    judged: int
    believed: int
    """The later of this clock and the newest signed time: without the mark, which a wrong clock can make."""
    seen: int
    is_set_back: bool
    grace_left: int
    """Seconds of grace left; 0 is over."""


def judge(now: int, notes: Notes, *, signed: int, file_time: int = 0, days: tuple[int, int] = CLOCK_DAYS) -> Clock:
    """Return what the witnesses say to a clock that shows ``now``.

    ``signed`` is the newest time that the vendor signed; ``file_time`` the newest of the state files; ``days`` are
    tolerance and grace of the license.  Within the tolerance the clock is believed; beyond it, an end that a firm
    witness has seen stays an end.
    """
    if notes.is_asked:
        return Clock(now=now, judged=now, believed=now, seen=now, is_set_back=False, grace_left=days[1] * DAY)
    tolerance, grace = max(days[0] * DAY, LEAST_TOLERANCE), days[1] * DAY
    firm = max(signed, _bounded(notes.mark, signed))
    seen = firm if notes.mark is not None else max(firm, _bounded(file_time, signed))
    if now >= seen - tolerance:
        return Clock(now=now, judged=now, believed=now, seen=seen, is_set_back=False, grace_left=grace)
    _, run = _counted(notes.back, now)
    return Clock(
        now=now,
        judged=max(now, firm),
        believed=max(now, signed),
        seen=seen,
        is_set_back=True,
        grace_left=max(grace - run, 0),
    )


def noted(notes: Notes, clock: Clock, *, signed: int) -> Notes:
    """Return the notes after this sighting of the clock."""
    if clock.is_set_back:
        return changed(notes, back=_counted(notes.back, clock.now), leap=None)
    mark, leap = _advanced(notes, clock.now, signed)
    return changed(notes, mark=mark, leap=leap, back=None)


def is_news(before: Notes, after: Notes) -> bool:
    """Tell whether ``after`` is worth writing: something happened, or an hour has passed."""
    if (before.mark is None, before.leap, before.drift) != (after.mark is None, after.leap, after.drift):
        return True
    if before.back is None or after.back is None:
        return before.back is not after.back or abs((after.mark or 0) - (before.mark or 0)) >= EACH_WRITE
    return abs(after.back[0] - before.back[0]) >= EACH_WRITE


def anchored(issued: int) -> Notes:
    """Return the notes after an import: the vendor's time at the issue is the new mark, everything else is over."""
    return Notes(mark=issued)


def write_notes(notes: Notes) -> bytes:
    """Return the notes as one line of text: the mark, then words with their figures."""
    words = ["-" if notes.mark is None else str(notes.mark)]
    words += [] if notes.leap is None else ["leap", str(notes.leap)]
    words += [] if notes.back is None else ["back", *map(str, notes.back)]
    words += [] if notes.drift is None else ["drift", str(notes.drift)]
    return " ".join(words).encode() + b"\n"


def read_notes(text: bytes) -> Notes:
    """Return the notes of one line of text; anything else than such a line is no notes, and never an error."""
    words = text.decode("ascii", "replace").split()
    try:
        notes = Notes(mark=None if words[0] == "-" else _number(words[0]))
        rest = iter(words[1:])
        for word in rest:
            if word == "back":
                notes = changed(notes, back=(_number(next(rest)), max(_number(next(rest)), 0)))
            elif word in {"leap", "drift"}:
                notes = changed(notes, **{word: _number(next(rest))})
            else:
                return Notes()
    except (ValueError, IndexError, StopIteration):
        return Notes()
    return notes


def _number(text: str) -> int:
    if len(text) > _MOST_DIGITS:
        raise ValueError(text)
    return int(text)


def _bounded(instant: int | None, signed: int) -> int:
    return 0 if instant is None else min(instant, signed + BOUND)


def _counted(back: tuple[int, int] | None, now: int) -> tuple[int, int]:
    """Return the last reading and the time run under a clock set back; a step further back adds nothing."""
    if back is None:
        return now, 0
    last, run = back
    return now, run + max(now - last, 0)


def _advanced(notes: Notes, now: int, signed: int) -> tuple[int, int | None]:
    """Return mark and leap after a clock that is not set back.

    A leap ahead is only believed when the clock still shows it a day later: one start with a wrong clock ends nothing.
    """
    high = max(signed, _bounded(notes.mark, signed))
    if now <= high + STEP:
        return max(high, _bounded(now, signed)), None
    leap = now if notes.leap is None or now < notes.leap else notes.leap
    if now >= leap + CONFIRMED_AFTER:
        return max(high, _bounded(now, signed)), None
    return high, leap
