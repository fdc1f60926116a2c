"""Moves: sites that held a license before, who the customer is by mail address, emergency licenses and forks."""

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0003"
down_revision: Final = "0002"

_PAGE: Final = 1000


def upgrade() -> None:
    """Add the columns and the table; a column is added in place, so no row of the books is copied."""
    _former_sites()
    for column in (
        sa.Column("customer", sa.Text(), nullable=False, server_default=""),
        sa.Column("unreturned", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("emergency_opened", sa.BigInteger()),
        sa.Column("forks", sa.BigInteger()),
        sa.Column("fork_turns", sa.BigInteger()),
        sa.Column("fork_seen", sa.BigInteger()),
        sa.Column("fork_left", sa.LargeBinary()),
    ):
        op.add_column("licenses", column)
    _name_customers()
    where = sa.text("unreturned > 0")
    op.create_index(
        "ix_licenses_unreturned", "licenses", ["product", "customer"], sqlite_where=where, postgresql_where=where
    )


def _former_sites() -> None:
    op.create_table(
        "former_sites",
        sa.Column("license_number", sa.Text(), nullable=False),
        sa.Column("site_key", sa.LargeBinary(), nullable=False),
        sa.Column("volume_id", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("return_id", sa.LargeBinary()),
        sa.Column("response_id", sa.LargeBinary()),
        sa.Column("last_seen", sa.BigInteger()),
        sa.Column("written_off", sa.BigInteger()),
        sa.Column("back", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("license_number", "site_key", name="pk_former_sites"),
        sa.ForeignKeyConstraint(
            ["license_number"],
            ["licenses.license_number"],
            name="fk_former_sites_license_number_licenses",
            deferrable=True,
            initially="DEFERRED",
        ),
    )


def _name_customers() -> None:
    """Fill ``customer`` as the store does; databases disagree about small letters, so none of them is asked."""
    licenses = sa.table("licenses", sa.column("license_number"), sa.column("email"), sa.column("customer"))
    page = sa.select(licenses.c.license_number, licenses.c.email).order_by(licenses.c.license_number).limit(_PAGE)
    named = (
        sa.update(licenses)
        .where(licenses.c.license_number == sa.bindparam("number"))
        .values(customer=sa.bindparam("name"))
    )
    connection = op.get_bind()
    after = ""
    while found := connection.execute(page.where(licenses.c.license_number > after)).all():
        connection.execute(named, [_named(row) for row in found])
        after = found[-1].license_number


def _named(row: sa.Row[Any, Any]) -> dict[str, str]:
    return {"number": row.license_number, "name": row.email.strip().casefold()}
