"""What happened at this installation, one JSON line each: for the administrator and the security officer.

A line is written after the fact it tells, so a fact may be without its line after a crash; derived facts are told once,
however often their command is repeated.  The history decides three things and nothing else.  When every copy of the
license is lost, it knows the revision that was in force; it knows when an emergency license was opened, and whether the
vendor knows of it; and it knows whether a request was made after the document came that stopped the site.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from offline_activation.errors import Trouble
from offline_activation.formats.instants import show_instant
from offline_activation.site.directory import HISTORY, StateDirectory

INITIALISED: Final = "site.initialised"
REQUEST_MADE: Final = "request.made"
REQUEST_CANCELLED: Final = "request.cancelled"
REQUEST_REFUSED: Final = "request.refused"
LICENSE_INSTALLED: Final = "license.installed"
LICENSE_PUT_BACK: Final = "license.put_back"
"""The previous license, in force again."""
LICENSE_RETURNED: Final = "license.returned"
LICENSE_STOPPED: Final = "license.stopped"
"""The vendor's signed word that this site no longer holds the license."""
RECEIPT_IMPORTED: Final = "receipt.imported"
EMERGENCY_OPENED: Final = "emergency.opened"
EMERGENCY_REPORTED: Final = "emergency.reported"
"""The vendor has answered with a license to a request that told of the opening."""

TAIL: Final = 2 << 20
"""How much of the end of a long history is read, in bytes: about ten thousand records."""

_LAST: Final = 253_402_300_799
"""The end of the year 9999: a time beyond it is no time of a clock."""
_APPEND: Final = (
    os.O_RDWR
    | os.O_CREAT
    | os.O_APPEND
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One event: ``at`` in seconds since 1970 UTC, what it is about, and its details."""

    at: int
    event: str
    subject: str
    """Id of what it is about, hexadecimal: the same event with the same subject is the same fact."""
    details: Mapping[str, Any]


def tell(directory: StateDirectory, record: Record) -> None:
    """Append a record, durably; a fact that is already told is not told again.

    Raises :class:`Trouble` ``io.unwritable``; then the file is as it was.
    """
    if any((each.event, each.subject) == (record.event, record.subject) for each in records(directory)):
        return
    line = {"at": record.at, "event": record.event, "subject": record.subject, **record.details}
    _append(directory.path(HISTORY), json.dumps(line, ensure_ascii=True).encode() + b"\n")


def records(directory: StateDirectory) -> tuple[Record, ...]:
    """Return the records, oldest first; a line torn by a crash is passed over.  Raises ``Trouble`` ``io.unreadable``.

    Of a history longer than :data:`TAIL` only the end is returned.
    """
    found = (_read_line(line) for line in _tail(directory.path(HISTORY)).split(b"\n"))
    return tuple(record for record in found if record is not None)


def last_revision(directory: StateDirectory, license_number: str | None = None) -> int:
    """Return the revision that was installed last, as far as is known here; 0 for none.

    ``license_number`` (in groups) asks for that license alone: after a return another one may follow.
    """
    for record in records(directory)[::-1]:
        number, revision = record.details.get("license_number"), record.details.get("revision")
        if record.event not in {LICENSE_INSTALLED, LICENSE_PUT_BACK} or not isinstance(revision, int):
            continue
        if license_number is None or number in (license_number, None):
            return revision
    return 0


def unreported(directory: StateDirectory) -> tuple[Record, ...]:
    """Return the openings of an emergency license that no license from the vendor has answered yet, oldest first."""
    told = records(directory)
    reported = {each.subject for each in told if each.event == EMERGENCY_REPORTED}
    return tuple(each for each in told if each.event == EMERGENCY_OPENED and each.subject not in reported)


def opened_at(directory: StateDirectory, license_number: str) -> int | None:
    """Return when the emergency license of a license was opened here, as far as the vendor has not answered to it.

    ``license_number`` is in groups: whichever revision was opened, it is one opening.  In seconds since 1970; ``None``
    when it was not.
    """
    numbers = (license_number, None)
    return next((each.at for each in unreported(directory) if each.details.get("license_number") in numbers), None)


def show(record: Record) -> str:
    """Return a record as one line for people; what is inside it is not yet made printable."""
    details = ", ".join(f"{name.replace('_', ' ')} {text}" for name, text in record.details.items())
    return f"{show_instant(record.at)}  {record.event}  {details}"


def _read_line(line: bytes) -> Record | None:
    try:
        found = json.loads(line)
        at, event, subject = int(found.pop("at")), str(found.pop("event")), str(found.pop("subject"))
    except (ValueError, ArithmeticError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return Record(at=at, event=event, subject=subject, details=found) if 0 <= at <= _LAST else None


def _tail(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - TAIL, 0))
            return file.read(TAIL)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise Trouble("io.unreadable", path=path, what=(error.strerror or "I/O error").lower()) from error


def _append(path: Path, line: bytes) -> None:
    try:
        descriptor = os.open(path, _APPEND, 0o600)
        try:
            size = os.lseek(descriptor, 0, os.SEEK_END)
            try:
                _write_whole(descriptor, _separator(descriptor, size) + line)
                os.fsync(descriptor)
            except OSError:
                os.ftruncate(descriptor, size)
                raise
        finally:
            os.close(descriptor)
    except OSError as error:
        raise Trouble("io.unwritable", path=path, what=(error.strerror or "I/O error").lower()) from error


def _separator(descriptor: int, size: int) -> bytes:
    """Return the line end that a writer killed half way did not write."""
    if size == 0:
        return b""
    os.lseek(descriptor, size - 1, os.SEEK_SET)
    return b"" if os.read(descriptor, 1) == b"\n" else b"\n"


def _write_whole(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
