"""Changed hardware on a real machine: what the commands say, what is noted, and what a lost note is worth."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from offline_activation.identity.components import blinded, read_components
from offline_activation.identity.reading import Component

DAY = 86_400
UUID = "8f14e45f-ceea-467f-a2c3-9b1d0e7a4c21"
SAID = "volume ID changed; 2 of 2 others match; works {} more days, ask for a rebind"
IN_A_MACHINE_WITH_FIRMWARE = """
mount -t tmpfs none /sys/class && mkdir -p /sys/class/dmi/id && echo "$1" > /sys/class/dmi/id/product_uuid && shift
exec "$@"
"""
Site = Any
There = Callable[..., Any]


@pytest.fixture
def there(site: Site, spawn: Callable[..., Any]) -> There:
    """Run a command in a mount namespace that shows a firmware UUID, with a license bound to another disk."""
    assert os.geteuid() == 0, "run this test as root: it mounts a small machine over /sys/class for a child"
    _, request = site.request()
    key = bytes.fromhex((site.home / "site_key.pub").read_text())
    seen = {each.name: each for each in read_components(str(site.home))}
    seen["firmware_uuid"] = Component(name="firmware_uuid", value=UUID, source="", note="")
    marks = {n: blinded(seen[n], product="infinitime", site_key=key) for n in ("machine_id", "firmware_uuid")}
    site.vendor.now -= 60 * DAY
    document = site.vendor.answer(request, site.home, components={"volume_id": b"olddisk!", **marks})
    for name in ("license.cose", "license.kept.cose"):
        (site.home / name).write_bytes(document)
    ns = ("unshare", "--mount", "sh", "-c", IN_A_MACHINE_WITH_FIRMWARE, "sh", UUID)
    return lambda *command: spawn(*command, "--json", "--home", site.home, before=ns)


def notes(home: Path) -> tuple[str, str]:
    return (home / "drift").read_text().strip(), (home / "clock").read_text().split("drift ")[1].strip()


def since(home: Path, seconds: int) -> None:
    """Let the changed hardware have been seen that long ago."""
    first = int(time.time()) - seconds
    (home / "drift").write_text(f"{first}\n")
    (home / "clock").write_text(f"{int(time.time())} drift {first}\n")


def warning(outcome: Any) -> str:  # noqa: ANN401 - what a run left
    return next(w["message"] for w in outcome.json["warnings"] if w["code"] == "license.hardware_changed")


def test_license_and_doctor_count_down_and_then_it_is_another_machine(site: Site, there: There) -> None:
    assert warning(there("license")) == SAID.format(14) + "."
    first, second = notes(site.home)
    assert first == second
    assert abs(int(first) - time.time()) < 120
    since(site.home, 10 * DAY + 60)
    found = there("license")
    assert (found.json["state"], warning(found)) == ("active", SAID.format(4) + ".")
    (told,) = [each for each in there("doctor").json["checks"] if each["name"] == "license.cose"]
    assert (told["result"], told["message"]) == ("warning", SAID.format(4))
    assert "rebind" in told["next_step"]
    others = {each["name"]: each for each in there("doctor").json["checks"] if each is not told}
    assert sum("volume ID changed" in each["message"] for each in others.values()) == 1  # license.cose itself
    assert (others["license.kept.cose"]["message"], others["state"]["result"]) == ("the same as license.cose", "ok")
    since(site.home, 14 * DAY)
    found = there("license").json
    assert found["state"] == "wrong_machine"
    assert "the 14 days for a rebind are over" in found["problem"]["message"]
    assert "rebind" in found["problem"]["remedy"]
    assert there("check").error == "license.wrong_machine"
    (told,) = [each for each in there("doctor").json["checks"] if each["name"] == "license.cose"]
    assert told["result"] == "problem"
    said = [each["message"] for each in there("doctor").json["checks"]]
    assert sum("volume ID changed" in message for message in said) == 1
    assert "wrong machine, see license.cose" in said


def test_one_lost_note_begins_nothing_anew_and_both_do(site: Site, there: There) -> None:
    since(site.home, 10 * DAY)
    first = (site.home / "drift").read_text().strip()
    (site.home / "drift").unlink()
    assert warning(there("license")) == SAID.format(4) + "."
    assert notes(site.home) == (first, first)
    (site.home / "clock").write_bytes(b"\0")
    assert warning(there("license")) == SAID.format(4) + "."
    assert notes(site.home) == (first, first)
    (site.home / "clock").unlink()
    (site.home / "drift").unlink()
    assert warning(there("license")) == SAID.format(14) + "."


def test_a_forecast_counts_from_today(site: Site, there: There) -> None:
    for days, state in ((13, "active"), (16, "wrong_machine")):
        at = time.strftime("%Y-%m-%d", time.localtime(time.time() + days * DAY))
        assert there("forecast", "--at", at).json["state"] == state
    assert not (site.home / "drift").exists()


def test_the_next_license_ends_the_countdown(site: Site, there: There) -> None:
    there("license")
    site.vendor.now += 60 * DAY
    site.licensed()
    assert not (site.home / "drift").exists()
    assert "drift" not in (site.home / "clock").read_text()
    assert site.json("license")["warnings"] == []


def test_the_old_disk_back_ends_the_countdown(site: Site) -> None:
    site.licensed()
    since(site.home, 20 * DAY)
    assert site.json("license")["state"] == "active"
    assert not (site.home / "drift").exists()
    assert "drift" not in (site.home / "clock").read_text()


def at(days: int) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(time.time() + days * DAY))


@pytest.mark.parametrize(
    ("without", "days", "state"),
    [
        ([], 16, "active"),
        (["volume_id"], 13, "active"),
        (["volume-id"], 16, "wrong_machine"),
        (["volume_id", "machine_id"], 1, "wrong_machine"),
        (["network"], 16, "active"),
        (["volume_id", "machine_id", "firmware_uuid", "network"], 1, "wrong_machine"),
    ],
)
def test_a_forecast_without_a_component_runs_the_same_rules(
    site: Site, there: There, without: list[str], days: int, state: str
) -> None:
    """The license is bound to the machine that the namespace shows."""
    key = bytes.fromhex((site.home / "site_key.pub").read_text())
    shown = there("tech-info").json
    assert shown["volume_source"], "this test needs a machine with a volume id"
    seen = {each.name: each for each in read_components(str(site.home))}
    seen["firmware_uuid"] = Component(name="firmware_uuid", value=UUID, source="", note="")
    volume = Component(name="volume_id", value=shown["volume_id"], source="", note="")
    names = ("machine_id", "firmware_uuid")
    marks = {n: blinded(seen[n], product="infinitime", site_key=key) for n in names}
    marks["volume_id"] = blinded(volume, product="infinitime", site_key=key)
    reference = site.json("pending")["requests"][0]["reference"]
    request = (site.home / "requests" / f"{reference}.cose").read_bytes()
    document = site.vendor.answer(request, site.home, components=marks)
    for name in ("license.cose", "license.kept.cose"):
        (site.home / name).write_bytes(document)
    before = site.state()
    options = [part for name in without for part in ("--without", name)]
    found = there("forecast", "--at", at(days), *options)
    if shown["volume_source"].startswith("fallback:") and "machine_id" not in without:
        assert found.json["state"] == "active"  # the fallback is still there when the volume shows nothing
    else:
        assert found.json["state"] == state
        assert found.code == (0 if state == "active" else 1)
    assert site.state() == before


def test_a_forecast_without_a_time_is_now(site: Site, there: There) -> None:
    found = there("forecast", "--without", "volume_id").json
    assert (found["state"], found["warnings"][0]["code"]) == ("active", "license.hardware_changed")
    assert "drift" in found["dates"]
    assert there("forecast", "--use", "employees=1").json["state"] == "active"
    assert there("forecast", "--use", "employees=151").error == "license.over_limit"
    assert site("--json", "forecast").error == "usage.missing"
