"""Sessions as they stand in text files: commands behind ``$``, and word for word what people then see.

``<NAME>`` stands for something that differs from run to run: the first time it is learned, from then on it must be the
same.  ``<...>`` is any rest of a line.  ``[N]`` alone on a line is the exit code when it is not 0.  ``# @stage`` in the
first line names the world in which the session begins.
"""

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

World = Any
TRANSCRIPTS = Path(__file__).parent / "transcripts"
SHAPES = {
    "REFERENCE": r"AR-[0-9A-Z]{4}-[0-9A-Z]{4}",
    "NUMBER": r"[0-9A-Z]{5}(?:-[0-9A-Z]{5}){3}",
    "DATE": r"\d{4}-\d\d-\d\d",
    "TIME": r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC",
    "KEY": r"[0-9a-f]{4}(?: [0-9a-f]{4}){3}",
    "INSTANT": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
    "PATH": r"/\S+",
    "N": r"\d+",
    "VOLUME": r"[0-9a-f-]{8,36}|[0-9A-F-]{8,36}",
    "...": r".*",
}


def pattern_of(line: str, known: dict[str, str]) -> tuple[str, list[str]]:
    """Return a regular expression for a line, and the names that it learns, in order."""
    pattern, learned = "", []
    for piece in re.split(r"(<[A-Z]+\d*>|<\.\.\.>)", line):
        name = piece[1:-1]
        kind = name.rstrip("0123456789")
        if not (piece.startswith("<") and kind in SHAPES):
            pattern += re.escape(piece)
        elif name in known:
            pattern += re.escape(known[name])
        elif kind in {"...", "N", "DATE", "TIME", "INSTANT"} and name == kind:
            pattern += SHAPES[kind]
        else:
            pattern += f"({SHAPES[kind]})"
            learned.append(name)
    return pattern, learned


def sessions(text: str) -> list[tuple[str, list[str], int]]:
    """Return (command, expected lines, exit code) of each step."""
    steps: list[tuple[str, list[str], int]] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            steps.append((line[2:], [], 0))
        elif line.startswith("#"):
            continue
        elif re.fullmatch(r"\[\d\]", line):
            command, lines, _ = steps[-1]
            steps[-1] = (command, lines, int(line[1]))
        else:
            steps[-1][1].append(line)
    return steps


def filled(command: str, known: dict[str, str]) -> str:
    for name, text in known.items():
        command = command.replace(f"<{name}>", text)
    return command


def played(world: World, command: str, known: dict[str, str]) -> tuple[list[str], int]:
    done = subprocess.run(
        shlex.split(filled(command, known)),
        cwd=world.work, env=world.environ(ACTIVATION_SITE_HOME="../site", ACTIVATION_VENDOR_HOME="../vendor"),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False,
    )  # fmt: skip
    return done.stdout.decode().splitlines(), done.returncode


@pytest.mark.parametrize("path", sorted(TRANSCRIPTS.glob("*.txt")), ids=lambda path: path.stem)
def test_the_session_runs_as_written(path: Path, request: pytest.FixtureRequest) -> None:
    text = path.read_text(encoding="utf-8")
    stage = re.match(r"# @(\w+)\n", text)
    assert stage is not None
    world = request.getfixturevalue(stage[1])
    samples = Path(__file__).resolve().parents[2] / "samples"
    (world.work / "samples").symlink_to(samples)
    known: dict[str, str] = {"NUMBER": world.number} if world.number else {}
    for command, expected, code in sessions(text):
        seen, ended = played(world, command, known)
        while expected and not expected[-1]:
            expected.pop()
        assert ended == code, (command, ended, seen)
        assert len(seen) == len(expected), (command, seen)
        for line, wanted in zip(seen, expected, strict=True):
            pattern, learned = pattern_of(wanted, known)
            match = re.fullmatch(pattern, line)
            assert match, f"{command}\nexpected: {wanted}\nseen:     {line}"
            known |= dict(zip(learned, match.groups(), strict=True))
