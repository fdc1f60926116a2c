"""The doctor: one line for each check, and the exit code of a problem."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from offline_activation.formats.product import receive_product, seal_product
from offline_activation.formats.value import changed
from offline_activation.site.directory import StateDirectory
from offline_activation.site.doctor import examine

DAY = 86_400
Site = Any


def test_a_healthy_installation_has_no_problem(site: Site) -> None:
    site.licensed()
    found = site.json("doctor")
    assert found["problems"] == 0
    assert {each["name"] for each in found["checks"]} >= {"directory", "site key", "trust list", "clock", "space"}
    text = site("doctor").out.splitlines()
    assert sum(line.startswith(("ok", "warning", "PROBLEM")) for line in text) == len(found["checks"])


def keep_damaged(home: Path) -> None:
    (home / "license.cose").write_bytes(b"\0")


def lose_both(home: Path) -> None:
    keep_damaged(home)
    (home / "license.kept.cose").write_bytes(b"\0")


def change_key(home: Path) -> None:
    (home / "site_key").write_bytes(os.urandom(32))


def damage_trust(home: Path) -> None:
    (home / "trust.cose").write_bytes(b"\0")


def lose_trust(home: Path) -> None:
    (home / "trust.cose").unlink()


def damage_request(home: Path) -> None:
    (home / "requests" / "AR-0000-0000.cose").write_bytes(b"\0")


def damage_product(home: Path) -> None:
    (home / "product.cose").write_bytes(b"\0")


def lose_both_products(home: Path) -> None:
    damage_product(home)
    (home / "product.kept.cose").unlink()


@pytest.mark.parametrize(
    ("harm", "name", "result", "code"),
    [
        (keep_damaged, "license.cose", "warning", 0),
        (lose_both, "license.kept.cose", "problem", 1),
        (change_key, "site key", "problem", 1),
        (damage_trust, "trust list", "problem", 1),
        (lose_trust, "trust list", "warning", 0),
        (damage_request, "requests", "warning", 0),
        (damage_product, "product file", "warning", 0),
        (lose_both_products, "product file", "problem", 1),
    ],
)
def test_each_harm_is_found_and_has_a_next_step(
    site: Site, harm: Callable[[Path], None], name: str, result: str, code: int
) -> None:
    site.licensed()
    harm(site.home)
    before = site.state()
    outcome = site("--json", "doctor")
    (found,) = [each for each in outcome.json["checks"] if each["name"] == name]
    assert (outcome.code, found["result"]) == (code, result)
    assert found["next_step"]
    assert site.state() == before


def test_a_clock_that_was_never_set_or_set_back_is_found(site: Site) -> None:
    site.licensed()
    directory = StateDirectory(site.home)
    for now, result in ((1_000, "problem"), (int(time.time()) - 86_400, "problem"), (int(time.time()), "ok")):
        (clock,) = [each for each in examine(directory, now=now) if each.name == "clock"]
        assert clock.result == result


def test_a_request_that_waits_for_a_month_is_mentioned(site: Site) -> None:
    reference, _ = site.request()
    later = int(time.time()) + 31 * 86_400
    (found,) = [each for each in examine(StateDirectory(site.home), now=later) if each.name == "requests"]
    assert found.result == "warning"
    assert reference in found.message


def test_documents_dated_ahead_by_the_vendors_clock_are_told_and_stop_nothing(site: Site) -> None:
    """The license is of this morning, the product file says ninety days later."""
    ahead = site.vendor.now + 90 * DAY
    document = seal_product(changed(receive_product(site.vendor.product()), issued=ahead), site.vendor.root)
    for name in ("product.cose", "product.kept.cose"):
        (site.home / name).write_bytes(document)
    site.licensed()
    (found,) = [each for each in site.json("doctor")["checks"] if each["name"] == "clock"]
    assert (found["result"], "tell the vendor" in found["next_step"]) == ("warning", True)
    assert site.json("license")["warnings"] == []
