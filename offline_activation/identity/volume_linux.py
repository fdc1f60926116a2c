"""The volume id on Linux: the kernel's calls, udev's links, then the superblock of the device.

Closed by default: only file system types that are known to keep an id on a local disk are believed.
"""

# mypy knows the platform of a whole file only by an assert above everything else, the other imports included.
# ruff: noqa: E402
import sys

assert sys.platform == "linux"  # noqa: S101 - see above

import os
import stat
from collections.abc import Iterator
from typing import Final

from offline_activation.identity.linux_calls import CALLS, ask
from offline_activation.identity.linux_files import phrase, read_small, rooted
from offline_activation.identity.linux_mounts import Mount, find_mount, read_mounts
from offline_activation.identity.reading import Sighting

IN_MEMORY: Final = frozenset({"tmpfs", "ramfs", "rootfs", "hugetlbfs"})
LAYERED: Final = frozenset({"overlay", "aufs", "unionfs", "ecryptfs", "fuse.fuse-overlayfs"})
IMAGES: Final = frozenset({"squashfs", "iso9660", "erofs", "cramfs", "romfs", "udf"})
SHARED: Final = frozenset(
    {"9p", "afs", "beegfs", "ceph", "cifs", "coda", "fuse.glusterfs", "fuse.sshfs", "fuse.vmhgfs-fuse", "gfs2"}
    | {"glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "prl_fs", "smb3", "smbfs"}
    | {"vboxsf", "virtiofs", "vmhgfs"},
)
KERNEL: Final = frozenset(
    {"proc", "sysfs", "devtmpfs", "devpts", "cgroup", "cgroup2", "debugfs", "tracefs", "configfs"}
)
SAME_LAYOUT: Final = {"ext2": "ext", "ext3": "ext", "ext4": "ext", "msdos": "vfat"}
UUID_LENGTH: Final = 36


def volumes(path: str, system_root: str) -> Iterator[Sighting]:
    """Yield what is known about the file system of ``path``, then about the one of the system's root.

    Resumed after a value only when that value was refused; the same superblock is then not asked again.
    """
    try:
        mounts = read_mounts(system_root)
    except OSError as error:
        yield Sighting(source="mount table", why=phrase(error))
        return
    state: Mount | None = None
    for suffix, directory in (("", nearest_directory(path)), (" of the root volume", os.path.realpath(system_root))):
        mount = find_mount(directory, mounts, system_root)
        if mount is None:
            yield Sighting(source=f"mount table{suffix}", why="does not show the volume")
        elif state is not None and mount.device == state.device:
            yield Sighting(source="root volume", why="is the volume of the state directory")
        else:
            state = mount
            yield from _of_mount(mount, directory, system_root, suffix)


def nearest_directory(path: str) -> str:
    """Return the existing directory that is ``path`` or the nearest one above it, absolute and without links."""
    directory = os.path.realpath(path)
    while not os.path.isdir(directory):
        directory = os.path.dirname(directory)
    return directory


def refusal(kind: str) -> str | None:
    """Return why a file system of type ``kind`` has no id of its own, or ``None`` when it may have one."""
    for kinds, why in (
        (IN_MEMORY, "lives in memory"),
        (LAYERED, "is layered over other file systems"),
        (IMAGES, "is an image that is the same on every machine"),
        (SHARED, "is shared between machines"),
        (KERNEL, "is not on a disk"),
    ):
        if kind in kinds:
            return why
    if kind == "fuse" or kind.startswith("fuse."):
        return "is served by a program"
    return None if kind in CALLS else "is not known to keep an id"


def _of_mount(mount: Mount, directory: str, system_root: str, suffix: str) -> Iterator[Sighting]:
    why = refusal(mount.kind)
    if why is not None:
        yield Sighting(source=f"volume {mount.kind}{suffix}", why=f"{mount.kind} {why}")
        return
    asked = _by_call(mount.kind, directory)
    for seen in asked:
        yield Sighting(source=f"{seen.source} {mount.kind}{suffix}", value=seen.value, why=seen.why)
    if asked and asked[-1].value is not None:
        return
    device = block_device(mount, system_root)
    for seen in (_by_link(device, system_root), _by_superblock(device, mount.kind)):
        yield Sighting(source=f"{seen.source} {mount.kind}{suffix}", value=seen.value, why=seen.why)
        if seen.value is not None:
            return


def _by_call(kind: str, directory: str) -> tuple[Sighting, ...]:
    try:
        handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        return (Sighting(source="ioctl", why=f"the directory {phrase(error)}"),)
    seen: list[Sighting] = []
    try:
        for call in CALLS[kind]:
            source = f"ioctl:{call.name}"
            try:
                seen.append(Sighting(source=source, value=ask(handle, call)))
            except OSError as error:
                seen.append(Sighting(source=source, why=phrase(error)))
            else:
                break
    finally:
        os.close(handle)
    return tuple(seen)


def block_device(mount: Mount, system_root: str) -> str | None:
    """Return the path of the block device behind a mount, or ``None``.

    The path in the mount table is believed only while it is the mounted device (``/dev/root`` often is nothing);
    a file system with an anonymous device number (btrfs) has no number to compare.
    """
    names = [mount.origin]
    major, minor = os.major(mount.device), os.minor(mount.device)
    try:
        facts = read_small(rooted(system_root, f"/sys/dev/block/{major}:{minor}/uevent"))
    except OSError:
        facts = ""
    names += [f"/dev/{line.removeprefix('DEVNAME=')}" for line in facts.splitlines() if line.startswith("DEVNAME=")]
    for name in names:
        path = rooted(system_root, name)
        number = _device_number(path) if name.startswith("/") else None
        if number is not None and (major == 0 or number == mount.device):
            return path
    return None


def _device_number(path: str) -> int | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_rdev if stat.S_ISBLK(status.st_mode) else None


def _by_link(device: str | None, system_root: str) -> Sighting:
    directory = rooted(system_root, "/dev/disk/by-uuid")
    number = None if device is None else _device_number(device)
    try:
        names = sorted(os.listdir(directory))
    except OSError as error:
        return Sighting(source="by-uuid", why=f"/dev/disk/by-uuid {phrase(error)}")
    for name in names:
        if number is not None and _device_number(f"{directory}/{name}") == number:
            return Sighting(source="by-uuid", value=name.lower() if len(name) == UUID_LENGTH else name.upper())
    return Sighting(source="by-uuid", why="no link names the device")


def _by_superblock(device: str | None, kind: str) -> Sighting:
    if device is None:
        return Sighting(source="superblock", why="the device is not visible")
    from offline_activation.identity.linux_superblock import read_superblock  # noqa: PLC0415 - the usual start skips it

    try:
        found = read_superblock(device)
    except OSError as error:
        return Sighting(source="superblock", why=f"the device {phrase(error)}")
    if found is None or found[0] != SAME_LAYOUT.get(kind, kind):
        return Sighting(source="superblock", why=f"no {kind} superblock on the device")
    return Sighting(source="superblock", value=found[1])
