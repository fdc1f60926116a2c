"""The first books: vendor, products, orders, licenses, requests, intents, trust lists, keys, audit log, outbox."""

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0001"
down_revision: Final = None

_NOT_ABANDONED: Final = "state <> 'abandoned'"


def upgrade() -> None:
    """Make the tables."""
    _vendor_tables()
    _order_tables()
    _license_table()
    _request_tables()
    _log_tables()


def _text(name: str, *, may_lack: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=may_lack)


def _number(name: str, *, may_lack: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), nullable=may_lack, autoincrement=False)


def _bytes(name: str, *, may_lack: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.LargeBinary(), nullable=may_lack)


def _position() -> sa.Column[Any]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("position", kind, autoincrement=True, nullable=False)


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")


def _unique(table: str, column: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(column, name=f"uq_{table}_{column}")


def _reference(table: str, column: str, to_table: str, to_column: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}_{to_table}"
    target = f"{to_table}.{to_column}"
    return sa.ForeignKeyConstraint([column], [target], name=name, deferrable=True, initially="DEFERRED")


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def _index_where(name: str, table: str, *columns: str, condition: str, unique: bool) -> None:
    where = sa.text(condition)
    op.create_index(name, table, list(columns), unique=unique, sqlite_where=where, postgresql_where=where)


def _vendor_tables() -> None:
    op.create_table("counters", _text("name"), _number("value"), _key("counters", "name"))
    op.create_table(
        "vendor",
        sa.Column("only", sa.Integer(), autoincrement=False, nullable=False),
        _text("name"),
        _bytes("root"),
        _number("created"),
        _key("vendor", "only"),
        sa.CheckConstraint("only = 1", name="ck_vendor_only"),
    )
    op.create_table(
        "products", _text("product_id"), _text("definition"), _number("loaded"), _key("products", "product_id")
    )
    op.create_table("trust_lists", _number("number"), _bytes("document"), _key("trust_lists", "number"))
    op.create_table(
        "keys",
        _position(),
        _bytes("key_id"),
        _text("role"),
        _bytes("public_key"),
        _number("not_before"),
        _number("not_after"),
        _number("uses"),
        _text("products", may_lack=True),
        _text("location"),
        _text("state"),
        _key("keys", "position"),
        _unique("keys", "key_id"),
    )


def _order_tables() -> None:
    op.create_table(
        "orders",
        _position(),
        _text("order_id"),
        _text("product"),
        _text("license_number"),
        sa.Column("is_amendment", sa.Boolean(), nullable=False),
        _text("company"),
        _text("email"),
        _text("contact_name"),
        _text("purchase_order"),
        _text("state"),
        _number("entered"),
        _number("processed", may_lack=True),
        _key("orders", "position"),
        _unique("orders", "order_id"),
        _reference("orders", "product", "products", "product_id"),
    )
    _index("orders", "license_number")
    _index("orders", "state")
    op.create_table(
        "order_lines",
        _text("order_id"),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        _text("kind"),
        _text("name"),
        _number("amount"),
        _key("order_lines", "order_id", "line"),
        _reference("order_lines", "order_id", "orders", "order_id"),
    )


def _license_table() -> None:
    op.create_table(
        "licenses",
        _text("license_number"),
        _text("product"),
        _text("state"),
        _text("company"),
        _text("email"),
        _text("contact_name"),
        _text("entitlement"),
        _text("issued", may_lack=True),
        _number("revision"),
        _bytes("site_key", may_lack=True),
        _text("volume_id", may_lack=True),
        _text("volume_source", may_lack=True),
        _text("components", may_lack=True),
        _number("counter", may_lack=True),
        _text("contact", may_lack=True),
        _number("first_activated", may_lack=True),
        _number("last_contact", may_lack=True),
        _bytes("last_response", may_lack=True),
        _key("licenses", "license_number"),
        _reference("licenses", "product", "products", "product_id"),
    )
    _index("licenses", "site_key")
    _index("licenses", "volume_id")


def _request_tables() -> None:
    op.create_table(
        "requests",
        _position(),
        _bytes("request_id"),
        _text("reference"),
        _text("license_number"),
        _bytes("document"),
        _number("received"),
        _text("decision"),
        _text("reasons"),
        _text("approved_by", may_lack=True),
        _text("refused_because", may_lack=True),
        _key("requests", "position"),
        _unique("requests", "request_id"),
    )
    _index("requests", "reference")
    _index_where("ix_requests_asked", "requests", "received", "position", condition="decision = 'ask'", unique=False)
    op.create_table(
        "intents",
        _position(),
        _bytes("request_id"),
        _bytes("response_id"),
        _text("kind"),
        _bytes("payload"),
        _bytes("key_id"),
        _text("license_number"),
        _number("revision"),
        _text("code"),
        _number("intended"),
        _text("state"),
        _bytes("document", may_lack=True),
        _key("intents", "position"),
        _reference("intents", "request_id", "requests", "request_id"),
    )
    _index("intents", "license_number")
    _index("intents", "response_id")
    _index_where("uq_intents_request", "intents", "request_id", condition=_NOT_ABANDONED, unique=True)
    revisions = f"{_NOT_ABANDONED} AND kind = 'license'"
    _index_where("uq_intents_revision", "intents", "license_number", "revision", condition=revisions, unique=True)


def _log_tables() -> None:
    op.create_table(
        "audit",
        _number("number"),
        _number("at"),
        _text("actor"),
        _text("action"),
        _text("subject"),
        _text("details"),
        _bytes("seal"),
        _key("audit", "number"),
    )
    _index("audit", "subject")
    op.create_table(
        "outbox",
        _position(),
        _text("event"),
        _text("recipient"),
        _text("template"),
        _text("facts"),
        _number("queued"),
        _text("state"),
        _key("outbox", "position"),
        _unique("outbox", "event"),
    )
