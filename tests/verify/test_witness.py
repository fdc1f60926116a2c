"""The clock of a real state directory: what is remembered, what that is worth, and what harm does to it."""

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from offline_activation import ActivationError, License, load_license

NOW = 1_795_500_000
DAY = 86_400
BACK = NOW - 30 * DAY
END = NOW + 213 * DAY
"""Of the license of these tests, grace included."""

Codes = Callable[[tuple[ActivationError, ...]], list[str]]


def start(home: Path, now: int, *, witness: bool = True) -> License:
    return load_license("infinitime", home=home, now=now, witness=witness)


def live(home: Path, first: int, last: int) -> None:
    """Start once a day, as an application does."""
    for now in range(first, last + 1, DAY):
        start(home, now)


def test_without_being_asked_nothing_is_written(licensed: Path) -> None:
    before = sorted(licensed.iterdir())
    for now in (NOW, BACK, NOW + DAY):
        start(licensed, now, witness=False)
    load_license("infinitime", home=licensed)
    assert sorted(licensed.iterdir()) == before


def test_a_witness_leaves_one_private_file_of_text(licensed: Path) -> None:
    start(licensed, NOW)
    note = licensed / "clock"
    assert note.read_text() == f"{NOW}\n"
    assert stat.S_IMODE(note.stat().st_mode) == 0o600
    start(licensed, NOW + 3599)
    assert note.read_text() == f"{NOW}\n"
    start(licensed, NOW + 3600)
    assert note.read_text() == f"{NOW + 3600}\n"


def test_a_clock_set_back_warns_then_stops_and_heals_by_itself(licensed: Path, codes: Codes) -> None:
    start(licensed, NOW)
    for run, state in ((0, "active"), (14 * DAY - 1, "active"), (14 * DAY, "clock_problem")):
        lic = start(licensed, BACK + run)
        assert lic.state == state
        if state == "active":
            assert codes(lic.warnings) == ["clock.set_back"]
            assert lic.limit("employees") == 150
            lic.require("employees", in_use=150)
    assert lic.problem is not None
    assert (lic.problem.code, lic.is_usable, lic.limit("employees"), lic.options) == (
        "clock.problem",
        False,
        5,
        ("reports",),
    )
    lic.require("employees", in_use=5)
    with pytest.raises(ActivationError, match="already been"):
        lic.require("employees", in_use=6)
    healed = start(licensed, NOW + 60)
    assert (healed.state, healed.warnings, healed.limit("employees")) == ("active", (), 150)


@pytest.mark.parametrize(("back", "warned"), [(2 * DAY, False), (2 * DAY + 1, True)])
def test_two_days_are_the_tolerance(licensed: Path, codes: Codes, back: int, *, warned: bool) -> None:
    live(licensed, NOW, NOW + 10 * DAY)
    lic = start(licensed, NOW + 10 * DAY - back)
    assert codes(lic.warnings) == (["clock.set_back"] if warned else [])


def test_an_expired_license_does_not_come_back_when_the_clock_is_set_back_into_its_time(licensed: Path) -> None:
    live(licensed, NOW, END)
    assert start(licensed, END).state == "expired"
    assert start(licensed, END - 100 * DAY).state == "clock_problem"
    assert start(licensed, END - 100 * DAY, witness=False).limit("employees") == 5


def test_a_demo_that_is_over_stays_over(home: Path, codes: Codes) -> None:
    live(home, NOW, NOW + 30 * DAY)
    lic = start(home, NOW + DAY)
    assert lic.problem is not None
    assert (lic.state, lic.problem.code, codes(lic.warnings)) == (
        "not_activated",
        "license.demo_ended",
        ["clock.set_back"],
    )


def test_one_start_with_a_clock_five_years_ahead_ends_nothing(licensed: Path) -> None:
    start(licensed, NOW)
    assert start(licensed, NOW + 5 * 365 * DAY).state == "expired"
    after = start(licensed, NOW + 3600)
    assert (after.state, after.warnings) == ("active", ())
    assert (licensed / "clock").read_text() == f"{NOW + 3600}\n"


def test_a_perpetual_license_under_a_clock_long_ahead_is_warned_and_lives_on_when_the_clock_has_passed_the_bound(
    home: Path, install: Callable[..., bytes], codes: Codes
) -> None:
    install(lease_until=None, grace_days=0)
    live(home, NOW + 1800 * DAY, NOW + 1802 * DAY)
    assert codes(start(home, NOW + 10 * DAY).warnings) == ["clock.set_back"]
    assert start(home, NOW + 24 * DAY).state == "clock_problem"
    assert start(home, NOW + 398 * DAY).state == "active"


@pytest.mark.parametrize("content", [b"", b"soon", b"\xff\0", b"9" * 300, None])
def test_a_lost_note_is_never_now(licensed: Path, codes: Codes, content: bytes | None) -> None:
    live(licensed, NOW, NOW + 10 * DAY)
    note = licensed / "clock"
    if content is None:
        note.unlink()
    else:
        note.write_bytes(content)
    lic = start(licensed, BACK)
    assert codes(lic.warnings) == ["clock.set_back"]  # the license was issued later
    assert start(licensed, BACK + 14 * DAY).state == "clock_problem"


def test_an_older_note_counts_as_it_is(licensed: Path) -> None:
    live(licensed, NOW, NOW + 20 * DAY)
    (licensed / "clock").write_text(f"{NOW}\n")
    assert start(licensed, NOW + DAY).warnings == ()


def test_a_note_that_cannot_be_written_stops_nothing_and_goes_on_counting(licensed: Path, codes: Codes) -> None:
    start(licensed, NOW)
    note = licensed / "clock"
    note.unlink()
    note.mkdir()  # a directory cannot be replaced, by root neither
    assert start(licensed, NOW + DAY).state == "active"
    note.rmdir()
    start(licensed, NOW + DAY)
    note.chmod(0o400)
    assert codes(start(licensed, BACK).warnings) == ["clock.set_back"]


def test_a_link_is_replaced_and_never_written_through(licensed: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("mine")
    (licensed / "clock").symlink_to(target)
    start(licensed, NOW)
    assert target.read_text() == "mine"
    assert not (licensed / "clock").is_symlink()


def test_nobody_writes_into_the_directory_of_another_user(licensed: Path) -> None:
    assert os.geteuid() == 0, "this test changes an owner: run it as root"
    os.chown(licensed, 65_534, 65_534)
    start(licensed, NOW)
    assert not (licensed / "clock").exists()


def test_1970_at_boot_works_and_is_over_with_the_right_clock(licensed: Path, codes: Codes) -> None:
    start(licensed, NOW)
    for now in (-1, 0, 30):
        lic = start(licensed, now)
        assert (lic.state, codes(lic.warnings)) == ("active", ["clock.set_back"])
    assert start(licensed, NOW + 60).warnings == ()


def test_summer_time_and_zones_change_nothing(licensed: Path, zone: Callable[[str], None]) -> None:
    start(licensed, NOW)
    for name in ("Pacific/Kiritimati", "Etc/GMT+12", "Europe/Berlin"):
        zone(name)
        assert start(licensed, NOW).warnings == ()


def test_a_witness_loads_nothing_more(licensed: Path) -> None:
    code = (
        "import sys\nfrom offline_activation import load_license\n"
        f"load_license('infinitime', home=sys.argv[1], now={NOW}, witness=True)\n"
        "assert not {'pathlib', 'json', 'datetime', 'tempfile', 'dataclasses'} & set(sys.modules), sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code, str(licensed)], check=True, timeout=60)
    assert (licensed / "clock").exists()
