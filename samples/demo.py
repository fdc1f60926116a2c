"""The whole exchange, played in front of you: ``make demo``.

Every step is the command a person would type, and its real output.  Everything happens in a temporary directory of its
own; there is no network and no root.  Exit code 0 means that each step ended as it should.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BINARIES = Path(sys.executable).parent
BOLD, DIM, RESET = (
    ("\033[1m", "\033[2m", "\033[0m") if sys.stdout.isatty() and "NO_COLOR" not in os.environ else ("",) * 3
)


class Stage:
    """One temporary directory, and the people who type commands in it."""

    def __init__(self, place: Path) -> None:
        """Set up the environment of both programs below ``place``."""
        self.place = place
        (place / "samples").symlink_to(ROOT / "samples")
        self.environment = os.environ | {
            "PATH": f"{BINARIES}{os.pathsep}{os.environ.get('PATH', '')}",
            "ACTIVATION_VENDOR_HOME": "vendor",
            "ACTIVATION_SITE_HOME": "server",
            "ACTIVATION_VENDOR_PASSPHRASE": "only for this demo",
            "NO_COLOR": "1",
        }

    def act(self, title: str) -> None:
        """Announce what comes next."""
        print(f"\n{BOLD}{title}{RESET}")

    def run(self, command: str, *, expect: int = 0, **environment: str) -> str:
        """Show and run one command; stop the demo when it does not end with ``expect``."""
        shown = " ".join(f"{name}={value}" for name, value in environment.items())
        print(f"{DIM}${RESET} {shown + ' ' if shown else ''}{command}", flush=True)
        outcome = subprocess.run(  # noqa: S603 - the commands of this demo
            shlex.split(command),
            cwd=self.place,
            env=self.environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        print("".join(f"  {line}\n" for line in outcome.stdout.splitlines()), end="")
        if outcome.returncode != expect:
            sys.exit(f"the demo stops: exit code {outcome.returncode} instead of {expect}")
        return outcome.stdout

    def write(self, name: str, text: str) -> None:
        """Write a file of the story."""
        (self.place / name).write_text(text)


def vendor_prepares(stage: Stage) -> str:
    """Create the vendor, its product and an order; return the license number."""
    stage.act("1. The vendor creates its keys, loads the product and enters an order")
    stage.run('activation-vendor init --name "Inception Technologies"')
    stage.run("activation-vendor product load samples/infinitime.toml")
    stage.run("activation-vendor product export infinitime -o infinitime.product")
    added = stage.run(
        'activation-vendor order add --product infinitime --company "Northwind Manufacturing" '
        "--email maria@northwind.example --set employees=6 --po PO-7781"
    )
    stage.run("activation-vendor order process --all")
    return number_in(added)


def number_in(output: str) -> str:
    """Return the license number that a command printed."""
    found = re.search(r"\b[0-9A-Z]{5}(?:-[0-9A-Z]{5}){3}\b", output)
    if found is None:
        sys.exit("the demo stops: no license number was printed")
    return found.group()


def site_requests(stage: Stage, number: str) -> None:
    """Start the server in demo mode and write the request as file, QR picture and sheet."""
    stage.act("2. The air-gapped server starts in demo mode and writes a signed request")
    stage.run("activation-site init infinitime.product")
    stage.run("python samples/timeclock.py")
    stage.run("activation-site tech-info")
    stage.run(
        f"activation-site request --license-number {number.lower()} --contact samples/contact.toml "
        "-o request.areq --qr request.png --sheet request.html"
    )
    stage.run("activation-site pending")


def vendor_signs(stage: Stage) -> None:
    """Review the request from the picture, sign it from the picture and from the file: the same license."""
    stage.act("3. The vendor reads the photo of the QR code, reviews and signs")
    stage.run("activation-vendor inspect request.png")
    stage.run("activation-vendor review request.png")
    stage.run("activation-vendor sign request.png -o license.alic --qr license.png")
    stage.run("activation-vendor sign request.areq -o again.alic")
    stage.run("cmp license.alic again.alic")


def damage_is_named(stage: Stage) -> None:
    """Damage one character of the license text, and try the license on another machine."""
    stage.act("4. Damage on the way is named, and another server is refused")
    text = (stage.place / "license.alic").read_text()
    line = next(line for line in text.splitlines() if line.startswith("07 "))
    wrong = line[:3] + ("A" if line[3] != "A" else "B") + line[4:]
    stage.write("damaged.txt", text.replace(line, wrong))
    stage.run("activation-site import damaged.txt", expect=1)
    stage.run("activation-site init infinitime.product", ACTIVATION_SITE_HOME="other-server")
    stage.run("activation-site import license.alic", expect=1, ACTIVATION_SITE_HOME="other-server")


def site_imports(stage: Stage) -> None:
    """Look at the difference, import the license from the QR picture, start the application."""
    stage.act("5. The server imports the license (here: from the QR picture) and is licensed")
    stage.run("activation-site import license.png --dry-run")
    stage.run("activation-site import license.png")
    stage.run("activation-site import license.alic")
    stage.run("activation-site license")
    stage.run("python samples/timeclock.py")


def additional_purchase(stage: Stage, number: str) -> None:
    """Buy more employees, readers and Accruals Plus; the same steps bring them in."""
    stage.act("6. An additional purchase goes the same way")
    stage.run(
        f"activation-vendor order add --product infinitime --license-number {number} "
        '--company "Northwind Manufacturing" --email maria@northwind.example '
        "--add employees=94 --set badge_readers=4 --option accruals_plus --po PO-7902"
    )
    stage.run("activation-vendor order process --all")
    stage.run("activation-site request -o update.areq")
    stage.run("activation-vendor sign update.areq -o update.alic")
    stage.run("activation-site import update.alic")
    stage.run("activation-site license")
    stage.run("activation-site check --option accruals_plus --use employees=100")
    stage.run("python samples/timeclock.py")


def main() -> None:
    """Play all acts and end with a license in force."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="activation-demo-") as place:
        stage = Stage(Path(place))
        number = vendor_prepares(stage)
        site_requests(stage, number)
        vendor_signs(stage)
        damage_is_named(stage)
        site_imports(stage)
        additional_purchase(stage, number)
    print(
        f"\n{BOLD}Done: a license is in force, and every step ended as it should "
        f"({time.monotonic() - begun:.0f} s).{RESET}"
    )


if __name__ == "__main__":
    main()
