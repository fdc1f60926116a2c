"""The wall clock against the time since boot: evidence that the clock was moved while the server ran.

It is a warning and ends nothing.  libfaketime moves the wall clock here and leaves the time since boot alone; a time
namespace (unshare --time) does the opposite.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

World = Any
Application = Callable[..., Any]
Start = Callable[..., Application]
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def noted(world: World) -> tuple[str, int, int]:
    boot, started, furthest = world.notes()["boot"].split()
    return boot, int(started), int(furthest)


def test_a_witness_notes_the_boot_and_when_it_began(licensed: World) -> None:
    assert "boot" not in licensed.notes(), "an import forgets what the clock did before"
    licensed.site("license")
    boot, started, furthest = noted(licensed)
    assert boot == BOOT_ID.read_text()[:8]
    running = float(Path("/proc/uptime").read_text().split()[0])
    assert started > 0
    assert abs(started + running - (licensed.home / "boot").stat().st_mtime) < 120
    assert furthest == 0
    assert (licensed.home / "boot").stat().st_mode & 0o777 == 0o600


def test_moved_ahead_while_it_ran_is_warned_of_and_over_when_it_is_right_again(
    application: Start, licensed: World
) -> None:
    """+0 noted; +30 days: warned and nothing else; +0: silence; the doctor remembers."""
    product = application()
    assert product("+0")["warnings"] == []
    found = product("+30d")
    assert (found["state"], found["warnings"]) == ("active", ["clock.stepped"])
    assert any("moved 30 days ahead" in text for text in found["said"])
    assert product("+0")["warnings"] == []
    assert noted(licensed)[2] == pytest.approx(30 * 86_400, abs=120)
    told = licensed.doctor("clock")
    assert told["result"] == "ok"
    assert "right again" in told["message"]
    assert "30 days ahead" in told["message"]


def test_moved_back_while_it_ran_is_told_beside_the_clock_set_back(application: Start, licensed: World) -> None:
    product = application()
    product("+0")
    found = product("-30d")
    assert sorted(found["warnings"]) == ["clock.set_back", "clock.stepped"]
    assert any("moved 30 days back" in text for text in found["said"])
    assert licensed.doctor("clock", clock="-30d")["result"] == "problem"


def test_the_doctor_tells_while_the_clock_is_moved(licensed: World) -> None:
    licensed.site("license")
    told = licensed.doctor("clock", clock="+5d")
    assert (told["result"], "5 days ahead" in told["message"]) == ("warning", True)
    assert "virtual machine" in told["next_step"]


def test_the_next_response_ends_the_warning(licensed: World) -> None:
    """The clock was five days slow for long and is corrected while it runs: warned until a restart or response."""
    licensed.site("license")
    boot, started, _ = noted(licensed)
    (licensed.home / "boot").write_text(f"{boot} {started - 5 * 86_400} 0\n")
    assert licensed.site("license").warnings == ["clock.stepped"]
    assert licensed.renew()["state"] == "active"
    assert licensed.site("license").warnings == []


def test_a_note_of_another_boot_is_no_matter(licensed: World) -> None:
    (licensed.home / "boot").write_text("00000000 1000000000 0\n")
    assert licensed.site("license").warnings == []
    assert noted(licensed)[0] == BOOT_ID.read_text()[:8]


@pytest.mark.parametrize("content", [b"", b"\xff\0", b"3a8500ab", b"x" * 300])
def test_a_damaged_note_is_made_anew(licensed: World, content: bytes) -> None:
    (licensed.home / "boot").write_bytes(content)
    assert licensed.site("license").warnings == []
    assert noted(licensed)[2] == 0


def test_a_time_namespace_that_shifts_the_time_since_boot_is_evidence_and_no_stop(
    licensed: World, system: Callable[..., str]
) -> None:
    """+0 noted outside; inside a namespace 100 days further from boot: recorded, warned, everything licensed works."""
    seen = system("unshare", "--time", "--boottime", "8640000", "cat", "/proc/uptime")
    assert float(seen.split()[0]) > 8_640_000, "this kernel has no time namespaces (CONFIG_TIME_NS)"
    licensed.site("license")
    inside = ("unshare", "--time", "--boottime", "8640000")
    found = licensed.site("check", "--use", "employees=80", before=inside)
    assert (found.json["state"], found.warnings) == ("active", ["clock.stepped"])
    assert noted(licensed)[2] == pytest.approx(-8_640_000, abs=120)
    assert licensed.site("license").warnings == []


def test_who_is_no_witness_neither_reads_nor_writes_it(licensed: World) -> None:
    licensed.site("license")
    before = licensed.notes()
    for command in (("doctor",), ("forecast", "--at", "2100-01-01"), ("tech-info",)):
        licensed.site(*command, clock="+5d", code=None)
    assert licensed.notes() == before
