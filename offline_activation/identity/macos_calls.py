"""The system calls of macOS behind :class:`.machine_macos.Calls`, through ctypes."""

# mypy knows the platform of a whole file only by an assert above everything else, the other imports included.
# ruff: noqa: E402
import sys

assert sys.platform == "darwin"  # noqa: S101 - see above

import ctypes
import os
from typing import Final

from offline_activation.identity.machine_macos import LINK_FAMILY, REPLY_BYTES, STATFS_BYTES

VOLUME_INFO: Final = 0x80000000
VOLUME_UUID: Final = 0x00040000
ATTRIBUTE_GROUPS: Final = 5
INTERFACE_LIMIT: Final = 4096

_system = ctypes.CDLL(None, use_errno=True)
# Intel Macs keep the call with 32-bit inodes under the plain name; Apple silicon knows one form only.
_statfs = getattr(_system, "statfs$INODE64", None) or _system.statfs


class _AttributeList(ctypes.Structure):
    _fields_ = (
        ("bitmapcount", ctypes.c_uint16),
        ("reserved", ctypes.c_uint16),
        ("common", ctypes.c_uint32),
        ("volume", ctypes.c_uint32),
        ("directory", ctypes.c_uint32),
        ("file", ctypes.c_uint32),
        ("fork", ctypes.c_uint32),
    )


class _Seconds(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _Interface(ctypes.Structure):
    _fields_ = (
        ("next", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("flags", ctypes.c_uint),
        ("address", ctypes.c_void_p),
    )


class SystemCalls:
    """The real calls; each raises ``OSError`` with the system's reason."""

    def file_system(self, path: str) -> bytes:
        """Return ``struct statfs`` of the nearest existing directory at or above ``path``."""
        directory = os.path.realpath(path)
        while not os.path.isdir(directory):
            directory = os.path.dirname(directory)
        buffer = ctypes.create_string_buffer(STATFS_BYTES)
        _require(_statfs(os.fsencode(directory), buffer))
        return buffer.raw

    def volume_attributes(self, mount_point: str) -> bytes:
        """Return the reply of getattrlist for ATTR_VOL_UUID of a mount point."""
        wanted = _AttributeList(bitmapcount=ATTRIBUTE_GROUPS, volume=VOLUME_INFO | VOLUME_UUID)
        reply = ctypes.create_string_buffer(REPLY_BYTES)
        _system.getattrlist.argtypes = (
            ctypes.c_char_p,
            ctypes.c_void_p,
            ctypes.c_void_p,
            ctypes.c_size_t,
            ctypes.c_uint32,
        )
        name = os.fsencode(mount_point)
        _require(_system.getattrlist(name, ctypes.byref(wanted), reply, REPLY_BYTES, 0))
        return reply.raw

    def host_uuid(self) -> bytes:
        """Return the hardware UUID; the call is given one second."""
        buffer = ctypes.create_string_buffer(16)
        wait = _Seconds(seconds=1, nanoseconds=0)
        _require(_system.gethostuuid(buffer, ctypes.byref(wait)))
        return buffer.raw

    def link_addresses(self) -> tuple[tuple[str, bytes], ...]:
        """Return ``(interface, sockaddr_dl)`` of every link-level address."""
        first = ctypes.c_void_p()
        _require(_system.getifaddrs(ctypes.byref(first)))
        found: list[tuple[str, bytes]] = []
        try:
            at = first.value
            for _ in range(INTERFACE_LIMIT):
                if not at:
                    break
                entry = _Interface.from_address(at)
                if entry.address:
                    link = ctypes.string_at(entry.address, ctypes.string_at(entry.address, 1)[0])
                    if link[1:2] == bytes((LINK_FAMILY,)):
                        found.append((os.fsdecode(entry.name), link))
                at = entry.next
        finally:
            _system.freeifaddrs.argtypes = (ctypes.c_void_p,)
            _system.freeifaddrs(first)
        return tuple(found)


def _require(outcome: int) -> None:
    if outcome:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
