"""The kernel's own answers to "which file system is this": ioctl calls that need no root.

Sources: ``include/uapi/linux/fs.h`` (FS_IOC_GETFSUUID, Linux 6.9), ``fs/ext4/ext4.h`` (Linux 6.0), ``xfs_fs.h``,
``btrfs.h`` and ``msdos_fs.h`` (older than any supported distribution).
"""

# mypy knows the platform of a whole file only by an assert above everything else, the other imports included.
# ruff: noqa: E402
import sys

assert sys.platform == "linux"  # noqa: S101 - see above

import errno
import fcntl
import os
from typing import Final

from offline_activation.formats.value import value
from offline_activation.identity.plausible import UUID_BYTES, serial_text, uuid_text

OTHER_ENCODING: Final = ("ppc", "powerpc", "mips", "sparc", "alpha")
"""Architectures whose request numbers have 13 bits of size and 3 of direction (asm/ioctl.h)."""

SERIAL_BYTES: Final = 4


@value
class Call:
    """One ioctl: its name, type and number, size in the request, the buffer sent, and where the id is in the reply.

    ``id_bytes`` is 16 for a UUID and 4 for a volume serial in the byte order of the machine.
    """

    name: str
    group: int
    number: int
    size: int
    sent: bytes
    id_at: int
    id_bytes: int = UUID_BYTES


ANY: Final = Call(name="FS_IOC_GETFSUUID", group=0x15, number=0, size=17, sent=bytes(17), id_at=1)
EXT4: Final = Call(
    name="EXT4_IOC_GETFSUUID",
    group=ord("f"),
    number=44,
    size=8,
    sent=UUID_BYTES.to_bytes(4, sys.byteorder) + bytes(4 + UUID_BYTES),
    id_at=8,
)
XFS: Final = Call(name="XFS_IOC_FSGEOMETRY", group=ord("X"), number=100, size=112, sent=bytes(112), id_at=64)
BTRFS: Final = Call(name="BTRFS_IOC_FS_INFO", group=0x94, number=31, size=1024, sent=bytes(1024), id_at=16)
FAT: Final = Call(
    name="FAT_IOCTL_GET_VOLUME_ID",
    group=ord("r"),
    number=0x13,
    size=4,
    sent=bytes(4),
    id_at=0,
    id_bytes=SERIAL_BYTES,
)

CALLS: Final = {
    "ext2": (ANY, EXT4),
    "ext3": (ANY, EXT4),
    "ext4": (ANY, EXT4),
    "xfs": (ANY, XFS),
    "btrfs": (ANY, BTRFS),
    "vfat": (FAT,),
    "msdos": (FAT,),
    "exfat": (),
    "ntfs": (),
    "ntfs3": (),
    "fuseblk": (),
    "f2fs": (ANY,),
    "bcachefs": (ANY,),
    "jfs": (ANY,),
    "nilfs2": (ANY,),
    "reiserfs": (ANY,),
}
"""Which calls are asked for each local file system type that keeps an id.  FAT and NTFS have serials, not UUIDs:
there the general call could only answer in another form than ``blkid`` does."""


def request_number(call: Call, machine: str) -> int:
    """Return the request number of a reading ioctl on the architecture ``machine`` (as in ``os.uname``)."""
    shift = 29 if machine.startswith(OTHER_ENCODING) else 30
    return (2 << shift) | (call.size << 16) | (call.group << 8) | call.number


def ask(handle: int, call: Call) -> str:
    """Return the id the kernel gives for the file system of an open directory.

    Raises ``OSError`` when the kernel or the file system does not know the call, or has no id.
    """
    reply = bytearray(call.sent)
    fcntl.ioctl(handle, request_number(call, os.uname().machine), reply, True)  # noqa: FBT003 - fcntl has no names
    if call is ANY and reply[0] != UUID_BYTES:  # an id of another form than blkid prints
        raise OSError(errno.ENODATA, os.strerror(errno.ENODATA))
    found = bytes(reply[call.id_at : call.id_at + call.id_bytes])
    return serial_text(int.from_bytes(found, sys.byteorder)) if call.id_bytes == SERIAL_BYTES else uuid_text(found)
