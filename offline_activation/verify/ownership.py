"""Whose state directory is this?  What to say to a user who may not read it, and whose rights to use instead."""

import os

from offline_activation.errors import ActivationError, Trouble


def owner_of(home: str) -> str | None:
    """Return the user who owns ``home``, or the nearest directory above it that can be seen, as ``sudo -u`` takes it.

    That is a name, or ``#`` and the user id; ``None`` where files have no such owner or nothing can be seen.
    """
    if os.name == "nt":
        return None
    place = os.path.abspath(home)
    while not _can_be_seen(place):
        if place == os.path.dirname(place):
            return None
        place = os.path.dirname(place)
    return _user_name(os.lstat(place).st_uid)


def as_owner(owner: str) -> str:
    """Return the next step of somebody who is not the owner of a state directory."""
    return f"Use the rights of its owner: sudo -u {owner} activation-site ...; an application runs as {owner} as well."


def unreadable(home: str) -> Trouble:
    """Return the error of a state directory that this user may not read: it names the directory and its owner."""
    owner = owner_of(home)
    what = "permission denied" + (f"; this state directory belongs to {owner}" if owner else "")
    error = Trouble("io.unreadable", path=home, what=what)
    return error.advising(as_owner(owner)) if owner and owner != _user_name(os.geteuid()) else error


def is_denied(error: ActivationError) -> bool:
    """Tell whether the error of a file comes from missing rights."""
    return isinstance(error.__cause__, PermissionError)


def _user_name(uid: int) -> str:
    import pwd  # noqa: PLC0415 - only a message needs it

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"#{uid}"


def _can_be_seen(place: str) -> bool:
    try:
        os.lstat(place)
    except (OSError, ValueError):
        return False
    return True
