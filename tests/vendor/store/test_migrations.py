import logging
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from offline_activation.errors import Trouble
from offline_activation.formats.keys import PublicKey
from offline_activation.formats.names import LicenseNumber, ProductId
from offline_activation.vendor.records import AuditEntry, FormerSite
from offline_activation.vendor.store.migrating import newest_schema, upgrade
from offline_activation.vendor.store.opening import open_sqlite
from offline_activation.vendor.store.sqlite import SqliteDialect, sqlite_engine
from offline_activation.vendor.store.tables import SCHEMA, metadata

Child = Callable[..., subprocess.Popen[bytes]]

KILLED_WHILE_MIGRATING = """
import os, signal, sys
from sqlalchemy import Engine, event
from offline_activation.vendor.store.opening import open_sqlite
@event.listens_for(Engine, "after_cursor_execute")
def kill(connection, cursor, statement, *rest):
    if sys.argv[2] in statement:
        os.kill(os.getpid(), signal.SIGKILL)
open_sqlite(sys.argv[1])
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Return the path of books of the first schema with one audit entry."""
    path = tmp_path / "old.db"
    engine = sqlite_engine(str(path), timeout=1)
    upgrade(engine, SqliteDialect(), to="0001")
    with engine.begin() as connection:
        seal = "x'" + "00" * 32 + "'"
        connection.exec_driver_sql(f"INSERT INTO audit VALUES (1, 0, 'eva', 'a', 's', '{{}}', {seal})")  # noqa: S608 - ours
        connection.exec_driver_sql("INSERT INTO counters VALUES ('audit', 1)")
    engine.dispose()
    return path


@pytest.fixture
def with_licenses(tmp_path: Path) -> Path:
    """Return the path of books of the second schema with licenses, one of them held."""
    path = tmp_path / "second.db"
    engine = sqlite_engine(str(path), timeout=1)
    upgrade(engine, SqliteDialect(), to="0002")
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO products VALUES ('infinitime', 'x', 0)")
        entitlement = '{"limits":{"employees":100},"maintenance_until":null,"options":[],"until":null}'
        for n in range(2_500):
            held = (bytes([2]) * 32, "d15c-1", "ioctl", "{}", 7) if n == 0 else (None,) * 5
            row = (f"{n:020}", "infinitime", "active", "Northwind", f"IT{n % 5}+{n}@Northwind.example", "", entitlement)
            connection.exec_driver_sql(
                "INSERT INTO licenses VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                (*row, None, 1, *held, None, 5, 6, b"r" * 16),
            )
    engine.dispose()
    return path


def found_schema(path: Path) -> str:
    engine = sqlite_engine(str(path), timeout=1)
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()
        triggers = connection.exec_driver_sql("SELECT count(*) FROM sqlite_master WHERE type = 'trigger'").scalar_one()
    engine.dispose()
    assert triggers == (0 if found == "0001" else 2)
    return str(found)


def test_the_newest_schema_is_the_one_the_code_names() -> None:
    assert newest_schema() == SCHEMA


def test_migrations_from_nothing_build_exactly_the_tables_of_the_code(tmp_path: Path) -> None:
    path = tmp_path / "vendor.db"
    with closing(open_sqlite(str(path))) as store:
        assert store.schema_version() == SCHEMA
        assert list(store.problems()) == []
    engine = sqlite_engine(str(path), timeout=1)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_older_books_are_brought_to_the_newest_schema_with_everything_in_them(old: Path) -> None:
    with closing(open_sqlite(str(old))) as store:
        assert store.schema_version() == SCHEMA
        with store.begin() as work:
            assert work.audit()[0] == AuditEntry(at=0, actor="eva", action="a", subject="s", details={}, number=1)
            work.append_audit(AuditEntry(at=1, actor="eva", action="b", subject="s", details={}))
    assert found_schema(old) == SCHEMA


def test_books_with_licenses_learn_of_customers_and_keep_everything(with_licenses: Path) -> None:
    with closing(open_sqlite(str(with_licenses))) as store:
        with store.begin() as work:
            held = work.find_license(LicenseNumber("0" * 20))
            assert held is not None
            assert held.installation is not None
            assert (held.installation.counter, held.entitlement.limits) == (7, {"employees": 100})
            assert (held.revision, held.first_activated, held.last_contact, held.last_response) == (1, 5, 6, b"r" * 16)
            assert (held.unreturned, held.emergency_opened, held.forks) == (0, None, None)
            assert work.former_sites(held.license_number) == ()
            for number in (f"{n:020}" for n in (0, 5, 2_495, 1)):
                record = work.find_license(LicenseNumber(number))
                assert record is not None
                site = FormerSite(
                    license_number=record.license_number,
                    site_key=PublicKey(bytes([9]) * 32),
                    volume_id="d15c-9",
                    how="rehosted",
                    at=1,
                    revision=1,
                )
                work.save_former_site(site)
        with closing(sqlite3.connect(with_licenses, isolation_level=None)) as connection:
            connection.execute(
                "UPDATE licenses SET unreturned = 1 WHERE license_number IN (SELECT license_number FROM former_sites)"
            )
        with store.read() as work:
            assert work.unreturned_of(ProductId("infinitime"), "it0@northwind.EXAMPLE") == 3
            assert work.unreturned_of(ProductId("infinitime"), "it1@northwind.example") == 1
            assert work.unreturned_of(ProductId("other"), "it1@northwind.example") == 0
        assert list(store.problems()) == []


def test_books_of_a_newer_schema_are_refused_and_stay_as_they_are(
    old: Path, by_hand: Callable[[Path, str], None]
) -> None:
    by_hand(old, "UPDATE alembic_version SET version_num = '0999'")
    before = old.read_bytes()
    with pytest.raises(Trouble) as caught:
        open_sqlite(str(old))
    assert caught.value.code == "io.database_schema"
    assert "0999" in caught.value.message
    assert old.read_bytes() == before


def test_a_version_table_without_a_version_is_refused(old: Path, by_hand: Callable[[Path, str], None]) -> None:
    by_hand(old, "DELETE FROM alembic_version")
    with pytest.raises(Trouble) as caught:
        open_sqlite(str(old))
    assert caught.value.code == "io.database"


def test_a_kill_in_the_middle_of_a_migration_leaves_the_old_schema(old: Path, child: Child) -> None:
    process = child(KILLED_WHILE_MIGRATING, str(old), "TRIGGER audit_keeps_entries")
    assert process.wait() == -signal.SIGKILL
    assert found_schema(old) == "0001"
    open_sqlite(str(old)).close()
    assert found_schema(old) == SCHEMA


def test_a_kill_while_new_books_are_made_leaves_no_books(tmp_path: Path, child: Child) -> None:
    path = tmp_path / "vendor.db"
    process = child(KILLED_WHILE_MIGRATING, str(path), "CREATE TABLE orders")
    assert process.wait() == -signal.SIGKILL
    assert not path.exists()
    with closing(open_sqlite(str(path))) as store:
        assert list(store.problems()) == []


def test_programs_that_open_older_books_at_once_migrate_once(old: Path, child: Child) -> None:
    program = """
import sys
from offline_activation.vendor.store.opening import open_sqlite
store = open_sqlite(sys.argv[1], timeout=50)
print(store.schema_version())
"""
    processes = [child(program, str(old)) for _ in range(4)]
    assert [process.communicate() for process in processes] == [(f"{SCHEMA}\n".encode(), b"")] * 4


def test_migrating_prints_nothing_and_configures_no_logging(tmp_path: Path) -> None:
    program = """
import logging, sys
from offline_activation.vendor.store.opening import open_sqlite
open_sqlite(sys.argv[1])
assert not logging.getLogger().handlers
assert logging.getLogger().level == logging.WARNING
assert "alembic" in sys.modules
sys.modules.clear
"""
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path / "a.db")], capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")
    assert logging.getLogger("alembic").level == logging.NOTSET


def test_opening_current_books_loads_no_alembic(path: Path) -> None:
    program = """
import sys
from offline_activation.vendor.store.opening import open_sqlite
open_sqlite(sys.argv[1])
print([name for name in sys.modules if name.startswith("alembic")])
"""
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, check=True)
    assert done.stdout == b"[]\n"
