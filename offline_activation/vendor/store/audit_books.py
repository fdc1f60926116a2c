"""The audit log: numbered without gaps, each entry sealed over the one before, never changed.

The seal makes an entry that was changed, moved or cut out by hand visible to ``problems()``.  It is no signature: who
may write the whole database can write a whole new log.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Row, bindparam, select

from offline_activation.formats.digest import sha256
from offline_activation.vendor.records import AuditEntry
from offline_activation.vendor.store.books import Books
from offline_activation.vendor.store.json_text import from_text, strings_to_text, to_text
from offline_activation.vendor.store.tables import audit

_COUNTER: Final = "audit"
_FIRST_SEAL: Final = bytes(32)
_SEALED: Final = ("number", "at", "actor", "action", "subject", "details")
_SEAL = select(audit.c.seal).where(audit.c.number == bindparam("number"))
_PAGE = select(audit).where(audit.c.number > bindparam("after")).order_by(audit.c.number).limit(bindparam("most"))
_ABOUT = select(audit).where(audit.c.subject == bindparam("subject")).order_by(audit.c.number)
_DATED_AFTER = (
    select(audit)
    .where(
        audit.c.at > bindparam("limit"),
        audit.c.number > bindparam("after"),
        audit.c.action.in_(bindparam("actions", expanding=True)),
    )
    .order_by(audit.c.at.desc(), audit.c.number.desc())
    .limit(1)
)


class AuditBooks(Books):
    """The part of a unit of work that knows the audit log; what each method promises stands in vendor.ports."""

    def append_audit(self, entry: AuditEntry) -> None:
        """Append to the audit log; entries are never changed."""
        number = self._count(_COUNTER)
        details = strings_to_text(entry.details)
        before = _FIRST_SEAL if number == 1 else self._run.record(_SEAL, _kept_seal, {"number": number - 1})
        if before is None:
            what = f"audit entry {number - 1} is missing; restore the newest backup"
            raise self._run.refuse(what)
        fields = {
            "number": number,
            "at": entry.at,
            "actor": entry.actor,
            "action": entry.action,
            "subject": entry.subject,
            "details": details,
        }
        self._run.insert(audit, {**fields, "seal": _seal(before, fields)})

    def audit(self, *, after: int = 0, most: int = 1000) -> Sequence[AuditEntry]:
        """Return audit entries with numbers above ``after``, at most ``most``."""
        return self._run.records(_PAGE, _entry, {"after": after, "most": most})

    def audit_about(self, subject: str) -> Sequence[AuditEntry]:
        """Return every entry about one subject (the reference of a request), oldest first."""
        return self._run.records(_ABOUT, _entry, {"subject": subject})

    def dated_after(self, limit: int, *, actions: Collection[str], after: int = 0) -> AuditEntry | None:
        """Return the latest dated entry above ``limit`` that has one of ``actions`` and a number above ``after``."""
        return self._run.record(_DATED_AFTER, _entry, {"limit": limit, "after": after, "actions": list(actions)})

    def broken_audit(self, *, page: int = 1000) -> Iterator[str]:
        """Read the whole log; yield a sentence where it is not the one that was written."""
        number, before = 0, _FIRST_SEAL
        while rows := self._run.rows(_PAGE, {"after": number, "most": page}):
            for row in rows:
                if row.number != number + 1:
                    yield f"Audit entry {number + 1} is missing; the next one is {row.number}."
                elif row.seal != _seal(before, _kept_fields(row)):
                    yield f"Audit entry {row.number} was changed after it was written."
                number, before = row.number, row.seal  # the entries after it still follow what is kept there
        if number != self._counted(_COUNTER):
            yield f"The audit log ends at entry {number}, but {self._counted(_COUNTER)} were written."


def _kept_seal(row: Row[Any]) -> bytes:
    return bytes(row.seal)


def _kept_fields(row: Row[Any]) -> dict[str, object]:
    return {name: getattr(row, name) for name in _SEALED}


def _seal(before: bytes, fields: dict[str, object]) -> bytes:
    return sha256(before + to_text(fields).encode())


def _entry(row: Row[Any]) -> AuditEntry:
    return AuditEntry(
        at=row.at,
        actor=row.actor,
        action=row.action,
        subject=row.subject,
        details=from_text(row.details),
        number=row.number,
        sealed_text=to_text(_kept_fields(row)),
        seal=bytes(row.seal),
    )
