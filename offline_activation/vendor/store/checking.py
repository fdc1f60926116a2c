"""Checks of the books, above what a database checks: tables, the audit log, the ledger, every row readable."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from sqlalchemy import Connection, inspect

from offline_activation.errors import Refusal
from offline_activation.formats.envelope import open_envelope
from offline_activation.formats.names import LicenseNumber, document_id
from offline_activation.vendor.records import LicenseRecord
from offline_activation.vendor.store.schema import schema_version
from offline_activation.vendor.store.tables import SCHEMA, metadata
from offline_activation.vendor.store.work import UnitOfWork

Reading = Callable[[], AbstractContextManager[UnitOfWork]]


def problems_of_tables(connection: Connection) -> Iterator[str]:
    """Compare the tables, columns and indexes of a database with those of the newest schema."""
    found = schema_version(connection)
    if found != SCHEMA:
        yield f"The database has schema {found}, expected {SCHEMA}."
    present = inspect(connection)
    tables = set(present.get_table_names())
    for table in metadata.sorted_tables:
        if table.name not in tables:
            yield f"The table {table.name} is missing."
            continue
        columns = {column["name"] for column in present.get_columns(table.name)}
        for column in table.columns:
            if column.name not in columns:
                yield f"The column {table.name}.{column.name} is missing."
        indexes = {index["name"] for index in present.get_indexes(table.name)}
        for name in sorted(str(index.name) for index in table.indexes if index.name not in indexes):
            yield f"The index {name} is missing."


def problems_of_books(reading: Reading) -> Iterator[str]:
    """Read every record, a page in each unit of work so that writers are not kept waiting.

    Raises :class:`Trouble` for a row that cannot be read.
    """
    with reading() as work:
        yield from tuple(work.broken_audit())
        work.products(), work.orders(), work.keys(), work.outbox(), work.waiting_requests()
    after: LicenseNumber | None = None
    while True:
        with reading() as work:
            page = work.licenses(after=after)
            found = tuple(sentence for record in page for sentence in _problems_of_license(work, record))
        yield from found
        if not page:
            return
        after = page[-1].license_number


def _problems_of_license(work: UnitOfWork, record: LicenseRecord) -> Iterator[str]:
    yield from _problems_of_moves(work, record)
    for intent in work.intents(record.license_number):
        shown = f"The response to a request for license {record.license_number}"
        if intent.state == "signed" and intent.document is None:
            yield f"{shown} is recorded as signed, but there is no document."
        if intent.state != "abandoned" and document_id(intent.payload) != intent.response_id:
            yield f"{shown} is not the one that was recorded before it was signed."
        if intent.document is not None and not _holds(intent.document, intent.payload):
            yield f"{shown} was signed over something else than what was recorded."
        if intent.state != "abandoned" and intent.revision > record.revision:
            yield f"{shown} has revision {intent.revision}, but the license is at {record.revision}."


def _problems_of_moves(work: UnitOfWork, record: LicenseRecord) -> Iterator[str]:
    former = work.former_sites(record.license_number)
    counted = sum(site.is_unreturned for site in former)
    if counted != record.unreturned:
        yield f"License {record.license_number} counts {record.unreturned} unreturned sites, but has {counted}."
    holder = record.installation.site_key if record.installation else None
    if any((site.back is None) == (site.site_key == holder) for site in former):
        yield f"A former site of license {record.license_number} is said to hold it, or its holder to be a former site."


def _holds(document: bytes, payload: bytes) -> bool:
    try:
        return open_envelope(document).payload == payload
    except Refusal:
        return False
