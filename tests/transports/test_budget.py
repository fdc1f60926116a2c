"""However inputs are packed into each other, one call reads a bounded number of them with bounded memory."""

import base64
import io
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from offline_activation.errors import ActivationError, Refusal
from offline_activation.formats import armor
from offline_activation.transports import budget, qr
from offline_activation.transports.budget import Budget
from offline_activation.transports.recognize import INPUTS, Input, recognize

MIB = 1 << 20
DOCUMENT = b"\xd2\x84" + random.Random(1).randbytes(300)  # noqa: S311 - the same noise each run
PNG_START = b"\x89PNG\r\n\x1a\n"
HEAD = b"From: a@example.org\nSubject: x\nMIME-Version: 1.0\n"
MULTIPART = HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n"


def zipped(*contents: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for number, content in enumerate(contents):
            packed.writestr(str(number), content)
    return out.getvalue()


def mailed(*contents: bytes) -> bytes:
    start = b"--b\nContent-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\n"
    return MULTIPART + b"".join(start + base64.encodebytes(content) for content in contents) + b"--b--\n"


def code_of(*data: bytes) -> str:
    with pytest.raises(ActivationError) as problem:
        recognize(Input(name=f"file {number}", data=each) for number, each in enumerate(data, 1))
    return problem.value.code


@pytest.fixture
def pictures_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Let another program answer that no code was found, and count how often it is asked."""
    program, log = tmp_path / "reader", tmp_path / "log"
    program.write_text(
        f"#!{sys.executable} -IS\nimport sys\nsys.stdin.buffer.read()\nopen({str(log)!r}, 'a').write('x')\n"
        'print(\'{"status": "read", "codes": [], "foreign": 0}\')\n'
    )
    program.chmod(0o755)
    log.touch()
    monkeypatch.setattr(sys, "executable", str(program))
    return lambda: log.stat().st_size


@pytest.mark.parametrize(
    "data",
    [
        mailed(*([PNG_START] * 20)),
        mailed(*([zipped(*([PNG_START] * 16))] * 31)),
        mailed(zipped(*([PNG_START] * 9)), zipped(*([PNG_START] * 9))),
    ],
)
def test_pictures_inside_are_counted_over_the_whole_call(pictures_read: Callable[[], int], data: bytes) -> None:
    with pytest.raises(Refusal) as problem:
        recognize([Input(name="mail", data=data)])
    assert problem.value.code == "limit.count"
    assert pictures_read() == budget.PICTURES_INSIDE


def test_pictures_inside_several_inputs_share_one_budget(pictures_read: Callable[[], int]) -> None:
    assert code_of(*([mailed(*([PNG_START] * 5))] * 10)) == "limit.count"
    assert pictures_read() == budget.PICTURES_INSIDE


def test_as_many_pictures_as_inputs_are_read(pictures_read: Callable[[], int]) -> None:
    assert code_of(*([PNG_START] * INPUTS)) == "picture.no_code"
    assert pictures_read() == INPUTS


def test_too_many_inputs_are_refused_before_any_is_read(pictures_read: Callable[[], int]) -> None:
    with pytest.raises(Refusal):
        recognize([Input(name="x", data=PNG_START)] * (INPUTS + 1))
    assert pictures_read() == 0
    assert code_of(*([PNG_START] * (INPUTS + 1))) == "limit.count"
    assert pictures_read() == INPUTS


def test_more_logos_than_pictures_are_read_do_not_hide_the_document(pictures_read: Callable[[], int]) -> None:
    assert recognize([Input(name="mail", data=mailed(*([PNG_START] * 20), DOCUMENT))]).document == DOCUMENT
    assert pictures_read() == budget.PICTURES_INSIDE


@pytest.mark.parametrize(
    ("take", "times"),
    [
        (lambda left: left.take_input(0), budget.INPUTS),
        (lambda left: left.take_input(MIB), min(budget.INPUTS, budget.GIVEN_MIB)),
        (lambda left: left.take_input(8 * MIB), budget.GIVEN_MIB // 8),
        (lambda left: left.take_piece(0), budget.PIECES),
        (lambda left: left.take_piece(MIB), budget.UNPACKED_MIB),
        (lambda left: left.take_text(MIB), budget.TEXT_MIB),
        (lambda left: left.take_picture(inside=True), budget.PICTURES_INSIDE),
        (lambda left: (left.take_picture(inside=False), left.spend_seconds(10)), budget.PICTURE_SECONDS // 10),
    ],
)
def test_what_is_spent_stays_spent(take: Callable[[Budget], object], times: int) -> None:
    left = Budget()
    for _ in range(times):
        take(left)
    for _ in range(3):
        with pytest.raises(Refusal) as problem:
            take(left)
        assert problem.value.code == "limit.count"


def test_a_picture_may_take_what_is_left() -> None:
    left = Budget()
    assert left.take_picture(inside=False) == budget.PICTURE_SECONDS
    left.spend_seconds(50)
    assert left.take_picture(inside=False) == budget.PICTURE_SECONDS - 50


def test_text_and_pieces_are_counted_over_the_whole_call() -> None:
    text = b"a!" * (MIB // 2 - 100)
    assert code_of(mailed(*([text] * 3))) == "armor.no_block"
    assert code_of(mailed(*([text] * 9))) == "limit.count"
    assert code_of(MULTIPART + (b"--b\nContent-Type: text/html\n\n" + b"<p>" * (MIB // 4) + b"\n") * 9) == "limit.count"
    assert code_of(mailed(*([zipped(*([b"x"] * 16))] * 9))) == "limit.count"
    assert code_of(mailed(*([zipped(bytes(15 * MIB))] * 6))) == "limit.count"


def test_inputs_are_read_one_after_the_other_and_not_kept() -> None:
    taken: list[str] = []

    def inputs() -> Iterator[Input]:
        for name in ("a", "b", "c"):
            taken.append(name)
            yield Input(name=name, data=DOCUMENT if name == "a" else b"\xff" * 100)

    with pytest.raises(Refusal):
        recognize(inputs())
    assert taken == ["a", "b"]
    one = recognize(Input(name=name, data=armor.armor(DOCUMENT, "REQUEST").encode()) for name in ("a.areq",))
    assert (one.document, one.name) == (DOCUMENT, "a.areq")
    assert recognize(iter((Input(name="a.png", data=qr.write_png(DOCUMENT)),))).document == DOCUMENT


def test_what_reading_an_input_raises_passes_through() -> None:
    def inputs() -> Iterator[Input]:
        yield Input(name="a", data=DOCUMENT)
        raise Refusal("limit.too_large", source="b", limit="32 MiB")

    with pytest.raises(Refusal) as problem:
        recognize(inputs())
    assert problem.value.code == "limit.too_large"


MEMORY = """
import resource, sys
from pathlib import Path
from offline_activation.errors import ActivationError
from offline_activation.transports.recognize import Input, recognize

path, more = Path(sys.argv[1]), int(sys.argv[2])
times = int(sys.argv[3])

def inputs():
    for number in range(times):
        yield Input(name="given", data=first if number == 0 else path.read_bytes())

first = path.read_bytes()
pages = int(Path("/proc/self/statm").read_text().split()[0])
most = pages * resource.getpagesize() + more
resource.setrlimit(resource.RLIMIT_AS, (most, most))
try:
    recognize(inputs())
except ActivationError as problem:
    print(problem.code)
"""
MORE = 64 * MIB
"""The memory that no input may exceed, beside its own bytes."""


def lines_of_quoted_printable() -> bytes:
    return HEAD + b"Content-Type: a/b\nContent-Transfer-Encoding: quoted-printable\n\n" + b"=41\n" * (7 * MIB)


@pytest.mark.parametrize(
    ("make", "times", "expected"),
    [
        (lambda: HEAD + b"\n" * (31 * MIB), 1, "limit.too_large"),
        (lambda: MULTIPART + b"--b\n\n" + b"a\n" * (15 * MIB), 1, "limit.too_large"),
        (lambda: MULTIPART + b"--bb" * (7 * MIB), 1, "limit.too_large"),
        (lines_of_quoted_printable, 1, "limit.too_large"),
        (lambda: mailed(*([random.Random(1).randbytes(11 * MIB)] * 2)), 1, "limit.too_large"),  # noqa: S311 - noise
        (lambda: mailed(zipped(random.Random(1).randbytes(15 * MIB))), 1, "limit.too_large"),  # noqa: S311 - noise
        (lambda: mailed(*([zipped(bytes(15 * MIB))] * 31)), 1, "limit.count"),
        (lambda: (HEAD.decode() + "\n" + "\U0001f600" * (2 * MIB - 100)).encode("utf-16"), 1, "limit.too_large"),
        (lambda: bytes(32 * MIB), 24, "limit.too_large"),
        (lambda: PNG_START[:4] + bytes(32 * MIB - 4), 24, "limit.too_large"),
        (lambda: b"\xd2" * (32 * MIB), 24, "limit.too_large"),
    ],
)
def test_no_input_needs_more_memory_than_promised(
    tmp_path: Path, make: Callable[[], bytes], times: int, expected: str
) -> None:
    given = tmp_path / "given"
    given.write_bytes(make())
    command = (sys.executable, "-B", "-c", MEMORY, str(given), str(MORE), str(times))
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == (f"{expected}\n", "")
