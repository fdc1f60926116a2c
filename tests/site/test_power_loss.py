"""Import under faults: killed at every step, disk full, read-only, errors from the system (needs strace and root)."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from offline_activation.verify.installed import load_license

Site = Any
Run = Any

STEPS = "fsync,rename,unlink,link"


def need(program: str) -> str:
    found = shutil.which(program)
    assert found, f"this test needs {program}: apt-get install {program}"
    return found


@pytest.fixture
def amendment(site: Site) -> tuple[Path, bytes, bytes]:
    """Return a file with revision 2 for a site that holds revision 1, and both documents."""
    first = site.licensed()
    _, request = site.request()
    site.vendor.trust_number = 2
    second = site.vendor.answer(request, site.home)
    return site.file(second), first, second


def copied(site: Site, name: str) -> Path:
    return Path(shutil.copytree(site.home, site.work.parent / name))


def steps_of_an_import(site: Site, spawn: Run, file: Path) -> list[tuple[str, int]]:
    """Return the system calls of one undisturbed import that make something durable or give it a name, in order.

    Each comes with its count among calls of its name, by which strace finds it again.
    """
    log = site.work.parent / "steps"
    before = (need("strace"), "-f", "-o", str(log), "-e", f"trace={STEPS}")
    done = spawn("--json", "import", file, "--home", copied(site, "undisturbed"), before=before)
    assert done.code == 0, done
    names = re.findall(r"^\d+ +(\w+)\(", log.read_text(), re.MULTILINE)
    return [(name, names[: at + 1].count(name)) for at, name in enumerate(names)]


def disturbed(step: tuple[str, int], what: str) -> tuple[str, ...]:
    """Return the words before a command that disturb it at one step."""
    name, count = step
    inject = f"inject={name}:{what}:when={count}"
    return (need("strace"), "-f", "-o", os.devnull, "-e", f"trace={STEPS}", "-e", inject)


def test_power_loss_at_any_step_leaves_the_old_or_the_new_license_in_force(
    site: Site, spawn: Run, run: Run, amendment: tuple[Path, bytes, bytes]
) -> None:
    file, first, second = amendment
    steps = steps_of_an_import(site, spawn, file)
    assert len(steps) >= 12
    seen = set()
    for number, step in enumerate(steps):
        home = copied(site, f"killed-{number}")
        killed = spawn("--json", "import", file, "--home", home, before=disturbed(step, "signal=KILL"))
        assert killed.code != 0
        found = load_license("infinitime", home=home)
        seen.add(found.revision)
        assert (found.state, (home / "license.cose").read_bytes()) in {("active", first), ("active", second)}
        again = run("--json", "import", file, "--home", home)
        assert again.code == 0, (number, again)
        assert again.json["already_installed"] is (found.revision == 2)
        assert_complete(home, first, second, run)
    assert seen == {1, 2}


def assert_complete(home: Path, first: bytes, second: bytes, run: Run) -> None:
    assert (home / "license.cose").read_bytes() == second
    assert (home / "license.kept.cose").read_bytes() == second
    assert (home / "license.previous.cose").read_bytes() == first
    assert load_license("infinitime", home=home).state == "active"
    assert run("--json", "pending", "--home", home).json["requests"] == []
    history = run("--json", "history", "--home", home).json["history"]
    assert [each["revision"] for each in history if each["event"] == "license.installed"] == [1, 2]
    assert not list(home.rglob(".new-*"))
    trust = next(
        each for each in run("--json", "doctor", "--home", home).json["checks"] if each["name"] == "trust list"
    )
    assert "number 2" in trust["message"]


@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
def test_a_step_that_fails_changes_nothing_or_leaves_the_new_license_in_force(
    site: Site, spawn: Run, run: Run, amendment: tuple[Path, bytes, bytes], error: str
) -> None:
    file, first, second = amendment
    for number, step in enumerate(steps_of_an_import(site, spawn, file)):
        home = copied(site, f"failed-{number}")
        failed = spawn("--json", "import", file, "--home", home, before=disturbed(step, f"error={error}"))
        installed = (home / "license.cose").read_bytes()
        if failed.code == 0:
            assert installed == second
            codes = {each["code"] for each in failed.json["warnings"]}
            assert codes <= {"site.unfinished"}
        else:
            assert (failed.code, failed.error) == (3, "io.unwritable")
            assert installed == first
        assert load_license("infinitime", home=home).state == "active"
        assert run("--json", "import", file, "--home", home).code == 0
        assert_complete(home, first, second, run)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a file system of 256 KiB; needs root."""
    assert os.geteuid() == 0, "this test mounts a small file system and needs root"
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k,mode=0700", "tmpfs", place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def test_a_full_disk_keeps_the_old_license_and_needs_no_repair(
    site: Site, run: Run, small_disk: Path, amendment: tuple[Path, bytes, bytes]
) -> None:
    file, first, second = amendment
    home = small_disk / "home"
    shutil.copytree(site.home, home)
    full = moved(site, home)
    filler = small_disk / "filler"
    with pytest.raises(OSError, match="No space"):
        filler.write_bytes(bytes(1 << 20))
    before = full.state()
    outcome = run("--json", "import", file, "--home", home)
    assert (outcome.code, outcome.error) == (3, "io.unwritable")
    assert run("--json", "request", "-o", site.work / "full.areq", "--home", home).code == 3
    assert full.state() == before
    assert load_license("infinitime", home=home).revision == 1
    assert run("--json", "doctor", "--home", home).code == 1
    filler.unlink()
    assert run("--json", "import", file, "--home", home).code == 0
    assert_complete(home, first, second, run)


def moved(site: Site, home: Path) -> Site:
    return type(site)(home=home, work=site.work, vendor=site.vendor, run=site.run)


def test_a_read_only_file_system_keeps_everything_working_but_the_import(
    site: Site, run: Run, small_disk: Path, amendment: tuple[Path, bytes, bytes]
) -> None:
    file, *_ = amendment
    home = small_disk / "home"
    shutil.copytree(site.home, home)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    outcome = run("--json", "import", file, "--home", home)
    assert (outcome.code, outcome.error) == (3, "io.unwritable")
    assert run("--json", "import", "--dry-run", file, "--home", home).code == 0
    assert run("--json", "license", "--home", home).json["state"] == "active"
    assert run("--json", "check", "--home", home).code == 0
    assert len(run("--json", "pending", "--home", home).json["requests"]) == 1
    writable = next(
        each for each in run("--json", "doctor", "--home", home).json["checks"] if each["name"] == "writable"
    )
    assert writable["result"] == "problem"


def test_a_file_size_limit_of_the_process_is_a_trouble_like_any_other(
    site: Site, amendment: tuple[Path, bytes, bytes]
) -> None:
    file, first, _ = amendment
    before = site.state()
    script = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "from offline_activation.cli import manners\n"
        "from offline_activation.cli.site import program\n"
        "sys.exit(manners.run(program(), sys.argv[1:]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "import", file, "--home", site.home], capture_output=True, text=True, check=False
    )
    assert done.returncode == 3, done
    assert "io.unwritable" in done.stderr
    assert site.state() == before
    assert (site.home / "license.cose").read_bytes() == first
