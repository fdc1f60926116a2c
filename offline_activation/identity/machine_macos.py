"""The identity of a Mac, decided from what a few system calls return.

The calls stand behind :class:`Calls`, so that every decision and every parser here runs on any platform.
Sources: macOS manual pages statfs(2), getattrlist(2), gethostuuid(3), getifaddrs(3), and ``<net/if_dl.h>``.
"""

from collections.abc import Iterator
from typing import Final, Protocol

from offline_activation.identity.plausible import UUID_BYTES, flaw, lowest_mac, uuid_text
from offline_activation.identity.reading import Sighting

STATFS_BYTES: Final = 2168
FLAGS_AT: Final = 64
TYPE_AT: Final = 72
TYPE_BYTES: Final = 16
POINT_AT: Final = 88
POINT_BYTES: Final = 1024
LOCAL_VOLUME: Final = 0x1000
DISK_KINDS: Final = frozenset({"apfs", "hfs", "exfat", "msdos"})

REPLY_BYTES: Final = 20
LINK_FAMILY: Final = 18
ETHERNET: Final = 6
NAME_AT: Final = 8


class Calls(Protocol):
    """The system calls needed; each raises ``OSError`` when the system says no."""

    def file_system(self, path: str) -> bytes:
        """Return ``struct statfs`` (64-bit inodes) of the nearest existing directory at or above ``path``."""

    def volume_attributes(self, mount_point: str) -> bytes:
        """Return the reply of getattrlist for ATTR_VOL_UUID: a 4-byte length and the UUID."""

    def host_uuid(self) -> bytes:
        """Return the 16 bytes of gethostuuid."""

    def link_addresses(self) -> tuple[tuple[str, bytes], ...]:
        """Return ``(interface, sockaddr_dl)`` of every link-level address of getifaddrs."""


class MacMachine:
    """This Mac as its system calls describe it; see :class:`.reading.Machine`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def volumes(self, path: str) -> Iterator[Sighting]:
        """Yield the UUID of the volume of ``path``, then the one of the root volume."""
        state = ""
        for suffix, start in (("", path), (" of the root volume", "/")):
            source = f"volume UUID{suffix}"
            try:
                kind, point, local = parse_statfs(self._calls.file_system(start))
                if point == state:
                    yield Sighting(source="root volume", why="is the volume of the state directory")
                elif not local or kind not in DISK_KINDS:
                    yield Sighting(source=source, why=f"{kind or 'the file system'} is not on a local disk")
                else:
                    state = point
                    yield _uuid(f"{source} {kind}", parse_volume_uuid(self._calls.volume_attributes(point)))
            except OSError as error:
                yield Sighting(source=source, why=f"failed: {error.strerror or error}")

    def machine_id(self) -> Sighting:
        """Return nothing: macOS keeps no id of the installation, and the host UUID is the firmware's."""
        return Sighting(source="none", why="macOS keeps no machine id beside the firmware UUID")

    def firmware_uuid(self) -> Sighting:
        """Return the hardware UUID, dashed and lower-case."""
        try:
            return _uuid("gethostuuid", self._calls.host_uuid())
        except OSError as error:
            return Sighting(source="gethostuuid", why=f"failed: {error.strerror or error}")

    def network(self) -> Sighting:
        """Return the lowest vendor-assigned Ethernet address of the interfaces named ``en``."""
        try:
            links = self._calls.link_addresses()
        except OSError as error:
            return Sighting(source="getifaddrs", why=f"failed: {error.strerror or error}")
        found = [(name, raw) for name, link in links if name.startswith("en") and (raw := parse_link(link))]
        return lowest_mac(found, source="getifaddrs", none="no physical interface")


def parse_statfs(raw: bytes) -> tuple[str, str, bool]:
    """Return ``(type, mount point, is local)`` from ``struct statfs``; empty texts where it is too short."""
    kind, point = raw[TYPE_AT : TYPE_AT + TYPE_BYTES], raw[POINT_AT : POINT_AT + POINT_BYTES]
    local = bool(int.from_bytes(raw[FLAGS_AT : FLAGS_AT + 4], "little") & LOCAL_VOLUME)
    kind_text = kind.partition(b"\0")[0].decode("ascii", "replace")
    return kind_text, point.partition(b"\0")[0].decode("utf-8", "surrogateescape"), local


def parse_volume_uuid(reply: bytes) -> bytes:
    """Return the 16 bytes of the volume UUID from a reply of getattrlist; empty where the volume has none."""
    length = int.from_bytes(reply[:4], "little")
    return reply[4 : 4 + UUID_BYTES] if REPLY_BYTES <= length <= len(reply) else b""


def parse_link(link: bytes) -> bytes:
    """Return the hardware address in a ``sockaddr_dl`` of an Ethernet interface; empty where it has none."""
    if len(link) < NAME_AT or link[1] != LINK_FAMILY or link[4] != ETHERNET:
        return b""
    start = NAME_AT + link[5]
    address = link[start : start + link[6]]
    return address if len(address) == link[6] else b""


def _uuid(source: str, raw: bytes) -> Sighting:
    text = uuid_text(raw) if len(raw) == UUID_BYTES else ""
    reason = flaw(text)
    return Sighting(source=source, value=text) if reason is None else Sighting(source=source, why=f"the UUID {reason}")
