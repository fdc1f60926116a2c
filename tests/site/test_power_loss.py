"""Imports, returns and emergencies under faults: killed at every step, disk full, read-only, errors from the system.

Needs strace and root.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from offline_activation.formats.armor import unarmor
from offline_activation.formats.envelope import open_envelope
from offline_activation.formats.names import document_id
from offline_activation.formats.policy import Policy
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
    return steps_of(site, spawn, "import", file)


def steps_of(site: Site, spawn: Run, *command: object, code: int = 0) -> list[tuple[str, int]]:
    log = site.work.parent / "steps"
    before = (need("strace"), "-f", "-o", str(log), "-e", f"trace={STEPS}")
    done = spawn("--json", *command, "--home", copied(site, "undisturbed"), before=before)
    assert done.code == code, done
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


def assert_returned_for_good(home: Path, run: Run, returned: bytes) -> None:
    """Return what holds when a return is finished: nothing runs, and the return can be had."""
    assert load_license("infinitime", home=home).state == "returned"
    assert (home / "returned.cose").read_bytes() == returned
    assert not (home / "license.cose").exists()
    assert not (home / "license.kept.cose").exists()
    (waiting,) = run("--json", "pending", "--home", home).json["requests"]
    assert waiting["purpose"] == "return"
    events = [each["event"] for each in run("--json", "history", "--home", home).json["history"]]
    assert events.count("license.returned") == 1
    assert not list(home.rglob(".new-*"))


def document_in(file: Path) -> bytes:
    return unarmor(file.read_text(), source=file.name).document


@pytest.mark.parametrize("fault", ["signal=KILL", "error=ENOSPC", "error=EIO"])
def test_a_return_never_leaves_while_the_license_runs_and_no_license_goes_without_one(
    site: Site, spawn: Run, run: Run, fault: str
) -> None:
    site.licensed()
    site.request()  # another open request, which the return closes
    steps = steps_of(site, spawn, "return", "-o", site.work / "undisturbed.areq")
    assert len(steps) >= 16
    seen = set()
    for number, step in enumerate(steps):
        home, file = copied(site, f"{number}"), site.work / f"return-{number}.areq"
        outcome = spawn("--json", "return", "-o", file, "--home", home, before=disturbed(step, fault))
        state = load_license("infinitime", home=home).state
        seen.add(state)
        assert state in {"active", "returned"}
        assert state == "returned" or (home / "license.cose").exists() or (home / "license.kept.cose").exists()
        assert state == "returned" or not file.exists(), step
        if fault != "signal=KILL" and outcome.code != 0:
            assert outcome.code == 3, outcome
            assert outcome.error in ({"io.unwritable"} if state == "active" else {"site.unfinished"}), (step, outcome)
        before = document_in(file) if file.exists() else None
        tombstone = (home / "returned.cose").read_bytes() if state == "returned" else None
        again = run("--json", "return", "-o", site.work / f"again-{number}.areq", "--home", home)
        assert again.code == 0, again
        written = document_in(site.work / f"again-{number}.areq")
        assert before in {None, written}
        assert tombstone in {None, written}
        assert_returned_for_good(home, run, written)
    assert seen == {"active", "returned"}


def test_power_loss_while_the_license_comes_back_leaves_it_returned_or_active(site: Site, spawn: Run, run: Run) -> None:
    site.licensed()
    site.json("import", site.file(site.vendor.receipt(site.ask("return"))))
    file = site.file(site.vendor.answer(site.ask("request"), site.home))
    seen = []
    for number, step in enumerate(steps_of(site, spawn, "import", file)):
        home = copied(site, f"{number}")
        spawn("--json", "import", file, "--home", home, before=disturbed(step, "signal=KILL"))
        seen.append(load_license("infinitime", home=home).state)
        assert run("--json", "import", file, "--home", home).code == 0
        assert load_license("infinitime", home=home).state == "active"
        assert not (home / "returned.cose").exists()
        assert not (home / "chain").exists()
    assert set(seen) == {"returned", "active"}
    assert seen == sorted(seen, reverse=True)  # once it is active it stays so


def test_power_loss_while_a_receipt_is_imported_is_finished_by_importing_it_again(
    site: Site, spawn: Run, run: Run
) -> None:
    site.licensed()
    receipt = site.vendor.receipt(site.ask("return"))
    file = site.file(receipt)
    for number, step in enumerate(steps_of(site, spawn, "import", file)):
        home = copied(site, f"{number}")
        assert spawn("--json", "import", file, "--home", home, before=disturbed(step, "signal=KILL")).code != 0
        assert load_license("infinitime", home=home).state == "returned"
        assert run("--json", "import", file, "--home", home).code == 0
        assert run("--json", "pending", "--home", home).json["requests"] == []
        assert (home / "chain").read_text().strip() == document_id(open_envelope(receipt).payload).hex()
        events = [each["event"] for each in run("--json", "history", "--home", home).json["history"]]
        assert events.count("receipt.imported") == 1


def test_power_loss_while_a_stop_is_imported_leaves_the_license_or_the_stop(site: Site, spawn: Run, run: Run) -> None:
    site.licensed()
    _, request = site.request()
    file = site.file(site.vendor.refuse(request, code="policy.superseded"))
    for number, step in enumerate(steps_of(site, spawn, "import", file, code=1)):
        home = copied(site, f"{number}")
        spawn("--json", "import", file, "--home", home, before=disturbed(step, "signal=KILL"))
        assert load_license("infinitime", home=home).state in {"active", "superseded"}
        assert run("--json", "import", file, "--home", home).error == "policy.superseded"
        assert load_license("infinitime", home=home).state == "superseded"
        assert run("--json", "pending", "--home", home).json["requests"] == []


def test_power_loss_while_an_emergency_license_is_opened_opens_it_once_or_not_at_all(
    site: Site, spawn: Run, run: Run
) -> None:
    site.on_another_machine(policy=Policy(emergency_days=7))
    for number, step in enumerate(steps_of(site, spawn, "emergency")):
        home = copied(site, f"{number}")
        spawn("--json", "emergency", "--home", home, before=disturbed(step, "signal=KILL"))
        state = load_license("infinitime", home=home).state
        assert state in {"wrong_machine", "in_grace"}
        again = run("--json", "emergency", "--home", home)
        assert (again.code, state) == (0, "wrong_machine") or again.error == "license.emergency_used"
        assert load_license("infinitime", home=home).state == "in_grace"


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
