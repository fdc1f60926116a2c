import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import pytest

from offline_activation.errors import Trouble
from offline_activation.vendor.ports import Store
from offline_activation.vendor.records import LicenseRecord

Child = Callable[[str], subprocess.Popen[bytes]]

WRITING = """
from dataclasses import replace
from offline_activation.vendor.records import AuditEntry
store = open_store(address, timeout=50)
def mine(work):
    return work.licenses()[0]
"""


class Open(Protocol):
    def __call__(self, *, timeout: float = 10.0) -> Store: ...


def started(process: subprocess.Popen[bytes]) -> None:
    """Wait until the child says so."""
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"


def test_an_exception_leaves_nothing(store: Store, a_license: Callable[[int], LicenseRecord]) -> None:
    with store.begin() as work:
        work.save_license(a_license(1))

    def interrupted() -> None:
        with store.begin() as work:
            work.save_license(replace(a_license(1), revision=7))
            work.save_license(a_license(2))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with store.read() as work:
        assert work.licenses() == (a_license(1),)


def test_a_killed_process_leaves_nothing_also_when_it_had_begun_to_write_the_file(
    store: Store, open_books: Open, child: Child, a_license: Callable[[int], LicenseRecord]
) -> None:
    with store.begin() as work:
        work.save_license(a_license(1))
    process = child(
        WRITING
        + """
with store.begin() as work:
    kept = mine(work)
    for n in range(3000):
        work.save_license(replace(kept, license_number=f"{n:020d}", company="x" * 2000))
    print("ready", flush=True)
    import time; time.sleep(60)
"""
    )
    started(process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    for books in (store, open_books()):
        with books.begin() as work:
            assert work.licenses() == (a_license(1),)
        assert list(books.problems()) == []


def test_what_was_committed_survives_a_kill(store: Store, child: Child) -> None:
    process = child(
        WRITING
        + """
import os, signal
with store.begin() as work:
    work.append_audit(AuditEntry(at=1, actor="a", action="b", subject="c", details={}))
os.kill(os.getpid(), signal.SIGKILL)
"""
    )
    assert process.wait() == -signal.SIGKILL
    with store.read() as work:
        assert [entry.number for entry in work.audit()] == [1]


def test_eight_processes_lose_no_update(store: Store, child: Child, a_license: Callable[[int], LicenseRecord]) -> None:
    with store.begin() as work:
        work.save_license(a_license(1))
    program = """
for turn in range(15):
    with store.begin() as work:
        found = mine(work)
        work.save_license(replace(found, revision=found.revision + 1))
        work.append_audit(AuditEntry(at=turn, actor="a", action="b", subject=work.next_order_id(), details={}))
"""
    processes = [child(WRITING + program) for _ in range(8)]
    assert [process.wait() for process in processes] == [0] * 8
    with store.begin() as work:
        assert work.licenses()[0].revision == 120
        assert [entry.number for entry in work.audit()] == list(range(1, 121))
        assert [entry.subject for entry in work.audit()] == [f"O-{n:06d}" for n in range(1, 121)]
        assert work.next_order_id() == "O-000121"
    assert list(store.problems()) == []


def test_threads_of_one_store_are_serialised_too(store: Store, a_license: Callable[[int], LicenseRecord]) -> None:
    with store.begin() as work:
        work.save_license(a_license(1))

    def increments() -> None:
        for _ in range(10):
            with store.begin() as work:
                found = work.licenses()[0]
                work.save_license(replace(found, revision=found.revision + 1))

    threads = [threading.Thread(target=increments) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as work:
        assert work.licenses()[0].revision == 60


def test_a_reader_sees_one_state_while_others_write(
    store: Store, open_books: Open, a_license: Callable[[int], LicenseRecord]
) -> None:
    with store.begin() as work:
        work.save_license(a_license(1))
    writes = threading.Event()

    def write() -> None:
        with open_books().begin() as work:
            work.save_license(replace(a_license(1), revision=1))
            writes.set()

    thread = threading.Thread(target=write)
    with store.read() as work:
        thread.start()
        assert writes.wait(10)
        time.sleep(0.05)
        assert work.licenses() == (a_license(1),)
        time.sleep(0.05)
        assert work.licenses() == (a_license(1),)
    thread.join()
    with store.read() as work:
        assert work.licenses()[0].revision == 1


def test_one_writer_at_a_time_and_who_waits_too_long_is_told_so(store: Store, open_books: Open) -> None:
    impatient = open_books(timeout=0.2)
    with store.begin():
        begun = time.monotonic()
        with pytest.raises(Trouble) as caught, impatient.begin():
            pass
        assert caught.value.code == "io.database_locked"
        assert 0.15 < time.monotonic() - begun < 5
        with impatient.read() as work:
            assert work.licenses() == ()
    with impatient.begin() as work:
        assert work.licenses() == ()


def test_a_commit_that_had_to_wait_too_long_left_nothing_and_can_be_tried_again(
    store: Store, open_books: Open, a_license: Callable[[int], LicenseRecord]
) -> None:
    impatient = open_books(timeout=0.2)

    def save() -> None:
        with impatient.begin() as work:
            work.save_license(a_license(1))

    with store.read() as reader:
        try:
            save()
        except Trouble as trouble:
            assert trouble.code == "io.database_locked"  # noqa: PT017 - a store may do without waiting for readers
        assert reader.licenses() == ()
    save()
    with impatient.read() as work:
        assert work.licenses() == (a_license(1),)


def test_two_processes_that_open_new_books_at_once_make_them_once(open_books: Open, child: Child) -> None:
    processes = [
        child("""
import time
while time.time() % 0.5 > 0.05:
    pass
store = open_store(address)
with store.begin() as work:
    work.next_order_id()
print(store.schema_version(), list(store.problems()))
""")
        for _ in range(4)
    ]
    outputs = [process.stdout.read() for process in processes if process.stdout is not None]
    assert [process.wait() for process in processes] == [0] * 4
    assert len(set(outputs)) == 1
    assert outputs[0].endswith(b"[]\n")
    with open_books().begin() as work:
        assert work.next_order_id() == "O-000005"


def test_a_store_is_closed_twice_without_complaint(store: Store, open_books: Open) -> None:
    with store.begin() as work:
        assert work.next_order_id() == "O-000001"
    store.close()
    store.close()
    with open_books().begin() as work:
        assert work.next_order_id() == "O-000002"
