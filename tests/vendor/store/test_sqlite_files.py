import os
import sqlite3
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from offline_activation.errors import Misuse, Trouble
from offline_activation.vendor.store.opening import open_sqlite, open_store

CodeOf = Callable[[Path], str]
Child = Callable[..., subprocess.Popen[bytes]]

NOBODY = 65534

USING = """
import sys
from offline_activation.errors import Trouble
from offline_activation.vendor.records import AuditEntry
from offline_activation.vendor.store.opening import open_sqlite
def use(path, entries=1):
    try:
        store = open_sqlite(path, timeout=0.2)
        with store.begin() as work:
            for n in range(entries):
                work.append_audit(AuditEntry(at=n, actor="a", action="b", subject="c" * 500, details={}))
        return "done"
    except Trouble as trouble:
        return f"{trouble.code}: {trouble.message}"
"""


def test_good_books_are_used(path: Path, code_of: CodeOf) -> None:
    assert code_of(path) == ""


def test_new_books_are_private_and_nothing_lies_beside_them(tmp_path: Path) -> None:
    path = tmp_path / "vendor.db"
    open_sqlite(str(path)).close()
    assert [entry.name for entry in tmp_path.iterdir()] == ["vendor.db"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.stat().st_nlink == 1


def test_missing_books_are_not_made_unless_wanted(tmp_path: Path) -> None:
    with pytest.raises(Trouble) as caught:
        open_sqlite(str(tmp_path / "vendor.db"), create=False)
    assert caught.value.code == "io.not_found"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a ?mode=ro&x=%41.db", "é 日本.db", "new\nline.db", "-.db", "a#b.db", ":memory:x"])
def test_any_file_name_is_just_a_name(tmp_path: Path, name: str) -> None:
    open_sqlite(str(tmp_path / name)).close()
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    "url", ["", "vendor.db", "sqlite://", "sqlite:///:memory:", "mysql://u:secret@h/d", "sqlite:///x?mode=ro"]
)
def test_other_addresses_are_misuse(url: str) -> None:
    with pytest.raises(Misuse) as caught:
        open_store(url)
    assert caught.value.code == "usage.invalid"
    assert "secret" not in caught.value.message


def test_a_database_of_no_bytes_is_trouble_and_stays_as_it_is(path: Path, code_of: CodeOf) -> None:
    path.write_bytes(b"")
    assert code_of(path) == "io.database"
    assert path.read_bytes() == b""


@pytest.mark.parametrize(
    "content", [b"hello\n", b"SQLite format 3\0", b"\0" * 8192, b"SQLite format 3\0" + b"\xff" * 8192]
)
def test_a_file_that_is_no_database_is_trouble_and_stays_as_it_is(path: Path, code_of: CodeOf, content: bytes) -> None:
    path.write_bytes(content)
    assert code_of(path) == "io.database"
    assert path.read_bytes() == content


def test_a_truncated_database_is_trouble_or_tells_its_problems(path: Path, code_of: CodeOf) -> None:
    whole = path.read_bytes()
    for kept in (100, 5000, len(whole) // 2, len(whole) - 4096):
        path.write_bytes(whole[:kept])
        assert code_of(path) == "io.database"
        assert path.read_bytes() == whole[:kept]


def test_damage_anywhere_is_trouble_and_never_another_exception(path: Path) -> None:
    whole = path.read_bytes()
    for at in range(0, len(whole), 4096):
        path.write_bytes(whole[:at] + os.urandom(4096) + whole[at + 4096 :])
        try:
            with closing(open_sqlite(str(path), timeout=0.2)) as store:
                assert list(store.problems())
                with store.read() as work:
                    work.audit()
                    work.licenses()
        except Trouble as trouble:
            assert trouble.code.startswith("io.database")  # noqa: PT017 - either way is right


def test_a_directory_a_link_to_nowhere_and_a_pipe_are_trouble(tmp_path: Path, code_of: CodeOf) -> None:
    (tmp_path / "directory").mkdir()
    (tmp_path / "link").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    for name in ("directory", "link", "pipe", "no/such/directory.db", "x" * 300, "nul\0"):
        assert code_of(tmp_path / name) == "io.database"


def test_a_file_that_may_only_be_read_is_trouble(path: Path, child: Child) -> None:
    program = (
        USING
        + """
import os, sqlalchemy.dialects.sqlite
if os.geteuid() == 0:
    os.setuid(int(sys.argv[2]))  # root may write everything
print(use(sys.argv[1]))
"""
    )
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        copy = Path(directory) / "vendor.db"
        copy.write_bytes(path.read_bytes())
        copy.chmod(0o444)
        output, errors = child(program, str(copy), str(NOBODY)).communicate()
    assert (output, errors) == (b"io.database: The database cannot be used: it is read-only.\n", b"")


def test_a_full_disk_is_trouble_and_loses_nothing(path: Path, child: Child, code_of: CodeOf) -> None:
    size = path.stat().st_size
    program = (
        USING
        + """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
print(use(sys.argv[1], entries=3000))
"""
    )
    output, errors = child(program, str(path), str(size + 20_000)).communicate()
    assert output.startswith(b"io.database: ")
    assert errors == b""
    assert code_of(path) == ""
    with closing(open_sqlite(str(path))) as store, store.read() as work:
        assert len(work.audit()) == 300
        assert list(store.problems()) == []


def test_a_lock_held_longer_than_the_timeout_is_named(path: Path, child: Child) -> None:
    holder = child(
        """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("ready", flush=True)
time.sleep(60)
""",
        str(path),
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"ready\n"
    begun = time.monotonic()
    with pytest.raises(Trouble) as caught:
        open_sqlite(str(path), timeout=0.3)
    assert caught.value.code == "io.database_locked"
    assert 0.2 < time.monotonic() - begun < 5


def test_a_lock_held_shorter_than_the_timeout_is_waited_for(path: Path, child: Child) -> None:
    holder = child(
        """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("ready", flush=True)
time.sleep(0.5)
""",
        str(path),
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"ready\n"
    with closing(open_sqlite(str(path), timeout=20)) as store, store.begin() as work:
        assert work.next_order_id() == "O-000001"


def test_books_of_another_program_are_left_alone(tmp_path: Path, code_of: CodeOf, by_hand: Callable[..., None]) -> None:
    path = tmp_path / "other.db"
    by_hand(path, "CREATE TABLE songs (title TEXT)")
    before = path.read_bytes()
    assert code_of(path) == "io.database"
    assert path.read_bytes() == before


def test_a_file_in_write_ahead_mode_is_brought_back(path: Path, code_of: CodeOf, by_hand: Callable[..., None]) -> None:
    by_hand(path, "PRAGMA journal_mode = WAL; INSERT INTO counters VALUES ('other', 1)")
    assert code_of(path) == ""
    assert [entry.name for entry in path.parent.iterdir() if entry.name.endswith(("-wal", "-shm"))] == []


def test_every_connection_is_durable_and_keeps_references(path: Path) -> None:
    store = open_sqlite(str(path))
    with closing(store), store._engine.connect() as connection:  # noqa: SLF001 - what SQLite was told is seen here only
        told = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert told == {"journal_mode": "truncate", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}


def test_entries_of_the_audit_log_are_neither_changed_nor_deleted(path: Path, by_hand: Callable[..., None]) -> None:
    for sql in (
        "UPDATE audit SET actor = 'x' WHERE number = 1",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE number = 300",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="never"):
            by_hand(path, sql)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        ("UPDATE audit SET actor = 'eve' WHERE number = 7", "Audit entry 7 was changed"),
        ("DELETE FROM audit WHERE number = 7", "Audit entry 7 is missing"),
        ("DELETE FROM audit WHERE number > 290", "ends at entry 290, but 300 were written"),
        ("UPDATE audit SET number = 1000 WHERE number = 300", "Audit entry 300 is missing"),
        ("", "The trigger audit_keeps_content, which guards the audit log, is missing"),
    ],
)
def test_problems_names_what_was_done_to_the_audit_log(
    path: Path, by_hand: Callable[..., None], spoil: str, sentence: str
) -> None:
    triggers = "DROP TRIGGER audit_keeps_entries; DROP TRIGGER audit_keeps_content;"
    again = """
        CREATE TRIGGER audit_keeps_entries BEFORE DELETE ON audit BEGIN SELECT 1; END;
        CREATE TRIGGER audit_keeps_content BEFORE UPDATE ON audit BEGIN SELECT 1; END;
    """
    by_hand(path, f"{triggers} {spoil}; {again if spoil else ''}")
    with closing(open_sqlite(str(path))) as store:
        assert [problem for problem in store.problems() if sentence in problem]


def test_every_changed_entry_is_named_also_when_the_triggers_are_gone(path: Path, by_hand: Callable[..., None]) -> None:
    by_hand(
        path,
        "DROP TRIGGER audit_keeps_entries; DROP TRIGGER audit_keeps_content;"
        "UPDATE audit SET actor = 'eve' WHERE number IN (7, 290); DELETE FROM audit WHERE number BETWEEN 9 AND 11;",
    )
    with closing(open_sqlite(str(path))) as store:
        assert list(store.problems()) == [
            "The trigger audit_keeps_content, which guards the audit log, is missing.",
            "The trigger audit_keeps_entries, which guards the audit log, is missing.",
            "Audit entry 7 was changed after it was written.",
            "Audit entry 9 is missing; the next one is 12.",
            "Audit entry 290 was changed after it was written.",
        ]


def test_rights_that_do_not_suffice_are_told_with_the_path(path: Path, child: Child) -> None:
    program = (
        USING
        + """
import os, sqlalchemy.dialects.sqlite
if os.geteuid() == 0:
    os.setuid(int(sys.argv[2]))  # root may read everything
print(use(sys.argv[1]))
"""
    )
    with tempfile.TemporaryDirectory() as directory:
        closed = Path(directory) / "closed"
        closed.mkdir()
        (closed / "vendor.db").write_bytes(path.read_bytes())
        Path(directory).chmod(0o755)
        for folder_mode, file_mode in ((0o000, 0o644), (0o755, 0o000)):
            (closed / "vendor.db").chmod(file_mode)
            closed.chmod(folder_mode)
            output, errors = child(program, str(closed / "vendor.db"), str(NOBODY)).communicate()
            assert (output.startswith(b"io.unreadable: " + bytes(closed)), errors) == (True, b"")
            closed.chmod(0o755)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        ("DROP TABLE outbox", "The table outbox is missing"),
        ("DROP INDEX uq_intents_request", "The index uq_intents_request is missing"),
        ("ALTER TABLE products DROP COLUMN loaded", "The column products.loaded is missing"),
        ("INSERT INTO order_lines VALUES ('O-9', 0, 'option', 'x', 0)", "A row of order_lines refers to something"),
        (
            "INSERT INTO outbox VALUES (1, 'e', 'r', 't', '{broken', 0, 'queued')",
            "a row of outbox is damaged",
        ),
    ],
)
def test_problems_names_what_is_wrong_with_the_tables(
    path: Path, by_hand: Callable[..., None], spoil: str, sentence: str
) -> None:
    by_hand(path, spoil)
    with closing(open_sqlite(str(path))) as store:
        assert [problem for problem in store.problems() if sentence in problem]


def test_frequent_queries_use_an_index(path: Path) -> None:
    store = open_sqlite(str(path))
    plans: list[str] = []
    with closing(store), sqlite3.connect(path) as plain:
        for where in (
            "intents WHERE request_id = x'00' AND state <> 'abandoned'",
            "intents WHERE license_number = 'x'",
            "requests WHERE decision = 'ask'",
            "requests WHERE reference = 'x'",
            "licenses WHERE volume_id = 'x'",
            "licenses WHERE site_key = x'00'",
            "licenses WHERE license_number > 'x' ORDER BY license_number LIMIT 9",
        ):
            plans += [row[3] for row in plain.execute(f"EXPLAIN QUERY PLAN SELECT * FROM {where}")]  # noqa: S608 - ours
    plain.close()
    assert len(plans) == 7
    assert all("USING INDEX" in plan for plan in plans), plans
