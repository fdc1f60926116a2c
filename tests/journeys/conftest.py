"""A world seen from outside: a vendor, sites and the files between them, moved by the two programs alone.

Worlds are made once for each test process and copied for each test, because making one takes seconds.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from offline_activation.formats.armor import armor, unarmor
from offline_activation.formats.envelope import open_envelope
from offline_activation.formats.keys import SoftwareSigner, key_id
from offline_activation.formats.license_document import read_license, seal_license
from offline_activation.formats.request import receive_request, seal_request
from offline_activation.formats.value import changed

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(sys.executable).parent
COMPANY = "Northwind Manufacturing"
EMAIL = "maria@northwind.example"
PATIENCE = 60

_AUDIT = ('INSERT INTO "audit"', "INSERT INTO \"counters\" VALUES('audit'")
"""The log and the count of its entries."""

_MEASURE = """
import os, sys
pid = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(pid, 0)
with open(sys.argv[1], "w") as note:
    note.write(f"{usage.ru_maxrss} {usage.ru_utime + usage.ru_stime}")
sys.exit(os.waitstatus_to_exitcode(status))
"""
"""Runs a program from a small process: what a child inherits from a large one would count as its own memory."""

_ASK_LICENSE = """
import json, sys
from offline_activation import load_license
lic = load_license(sys.argv[1])
print(json.dumps({
    "state": lic.state, "days_left": lic.days_left,
    "employees": lic.limit("employees"), "badge_readers": lic.limit("badge_readers"),
    "accruals_plus": lic.allows("accruals_plus"), "telephone_punch": lic.allows("telephone_punch"),
    "problem": lic.problem and {"code": lic.problem.code, "message": lic.problem.message, "remedy": lic.problem.remedy},
}))
"""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a run of a program left."""

    code: int
    stdout: bytes
    stderr: bytes
    memory: int = 0
    """Largest resident set in KiB, when it was measured."""
    seconds: float = 0.0
    """Processor time, when it was measured."""

    @property
    def out(self) -> str:
        return self.stdout.decode()

    @property
    def err(self) -> str:
        return self.stderr.decode()

    @property
    def json(self) -> dict[str, Any]:
        found = json.loads(self.stdout)
        assert isinstance(found, dict)
        return found

    @property
    def error(self) -> dict[str, str]:
        return dict(self.json["error"])


@dataclass(kw_only=True)
class World:
    """One vendor, its sites and a working directory with the files that are carried."""

    place: Path
    number: str = ""
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def work(self) -> Path:
        return self.place / "desk"

    @property
    def vendor_home(self) -> Path:
        return self.place / "vendor"

    @property
    def site_home(self) -> Path:
        return self.place / "site"

    def environ(self, home: str = "site", **more: str) -> dict[str, str]:
        kept = {
            name: text for name, text in os.environ.items() if not name.startswith(("ACTIVATION_", "COLUMNS", "TZ"))
        }
        return {
            **kept,
            "PATH": f"{PROGRAMS}{os.pathsep}{os.environ.get('PATH', '')}",
            "LANG": "C.UTF-8",
            "ACTIVATION_VENDOR_HOME": str(self.vendor_home),
            "ACTIVATION_SITE_HOME": str(self.place / home),
            **self.environment,
            **more,
        }

    def command(self, program: str, *arguments: object) -> list[bytes]:
        return [os.fsencode(str(part)) for part in (PROGRAMS / f"activation-{program}", *arguments)]

    def run(
        self,
        program: str,
        *arguments: object,
        code: int | None = 0,
        stdin: bytes = b"",
        home: str = "site",
        measured: bool = False,
        before: tuple[str, ...] = (),
        **env: str,
    ) -> Result:
        """Run ``activation-PROGRAM``; ``code`` is what it must end with, ``None`` for any; ``before`` wraps it."""
        note = self.place / "measured"
        meter = [sys.executable, "-I", "-S", "-c", _MEASURE, str(note)] if measured else []
        done = subprocess.run(
            [*before, *meter, *self.command(program, *arguments)],
            cwd=self.work,
            env=self.environ(home, **env),
            input=stdin,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        result = Result(code=done.returncode, stdout=done.stdout, stderr=done.stderr)
        shown = f"activation-{program} {' '.join(map(str, arguments))}"
        assert b"Traceback" not in done.stdout + done.stderr, f"{shown}\n{result}"
        assert code is None or result.code == code, f"{shown}\n{result}"
        if measured:
            memory, seconds = note.read_text().split()
            note.unlink()
            result = replace(result, memory=int(memory), seconds=float(seconds))
        return result

    def vendor(self, *arguments: object, **how: Any) -> Result:  # noqa: ANN401 - handed on to run
        return self.run("vendor", *arguments, **how)

    def site(self, *arguments: object, **how: Any) -> Result:  # noqa: ANN401 - handed on to run
        return self.run("site", *arguments, **how)

    def refuses(
        self,
        program: str,
        *arguments: object,
        said: str,
        code: int | tuple[int, ...] = 1,
        **how: Any,  # noqa: ANN401 - handed on to run
    ) -> Result:
        """Run a command that must be refused with the stable code ``said``, as every refusal looks."""
        before, entries = self.state(), self.audit_entries()
        result = self.run(program, "--json", *arguments, code=code if isinstance(code, int) else None, **how)
        assert isinstance(code, int) or result.code in code, result
        error = result.error
        assert error["code"] == said, result
        for sentence in (error["message"], error["remedy"]):
            assert sentence, result
            assert len(sentence) <= 300, sentence
            assert sentence.isprintable(), sentence
        assert self.state() == before, "a refusal changed something"
        expected = 1 if (program == "vendor" and arguments[0] == "sign" and code == 1) else 0
        assert self.audit_entries() - entries == expected, "one audit entry for each refused document"
        return result

    def ask(self, home: str = "site", product: str = "infinitime") -> dict[str, Any]:
        """Ask ``load_license`` in a process of its own, as the application does."""
        done = subprocess.run(
            [sys.executable, "-c", _ASK_LICENSE, product],
            env=self.environ(home),
            cwd=self.work,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        found = json.loads(done.stdout)
        assert isinstance(found, dict)
        return found

    def file(self, name: str, content: bytes | str) -> str:
        """Write a file of the working directory and return its name."""
        (self.work / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return name

    def text(self, name: str) -> str:
        return (self.work / name).read_text(encoding="utf-8")

    def document(self, name: str) -> bytes:
        """Return the signed bytes inside an armored file."""
        return unarmor(self.text(name), source=name).document

    def request(self, name: str, *arguments: object, home: str = "site") -> str:
        """Make a request at a site, the first time with license number and contact; return its file name."""
        self.site("request", "-o", name, *arguments, home=home)
        return name

    def first_request(self, name: str, *arguments: object, home: str, number: str | None = None) -> str:
        contact = ROOT / "samples" / "contact.toml"
        given = ("--license-number", number or self.number, "--contact", contact)
        return self.request(name, *given, *arguments, home=home)

    def order(self, *arguments: object, product: str = "infinitime") -> str:
        """Enter and process an order; return the license number."""
        common = ("--product", product, "--company", COMPANY, "--email", EMAIL)
        added = self.vendor("order", "add", *common, *arguments, "--json").json
        self.vendor("order", "process", added["order"])
        return str(added["license_number"])

    def site_signer(self, home: str = "site") -> SoftwareSigner:
        return SoftwareSigner((self.place / home / "site_key").read_bytes())

    def vendor_signer(self, document: bytes) -> SoftwareSigner:
        """Return the vendor's key that signed ``document``."""
        wanted = open_envelope(document).key_id
        for path in sorted((self.vendor_home / "keys").glob("*.pem")):
            private = load_pem_private_key(path.read_bytes(), None)
            assert isinstance(private, Ed25519PrivateKey)
            signer = SoftwareSigner(private.private_bytes_raw())
            if key_id(signer.public_key) == wanted:
                return signer
        message = "no key of this vendor signed the document"
        raise AssertionError(message)

    def resigned_license(self, name: str, **fields: object) -> bytes:
        """Return the license in a file with other fields, signed by the vendor's own key: a file beyond suspicion."""
        document = self.document(name)
        return seal_license(changed(read_license(open_envelope(document)), **fields), self.vendor_signer(document))

    def resigned_request(self, name: str, home: str = "site", **fields: object) -> bytes:
        """Return the request in a file with other fields, signed by the key of the site in ``home``."""
        signer = self.site_signer(home)
        content = receive_request(self.document(name)).content
        return seal_request(changed(content, **({"site_key": signer.public_key} | fields)), signer)

    def armored(self, name: str, document: bytes, label: Any) -> str:  # noqa: ANN401 - a label of the armor
        return self.file(name, armor(document, label))

    def tree(self, *places: Path) -> dict[str, str]:
        """Return every file below ``places`` with its kind, mode and the hash of its content."""
        return dict(sorted(_entries(places)))

    def state(self) -> dict[str, str]:
        """Return all that a refusal must leave as it is: sites, files, the vendor's keys and its books."""
        return self.tree(self.place) | {"books": self.books()}

    def books(self) -> str:
        """Return the dump of the vendor's database without the audit log."""
        with closing(self._database()) as database:
            lines = [line for line in database.iterdump() if not line.startswith(_AUDIT)]
        return "\n".join(lines)

    def audit_entries(self) -> int:
        with closing(self._database()) as database:
            return int(database.execute("SELECT count(*) FROM audit").fetchone()[0])

    def audit_last(self) -> tuple[str, str]:
        """Return action and details of the last audit entry."""
        with closing(self._database()) as database:
            row = database.execute("SELECT action, details FROM audit ORDER BY number DESC LIMIT 1").fetchone()
        return str(row[0]), str(row[1])

    def _database(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{self.vendor_home / 'vendor.db'}?mode=ro", uri=True)

    def copy_to(self, place: Path) -> "World":
        shutil.copytree(self.place, place, symlinks=True)
        return World(place=place, number=self.number, environment=dict(self.environment))


def _entries(places: tuple[Path, ...]) -> Iterator[tuple[str, str]]:
    for place in places:
        for path in place.rglob("*"):
            if path.name.startswith("vendor.db"):  # compared as a dump
                continue
            status = path.lstat()
            said = f"{stat.filemode(status.st_mode)} {status.st_nlink if path.is_file() else ''}"
            if path.is_symlink():
                said += f" -> {path.readlink()}"
            elif stat.S_ISREG(status.st_mode) and status.st_size < 1 << 27:
                said += f" {hashlib.sha256(path.read_bytes()).hexdigest()}"
            yield str(path.relative_to(place)), said


def _found(world: World, name: str) -> None:
    world.work.mkdir(parents=True)
    world.vendor("init", "--name", name, "--no-passphrase")
    world.vendor("product", "load", ROOT / "samples" / "infinitime.toml")
    world.vendor("product", "export", "infinitime", "-o", "infinitime.product")
    world.number = world.order("--set", "employees=6")


def _ask(world: World) -> None:
    world.site("init", "infinitime.product")
    world.first_request("first.areq", "--qr", "first-request.png", "--sheet", "first-request.html", home="site")


def _answer(world: World) -> None:
    world.vendor("sign", "first.areq", "-o", "first.alic", "--qr", "first.png", "--sheet", "first.html")


def _install(world: World) -> None:
    world.site("import", "first.alic")


def _buy_more(world: World) -> None:
    world.order(
        "--license-number", world.number, "--add", "employees=94", "--set", "badge_readers=4",
        "--option", "accruals_plus",
    )  # fmt: skip
    world.request("second.areq")
    world.vendor("sign", "second.areq", "-o", "second.alic", "--qr", "second.png")


STAGES: dict[str, Callable[[World], None]] = {
    "requested": _ask,
    "answered": _answer,
    "licensed": _install,
    "purchased": _buy_more,
}


class Templates:
    """Worlds at each stage of the story, made when first asked for."""

    def __init__(self, place: Path, vendor: str) -> None:
        self._place = place
        self._made: dict[str, World] = {}
        self._vendor = vendor

    def at(self, stage: str) -> World:
        if stage not in self._made:
            place = self._place / stage
            shutil.rmtree(place, ignore_errors=True)  # what a failed attempt left would hide why it failed
            if stage == "ordered":
                world = World(place=place)
                _found(world, self._vendor)
            else:
                order = ["ordered", *STAGES]
                world = self.at(order[order.index(stage) - 1]).copy_to(place)
                STAGES[stage](world)
            self._made[stage] = world
        return self._made[stage]


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    return Templates(tmp_path_factory.mktemp("templates"), "Inception Technologies")


@pytest.fixture(scope="session")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Another vendor with a site of its own, for its files only."""
    return Templates(tmp_path_factory.mktemp("foreign"), "Other Vendor").at("answered")


@pytest.fixture
def bare(tmp_path: Path) -> World:
    """Nothing yet but a file with a passphrase."""
    world = World(place=tmp_path / "world")
    world.work.mkdir(parents=True)
    world.file("passphrase", "only for this test\n")
    (world.work / "passphrase").chmod(0o600)
    return world


@pytest.fixture
def ordered(templates: Templates, tmp_path: Path) -> World:
    """A vendor with a product and a processed order; nothing at the site yet."""
    return templates.at("ordered").copy_to(tmp_path / "world")


@pytest.fixture
def requested(templates: Templates, tmp_path: Path) -> World:
    """The site has written first.areq, first-request.png and first-request.html."""
    return templates.at("requested").copy_to(tmp_path / "world")


@pytest.fixture
def answered(templates: Templates, tmp_path: Path) -> World:
    """The vendor has signed first.alic, first.png and first.html; nothing is imported."""
    return templates.at("answered").copy_to(tmp_path / "world")


@pytest.fixture
def licensed(templates: Templates, tmp_path: Path) -> World:
    """The site has imported first.alic."""
    return templates.at("licensed").copy_to(tmp_path / "world")


@pytest.fixture
def purchased(templates: Templates, tmp_path: Path) -> World:
    """An additional purchase is signed as second.alic and second.png; the site still has revision 1."""
    return templates.at("purchased").copy_to(tmp_path / "world")
