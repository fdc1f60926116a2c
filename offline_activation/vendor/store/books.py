"""What each part of a unit of work stands on: the statements of that unit, and counters."""

from sqlalchemy import bindparam, select

from offline_activation.vendor.store.statements import Statements
from offline_activation.vendor.store.tables import counters

_COUNTER = select(counters.c.value).where(counters.c.name == bindparam("name"))


class Books:
    """A part of the vendor's books inside one unit of work."""

    def __init__(self, statements: Statements) -> None:
        """Take the statements of the unit of work."""
        self._run = statements

    def _count(self, name: str) -> int:
        """Return the next number of a counter, from 1 without gaps: it rises in the transaction that uses it."""
        value = self._counted(name) + 1
        self._run.put(counters, {"name": name}, {"value": value})
        return value

    def _counted(self, name: str) -> int:
        """Return the last number given by a counter, 0 before the first."""
        return self._run.record(_COUNTER, lambda row: int(row.value), {"name": name}) or 0
