"""Which schema a database has, read without Alembic."""

from sqlalchemy import Column, Connection, MetaData, Table, Text, inspect, select

_VERSION = Table("alembic_version", MetaData(), Column("version_num", Text))


def schema_version(connection: Connection) -> str | None:
    """Return the schema of a database, or ``None`` when it holds no books (yet)."""
    if not inspect(connection).has_table(_VERSION.name):
        return None
    return connection.execute(select(_VERSION.c.version_num)).scalar()
