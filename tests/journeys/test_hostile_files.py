"""Files that are no files, never end, or are far too large: refused at once, in little memory."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

World = Any
Result = Any
MORE_MEMORY = 64 * 1024
SECONDS = 2.0
COMMANDS = [("site", "import"), ("vendor", "sign"), ("vendor", "review"), ("site", "inspect"), ("vendor", "inspect")]


COSTS: dict[tuple[str, str], Result] = {}


def good_run(world: World, program: str, command: str) -> Result:
    """Return what a good run costs, measured once."""
    if (program, command) in COSTS:
        return COSTS[program, command]
    name = "first.alic" if program == "site" else "first.areq"
    more = {"import": ["--dry-run"], "sign": ["-o", "-"]}.get(command, [])
    COSTS[program, command] = world.run(program, command, name, *more, measured=True)
    return COSTS[program, command]


CONTENTS = {
    "100 MB of text": lambda: b"OA1 LICENSE 17 LINES\n" + b"01 AAAAA\n" * (100_000_000 // 9),
    "32 MB of block lines": lambda: (b"OA1 LICENSE 17 LINES\n" * 1_600_000)[: (32 << 20) - 1],
    "1 MB of blanks": lambda: b" " * 1_000_000 + b"OA1 LICENSE 1 LINES",
    "30 MB of zeros behind our first byte": lambda: b"\xd2\x84" + bytes(30 << 20),
    "nesting": lambda: b"\xd2" + b"\x81" * 16_000,
    "array of 2^40": lambda: b"\xd2\x9b\x00\x00\x01" + bytes(5),
    "many mail parts": lambda: (
        b"From: a@b.c\nTo: b@b.c\nContent-Type: multipart/mixed; boundary=b\n\n"
        + b"--b\nContent-Type: text/plain\n\nOA1 LICENSE 1 LINES\n" * 20_000
    ),
}


def hostile(world: World, kind: str) -> str:
    """Put something hostile into the working directory and return its name."""
    path: Path = world.work / "hostile"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "directory":
        path.mkdir()
    elif kind == "sparse terabyte":
        with path.open("wb") as file:
            file.truncate(1 << 40)
    elif kind == "/dev/zero":
        return kind
    else:
        path.write_bytes(CONTENTS[kind]())
    return str(path)


KINDS = {
    "fifo": {"io.not_a_file"},
    "/dev/zero": {"io.not_a_file"},
    "directory": {"io.not_a_file"},
    "100 MB of text": {"limit.too_large"},
    "sparse terabyte": {"limit.too_large"},
    "32 MB of block lines": {"limit.too_large", "armor.two_documents"},
    "1 MB of blanks": {"armor.no_end", "limit.too_large"},
    "30 MB of zeros behind our first byte": {"limit.too_large"},
    "nesting": {"limit.depth"},
    "array of 2^40": {"encoding.truncated", "limit.count", "limit.too_large"},
    "many mail parts": {"carrier.unreadable", "limit.count", "armor.two_documents", "armor.no_end"},
}


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize(("program", "command"), COMMANDS[:3])
def test_a_hostile_file_costs_little_and_changes_nothing(
    answered: World, program: str, command: str, kind: str
) -> None:
    good = good_run(answered, program, command)
    name = hostile(answered, kind)
    if kind == "directory" and command == "sign":
        return  # a folder of requests is what it may be
    before = answered.state()
    result = answered.run(program, command, name, "--json", code=None, measured=True)
    assert result.code in {1, 3}, result
    assert result.error["code"] in KINDS[kind], result
    assert (result.code == 3) == (result.error["reason"] == "IO"), result
    assert result.memory < good.memory + MORE_MEMORY, (good.memory, result.memory)
    assert result.seconds < SECONDS, result.seconds
    assert answered.state() == before


@pytest.mark.parametrize(("program", "command"), COMMANDS)
def test_endless_standard_input_is_cut_off(answered: World, program: str, command: str) -> None:
    with open("/dev/zero", "rb") as zeros:  # noqa: PTH123 - a device
        begun = time.monotonic()
        done = subprocess.run(
            [*answered.command(program, command, "-", "--json")],
            cwd=answered.work, env=answered.environ(), stdin=zeros, capture_output=True, timeout=20, check=False,
        )  # fmt: skip
    assert done.returncode == 1, done
    assert b"limit.too_large" in done.stdout
    assert time.monotonic() - begun < 10


def test_a_file_that_grows_while_it_is_read_is_refused(answered: World) -> None:
    path = answered.work / "growing"
    path.write_bytes(answered.text("first.alic").encode())
    writer = subprocess.Popen(
        [sys.executable, "-S", "-c", f"f = open({str(path)!r}, 'ab')\nfor _ in range(4000): f.write(b'x' * 65536)"]
    )
    try:
        before = answered.tree(answered.place / "site")
        codes = set()
        while writer.poll() is None:
            result = answered.site("import", "growing", "--dry-run", "--json", code=None, measured=True)
            assert result.seconds < SECONDS
            codes.add("imported" if result.code == 0 else result.error["code"])
        assert codes <= {"imported", "limit.too_large"}, codes
        assert answered.tree(answered.place / "site") == before
    finally:
        writer.kill()
        writer.wait()
    answered.refuses("site", "import", "growing", said="limit.too_large")


def test_a_file_that_may_not_be_read_is_trouble(answered: World) -> None:
    (answered.work / "first.alic").chmod(0)
    without = "-dac_override,-dac_read_search"
    drop = ("setpriv", f"--inh-caps={without}", f"--bounding-set={without}") if os.geteuid() == 0 else ()
    answered.refuses("site", "import", "first.alic", said="io.unreadable", code=3, before=drop)


def test_a_file_that_is_not_there_is_trouble(answered: World) -> None:
    error = answered.refuses("site", "import", "nowhere.alic", said="io.not_found", code=3).error
    assert "nowhere.alic" in error["message"]
    before, entries = answered.state(), answered.audit_entries()
    for command in ("sign", "review", "inspect"):
        result = answered.vendor(command, "nowhere.areq", "--json", code=3)
        assert result.error["code"] == "io.not_found"
    assert (answered.state(), answered.audit_entries()) == (before, entries)


def test_an_endless_product_file_is_refused(ordered: World) -> None:
    for name, said, code in (("/dev/zero", "io.not_a_file", 3), (str(ordered.work), "io.not_a_file", 3)):
        ordered.refuses("site", "init", name, said=said, code=code)
    assert not ordered.site_home.exists()
    for name in ("/dev/zero", str(ordered.work)):
        ordered.refuses("vendor", "product", "load", name, said="io.not_a_file", code=3)
        ordered.refuses("vendor", "order", "import", name, said="io.not_a_file", code=3)
