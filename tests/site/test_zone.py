"""The time zone by name, from wherever this system says it."""

from pathlib import Path

import pytest

from offline_activation.site.zone import local_zone


@pytest.fixture
def system(tmp_path: Path) -> Path:
    (tmp_path / "etc").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        (":America/Los_Angeles", "America/Los_Angeles"),
        (":/usr/share/zoneinfo/posix/Asia/Tokyo", "Asia/Tokyo"),
        ("CET-1CEST,M3.5.0,M10.5.0/3", ""),
        ("/etc/passwd", ""),
        ("../../etc/passwd", ""),
        ("Europe", ""),
        ("Nowhere/City", ""),
        ("x" * 500, ""),
        ("Europe/Ber\0lin", ""),
        ("", ""),
    ],
)
def test_the_environment_names_the_zone_only_by_a_known_name(system: Path, given: str, expected: str) -> None:
    assert local_zone({"TZ": given}, system_root=str(system)) == expected


def test_the_link_then_the_file_name_the_zone_without_an_environment(system: Path) -> None:
    (system / "etc/timezone").write_text("America/Sao_Paulo\n")
    assert local_zone({}, system_root=str(system)) == "America/Sao_Paulo"
    (system / "etc/localtime").symlink_to("../usr/share/zoneinfo/Asia/Kolkata")
    assert local_zone({}, system_root=str(system)) == "Asia/Kolkata"


def test_a_copied_localtime_and_a_binary_file_leave_the_zone_unknown(system: Path) -> None:
    (system / "etc/localtime").write_bytes(b"TZif2")
    (system / "etc/timezone").write_bytes(b"\xff\xfe\x00" * 100)
    assert local_zone({}, system_root=str(system)) == ""
