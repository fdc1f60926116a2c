"""The notes of time on the disk: read at every start, written only when asked, and only as well as it goes.

Nothing here may stop a licensed site: what cannot be read is no note, what cannot be written is not written.
"""

import os
import time
from typing import TYPE_CHECKING, Final

from offline_activation.errors import ActivationError
from offline_activation.files import read_bounded, replace_durably
from offline_activation.verify.clock import Notes, is_news, read_notes, write_notes
from offline_activation.verify.directory import INITIALISED, KEPT_LICENSE, LICENSE, PRODUCT, TRUST

if TYPE_CHECKING:
    from offline_activation.verify.boot_clock import Boot, BootNote

CLOCK: Final = "clock"
"""The notes of time (see ``clock.Notes``), one line of text."""
DRIFT: Final = "drift"
"""When changed hardware was first seen, seconds since 1970 as text; ``clock`` holds a second copy."""
BOOT: Final = "boot"
"""When this boot began by the first clock believed in it (see ``boot_clock.BootNote``), one line of text."""
BOOT_ID: Final = "/proc/sys/kernel/random/boot_id"
"""A random UUID of each boot (random(4)); Linux only."""
LIMIT: Final = 256
"""Largest file of notes worth reading, in bytes."""
_DATED: Final = (PRODUCT, TRUST, LICENSE, KEPT_LICENSE, INITIALISED, "history.jsonl", BOOT)


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
        _write(os.path.join(home, CLOCK), write_notes(after))


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


def boot_now(now: int) -> "Boot | None":
    """Return which boot this is and when it began by a clock that shows ``now``; ``None`` where no system tells it."""
    from offline_activation.verify.boot_clock import Boot, boot_id  # noqa: PLC0415 - only a witness pays for it

    try:
        found = boot_id(read_bounded(BOOT_ID, limit=LIMIT))
        running = int(time.clock_gettime(time.CLOCK_BOOTTIME))
    except (ActivationError, OSError, AttributeError):  # not Linux, or /proc is hidden from this process
        return None
    return None if found is None else Boot(boot=found, started=now - running)


def noted_boot(home: str) -> "BootNote | None":
    """Return what is noted of the boot; a missing, damaged or unreadable file is no note."""
    from offline_activation.verify.boot_clock import read_boot  # noqa: PLC0415 - only a witness pays for it

    try:
        return read_boot(read_bounded(os.path.join(home, BOOT), limit=LIMIT))
    except ActivationError:
        return None


def watch_boot(home: str, now: int, *, believed: bool) -> int:
    """Note what the clock shows against the time since boot; return by how many seconds it was moved, ahead positive.

    ``believed`` tells whether this clock may be the measure of its boot.  Raises nothing; 0 where nothing is known.
    """
    from offline_activation.verify import boot_clock  # noqa: PLC0415 - only a witness pays for it

    seen = boot_now(now)
    if seen is None:
        return 0
    before = noted_boot(home)
    after = boot_clock.watched(before, seen, believed=believed)
    if after is not None and boot_clock.is_news(before, after) and may_write(home):
        _write(os.path.join(home, BOOT), boot_clock.write_boot(after))
    return boot_clock.moved(before, seen)


def may_write(home: str) -> bool:
    """Tell whether the directory belongs to this user: root leaves no file of its own in that of a service user."""
    try:
        return os.name == "nt" or os.stat(home).st_uid == os.geteuid()
    except (OSError, ValueError):
        return False


def _write(path: str, data: bytes) -> None:
    try:
        replace_durably(path, data)
    except ActivationError:  # a full or read-only disk: the old notes, or none, go on counting
        return
