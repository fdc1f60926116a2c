"""Who may do what: the owner everything, root look, another user nothing, and everybody is told whose rights to use.

These tests give directories away and need root.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

Site = Any
SERVICE, OTHER = 12345, 23456
"""User ids that have no name here: sudo takes them as #12345."""
TIMECLOCK = Path(__file__).parents[2] / "samples" / "timeclock.py"


def given_away(site: Site) -> None:
    assert os.geteuid() == 0, "this test gives a directory to another user and needs root"
    for path in (site.home, *site.home.rglob("*")):
        os.chown(path, SERVICE, SERVICE)


@pytest.fixture
def open_site(site: Site) -> Iterator[Site]:
    """Return a site whose directory lies where every user can get to it."""
    place = Path(tempfile.mkdtemp(prefix="rights-"))
    place.chmod(0o755)
    site.home = site.home.rename(place / "home")
    yield site
    shutil.rmtree(place)


AS_USER = """
import contextlib, io, os, runpy, sys
uid, what, *arguments = sys.argv[1:]
def run():
    if what.endswith(".py"):
        sys.argv = [what, *arguments]
        runpy.run_path(what, run_name="__main__")
        return 0
    from offline_activation.cli import manners, site
    return manners.run(site.program(), arguments)
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    run()  # the interpreter may be out of reach afterwards: whatever is imported late is imported now
os.setgroups([]); os.setgid(int(uid)); os.setuid(int(uid))
sys.exit(run())
"""


def as_user(uid: int, what: object, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the program (``site``) or a script in a child that becomes another user; needs root."""
    return subprocess.run(
        [sys.executable, "-c", AS_USER, str(uid), str(what), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def commands(site: Site) -> tuple[list[list[str]], list[list[str]]]:
    """Return the commands that only look and those that change something."""
    file = site.file(site.vendor.trust_list())
    looking = [["license"], ["check"], ["forecast", "--at", "2030-01-01"], ["tech-info"], ["pending"], ["history"]]
    changing = [["request", "-o", "new.areq"], ["import", str(file)], ["cancel", "AR-0000-0000"], ["return"]]
    return looking, [*changing, ["init", "0.product"]]


def test_root_may_look_at_the_directory_of_a_service_user_and_must_not_write_it(site: Site) -> None:
    site.licensed()
    looking, changing = commands(site)
    given_away(site)
    before = site.state()
    for command in looking:
        outcome = site("--json", *command)
        assert (outcome.code == 0) or command[0] == "forecast", outcome
        assert "unsafe" not in outcome.out
    assert site.json("license")["problem"] is None
    for command in changing:
        outcome = site("--json", *command)
        assert (outcome.code, outcome.error) == (1, "site.unsafe_directory"), command
        assert f"sudo -u #{SERVICE} activation-site" in outcome.json["error"]["remedy"]
    doctor = site.json("doctor")
    assert doctor["problems"] == 0
    assert f"#{SERVICE}" in doctor["checks"][0]["message"]
    assert site.state() == before


def test_what_does_not_belong_to_the_service_user_is_found_by_root_too(site: Site) -> None:
    given_away(site)
    os.chown(site.home / "site_key", 0, 0)
    outcome = site("--json", "pending")
    assert (outcome.code, outcome.error) == (1, "site.unsafe_directory")
    assert "site_key belongs to user id 0" in outcome.json["error"]["message"]
    assert site.json("doctor", code=1)["checks"][0]["result"] == "problem"


@pytest.mark.parametrize("hidden", ["directory", "directory above it"])
def test_another_user_is_told_whose_directory_it_is(open_site: Site, hidden: str) -> None:
    open_site.licensed()
    given_away(open_site)
    if hidden == "directory above it":
        os.chown(open_site.home.parent, SERVICE, SERVICE)
        open_site.home.parent.chmod(0o700)
    program = ["site", "--json", "--home", open_site.home]
    for command in (["license"], ["check"], ["forecast", "--at", "2030-01-01"]):
        outcome = as_user(OTHER, *program, *command)
        assert outcome.returncode == 3, outcome
        assert '"code": "io.unreadable"' in outcome.stdout
        assert f"belongs to #{SERVICE}" in outcome.stdout
        assert f"sudo -u #{SERVICE} activation-site" in outcome.stdout
        assert open_site.home.name in outcome.stdout
    doctor = as_user(OTHER, *program, "doctor")
    assert doctor.returncode == 1, doctor
    assert f"sudo -u #{SERVICE}" in doctor.stdout
    assert '"name": "state"' in doctor.stdout
    for command in (["request"], ["pending"], ["tech-info"], ["history"]):
        outcome = as_user(OTHER, *program, *command)
        assert outcome.returncode in {1, 3}
        assert f"sudo -u #{SERVICE}" in outcome.stdout


def test_the_owner_is_not_told_to_use_the_rights_of_the_owner(open_site: Site) -> None:
    given_away(open_site)
    open_site.home.chmod(0)
    outcome = as_user(SERVICE, "site", "--home", open_site.home, "license")
    assert outcome.returncode == 3
    assert "io.unreadable" in outcome.stderr
    assert "sudo" not in outcome.stderr


@pytest.mark.parametrize("state", ["licensed", "another user", "copies damaged", "files missing", "client", "key lost"])
def test_the_sample_application_ends_well_in_every_state(open_site: Site, state: str) -> None:
    open_site.licensed()
    uid = SERVICE
    if state == "copies damaged":
        for name in ("license.cose", "license.kept.cose"):
            (open_site.home / name).write_bytes(b"\xd2")
    elif state == "files missing":
        for path in open_site.home.iterdir():
            if path.is_file():
                path.unlink()
    elif state == "client":
        (open_site.home / "client").touch()
    elif state == "key lost":
        for path in open_site.home.glob("site_key*"):
            path.unlink()
    elif state == "another user":
        uid = OTHER
    given_away(open_site)
    done = as_user(uid, TIMECLOCK, "--home", open_site.home)
    assert (done.returncode, done.stderr) == (0, ""), done
    assert "employees at work: " in done.stdout
    assert ("8 of 150 licensed" in done.stdout) == (state == "licensed")


def test_the_sample_application_shows_the_next_step_of_warnings(site: Site) -> None:
    site.licensed()
    (site.home / "license.cose").write_bytes(b"")
    done = subprocess.run(
        [sys.executable, TIMECLOCK, "--home", site.home], capture_output=True, text=True, check=True, timeout=60
    )
    assert "kept copy is in force instead. Import the latest response again." in done.stdout
