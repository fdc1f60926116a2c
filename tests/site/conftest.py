"""A small vendor and a real state directory: the customer's half is tested against documents, not against our vendor.

The keys are TEST KEYS that everybody can read here.
"""

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from offline_activation.cli import manners
from offline_activation.cli.site import program
from offline_activation.formats.keys import KeyId, SoftwareSigner, key_id
from offline_activation.formats.license_document import LicenseDocument, seal_license
from offline_activation.formats.names import LicenseNumber, ProductId, new_license_number, show_license_number, site_id
from offline_activation.formats.product import LimitRule, OptionRule, ProductDocument, seal_product
from offline_activation.formats.receipt import ReceiptDocument, seal_receipt
from offline_activation.formats.refusal import RefusalDocument, seal_refusal
from offline_activation.formats.request import receive_request
from offline_activation.formats.trust_list import IssuingKey, TrustList, Use, seal_trust_list
from offline_activation.formats.value import changed
from offline_activation.identity.components import blinded, read_components
from offline_activation.verify.installed import load_license

DAY = 86_400
CONTACT = (
    *("--first-name", "Maria", "--last-name", "Hernandez", "--company", "Northwind", "--address1", "1250 Parkway"),
    *("--city", "Sacramento", "--state", "California", "--zip", "95814", "--phone", "5550142"),
    *("--email", "maria@northwind.example"),
)


@dataclass(kw_only=True)
class Vendor:
    """Signs what a test asks for; each license has the next revision."""

    now: int
    number: LicenseNumber = field(default_factory=lambda: new_license_number(bytes(range(1, 13))))
    root: SoftwareSigner = field(default_factory=lambda: SoftwareSigner(bytes([1]) * 32))
    issuing: SoftwareSigner = field(default_factory=lambda: SoftwareSigner(bytes([3]) * 32))
    trust_number: int = 1
    former: tuple[SoftwareSigner, ...] = ()
    revoked: tuple[bytes, ...] = ()
    revision: int = 0

    @property
    def shown_number(self) -> str:
        return show_license_number(self.number)

    @property
    def other_number(self) -> str:
        return show_license_number(new_license_number(bytes(range(2, 14))))

    def next_key(self, seed: bytes) -> None:
        """Revoke the issuing key and go on with a new one, under the next trust list."""
        self.former += (self.issuing,)
        self.revoked += (key_id(self.issuing.public_key),)
        self.issuing = SoftwareSigner(seed)
        self.trust_number += 1

    def trust_list(self, *, number: int | None = None) -> bytes:
        keys = tuple(
            IssuingKey(
                key=signer.public_key,
                not_before=self.now - 4000 * DAY,
                not_after=self.now + 4000 * DAY,
                uses=Use.LICENSE | Use.REFUSAL | Use.RECEIPT,
                products=None,
            )
            for signer in (self.issuing, *self.former)
        )
        trust = TrustList(
            number=number or self.trust_number,
            vendor="Inception Technologies",
            issued=self.now - 4000 * DAY,
            keys=keys,
            revoked=tuple(KeyId(kid) for kid in self.revoked),
        )
        return seal_trust_list(trust, self.root)

    def product(self) -> bytes:
        return seal_product(
            ProductDocument(
                product=ProductId("infinitime"),
                name="InfiniTime",
                vendor="Inception Technologies",
                root=self.root.public_key,
                trust=self.trust_list(),
                limits={
                    "badge_readers": LimitRule(label="Badge readers", demo=0),
                    "biometric_readers": LimitRule(label="Biometric readers", demo=0),
                    "employees": LimitRule(label="Employees", demo=5),
                },
                options={
                    "accruals_plus": OptionRule(label="Accruals Plus", demo=False),
                    "telephone_punch": OptionRule(label="Telephone Punch Module", demo=False),
                },
                demo_days=30,
                lease_days=183,
                grace_days=30,
                warn_days=(90, 30, 14, 7, 1),
                support_email="support@inception.example",
                server="https://activation.inception.example",
                issued=self.now - 4000 * DAY,
            ),
            self.root,
        )

    def answer(self, request: bytes, home: Path, **fields: object) -> bytes:
        """Return a license that answers ``request``; ``fields`` of the license are replaced."""
        received = receive_request(request)
        asked = received.content
        self.revision += 1
        volume = read_components(str(home))[0]
        document = LicenseDocument(
            product=asked.product,
            license_number=asked.license_number,
            revision=self.revision,
            issued=self.now,
            request_id=received.request_id,
            site=site_id(asked.site_key),
            components={
                "volume_id": blinded(volume, product=asked.product, site_key=asked.site_key),
                **asked.components,
            },
            company=asked.contact.company,
            limits={"badge_readers": 8, "biometric_readers": 4, "employees": 150},
            options=("accruals_plus",),
            trust=self.trust_list(),
            lease_until=self.now + 183 * DAY,
            grace_days=30,
        )
        return seal_license(changed(document, **fields), self.issuing)

    def refuse(self, request: bytes, **fields: object) -> bytes:
        received = receive_request(request)
        document = RefusalDocument(
            product=received.content.product,
            code="policy.license_bound",
            message="The license number is already used by another server.",
            remedy="Ask the vendor for a transfer.",
            issued=self.now,
            request_id=received.request_id,
            site=site_id(received.content.site_key),
            trust=self.trust_list(),
        )
        return seal_refusal(changed(document, **fields), self.issuing)

    def receipt(self, request: bytes, **fields: object) -> bytes:
        received = receive_request(request)
        asked = received.content
        document = ReceiptDocument(
            product=asked.product,
            license_number=asked.license_number,
            revision=asked.revision,
            issued=self.now,
            request_id=received.request_id,
            site=site_id(asked.site_key),
            trust=self.trust_list(),
        )
        return seal_receipt(changed(document, **fields), self.issuing)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a run of the program left: exit code and both streams."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found

    @property
    def error(self) -> str:
        return str(self.json["error"]["code"])


Run = Callable[..., Outcome]


@dataclass(kw_only=True)
class Site:
    """One installation in a temporary directory, and the program that works on it."""

    home: Path
    work: Path
    vendor: Vendor
    run: Run
    contact: tuple[str, ...] = CONTACT

    def __call__(self, *arguments: object) -> Outcome:
        return self.run(*arguments, "--home", self.home)

    def json(self, *arguments: object, code: int = 0) -> dict[str, Any]:
        outcome = self("--json", *arguments)
        assert outcome.code == code, outcome
        return outcome.json

    def request(self, *more: object) -> tuple[str, bytes]:
        """Make a request; returns its reference and document."""
        made = self.json(
            "request", "--license-number", self.vendor.shown_number, *self.contact, "-o", self.fresh("areq"), *more
        )
        return made["reference"], (self.home / "requests" / f"{made['reference']}.cose").read_bytes()

    def fresh(self, suffix: str) -> Path:
        return self.work / f"{len(list(self.work.iterdir()))}.{suffix}"

    def file(self, document: bytes) -> Path:
        path = self.fresh("cose")
        path.write_bytes(document)
        return path

    def licensed(self, **fields: object) -> bytes:
        """Ask, get a license and import it; returns the license."""
        _, request = self.request()
        document = self.vendor.answer(request, self.home, **fields)
        self.json("import", self.file(document))
        return document

    def ask(self, command: str, *more: object) -> bytes:
        """Make a request with a command; returns its document."""
        made = self.json(command, "-o", self.fresh("areq"), *more)
        return (self.home / "requests" / f"{made['reference']}.cose").read_bytes()

    def now_is(self) -> str:
        """Return the state that the application would see."""
        return load_license("infinitime", home=self.home).state

    def on_another_machine(self, **fields: object) -> bytes:
        """Put a license in force that is bound to other hardware, as if the server had been replaced; returns it."""
        _, request = self.request()
        document = self.vendor.answer(request, self.home, components={"volume_id": b"olddisk!"}, **fields)
        for name in ("license.cose", "license.kept.cose"):
            (self.home / name).write_bytes(document)
        return document

    def state(self) -> str:
        """Return a hash over names, modes and content of the whole state directory."""
        found = hashlib.sha256()
        for path in sorted(self.home.rglob("*")):
            found.update(f"{path.relative_to(self.home)} {path.lstat().st_mode:o}\n".encode())
            if path.is_file() and not path.is_symlink():
                found.update(path.read_bytes())
        return found.hexdigest()


@pytest.fixture
def vendor() -> Vendor:
    return Vendor(now=int(time.time()) - 60)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return the program, run inside this process by the same door as the console script."""
    monkeypatch.delenv("ACTIVATION_SITE_HOME", raising=False)

    def run(*arguments: object) -> Outcome:
        capsys.readouterr()
        code = manners.run(program(), [str(each) for each in arguments])
        captured = capsys.readouterr()
        return Outcome(code=code, out=captured.out, err=captured.err)

    return run


@pytest.fixture
def spawn() -> Run:
    """Return the program as a process of its own."""

    def spawn(*arguments: object, before: tuple[str, ...] = ()) -> Outcome:
        done = subprocess.run(
            [*before, sys.executable, "-m", "offline_activation.cli.site", *map(str, arguments)],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return Outcome(code=done.returncode, out=done.stdout, err=done.stderr)

    return spawn


@pytest.fixture
def new_site(tmp_path: Path, vendor: Vendor, run: Run, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Return a site that is not yet initialised; the work directory is where its commands run."""
    work = tmp_path / "work"
    work.mkdir()
    (work / "0.product").write_bytes(vendor.product())
    monkeypatch.chdir(work)
    return Site(home=tmp_path / "home", work=work, vendor=vendor, run=run)


@pytest.fixture
def other_site(tmp_path: Path, vendor: Vendor, run: Run, site: Site) -> Site:
    """Return a second initialised site of the same vendor, on this machine."""
    other = Site(home=tmp_path / "other", work=site.work, vendor=vendor, run=run)
    other.json("init", site.work / "0.product")
    return other


@pytest.fixture
def site(new_site: Site) -> Site:
    """Return an initialised site."""
    new_site.json("init", new_site.work / "0.product")
    return new_site
