"""A forecast runs the start on this machine with components taken away, at another time, and writes nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from offline_activation.formats.keys import SoftwareSigner
from offline_activation.formats.policy import Policy
from offline_activation.formats.product import ProductDocument
from offline_activation.identity.components import read_components
from offline_activation.verify.directory import facts_of
from offline_activation.verify.installed import forecast_license

NOW = 1_795_500_000
DAY = 86_400


@pytest.mark.parametrize("name", ["volume_id", "machine_id", "firmware_uuid", "network"])
def test_a_component_taken_away_is_not_there_and_the_others_are(
    home: Path, product_content: ProductDocument, site: SoftwareSigner, name: str
) -> None:
    whole = facts_of(str(home), product_content, site.public_key)
    less = facts_of(str(home), product_content, site.public_key, without=(name,))
    source = read_components(str(home))[0].source
    gone = {name} | ({"volume_id"} if source == f"fallback:{name.replace('_', '-')}" else set())
    assert less.components == {key: mark for key, mark in whole.components.items() if key not in gone}
    assert less.fallback_volumes <= whole.fallback_volumes


def test_ends_are_judged_at_the_time_of_the_forecast(licensed: Path) -> None:
    last = NOW + 213 * DAY
    for now, state in ((last - 1, "in_grace"), (last, "expired"), (NOW - 1000 * DAY, "active")):
        assert forecast_license("infinitime", home=str(licensed), now=now, today=NOW).state == state


def test_what_the_clock_has_shown_is_left_aside(licensed: Path) -> None:
    (licensed / "clock").write_text(f"{NOW + 300 * DAY} back {NOW} {20 * DAY}\n")
    found = forecast_license("infinitime", home=str(licensed), now=NOW + DAY, today=NOW)
    assert (found.state, found.warnings) == ("active", ())


def test_it_never_raises_and_never_writes(home: Path, tmp_path: Path, install: Callable[..., bytes]) -> None:
    assert forecast_license("infinitime", home=str(tmp_path / "no"), now=NOW, today=NOW).state == "not_activated"
    install()
    before = sorted(home.iterdir())
    every = ("volume_id", "machine_id", "firmware_uuid", "network")
    assert forecast_license("infinitime", home=str(home), now=NOW, today=NOW, without=every).state == "wrong_machine"
    assert sorted(home.iterdir()) == before


def test_a_time_before_now_is_no_wrong_clock(home: Path, install: Callable[..., bytes]) -> None:
    for days in (1, 3, 20, 1000):
        asked = forecast_license("infinitime", home=str(home), now=NOW - days * DAY, today=NOW)
        assert [each.code for each in asked.warnings] == ["license.demo"]
    for policy in (Policy(), Policy(clock_days=(0, 0))):
        install(policy=policy)
        for days in (1, 3, 20, 1000):
            found = forecast_license("infinitime", home=str(home), now=NOW - days * DAY, today=NOW)
            assert (found.state, found.warnings) == ("active", ())
