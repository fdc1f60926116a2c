"""Opening the vendor's books: found or made, of the newest schema or brought to it, or one clear refusal."""

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from offline_activation import files
from offline_activation.errors import Misuse, Trouble
from offline_activation.vendor.store.database import DatabaseStore
from offline_activation.vendor.store.dialect import Dialect, raised_by, trouble_of
from offline_activation.vendor.store.schema import schema_version
from offline_activation.vendor.store.sqlite import SqliteDialect, sqlite_engine
from offline_activation.vendor.store.tables import SCHEMA

DEFAULT_TIMEOUT: Final = 10.0
"""Seconds to wait for other programs that use the database."""


def open_store(url: str, *, timeout: float = DEFAULT_TIMEOUT, create: bool = True) -> DatabaseStore:
    """Return the store at ``url`` (``sqlite:///relative.db``, ``sqlite:////absolute.db``).

    See :func:`open_sqlite`, which takes a path as it is; inside a URL ``?`` and ``%`` have a meaning.
    Raises :class:`Misuse` ``usage.invalid`` for a URL that names no SQLite file.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise Misuse("usage.invalid", what=f"{url} is not the address of a database") from error
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:") or parsed.query:
        raise Misuse("usage.invalid", what=f"{parsed.render_as_string()} is not the address of an SQLite file")
    return open_sqlite(str(parsed.database), timeout=timeout, create=create)


def open_sqlite(path: str, *, timeout: float = DEFAULT_TIMEOUT, create: bool = True) -> DatabaseStore:
    """Return the store in the SQLite file ``path``.

    A missing file is made (mode 0600), unless ``create`` is false: then ``io.not_found``.  An older schema is brought
    to the newest.  ``timeout`` is in seconds.  Raises :class:`Trouble` ``io.database_locked`` when other programs do
    not finish in time, ``io.unreadable`` when the rights do not suffice, ``io.database_schema`` for a newer schema,
    ``io.database`` for all else that is wrong with it.
    """
    dialect = SqliteDialect()
    if not _is_taken(path):
        if not create:
            raise Trouble("io.not_found", path=path)
        _make(path, dialect, timeout)
    try:
        status = Path(path).stat()
    except PermissionError as error:
        raise Trouble("io.unreadable", path=path, what="the rights do not suffice") from error
    except (OSError, ValueError) as error:
        raise Trouble("io.database", what=f"{path} cannot be opened") from error
    if not stat.S_ISREG(status.st_mode):
        raise Trouble("io.database", what=f"{path} is not a file")
    if not status.st_size:
        # SQLite would take it for new books; ours are never empty, so somebody's books were lost here
        raise Trouble("io.database", what=f"{path} is empty; restore the newest backup")
    if not os.access(path, os.R_OK, effective_ids=os.access in os.supports_effective_ids):
        raise Trouble("io.unreadable", path=path, what="the rights do not suffice")
    return _opened(sqlite_engine(path, timeout=timeout), dialect)


def _opened(engine: Engine, dialect: Dialect) -> DatabaseStore:
    try:
        _ensure_schema(engine, dialect)
    except BaseException:
        engine.dispose()
        raise
    return DatabaseStore(engine, dialect)


def _ensure_schema(engine: Engine, dialect: Dialect) -> None:
    try:
        with engine.connect() as connection, connection.begin():
            dialect.begin(connection, writing=False)
            found = schema_version(connection)
            tables = inspect(connection).get_table_names() if found is None else ()
    except raised_by(dialect) as error:
        raise trouble_of(error, dialect) from error
    if tables:
        raise Trouble("io.database", what="it belongs to another program")
    if found != SCHEMA:
        from offline_activation.vendor.store.migrating import upgrade  # noqa: PLC0415 - half a second, rarely needed

        upgrade(engine, dialect)


def _make(path: str, dialect: Dialect, timeout: float) -> None:
    """Make new books under another name and give them their name when they are whole.

    So a crash leaves no half-made books, and of two programs at the same time one makes them and both use them.
    """
    directory = Path(path).parent
    temporary = directory / f".new-{os.urandom(8).hex()}"
    try:
        temporary.touch(mode=0o600, exist_ok=False)
    except (OSError, ValueError) as error:
        raise Trouble("io.database", what=f"{path} cannot be made") from error
    try:
        _opened(sqlite_engine(str(temporary), timeout=timeout), dialect).close()
        _give_name(temporary, path)
    finally:
        for leftover in (temporary, temporary.with_name(f"{temporary.name}-journal")):
            with suppress(OSError):
                leftover.unlink()
    files.sync_directory(str(directory))


def _give_name(temporary: Path, path: str) -> None:
    try:
        os.link(temporary, path)  # never replaces
    except FileExistsError:
        pass  # another program was faster; its books are as new as ours
    except (OSError, ValueError) as error:
        if not _is_taken(path):  # a file system without links
            with suppress(OSError, ValueError):
                temporary.rename(path)
                return
            raise Trouble("io.database", what=f"{path} cannot be made") from error


def _is_taken(path: str) -> bool:
    """Tell whether something is there: a link that leads nowhere is somebody's link and not a missing file.

    Raises :class:`Trouble` ``io.unreadable`` when this user may not look.
    """
    try:
        os.lstat(path)
    except PermissionError as error:
        raise Trouble("io.unreadable", path=path, what="the rights do not suffice") from error
    except (OSError, ValueError):
        return False
    return True
