"""The page of the life cycle tells what the code does: its drawing, its rules, its commands."""

import importlib.util
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from offline_activation.vendor.products import read_definition
from offline_activation.verify.stages import STAGES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "lifecycle.md").read_text(encoding="utf-8")
SAMPLE = ROOT / "samples" / "infinitime.toml"


@pytest.fixture(scope="module")
def drawing() -> ModuleType:
    spec = importlib.util.spec_from_file_location("draw_lifecycle", ROOT / "docs" / "draw_lifecycle.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_drawing_is_the_table(drawing: ModuleType) -> None:
    assert (ROOT / "docs" / "lifecycle.svg").read_text(encoding="utf-8") == drawing.draw(), (
        "run python docs/draw_lifecycle.py"
    )


def test_every_state_and_every_transition_is_in_the_drawing(drawing: ModuleType) -> None:
    text = " ".join(re.sub(r"</?tspan[^>]*>", " ", drawing.draw()).split())
    for stage in STAGES.values():
        assert f">{stage.name.replace('_', ' ')}</text>" in text
        for event, _ in stage.leads_to:
            assert event.replace("'", "&apos;") in text.replace("'", "&apos;"), event


def test_every_state_has_its_row_in_the_ten_years() -> None:
    years = PAGE.partition("## Ten years of one site")[2].partition("## What never happens")[0]
    assert {name for name in STAGES if f"`{name}`" not in years} == set()


def test_the_figures_of_the_page_are_those_of_the_sample() -> None:
    definition = read_definition(SAMPLE.read_text(encoding="utf-8"), path="sample")
    policy = definition.policy()
    rows = dict(re.findall(r"^\| ([^|]+?) \| ([^|]+?) \|", PAGE, re.MULTILINE))
    assert rows["lease: works so long after each contact"] == f"{definition.lease_days} days"
    assert rows["changed hardware"] == f"{policy.drift_days} days"
    assert rows["emergency license"] == f"{policy.emergency_days} days, opened once"
    assert rows["clock set back"].startswith(f"{policy.clock_days[0]} days")
    assert rows["clock set back"].endswith(f"{policy.clock_days[1]} days")
    assert rows["warnings before an end"] == ", ".join(map(str, definition.warn_days)) + " days"
    assert policy.fallback is not None
    assert (
        rows["Demo Mode after grace"]
        == f"{policy.fallback.days} days, {policy.fallback.limits['employees']} employees, no readers"
    )


def test_every_key_named_for_the_vendor_is_one_of_the_product_file() -> None:
    keys = set(re.findall(r"`\[(product|license)\] (\w+)`", PAGE))
    known = tomllib.loads(SAMPLE.read_text(encoding="utf-8"))
    for table, key in keys:
        assert key in known[table], (table, key)
