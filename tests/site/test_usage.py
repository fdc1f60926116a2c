"""How much of a limit is in use: told from 90 % on, refused beyond the limit."""

import time
from typing import Any

import pytest

from offline_activation.formats.policy import Fallback, Policy

DAY = 86_400
Site = Any


@pytest.mark.parametrize(
    ("count", "code", "warned", "state"),
    [(134, 0, False, "active"), (135, 0, True, "active"), (150, 0, True, "active"), (151, 1, False, "over_limit")],
)
def test_check_warns_from_90_percent_on(site: Site, count: int, code: int, state: str, *, warned: bool) -> None:
    site.licensed()
    found = site.json("check", "--use", f"employees={count}", code=code)
    assert found["state"] == state
    assert ("license.near_limit" in [each["code"] for each in found["warnings"]]) == warned


def test_the_warning_is_also_for_people(site: Site) -> None:
    site.licensed()
    outcome = site("check", "--use", "employees=140", "--use", "badge_readers=1")
    assert outcome.code == 0
    assert "warning [license.near_limit]: Employees in use: 140 of 150 licensed." in outcome.err
    assert "Badge readers in use" not in outcome.err


@pytest.mark.parametrize(
    ("count", "code", "warned", "state"),
    [
        (150, 0, "license.near_limit", "active"),
        (151, 0, "license.overuse", "over_limit"),
        (165, 0, "license.overuse", "over_limit"),
        (166, 1, None, "over_limit"),
    ],
)
def test_overuse_that_the_license_tolerates_is_warned_of_and_passes(
    site: Site, count: int, code: int, warned: str | None, state: str
) -> None:
    site.licensed(policy=Policy(overuse_percent=10))
    found = site.json("check", "--use", f"employees={count}", code=code)
    assert found["state"] == state
    assert [each["code"] for each in found["warnings"]] == ([warned] if warned else [])
    assert ("error" in found) == (code == 1)


def day(days: int) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(time.time() + days * DAY))


def test_json_tells_kind_stage_and_what_is_allowed_later(site: Site) -> None:
    fallback = Fallback(days=7, limits={"employees": 20}, options=("accruals_plus",))
    end = site.vendor.now + 20 * DAY
    site.licensed(
        lease_until=None,
        until=end,
        maintenance_until=end + 5 * DAY,
        version_ceiling="4",
        policy=Policy(fallback=fallback, grace_limits={"employees": 100}, drift_days=9),
    )
    for command in (["license"], ["check"], ["forecast", "--at", day(1)]):
        found = site.json(*command)
        assert (found["kind"], found["stage"], found["version_ceiling"]) == ("subscription", 30, "4")
        assert found["allowed"] == {
            "grace": {
                "days": 30,
                "limits": {"badge_readers": 8, "biometric_readers": 4, "employees": 100},
                "options": ["accruals_plus"],
            },
            "fallback": {"days": 7, "limits": {"employees": 20}, "options": ["accruals_plus"]},
        }
        assert [(each["code"], each["stage"]) for each in found["warnings"]] == [
            ("license.renewal_due", 30),
            ("license.maintenance_ends", 30),
        ]
        assert list(found["dates"]) == ["renewal", "due", "maintenance", "grace", "fallback"]
        assert found["policy"]["drift_days"] == 9


def test_a_forecast_tells_what_is_allowed_in_each_stage(site: Site) -> None:
    fallback = Fallback(days=7, limits={"employees": 20})
    site.licensed(policy=Policy(fallback=fallback, grace_limits={"employees": 100}))
    for days, state, stage, employees in (
        (180, "renewal_due", 7, 150),
        (185, "in_grace", 30, 100),
        (215, "expired", None, 20),
        (225, "expired", None, 0),
    ):
        found = site("--json", "forecast", "--at", day(days)).json
        assert (found["state"], found["stage"], found["limits"]["employees"]) == (state, stage, employees)
    assert "Last day of Demo Mode after the end" in site("forecast", "--at", day(1)).out


def test_people_read_what_holds_later(site: Site) -> None:
    fallback = Fallback(days=1, limits={"employees": 20}, options=("accruals_plus",))
    rules = Policy(fallback=fallback, grace_limits={"employees": 100}, overuse_percent=5, drift_days=9)
    site.licensed(policy=rules, version_ceiling="4.1")
    text = site("license").out
    for row in (
        "Kind               perpetual",
        "Versions           up to 4.1",
        "In grace            30 days with Employees 100",
        "Demo Mode after it  1 day with Employees 20, Accruals Plus",
        "More in use         up to 5 % above a limit",
        "Changed hardware    9 days to ask for a rebind",
        "What happens when:",
    ):
        assert row in text
    assert "What the license allows later" not in site("check").out


def test_an_installation_without_a_license_promises_nothing_later(site: Site) -> None:
    found = site.json("license")
    assert (found["kind"], found["stage"], [*found["dates"]], found["version_ceiling"]) == (None, None, ["demo"], None)
    assert found["allowed"]["grace"]["days"] == 0
    assert found["allowed"]["fallback"]["limits"]["employees"] == 5
    assert "later" not in site("license").out


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--product-version", "4.9"], 0),
        (["--product-version", "5"], 1),
        (["--product-version", "4", "--released", "2020-01-01"], 0),
        (["--product-version", "4", "--released", "2999-01-01"], 1),
        (["--product-version", "latest"], 2),
        (["--product-version", ""], 2),
        (["--product-version", "4", "--released", "soon"], 2),
        (["--released", "2020-01-01"], 2),
    ],
)
def test_check_and_forecast_ask_for_a_version(site: Site, options: list[str], code: int) -> None:
    site.licensed(version_ceiling="4", maintenance_until=site.vendor.now + 400 * DAY)
    for command in (["check"], ["forecast", "--at", day(10)]):
        outcome = site("--json", *command, *options)
        assert outcome.code == code, outcome
        if code == 1:
            assert outcome.error == "license.version_not_covered"
            assert outcome.json["state"] == "active"
    assert site("--json", "forecast", "--ics", "x.ics", "--product-version", "4").code == 2
