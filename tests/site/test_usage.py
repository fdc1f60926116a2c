"""How much of a limit is in use: told from 90 % on, refused beyond the limit."""

from typing import Any

import pytest

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
