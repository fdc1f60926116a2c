"""Hardware changes under a real state directory: file systems made anew, given another id, moved, bound, lost.

The state directory lies on a loop device.  Its license is bound to the id of that file system; the other components are
those of the machine that runs the tests, so the changed disk is always the one thing that changed.  A volume group
needs device mapper in the kernel; kernels without it run that test on the same file system under another device name.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

World = Any
Disk = Any
NewDisk = Callable[[str, Path], Disk]
System = Callable[..., str]
Application = Callable[..., Any]
KINDS = ("ext4", "xfs", "btrfs")
NEXT = "ask for a rebind"


@pytest.fixture
def on_disk(ordered: World, new_disk: NewDisk) -> Callable[[str], tuple[World, Disk]]:
    """Return a function that puts a licensed site onto a file system of a kind."""

    def make(kind: str) -> tuple[World, Disk]:
        disk = new_disk(kind, ordered.place / "disk")
        ordered.site_on(disk.point / "state")
        assert ordered.site("license").warnings == []
        shown = ordered.site("tech-info").json
        assert shown["volume_source"].startswith("ioctl:")
        assert [each for each in shown["components"] if each["present"]][1:], "this machine has not even a machine id"
        return ordered, disk

    return make


def hardware(found: Any) -> list[str]:  # noqa: ANN401 - what a run left
    return [each["message"] for each in found.json["warnings"] if each["code"] == "license.hardware_changed"]


def copy_of(world: World) -> Path:
    """Save the state directory as a backup program does, times and rights included; return where."""
    return Path(shutil.copytree(world.home, world.place / "backup", symlinks=True))


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_system_made_anew_and_restored_counts_down_and_a_rebind_ends_it(
    on_disk: Callable[[str], tuple[World, Disk]], kind: str
) -> None:
    """Day 0: the disk dies; a new file system, the files come back from the backup.

    day 0   everything works, 14 more days; license and doctor say why and what to do; and the days run down
    day 10  4 more days
    day 15  wrong machine, with the way out (shown on a copy: nobody waits for it)
    day 10  a rebind request; the vendor sees old and new volume id and decides; the import ends the countdown
    """
    world, disk = on_disk(kind)
    before = world.site("tech-info").json["volume_id"]
    saved = copy_of(world)
    disk.unmount()
    disk.make()
    disk.mount()
    shutil.copytree(saved, world.home, symlinks=True)
    after = world.site("tech-info").json["volume_id"]
    assert after != before

    (told,) = hardware(world.site("license"))
    assert "volume ID changed" in told
    assert f"works 14 more days, {NEXT}" in told
    finding = world.doctor("license.cose")
    assert (finding["result"], "volume ID changed" in finding["message"]) == ("warning", True)
    assert "activation-site rebind" in finding["next_step"]
    assert world.site("check", "--use", "employees=50").code == 0
    (told,) = hardware(world.site("license", clock="+10d"))
    assert f"works 4 more days, {NEXT}" in told
    late = world.site("license", clock="+15d", code=None).json
    assert (late["state"], late["problem"]["code"]) == ("wrong_machine", "license.wrong_machine")
    assert "rebind" in late["problem"]["remedy"]

    world.site("rebind", "-o", "rebind.areq")
    looked = world.vendor("review", "rebind.areq").json
    assert looked["decision"] == "ask"
    assert {"field": "volume_id", "from": before, "to": after} in looked["changes"]
    waiting = world.vendor("sign", "rebind.areq", "-o", "rebind.alic", code=4).json["results"][0]
    world.vendor("approve", waiting["reference"], "--as", "maria")
    world.vendor("sign", "rebind.areq", "-o", "rebind.alic")
    world.site("import", "rebind.alic")
    healed = world.site("license")
    assert (healed.json["state"], healed.warnings, "drift" in world.notes()) == ("active", [], False)
    assert world.doctor("license.cose")["result"] == "ok"


def test_another_uuid_by_tune2fs_is_changed_hardware_and_the_old_one_back_is_the_end_of_it(
    on_disk: Callable[[str], tuple[World, Disk]],
) -> None:
    """tune2fs -U random on the unmounted disk: 14 days.  The old UUID back: nothing is left of it."""
    world, disk = on_disk("ext4")
    before = world.site("tech-info").json["volume_id"]
    disk.unmount()
    disk.identify("random")
    disk.mount()
    assert hardware(world.site("license"))
    assert "drift" in world.notes()
    disk.unmount()
    disk.identify(before)
    disk.mount()
    assert world.site("license").warnings == []
    assert "drift" not in world.notes()


@pytest.mark.parametrize("kind", ["xfs", "btrfs"])
def test_another_uuid_of_xfs_and_btrfs_is_the_same_story(
    on_disk: Callable[[str], tuple[World, Disk]], kind: str
) -> None:
    world, disk = on_disk(kind)
    disk.unmount()
    new = "5f0c1e0a-9a51-4b2e-8d37-1f2e3d4c5b6a"
    disk.identify(new)
    disk.mount()
    assert world.site("tech-info").json["volume_id"] == new
    (told,) = hardware(world.site("license"))
    assert "works 14 more days" in told


def test_the_directory_moved_to_another_file_system_is_changed_hardware(
    on_disk: Callable[[str], tuple[World, Disk]], new_disk: NewDisk
) -> None:
    """The state directory is moved to a larger disk: 14 days; moved back: as before."""
    world, _ = on_disk("ext4")
    larger = new_disk("xfs", world.place / "larger")
    home = world.home
    world.move_to(shutil.copytree(home, larger.point / "state", symlinks=True))
    (told,) = hardware(world.site("license"))
    assert "works 14 more days" in told
    assert world.site("check", "--use", "employees=50").json["state"] == "active"
    world.move_to(home)
    assert world.site("license").warnings == []


def test_a_larger_disk_with_the_image_of_the_old_one_is_the_same_volume(
    on_disk: Callable[[str], tuple[World, Disk]], system: System
) -> None:
    """The file system is grown in place, and its device gets another name: not changed hardware."""
    world, disk = on_disk("ext4")
    disk.unmount()
    system("losetup", "--detach", disk.device)
    with disk.image.open("r+b") as file:
        file.truncate(24 << 20)
    disk.device = system("losetup", "--find", "--show", disk.image)
    system("e2fsck", "-f", "-y", disk.device)
    system("resize2fs", disk.device)
    disk.mount()
    assert world.site("license").warnings == []


def test_bind_mounts_lead_to_the_same_volume(on_disk: Callable[[str], tuple[World, Disk]], system: System) -> None:
    """A container with the state directory as a volume: another path, another mount, the same license."""
    world, _ = on_disk("ext4")
    home, elsewhere = world.home, world.place / "var" / "lib" / "state"
    elsewhere.mkdir(parents=True)
    system("mount", "--bind", home, elsewhere)
    try:
        world.move_to(elsewhere)
        assert world.site("license").warnings == []
        assert world.site("check", "--use", "employees=50").code == 0
        asked = world.renew("bound")
        assert asked["state"] == "active"
    finally:
        system("umount", elsewhere)
    world.move_to(home)
    assert world.site("license").warnings == []


def test_restarts_in_namespaces_of_their_own_change_nothing(on_disk: Callable[[str], tuple[World, Disk]]) -> None:
    """Each start in new mount, host name, process and network namespaces, as a container restarts: no word, ten times.

    Inside there is no network: a component that is missing counts no worse while the volume matches.
    """
    world, _ = on_disk("ext4")
    inside = ("unshare", "--mount", "--uts", "--ipc", "--net", "--pid", "--fork", "--mount-proc")
    for _ in range(10):
        found = world.site("license", before=inside)
        assert (found.json["state"], found.warnings) == ("active", [])


def test_a_container_whose_root_is_layered_finds_the_volume_of_its_state_directory(
    on_disk: Callable[[str], tuple[World, Disk]],
) -> None:
    """In the namespace the place of the disk is mounted over and bound back, as runtimes do with volumes."""
    world, disk = on_disk("ext4")
    script = (
        'mkdir -p /tmp/kept-$$ && mount --bind "$1" /tmp/kept-$$ && mount -t tmpfs none "$1" && mkdir "$1/state" && '
    )
    script += 'mount --bind /tmp/kept-$$/state "$1/state" && shift && exec "$@"'
    inside = ("unshare", "--mount", "sh", "-c", script, "sh", str(disk.point))
    found = world.site("license", before=inside)
    assert (found.json["state"], found.warnings) == ("active", [])


def test_a_disk_that_changes_again_and_again_gains_no_days(
    on_disk: Callable[[str], tuple[World, Disk]],
) -> None:
    """Day 0: another UUID.  Day 10: yet another one.  The countdown goes on: 4 days, not 14."""
    world, disk = on_disk("ext4")
    for day, left in ((0, 14), (10, 4)):
        disk.unmount()
        disk.identify("random")
        disk.mount()
        (told,) = hardware(world.site("license", clock=f"+{day}d"))
        assert f"works {left} more days" in told


def test_a_logical_volume_where_the_kernel_has_device_mapper(
    on_disk: Callable[[str], tuple[World, Disk]], system: System
) -> None:
    """The disk is put behind device mapper: the file system is the same, and so is its id.

    Kernels without device mapper run the second half only: the same file system on another loop device.
    """
    world, disk = on_disk("ext4")
    disk.unmount()
    mapped = "device-mapper" in Path("/proc/misc").read_text()
    name, device = f"faults-{world.place.parent.name[-12:]}", disk.device
    if mapped:
        sectors = int(system("blockdev", "--getsz", device))
        system("dmsetup", "create", name, "--table", f"0 {sectors} linear {device} 0")
        disk.device = f"/dev/mapper/{name}"
    else:
        system("losetup", "--detach", device)
        device = disk.device = system("losetup", "--find", "--show", disk.image)
    try:
        disk.mount()
        assert world.site("license").warnings == []
        disk.unmount()
    finally:
        if mapped:
            system("dmsetup", "remove", name)
        disk.device = device
    disk.mount()
    assert world.site("license").warnings == []
