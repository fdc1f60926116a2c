"""The sample application: it names the root key whose licenses count."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

Site = Any
TIMECLOCK = Path(__file__).parents[2] / "samples" / "timeclock.py"


@pytest.mark.parametrize(
    ("root", "said"),
    [
        ("own", "TimeClock starts: active"),
        (None, "TimeClock starts: active"),
        ("ab" * 32, "trusts another root key"),
        ("ab" * 8, "64 hexadecimal digits"),
    ],
)
def test_only_licenses_under_the_named_root_key_count(site: Site, root: str | None, said: str) -> None:
    site.licensed()
    key = bytes(site.vendor.root.public_key).hex() if root == "own" else root
    given = [] if key is None else ["--root", key]
    ran = subprocess.run(
        [sys.executable, TIMECLOCK, "--home", site.home, *given], capture_output=True, text=True, check=True, timeout=60
    )
    assert said in ran.stdout
    assert ("employees at work: 8" in ran.stdout) == ("active" in said)
