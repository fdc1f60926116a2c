"""The state directory: links, owners and modes (needs root to give files away)."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from offline_activation.errors import ActivationError, Refusal
from offline_activation.site.directory import LEFTOVERS, StateDirectory, create_directory, open_directory

Site = Any


def symlinked_home(home: Path, _: Path) -> None:
    home.rename(home.with_name("real"))
    home.symlink_to("real")


def symlinked_file(home: Path, target: Path) -> None:
    (home / "history.jsonl").unlink()
    (home / "history.jsonl").symlink_to(target)


def hard_linked_file(home: Path, target: Path) -> None:
    (home / "contact.json").hardlink_to(target)


def dangling_license(home: Path, target: Path) -> None:
    (home / "license.cose").symlink_to(target.with_name("nowhere"))


def symlinked_folder(home: Path, target: Path) -> None:
    (home / "requests" / "answered").rmdir()
    (home / "requests" / "answered").symlink_to(target.parent)


def symlinked_request(home: Path, target: Path) -> None:
    (home / "requests" / "AR-7K4M-92QX.cose").symlink_to(target)


def world_writable_home(home: Path, _: Path) -> None:
    home.chmod(0o777)


def group_writable_file(home: Path, _: Path) -> None:
    (home / "trust.cose").chmod(0o660)


def world_writable_parent(home: Path, _: Path) -> None:
    home.parent.chmod(0o777)


def file_of_another_user(home: Path, _: Path) -> None:
    assert os.geteuid() == 0, "this test gives a file to another user and needs root"
    os.chown(home / "site_key", 12345, -1)


def folder_in_place_of_a_file(home: Path, _: Path) -> None:
    (home / "contact.json").mkdir()


@pytest.mark.parametrize(
    "spoil",
    [
        symlinked_home,
        symlinked_file,
        hard_linked_file,
        dangling_license,
        symlinked_folder,
        symlinked_request,
        world_writable_home,
        group_writable_file,
        world_writable_parent,
        file_of_another_user,
        folder_in_place_of_a_file,
    ],
)
def test_an_unsafe_directory_is_refused_and_nothing_is_touched(site: Site, spoil: Callable[[Path, Path], None]) -> None:
    target = site.work / "target"
    target.write_text("root:x:0:0\n")
    spoil(site.home, target)
    before = site.state()
    for command in (
        ["request", "--license-number", site.vendor.shown_number, *site.contact],
        ["import", site.work / "0.product"],
        ["pending"],
        ["history"],
        ["tech-info"],
        ["init", site.work / "0.product"],
    ):
        outcome = site("--json", *command)
        assert (outcome.code, outcome.error) == (1, "site.unsafe_directory"), command
    assert target.read_text() == "root:x:0:0\n"
    assert site.state() == before
    doctor = site("--json", "doctor")
    assert doctor.code == 1
    assert doctor.json["checks"][0]["result"] == "problem"


def test_license_and_check_still_answer_in_an_unsafe_directory(site: Site) -> None:
    site.licensed()
    site.home.chmod(0o775)
    assert site.json("check")["state"] == "active"
    shown = site.json("license")
    assert (shown["state"], shown["problem"]["code"]) == ("active", "site.unsafe_directory")


def test_a_sticky_directory_above_such_as_tmp_is_fine(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    directory = create_directory(tmp_path / "home")
    assert stat.S_IMODE(directory.home.stat().st_mode) == 0o700


def test_a_trailing_slash_does_not_hide_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "home").symlink_to("real")
    with pytest.raises(Refusal) as refused:
        open_directory(f"{tmp_path}/home/")
    assert refused.value.code == "site.unsafe_directory"


def test_what_a_killed_writer_left_behind_is_swept_by_the_next_one(tmp_path: Path) -> None:
    directory = create_directory(tmp_path / "home")
    (directory.home / ".new-0011").write_bytes(b"half")
    (directory.home / "requests" / ".new-0022").write_bytes(b"half")
    with directory.locked():
        assert not list(directory.home.rglob(LEFTOVERS))


def test_moving_and_removing_twice_is_the_same_as_once(tmp_path: Path) -> None:
    directory = create_directory(tmp_path / "home")
    directory.write("requests/a", b"1")
    for _ in range(2):
        directory.move("requests/a", "requests/answered")
    assert directory.read("requests/answered/a") == b"1"
    for _ in range(2):
        directory.remove("requests/answered/a")
    assert directory.read("requests/answered/a") is None


def test_folders_that_a_backup_left_out_are_made_again(site: Site) -> None:
    for name in ("requests/answered", "requests/cancelled", "requests"):
        (site.home / name).rmdir()
    assert site.json("pending")["requests"] == []
    assert site.licensed()


def test_a_directory_that_cannot_be_made_is_a_trouble(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ActivationError) as refused:
        create_directory(tmp_path / "file" / "home")
    assert refused.value.code == "io.unwritable"


def test_a_safe_directory_has_no_flaws(site: Site) -> None:
    site.licensed()
    assert StateDirectory(site.home).flaws() == []
