"""The front door for applications: what is there, how it is typed, and how little it loads."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import offline_activation
from offline_activation import License, load_license
from offline_activation.formats.keys import SoftwareSigner
from offline_activation.formats.license_document import LicenseDocument, seal_license
from offline_activation.formats.names import DocumentId, ProductId, new_license_number, site_id
from offline_activation.formats.product import LimitRule, ProductDocument, seal_product
from offline_activation.formats.trust_list import IssuingKey, TrustList, Use, seal_trust_list
from offline_activation.identity.components import blinded, read_components

NOW = 1_795_500_000
DAY = 86_400

NEVER_AT_START = {
    "argparse",
    "asyncio",
    "click",
    "dataclasses",
    "datetime",
    "hashlib",
    "http",
    "inspect",
    "jinja2",
    "json",
    "logging",
    "pathlib",
    "PIL",
    "platformdirs",
    "qrcode",
    "random",
    "rich",
    "socket",
    "sqlalchemy",
    "sqlite3",
    "ssl",
    "subprocess",
    "tempfile",
    "tomllib",
    "typer",
    "urllib",
    "zxingcpp",
}
OTHER_ROOMS = ("cli", "site", "templating", "transports", "vendor", "web")


@pytest.fixture
def licensed(tmp_path: Path) -> Path:
    """Return the state directory of a licensed site on this machine."""
    root, issuing, site = (SoftwareSigner(bytes([number]) * 32) for number in (1, 2, 3))
    entry = IssuingKey(
        key=issuing.public_key, not_before=0, not_after=2**40, uses=Use.LICENSE | Use.REFUSAL, products=None
    )
    trust = seal_trust_list(TrustList(number=1, vendor="Inception", issued=NOW, keys=(entry,)), root)
    product = ProductDocument(
        product=ProductId("infinitime"),
        name="InfiniTime",
        vendor="Inception",
        root=root.public_key,
        trust=trust,
        limits={"employees": LimitRule(label="Employees", demo=5)},
        options={},
        demo_days=30,
        lease_days=183,
        grace_days=30,
        warn_days=(90,),
        support_email="",
        server="",
        issued=NOW,
    )
    marks = {
        component.name: blinded(component, product="infinitime", site_key=site.public_key)
        for component in read_components(str(tmp_path))
        if component.value is not None
    }
    document = LicenseDocument(
        product=product.product,
        license_number=new_license_number(bytes(12)),
        revision=1,
        issued=NOW,
        request_id=DocumentId(bytes(16)),
        site=site_id(site.public_key),
        components=marks,
        company="Northwind",
        limits={"employees": 150},
        options=("accruals_plus",),
        trust=trust,
    )
    (tmp_path / "product.cose").write_bytes(seal_product(product, root))
    (tmp_path / "site_key.pub").write_text(site.public_key.hex())
    (tmp_path / "license.cose").write_bytes(seal_license(document, issuing))
    return tmp_path


def test_the_front_door_shows_six_names() -> None:
    assert sorted(offline_activation.__all__) == [
        "ActivationError",
        "License",
        "Misuse",
        "Refusal",
        "Trouble",
        "load_license",
    ]
    assert all(getattr(offline_activation, name).__doc__ for name in offline_activation.__all__)


def test_load_license_keeps_its_signature() -> None:
    signature = inspect.signature(load_license)
    shown = {name: (str(p.kind), p.default) for name, p in signature.parameters.items()}
    keyword = str(inspect.Parameter.KEYWORD_ONLY)
    assert shown == {
        "product": (str(inspect.Parameter.POSITIONAL_OR_KEYWORD), inspect.Parameter.empty),
        "root": (keyword, None),
        "home": (keyword, None),
        "now": (keyword, None),
        "strict": (keyword, False),
        "previous": (keyword, None),
        "witness": (keyword, False),
    }
    assert signature.return_annotation is License


def test_a_license_keeps_its_public_names() -> None:
    public = {name for name in dir(License) if not name.startswith("_")}
    assert public >= {
        "allows",
        "company",
        "covers",
        "dates",
        "days_left",
        "fallback",
        "grace",
        "is_usable",
        "issued",
        "kind",
        "label",
        "lease_until",
        "license_number",
        "limit",
        "limits",
        "maintenance_until",
        "near",
        "options",
        "policy",
        "problem",
        "product",
        "require",
        "require_version",
        "revision",
        "stage",
        "state",
        "until",
        "version_ceiling",
        "warnings",
    }
    assert all(getattr(License, name).__doc__ for name in public)


def test_the_three_lines_of_the_readme_work(licensed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTIVATION_SITE_HOME", str(licensed))
    lic = load_license("infinitime", now=NOW)
    assert (lic.state, lic.allows("accruals_plus"), lic.limit("employees"), lic.days_left) == (
        "active",
        True,
        150,
        None,
    )
    lic.require("employees", in_use=120)


APPLICATION = """
from offline_activation import ActivationError, License, Misuse, Refusal, Trouble, load_license

def start(previous: License | None) -> tuple[str, int]:
    lic = load_license("infinitime", home="/var/lib/infinitime", now=0.0, strict=False, previous=previous)
    names: dict[str, int] = lic.limits
    options: tuple[str, ...] = lic.options
    days: int | None = lic.days_left
    flag: bool = lic.allows("accruals_plus")
    try:
        lic.require("employees", in_use=4)
    except Refusal as refusal:
        return refusal.code, len(refusal.remedy)
    except (Trouble, Misuse) as error:
        return error.message, 0
    problem: ActivationError | None = lic.problem
    return (problem.reason if problem else lic.state), sum(names.values()) + len(options) + (days or 0) + flag
"""
WRONG = {
    "load_license(1)": "arg-type",
    'load_license("infinitime", "/home")': "call-arg",
    'load_license("infinitime").limit("employees").code': "attr-defined",
    'load_license("infinitime").require("employees", 4)': "call-arg",
    'load_license("infinitime").problem.code': "union-attr",
}


def test_an_application_is_typed_strictly_and_its_mistakes_are_found(tmp_path: Path) -> None:
    (tmp_path / "application.py").write_text(APPLICATION)
    (tmp_path / "mistaken.py").write_text("from offline_activation import load_license\n" + "\n".join(WRONG))
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir=cache", "--no-error-summary"]
    done = subprocess.run(
        [*command, "application.py", "mistaken.py"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        timeout=300,
    )
    lines = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert all(line.startswith("mistaken.py:") for line in lines), done.stdout
    assert [line.rsplit("[")[-1].rstrip("]") for line in lines] == list(WRONG.values()), done.stdout


START = """
import sys
before = set(sys.modules)
from offline_activation import load_license
lic = load_license("infinitime", home=sys.argv[1], now=float(sys.argv[2]))
print(lic.state)
print("\\n".join(sorted(set(sys.modules) - before)))
"""


@pytest.mark.parametrize("state", ["active", "restored", "not_activated"])
def test_a_start_loads_nothing_but_the_start_up_path(licensed: Path, state: str) -> None:
    if state == "restored":
        (licensed / "license.kept.cose").write_bytes((licensed / "license.cose").read_bytes())
        (licensed / "license.cose").write_bytes(b"")
    if state == "not_activated":
        (licensed / "product.cose").unlink()
    done = subprocess.run(
        [sys.executable, "-c", START, str(licensed), str(NOW)], capture_output=True, text=True, check=True, timeout=60
    )
    found, *loaded = done.stdout.split()
    assert found == ("not_activated" if state == "not_activated" else "active")
    assert "cryptography" in loaded
    assert not NEVER_AT_START.intersection(name.partition(".")[0] for name in loaded)
    rooms = {name.split(".")[1] for name in loaded if name.startswith("offline_activation.")}
    assert not rooms.intersection(OTHER_ROOMS)
