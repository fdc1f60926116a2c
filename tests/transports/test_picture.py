"""Pictures are opened by a process of their own; whatever happens to it, this process only hears a refusal."""

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from offline_activation.errors import ActivationError, Refusal, Trouble
from offline_activation.formats import frames
from offline_activation.transports import picture, picture_limits, qr

PNG_START = b"\x89PNG\r\n\x1a\n"
PHOTOS = Path(__file__).parent.parent / "data" / "qr-photos"
LIMITS = """
import resource, sys
from offline_activation.transports import picture_child
picture_child._limit_resources()
"""


def code_of(data: bytes) -> str:
    with pytest.raises(ActivationError) as problem:
        picture.read_codes(data, source="photo.png")
    return problem.value.code


def saved(image: Image.Image, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let another program answer instead of the reader, as a reader that was taken over might."""

    interpreter = sys.executable

    def install(body: str) -> None:
        program = tmp_path / "reader"
        program.write_text(f"#!{interpreter}\nimport os, signal, sys, time\n{body}\n")
        program.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(program))

    return install


def test_a_code_is_read_exactly(make_document: Callable[[int], bytes]) -> None:
    for size in (1, 640, 3000):
        document = make_document(size)
        codes = picture.read_codes(qr.write_png(document), source="photo.png")
        assert frames.join(codes) == document


def test_codes_of_others_are_named_as_such_and_ignored_beside_ours(make_document: Callable[[int], bytes]) -> None:
    foreign = (PHOTOS / "109.png").read_bytes()
    assert code_of(foreign) == "picture.foreign_code"
    ours = Image.open(io.BytesIO(qr.write_png(make_document(100)))).convert("RGB")
    other = Image.open(io.BytesIO(foreign)).convert("RGB").resize((600, 600))
    both = Image.new("RGB", (ours.width + 640, max(ours.height, 640)), "white")
    both.paste(ours, (0, 0))
    both.paste(other, (ours.width + 20, 20))
    assert picture.read_codes(saved(both), source="photo.png") == frames.split(make_document(100))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (saved(Image.new("L", (1, 1))), "picture.no_code"),
        (saved(Image.new("L", (500, 500), 255)), "picture.no_code"),
        (saved(Image.new("1", (12_000, 12_000))), "picture.too_large"),
        (PNG_START + bytes(picture_limits.PICTURE_LIMIT), "picture.too_large"),
        (saved(Image.effect_noise((90, 90), 50), "JPEG")[:900], "picture.unreadable"),
        (PNG_START, "picture.unreadable"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "picture.unreadable"),
        (b"%PDF-1.7\n", "picture.unreadable"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "picture.unreadable"),
        (b"", "picture.unreadable"),
    ],
)
def test_every_other_picture_is_refused_with_its_reason(data: bytes, expected: str) -> None:
    assert code_of(data) == expected


def test_a_kind_that_cannot_be_read_is_named() -> None:
    with pytest.raises(Refusal) as problem:
        picture.read_codes(b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", source="IMG_1.heic")
    assert "HEIC" in problem.value.message


@settings(max_examples=15, deadline=None)
@given(st.sampled_from((PNG_START, b"\xff\xd8\xff", b"GIF89a", b"II*\x00")), st.binary(max_size=400))
def test_random_bytes_after_a_known_beginning_are_refused(start: bytes, rest: bytes) -> None:
    assert code_of(start + rest) in {"picture.unreadable", "picture.too_large", "picture.no_code"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", "picture.too_large"),
        ("os.kill(os.getpid(), signal.SIGXCPU)", "picture.too_large"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "picture.reader_failed"),
        ("sys.stdin.buffer.read(); os.abort()", "picture.reader_failed"),
        ("sys.exit(1)", "picture.reader_failed"),
        ("sys.stdin.buffer.read()", "picture.reader_failed"),
        ("sys.stdin.buffer.read(); print('[]')", "picture.reader_failed"),
        ("sys.stdin.buffer.read(); print('[' * 100000)", "picture.reader_failed"),
        ('sys.stdin.buffer.read(); print(\'{"status": "read"}\')', "picture.reader_failed"),
        ('print(\'{"status": "read", "codes": [1], "foreign": 0}\')', "picture.reader_failed"),
        ('print(\'{"status": "read", "codes": ["ff"], "foreign": 0}\')', "picture.reader_failed"),
        ('print(\'{"status": "read", "codes": [\' + \'"",\' * 200 + \'""], "foreign": 0}\')', "picture.reader_failed"),
        ("sys.stdin.buffer.read()\nwhile True: os.write(1, bytes(65536))", "picture.reader_failed"),
    ],
)
def test_a_reader_that_dies_or_lies_is_survived(stand_in: Callable[[str], None], body: str, expected: str) -> None:
    stand_in(body)
    assert code_of(PNG_START + bytes(200_000)) == expected


def test_a_reader_that_never_ends_is_stopped(stand_in: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "WALL_SECONDS", 0.5)
    for body in (
        "time.sleep(100)",
        "while True: os.write(1, bytes(65536))",
        "sys.stdin.buffer.read(); time.sleep(100)",
        "sys.stdout.close(); time.sleep(100)",
    ):
        stand_in(body)
        started = time.monotonic()
        assert code_of(PNG_START + bytes(2_000_000)) == "picture.too_large"
        assert time.monotonic() - started < 5


def test_a_missing_interpreter_is_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    for nothing in ("/nowhere/python", ""):
        monkeypatch.setattr(sys, "executable", nothing)
        with pytest.raises(Trouble) as problem:
            picture.read_codes(PNG_START, source="photo.png")
        assert problem.value.code == "picture.reader_failed"


def test_the_reader_is_told_no_secret(stand_in: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTIVATION_VENDOR_PASSPHRASE", "secret")
    stand_in(
        "import json\nsys.stdin.buffer.read()\n"
        "text = 'OA1:' + ','.join(sorted(os.environ))\n"
        "print(json.dumps({'status': 'read', 'codes': [text.encode().hex()], 'foreign': 0}))"
    )
    (names,) = picture.read_codes(PNG_START, source="photo.png")
    assert "PYTHONPATH" in names
    assert "PASSPHRASE" not in names
    assert "HOME" not in names


def test_a_folder_named_like_a_library_is_not_imported(
    make_document: Callable[[int], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PIL", "zxingcpp", "json"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit(99)")
    monkeypatch.chdir(tmp_path)
    assert picture.read_codes(qr.write_png(make_document(50)), source="photo.png")


@pytest.mark.parametrize(
    ("act", "outcome"),
    [
        (f"bytearray({picture_limits.MEMORY_LIMIT})", "MemoryError"),
        ("open('written', 'wb', buffering=0).write(b'x')", "File too large"),
        ("[open('/dev/null') for _ in range(100)]", "Too many open files"),
    ],
)
def test_the_reader_has_little_memory_no_disk_and_few_files(tmp_path: Path, act: str, outcome: str) -> None:
    command = (sys.executable, "-B", "-c", f"{LIMITS}\n{act}")
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path, env=dict(os.environ))
    assert done.returncode == 1
    assert outcome in done.stderr


def test_the_reader_has_little_processor_time() -> None:
    program = f"{LIMITS}\nprint(resource.getrlimit(resource.RLIMIT_CPU), resource.getrlimit(resource.RLIMIT_CORE))"
    done = subprocess.run((sys.executable, "-c", program), check=True, capture_output=True, text=True)
    assert done.stdout == f"({picture_limits.CPU_SECONDS}, {picture_limits.CPU_SECONDS}) (0, 0)\n"


def test_the_report_is_one_json_object(make_document: Callable[[int], bytes]) -> None:
    command = (sys.executable, "-m", "offline_activation.transports.picture_child")
    done = subprocess.run(command, input=qr.write_png(make_document(10)), check=True, capture_output=True)
    (text,) = frames.split(make_document(10))
    assert json.loads(done.stdout) == {"status": "read", "codes": [text.encode().hex()], "foreign": 0}
    assert done.stderr == b""
