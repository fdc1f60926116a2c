"""The map is true: every function it names exists, and every link in the docs leads somewhere."""

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = "formats|identity|verify|site|vendor|transports|cli"
NAMED = sorted(set(re.findall(rf"\b(?:{ROOMS})(?:\.[a-z_]+)+\b", (ROOT / "docs/map.md").read_text())))
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "samples").rglob("*.md")])


@pytest.mark.parametrize("name", [name for name in NAMED if not name.endswith(".py")])
def test_the_function_on_the_map_exists(name: str) -> None:
    module, _, function = name.rpartition(".")
    assert callable(getattr(importlib.import_module(f"offline_activation.{module}"), function))


def test_the_map_names_the_whole_exchange() -> None:
    assert len(NAMED) >= 12


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_of_the_page_leads_to_a_file(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text())
    assert not [target for target in targets if not (page.parent / target).exists()]
