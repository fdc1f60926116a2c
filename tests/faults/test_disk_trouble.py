"""A full disk, a disk gone read-only, a disk gone: the product goes on (P6), and what cannot be noted is not noted."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

World = Any
Disk = Any
NewDisk = Callable[[str, Path], Disk]
System = Callable[..., str]
Running = Callable[..., Any]


@pytest.fixture
def on_disk(ordered: World, new_disk: NewDisk) -> tuple[World, Disk]:
    """A licensed site with its state directory on a small disk of its own."""
    disk = new_disk("ext4", ordered.place / "disk")
    ordered.site_on(disk.point / "state")
    ordered.site("license")
    return ordered, disk


def fill(point: Path) -> None:
    """Write until the last block and the last file are taken."""
    with (point / "filler").open("wb", buffering=0) as file:
        size = 1 << 16
        while size >= 1:
            try:
                file.write(b"x" * size)
            except OSError:
                size //= 2
    for number in range(1 << 16):
        try:
            (point / f"filler-{number}").touch()
        except OSError:
            return


def test_on_a_full_disk_everything_goes_on_and_only_what_must_write_says_no(on_disk: tuple[World, Disk]) -> None:
    """The disk is full for weeks.

    day 0    license, check: as ever; doctor: a problem with its next step; request, import: refused, nothing harmed
    day 100  renewal is due, as on any disk
    day 0    some space: request and import work
    """
    world, disk = on_disk
    world.site("request", "-o", "a.areq")
    world.vendor("sign", "a.areq", "-o", "a.alic")
    files = {path.name: path.read_bytes() for path in world.home.iterdir() if path.is_file()}
    fill(disk.point)
    assert world.site("license").warnings == []
    assert world.site("check", "--use", "employees=50").json["state"] == "active"
    space = world.doctor("space")
    assert (space["result"], bool(space["next_step"])) == ("problem", True)
    for command in (("import", "a.alic"), ("request", "-o", "b.areq")):
        assert world.site(*command, code=3).error["code"].startswith("io.")
    assert world.site("license", clock="+100d").json["state"] == "renewal_due"
    assert {path.name: path.read_bytes() for path in world.home.iterdir() if path.name in files} == files
    for path in disk.point.glob("filler*"):
        path.unlink()
    assert world.site("import", "a.alic").json["revision"] == 2
    assert world.site("license").warnings == []


def test_remounted_read_only_the_product_goes_on_and_the_grace_of_the_clock_stays_noted(
    on_disk: tuple[World, Disk], running: Running
) -> None:
    """An error of the disk lets the kernel remount it read-only while the product runs.

    day 0    active; doctor says that no response can be imported
    day -30  the clock falls back: warned, 14 days, and they do not shrink while nothing can be noted
    day 0    active again
    """
    world, disk = on_disk
    with running(world) as product:
        assert product("+0")["state"] == "active"
        disk.mount("-o", "remount,ro")
        assert product("+0")["warnings"] == []
        assert world.site("check", "--use", "employees=50").json["state"] == "active"
        assert world.doctor("writable")["result"] == "problem"
        assert world.site("request", "-o", "b.areq", code=3).error["code"].startswith("io.")
        for clock in ("-30d", "-20d"):
            found = product(clock)
            assert (found["state"], found["employees"]) == ("active", 100)
            assert any("works 14 more days" in text for text in found["said"])
        assert product("+0")["warnings"] == []
        disk.mount("-o", "remount,rw")
    assert world.renew()["state"] == "active"


def test_a_disk_taken_away_from_a_running_product_is_carried_on_for_days(
    on_disk: tuple[World, Disk], running: Running
) -> None:
    """The disk is gone under the running product: it goes on, warned; over after 7 days; mounted again: healed."""
    world, disk = on_disk
    with running(world) as product:
        assert product("+0")["state"] == "active"
        disk.unmount()
        gone = product("+6d")
        assert (gone["state"], gone["employees"], gone["warnings"]) == ("active", 100, ["site.gone"])
        assert product("+8d")["state"] == "not_activated"
        disk.mount()
        assert product("+0")["state"] == "active"


def test_restored_after_a_full_disk_ate_a_file(on_disk: tuple[World, Disk]) -> None:
    """Something cut the license file to nothing on the full disk: the kept copy stands in, then it is repaired."""
    world, disk = on_disk
    fill(disk.point)
    os.truncate(world.home / "license.cose", 0)
    assert world.site("license").warnings == ["license.restored"]
    for path in disk.point.glob("filler*"):
        path.unlink()
    assert world.renew()["state"] == "active"
    assert world.site("license").warnings == []
