"""Is this file or folder ours alone?  Links, hard links, owner and mode, each with a phrase for people.

A state file that somebody else can replace or that leads somewhere else is never read, followed or written through.
"""

import os
import stat
from pathlib import Path
from typing import Final

from offline_activation.verify.ownership import owner_of, unreadable

OF_THE_FILE_SYSTEM: Final = frozenset({"lost+found"})
"""What an empty file system of its own holds."""
_WRITABLE_BY_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH


def expected_owner(home: Path, *, reading: bool = False) -> int:
    """Return the user id to which everything in ``home`` must belong: this user.

    Only for ``reading``, root takes the directory of a service user as that user does.
    """
    if os.name == "nt":
        return 0
    mine = os.geteuid()
    if reading and mine == 0:
        try:
            return home.lstat().st_uid
        except OSError:
            return mine
    return mine


def flaw_of_home(home: Path, owner: int) -> str | None:
    """Return what makes the state directory itself or its place unsafe, ``None`` when it is safe."""
    flaw = flaw_of_folder(home, owner)
    if flaw is None and os.name != "nt":
        above = home.parent.stat().st_mode
        # with the sticky bit, as in /tmp, others may not rename what is ours
        if above & stat.S_IWOTH and not above & stat.S_ISVTX:
            flaw = "everybody can write to the directory above it"
    return flaw


def flaw_of_folder(path: Path, owner: int) -> str | None:
    """Return why a folder is not safe; one that is not there is."""
    try:
        status = path.lstat()
    except PermissionError:
        return "may not be looked into by this user"
    except OSError:
        return None
    if stat.S_ISLNK(status.st_mode) or _is_junction(status):
        return "is a link"
    if not stat.S_ISDIR(status.st_mode):
        return "is not a directory"
    return _flaw_of_owner(status, owner)


def flaw_of_file(path: Path, owner: int) -> str | None:
    """Return why a state file is not safe; one that is not there, or cannot be seen, is."""
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
    return _flaw_of_owner(status, owner)


def is_there(home: Path) -> bool:
    """Tell whether anything has this name; raises :class:`Trouble` ``io.unreadable`` when this user may not know."""
    try:
        home.lstat()
    except PermissionError as error:
        raise unreadable(str(home)) from error
    except (OSError, ValueError):
        return False
    return True


def stranger(home: Path) -> str | None:
    """Return the owner of the directory when that is another user than this one."""
    try:
        is_ours = os.name == "nt" or home.lstat().st_uid == os.geteuid()
    except OSError:
        is_ours = False
    return None if is_ours else owner_of(str(home))


def close_empty(home: Path) -> None:
    """Give an empty directory of this user the mode 0700; anything else is judged as it is."""
    if os.name == "nt" or home.is_symlink() or not home.is_dir() or home.stat().st_uid != os.geteuid():
        return
    descriptor = os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if set(os.listdir(descriptor)) <= OF_THE_FILE_SYSTEM:  # noqa: PTH208 - of the very directory that is changed
            os.fchmod(descriptor, 0o700)
    finally:
        os.close(descriptor)


def _flaw_of_owner(status: os.stat_result, owner: int) -> str | None:
    if os.name == "nt":
        return None  # rights are access control lists there, which this mode does not show
    if status.st_uid != owner:
        must = f"this is user id {owner}" if owner == os.geteuid() else f"the directory to user id {owner}"
        return f"belongs to user id {status.st_uid}, and {must}"
    if status.st_mode & _WRITABLE_BY_OTHERS:
        return f"can be written by others (mode {stat.S_IMODE(status.st_mode):04o})"
    return None


def _is_junction(status: os.stat_result) -> bool:
    return bool(getattr(status, "st_reparse_tag", 0))
