"""Alembic runs this file: on the connection it was given, inside the transaction that is already open on it.

It configures no logging and reads no ``alembic.ini``: the program that opens the books decides about both.
"""

from alembic import context

from offline_activation.vendor.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
