"""The store on a database: units of work as transactions, durable as a whole or gone as a whole."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection, Engine

from offline_activation.errors import Trouble
from offline_activation.vendor.store.checking import problems_of_books, problems_of_tables
from offline_activation.vendor.store.dialect import Dialect, raised_by, trouble_of
from offline_activation.vendor.store.schema import schema_version
from offline_activation.vendor.store.statements import Statements
from offline_activation.vendor.store.work import UnitOfWork

# Without a handler of the application's, Python would print what SQLAlchemy reports about a connection it gives up.
logging.getLogger("sqlalchemy").addHandler(logging.NullHandler())


class DatabaseStore:
    """A :class:`offline_activation.vendor.ports.Store` on a database of the newest schema.

    Use it from any thread.  Do not begin a unit of work inside another of the same thread: a writer waits for readers
    and writers to end, so the inner one would wait for the outer one and give up with ``io.database_locked``.  After
    ``fork`` a process opens its own store.
    """

    def __init__(self, engine: Engine, dialect: Dialect) -> None:
        """Take an engine whose transactions ``dialect`` begins; the store closes it."""
        self._engine = engine
        self._dialect = dialect

    @contextmanager
    def begin(self) -> Iterator[UnitOfWork]:
        """Begin a unit of work that may write; it is durable when the block has ended without an exception.

        Raises :class:`Trouble` ``io.database_locked`` when other writers, or at its end other readers, do not finish in
        time, and ``io.database`` for everything else; then nothing of it was kept.
        """
        with self._transaction(writing=True) as (connection, statements):
            yield UnitOfWork(statements)
            statements.check()
            self._commit(connection)

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        """Begin a unit of work that only reads one consistent state; a save inside raises ``io.database``.

        Keep it short: on SQLite a writer cannot commit before it ends.
        """
        with self._transaction(writing=False) as (_connection, statements):
            yield UnitOfWork(statements)

    def schema_version(self) -> str:
        """Return the schema of the database, as numbered by its migrations."""
        with self._transaction(writing=False) as (connection, _statements), self._reporting():
            return schema_version(connection) or ""

    def problems(self) -> Iterator[str]:
        """Check the books (schema, integrity); yield one sentence for each problem found."""
        try:
            with self._transaction(writing=False) as (connection, _statements), self._reporting():
                found = [*self._dialect.problems(connection), *problems_of_tables(connection)]
                unguarded = list(self._dialect.missing_guards(connection))
            yield from (*found, *unguarded)
            if not found:
                yield from problems_of_books(self.read)
        except Trouble as trouble:
            yield trouble.message

    def close(self) -> None:
        """Release the database."""
        with suppress(*raised_by(self._dialect)):
            self._engine.dispose()

    @contextmanager
    def _transaction(self, *, writing: bool) -> Iterator[tuple[Connection, Statements]]:
        """Begin a transaction and roll it back in the end, unless it was committed by then."""
        with self._reporting():
            connection = self._engine.connect()
        try:
            with self._reporting():
                connection.begin()
                self._dialect.begin(connection, writing=writing)
            yield connection, Statements(connection, self._dialect)
        finally:
            # what cannot be rolled back was already rolled back by the database; the first failure is the one to report
            with suppress(*raised_by(self._dialect)):
                connection.close()

    def _commit(self, connection: Connection) -> None:
        try:
            with self._reporting():
                connection.commit()
        except BaseException:
            # SQLite keeps a transaction open that could not be committed; it must not come back from the pool
            with suppress(*raised_by(self._dialect)):
                connection.invalidate()
            raise

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        try:
            yield
        except raised_by(self._dialect) as error:
            raise trouble_of(error, self._dialect) from error
