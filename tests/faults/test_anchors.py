"""Each file that remembers something is lost, damaged, fixed or put back, alone and together with each other one.

The tables in docs/checks.md say what follows; this file reads them and tries every row on real files: under the right
clock, under a clock set back by 30 days that has run five days so, and on changed hardware seen five days ago.
"""

import itertools
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

World = Any
Application = Callable[..., Any]
System = Callable[..., str]
Harm = Callable[[Path, Path, System], None]

PAGE = (Path(__file__).parents[2] / "docs" / "checks.md").read_text(encoding="utf-8")
NOTHING = "nothing"
DAY = 86_400


@dataclass(frozen=True, kw_only=True)
class Degree:
    """What a table says of one harm: the codes under the right clock, and the days left of both countdowns."""

    codes: frozenset[str]
    clock: str
    hardware: str


def rows(heading: str) -> list[list[str]]:
    below = PAGE.split(f"\n### {heading}\n")[1]
    lines = below[below.index("\n|") :].strip().split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def degrees(heading: str) -> Iterator[tuple[tuple[str, ...], str, Degree]]:
    """Yield files, harm and degree of each row; a row may name several harms."""
    for names, harms, right, clock, hardware in rows(heading):
        codes = frozenset(re.findall(r"`([a-z_]+\.[a-z_]+)`", right))
        assert codes or right == NOTHING, right
        for harm in harms.split(", "):
            files = tuple(re.findall(r"`([a-z_.]+)`", names))
            yield files, harm, Degree(codes=codes, clock=clock, hardware=hardware)


SINGLE = {(files[0], harm): degree for files, harm, degree in degrees("One file of the state directory")}
PAIRS = {(frozenset(files), harm): degree for files, harm, degree in degrees("Two files together")}
FILES = sorted({name for name, _ in SINGLE})


def delete(path: Path, _backup: Path, _system: System) -> None:
    path.unlink()


def empty(path: Path, _backup: Path, _system: System) -> None:
    path.write_bytes(b"")


def garbage(path: Path, _backup: Path, _system: System) -> None:
    path.write_bytes(bytes(range(1, 256)) * 2)


def read_only(path: Path, _backup: Path, system: System) -> None:
    path.chmod(0o400)
    with suppress(AssertionError):  # a file system without attributes: the mode is all there is
        system("chattr", "+i", path)


def older(path: Path, backup: Path, _system: System) -> None:
    shutil.copy2(backup / path.name, path)


HARMS: dict[str, Harm] = {
    "deleted": delete,
    "emptied": empty,
    "garbage": garbage,
    "read-only": read_only,
    "older copy": older,
}


@dataclass(frozen=True, kw_only=True)
class Scenes:
    """Three state directories to be harmed, and what is asked of copies of them."""

    right: Path
    back: Path
    drifted: Path
    backup: Path
    ask: Application
    system: System

    def after(self, scene: Path, names: tuple[str, ...], harm: str, clock: str) -> dict[str, Any]:
        """Return what the product says in a copy of ``scene`` with its files harmed."""
        home = scene.with_name(f"{scene.name}-harmed")
        shutil.copytree(scene, home)
        try:
            for name in names:
                HARMS[harm](home / name, self.backup, self.system)
            found = self.ask(clock, home=home)
        finally:
            with suppress(AssertionError):
                self.system("chattr", "-R", "-i", home)
            shutil.rmtree(home)
        assert isinstance(found, dict)
        return found

    def degree(self, names: tuple[str, ...], harm: str) -> Degree:
        right = self.after(self.right, names, harm, "+0")
        codes = set(right["warnings"]) | ({right["problem"]} if right["problem"] else set())
        back = self.after(self.back, names, harm, "-25d")
        drifted = self.after(self.drifted, names, harm, "+0")
        return Degree(
            codes=frozenset(codes),
            clock=told(back, "clock.set_back", r"works (\d+) more days like this"),
            hardware=told(drifted, "license.hardware_changed", r"works (\d+) more days, ask"),
        )


def told(found: dict[str, Any], code: str, pattern: str) -> str:
    if found["problem"] is not None:
        return "stopped"
    if code not in found["warnings"]:
        return "`clock.stepped`" if code == "clock.set_back" and "clock.stepped" in found["warnings"] else "not noticed"
    days = [match for text in found["said"] for match in re.findall(pattern, text)]
    return f"{days[0]} days"


@pytest.fixture(scope="module")
def scenes(seasoned: World, asking: Application, own_disk: Path, other_disk: Path, system: System) -> Scenes:
    made = {name: (other_disk if name == "drifted" else own_disk) / name for name in ("right", "back", "drifted")}
    for home in made.values():
        shutil.copytree(seasoned.home, home)
    asking("-5d", home=made["drifted"])
    for home in made.values():
        assert asking("+0", home=home)["problem"] is None
    for clock in ("-30d", "-25d"):
        asking(clock, home=made["back"])
    os.utime(made["back"] / "boot", (time.time() - 30 * DAY,) * 2)  # as the clock set back would have stamped it
    for home in made.values():
        assert set(FILES) - {"drift"} <= {path.name for path in home.iterdir()}, "a file of the table is not there"
        if home != made["drifted"]:
            (home / "drift").write_text("1\n")  # of an earlier episode: so that there is something to harm
    return Scenes(**made, backup=seasoned.place / "site.backup", ask=asking, system=system)


def test_unharmed_the_scenes_are_what_they_say(scenes: Scenes) -> None:
    assert scenes.degree((), "deleted") == Degree(codes=frozenset(), clock="9 days", hardware="9 days")


def test_the_table_has_every_harm_of_every_file() -> None:
    assert set(SINGLE) == set(itertools.product(FILES, HARMS))
    needed = {"clock", "drift", "initialised", "trust.cose", "license.cose", "license.kept.cose", "product.cose"}
    assert needed | {"history.jsonl", "site_key.pub"} <= set(FILES)


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("name", FILES)
def test_one_file(scenes: Scenes, name: str, harm: str) -> None:
    assert scenes.degree((name,), harm) == SINGLE[name, harm]


@pytest.mark.parametrize(("first", "second"), list(itertools.combinations(FILES, 2)))
def test_two_files(scenes: Scenes, first: str, second: str) -> None:
    """Two harms are as bad as the worse of them, unless the second table names the two."""
    for harm in HARMS:
        single = worse(SINGLE[first, harm], SINGLE[second, harm])
        expected = PAIRS.get((frozenset({first, second}), harm), single)
        found = scenes.degree((first, second), harm)
        assert found == expected, (harm, found)


def worse(first: Degree, second: Degree) -> Degree:
    order = ["9 days", "14 days", "`clock.stepped`", "not noticed", "stopped"]
    return Degree(
        codes=first.codes | second.codes,
        clock=max(first.clock, second.clock, key=order.index),
        hardware=max(first.hardware, second.hardware, key=order.index),
    )


def test_all_that_remembers_time_lost_is_never_now(scenes: Scenes) -> None:
    """Every note gone at once, under a clock from before the newest signed time: warned, and 14 days."""
    names = ("boot", "clock", "drift", "history.jsonl", "initialised", "trust.cose")
    found = scenes.after(scenes.back, names, "deleted", "-60d")
    assert told(found, "clock.set_back", r"works (\d+) more days like this") == "14 days"
