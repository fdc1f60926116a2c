"""The mount that holds a directory, from ``/proc/self/mountinfo`` (proc(5))."""

# mypy knows the platform of a whole file only by an assert above everything else, the other imports included.
# ruff: noqa: E402
import sys

assert sys.platform == "linux"  # noqa: S101 - see above

import os
from collections.abc import Iterable
from typing import Final

from offline_activation.formats.value import value
from offline_activation.identity.linux_files import read_small, rooted

TABLE_LIMIT: Final = 4 << 20
"""Bytes read of the mount table; a host with 10,000 containers stays below it."""

FIELDS_BEFORE: Final = 6
FIELDS_AFTER: Final = 2


@value
class Mount:
    """One mount: its number, device number, mount point, file system type and what was mounted."""

    number: int
    device: int
    point: str
    kind: str
    origin: str


def read_mounts(system_root: str) -> tuple[Mount, ...]:
    """Return the mounts of this process in the order in which they were made; lines it cannot read are left out.

    Raises ``OSError`` when there is no mount table.
    """
    table = read_small(rooted(system_root, "/proc/self/mountinfo"), TABLE_LIMIT)
    return tuple(mount for line in table.splitlines() if (mount := parse_mount(line)) is not None)


def parse_mount(line: str) -> Mount | None:
    """Return the mount described by one line of mountinfo, or ``None`` when the line is not of that form."""
    before, separator, after = line.partition(" - ")
    left, right = before.split(" "), after.split(" ")
    if not separator or len(left) < FIELDS_BEFORE or len(right) < FIELDS_AFTER:
        return None
    major, _, minor = left[2].partition(":")
    if not (left[0].isdecimal() and major.isdecimal() and minor.isdecimal()):
        return None
    return Mount(
        number=int(left[0]),
        device=os.makedev(int(major), int(minor)),
        point=unescaped(left[4]),
        kind=unescaped(right[0]),
        origin=unescaped(right[1]),
    )


def unescaped(field: str) -> str:
    r"""Return a field of mountinfo with its octal escapes (``\040`` for a blank) resolved."""
    head, *rest = field.split("\\")
    pieces = [head]
    for part in rest:
        code = part[:3]
        octal = len(code) == 3 and all(c in "01234567" for c in code)  # noqa: PLR2004 - the kernel writes 3 digits
        pieces.append(chr(int(code, 8)) + part[3:] if octal else "\\" + part)
    return "".join(pieces)


def find_mount(directory: str, mounts: tuple[Mount, ...], system_root: str) -> Mount | None:
    """Return the mount that holds ``directory`` (absolute, without symbolic links), or ``None``.

    The kernel names it exactly by its number.  Without that (no fdinfo), the deepest mount point above the directory
    with the same device number wins, the last one where mounts cover each other; the device number is ignored where
    none agrees, because every btrfs subvolume shows an anonymous one of its own.
    """
    number = _mount_number(directory, system_root)
    for mount in mounts:
        if mount.number == number:
            return mount
    above = [mount for mount in mounts if _holds(mount.point, directory)]
    try:
        device = os.stat(directory).st_dev
    except OSError:
        return None
    return _deepest(mount for mount in above if mount.device == device) or _deepest(above)


def _mount_number(directory: str, system_root: str) -> int | None:
    try:
        handle = os.open(directory, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        facts = read_small(rooted(system_root, f"/proc/self/fdinfo/{handle}"))
    except OSError:
        return None
    finally:
        os.close(handle)
    for line in facts.splitlines():
        name, _, number = line.partition(":")
        if name == "mnt_id" and number.strip().isdecimal():
            return int(number)
    return None


def _holds(point: str, directory: str) -> bool:
    return directory == point or directory.startswith(point.rstrip("/") + "/")


def _deepest(mounts: Iterable[Mount]) -> Mount | None:
    best: Mount | None = None
    for mount in mounts:
        if best is None or len(mount.point) >= len(best.point):
            best = mount
    return best
