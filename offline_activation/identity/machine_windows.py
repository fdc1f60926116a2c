"""The identity of a Windows machine, decided from what a few system calls return.

The calls stand behind :class:`Calls`, so that every decision and every parser here runs on any platform.
Sources: Microsoft's descriptions of GetVolumeInformationW, GetVolumeNameForVolumeMountPointW, GetDriveTypeW,
GetSystemFirmwareTable, GetIfTable2; SMBIOS specification 3.x, section 7.2.
"""

from collections.abc import Iterator
from typing import Final, Protocol

from offline_activation.identity.plausible import UUID_BYTES, flaw, lowest_mac, parse_uuid, serial_text, uuid_text
from offline_activation.identity.reading import Sighting

FIXED: Final = 3
DRIVE_REFUSED: Final = {
    0: "is of an unknown type",
    1: "is not mounted",
    2: "is removable",
    4: "is on the network",
    5: "is a CD",
    6: "lives in memory",
}
"""Answers of GetDriveTypeW that are no identity; 3 is a fixed disk."""

RAW_SMBIOS_HEADER: Final = 8
SYSTEM_INFORMATION: Final = 1
END_OF_TABLE: Final = 127
SYSTEM_UUID_AT: Final = 8
STRUCTURE_HEADER: Final = 4

ROW_BYTES: Final = 1352
ROWS_AT: Final = 8
ALIAS_AT: Final = 28
ALIAS_BYTES: Final = 514
LENGTH_AT: Final = 1056
PERMANENT_AT: Final = 1092
TYPE_AT: Final = 1128
FLAGS_AT: Final = 1152
LONGEST_ADDRESS: Final = 32
ETHERNET_AND_WIFI: Final = frozenset({6, 71})
HARDWARE_WITH_CONNECTOR: Final = 0b101
"""Bits HardwareInterface and ConnectorPresent of InterfaceAndOperStatusFlags; filters repeat addresses without them."""


class Calls(Protocol):
    """The system calls needed; each raises ``OSError`` when the system says no."""

    def volume_root(self, path: str) -> str:
        r"""Return the mount point of the volume that holds ``path``, for example ``D:\``."""

    def system_root(self) -> str:
        r"""Return the directory of Windows, for example ``C:\Windows``."""

    def drive_type(self, root: str) -> int:
        """Return the answer of GetDriveTypeW."""

    def serial(self, root: str) -> int:
        """Return the 32-bit volume serial."""

    def volume_name(self, root: str) -> str:
        r"""Return the volume's name ``\\?\Volume{GUID}\``."""

    def machine_guid(self) -> str:
        """Return MachineGuid of the registry."""

    def firmware_table(self) -> bytes:
        """Return the RawSMBIOSData of GetSystemFirmwareTable."""

    def interface_table(self) -> bytes:
        """Return the MIB_IF_TABLE2 of GetIfTable2, as laid out by a 64-bit system."""


class WindowsMachine:
    """This Windows machine as its system calls describe it; see :class:`.reading.Machine`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def volumes(self, path: str) -> Iterator[Sighting]:
        """Yield serial and GUID of the volume of ``path``, then of the volume of Windows.

        The id is both, joined by a dash.  The serial alone has 32 bits: among 77,000 sites two would share one.  The
        GUID alone may be carried over by copying a disk; the serial changes when the volume is formatted again.
        """
        state = ""
        for suffix, start in (("", path), (" of the system volume", None)):
            try:
                root = self._calls.volume_root(self._calls.system_root() if start is None else start)
            except OSError as error:
                yield Sighting(source=f"volume{suffix}", why=_phrase(error))
                continue
            if root == state:
                yield Sighting(source="system volume", why="is the volume of the state directory")
                continue
            state = root
            yield self._volume(root, suffix)

    def _volume(self, root: str, suffix: str) -> Sighting:
        source = f"volume serial and GUID{suffix}"
        try:
            kind = self._calls.drive_type(root)
            if kind != FIXED:
                return Sighting(source=source, why=f"the drive {DRIVE_REFUSED.get(kind, DRIVE_REFUSED[0])}")
            serial = serial_text(self._calls.serial(root))
            guid = parse_uuid(_between_braces(self._calls.volume_name(root))) or ""
        except OSError as error:
            return Sighting(source=source, why=_phrase(error))
        for name, text in (("serial", serial), ("GUID", guid)):
            reason = flaw(text)
            if reason is not None:
                return Sighting(source=source, why=f"the volume {name} {reason}")
        return Sighting(source=source, value=f"{serial}-{guid}")

    def machine_id(self) -> Sighting:
        """Return MachineGuid, dashed and lower-case."""
        source = "registry MachineGuid"
        try:
            return _judged(source, parse_uuid(self._calls.machine_guid()))
        except OSError as error:
            return Sighting(source=source, why=_phrase(error))

    def firmware_uuid(self) -> Sighting:
        """Return the SMBIOS system UUID, dashed and lower-case."""
        source = "SMBIOS"
        try:
            return _judged(source, parse_smbios(self._calls.firmware_table()))
        except OSError as error:
            return Sighting(source=source, why=_phrase(error))

    def network(self) -> Sighting:
        """Return the lowest permanent address of the interfaces that are hardware with a connector."""
        source = "GetIfTable2"
        try:
            table = self._calls.interface_table()
        except OSError as error:
            return Sighting(source=source, why=_phrase(error))
        return lowest_mac(parse_interfaces(table), source=source, none="no physical interface")


def parse_smbios(table: bytes) -> str | None:
    """Return the system UUID from RawSMBIOSData, or ``None``; damaged tables are tolerated.

    The first three groups are little-endian since SMBIOS 2.6.
    """
    end = min(len(table), RAW_SMBIOS_HEADER + int.from_bytes(table[4:8], "little"))
    at = RAW_SMBIOS_HEADER
    while at + STRUCTURE_HEADER <= end:
        kind, length = table[at], table[at + 1]
        if length < STRUCTURE_HEADER or kind == END_OF_TABLE:
            return None
        if kind == SYSTEM_INFORMATION:
            raw = table[at + SYSTEM_UUID_AT : min(at + length, end)][:UUID_BYTES]
            if len(raw) < UUID_BYTES:
                return None
            return uuid_text(raw[3::-1] + raw[5:3:-1] + raw[7:5:-1] + raw[8:])
        strings = table.find(b"\0\0", at + length, end)
        if strings < 0:
            return None
        at = strings + 2
    return None


def parse_interfaces(table: bytes) -> tuple[tuple[str, bytes], ...]:
    """Return ``(alias, permanent address)`` of the physical Ethernet and Wi-Fi rows of a MIB_IF_TABLE2."""
    count = min(int.from_bytes(table[:4], "little"), max(0, len(table) - ROWS_AT) // ROW_BYTES)
    found = []
    for at in range(ROWS_AT, ROWS_AT + count * ROW_BYTES, ROW_BYTES):
        row = table[at : at + ROW_BYTES]
        kind = int.from_bytes(row[TYPE_AT : TYPE_AT + 4], "little")
        physical = row[FLAGS_AT] & HARDWARE_WITH_CONNECTOR == HARDWARE_WITH_CONNECTOR
        length = int.from_bytes(row[LENGTH_AT : LENGTH_AT + 4], "little")
        if physical and kind in ETHERNET_AND_WIFI and 0 < length <= LONGEST_ADDRESS:
            alias = row[ALIAS_AT : ALIAS_AT + ALIAS_BYTES].decode("utf-16-le", "replace").partition("\0")[0]
            found.append((alias, row[PERMANENT_AT : PERMANENT_AT + length]))
    return tuple(found)


def _between_braces(name: str) -> str:
    return name.partition("{")[2].partition("}")[0]


def _judged(source: str, text: str | None) -> Sighting:
    why = "holds no UUID" if text is None else flaw(text)
    if why is None:
        return Sighting(source=source, value=text)
    return Sighting(source=source, why=f"the UUID {why}" if text else why)


def _phrase(error: OSError) -> str:
    return f"failed: {error.strerror or error}"
