"""The drills of docs/runbooks, command by command as they stand there, in a world of one vendor and two sites."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

World = Any
RUNBOOKS = Path(__file__).parents[2] / "docs" / "runbooks"
SITES = ("site", "other")


def steps_of(name: str) -> list[list[str]]:
    """Return the commands of each ``sh`` block, in order."""
    text = (RUNBOOKS / name).read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [[line for line in block.splitlines() if line] for block in blocks]


def run(world: World, line: str, names: dict[str, str], home: str = "site") -> Any:  # noqa: ANN401 - a result of World
    """Run one line of a runbook as a shell would."""
    filled = re.sub(r"\$([A-Z]+)", lambda found: names[found[1]], line)
    program, *arguments = shlex.split(filled)
    assert program in {"activation-vendor", "activation-site"}, line
    return world.run(program.removeprefix("activation-"), *arguments, home=home)


def of_its_own(line: str, home: str) -> str:
    """Return a line in which the files that one site makes bear its name, as in the vendor's inbox."""
    return line.replace("renew.", f"renew-{home}.")


@pytest.fixture
def two_sites(licensed: World) -> World:
    number = licensed.order("--set", "employees=6")
    licensed.site("init", "infinitime.product", home="other")
    licensed.first_request("other.areq", home="other", number=number)
    licensed.vendor("sign", "other.areq", "-o", "other.alic")
    licensed.site("import", "other.alic", home="other")
    (licensed.work / "infinitime.product").unlink()  # the old one is in the installers; the drill writes a new one
    return licensed


def states(world: World) -> list[tuple[str, list[str]]]:
    found = [world.site("license", "--json", home=home).json for home in SITES]
    return [(each["state"], [warning["code"] for warning in each["warnings"]]) for each in found]


def test_the_drill_for_a_leaked_issuing_key_is_true_word_for_word(two_sites: World) -> None:
    world = two_sites
    listed = world.vendor("keys", "list", "--json").json["keys"]
    (leaked,) = [key["key_id"] for key in listed if key["role"] == "issuing"]
    names = {"KEY": leaked, "PRODUCT": "infinitime"}
    forged = world.armored("forged.alic", world.resigned_license("first.alic", revision=1 << 40), "LICENSE")
    look, revoke, write, tell, answer, install, left = steps_of("key-compromise.md")
    ran = [run(world, line, names) for line in look]
    assert len(re.findall(r"^[0-9A-Z]{5}-", ran[-1].out, re.MULTILINE)) == len(SITES)
    before = [world.site("import", "--dry-run", forged, "--json", code=None).json]
    assert before[0]["error"]["code"] == "binding.other_request", "the key is believed, only the request is answered"
    for line in (*revoke, *write):
        run(world, line, names)
    assert states(world) == [("active", []), ("active", [])], "nobody stands still, nobody knows yet"
    for home in SITES:
        ran = [run(world, of_its_own(line, home), names, home) for line in tell]
        assert "key.revoked" in ran[1].out + ran[1].err
    assert states(world) == [("active", ["key.revoked"]), ("active", ["key.revoked"])]
    world.refuses("site", "import", forged, said="key.revoked")
    for home in SITES:
        for line in answer:
            run(world, of_its_own(line, home), names)
        for line in install:
            run(world, of_its_own(line, home), names, home)
    assert states(world) == [("active", []), ("active", [])]
    assert "There is no such license." in run(world, *left, names).out
    assert world.vendor("doctor", "--json").json["healthy"] is True


def test_every_command_that_the_text_names_exists(ordered: World) -> None:
    text = (RUNBOOKS / "key-compromise.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`activation-(vendor|site) ([a-z][a-z-]*(?: [a-z][a-z-]*)?)", text))
    assert len(named) >= 4
    for program, words in sorted(named):
        first, *rest = words.split()
        second = rest if first in {"license", "keys", "trust", "audit", "product"} else []
        ordered.run(program, first, *second, "--help")
