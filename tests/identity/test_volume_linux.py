import os
from collections.abc import Callable
from pathlib import Path

import pytest

from offline_activation.errors import Refusal
from offline_activation.identity.linux_calls import ANY, BTRFS, EXT4, FAT, XFS, Call, request_number
from offline_activation.identity.linux_mounts import Mount, find_mount, parse_mount, read_mounts, unescaped
from offline_activation.identity.linux_superblock import parse_superblock, read_superblock
from offline_activation.identity.volume import choose_volume, fallback_id, read_volume
from offline_activation.identity.volume_linux import block_device, refusal

Write = Callable[[Path, str], None]


@pytest.mark.parametrize(
    "kind",
    [
        *("tmpfs", "ramfs", "overlay", "squashfs", "iso9660", "aufs", "fuse", "fuse.sshfs", "nfs", "nfs4", "cifs"),
        *("smb3", "9p", "ceph", "glusterfs", "virtiofs", "fuse.glusterfs", "proc", "sysfs", "devtmpfs", "ocfs2"),
        *("zfs", "madeup"),
    ],
)
def test_file_systems_without_an_id_of_their_own_are_refused_with_a_reason(kind: str) -> None:
    assert refusal(kind)


@pytest.mark.parametrize("kind", ["ext2", "ext3", "ext4", "xfs", "btrfs", "vfat", "exfat", "ntfs3", "fuseblk", "f2fs"])
def test_local_disk_file_systems_are_believed(kind: str) -> None:
    assert refusal(kind) is None


@pytest.mark.parametrize(
    ("call", "number"),
    [(ANY, 0x80111500), (EXT4, 0x8008662C), (XFS, 0x80705864), (BTRFS, 0x8400941F), (FAT, 0x80047213)],
    ids=str,
)
def test_request_numbers_are_those_of_the_kernel_headers(call: Call, number: int) -> None:
    assert request_number(call, "x86_64") == request_number(call, "aarch64") == number
    assert request_number(call, "ppc64le") == number - 0x40000000


def test_octal_escapes_of_the_mount_table_are_resolved() -> None:
    assert unescaped(r"/mnt/a\040b\011c\134d\012e") == "/mnt/a b\tc\\d\ne"
    assert unescaped("\\04 \\9 \\") == "\\04 \\9 \\"


@pytest.mark.parametrize("line", ["", " - ", "1 2 3", "x 1 8:1 / / rw - ext4 /dev/a rw", "1 1 8 / / rw - ext4 a b"])
def test_lines_of_another_form_are_left_out(line: str) -> None:
    assert parse_mount(line) is None


def test_optional_fields_before_the_separator_are_no_trouble() -> None:
    mount = parse_mount("36 35 98:3 /sub /mnt\\0402 rw,noatime shared:1 master:2 - ext3 /dev/root rw,errors=continue")
    assert mount == Mount(number=36, device=os.makedev(98, 3), point="/mnt 2", kind="ext3", origin="/dev/root")


def test_without_mount_numbers_the_deepest_and_last_mount_wins(tmp_path: Path, tree: Path, write_file: Write) -> None:
    table = "".join(
        f"{n} 1 0:{900 + n} / {point} rw - {kind} none rw\n"
        for n, point, kind in (
            (1, "/", "ext4"),
            (2, tmp_path, "xfs"),
            (3, tmp_path, "btrfs"),
            (4, f"{tmp_path}-not-above", "nfs"),
        )
    )
    write_file(tree / "proc/self/mountinfo", table)
    mount = find_mount(str(tmp_path), read_mounts(str(tree)), str(tree))
    assert mount is not None
    assert mount.kind == "btrfs"


def test_the_real_mount_table_names_the_mount_of_a_directory() -> None:
    mount = find_mount("/dev/shm", read_mounts("/"), "/")  # noqa: S108 - looked at, not written
    assert mount is not None
    assert mount.kind == "tmpfs"


def test_without_a_mount_table_the_fallback_is_used(tmp_path: Path, tree: Path) -> None:
    (tree / "proc/self/mountinfo").unlink()
    reading = read_volume(str(tmp_path), system_root=str(tree))
    assert reading.attempts[0].outcome == "is missing"
    assert reading.source == "fallback:machine-id"


def test_the_firmware_uuid_is_the_last_fallback(tmp_path: Path, tree: Path, write_file: Write) -> None:
    write_file(tree / "etc/machine-id", "uninitialized\n")
    reading = read_volume(str(tmp_path), system_root=str(tree))
    assert reading.source == "fallback:firmware-uuid"
    assert "uninitialized" in reading.attempts[-2].outcome
    assert reading.volume_id == fallback_id("firmware-uuid", "8f14e45f-ceea-467f-a2c3-9b1d0e7a4c21")


def test_the_derived_fallback_never_changes() -> None:
    assert fallback_id("machine-id", "3f1d5e0ab7c94d1e8a64c09be2d17f55") == "e1fffb08-b478-69e5-d992-c521296af0fc"


def test_a_machine_without_any_source_is_refused_in_one_sentence(tmp_path: Path, tree: Path) -> None:
    (tree / "etc/machine-id").unlink()
    (tree / "sys/class/dmi/id/product_uuid").unlink()
    with pytest.raises(Refusal) as caught:
        read_volume(str(tmp_path), system_root=str(tree))
    assert caught.value.code == "identity.none"
    assert "tmpfs lives in memory; no machine id, no firmware UUID." in caught.value.message


def test_a_system_root_that_is_missing_is_refused_and_nothing_else(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="no usable identity"):
        read_volume(str(tmp_path), system_root=str(tmp_path / "nowhere"))


def test_the_id_of_a_device_that_is_no_longer_the_mounted_one_is_not_taken(tree: Path) -> None:
    (tree / "dev").mkdir()
    (tree / "dev/root").symlink_to("/dev/null")
    mount = Mount(number=1, device=os.makedev(7, 250), point="/", kind="ext4", origin="/dev/root")
    assert block_device(mount, str(tree)) is None


def test_a_file_that_is_no_file_system_has_no_superblock(tmp_path: Path) -> None:
    for size in (0, 511, 2047, 70_000):
        path = tmp_path / str(size)
        path.write_bytes(bytes(size))
        assert read_superblock(str(path)) is None


def test_an_exfat_boot_sector_shows_its_serial() -> None:
    head = bytearray(2048)
    head[3:11], head[100:104], head[510:512] = b"EXFAT   ", bytes.fromhex("c7912a3f"), b"\x55\xaa"
    assert parse_superblock(bytes(head), b"") == ("exfat", "3F2A-91C7")


def test_a_boot_record_that_is_no_fat_is_not_taken_for_one() -> None:
    head = bytearray(2048)
    head[510:512] = b"\x55\xaa"
    assert parse_superblock(bytes(head), b"") is None


def test_choosing_asks_no_more_sources_than_needed(tree: Path, tmp_path: Path) -> None:
    from offline_activation.identity.machine_linux import LinuxMachine  # noqa: PLC0415 - beside its only use
    from offline_activation.identity.reading import Sighting  # noqa: PLC0415 - beside its only use

    class Recorded(LinuxMachine):
        def firmware_uuid(self) -> Sighting:
            raise AssertionError("not needed")

    assert choose_volume(Recorded(str(tree)), str(tmp_path)).source == "fallback:machine-id"
