"""Is this file or folder ours alone?  Links, hard links, owner and mode, each with a phrase for people.

A state file that somebody else can replace or that leads somewhere else is never read, followed or written through.
"""

import os
import stat
from pathlib import Path
from typing import Final

_WRITABLE_BY_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH


def flaw_of_home(home: Path) -> str | None:
    """Return what makes the state directory itself or its place unsafe, ``None`` when it is safe."""
    flaw = flaw_of_folder(home)
    if flaw is None and os.name != "nt":
        above = home.parent.stat().st_mode
        # with the sticky bit, as in /tmp, others may not rename what is ours
        if above & stat.S_IWOTH and not above & stat.S_ISVTX:
            flaw = "everybody can write to the directory above it"
    return flaw


def flaw_of_folder(path: Path) -> str | None:
    """Return why a folder is not safe; one that is not there is."""
    try:
        status = path.lstat()
    except OSError:
        return None
    if stat.S_ISLNK(status.st_mode) or _is_junction(status):
        return "is a link"
    if not stat.S_ISDIR(status.st_mode):
        return "is not a directory"
    return _flaw_of_owner(status)


def flaw_of_file(path: Path) -> str | None:
    """Return why a state file is not safe; one that is not there is."""
    try:
        status = path.lstat()
    except OSError:
        return None
    if stat.S_ISLNK(status.st_mode) or _is_junction(status):
        return "is a link"
    if not stat.S_ISREG(status.st_mode):
        return "is not a regular file"
    if status.st_nlink > 1:
        return "has a second name (hard link)"
    return _flaw_of_owner(status)


def _flaw_of_owner(status: os.stat_result) -> str | None:
    if os.name == "nt":
        return None  # rights are access control lists there, which this mode does not show
    if status.st_uid != os.geteuid():
        return f"belongs to user id {status.st_uid}, and this is user id {os.geteuid()}"
    if status.st_mode & _WRITABLE_BY_OTHERS:
        return f"can be written by others (mode {stat.S_IMODE(status.st_mode):04o})"
    return None


def _is_junction(status: os.stat_result) -> bool:
    return bool(getattr(status, "st_reparse_tag", 0))
