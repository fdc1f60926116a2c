"""docs/checks.md says what the code does: the same rungs, codes, states and figures."""

import re
from pathlib import Path
from typing import get_args

import pytest

from offline_activation.errors import CATALOG
from offline_activation.formats.match_policy import NEEDED
from offline_activation.formats.policy import Policy
from offline_activation.site.due_dates import TITLES
from offline_activation.verify import checks, license, standing, trust  # noqa: A004 - the module is named so
from offline_activation.verify.checks import CLOCK_TOLERANCE
from offline_activation.verify.clock import BOUND, EACH_WRITE, GRACE, LEAST_TOLERANCE, STEP, TOLERANCE
from offline_activation.verify.drift import DRIFT_DAYS
from offline_activation.verify.license import CARRIED_ON_DAYS, NEAR_PERCENT, USABLE
from offline_activation.verify.stages import STAGES, Rights

PAGE = (Path(__file__).parents[2] / "docs" / "checks.md").read_text(encoding="utf-8")
CODE = re.compile(r"`([a-z_]+\.[a-z_]+)`")


def source(module: object) -> str:
    return Path(str(getattr(module, "__file__", ""))).read_text(encoding="utf-8")


def rows(heading: str, *, level: int = 2) -> list[list[str]]:
    """Return the cells of the first table below a heading, without its head."""
    below = PAGE.split(f"\n{'#' * level} {heading}\n")[1]
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
    known = {code for code in CODE.findall(PAGE) if not code.endswith((".md", ".py", ".cose", ".jsonl", ".pub"))}
    assert known <= CATALOG.keys()


def test_every_code_of_the_ladder_is_on_a_rung() -> None:
    raised = {code for module in (checks, trust) for code in re.findall(r'Refusal\(\s*"([a-z_.]+)"', source(module))}
    on_page = {code for row in rows("The ladder") for code in CODE.findall(row[3])}
    assert raised <= on_page


def test_a_start_runs_the_rungs_that_the_page_says() -> None:
    at_start = [int(row[0]) for row in rows("The ladder") if "start" in row[4]]
    assert at_start == [1, 2, 3, 4, 5, 6, 7, 8, 10]
    assert all("import" in row[4] and "vendor" in row[4] for row in rows("The ladder"))


def test_the_states_are_the_table_of_the_code() -> None:
    on_page = [(row[0].strip("`"), *row[1:4]) for row in rows("States")]
    assert on_page == [(stage.name, stage.rights, stage.meaning, stage.ending) for stage in STAGES.values()]


def test_what_is_usable_has_no_problem_on_the_page() -> None:
    fine = {row[0].strip("`") for row in rows("States") if row[4] == "none"}
    assert fine | {"over_limit"} == USABLE


def test_the_rights_and_rules_are_those_of_the_code() -> None:
    assert {row[0] for row in rows("What the rights are", level=3)} == set(get_args(Rights))
    on_page = {row[0].strip("`"): row[1] for row in rows("The rules inside a license", level=3)}
    assert set(on_page) >= set(Policy.__annotations__) - {"emergency_days"}
    assert on_page["drift_days"] == str(Policy().drift_days)
    assert on_page["clock_days"] == "{} and {}".format(*Policy().clock_days)
    assert on_page["overuse_percent"] == str(Policy().overuse_percent)
    assert {row[0].strip("`") for row in rows("Forecasts")} == {*TITLES}


def test_every_code_of_a_state_is_on_the_page() -> None:
    told = set(re.findall(r'(?:Refusal|Trouble)\(\s*"([a-z_.]+)"', source(standing) + source(license)))
    told -= {"license.version_not_covered"}  # no state
    assert told <= {code for row in rows("States") for code in CODE.findall(" ".join(row))}


def test_the_figures_are_those_of_the_code() -> None:
    figures = {row[0]: row[1] for row in rows("Tolerances")}
    assert figures["clock of vendor and site"] == f"{CLOCK_TOLERANCE} seconds"
    assert figures["changed hardware"] == f"{NEEDED} others"
    assert figures["clock set back"] == f"{TOLERANCE // 86_400} days"
    assert figures["least tolerance of the clock"] == f"{LEAST_TOLERANCE} seconds"
    assert figures["grace of the clock"] == f"{GRACE // 86_400} days"
    assert figures["bound of the mark"] == f"{BOUND // 86_400} days"
    assert figures["step ahead"] == f"{STEP // 86_400} days"
    assert figures["notes of time"] == f"{EACH_WRITE} seconds"
    assert figures["days for a rebind"] == f"{DRIFT_DAYS} days"
    assert figures["near a limit"] == f"{NEAR_PERCENT} %"
    assert figures["state directory out of reach"] == f"{CARRIED_ON_DAYS} days"
