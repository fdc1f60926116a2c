"""Real file systems with known ids on loop devices.  Needs root, and mkfs for ext4, xfs, btrfs and FAT.

Debian packages: e2fsprogs xfsprogs btrfs-progs dosfstools mount util-linux.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from offline_activation.identity.linux_calls import BTRFS, EXT4, XFS, Call, ask
from offline_activation.identity.linux_superblock import read_superblock
from offline_activation.identity.volume import fallback_id, read_volume

EXT4_ID = "5b1c7f0e-2d3a-4c8b-9e6f-0a1b2c3d4e5f"
OTHER_ID = "c0ffee11-7a6b-4d2c-8b9a-1122aabbccdd"
XFS_ID = "9a8b7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c6d"
BTRFS_ID = "6d2f1c3b-8a9e-4b7c-9d5f-3e4a5b6c7d8e"
MIB = 1 << 20

MAKE = {
    "ext4": (16 * MIB, ["mkfs.ext4", "-q", "-F", "-U", EXT4_ID]),
    "xfs": (320 * MIB, ["mkfs.xfs", "-q", "-m", f"uuid={XFS_ID}"]),
    "btrfs": (128 * MIB, ["mkfs.btrfs", "-q", "-U", BTRFS_ID]),
    "fat12": (2 * MIB, ["mkfs.vfat", "-F", "12", "-i", "3F2A91C7"]),
    "fat16": (16 * MIB, ["mkfs.vfat", "-F", "16", "-i", "3F2A91C7"]),
    "fat32": (64 * MIB, ["mkfs.vfat", "-F", "32", "-i", "3F2A91C7"]),
}
IDS = {"ext4": EXT4_ID, "xfs": XFS_ID, "btrfs": BTRFS_ID}


@pytest.fixture(autouse=True)
def _root_and_tools() -> None:
    missing = [
        tool for tool in ("mkfs.ext4", "mkfs.xfs", "mkfs.btrfs", "mkfs.vfat", "losetup") if not shutil.which(tool)
    ]
    assert os.geteuid() == 0, "these tests attach loop devices and mount them: run them as root"
    assert not missing, f"missing {missing}: install e2fsprogs xfsprogs btrfs-progs dosfstools mount"


def run(*command: str | Path) -> str:
    return subprocess.run([str(c) for c in command], check=True, capture_output=True, text=True).stdout.strip()


def image(path: Path, kind: str, *extra: str) -> Path:
    size, command = MAKE[kind]
    with path.open("wb") as file:
        file.truncate(size)
    run(*command, *extra, path)
    return path


@contextlib.contextmanager
def attached(file: Path) -> Iterator[str]:
    device = run("losetup", "--find", "--show", file)
    try:
        yield device
    finally:
        run("losetup", "--detach", device)


@contextlib.contextmanager
def mounted(point: Path, *arguments: str | Path) -> Iterator[Path]:
    point.mkdir(parents=True, exist_ok=True)
    run("mount", *arguments, point)
    try:
        yield point
    finally:
        run("umount", point)


@contextlib.contextmanager
def volume(tmp_path: Path, kind: str = "ext4", *extra: str) -> Iterator[Path]:
    with (
        attached(image(tmp_path / f"{kind}.img", kind, *extra)) as device,
        mounted(tmp_path / f"mnt-{kind}", device) as point,
    ):
        yield point


def system(root: Path, tree: Path) -> str:
    """Make the mounted directory ``root`` look like the root of a system; return it as text."""
    for name in ("proc", "sys"):
        (root / name).symlink_to(f"/{name}")
    shutil.copytree(tree / "etc", root / "etc")
    return str(root)


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs"])
def test_a_mounted_volume_shows_the_id_that_mkfs_was_told(tmp_path: Path, kind: str) -> None:
    with volume(tmp_path, kind) as point:
        reading = read_volume(str(point))
    assert reading.volume_id == IDS[kind]
    assert reading.attempts[-1].outcome == "used"
    assert reading.source.startswith("ioctl:")
    assert reading.source.endswith(f" {kind}")


@pytest.mark.parametrize(("kind", "call"), [("ext4", EXT4), ("xfs", XFS), ("btrfs", BTRFS)], ids=str)
def test_the_call_of_older_kernels_gives_the_same_id(tmp_path: Path, kind: str, call: Call) -> None:
    with volume(tmp_path, kind) as point:
        handle = os.open(point, os.O_RDONLY)
        try:
            assert ask(handle, call) == IDS[kind]
        finally:
            os.close(handle)


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs"])
def test_the_superblock_of_the_device_gives_the_same_id(tmp_path: Path, kind: str) -> None:
    with attached(image(tmp_path / "image", kind)) as device:
        assert read_superblock(device) == (kind.replace("ext4", "ext"), IDS[kind])
        assert run("blkid", "-p", "-s", "UUID", "-o", "value", device) == IDS[kind]


@pytest.mark.parametrize("kind", ["fat12", "fat16", "fat32"])
def test_fat_on_a_device_is_read_from_its_superblock_and_also_mounted_where_the_kernel_can(
    tmp_path: Path, kind: str
) -> None:
    with attached(image(tmp_path / "image", kind)) as device:
        assert read_superblock(device) == ("vfat", "3F2A-91C7")
        assert run("blkid", "-p", "-s", "UUID", "-o", "value", device) == "3F2A-91C7"
        if "\tvfat\n" in Path("/proc/filesystems").read_text():
            with mounted(tmp_path / "mnt", "-t", "vfat", device) as point:
                assert read_volume(str(point)).volume_id == "3F2A-91C7"


def fat_mount_table(tree: Path, device: str, state: Path) -> None:
    number = Path(device).stat().st_rdev
    numbers = f"{os.major(number)}:{os.minor(number)}"
    line = f"2 1 {numbers} / {state} rw - vfat {device} rw\n"
    with (tree / "proc/self/mountinfo").open("a") as table:
        table.write(line)
    (tree / "dev").mkdir()


def test_a_fat_volume_without_kernel_call_and_links_is_read_from_the_real_device(tmp_path: Path, tree: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    with attached(image(tmp_path / "image", "fat32")) as device:
        fat_mount_table(tree, device, state)
        (tree / device.lstrip("/")).symlink_to(device)
        reading = read_volume(str(state), system_root=str(tree))
    assert (reading.volume_id, reading.source) == ("3F2A-91C7", "superblock vfat")
    assert [attempt.source for attempt in reading.attempts] == [
        "ioctl:FAT_IOCTL_GET_VOLUME_ID vfat",
        "by-uuid vfat",
        "superblock vfat",
    ]


def test_a_link_of_udev_to_the_real_device_is_enough_without_reading_it(tmp_path: Path, tree: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    with attached(image(tmp_path / "image", "fat16")) as device:
        fat_mount_table(tree, device, state)
        links = tree / "dev/disk/by-uuid"
        links.mkdir(parents=True)
        (links / EXT4_ID).symlink_to("/dev/null")
        (links / "3F2A-91C7").symlink_to(device)
        (tree / device.lstrip("/")).symlink_to(device)
        reading = read_volume(str(state), system_root=str(tree))
    assert (reading.volume_id, reading.source) == ("3F2A-91C7", "by-uuid vfat")


def test_a_volume_with_its_uuid_cleared_is_refused_and_the_next_source_is_named(tmp_path: Path, tree: Path) -> None:
    file = image(tmp_path / "image", "ext4")
    run("tune2fs", "-f", "-U", "clear", file)
    with attached(file) as device, mounted(tmp_path / "mnt", device) as point:
        with volume(tmp_path) as root:
            reading = read_volume(str(point), system_root=system(root, tree))
        assert read_superblock(device) == ("ext", "00000000-0000-0000-0000-000000000000")
    assert any("all zero" in attempt.outcome for attempt in reading.attempts[:-1])
    assert reading.volume_id == EXT4_ID
    assert reading.source.endswith(" ext4 of the root volume")


def test_without_any_volume_id_the_labeled_fallback_does_not_reveal_the_machine_id(tmp_path: Path, tree: Path) -> None:
    file = image(tmp_path / "image", "ext4")
    run("tune2fs", "-f", "-U", "clear", file)
    machine_id = (tree / "etc/machine-id").read_text().strip()
    with attached(file) as device, mounted(tmp_path / "mnt", device) as point:
        reading = read_volume(str(point), system_root=system(point, tree))
    assert (reading.volume_id, reading.source) == (fallback_id("machine-id", machine_id), "fallback:machine-id")
    assert machine_id[:8] not in reading.volume_id
    assert reading.attempts[-2].outcome == "is the volume of the state directory"


def test_tmpfs_is_refused_because_its_id_is_random(tmp_path: Path, tree: Path) -> None:
    with mounted(tmp_path / "mnt", "-t", "tmpfs", "none") as point, volume(tmp_path) as root:
        reading = read_volume(str(point), system_root=system(root, tree))
    assert reading.attempts[0].outcome == "tmpfs lives in memory"
    assert reading.volume_id == EXT4_ID
    assert reading.source.endswith("of the root volume")


def test_overlay_is_refused_even_over_a_volume_with_an_id(tmp_path: Path, tree: Path) -> None:
    with volume(tmp_path, "ext4", "-O", "^orphan_file") as base, volume(tmp_path, "xfs") as root:
        for name in ("lower", "upper", "work"):
            (base / name).mkdir()
        layers = f"lowerdir={base}/lower,upperdir={base}/upper,workdir={base}/work"
        with mounted(tmp_path / "mnt", "-t", "overlay", "none", "-o", layers) as point:
            reading = read_volume(str(point), system_root=system(root, tree))
    assert reading.attempts[0].outcome == "overlay is layered over other file systems"
    assert reading.volume_id == XFS_ID


def test_two_volumes_with_different_ids_differ_and_a_remount_changes_nothing(tmp_path: Path) -> None:
    with volume(tmp_path) as point:
        first = read_volume(str(point))
    with attached(tmp_path / "ext4.img") as device, mounted(tmp_path / "again", device) as point:
        assert read_volume(str(point)) == first
    with (
        attached(image(tmp_path / "other", "ext4", "-U", OTHER_ID)) as device,
        mounted(tmp_path / "b", device) as point,
    ):
        assert read_volume(str(point)).volume_id == OTHER_ID != first.volume_id


def test_the_id_survives_that_the_device_gets_another_name(tmp_path: Path) -> None:
    file = image(tmp_path / "image", "ext4")
    with attached(file) as before, mounted(tmp_path / "mnt", before) as point:
        first = read_volume(str(point))
    with attached(image(tmp_path / "in-between", "fat12")), attached(file) as after:
        assert after != before
        with mounted(tmp_path / "mnt", after) as point:
            assert read_volume(str(point)) == first


def test_bind_mounts_missing_directories_and_links_lead_to_the_same_volume(tmp_path: Path) -> None:
    with volume(tmp_path) as point:
        (point / "state").mkdir()
        (tmp_path / "link").symlink_to(point / "state")
        with mounted(tmp_path / "bound here", "--bind", point / "state") as bound:
            found = {
                read_volume(str(path)).volume_id
                for path in (point, bound, point / "not/yet/there", tmp_path / "link", tmp_path / "link/new")
            }
    assert found == {EXT4_ID}


def test_where_mounts_cover_each_other_the_visible_one_counts(tmp_path: Path) -> None:
    with volume(tmp_path) as point:
        (point / "inner").mkdir()
        with mounted(point / "inner", "-t", "tmpfs", "none"), attached(image(tmp_path / "x", "xfs")) as device:
            with mounted(point, device):
                (point / "inner").mkdir()
                assert read_volume(str(point / "inner")).volume_id == XFS_ID
            assert read_volume(str(point / "inner")).attempts[0].outcome == "tmpfs lives in memory"


def test_a_btrfs_subvolume_shows_the_id_of_its_file_system(tmp_path: Path) -> None:
    with volume(tmp_path, "btrfs") as point:
        run("btrfs", "subvolume", "create", point / "inside")
        assert (point / "inside").stat().st_dev != point.stat().st_dev
        assert read_volume(str(point / "inside")).volume_id == BTRFS_ID


def test_a_service_user_reads_the_same_id_as_root(tmp_path: Path) -> None:
    # The directories of pytest and perhaps of Python are private to root: everything is loaded before the rights go.
    program = (
        "import os, sys; from offline_activation.identity.volume import read_volume; "
        "first = read_volume(sys.argv[1]); os.setgroups([]); os.setgid(65534); os.setuid(65534); "
        "print(first == read_volume(sys.argv[1]), os.getuid(), first.volume_id)"
    )
    with tempfile.TemporaryDirectory() as folder, attached(image(tmp_path / "image", "ext4")) as device:
        Path(folder).chmod(0o755)
        with mounted(Path(folder) / "mnt", device) as point:
            command = [sys.executable, "-c", program, str(point)]
            child = subprocess.run(command, check=True, capture_output=True, text=True)
    assert child.stdout.split() == ["True", "65534", EXT4_ID]
