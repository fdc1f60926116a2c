"""Statements of one unit of work: run, read into records, and every failure made :class:`Trouble`.

After a failure the unit of work is spoiled: it takes no further statement and cannot be committed.  SQLite may have
rolled back by itself by then, and what followed would be committed alone.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Connection, Executable, Row, Select, Table, Update, bindparam, insert, update

from offline_activation.errors import Trouble
from offline_activation.vendor.store.dialect import Dialect, raised_by, trouble_of, unkeepable

Record = TypeVar("Record")
Fields = Mapping[str, object]


class Statements:
    """The connection of one unit of work, behind which no exception of a database gets out."""

    def __init__(self, connection: Connection, dialect: Dialect) -> None:
        """Take a connection with a transaction begun."""
        self._connection = connection
        self._dialect = dialect
        self._spoiled: Trouble | None = None

    def check(self) -> None:
        """Raise the first failure again; what follows a failure must not be committed."""
        if self._spoiled is not None:
            raise self._spoiled

    def rows(self, statement: Select[Any], fields: Fields | None = None) -> Sequence[Row[Any]]:
        """Return all rows of a query; raises :class:`Trouble` ``io.database*`` as every method here."""
        self.check()
        try:
            return self._connection.execute(statement, _bound(fields)).all()
        except raised_by(self._dialect) as error:
            raise self._spoil(trouble_of(error, self._dialect)) from error

    def records(
        self, statement: Select[Any], build: Callable[[Row[Any]], Record], fields: Fields | None = None
    ) -> tuple[Record, ...]:
        """Return what ``build`` makes of each row of a query."""
        rows = self.rows(statement, fields)
        try:
            return tuple(build(row) for row in rows)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            table = statement.get_final_froms()[0]
            what = f"a row of {getattr(table, 'name', 'a table')} is damaged; restore the newest backup"
            raise self._spoil(Trouble("io.database", what=what)) from error

    def record(
        self, statement: Select[Any], build: Callable[[Row[Any]], Record], fields: Fields | None = None
    ) -> Record | None:
        """Return what ``build`` makes of the first row of a query, or ``None`` when there is none."""
        return next(iter(self.records(statement, build, fields)), None)

    def insert(self, table: Table, fields: Fields) -> None:
        """Insert one row."""
        self.run(_insert(table), fields)

    def update(self, table: Table, identity: Fields, fields: Fields) -> bool:
        """Change the row with this identity; return whether there is one."""
        found = {f"of_{name}": value for name, value in identity.items()}
        return self.run(_update(table, tuple(identity)), {**fields, **found}) > 0

    def put(self, table: Table, identity: Fields, fields: Fields) -> None:
        """Change the row with this identity, or insert it.

        Two plain statements instead of each database's own "upsert": units of work that write are serialised anyway.
        """
        if not self.update(table, identity, fields):
            self.insert(table, {**identity, **fields})

    def run(self, statement: Executable, fields: Fields | None = None) -> int:
        """Run a statement that changes something; return the number of rows it met."""
        self.check()
        bound = _bound(fields)
        if any(isinstance(value, str) and "\0" in value for value in bound.values()):
            raise self._spoil(unkeepable())  # PostgreSQL keeps no NUL in a text, so no store does
        try:
            return self._connection.execute(statement, bound).rowcount
        except raised_by(self._dialect) as error:
            raise self._spoil(trouble_of(error, self._dialect)) from error

    def refuse(self, what: str) -> Trouble:
        """Return the trouble of a row that would break a rule of the books; the unit of work is spoiled."""
        return self._spoil(Trouble("io.database", what=what))

    def _spoil(self, trouble: Trouble) -> Trouble:
        self._spoiled = trouble
        return trouble


def _bound(fields: Fields | None) -> dict[str, object]:
    return dict(fields) if fields else {}


@cache
def _insert(table: Table) -> Executable:
    return insert(table)


@cache
def _update(table: Table, identity: tuple[str, ...]) -> Update:
    statement = update(table)
    for name in identity:
        statement = statement.where(table.c[name] == bindparam(f"of_{name}"))
    return statement
