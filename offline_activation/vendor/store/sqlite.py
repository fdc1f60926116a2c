"""SQLite: everything about it that another database does differently (docs/adr/0006-sqlite-journal.md)."""

import sqlite3
from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from offline_activation.errors import Trouble

_KEPT_CONNECTIONS: Final = 4
_PRIMARY_CODE: Final = 0xFF
"""The low byte of a result code; the rest tells variants apart."""

_ON_CONNECT: Final = (
    "PRAGMA journal_mode = TRUNCATE",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
)
_TRIGGERS: Final = frozenset({"audit_keeps_entries", "audit_keeps_content"})

_REASONS: Final = {
    sqlite3.SQLITE_READONLY: "it is read-only",
    sqlite3.SQLITE_IOERR: "the disk failed or does not support locks",
    sqlite3.SQLITE_CORRUPT: "it is damaged; restore the newest backup",
    sqlite3.SQLITE_NOTADB: "the file is not a database",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened",
    sqlite3.SQLITE_PERM: "the rights do not suffice",
}
_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL})


class SqliteDialect:
    """A :class:`offline_activation.vendor.store.dialect.Dialect` for SQLite 3.8 and newer."""

    errors: tuple[type[Exception], ...] = (sqlite3.Error, sqlite3.Warning)

    def begin(self, connection: Connection, *, writing: bool) -> None:
        """Begin: a writer takes the one write lock at once, a reader takes part in the state of its first query."""
        connection.exec_driver_sql(f"PRAGMA query_only = {'OFF' if writing else 'ON'}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
        if not writing:
            connection.exec_driver_sql("SELECT 1 FROM sqlite_master LIMIT 1")  # from here on the state stands still

    def failure(self, error: Exception) -> Trouble:
        """Return the trouble that an exception of :mod:`sqlite3`, bare or wrapped, means."""
        origin = getattr(error, "orig", None) or error
        code = getattr(origin, "sqlite_errorcode", 0) & _PRIMARY_CODE
        if code in _BUSY:
            return Trouble("io.database_locked")
        return Trouble("io.database", what=_REASONS.get(code) or str(origin))

    def problems(self, connection: Connection) -> Iterator[str]:
        """Ask SQLite to check every page and every reference."""
        for (finding,) in connection.exec_driver_sql("PRAGMA integrity_check(20)"):
            if finding != "ok":
                yield f"The database is damaged: {finding}."
        for table, *_ in connection.exec_driver_sql("PRAGMA foreign_key_check"):
            yield f"A row of {table} refers to something that is not there."

    def missing_guards(self, connection: Connection) -> Iterator[str]:
        """Look for the triggers that guard the audit log."""
        present = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars()
        for name in sorted(_TRIGGERS.difference(present)):
            yield f"The trigger {name}, which guards the audit log, is missing."


def sqlite_engine(path: str, *, timeout: float) -> Engine:
    """Return an engine for the file ``path``; a lock of another process is waited for ``timeout`` seconds."""
    engine = create_engine(
        URL.create("sqlite", database=path),
        connect_args={
            "timeout": timeout,
            "isolation_level": None,  # transactions are begun by the dialect, not guessed by the driver
            "check_same_thread": False,  # the pool hands a connection to one thread at a time
        },
        poolclass=QueuePool,
        pool_size=_KEPT_CONNECTIONS,
        max_overflow=-1,
    )
    event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for pragma in _ON_CONNECT:
        cursor.execute(pragma)
    cursor.close()
