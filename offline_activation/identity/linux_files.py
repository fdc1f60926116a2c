"""Small bounded reads of the files in which Linux describes itself."""

# mypy knows the platform of a whole file only by an assert above everything else, the other imports included.
# ruff: noqa: E402
import sys

assert sys.platform == "linux"  # noqa: S101 - see above

import errno
import os
from typing import Final

SMALL: Final = 256
"""Bytes read of a file that holds one value."""


def rooted(system_root: str, path: str) -> str:
    """Return the absolute ``path`` as seen under ``system_root``."""
    return os.path.join(system_root, path.lstrip("/"))


def read_small(path: str, limit: int = SMALL) -> str:
    """Return at most ``limit`` bytes of a file as text; never waits on a pipe.  Raises ``OSError``."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        pieces = bytearray()
        while len(pieces) < limit:
            piece = os.read(handle, limit - len(pieces))
            if not piece:
                break
            pieces += piece
    finally:
        os.close(handle)
    return pieces.decode("utf-8", "surrogateescape")


def phrase(error: OSError) -> str:
    """Return an operating system error as one short phrase."""
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:
            return "is missing"
        case errno.EACCES | errno.EPERM:
            return "can be read by root only"
        case errno.ENOTTY | errno.EOPNOTSUPP | errno.ENOSYS:
            return "is not offered by this kernel"
        case errno.EINVAL | errno.ENODATA:
            return "gave no id"
        case _:
            return f"failed: {error.strerror or error}"
