"""Reading QR codes of pictures: each picture is opened by a process of its own, which may die without harm."""

import json
import math
import os
import signal
import subprocess
import sys
import threading
from typing import Final

from offline_activation.errors import Refusal, Trouble
from offline_activation.transports.picture_kind import READABLE, kind_of
from offline_activation.transports.picture_limits import (
    CODES,
    MEGAPIXELS,
    PICTURE_LIMIT,
    REPORT_LIMIT,
    WALL_SECONDS,
)

_CHILD: Final = "offline_activation.transports.picture_child"
_PASSED_ON: Final = frozenset({"PATH", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"})
_OUT_OF_LIMITS: Final = frozenset(
    -getattr(signal, name) for name in ("SIGKILL", "SIGXCPU") if getattr(signal, name, None) is not None
)


def read_codes(picture: bytes, *, source: str, seconds: float = math.inf) -> tuple[str, ...]:
    """Return the texts of all QR codes of this product in ``picture``, each once; codes of others are ignored.

    Reading ends after ``seconds`` or ``WALL_SECONDS``, whichever is less.
    Raises ``Refusal`` with ``picture.unreadable``, ``picture.too_large``, ``picture.no_code`` or
    ``picture.foreign_code``, and ``Trouble("picture.reader_failed")`` when the reading process broke down.
    """
    kind = kind_of(picture)
    if kind not in READABLE:
        raise Refusal("picture.unreadable", source=source, kind=kind or "unknown kind")
    if len(picture) > PICTURE_LIMIT:
        raise _too_large(source)
    status, codes, foreign = _parse(_run(picture, source, min(seconds, WALL_SECONDS)), source)
    if status == "too_large":
        raise _too_large(source)
    if status == "unreadable":
        raise Refusal("picture.unreadable", source=source, kind=f"damaged {kind}")
    if not codes:
        raise Refusal("picture.foreign_code" if foreign else "picture.no_code", source=source)
    return codes


def _run(picture: bytes, source: str, seconds: float) -> bytes:
    # -P: a folder named PIL beside the user's files must not be imported; -B: no file is written
    command = (sys.executable, "-P", "-B", "-m", _CHILD)
    expired = threading.Event()
    try:
        child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
        )
    except (OSError, ValueError, TypeError) as error:
        raise Trouble("picture.reader_failed", source=source) from error

    def stop() -> None:
        expired.set()
        child.kill()

    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    try:
        report = _converse(child, picture)
        code = child.wait()
    finally:
        timer.cancel()
        child.kill()
        child.wait()
    if expired.is_set() or code in _OUT_OF_LIMITS:
        raise _too_large(source)
    if code != 0:
        raise Trouble("picture.reader_failed", source=source)
    return report


def _converse(child: "subprocess.Popen[bytes]", picture: bytes) -> bytes:
    """Give the picture, take the report; the child writes nothing before it has read everything."""
    if child.stdin is None or child.stdout is None:
        return b""
    with child.stdout:
        try:
            with child.stdin:
                child.stdin.write(picture)
        except OSError:  # it died while reading: its exit code tells why
            pass
        report = child.stdout.read(REPORT_LIMIT + 1)
    return report if len(report) <= REPORT_LIMIT else b""


def _environment() -> dict[str, str]:
    """Return only what an interpreter needs: the vendor's passphrase may be in ours."""
    kept = {name: text for name, text in os.environ.items() if name.upper() in _PASSED_ON}
    folders = [folder for folder in sys.path if os.path.isabs(folder)]  # noqa: PTH117 - entries are plain text
    return kept | {"PYTHONPATH": os.pathsep.join(folders)}


def _parse(report: bytes, source: str) -> tuple[str, tuple[str, ...], int]:
    """Return status, codes and number of foreign codes; a report in any other form is a failed reader."""
    try:
        match json.loads(report):
            case {"status": "read", "codes": [*codes], "foreign": int(foreign)} if len(codes) <= CODES:
                return "read", tuple(bytes.fromhex(code).decode("ascii") for code in codes), foreign
            case {"status": "too_large" | "unreadable" as status}:
                return status, (), 0
            case _:
                raise Trouble("picture.reader_failed", source=source)
    except (ValueError, TypeError, RecursionError) as error:
        raise Trouble("picture.reader_failed", source=source) from error


def _too_large(source: str) -> Refusal:
    return Refusal("picture.too_large", source=source, limit=MEGAPIXELS)
