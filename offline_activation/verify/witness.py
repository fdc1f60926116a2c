"""The notes of time on the disk: read at every start, written only when asked, and only as well as it goes.

Nothing here may stop a licensed site: what cannot be read is no note, what cannot be written is not written.
"""

import os
from typing import Final

from offline_activation.errors import ActivationError
from offline_activation.files import read_bounded, replace_durably
from offline_activation.verify.clock import Notes, is_news, read_notes, write_notes
from offline_activation.verify.directory import INITIALISED, KEPT_LICENSE, LICENSE, PRODUCT, TRUST

CLOCK: Final = "clock"
"""The notes of time (see ``clock.Notes``), one line of text."""
DRIFT: Final = "drift"
"""When changed hardware was first seen, seconds since 1970 as text; ``clock`` holds a second copy."""
LIMIT: Final = 256
"""Largest file of notes worth reading, in bytes."""
_DATED: Final = (PRODUCT, TRUST, LICENSE, KEPT_LICENSE, INITIALISED, "history.jsonl")


def notes_of(home: str) -> Notes:
    """Return what is noted in ``home``; a missing, damaged or unreadable file is no notes."""
    try:
        return read_notes(read_bounded(os.path.join(home, CLOCK), limit=LIMIT))
    except ActivationError:
        return Notes()


def file_time(home: str) -> int:
    """Return when a state file was last written, in seconds since 1970 by this machine's clock; 0 without any."""
    newest = 0.0
    for name in _DATED:
        try:
            newest = max(newest, os.lstat(os.path.join(home, name)).st_mtime)
        except (OSError, ValueError):
            continue
    return int(newest)


def keep_notes(home: str, before: Notes, after: Notes) -> None:
    """Write ``after`` when it is news, into a directory of this very user; raises nothing."""
    if is_news(before, after) and may_write(home):
        try:
            replace_durably(os.path.join(home, CLOCK), write_notes(after))
        except ActivationError:  # a full or read-only disk: the old notes, or none, go on counting
            return


def noted_drift(home: str, notes: Notes) -> tuple[int | None, int | None]:
    """Return both copies of the note when changed hardware was first seen."""
    try:
        return int(read_bounded(os.path.join(home, DRIFT), limit=32)), notes.drift
    except (ActivationError, ValueError):
        return None, notes.drift


def keep_drift(home: str, since: int | None) -> None:
    """Write when changed hardware was first seen, or remove the note of it; raises nothing."""
    path = os.path.join(home, DRIFT)
    if not may_write(home):
        return
    try:
        if since is None:
            if os.path.lexists(path):
                os.unlink(path)
        elif noted_drift(home, Notes())[0] != since:
            replace_durably(path, f"{since}\n".encode())
    except (ActivationError, OSError):  # as with the notes of time
        return


def may_write(home: str) -> bool:
    """Tell whether the directory belongs to this user: root leaves no file of its own in that of a service user."""
    try:
        return os.name == "nt" or os.stat(home).st_uid == os.geteuid()
    except (OSError, ValueError):
        return False
