"""SQLite files: good ones, and programs that hold or spoil them."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from offline_activation.errors import Trouble
from offline_activation.vendor.records import AuditEntry
from offline_activation.vendor.store.opening import open_sqlite


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of good books with some entries in the audit log."""
    path = tmp_path / "vendor.db"
    with closing(open_sqlite(str(path))) as store, store.begin() as work:
        for n in range(300):
            work.append_audit(AuditEntry(at=n, actor="eva", action="order.entered", subject=str(n), details={}))
    return path


@pytest.fixture
def code_of() -> Callable[[Path], str]:
    """Return the code of the trouble when books are opened and written, or ``""``."""

    def code_of(path: Path) -> str:
        try:
            with closing(open_sqlite(str(path), timeout=0.2)) as store:
                with store.read() as work:
                    work.audit()
                with store.begin() as work:
                    work.next_order_id()
        except Trouble as trouble:
            return trouble.code
        return ""

    return code_of


@pytest.fixture
def by_hand() -> Callable[[Path, str], None]:
    """Run SQL on a file, past the store."""

    def by_hand(path: Path, sql: str) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.executescript(sql)

    return by_hand


@pytest.fixture
def child() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start a Python program with arguments."""
    started: list[subprocess.Popen[bytes]] = []

    def child(program: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", program, *arguments]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        return started[-1]

    yield child
    for process in started:
        process.kill()
        process.communicate()
