"""What differs from one database to another: how a unit of work begins, what an error means, how to check the file."""

from collections.abc import Iterator
from typing import Final, Protocol

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from offline_activation.errors import Trouble


class Dialect(Protocol):
    """One kind of database."""

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """The exceptions of its driver, which some places of SQLAlchemy let through."""

    def begin(self, connection: Connection, *, writing: bool) -> None:
        """Begin a transaction: a writing one serialised against all others, a reading one that sees one state."""

    def failure(self, error: Exception) -> Trouble:
        """Return the trouble that ``error`` (of the driver, or with one as its ``orig``) means."""

    def problems(self, connection: Connection) -> Iterator[str]:
        """Check the database below the books; yield one sentence for each problem."""

    def missing_guards(self, connection: Connection) -> Iterator[str]:
        """Look for what keeps the audit log from being changed; yield one sentence for each that is gone."""


_UNKEEPABLE: Final = (UnicodeEncodeError, OverflowError)
"""Raised by drivers for half a surrogate pair and for an integer of more than 64 bits."""


def raised_by(dialect: Dialect) -> tuple[type[Exception], ...]:
    """Return every exception that a call to the database may raise."""
    return (SQLAlchemyError, *dialect.errors, *_UNKEEPABLE)


def trouble_of(error: Exception, dialect: Dialect) -> Trouble:
    """Return the trouble to raise in place of ``error``, one of :func:`raised_by`."""
    if isinstance(error, _UNKEEPABLE):
        return unkeepable()
    return dialect.failure(error)


def unkeepable() -> Trouble:
    """Return the trouble with a value that not every database can keep."""
    return Trouble("io.database", what="a text holds characters, or a number a size, that no database keeps")
