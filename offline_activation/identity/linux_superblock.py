"""The file system id as it stands in the superblock of a block device or image.

Needed where neither the kernel's calls nor udev's links exist; reading the device needs root.  Layouts: ext4 disk
layout (kernel documentation, "Super Block"), XFS ``xfs_dsb``, btrfs ``btrfs_super_block``, the FAT boot sector
(Microsoft FAT specification 1.03), the exFAT main boot sector (Microsoft exFAT specification 3.1).
"""

import os
from typing import Final

from offline_activation.identity.plausible import UUID_BYTES, serial_text, uuid_text

HEAD_BYTES: Final = 2048
BTRFS_AT: Final = 64 * 1024
BTRFS_BYTES: Final = 72
SECTOR_SIZES: Final = frozenset({512, 1024, 2048, 4096})
EXTENDED_BOOT: Final = frozenset({0x28, 0x29})
"""Values of the byte that announces a volume serial in a FAT boot sector."""


def read_superblock(device: str) -> tuple[str, str] | None:
    """Return ``(kind, id)`` of the file system on ``device``, or ``None`` when it is none of the known ones.

    ``kind`` is one of ``ext``, ``xfs``, ``btrfs``, ``exfat``, ``vfat``.  Reads 2 KiB and 72 bytes.  Raises ``OSError``.
    """
    handle = os.open(device, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0))
    try:
        head = _read_at(handle, 0, HEAD_BYTES)
        return parse_superblock(head, _read_at(handle, BTRFS_AT, BTRFS_BYTES))
    finally:
        os.close(handle)


def parse_superblock(head: bytes, at_64k: bytes) -> tuple[str, str] | None:
    """Return ``(kind, id)`` from the first 2 KiB of a device and 72 bytes at 64 KiB; see :func:`read_superblock`.

    Shorter input is no file system.  FAT is asked last because it has no magic of its own.
    """
    found: tuple[str, str] | None = None
    if at_64k[64:72] == b"_BHRfS_M":
        found = "btrfs", uuid_text(at_64k[32 : 32 + UUID_BYTES])
    elif len(head) < HEAD_BYTES:
        pass
    elif head[:4] == b"XFSB":
        found = "xfs", uuid_text(head[32 : 32 + UUID_BYTES])
    elif head[1024 + 0x38 : 1024 + 0x3A] == b"\x53\xef":
        found = "ext", uuid_text(head[1024 + 0x68 : 1024 + 0x68 + UUID_BYTES])
    elif head[3:11] == b"EXFAT   ":
        found = "exfat", serial_text(int.from_bytes(head[100:104], "little"))
    elif head[510:512] == b"\x55\xaa":
        found = _fat(head)
    return found


def _fat(head: bytes) -> tuple[str, str] | None:
    sector = int.from_bytes(head[11:13], "little")
    cluster, tables = head[13], head[16]
    if sector not in SECTOR_SIZES or cluster == 0 or cluster & (cluster - 1) or tables not in {1, 2}:
        return None
    # A table size of zero in the old 16-bit field is what makes a boot sector FAT32 (specification, section 3.3).
    mark, serial = (66, 67) if head[22:24] == b"\0\0" else (38, 39)
    if head[mark] not in EXTENDED_BOOT:
        return None
    return "vfat", serial_text(int.from_bytes(head[serial : serial + 4], "little"))


def _read_at(handle: int, offset: int, size: int) -> bytes:
    os.lseek(handle, offset, os.SEEK_SET)
    pieces = bytearray()
    while len(pieces) < size:
        piece = os.read(handle, size - len(pieces))
        if not piece:
            break
        pieces += piece
    return bytes(pieces)
