"""``doctor``: one line for each thing that can be wrong with this installation."""

from dataclasses import asdict
from typing import Final

import typer

from offline_activation.cli import manners
from offline_activation.cli.site_views import home

_WORDS: Final = {"ok": "ok     ", "warning": "warning", "problem": "PROBLEM"}


def register(program: typer.Typer) -> None:
    """Add the command to ``program``."""
    program.command("doctor", epilog="Example: activation-site doctor --json")(_doctor)


def _doctor() -> None:
    """Check directory, keys, license copies, trust list, machine, clock and disk; exit 1 when there is a problem."""
    import time
    from contextlib import suppress
    from pathlib import Path

    from offline_activation.errors import Refusal, Trouble
    from offline_activation.site.directory import StateDirectory
    from offline_activation.site.doctor import examine
    from offline_activation.site.safety import is_there

    place = Path(home())
    with suppress(Trouble):  # a directory that this user may not see is a finding
        if not is_there(place):
            raise Refusal("site.not_initialised", path=place)
    found = list(examine(StateDirectory(Path.cwd() / place), now=int(time.time())))
    problems = sum(each.result == "problem" for each in found)
    lines = []
    for each in found:
        lines.append(f"{_WORDS[each.result]}  {each.name}: {each.message}")
        if each.next_step:
            lines.append(f"         next step: {each.next_step}")
    result = {"checks": [asdict(each) for each in found], "problems": problems}
    manners.emit(result, lines)
    if problems:
        manners.SESSION.exit_code = manners.EXIT_REFUSED
