"""Names that look like options, commands or terminals: a name is a name."""

import os
from pathlib import Path
from typing import Any

import pytest

World = Any
Result = Any
NAMES = {
    "option": b"-rf",
    "long option": b"--help",
    "force": b"--force",
    "semicolon": b"a;touch owned",
    "substitution": b"$(touch owned)`touch owned`",
    "new line": b"a\nb.areq",
    "escape": b"a\x1b[31m.areq",
    "255 bytes": b"n" * 255,
    "not UTF-8": b"\xff\xfe\x80.areq",
    "right-to-left": "a\u202egpj.exe".encode(),
    "blank": b" ",
    "dots": b"...",
    "reference": b"AR-7K4M-92QX",
    "markup": b"<b>{{7*7}}%s{0}.areq",
}


def placed(world: World, folder: Path, name: bytes, content: bytes) -> bytes:
    folder.mkdir(exist_ok=True)
    path = os.path.join(os.fsencode(folder), name)  # noqa: PTH118 - a name that is no text
    with open(path, "wb") as file:  # noqa: PTH123 - as above
        file.write(content)
    assert world.work.is_dir()
    return path


def names_in(folder: Path) -> set[bytes]:
    return {os.fsencode(path.name) for path in folder.iterdir()}


def run(world: World, program: str, *arguments: bytes, code: int | None = 0) -> Result:
    result = world.run(program, *[os.fsdecode(part) for part in arguments], code=code)
    assert not list(world.place.rglob("owned"))
    return result


def test_a_request_under_any_name_is_signed(requested: World) -> None:
    for name in NAMES.values():
        placed(requested, requested.work, name, requested.text("first.areq").encode())
    before = names_in(requested.work)
    arguments = (b"sign", b"-o", b"out/", b"--json", b"--", *NAMES.values())
    done = run(requested, "vendor", *arguments).json["results"]
    assert [each["outcome"] for each in done] == ["signed"] * len(NAMES)
    assert names_in(requested.work) == {*before, b"out"}
    assert len(names_in(requested.work / "out")) == 1
    shown = run(requested, "vendor", b"sign", b"-o", b"out/", b"--", *NAMES.values())
    assert shown.out.replace("\n", "").isprintable()


@pytest.mark.parametrize("kind", list(NAMES))
def test_garbage_under_any_name_is_refused_in_two_printable_lines(answered: World, kind: str) -> None:
    placed(answered, answered.work, NAMES[kind], b"no document")
    for program, command in (("site", b"import"), ("vendor", b"review"))[: 2 if b"." in NAMES[kind] else 1]:
        result = run(answered, program, command, b"--", NAMES[kind], code=1)
        lines = result.err.splitlines()
        assert len(lines) == 2, lines
        assert all(line.isprintable() and len(line) <= 340 for line in lines), lines
    assert run(answered, "site", b"import", b"--json", b"--", NAMES[kind], code=1).error["code"] == "armor.no_block"


def test_a_folder_full_of_odd_names_is_signed_in_one_go(requested: World) -> None:
    folder = requested.work / "inbox"
    for name in NAMES.values():
        placed(requested, folder, name, b"no document")
    placed(requested, folder, b"-good.areq", requested.text("first.areq").encode())
    (folder / "loop").symlink_to(folder)
    (folder / "passwd").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe")
    (folder / "sub").mkdir()
    entries = requested.audit_entries()
    done = run(requested, "vendor", b"sign", b"inbox", b"-o", b"responses/", b"--report", b"r.csv", b"--json", code=1)
    results = done.json["results"]
    assert sum(each["outcome"] == "signed" for each in results) == 1
    assert {each["code"] for each in results if each["outcome"] == "refused"} == {"armor.no_block"}
    refused = sum(each["outcome"] == "refused" for each in results)
    assert refused >= len(NAMES) - 1, "hidden files may be left out"
    assert requested.audit_entries() - entries == refused + 2, "one entry for each, and intent and license of the good"
    assert len(list((requested.work / "responses").iterdir())) == 1
    assert requested.text("r.csv").count("armor.no_block") == refused
    run(requested, "vendor", b"audit", b"export")


@pytest.mark.parametrize("kind", [kind for kind in NAMES if kind != "dots"])
def test_an_output_may_have_any_name(requested: World, kind: str) -> None:
    name = NAMES[kind]
    result = run(requested, "vendor", b"sign", b"first.areq", b"--output=" + name, b"--json", code=None)
    if result.code == 0:
        assert os.path.isfile(os.path.join(os.fsencode(requested.work), name))  # noqa: PTH113, PTH118 - no text
        assert run(requested, "site", b"import", b"--json", b"--", name).json["state"] == "active"
    else:
        assert result.code in {1, 2, 3}, result
        assert result.error["remedy"]


def test_a_name_that_no_system_takes_is_refused(requested: World) -> None:
    for name in ("n" * 256, "n" * 100_000, "a/" * 3000):
        result = requested.site("import", name, "--json", code=3)
        assert result.error["code"].startswith("io."), result
        result = requested.vendor("sign", "first.areq", "-o", name, "--json", code=3)
        assert result.error["code"].startswith("io."), result


def test_a_home_with_an_odd_name_works(requested: World) -> None:
    for name in ("with blank", "-home", "h\u00f6me", "a;b", os.fsdecode(b"\xff\x80")):
        home = str(requested.place / name)
        requested.site("init", "infinitime.product", f"--home={home}")
        assert requested.site("license", "--json", home=name).json["state"] == "demo"
        assert requested.ask(home=name)["state"] == "demo"
