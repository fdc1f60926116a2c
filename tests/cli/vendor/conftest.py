"""The program ``activation-vendor`` as a person at a shell meets it, and a site that sends requests."""

# ruff: noqa: ANN401 - results are JSON, and requests are varied by field name

import io
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from offline_activation.cli import manners, vendor_wiring
from offline_activation.cli.vendor import PROGRAM
from offline_activation.formats.contact import Contact
from offline_activation.formats.keys import SoftwareSigner
from offline_activation.formats.names import ProductId, read_license_number
from offline_activation.formats.readable import compose
from offline_activation.formats.request import ActivationRequest, Purpose, seal_request
from offline_activation.formats.value import changed
from offline_activation.vendor.store.opening import open_sqlite

SAMPLES = Path(__file__).parents[3] / "samples"
CONTACT = Contact(
    first_name="Maria",
    last_name="Hernandez",
    company="Northwind",
    address1="1250 Industrial Parkway",
    city="Sacramento",
    state="California",
    zip="95814",
    phone="+1 916 555 0142",
    email="maria@northwind.example",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON object on standard output."""
        return json.loads(self.out)


class Shell:
    """Runs commands in this process, in the current directory."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.capsys = capsys
        self.monkeypatch = monkeypatch

    def __call__(self, *arguments: str, stdin: bytes = b"") -> Result:
        self.capsys.readouterr()
        self.monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = manners.run(PROGRAM, arguments, anywhere=vendor_wiring.ANYWHERE)
        captured = self.capsys.readouterr()
        assert "Traceback" not in captured.err
        return Result(code=code, out=captured.out, err=captured.err)

    def json(self, *arguments: str, code: int = 0, stdin: bytes = b"") -> Any:
        result = self(*arguments, "--json", stdin=stdin)
        assert (result.code, result.err if code == 0 else "") == (code, result.err if code == 0 else "")
        return result.json

    def sold(self, *lines: str) -> str:
        """Enter and process an order; return the license number."""
        given = lines or ("--set", "employees=100", "--option", "accruals_plus")
        order = self.json(
            *("order", "add", "--product", "infinitime", "--company", "Northwind", "--email", "it@northwind.example"),
            *given,
        )
        self.json("order", "process", order["order"])
        return str(order["license_number"])


@pytest.fixture(scope="session")
def template_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the home of a vendor with unencrypted keys and a product, to be copied."""
    home = tmp_path_factory.mktemp("template") / "vendor"
    for arguments in (
        ["init", "--name", "Inception Technologies", "--no-passphrase"],
        ["product", "load", str(SAMPLES / "infinitime.toml")],
    ):
        assert manners.run(PROGRAM, [*arguments, "--home", str(home)], anywhere=vendor_wiring.ANYWHERE) == 0
    return home


@pytest.fixture
def bare(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Shell:
    """Return a shell in an empty directory, the home of the vendor not yet made."""
    for name in (vendor_wiring.DATABASE_VARIABLE, vendor_wiring.PASSPHRASE_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(vendor_wiring.HOME_VARIABLE, str(tmp_path / "vendor"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return Shell(capsys, monkeypatch)


@pytest.fixture
def vendor(bare: Shell, template_home: Path, tmp_path: Path) -> Shell:
    """Return a shell with a vendor that has the product of samples/infinitime.toml."""
    shutil.copytree(template_home, tmp_path / "vendor")
    return bare


@pytest.fixture
def request_of() -> Callable[..., bytes]:
    """Return a function that makes the document of a request: of a license number, a test key, and other fields."""

    def request_of(license_number: str, *, key: int = 2, **other: Any) -> bytes:
        signer = SoftwareSigner(bytes([key]) * 32)
        content = ActivationRequest(
            purpose=Purpose.ACTIVATE,
            product=ProductId("infinitime"),
            license_number=read_license_number(license_number),
            created=1_795_498_206,
            nonce=bytes(16),
            site_key=signer.public_key,
            counter=1,
            volume_id="2f1c1d5e-8f2b-4c59-9f4e-6a51c4bb0c11",
            volume_source="ioctl:FS_IOC_GETFSUUID ext4",
            components={"machine_id": b"machine1"},
            contact=CONTACT,
            zone="America/Los_Angeles",
        )
        return seal_request(changed(content, **other), signer)

    return request_of


@pytest.fixture
def areq(request_of: Callable[..., bytes]) -> Callable[..., str]:
    """Return a function that writes a request file and returns its name."""

    def areq(name: str, license_number: str, **other: Any) -> str:
        Path(name).write_text(compose(request_of(license_number, **other)))
        return name

    return areq


@pytest.fixture
def dump(tmp_path: Path) -> Callable[[], tuple[dict[str, Any], list[str]]]:
    """Return a function that returns everything in the books but the audit log, and the actions in the audit log."""

    def dump() -> tuple[dict[str, Any], list[str]]:
        store = open_sqlite(str(tmp_path / "vendor" / "vendor.db"), create=False)
        with store.read() as work:
            licenses = list(work.licenses())
            books = {
                "orders": list(work.orders()),
                "licenses": licenses,
                "intents": [list(work.intents(record.license_number)) for record in licenses],
                "waiting": list(work.waiting_requests()),
                "mails": list(work.outbox()),
            }
            actions = [entry.action for entry in work.audit()]
        store.close()
        return books, actions

    return dump


@pytest.fixture
def no_leftovers(tmp_path: Path) -> Iterator[Path]:
    """Check at the end that nothing but the working directory is there."""
    yield tmp_path
    assert [path.name for path in tmp_path.iterdir()] == ["work"]
