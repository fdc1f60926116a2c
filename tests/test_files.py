"""Reading is bounded and never hangs; writing is whole or not at all, under real faults."""

import errno
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from offline_activation import files
from offline_activation.errors import ActivationError, Refusal, Trouble

WRITER = """
import sys
from offline_activation import files
from offline_activation.errors import Trouble
how, path, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
data = b"n" * size
try:
    if how == "replace":
        files.replace_durably(path, data)
    else:
        files.write_new(path, data, force=how == "force")
except Trouble as problem:
    sys.exit({"io.unwritable": 11, "io.exists": 12}[problem.code])
"""
UNWRITABLE, EXISTS = 11, 12


def code_of(problem: pytest.ExceptionInfo[ActivationError]) -> str:
    return problem.value.code


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def run_writer(how: str, path: Path, size: int, *, before: tuple[str, ...] = ()) -> int:
    command = (*before, sys.executable, "-B", "-c", WRITER, how, str(path), str(size))
    return subprocess.run(command, check=False, capture_output=True, timeout=60).returncode


def injected(*faults: str) -> tuple[str, ...]:
    assert shutil.which("strace"), "these tests need strace to make system calls fail"
    calls = ",".join(dict.fromkeys(fault.partition(":")[0] for fault in faults))
    return ("strace", "-f", "-o", os.devnull, "-e", f"trace={calls}", *(f"--inject={fault}" for fault in faults))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a file system of 256 KiB."""
    place = tmp_path / "small"
    place.mkdir()
    done = subprocess.run(("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", place), check=False, capture_output=True)
    assert done.returncode == 0, "this test needs root to mount a small file system"
    yield place
    subprocess.run(("umount", place), check=True)


def test_a_file_is_read_whole_up_to_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * 100)
    assert files.read_bounded(str(path), limit=100) == b"x" * 100
    with pytest.raises(Refusal) as problem:
        files.read_bounded(str(path), limit=99)
    assert code_of(problem) == "limit.too_large"


def test_a_link_to_a_file_is_followed(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"content")
    (tmp_path / "b").symlink_to("a")
    assert files.read_bounded(str(tmp_path / "b"), limit=100) == b"content"


@pytest.mark.parametrize("name", ["absent", "absent/deeper", "file/deeper", ""])
def test_an_absent_file_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Trouble) as problem:
        files.read_bounded(str(tmp_path / name) if name else "", limit=100)
    assert code_of(problem) == "io.not_found"


def test_pipes_devices_directories_and_sockets_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        started = time.monotonic()
        names = (str(tmp_path / "pipe"), str(tmp_path / "socket"), str(tmp_path), "/dev/zero", "/dev/tty", "/dev/null")
        for name in names:
            with pytest.raises(Trouble) as problem:
                files.read_bounded(name, limit=100)
            assert code_of(problem) == "io.not_a_file", name
        assert time.monotonic() - started < 2


def test_a_sparse_file_of_a_terabyte_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "huge"
    path.touch()
    os.truncate(path, 1 << 40)
    started = time.monotonic()
    with pytest.raises(Refusal) as problem:
        files.read_bounded(str(path), limit=1 << 20)
    assert code_of(problem) == "limit.too_large"
    assert "1 MiB" in problem.value.message
    assert time.monotonic() - started < 2


def test_a_file_that_grows_while_it_is_read_ends_at_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "growing"
    path.write_bytes(b"start")
    stop = threading.Event()

    def grow() -> None:
        with path.open("ab", buffering=0) as out:
            while not stop.is_set() and out.tell() < 64 << 20:
                out.write(b"more" * 4096)

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        started = time.monotonic()
        seen: set[str] = set()
        while not seen and time.monotonic() - started < 20:
            try:
                assert len(files.read_bounded(str(path), limit=1 << 20)) <= 1 << 20
            except Refusal as problem:
                seen.add(problem.code)
        assert seen == {"limit.too_large"}
    finally:
        stop.set()
        writer.join()


def test_a_file_without_a_size_is_still_bounded() -> None:
    with pytest.raises(Refusal) as problem:
        files.read_bounded("/proc/self/maps", limit=10)
    assert code_of(problem) == "limit.too_large"


def test_an_unreadable_file_says_why(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"x")
    program = (
        "import os, sys; from offline_activation import files; from offline_activation.errors import Trouble\n"
        "if os.geteuid() == 0: os.setegid(65534); os.seteuid(65534)\n"
        "try: files.read_bounded(sys.argv[1], limit=10)\n"
        "except Trouble as problem: print(problem.code, problem.message)\n"
    )
    path.chmod(0)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    done = subprocess.run((sys.executable, "-c", program, path), check=True, capture_output=True, text=True)
    assert done.stdout.startswith("io.unreadable")
    assert "permission denied" in done.stdout


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "x" * 300])
def test_impossible_names_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Trouble) as problem:
        files.read_bounded(f"{tmp_path}/{name}", limit=10)
    assert code_of(problem) == "io.unreadable"
    with pytest.raises(Trouble) as problem:
        files.write_new(f"{tmp_path}/{name}", b"")
    assert code_of(problem) == "io.unwritable"


@pytest.mark.parametrize("name", [b"-rf", b"--help", b"a;b", b"a\nb", b"\xff\xfe", b"n" * 255, "\u202efdp".encode()])
def test_every_possible_file_name_is_written_and_read(tmp_path: Path, name: bytes) -> None:
    path = str(tmp_path / os.fsdecode(name))
    files.write_new(path, b"content")
    assert files.read_bounded(path, limit=10) == b"content"
    with pytest.raises(Trouble) as problem:
        files.write_new(path, b"other")
    assert problem.value.message.isprintable()


def test_standard_streams_carry_bytes_and_are_bounded() -> None:
    program = (
        "from offline_activation import files; from offline_activation.errors import ActivationError\n"
        "try: files.write_new('-', files.read_bounded('-', limit=6))\n"
        "except ActivationError as problem: print(problem.code)\n"
    )
    for sent, expected in ((b"\x00\xffdata", b"\x00\xffdata"), (b"too long", b"limit.too_large\n")):
        done = subprocess.run((sys.executable, "-c", program), input=sent, check=True, capture_output=True)
        assert done.stdout == expected


def test_closed_standard_streams_are_trouble() -> None:
    program = (
        "import sys; from offline_activation import files; from offline_activation.errors import Trouble\n"
        "sys.stdin = sys.stdout = None; found = []\n"
        "for act in (lambda: files.read_bounded('-', limit=6), lambda: files.write_new('-', b'x')):\n"
        "    try: act()\n"
        "    except Trouble as problem: found.append(problem.code)\n"
        "sys.exit(found != ['io.unreadable', 'io.unwritable'])\n"
    )
    subprocess.run((sys.executable, "-c", program), check=True)


def test_standard_output_on_a_full_disk_is_trouble() -> None:
    program = (
        "import sys; from offline_activation import files; from offline_activation.errors import Trouble\n"
        "try: files.write_new('-', b'x' * 100000)\n"
        "except Trouble as problem: sys.stderr.write(problem.code)\n"
    )
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run((sys.executable, "-c", program), stdout=full, check=False, stderr=subprocess.PIPE)
    assert done.stderr.startswith(b"io.unwritable")


def test_a_new_file_has_its_mode_and_leaves_nothing_else(tmp_path: Path) -> None:
    files.write_new(str(tmp_path / "a"), b"content", mode=0o600)
    assert (tmp_path / "a").read_bytes() == b"content"
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600
    assert names_in(tmp_path) == ["a"]


def test_an_existing_name_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / "folder").mkdir()
    (tmp_path / "dangling").symlink_to("nowhere")
    for name in ("file", "folder", "dangling"):
        with pytest.raises(Trouble) as problem:
            files.write_new(str(tmp_path / name), b"new")
        assert code_of(problem) == "io.exists"
    assert (tmp_path / "file").read_bytes() == b"old"
    assert names_in(tmp_path) == ["dangling", "file", "folder"]


def test_force_replaces_a_file_or_a_link_but_no_folder_and_no_device(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "folder").mkdir()
    (tmp_path / "null").symlink_to("/dev/null")
    files.write_new(str(tmp_path / "link"), b"new", force=True)
    assert (tmp_path / "file").read_bytes() == b"old"
    assert not (tmp_path / "link").is_symlink()
    for name in ("folder", "null"):
        with pytest.raises(Trouble) as problem:
            files.write_new(str(tmp_path / name), b"new", force=True)
        assert code_of(problem) == "io.not_a_file"
    assert names_in(tmp_path) == ["file", "folder", "link", "null"]


def test_of_many_writers_of_one_new_name_exactly_one_wins(tmp_path: Path) -> None:
    path = str(tmp_path / "prize")
    for _ in range(20):
        wins: list[bytes] = []
        losses: list[str] = []
        barrier = threading.Barrier(8)

        def write(content: bytes, start: threading.Barrier, wins: list[bytes], losses: list[str]) -> None:
            start.wait()
            try:
                files.write_new(path, content)
            except Trouble as problem:
                losses.append(problem.code)
            else:
                wins.append(content)

        threads = [threading.Thread(target=write, args=(bytes([n]) * 5000, barrier, wins, losses)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(wins) == 1
        assert losses == ["io.exists"] * 7
        assert Path(path).read_bytes() == wins[0]
        assert names_in(tmp_path) == ["prize"]
        Path(path).unlink()


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    path = str(tmp_path / "state")
    contents = [bytes([n]) * 20_000 for n in range(4)]
    files.replace_durably(path, contents[0])
    stop = threading.Event()

    def replace() -> None:
        while not stop.is_set():
            for content in contents:
                files.replace_durably(path, content)

    writer = threading.Thread(target=replace)
    writer.start()
    try:
        for _ in range(2000):
            assert files.read_bounded(path, limit=1 << 20) in contents
    finally:
        stop.set()
        writer.join()


def test_a_missing_folder_is_unwritable(tmp_path: Path) -> None:
    with pytest.raises(Trouble) as problem:
        files.write_new(str(tmp_path / "absent" / "a"), b"x")
    assert code_of(problem) == "io.unwritable"
    with pytest.raises(Trouble):
        files.sync_directory(str(tmp_path / "absent"))
    files.sync_directory(str(tmp_path))


@pytest.mark.parametrize("how", ["new", "force", "replace"])
def test_a_full_disk_leaves_the_old_file_and_works_again_once_there_is_room(small_disk: Path, how: str) -> None:
    path = small_disk / "state"
    if how != "new":
        path.write_bytes(b"old")
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(200 * 1024))
    assert run_writer(how, path, 100_000) == UNWRITABLE
    assert path.exists() == (how != "new")
    assert how == "new" or path.read_bytes() == b"old"
    assert set(names_in(small_disk)) <= {"state", "ballast"}
    ballast.unlink()
    assert run_writer(how, path, 100_000) == 0
    assert path.read_bytes() == b"n" * 100_000


@pytest.mark.parametrize("how", ["new", "replace"])
def test_a_file_size_limit_is_trouble_and_not_death(tmp_path: Path, how: str) -> None:
    path = tmp_path / "state"
    if how == "replace":
        path.write_bytes(b"old")
    assert run_writer(how, path, 5000, before=("bash", "-c", 'ulimit -f 1; exec "$@"', "bash")) == UNWRITABLE
    assert names_in(tmp_path) == ([] if how == "new" else ["state"])
    assert how == "new" or path.read_bytes() == b"old"


@pytest.mark.parametrize("how", ["new", "force", "replace"])
@pytest.mark.parametrize(
    "fault",
    [
        "write:error=ENOSPC:when=1",
        "write:error=EDQUOT:when=1",
        "write:error=EIO:when=1",
        "write:retval=0:when=1",
        "fsync:error=EIO:when=1",
        "fsync:error=ENOSPC:when=1",
        "rename,link:error=EIO",
        "rename,link:error=ENOSPC",
        "rename,link:error=EROFS",
    ],
)
def test_the_first_failure_of_any_step_leaves_the_old_state(tmp_path: Path, how: str, fault: str) -> None:
    path = tmp_path / "state"
    if how != "new":
        path.write_bytes(b"old")
    calls, _, rest = fault.partition(":")
    before = injected(*(f"{call}:{rest}" for call in calls.split(",")))
    assert run_writer(how, path, 5000, before=before) == UNWRITABLE
    assert names_in(tmp_path) == ([] if how == "new" else ["state"])
    assert how == "new" or path.read_bytes() == b"old"
    assert run_writer(how, path, 5000) == 0


def test_a_directory_that_cannot_be_synced_is_never_success(tmp_path: Path) -> None:
    fault = "fsync:error=EIO:when=2"
    assert run_writer("new", tmp_path / "new", 50, before=injected(fault)) == UNWRITABLE
    assert names_in(tmp_path) == []
    (tmp_path / "state").write_bytes(b"old")
    assert run_writer("replace", tmp_path / "state", 50, before=injected(fault)) == UNWRITABLE
    assert (tmp_path / "state").read_bytes() == b"n" * 50, "the new content is there, whole, only not yet promised"
    assert names_in(tmp_path) == ["state"]


def test_a_failed_sync_is_never_tried_again(tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = list(injected("fsync:error=EIO:when=1"))
    command[command.index(os.devnull)] = str(log)
    assert run_writer("replace", tmp_path / "state", 50, before=tuple(command)) == UNWRITABLE
    assert log.read_text().count("fsync(") == 1


def test_a_file_system_that_cannot_sync_directories_is_accepted(tmp_path: Path) -> None:
    assert run_writer("new", tmp_path / "a", 50, before=injected("fsync:error=EINVAL:when=2")) == 0


@pytest.mark.parametrize("error", ["EPERM", "EOPNOTSUPP", "ENOSYS"])
def test_without_links_a_new_file_is_still_never_written_over_another(tmp_path: Path, error: str) -> None:
    fault = f"link:error={error}"
    assert run_writer("new", tmp_path / "a", 50, before=injected(fault)) == 0
    assert (tmp_path / "a").read_bytes() == b"n" * 50
    assert run_writer("new", tmp_path / "a", 60, before=injected(fault)) == EXISTS
    assert run_writer("new", tmp_path / "b", 60, before=injected(fault, "rename:error=EIO")) == UNWRITABLE
    assert names_in(tmp_path) == ["a"]


def test_a_read_only_file_system_is_trouble() -> None:
    with pytest.raises(Trouble) as problem:
        files.write_new("/proc/self/never", b"x")
    assert code_of(problem) == "io.unwritable"
    assert problem.value.__cause__ is not None
    assert getattr(problem.value.__cause__, "errno", None) in {errno.ENOENT, errno.EACCES, errno.EPERM, errno.EROFS}
