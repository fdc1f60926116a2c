import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_activation.identity.components import components_of
from offline_activation.identity.machine_macos import MacMachine, parse_link, parse_statfs, parse_volume_uuid
from offline_activation.identity.plausible import uuid_text
from offline_activation.identity.volume import choose_volume, fallback_id

DATA_UUID = bytes.fromhex("4d2c8b9a1122467facdd5b1c7f0e2d3a")
HOST_UUID = bytes.fromhex("8f14e45fceea467fa2c39b1d0e7a4c21")


def statfs(kind: bytes, point: bytes, flags: int = 0x1000) -> bytes:
    raw = bytearray(2168)
    raw[64:68] = flags.to_bytes(4, "little")
    raw[72 : 72 + len(kind)], raw[88 : 88 + len(point)] = kind, point
    return bytes(raw)


def link(name: bytes, address: bytes, kind: int = 6) -> bytes:
    raw = bytes((8 + len(name) + len(address), 18, 4, 0, kind, len(name), len(address), 0)) + name + address
    return raw.ljust(20, b"\0")


class Recorded:
    """A Mac whose state directory is on the data volume, as its calls answer."""

    def __init__(self) -> None:
        self.systems = {"/Users/Shared/state": statfs(b"apfs", b"/System/Volumes/Data"), "/": statfs(b"apfs", b"/")}
        self.uuids = {"/System/Volumes/Data": DATA_UUID, "/": HOST_UUID[::-1]}
        self.links = [("en0", link(b"en0", bytes.fromhex("a4831e000002"))), ("lo0", link(b"lo0", b"", 24))]

    def file_system(self, path: str) -> bytes:
        return self.systems[path]

    def volume_attributes(self, mount_point: str) -> bytes:
        if mount_point not in self.uuids:
            raise OSError(22, "Invalid argument")
        return (20).to_bytes(4, "little") + self.uuids[mount_point]

    def host_uuid(self) -> bytes:
        return HOST_UUID

    def link_addresses(self) -> tuple[tuple[str, bytes], ...]:
        return tuple(self.links)


def test_the_volume_id_is_the_uuid_of_the_data_volume() -> None:
    reading = choose_volume(MacMachine(Recorded()), "/Users/Shared/state")
    assert (reading.volume_id, reading.source) == (uuid_text(DATA_UUID), "volume UUID apfs")


@pytest.mark.parametrize(("kind", "flags"), [(b"nfs", 0), (b"smbfs", 0), (b"devfs", 0x1000), (b"apfs", 0), (b"", 0)])
def test_volumes_that_are_not_on_a_local_disk_are_refused_and_the_root_volume_is_next(kind: bytes, flags: int) -> None:
    calls = Recorded()
    calls.systems["/Users/Shared/state"] = statfs(kind, b"/Volumes/x", flags)
    reading = choose_volume(MacMachine(calls), "/Users/Shared/state")
    assert reading.attempts[0].outcome.endswith("is not on a local disk")
    assert reading.source == "volume UUID of the root volume apfs"


def test_a_null_uuid_and_a_failing_call_lead_to_the_labeled_fallback() -> None:
    calls = Recorded()
    calls.uuids = {"/System/Volumes/Data": bytes(16)}
    reading = choose_volume(MacMachine(calls), "/Users/Shared/state")
    assert [attempt.outcome for attempt in reading.attempts] == [
        "the UUID is all zero",
        "failed: Invalid argument",
        "macOS keeps no machine id beside the firmware UUID",
        "used",
    ]
    assert reading.volume_id == fallback_id("firmware-uuid", uuid_text(HOST_UUID))


def test_components_leave_out_private_and_internal_addresses() -> None:
    calls = Recorded()
    calls.links += [
        ("en9", link(b"en9", bytes.fromhex("acde48001122"))),
        ("en1", link(b"en1", bytes.fromhex("36e1d2000000"))),
        ("bridge0", link(b"bridge0", bytes.fromhex("000000000001"), 0xD1)),
    ]
    values = {c.name: c.value for c in components_of(MacMachine(calls), "/Users/Shared/state")}
    assert values["network"] == "a4:83:1e:00:00:02"
    assert values["firmware_uuid"] == uuid_text(HOST_UUID)
    assert values["machine_id"] is None


@given(st.binary(max_size=64))
def test_damaged_replies_are_answered_with_nothing(raw: bytes) -> None:
    assert parse_statfs(raw)[1] == ""
    assert len(parse_volume_uuid(raw)) in {0, 16}
    assert len(parse_link(raw)) <= len(raw)
