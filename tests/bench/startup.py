"""Start-up of a licensed application in a fresh interpreter, against the least that such a check can cost."""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.report import Promise, Section

ROUNDS = 61

FLOOR = """
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
key, signature, message = (open(name, "rb").read() for name in ("key", "signature", "message"))
Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
"""
OURS = """
from offline_activation import load_license
assert load_license("infinitime", home="server").state == "active"
"""
BARE = "pass"


def measure() -> Section:
    """Return CPU seconds (user and system) of the three scripts, run in turn."""
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        _prepare(place)
        _run(OURS, place)  # writes the byte code files, as an installation does
        times: dict[str, list[float]] = {"bare": [], "floor": [], "ours": []}
        for _ in range(ROUNDS):
            for name, script in (("bare", BARE), ("floor", FLOOR), ("ours", OURS)):
                times[name].append(_run(script, place))
    ratios = [ours / floor for ours, floor in zip(times["ours"], times["floor"], strict=True)]
    labels = {
        "bare": "bare interpreter",
        "floor": "floor: read files, one Ed25519 verification",
        "ours": "`load_license` on a licensed site",
    }
    rows = tuple(
        (labels[name], f"{min(found) * 1e3:.1f}", f"{statistics.median(found) * 1e3:.1f}")
        for name, found in times.items()
    )
    return Section(
        title="Start-up of a licensed application",
        method=f"CPU time of a fresh interpreter, {ROUNDS} rounds, the three scripts in turn.",
        heading=("script", "minimum ms", "median ms"),
        rows=rows,
        promises=(Promise(name="start-up, median of the paired ratios", measured=statistics.median(ratios), most=1.5),),
    )


def _run(script: str, place: Path) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([sys.executable, "-c", script], cwd=place, env=environment, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _prepare(place: Path) -> None:
    """Activate a site with the two programs, and leave the files that the floor script reads."""
    root = Path(__file__).parents[2]
    binaries = Path(sys.executable).parent
    environment = os.environ | {
        "ACTIVATION_VENDOR_HOME": "vendor",
        "ACTIVATION_SITE_HOME": "server",
        "ACTIVATION_VENDOR_PASSPHRASE": "bench",
    }

    def run(program: str, *arguments: object) -> str:
        command = [str(binaries / program), *map(str, arguments)]
        outcome = subprocess.run(command, cwd=place, env=environment, check=True, capture_output=True, text=True)
        return outcome.stdout

    run("activation-vendor", "init", "--name", "Bench")
    run("activation-vendor", "product", "load", root / "samples/infinitime.toml")
    run("activation-vendor", "product", "export", "infinitime", "-o", "infinitime.product")
    order = ("order", "add", "--product", "infinitime", "--company", "Bench", "--email", "b@bench.example")
    number = run("activation-vendor", *order, "--set", "employees=10", "--json").split('"license_number": "')[1][:23]
    run("activation-vendor", "order", "process", "--all")
    run("activation-site", "init", "infinitime.product")
    contact = root / "samples/contact.toml"
    run("activation-site", "request", "--license-number", number, "--contact", contact, "-o", "r.areq")
    run("activation-vendor", "sign", "r.areq", "-o", "r.alic")
    run("activation-site", "import", "r.alic")
    _leave_floor_files(place)


def _leave_floor_files(place: Path) -> None:
    from offline_activation.formats.keys import SoftwareSigner  # noqa: PLC0415 - only here

    signer, message = SoftwareSigner(bytes(32)), os.urandom(600)
    (place / "message").write_bytes(message)
    (place / "key").write_bytes(signer.public_key)
    (place / "signature").write_bytes(signer.sign(message))
