"""The child process that opens a stranger's picture: ``python -m offline_activation.transports.picture_child``.

Decoders of pictures are large programs in C that read hostile bytes.  They run here, with little memory, little time,
no file to write and nothing secret in the environment.  The picture comes on standard input; one JSON object goes to
standard output: ``{"status": "read", "codes": [hex, ...], "foreign": n}`` or ``{"status": "too_large"}`` or
``{"status": "unreadable"}``.
"""

import json
import sys
from typing import Final

from offline_activation.transports.picture_limits import CODES, CPU_SECONDS, MEMORY_LIMIT, OPEN_FILES, PICTURE_LIMIT
from offline_activation.transports.picture_reading import TooLargeError, UnreadableError, read_picture

DONE: Final = 0
"""The exit code whenever a report was written."""


def main() -> int:
    """Read one picture from standard input and report its codes."""
    _limit_resources()
    sys.stdout.write(json.dumps(_report(sys.stdin.buffer.read(PICTURE_LIMIT + 1))))
    sys.stdout.flush()
    return DONE


def _report(picture: bytes) -> dict[str, object]:
    if len(picture) > PICTURE_LIMIT:
        return {"status": "too_large"}
    try:
        reading = read_picture(picture)
    except (TooLargeError, MemoryError):
        return {"status": "too_large"}
    except UnreadableError:
        return {"status": "unreadable"}
    codes = [code.hex() for code in reading.ours[:CODES]]
    return {"status": "read", "codes": codes, "foreign": len(reading.foreign)}


def _limit_resources() -> None:
    try:
        import resource  # noqa: PLC0415 - Windows has none; there the parent's time limit alone holds
    except ImportError:
        return
    for name, most in (
        ("RLIMIT_AS", MEMORY_LIMIT),
        ("RLIMIT_CPU", CPU_SECONDS),
        ("RLIMIT_FSIZE", 0),
        ("RLIMIT_CORE", 0),
        ("RLIMIT_NOFILE", OPEN_FILES),
    ):
        kind = getattr(resource, name, None)
        if kind is None:
            continue
        hard = resource.getrlimit(kind)[1]
        capped = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(kind, (capped, capped))
        except (ValueError, OSError):  # macOS refuses RLIMIT_AS; the other limits still hold
            continue


if __name__ == "__main__":
    sys.exit(main())
