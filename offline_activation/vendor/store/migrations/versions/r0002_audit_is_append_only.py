"""The database itself refuses to change or delete entries of the audit log."""

from typing import Final

from alembic import op

revision: Final = "0002"
down_revision: Final = "0001"

_SQLITE: Final = (
    """
    CREATE TRIGGER audit_keeps_entries BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'entries of the audit log are never deleted'); END
    """,
    """
    CREATE TRIGGER audit_keeps_content BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'entries of the audit log are never changed'); END
    """,
)


def upgrade() -> None:
    """Add the triggers."""
    if op.get_bind().dialect.name == "sqlite":
        for statement in _SQLITE:
            op.execute(statement)
