"""Was the clock moved while the machine ran?  The wall clock against the time since boot.  Pure.

Within one boot the difference between the two stays as it is: whatever moves it, sets the clock.  It is evidence and a
warning, and ends nothing: a paused machine, a restored snapshot and a time namespace move it as well.
"""

from typing import Final

from offline_activation.formats.instants import DAY, show_days
from offline_activation.formats.value import value
from offline_activation.verify.clock import TOLERANCE

MOVED: Final = TOLERANCE
"""Seconds by which the clock may move against the time since boot without a word, either way."""
ID_DIGITS: Final = 8
"""Hexadecimal digits of the boot id that are noted: enough to tell one boot from the next."""
_MOST_DIGITS: Final = 15


@value
class Boot:
    """One sighting of a running machine."""

    boot: str
    """The first ``ID_DIGITS`` digits of its boot id."""
    started: int
    """Wall clock minus time since boot: when the machine started by this clock, in seconds since 1970 UTC."""


@value
class BootNote:
    """What the file ``boot`` remembers: the first start that was believed in this boot, and how far it was moved."""

    boot: str
    started: int
    furthest: int = 0
    """The largest movement beyond ``MOVED`` so far, in seconds, ahead positive; it stays when the clock comes back."""


def watched(note: BootNote | None, seen: Boot, *, believed: bool) -> BootNote | None:
    """Return the note after a sighting; ``None`` when nothing can be compared yet.

    The first clock of a boot is only a measure when it is ``believed`` (neither set back nor far ahead): a machine
    that starts in 1970 and asks the network for the time later was corrected, not moved.
    """
    if note is None or note.boot != seen.boot:
        return BootNote(boot=seen.boot, started=seen.started) if believed else None
    by = moved(note, seen)
    furthest = by if abs(by) > max(abs(note.furthest), MOVED) else note.furthest
    return BootNote(boot=note.boot, started=note.started, furthest=furthest)


def moved(note: BootNote | None, seen: Boot) -> int:
    """Return by how many seconds the clock now stands moved within this boot; 0 without a note of it."""
    return seen.started - note.started if note is not None and note.boot == seen.boot else 0


def is_moved(seconds: int) -> bool:
    """Tell whether a movement is worth a word; exactly ``MOVED`` is not."""
    return abs(seconds) > MOVED


def movement(seconds: int) -> dict[str, str]:
    """Return the facts of a movement for messages: days, rounded to the nearest, and which way."""
    return {"days": show_days((abs(seconds) + DAY // 2) // DAY), "way": "back" if seconds < 0 else "ahead"}


def is_news(before: BootNote | None, after: BootNote) -> bool:
    """Tell whether ``after`` is worth writing: another boot, or moved a day further than was noted."""
    return before is None or before.boot != after.boot or abs(after.furthest - before.furthest) >= DAY


def write_boot(note: BootNote) -> bytes:
    """Return the note as one line of text: boot, start, furthest movement."""
    return f"{note.boot} {note.started} {note.furthest}\n".encode()


def read_boot(text: bytes) -> BootNote | None:
    """Return the note of one line of text; anything else than such a line is no note, and never an error."""
    words = text.decode("ascii", "replace").split()
    if len(words) != 3 or len(words[0]) != ID_DIGITS or max(map(len, words)) > _MOST_DIGITS:  # noqa: PLR2004 - boot, start, movement
        return None
    try:
        return BootNote(boot=words[0], started=int(words[1]), furthest=int(words[2]))
    except ValueError:
        return None


def boot_id(text: bytes) -> str | None:
    """Return the digits of a boot id that are noted, or ``None`` when ``text`` does not begin with such an id."""
    digits = text[:ID_DIGITS].decode("ascii", "replace")
    is_id = len(digits) == ID_DIGITS and all(digit in "0123456789abcdef" for digit in digits)
    return digits if is_id else None
