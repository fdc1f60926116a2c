"""Which versions a license covers: the ceiling as numbers, and the day of release within the maintenance."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_activation import License, Misuse, Refusal, load_license
from offline_activation.verify.versions import version_parts, why_not_covered

NOW = 1_795_500_000
END = 1_811_376_000
"""2027-05-27 00:00 UTC: the last day of maintenance is 2027-05-26 in UTC."""
Install = Callable[..., bytes]


@pytest.mark.parametrize(
    ("ceiling", "version", "covered"),
    [
        ("4", "4", True),
        ("4", "4.9", True),
        ("4", "4.99.99", True),
        ("4", "5", False),
        ("4", "5.0.0rc1", False),
        ("4", "3.9", True),
        ("4.1", "4.1", True),
        ("4.1", "4.1.7", True),
        ("4.1", "4.2", False),
        ("4.1", "4.10", False),
        ("4.1", "4", True),
        ("4.1", "5.0", False),
        ("4.1.0", "4.1", True),
        ("9", "10", False),
        ("10", "9", True),
        ("10", "10.0", True),
        ("2026.11", "2026.11.30", True),
        ("2026.11", "2026.12", False),
        ("2026.9", "2026.10", False),
        ("0", "0.9", True),
        ("0", "1", False),
        ("04", "4", True),
        ("999999999", "1000000000", False),
        ("4", "4-beta", True),
        ("4", "4.2.0+build.7", True),
        ("", "99999999999999999999", True),
    ],
)
def test_a_version_is_compared_over_the_parts_of_the_ceiling(
    home: Path, install: Install, ceiling: str, version: str, *, covered: bool
) -> None:
    install(version_ceiling=ceiling)
    lic = load_license("infinitime", home=home, now=NOW)
    assert lic.version_ceiling == (ceiling or None)
    assert lic.covers(version) is covered
    if covered:
        lic.require_version(version)
        return
    with pytest.raises(Refusal) as caught:
        lic.require_version(version)
    assert caught.value.code == "license.version_not_covered"
    assert caught.value.message == (
        f"Version {version} is not covered by the license (it covers versions up to {ceiling})."
    )


@pytest.mark.parametrize(
    ("zone_name", "last"), [("UTC0", "2027-05-26"), ("East-14", "2027-05-26"), ("West+12", "2027-05-25")]
)
def test_the_last_day_of_maintenance_is_covered_and_the_next_is_not(
    home: Path, install: Install, zone: Callable[[str], None], zone_name: str, last: str
) -> None:
    zone(zone_name)
    install(maintenance_until=END)
    lic = load_license("infinitime", home=home, now=NOW)
    assert lic.maintenance_until == last
    following = f"{last[:8]}{int(last[8:]) + 1}"
    assert lic.covers("4", released=last)
    assert not lic.covers("4", released=following)
    assert lic.covers("4")
    with pytest.raises(Refusal) as caught:
        lic.require_version("4", released=following)
    assert f"released {following}, maintenance ended on {last}" in caught.value.message


def test_both_bounds_hold(home: Path, install: Install) -> None:
    install(version_ceiling="4", maintenance_until=END)
    lic = load_license("infinitime", home=home, now=NOW)
    assert lic.covers("4.9", released="2027-01-01")
    assert not lic.covers("5", released="2027-01-01")
    assert not lic.covers("4", released="2028-01-01")


def test_maintenance_beyond_the_calendar_covers_every_day(home: Path, install: Install) -> None:
    install(maintenance_until=2**53 - 1)
    assert load_license("infinitime", home=home, now=NOW).covers("4", released="9999-12-31")


def test_without_a_license_nothing_bounds_the_version(home: Path) -> None:
    lic: License = load_license("infinitime", home=home, now=NOW)
    assert lic.covers("99", released="2099-01-01")
    assert lic.version_ceiling is None


@pytest.mark.parametrize("version", ["", "v4", "latest", ".4", "-1", "٤", "4" * 65, "\x00"])
def test_what_begins_with_no_number_is_a_mistake_of_the_caller_with_any_license(
    home: Path, install: Install, version: str
) -> None:
    for fields in ({}, {"version_ceiling": "4"}):
        install(**fields)
        lic = load_license("infinitime", home=home, now=NOW)
        with pytest.raises(Misuse) as caught:
            lic.covers(version)
        assert caught.value.code == "usage.invalid"


@pytest.mark.parametrize(
    "day", ["", "2027", "2027-13-01", "2027-00-01", "2027-02-30", "2027-1-1", "20270101xx", "٢027-01-01"]
)
def test_what_is_no_day_is_a_mistake_of_the_caller(home: Path, day: str) -> None:
    with pytest.raises(Misuse):
        load_license("infinitime", home=home, now=NOW).require_version("4", released=day)


@pytest.mark.parametrize("version", [4, 4.2, None, b"4"])
def test_a_version_that_is_no_text_is_a_mistake_of_the_caller(home: Path, version: Any) -> None:  # noqa: ANN401
    with pytest.raises(Misuse, match="which is no text") as caught:
        load_license("infinitime", home=home, now=NOW).covers(version)
    assert "for example 4.2.1" in caught.value.remedy


def test_the_day_of_release_may_be_a_date(home: Path, install: Install) -> None:
    install(maintenance_until=NOW)
    lic = load_license("infinitime", home=home, now=NOW)
    assert lic.covers("4", released=date(2020, 1, 1))
    for late in (date(2099, 1, 1), datetime(2099, 1, 1, 12, tzinfo=UTC)):
        assert not lic.covers("4", released=late)
        with pytest.raises(Refusal, match="released 2099-01-01"):
            lic.require_version("4", released=late)
    with pytest.raises(Misuse, match="is not a day") as caught:
        lic.covers("4", released=20260101)  # type: ignore[arg-type]
    assert "a text like 2027-05-01" in caught.value.remedy


parts = st.lists(st.integers(0, 999_999_999), min_size=1, max_size=3)


@given(
    version=parts,
    more=st.lists(st.integers(0, 99), max_size=2),
    tail=st.sampled_from(["", "rc1", "-beta", "+g12", " x"]),
)
def test_the_numbers_of_a_version_are_read_back(version: list[int], more: list[int], tail: str) -> None:
    text = ".".join(map(str, version + more)) + tail
    assert version_parts(text) == version + more


@given(st.text(max_size=80), st.none() | st.text(max_size=12))
def test_any_text_is_answered_or_a_misuse(version: str, released: str | None) -> None:
    with suppress(Misuse):
        assert why_not_covered(None, version, released) is None
