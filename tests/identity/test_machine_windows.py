import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_activation.errors import Refusal
from offline_activation.identity.components import components_of
from offline_activation.identity.machine_windows import WindowsMachine, parse_interfaces, parse_smbios
from offline_activation.identity.volume import choose_volume, fallback_id

GUID = "6F9619FF-8B86-D011-B42D-00C04FC964FF"
MACHINE_GUID = "b1f0c2d3-5a69-4788-9c0d-1e2f3a4b5c6d"


def smbios(raw: bytes, *, length: int = 27) -> bytes:
    bios = bytes((0, 24, 0, 0)) + bytes(20) + b"Vendor\x001.0\0\0"
    system = (bytes((1, length, 1, 0, 1, 2, 3, 4)) + raw + bytes(3))[:length] + b"Maker\0Model\0\0"
    table = bios + system + bytes((127, 4, 2, 0, 0, 0))
    return bytes((0, 3, 2, 0)) + len(table).to_bytes(4, "little") + table


def row(alias: str, address: bytes, *, kind: int = 6, flags: int = 5) -> bytes:
    raw = bytearray(1352)
    name = alias.encode("utf-16-le")
    raw[28 : 28 + len(name)] = name
    raw[1056:1060] = len(address).to_bytes(4, "little")
    raw[1060 : 1060 + len(address)] = b"\x02" * len(address)  # the address in use: set by software
    raw[1092 : 1092 + len(address)] = address
    raw[1128:1132] = kind.to_bytes(4, "little")
    raw[1152] = flags
    return bytes(raw)


def table(*rows: bytes) -> bytes:
    return len(rows).to_bytes(4, "little") + bytes(4) + b"".join(rows)


class Recorded:
    """A server with a data disk D:, as its calls answer."""

    def __init__(self) -> None:
        self.drives = {"C:\\": 3, "D:\\": 3}
        self.serials = {"C:\\": 0x00C0FFEE, "D:\\": 0x1A2B3C4D}
        self.names = dict.fromkeys(self.drives, f"\\\\?\\Volume{{{GUID}}}\\")
        self.guid = MACHINE_GUID
        self.firmware = smbios(bytes.fromhex("5fe4148feacE7f46a2c39b1d0e7a4c21"))
        self.table = table(row("Ethernet", bytes.fromhex("00155d010203")))

    def volume_root(self, path: str) -> str:
        return path[:3]

    def system_root(self) -> str:
        return "C:\\Windows"

    def drive_type(self, root: str) -> int:
        return self.drives[root]

    def serial(self, root: str) -> int:
        return self.serials[root]

    def volume_name(self, root: str) -> str:
        if root not in self.names:
            raise OSError(87, "The parameter is incorrect")
        return self.names[root]

    def machine_guid(self) -> str:
        return self.guid

    def firmware_table(self) -> bytes:
        return self.firmware

    def interface_table(self) -> bytes:
        return self.table


def test_the_volume_id_is_the_serial_with_the_volume_guid() -> None:
    reading = choose_volume(WindowsMachine(Recorded()), "D:\\InfiniTime\\state")
    assert reading.volume_id == f"1A2B-3C4D-{GUID.lower()}"
    assert reading.source == "volume serial and GUID"


@pytest.mark.parametrize(
    ("kind", "why"), [(4, "network"), (2, "removable"), (5, "CD"), (6, "memory"), (0, "unknown"), (9, "unknown")]
)
def test_drives_that_are_no_fixed_disk_are_refused_and_the_system_volume_is_next(kind: int, why: str) -> None:
    calls = Recorded()
    calls.drives["D:\\"] = kind
    reading = choose_volume(WindowsMachine(calls), "D:\\state")
    assert why in reading.attempts[0].outcome
    assert reading.source == "volume serial and GUID of the system volume"
    assert reading.volume_id.startswith("00C0-FFEE-")


def test_a_zero_serial_and_a_missing_guid_are_refused_and_the_fallback_is_labeled() -> None:
    calls = Recorded()
    calls.serials["D:\\"] = 0
    del calls.names["C:\\"]
    reading = choose_volume(WindowsMachine(calls), "D:\\state")
    assert [attempt.outcome for attempt in reading.attempts] == [
        "the volume serial is all zero",
        "failed: The parameter is incorrect",
        "used",
    ]
    assert (reading.source, reading.volume_id) == ("fallback:machine-id", fallback_id("machine-id", MACHINE_GUID))


def test_the_same_volume_is_not_asked_twice() -> None:
    calls = Recorded()
    calls.serials["C:\\"] = 0xFFFFFFFF
    reading = choose_volume(WindowsMachine(calls), "C:\\ProgramData")
    assert [attempt.outcome for attempt in reading.attempts[:2]] == [
        "the volume serial is all ones",
        "is the volume of the state directory",
    ]


def test_components_are_read_from_the_recorded_buffers() -> None:
    values = {c.name: c.value for c in components_of(WindowsMachine(Recorded()), "D:\\")}
    assert values["machine_id"] == MACHINE_GUID
    assert values["firmware_uuid"] == "8f14e45f-ceea-467f-a2c3-9b1d0e7a4c21"
    assert values["network"] == "00:15:5d:01:02:03"


def test_a_machine_that_answers_nothing_is_refused() -> None:
    calls = Recorded()
    calls.drives = dict.fromkeys(calls.drives, 4)
    calls.guid, calls.firmware, calls.table = "", b"", b""
    machine = WindowsMachine(calls)
    assert machine.network().why == "no physical interface"
    with pytest.raises(Refusal, match="no usable identity"):
        choose_volume(machine, "D:\\")


def test_only_the_permanent_addresses_of_hardware_with_a_connector_count() -> None:
    found = parse_interfaces(
        table(
            row("Wi-Fi", b"\x00\x15\x5d\x00\x00\x09", kind=71),
            row("Filter", b"\x00\x15\x5d\x00\x00\x01", flags=3),
            row("vEthernet", b"\x00\x15\x5d\x00\x00\x02", flags=0),
            row("Loopback", b"", kind=24),
            row("Tunnel", b"\x00\x15\x5d\x00\x00\x03", kind=131),
        )
    )
    assert found == (("Wi-Fi", b"\x00\x15\x5d\x00\x00\x09"),)


def test_a_short_system_structure_of_old_firmware_has_no_uuid() -> None:
    assert parse_smbios(smbios(b"", length=8)) is None


@given(st.binary(max_size=300))
def test_damaged_tables_are_answered_with_nothing(raw: bytes) -> None:
    assert parse_smbios(raw) is None or len(raw) >= 33
    assert parse_interfaces(raw) == ()


@given(st.integers(0, 80))
def test_a_firmware_table_cut_anywhere_is_answered_with_nothing(size: int) -> None:
    whole = smbios(bytes(range(16)))
    cut = parse_smbios(whole[:size])
    assert cut in {None, parse_smbios(whole)}
