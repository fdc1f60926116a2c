"""The wheel works in an empty environment outside the checkout, and the site half needs nothing of the vendor's."""

import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*command: object, home: Path, expect: int = 0) -> str:
    outcome = subprocess.run(
        [str(part) for part in command],
        cwd=home,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "ACTIVATION_VENDOR_PASSPHRASE": "correct horse",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert outcome.returncode == expect, outcome.stdout + outcome.stderr
    return outcome.stdout + outcome.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", target],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    (built,) = target.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("empty")
    venv.create(place / "env", with_pip=True)
    pip = [place / "env/bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, wheel], check=True, timeout=600)
    return place


def test_the_site_half_runs_without_the_vendors_dependencies(environment: Path) -> None:
    binaries = environment / "env/bin"
    assert run(binaries / "activation-site", "--version", home=environment).startswith("activation-site 0.")
    packages = run(binaries / "python", "-m", "pip", "list", home=environment).lower()
    assert "sqlalchemy" not in packages
    assert "alembic" not in packages
    refused = run(
        binaries / "activation-vendor",
        "init",
        "--name",
        "Test",
        "--home",
        environment / "v",
        home=environment,
        expect=2,
    )
    assert "offline-activation[vendor]" in refused


def test_the_whole_exchange_runs_from_the_wheel(environment: Path, wheel: Path) -> None:
    binaries = environment / "env/bin"
    pip = [binaries / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, f"{wheel}[vendor]"], check=True, timeout=600)
    vendor = [binaries / "activation-vendor", "--home", environment / "vendor"]
    site = [binaries / "activation-site", "--home", environment / "site"]
    run(*vendor, "init", "--name", "Test Vendor", home=environment)
    run(*vendor, "product", "load", ROOT / "samples/infinitime.toml", home=environment)
    run(*vendor, "product", "export", "infinitime", "-o", "infinitime.product", home=environment)
    order = ["order", "add", "--product", "infinitime", "--company", "C", "--email", "a@b.example", "--set"]
    added = run(*vendor, *order, "employees=10", "--json", home=environment)
    number = added.split('"license_number": "')[1].split('"')[0]
    run(*vendor, "order", "process", "--all", home=environment)
    run(*site, "init", "infinitime.product", home=environment)
    contact = ROOT / "samples/contact.toml"
    ask = ["request", "--license-number", number, "--contact", contact, "-o", "a.areq", "--sheet", "a.html"]
    run(*site, *ask, home=environment)
    assert "<svg" in (environment / "a.html").read_text()
    run(*vendor, "sign", "a.areq", "-o", "a.alic", home=environment)
    run(*site, "import", "a.alic", home=environment)
    question = "import sys, offline_activation as o; print(o.load_license('infinitime', home=sys.argv[1]).state)"
    state = run(binaries / "python", "-c", question, environment / "site", home=environment)
    assert state.strip() == "active"
