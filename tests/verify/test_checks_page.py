"""docs/checks.md says what the code does: the same rungs, codes, states and figures."""

import re
from pathlib import Path

import pytest

from offline_activation.errors import CATALOG
from offline_activation.identity.matching import NEEDED
from offline_activation.verify import checks, license, standing, trust  # noqa: A004 - the module is named so
from offline_activation.verify.checks import CLOCK_TOLERANCE
from offline_activation.verify.clock import BOUND, EACH_WRITE, GRACE, STEP, TOLERANCE
from offline_activation.verify.drift import DRIFT_DAYS
from offline_activation.verify.license import CARRIED_ON_DAYS, NEAR_PERCENT, USABLE

PAGE = (Path(__file__).parents[2] / "docs" / "checks.md").read_text(encoding="utf-8")
CODE = re.compile(r"`([a-z_]+\.[a-z_]+)`")


def source(module: object) -> str:
    return Path(str(getattr(module, "__file__", ""))).read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the first table below a heading, without its head."""
    below = PAGE.split(f"\n## {heading}\n")[1]
    lines = below[below.index("\n|") :].strip().split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_rungs_of_the_page_are_those_of_the_code() -> None:
    comments = re.findall(r"^ +# (\d+) ([a-z ]+?)(?=[:;]|$)", source(checks), re.MULTILINE)
    in_code = [(int(number), name) for number, name in comments]
    on_page = [(int(number), name) for number, name, *_ in rows("The ladder")]
    assert sorted(in_code) == on_page
    assert [number for number, _ in on_page] == list(range(1, 14))


@pytest.mark.parametrize("rung", rows("The ladder"), ids=lambda row: row[0])
def test_a_rung_names_codes_of_the_catalog(rung: list[str]) -> None:
    assert CODE.findall(rung[3])
    assert set(CODE.findall(rung[3])) <= CATALOG.keys()


def test_every_code_on_the_page_is_in_the_catalog() -> None:
    known = {code for code in CODE.findall(PAGE) if not code.endswith((".md", ".py", ".cose"))}
    assert known <= CATALOG.keys()


def test_every_code_of_the_ladder_is_on_a_rung() -> None:
    raised = {code for module in (checks, trust) for code in re.findall(r'Refusal\(\s*"([a-z_.]+)"', source(module))}
    on_page = {code for row in rows("The ladder") for code in CODE.findall(row[3])}
    assert raised <= on_page


def test_a_start_runs_the_rungs_that_the_page_says() -> None:
    at_start = [int(row[0]) for row in rows("The ladder") if "start" in row[4]]
    assert at_start == [1, 2, 3, 4, 5, 6, 7, 8, 10]
    assert all("import" in row[4] and "vendor" in row[4] for row in rows("The ladder"))


def test_the_states_are_those_of_the_code() -> None:
    on_page = {row[0].strip("`") for row in rows("States")}
    in_code = set(re.findall(r'^[A-Z_]+: Final = "([a-z_]+)"$', source(standing), re.MULTILINE))
    assert on_page == in_code | {"over_limit"}
    usable = {row[0].strip("`") for row in rows("States") if row[3] == "none"}
    assert usable == USABLE


def test_every_code_of_a_state_is_on_the_page() -> None:
    told = set(re.findall(r'(?:Refusal|Trouble)\(\s*"([a-z_.]+)"', source(standing) + source(license)))
    assert told <= {code for row in rows("States") for code in CODE.findall(" ".join(row))}


def test_the_figures_are_those_of_the_code() -> None:
    figures = {row[0]: row[1] for row in rows("Tolerances")}
    assert figures["clock of vendor and site"] == f"{CLOCK_TOLERANCE} seconds"
    assert figures["changed hardware"] == f"{NEEDED} others"
    assert figures["clock set back"] == f"{TOLERANCE // 86_400} days"
    assert figures["grace of the clock"] == f"{GRACE // 86_400} days"
    assert figures["bound of the mark"] == f"{BOUND // 86_400} days"
    assert figures["step ahead"] == f"{STEP // 86_400} days"
    assert figures["notes of time"] == f"{EACH_WRITE} seconds"
    assert figures["days for a rebind"] == f"{DRIFT_DAYS} days"
    assert figures["near a limit"] == f"{NEAR_PERCENT} %"
    assert figures["state directory out of reach"] == f"{CARRIED_ON_DAYS} days"
