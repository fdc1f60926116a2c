"""The stage of the demo: one temporary directory, and commands that are shown and run in it."""

import os
import re
import shlex
import subprocess
import sys
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


def number_in(output: str) -> str:
    """Return the license number that a command printed."""
    found = re.search(r"\b[0-9A-Z]{5}(?:-[0-9A-Z]{5}){3}\b", output)
    if found is None:
        sys.exit("the demo stops: no license number was printed")
    return found.group()
