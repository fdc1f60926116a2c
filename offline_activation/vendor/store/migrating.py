"""Bringing a database to the newest schema, as a whole and once, however many programs open it at the same time.

Alembic is imported only here: opening a database of the newest schema does without it (half a second).
"""

from typing import Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine

from offline_activation.errors import Trouble
from offline_activation.vendor.store.dialect import Dialect, raised_by, trouble_of
from offline_activation.vendor.store.schema import schema_version
from offline_activation.vendor.store.tables import SCHEMA

_MIGRATIONS: Final = "offline_activation.vendor.store:migrations"


def upgrade(engine: Engine, dialect: Dialect, *, to: str = SCHEMA) -> None:
    """Bring the database to schema ``to`` in one transaction under the writer lock; nothing to do is not an error.

    Raises :class:`Trouble` ``io.database_schema`` for a schema this software does not know (a newer one), and
    ``io.database*`` when the database fails; then it has its old schema, whole.
    """
    try:
        with engine.connect() as connection, connection.begin():
            dialect.begin(connection, writing=True)
            _upgrade(connection, to)
    except CommandError as error:
        raise Trouble("io.database", what=str(error)) from error
    except raised_by(dialect) as error:
        raise trouble_of(error, dialect) from error


def newest_schema() -> str | None:
    """Return the head of the migrations, which ``tables.SCHEMA`` repeats."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _upgrade(connection: Connection, to: str) -> None:
    found = schema_version(connection)  # asked again under the lock: another program may have been faster
    if found == to:
        return
    config = _config()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise Trouble("io.database_schema", found=found, expected=SCHEMA)
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", _MIGRATIONS)
    config.set_main_option("path_separator", "os")
    return config
