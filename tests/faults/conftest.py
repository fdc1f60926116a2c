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
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(sys.executable).parent
PATIENCE = 60
MIB = 1 << 20
DAY = 86_400
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
previous = {}
for line in sys.stdin:
    said = json.loads(line)
    if said["clock"] is not None:
        with open(os.environ["FAKETIME_TIMESTAMP_FILE"], "w") as file:
            file.write(said["clock"])
    home = said["home"]
    lic = load_license("infinitime", home=home, witness=True, previous=previous.get(home) if home is None else None)
    previous[home] = lic
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

    def __call__(self, clock: str | None = None, home: Path | None = None) -> dict[str, Any]:
        """Set the clock of the process as ``faketime -f`` takes it (``+0``: right) and load the license.

        Without ``home`` it is the site's own, and the program goes on with what it had when nothing can be read.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"clock": clock, "home": home and str(home)}) + "\n")
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
    clock: str | None = None
    """The clock of every command that names none, as ``faketime -f`` takes it."""

    @property
    def work(self) -> Path:
        return self.place / "desk"

    place_of_site: Path | None = None
    """Where the state directory is, when it is not beside the vendor."""

    @property
    def home(self) -> Path:
        return self.place_of_site or self.place / "site"

    def move_to(self, home: Path) -> None:
        """From now on the state directory is ``home``; its files are moved by whoever moves disks."""
        self.place_of_site = home

    def site_on(self, home: Path) -> None:
        """Begin a site in ``home`` and give it its first license."""
        self.move_to(home)
        first_license(self)

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
        shown = clock if clock is not None else self.clock
        wrong = () if shown is None else ("faketime", "-f", shown)
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


def found_vendor(world: World) -> World:
    """Let the vendor of ``world`` begin, with a processed order."""
    world.work.mkdir(parents=True, exist_ok=True)
    (world.work / "infinitime.product").unlink(missing_ok=True)
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
    return found_vendor(World(place=tmp_path_factory.mktemp("ordered") / "world"))


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


@contextlib.contextmanager
def start_product(world: World, *before: str, **env: str) -> Iterator[Application]:
    """Start the product of ``world``; ``before`` wraps it, ``env`` goes to its environment."""
    times = world.place / "clock-of-the-application"
    times.write_text("+0\n")
    more = {"FAKETIME_TIMESTAMP_FILE": str(times), "FAKETIME_NO_CACHE": "1", **env}
    # The wrapper puts the library into the environment; the file with the clock counts only without its FAKETIME.
    command = [*before, "faketime", "-f", "+0", "env", "-u", "FAKETIME", sys.executable, "-c", _APPLICATION]
    with subprocess.Popen(
        command,
        cwd=world.work,
        env=world.environ(**more),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Application(process)


@pytest.fixture
def application(licensed: World) -> Iterator[Callable[..., Application]]:
    """Return a function that starts the product of ``licensed``; see ``start_product``."""
    with contextlib.ExitStack() as stack:
        yield lambda *before, **env: stack.enter_context(start_product(licensed, *before, **env))


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
        """Unmount and wait until the kernel has let go of the device.

        A program of another test that is in a mount namespace of its own holds every mount until it ends.
        """
        run("umount", self.point)
        for _ in range(200):
            try:
                os.close(os.open(self.device, os.O_RDWR | os.O_EXCL))
            except OSError:
                time.sleep(0.05)
            else:
                return
        message = f"{self.device} is still in use"
        raise AssertionError(message)

    def identify(self, uuid: str) -> None:
        """Give the unmounted file system another id; ``random`` (ext4 only) for any."""
        if self.kind == "ext4":
            run("e2fsck", "-f", "-y", self.device)  # tune2fs wants it freshly checked
        tools = {"ext4": ("tune2fs",), "xfs": ("xfs_admin",), "btrfs": ("btrfstune", "-f")}
        run(*tools[self.kind], "-U", uuid, self.device)


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
def running() -> Callable[..., contextlib.AbstractContextManager[Application]]:
    """Return the function that runs the product of a world; see ``start_product``."""
    return start_product


@pytest.fixture(scope="session")
def system() -> Callable[..., str]:
    """Return the function that runs a program of the system, which must succeed."""
    return run


@contextlib.contextmanager
def disks(place: Path) -> Iterator[Callable[[str, Path], Disk]]:
    """Give a function that makes a disk with a file system of a kind and mounts it; all is taken away in the end."""
    made: list[Disk] = []

    def new(kind: str, point: Path) -> Disk:
        image = place / f"disk-{len(made)}-{kind}"
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


@pytest.fixture
def new_disk(tmp_path: Path) -> Iterator[Callable[[str, Path], Disk]]:
    """Return a function that makes a disk and mounts it; see ``disks``."""
    with disks(tmp_path) as new:
        yield new


@pytest.fixture(scope="module")
def own_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty file system with an id of its own: licenses are bound to that, wherever these tests run."""
    place = tmp_path_factory.mktemp("own-disk")
    with disks(place) as new:
        yield new("ext4", place / "mnt").point


@pytest.fixture(scope="module")
def other_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty ext4 file system: whatever is copied there has changed hardware."""
    place = tmp_path_factory.mktemp("other-disk")
    with disks(place) as new:
        yield new("ext4", place / "mnt").point


@pytest.fixture(scope="module")
def seasoned(ordered_template: World, own_disk: Path) -> World:
    """A site with a past: its first license 92 days ago, a new key of the vendor, the second license 50 days ago,
    a request that waits since 10 days.

    ``site.backup`` beside it is its state directory of 91 days ago.  The times of its files tell the same story.
    """
    world = ordered_template.copy_to(own_disk / "world")
    shutil.rmtree(world.place / "vendor")
    world.clock = "-93d"
    found_vendor(world)
    world.clock = "-92d"
    first_license(world)
    world.clock = "-91d"
    world.site("license")
    shutil.copytree(world.home, world.place / "site.backup")
    (world.place / "site.backup" / "drift").write_text(f"{int(time.time()) - 80 * DAY}\n")
    (world.place / "site.backup" / "boot").write_text("00000000 1700000000 0\n")
    world.clock = "-60d"
    world.vendor("keys", "rotate")
    world.clock = "-50d"
    world.renew()
    world.clock = "-10d"
    world.site("request", "-o", "waiting.areq")
    world.clock = None
    days = {"history.jsonl": 10, "license.cose": 50, "license.kept.cose": 50, "trust.cose": 50}
    date(world.home, days)
    date(world.place / "site.backup", {})
    return world


def date(home: Path, days: dict[str, int]) -> None:
    """Give the files in ``home`` the times that so many days ago would have given them, 92 days where none are named.

    The kernel stamps files by the machine's own clock, which libfaketime does not reach.
    """
    for path in home.iterdir():
        os.utime(path, (time.time() - days.get(path.name, 92) * DAY,) * 2)


@pytest.fixture(scope="module")
def asking(seasoned: World) -> Iterator[Application]:
    """A running product that is asked about one copy of a state directory after the other."""
    with start_product(seasoned) as application:
        yield application
