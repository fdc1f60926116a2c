"""The one place that reads and writes files: bounded reading, atomic and durable writing.

Reading never trusts a name: a pipe, device, directory, endless or huge file is refused before its content is asked
for.  Writing goes through a temporary file in the same directory that is synced before it takes its name, so a reader
sees the old file or the whole new one, also after a power cut.  A write or sync that failed is never tried again: after
a failed ``fsync`` the kernel may have dropped the data and would report success the second time.

This module is on the start-up path and imports nothing but ``os`` and its parts.
"""

import errno
import os
import stat
import sys
from collections.abc import Callable
from typing import Final

from offline_activation.errors import Refusal, Trouble

STANDARD_STREAM: Final = "-"
"""The file name that means standard input or standard output."""

_NO_LINKS: Final = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.ENOTSUP, errno.EMLINK, errno.EINVAL})
_NO_DIRECTORY_SYNC: Final = frozenset({errno.EINVAL, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS})
_READ_FLAGS: Final = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)  # opening a pipe that nobody writes to must not hang
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_CREATE_FLAGS: Final = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


def read_bounded(path: str, *, limit: int, source: str | None = None) -> bytes:
    """Return the whole content of the regular file ``path`` (``-``: standard input), at most ``limit`` bytes.

    Links are followed: the user chose the name.  ``source`` names the input in messages instead of ``path``.
    Raises ``Trouble`` with ``io.not_found``, ``io.not_a_file`` or ``io.unreadable``, and ``Refusal`` with
    ``limit.too_large``.  At most ``limit + 1`` bytes are read, however large the file is or becomes.
    """
    if path == STANDARD_STREAM:
        return _read_standard_input(limit, source or "standard input")
    shown = source or path
    try:
        # asked before opening as well, because opening some devices already acts
        _refuse_irregular(os.stat(path).st_mode, shown)
        descriptor = os.open(path, _READ_FLAGS)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Trouble("io.not_found", path=shown) from error
    except (OSError, ValueError) as error:
        raise Trouble("io.unreadable", path=shown, what=_reason(error)) from error
    try:
        status = os.fstat(descriptor)
        _refuse_irregular(status.st_mode, shown)
        if status.st_size > limit:
            raise Refusal("limit.too_large", source=shown, limit=_size(limit))
        data = _read_up_to(descriptor, limit + 1)
    except OSError as error:
        raise Trouble("io.unreadable", path=shown, what=_reason(error)) from error
    finally:
        os.close(descriptor)
    if len(data) > limit:
        raise Refusal("limit.too_large", source=shown, limit=_size(limit))
    return data


def write_new(path: str, data: bytes, *, force: bool = False, mode: int = 0o644) -> None:
    """Write ``data`` to a new file ``path`` (``-``: standard output), atomically and durably.

    Without ``force`` an existing file, link or directory is never replaced, also when it appears at the same moment
    (``io.exists``).  With ``force`` a regular file is replaced; a link is replaced itself, never what it points to.
    ``mode`` is narrowed by the umask.  Raises ``Trouble`` with ``io.exists``, ``io.not_a_file`` or ``io.unwritable``;
    then nothing was left behind.
    """
    if path == STANDARD_STREAM:
        _write_standard_output(data)
    elif force:
        _write(path, data, mode, _replace)
    else:
        if os.path.lexists(path):  # spares writing the data; _claim decides
            raise Trouble("io.exists", path=path)
        _write(path, data, mode, _claim)


def replace_durably(path: str, data: bytes, *, mode: int = 0o600) -> None:
    """Write ``data`` as the new content of the state file ``path``, atomically and durably.

    A link at ``path`` is replaced itself.  Raises ``Trouble`` with ``io.unwritable`` or ``io.not_a_file``; the old
    content is then intact (only when syncing the directory failed at the very end, the new content may already be
    there, whole).
    """
    _write(path, data, mode, _replace)


def sync_directory(path: str) -> None:
    """Make the names in directory ``path`` durable; file systems that cannot do that are left to their own promise.

    Raises ``Trouble("io.unwritable")``.
    """
    try:
        descriptor = _open_directory(path)
        try:
            _sync_directory(descriptor)
        finally:
            _close_directory(descriptor)
    except (OSError, ValueError) as error:
        raise Trouble("io.unwritable", path=path, what=_reason(error)) from error


def _refuse_irregular(mode: int, shown: str) -> None:
    if not stat.S_ISREG(mode):
        raise Trouble("io.not_a_file", path=shown)


def _read_up_to(descriptor: int, most: int) -> bytes:
    parts: list[bytes] = []
    while most > 0:
        part = os.read(descriptor, min(most, 1 << 20))
        if not part:
            break
        parts.append(part)
        most -= len(part)
    return b"".join(parts)


def _read_standard_input(limit: int, shown: str) -> bytes:
    try:
        data = sys.stdin.buffer.read(limit + 1)
    except (OSError, ValueError, AttributeError) as error:  # closed, or a program without standard streams
        raise Trouble("io.unreadable", path=shown, what=_reason(error)) from error
    if len(data) > limit:
        raise Refusal("limit.too_large", source=shown, limit=_size(limit))
    return data


def _write_standard_output(data: bytes) -> None:
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except (OSError, ValueError, AttributeError) as error:
        raise Trouble("io.unwritable", path="standard output", what=_reason(error)) from error


def _write(path: str, data: bytes, mode: int, take_name: Callable[[str, str], None]) -> None:
    directory = os.path.dirname(path) or os.curdir
    temporary = os.path.join(directory, f".new-{os.urandom(8).hex()}")
    try:
        descriptor = _open_directory(directory)
        try:
            _write_temporary(temporary, data, mode)
            try:
                take_name(temporary, path)
            except BaseException:
                _remove(temporary)
                raise
            try:
                _sync_directory(descriptor)
            except BaseException:
                if take_name is _claim:
                    _remove(path)
                raise
        finally:
            _close_directory(descriptor)
    except FileExistsError as error:
        raise Trouble("io.exists", path=path) from error
    except (OSError, ValueError) as error:
        raise Trouble("io.unwritable", path=path, what=_reason(error)) from error


def _write_temporary(temporary: str, data: bytes, mode: int) -> None:
    descriptor = os.open(temporary, _CREATE_FLAGS, mode)
    try:
        try:
            _write_all(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except BaseException:
        _remove(temporary)
        raise


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        written = os.write(descriptor, rest)
        if written == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        rest = rest[written:]


def _claim(temporary: str, path: str) -> None:
    """Give the temporary file its name unless the name is taken (``FileExistsError``)."""
    if os.name == "nt":
        os.rename(temporary, path)
        return
    try:
        os.link(temporary, path)  # never replaces, never follows the new name
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # FAT on a memory stick has no links: take the name with an empty file first, which everybody else respects
        os.close(os.open(path, _CREATE_FLAGS, 0o600))
        try:
            os.replace(temporary, path)
        except BaseException:
            _remove(path)
            raise
    else:
        _remove(temporary)


def _replace(temporary: str, path: str) -> None:
    try:
        status = os.stat(path)
    except OSError:
        pass
    else:
        _refuse_irregular(status.st_mode, path)  # /dev/null as the output of root must stay a device
    os.replace(temporary, path)


def _remove(path: str) -> None:
    try:  # noqa: SIM105 - contextlib is kept off the start-up path
        os.unlink(path)
    except OSError:
        pass  # the first failure is the one to report


def _open_directory(path: str) -> int | None:
    """Open the directory before anything is written, so that one that cannot be synced fails early."""
    if os.name == "nt":
        return None
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def _sync_directory(descriptor: int | None) -> None:
    if descriptor is None:
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_DIRECTORY_SYNC:
            raise


def _close_directory(descriptor: int | None) -> None:
    if descriptor is not None:
        os.close(descriptor)


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return "the name is not valid" if isinstance(error, ValueError) else "the stream is closed"


def _size(limit: int) -> str:
    for unit, name in ((1 << 20, "MiB"), (1 << 10, "KiB")):
        if limit >= unit and limit % unit == 0:
            return f"{limit // unit} {name}"
    return f"{limit} bytes"
