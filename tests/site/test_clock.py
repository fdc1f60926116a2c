"""The clock of a site: which commands are witnesses, and what an import and the doctor make of it."""

import os
import time
from typing import Any

import pytest

from offline_activation import load_license
from offline_activation.site.directory import StateDirectory
from offline_activation.site.doctor import examine

DAY = 86_400
Site = Any


def mark(site: Site) -> str:
    return str((site.home / "clock").read_text())


def test_an_import_takes_the_vendors_time_as_the_mark(site: Site) -> None:
    site.licensed()
    assert mark(site) == f"{site.vendor.now}\n"


def test_the_next_response_heals_a_clock_that_was_long_ahead(site: Site) -> None:
    site.licensed()
    ahead = int(time.time()) + 5 * 365 * DAY
    for now in (ahead, ahead + 2 * DAY):
        load_license("infinitime", home=site.home, now=now, witness=True)
    found = site.json("license")
    assert (found["state"], found["problem"]["code"]) == ("clock_problem", "clock.problem")
    assert found["limits"]["employees"] == 5
    site.licensed()
    found = site.json("license")
    assert (found["state"], found["warnings"]) == ("active", [])


def test_the_same_response_again_changes_no_mark(site: Site) -> None:
    document = site.licensed()
    (site.home / "clock").write_text("1900000000\n")
    site.json("import", site.file(document))
    assert mark(site) == "1900000000\n"


@pytest.mark.parametrize("command", [["license"], ["check"], ["request", "-o", "again.areq"]])
def test_commands_that_may_write_are_witnesses(site: Site, command: list[str]) -> None:
    site.licensed()
    (site.home / "clock").unlink()
    site.json(*command)
    assert abs(int(mark(site)) - time.time()) < 120


@pytest.mark.parametrize("command", [["doctor"], ["forecast", "--at", "2100-01-01"], ["tech-info"], ["history"]])
def test_commands_that_only_look_write_nothing(site: Site, command: list[str]) -> None:
    site.licensed()
    (site.home / "clock").unlink()
    before = site.state()
    site("--json", *command)
    assert site.state() == before


def test_a_forecast_goes_by_its_day_and_tells_that_this_clock_is_wrong(site: Site) -> None:
    site.licensed()
    tomorrow = time.strftime("%Y-%m-%d", time.localtime(time.time() + DAY))
    assert site.json("forecast", "--at", tomorrow)["warnings"] == []
    (site.home / "clock").write_text(f"{int(time.time()) + 100 * DAY}\n")
    found = site.json("forecast", "--at", tomorrow)
    assert (found["state"], [each["code"] for each in found["warnings"]]) == ("active", ["clock.set_back"])
    assert "warning [clock.set_back]" in site("forecast", "--at", tomorrow).err


def test_file_times_stand_in_for_a_lost_note_and_end_nothing(site: Site) -> None:
    site.licensed()
    (site.home / "clock").unlink()
    ahead = time.time() + 300 * DAY  # beyond the end of the license
    os.utime(site.home / "license.cose", (ahead, ahead))
    lic = load_license("infinitime", home=site.home)
    assert (lic.state, [each.code for each in lic.warnings]) == ("active", ["clock.set_back"])
    assert load_license("infinitime", home=site.home, now=time.time()).warnings == ()
    (site.home / "clock").write_text(f"{site.vendor.now}\n")
    assert load_license("infinitime", home=site.home).warnings == ()


def test_a_stopped_license_says_so_everywhere(site: Site) -> None:
    site.licensed()
    back = int(time.time())
    (site.home / "clock").write_text(f"{back + 30 * DAY} back {back - 3600} {14 * DAY - 3600}\n")
    assert site.json("license")["state"] == "clock_problem"
    assert site("--json", "check", "--use", "employees=5").error == "clock.problem"
    assert "clock problem" in site("license").out
    found = {each.name: each for each in examine(StateDirectory(site.home), now=int(time.time()))}
    assert (found["clock"].result, found["state"].result) == ("problem", "problem")
    assert "already been" in found["clock"].message
