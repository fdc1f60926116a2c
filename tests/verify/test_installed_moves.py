"""load_license where a license was returned, replaced, revoked or opened in an emergency, and what a start costs."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from offline_activation import License, load_license
from offline_activation.formats.policy import Policy

NOW = 1_795_500_000
DAY = 86_400
SEALED = Policy(emergency_days=7)
ELSEWHERE = {"volume_id": b"olddisk!"}
Make = Callable[..., bytes]
Codes = Callable[..., list[str]]


def load(home: Path, now: int = NOW, *, witness: bool = False) -> License:
    return load_license("infinitime", home=home, now=now, witness=witness)


@pytest.fixture
def tombstone(returned: Make) -> bytes:
    return returned()


def test_a_tombstone_stops_also_while_the_license_still_lies_there(licensed: Path, tombstone: bytes) -> None:
    (licensed / "returned.cose").write_bytes(tombstone)
    for _ in range(2):
        found = load(licensed)
        assert (found.state, found.problem and found.problem.code) == ("returned", "license.returned")
        assert found.limit("employees") == 0
        assert found.options == ()
        (licensed / "license.cose").unlink(missing_ok=True)
        (licensed / "license.kept.cose").unlink(missing_ok=True)


def test_a_tombstone_of_before_does_not_stop_a_later_license(home: Path, install: Make, tombstone: bytes) -> None:
    install(revision=5)
    (home / "returned.cose").write_bytes(tombstone)
    assert load(home).state == "active"


def test_what_was_returned_allows_no_demo(home: Path, tombstone: bytes) -> None:
    assert load(home).state == "demo"
    (home / "returned.cose").write_bytes(tombstone)
    assert (load(home).state, load(home).limit("employees")) == ("returned", 0)


def test_a_disk_that_fails_is_told_as_it_is(licensed: Path, tombstone: bytes) -> None:
    (licensed / "returned.cose").write_bytes(tombstone)
    for name in ("license.cose", "license.kept.cose"):
        (licensed / name).unlink()
        (licensed / name).mkdir()
    found = load(licensed)
    assert (found.state, found.problem and found.problem.code) == ("not_activated", "license.unreadable")


@pytest.mark.parametrize("state", ["returned", "superseded", "revoked"])
def test_a_refusal_that_was_kept_stops_and_shows_the_license(licensed: Path, make_refusal: Make, state: str) -> None:
    (licensed / "stopped.cose").write_bytes(make_refusal(code=f"policy.{state}"))
    found = load(licensed)
    assert (found.state, found.problem and found.problem.code) == (state, f"license.{state}")
    assert (found.revision, found.limit("employees")) == (4, 0)


@pytest.mark.parametrize("name", ["returned.cose", "stopped.cose", "emergency.cose", "emergency"])
@pytest.mark.parametrize("kind", ["link", "folder", "pipe", "huge"])
def test_a_thing_that_is_no_file_stops_nothing(licensed: Path, name: str, kind: str) -> None:
    path = licensed / name
    {
        "link": lambda: path.symlink_to(licensed / "nowhere"),
        "folder": path.mkdir,
        "pipe": lambda: os.mkfifo(path),
        "huge": lambda: path.write_bytes(bytes(1 << 20)),
    }[kind]()
    assert load(licensed).state == "active"


@pytest.fixture
def opened(home: Path, install: Make) -> Path:
    document = install(components=ELSEWHERE, policy=SEALED)
    (home / "emergency.cose").write_bytes(document)
    (home / "emergency").write_text(f"{NOW}\n")
    return home


def test_an_opened_emergency_license_is_grace_on_another_machine(opened: Path, codes: Codes) -> None:
    found = load(opened, NOW + DAY)
    assert (found.state, found.days_left, codes(found.warnings)) == ("in_grace", 6, ["license.emergency"])
    assert found.limit("employees") == 150
    over = load(opened, NOW + 7 * DAY)
    assert (over.state, over.problem and over.problem.code) == ("wrong_machine", "license.emergency_over")
    assert over.limit("employees") == 0


def test_without_a_license_here_it_ends_in_what_is_left_of_the_demo(opened: Path, codes: Codes) -> None:
    for name in ("license.cose", "license.kept.cose"):
        (opened / name).unlink()
    assert load(opened).state == "in_grace"
    rest = load(opened, NOW + 7 * DAY)
    assert (rest.state, "license.emergency_over" in codes(rest.warnings)) == ("demo", True)
    over = load(opened, NOW + 40 * DAY)
    assert (over.state, over.problem and over.problem.code) == ("not_activated", "license.emergency_over")


def test_it_is_no_way_around_a_return(opened: Path, tombstone: bytes) -> None:
    (opened / "returned.cose").write_bytes(tombstone)
    assert load(opened).state == "returned"


@pytest.mark.parametrize("lost", ["emergency", "emergency.cose"])
def test_without_one_of_its_two_files_it_is_not_open(opened: Path, lost: str) -> None:
    (opened / lost).unlink()
    assert load(opened).state == "wrong_machine"


def test_a_clock_that_stops_it_is_told(opened: Path, codes: Codes) -> None:
    (opened / "clock").write_text(f"{NOW}\n")
    back = load(opened, NOW - 40 * DAY)
    assert (back.state, codes(back.warnings)) == ("in_grace", ["license.emergency", "clock.set_back"])
    load(opened, NOW - 40 * DAY, witness=True)
    stopped = load(opened, NOW - 20 * DAY)
    assert stopped.state == "clock_problem"


def test_a_witness_notes_the_clock_and_lets_a_future_opening_count_from_now(opened: Path) -> None:
    (opened / "emergency").write_text(f"{NOW + 90 * DAY}\n")
    assert load(opened).days_left == 7
    assert (opened / "emergency").read_text() == f"{NOW + 90 * DAY}\n"
    load(opened, witness=True)
    assert (opened / "emergency").read_text() == f"{NOW}\n"
    assert (opened / "clock").read_text().startswith(str(NOW))
    assert load(opened, NOW + 6 * DAY).days_left == 1


START = """
import sys
from offline_activation import load_license
print(load_license("infinitime", home=sys.argv[1], now=int(sys.argv[2])).state)
"""


def test_a_licensed_start_opens_no_further_file_and_loads_no_further_module(licensed: Path) -> None:
    strace = shutil.which("strace")
    assert strace, "this test needs strace: apt-get install strace"
    log = licensed.parent / "calls"
    command = [strace, "-f", "-o", str(log), "-e", "trace=%file", sys.executable, "-c", START, str(licensed), str(NOW)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "active\n"
    calls = [line for line in log.read_text().splitlines() if f"{licensed}/" in line]
    for name in ("returned.cose", "stopped.cose"):
        (asked,) = [line for line in calls if name in line]
        assert "stat" in asked
    assert not [line for line in calls if "emergency" in line]
    loaded = log.read_text()
    for module in ("evidence", "stopped", "emergency"):
        assert f"verify/{module}.py" not in loaded
        assert f"verify/__pycache__/{module}" not in loaded
