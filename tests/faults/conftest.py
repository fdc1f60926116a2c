"""A vendor and a site moved by the two programs alone, on a machine whose clock and disks go wrong.

The clock is that of libfaketime (Debian package faketime): it answers time(2), gettimeofday(2) and clock_gettime(2)
inside one process and its children.  Where it does not reach: the kernel's own stamps (times of files, the time since
boot, boot id) stay those of the machine, as they must here, and a program that calls the kernel without the C library
sees the true time.  Disks are loop devices with real file systems.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(sys.executable).parent
PATIENCE = 60
MIB = 1 << 20
PACKAGES = {
    "faketime": "faketime",
    "losetup": "mount",
    "mkfs.ext4": "e2fsprogs",
    "mkfs.xfs": "xfsprogs",
    "mkfs.btrfs": "btrfs-progs",
}
MAKE = {
    "ext4": (16 * MIB, ("mkfs.ext4", "-q", "-F")),
    "xfs": (320 * MIB, ("mkfs.xfs", "-q", "-f")),
    "btrfs": (128 * MIB, ("mkfs.btrfs", "-q", "-f")),
}

_APPLICATION = """
import json, os, sys
from offline_activation import load_license
from offline_activation.verify.installed import forecast_license  # loaded before any clock goes wrong
previous = None
for line in sys.stdin:
    said = json.loads(line)
    if said["clock"] is not None:
        with open(os.environ["FAKETIME_TIMESTAMP_FILE"], "w") as file:
            file.write(said["clock"])
    lic = load_license("infinitime", witness=True, previous=previous)
    previous = lic
    print(json.dumps({
        "state": lic.state, "days_left": lic.days_left, "employees": lic.limit("employees"),
        "problem": lic.problem and lic.problem.code, "warnings": [each.code for each in lic.warnings],
        "said": [each.message for each in lic.warnings] + [each.remedy for each in lic.warnings],
    }), flush=True)
"""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a run of a program left."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found

    @property
    def error(self) -> dict[str, str]:
        return dict(self.json["error"])

    @property
    def warnings(self) -> list[str]:
        return [each["code"] for each in self.json["warnings"]]


class Application:
    """A product that runs on and on: one process, a witness of its clock, asked again and again."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def __call__(self, clock: str | None = None) -> dict[str, Any]:
        """Set the clock of the process as ``faketime -f`` takes it (``+0``: right) and load the license."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"clock": clock}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the application died"
        found = json.loads(line)
        assert isinstance(found, dict)
        return found


@dataclass(kw_only=True)
class World:
    """One vendor, one site, and the folder with the files that are carried between them."""

    place: Path
    number: str = ""

    @property
    def work(self) -> Path:
        return self.place / "desk"

    @property
    def home(self) -> Path:
        return self.place / "site"

    def environ(self, **more: str) -> dict[str, str]:
        kept = {n: t for n, t in os.environ.items() if not n.startswith(("ACTIVATION_", "FAKETIME", "COLUMNS", "TZ"))}
        return {
            **kept,
            "LANG": "C.UTF-8",
            "PATH": f"{PROGRAMS}{os.pathsep}{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin:/sbin",
            "ACTIVATION_VENDOR_HOME": str(self.place / "vendor"),
            "ACTIVATION_SITE_HOME": str(self.home),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # a wrong wall clock runs beside a right time since boot
            **more,
        }

    def run(
        self,
        program: str,
        *arguments: object,
        code: int | None = 0,
        clock: str | None = None,
        before: tuple[str, ...] = (),
        **env: str,
    ) -> Result:
        """Run ``activation-PROGRAM``; ``code`` is what it must end with, ``None`` for any; ``clock`` as faketime -f."""
        wrong = () if clock is None else ("faketime", "-f", clock)
        done = subprocess.run(
            [*before, *wrong, str(PROGRAMS / f"activation-{program}"), *map(str, arguments)],
            cwd=self.work,
            env=self.environ(**env),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        result = Result(code=done.returncode, out=done.stdout, err=done.stderr)
        assert "Traceback" not in done.stdout + done.stderr, result
        assert code is None or result.code == code, (program, arguments, result)
        return result

    def site(self, *arguments: object, **how: Any) -> Result:  # noqa: ANN401 - handed on to run
        return self.run("site", "--json", *arguments, **how)

    def vendor(self, *arguments: object, **how: Any) -> Result:  # noqa: ANN401 - handed on to run
        return self.run("vendor", "--json", *arguments, **how)

    def doctor(self, name: str, **how: Any) -> dict[str, str]:  # noqa: ANN401 - handed on to run
        """Return one finding of the doctor at the site."""
        checks = self.site("doctor", code=None, **how).json["checks"]
        return next(each for each in checks if each["name"] == name)

    def renew(self, name: str = "again", purpose: str = "request") -> dict[str, Any]:
        """Let the site ask and the vendor sign, both under the right clock, and import; return what the import said."""
        self.site(purpose, "-o", f"{name}.areq")
        self.vendor("sign", f"{name}.areq", "-o", f"{name}.alic")
        return self.site("import", f"{name}.alic").json

    def notes(self) -> dict[str, str]:
        """Return the files that remember time, as text."""
        return {n: (self.home / n).read_text() for n in ("clock", "drift", "boot") if (self.home / n).exists()}

    def copy_to(self, place: Path) -> "World":
        shutil.copytree(self.place, place, symlinks=True)
        return World(place=place, number=self.number)


def _made(place: Path) -> World:
    world = World(place=place)
    world.work.mkdir(parents=True)
    world.vendor("init", "--name", "Inception Technologies", "--no-passphrase")
    for name in ("infinitime.toml", "contact.toml"):
        shutil.copy(ROOT / "samples" / name, world.work)
    world.vendor("product", "load", "infinitime.toml")
    world.vendor("product", "export", "infinitime", "-o", "infinitime.product")
    given = ("--product", "infinitime", "--company", "Northwind", "--email", "maria@northwind.example")
    order = world.vendor("order", "add", *given, "--set", "employees=100").json
    world.vendor("order", "process", order["order"])
    world.number = order["license_number"]
    return world


def first_license(world: World) -> World:
    """Let the site of ``world`` begin, ask, and import its first license."""
    world.site("init", "infinitime.product")
    contact = ("--license-number", world.number, "--contact", ROOT / "samples" / "contact.toml")
    world.site("request", *contact, "-o", "first.areq")
    world.vendor("sign", "first.areq", "-o", "first.alic")
    world.site("import", "first.alic")
    return world


@pytest.fixture(scope="session", autouse=True)
def _root_and_programs() -> None:
    assert os.geteuid() == 0, "these tests mount disks and enter namespaces: run them as root"
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    missing = [package for program, package in PACKAGES.items() if shutil.which(program, path=path) is None]
    assert not missing, f"install the Debian packages {' '.join(missing)}"


@pytest.fixture(scope="session")
def ordered_template(tmp_path_factory: pytest.TempPathFactory) -> World:
    return _made(tmp_path_factory.mktemp("ordered") / "world")


@pytest.fixture(scope="session")
def licensed_template(ordered_template: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    return first_license(ordered_template.copy_to(tmp_path_factory.mktemp("licensed") / "world"))


@pytest.fixture
def ordered(ordered_template: World, tmp_path: Path) -> World:
    """A vendor with a processed order; nothing at the site yet."""
    return ordered_template.copy_to(tmp_path / "world")


@pytest.fixture
def licensed(licensed_template: World, tmp_path: Path) -> World:
    """The site has imported its first license, a moment ago."""
    return licensed_template.copy_to(tmp_path / "world")


@pytest.fixture
def application(licensed: World) -> Iterator[Callable[..., Application]]:
    """Return a function that starts the product of ``licensed``; ``before`` wraps it, more goes to its environment."""
    stack = contextlib.ExitStack()

    def start(*before: str, **env: str) -> Application:
        times = licensed.place / "clock-of-the-application"
        times.write_text("+0\n")
        more = {"FAKETIME_TIMESTAMP_FILE": str(times), "FAKETIME_NO_CACHE": "1", **env}
        # The wrapper puts the library into the environment; the file with the clock counts only without its FAKETIME.
        command = [*before, "faketime", "-f", "+0", "env", "-u", "FAKETIME", sys.executable, "-c", _APPLICATION]
        process = stack.enter_context(
            subprocess.Popen(
                command,
                cwd=licensed.work,
                env=licensed.environ(**more),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        return Application(process)

    with stack:
        yield start


@dataclass(kw_only=True)
class Disk:
    """A file with a file system, attached and mounted where it is told."""

    image: Path
    device: str
    point: Path
    kind: str

    def make(self) -> None:
        """Make the file system (anew): whatever was on it is gone, and its id is another one."""
        run(*MAKE[self.kind][1], self.device)

    def mount(self, *options: str) -> None:
        self.point.mkdir(parents=True, exist_ok=True)
        run("mount", *options, self.device, self.point)

    def unmount(self) -> None:
        run("umount", self.point)


def run(*command: str | Path) -> str:
    """Run a program of the system that must succeed."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    done = subprocess.run(
        [str(each) for each in command],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": path},
        timeout=PATIENCE,
    )
    assert done.returncode == 0, (command, done.stderr)
    return done.stdout.strip()


@pytest.fixture
def system() -> Callable[..., str]:
    """Return the function that runs a program of the system, which must succeed."""
    return run


@pytest.fixture
def new_disk(tmp_path: Path) -> Iterator[Callable[[str, Path], Disk]]:
    """Return a function that makes a disk with a file system of a kind and mounts it; all is taken away in the end."""
    made: list[Disk] = []

    def new(kind: str, point: Path) -> Disk:
        image = tmp_path / f"disk-{len(made)}-{kind}"
        with image.open("wb") as file:
            file.truncate(MAKE[kind][0])
        disk = Disk(image=image, device=run("losetup", "--find", "--show", image), point=point, kind=kind)
        made.append(disk)
        disk.make()
        disk.mount()
        return disk

    try:
        yield new
    finally:
        for disk in reversed(made):
            while os.path.ismount(disk.point):
                run("umount", disk.point)
            run("losetup", "--detach", disk.device)
