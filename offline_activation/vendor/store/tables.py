"""The tables of the vendor's books, for every database the same: portable types, named constraints, no database's SQL.

Documents and keys are bytes, times and counts 64-bit integers, everything with parts is JSON text.  ``position`` counts
rows in the order in which they were first written.  Migrations build the tables; a test compares the two.
"""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

SCHEMA: Final = "0004"
"""The newest schema: the head of the migrations, written here so that opening current books loads no Alembic."""

POSITION: Final = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts only a column declared ``INTEGER`` by itself, and stores 64 bits in it all the same."""

ASKED: Final = "decision = 'ask'"
NOT_ABANDONED: Final = "state <> 'abandoned'"
HAS_UNRETURNED: Final = "unreturned > 0"
"""Conditions of partial indexes.  Queries repeat them word by word: with a parameter the index would not be used."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _reference(column: str) -> ForeignKey:
    """Return a foreign key that is checked when the unit of work ends, so that rows may be saved in any order."""
    return ForeignKey(column, deferrable=True, initially="DEFERRED")


counters = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

vendor = Table(
    "vendor",
    metadata,
    Column("only", Integer, CheckConstraint("only = 1", name="only"), primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("created", BigInteger, nullable=False),
)

products = Table(
    "products",
    metadata,
    Column("product_id", Text, primary_key=True),
    Column("definition", Text, nullable=False),
    Column("loaded", BigInteger, nullable=False),
)

orders = Table(
    "orders",
    metadata,
    Column("position", POSITION, primary_key=True, autoincrement=True),
    Column("order_id", Text, nullable=False, unique=True),
    Column("product", Text, _reference("products.product_id"), nullable=False),
    Column("license_number", Text, nullable=False, index=True),
    Column("is_amendment", Boolean, nullable=False),
    Column("company", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("contact_name", Text, nullable=False),
    Column("purchase_order", Text, nullable=False),
    Column("state", Text, nullable=False, index=True),
    Column("entered", BigInteger, nullable=False),
    Column("processed", BigInteger),
)

order_lines = Table(
    "order_lines",
    metadata,
    Column("order_id", Text, _reference("orders.order_id"), primary_key=True),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
)

licenses = Table(
    "licenses",
    metadata,
    Column("license_number", Text, primary_key=True),
    Column("product", Text, _reference("products.product_id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("company", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("contact_name", Text, nullable=False),
    Column("entitlement", Text, nullable=False),
    Column("issued", Text),
    Column("revision", BigInteger, nullable=False),
    Column("site_key", LargeBinary, index=True),
    Column("volume_id", Text, index=True),
    Column("volume_source", Text),
    Column("components", Text),
    Column("counter", BigInteger),
    Column("contact", Text),
    Column("first_activated", BigInteger),
    Column("last_contact", BigInteger),
    Column("last_response", LargeBinary),
    Column("customer", Text, nullable=False, server_default=""),
    Column("unreturned", BigInteger, nullable=False, server_default="0"),
    Column("emergency_opened", BigInteger),
    Column("forks", BigInteger),
    Column("fork_turns", BigInteger),
    Column("fork_seen", BigInteger),
    Column("fork_left", LargeBinary),
)

former_sites = Table(
    "former_sites",
    metadata,
    Column("license_number", Text, _reference("licenses.license_number"), primary_key=True),
    Column("site_key", LargeBinary, primary_key=True),
    Column("volume_id", Text, nullable=False),
    Column("how", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("return_id", LargeBinary),
    Column("response_id", LargeBinary),
    Column("last_seen", BigInteger),
    Column("written_off", BigInteger),
    Column("back", LargeBinary),
)
"""A site is found by license number and key, the sites of a license by the first half of that key."""

requests = Table(
    "requests",
    metadata,
    Column("position", POSITION, primary_key=True, autoincrement=True),
    Column("request_id", LargeBinary, nullable=False, unique=True),
    Column("reference", Text, nullable=False, index=True),
    Column("license_number", Text, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("received", BigInteger, nullable=False),
    Column("decision", Text, nullable=False),
    Column("reasons", Text, nullable=False),
    Column("approved_by", Text),
    Column("refused_because", Text),
)

intents = Table(
    "intents",
    metadata,
    Column("position", POSITION, primary_key=True, autoincrement=True),
    Column("request_id", LargeBinary, _reference("requests.request_id"), nullable=False),
    Column("response_id", LargeBinary, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("key_id", LargeBinary, nullable=False),
    Column("license_number", Text, nullable=False, index=True),
    Column("revision", BigInteger, nullable=False),
    Column("code", Text, nullable=False),
    Column("intended", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("document", LargeBinary),
)

trust_lists = Table(
    "trust_lists",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("document", LargeBinary, nullable=False),
)

keys = Table(
    "keys",
    metadata,
    Column("position", POSITION, primary_key=True, autoincrement=True),
    Column("key_id", LargeBinary, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("not_before", BigInteger, nullable=False),
    Column("not_after", BigInteger, nullable=False),
    Column("uses", BigInteger, nullable=False),
    Column("products", Text),
    Column("location", Text, nullable=False),
    Column("state", Text, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False, index=True),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False, index=True),
    Column("details", Text, nullable=False),
    Column("seal", LargeBinary, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("position", POSITION, primary_key=True, autoincrement=True),
    Column("event", Text, nullable=False, unique=True),
    Column("recipient", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("queued", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
)


def _where(name: str, *columns: Column[Any], condition: str, unique: bool = False) -> None:
    """Add an index over the rows that meet ``condition``; SQLite and PostgreSQL both know partial indexes."""
    Index(name, *columns, unique=unique, sqlite_where=text(condition), postgresql_where=text(condition))


_where("ix_licenses_unreturned", licenses.c.product, licenses.c.customer, condition=HAS_UNRETURNED)
_where("ix_requests_asked", requests.c.received, requests.c.position, condition=ASKED)
_where("uq_intents_request", intents.c.request_id, condition=NOT_ABANDONED, unique=True)
_where(
    "uq_intents_revision",
    intents.c.license_number,
    intents.c.revision,
    condition=f"{NOT_ABANDONED} AND kind = 'license'",
    unique=True,
)
