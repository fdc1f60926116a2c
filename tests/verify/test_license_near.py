"""``near`` warns from 90 % of a limit on, and ``require`` stays silent up to the limit."""

from collections.abc import Callable
from pathlib import Path

import pytest

from offline_activation import Refusal, load_license

NOW = 1_795_500_000
DAY = 86_400


@pytest.mark.parametrize(
    ("limit", "in_use", "warned"),
    [
        (150, 134, False),
        (150, 135, True),
        (150, 150, True),
        (150, 151, False),
        (1, 0, False),
        (1, 1, True),
        (9, 8, False),
        (9, 9, True),
        (0, 0, False),
        (0, 1, False),
        (150, -1, False),
        (2**53 - 1, (2**53 - 1) * 9 // 10, False),
        (2**53 - 1, (2**53 - 1) * 9 // 10 + 1, True),
    ],
)
def test_the_warning_begins_at_90_percent_and_ends_with_the_limit(
    home: Path, install: Callable[..., bytes], limit: int, in_use: int, *, warned: bool
) -> None:
    install(limits={"employees": limit})
    lic = load_license("infinitime", home=home, now=NOW)
    told = lic.near("employees", in_use=in_use)
    assert (told is not None) == warned
    if told is not None:
        assert told.code == "license.near_limit"
        assert told.message == f"Employees in use: {in_use} of {lic.limit('employees')} licensed."
        lic.require("employees", in_use=in_use)


def test_a_limit_that_nobody_knows_is_never_near(licensed: Path) -> None:
    assert load_license("infinitime", home=licensed, now=NOW).near("turnstiles", in_use=1) is None


def test_the_demo_warns_of_its_own_limits(home: Path) -> None:
    lic = load_license("infinitime", home=home, now=NOW)
    assert lic.near("employees", in_use=4) is None
    told = lic.near("employees", in_use=5)
    assert isinstance(told, Refusal)


def test_without_any_rights_nothing_is_near(licensed: Path) -> None:
    lic = load_license("infinitime", home=licensed, now=NOW + 1000 * DAY)
    assert lic.near("employees", in_use=5) is None
