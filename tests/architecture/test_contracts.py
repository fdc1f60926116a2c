"""Every import contract holds, and each one fails when somebody breaks it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

BREAKS = [
    ("layers", "verify/checks.py", "import offline_activation.site.importing"),
    ("layers", "site/importing.py", "import offline_activation.vendor.records"),
    ("layers", "transports/qr.py", "import offline_activation.site.importing"),
    ("layers", "errors/__init__.py", "import offline_activation.files"),
    ("front-door", "__init__.py", "import offline_activation.transports.qr"),
    ("start-up", "verify/installed.py", "import subprocess"),
    ("start-up", "identity/components.py", "import logging"),
    ("formats-are-pure", "formats/request.py", "import os"),
    ("formats-are-pure", "formats/readable.py", "import offline_activation.files"),
    ("checks-are-pure", "verify/checks.py", "import datetime"),
    ("transports-never-look-inside", "transports/recognize.py", "import offline_activation.formats.envelope"),
    ("vendor-rules-are-pure", "vendor/review.py", "import time"),
    ("vendor-rules-are-pure", "vendor/entitlements.py", "import sqlalchemy"),
    ("keys-are-wired-in-two-places", "vendor/issuing.py", "import offline_activation.vendor.keys"),
]


def lint(directory: Path, contract: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    return subprocess.run(
        command + (["--contract", contract] if contract else []),
        cwd=directory,
        env={"PYTHONPATH": str(directory), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_all_contracts_hold() -> None:
    outcome = lint(ROOT)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


@pytest.mark.parametrize(("contract", "place", "line"), BREAKS)
def test_the_contract_fails_when_it_is_broken(contract: str, place: str, line: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "offline_activation", tmp_path / "offline_activation")
    shutil.copy(ROOT / ".importlinter", tmp_path)
    broken = tmp_path / "offline_activation" / place
    broken.write_text(broken.read_text() + f"\n{line}\n")
    outcome = lint(tmp_path, contract)
    assert outcome.returncode == 1, outcome.stdout + outcome.stderr
    assert "BROKEN" in outcome.stdout


def test_every_contract_has_a_break_that_proves_it() -> None:
    named = {
        line.removeprefix("[importlinter:contract:").rstrip("]\n")
        for line in (ROOT / ".importlinter").read_text().splitlines()
        if line.startswith("[importlinter:contract:")
    }
    assert named == {contract for contract, _, _ in BREAKS}
