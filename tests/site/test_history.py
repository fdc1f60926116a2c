"""The history: append-only, told once, safe against what documents say and against torn lines."""

from pathlib import Path

import pytest

from offline_activation.errors import Trouble
from offline_activation.site import history
from offline_activation.site.directory import HISTORY, StateDirectory, create_directory


@pytest.fixture
def directory(tmp_path: Path) -> StateDirectory:
    return create_directory(tmp_path / "home")


def record(subject: str, **details: object) -> history.Record:
    return history.Record(at=1_795_498_206, event=history.LICENSE_INSTALLED, subject=subject, details=details)


def test_a_fact_is_told_once(directory: StateDirectory) -> None:
    for _ in range(3):
        history.tell(directory, record("aa", revision=1))
    history.tell(directory, record("bb", revision=4))
    assert [each.subject for each in history.records(directory)] == ["aa", "bb"]
    assert history.last_revision(directory) == 4


def test_hostile_text_stays_on_its_line(directory: StateDirectory) -> None:
    history.tell(directory, record("aa", message='\n{"event": "license.installed"}\u2028\x1b[2J\udcff'))
    (found,) = history.records(directory)
    assert found.details["message"].startswith("\n{")
    assert directory.path(HISTORY).read_bytes().count(b"\n") == 1


def test_a_torn_line_is_passed_over_and_does_not_swallow_the_next(directory: StateDirectory) -> None:
    directory.path(HISTORY).write_bytes(b'{"at": 1, "event": "requ')
    history.tell(directory, record("aa"))
    assert [each.subject for each in history.records(directory)] == ["aa"]


@pytest.mark.parametrize(
    "line",
    [
        *(b"[]", b"1", b'{"at": "x"}', b"\xff\xfe", b"[" * 100_000, b'{"at": 1, "event": 2}'),
        *(b'{"at": %s, "event": "a", "subject": "b"}' % at for at in (b"1e400", b"NaN", b"-1", b"1" + b"0" * 300)),
    ],
)
def test_lines_that_are_no_records_are_passed_over(directory: StateDirectory, line: bytes) -> None:
    directory.path(HISTORY).write_bytes(line + b"\n")
    assert history.records(directory) == ()


def test_of_a_very_long_history_the_end_is_read(directory: StateDirectory) -> None:
    line = b'{"at": 1, "event": "request.made", "subject": "%07d"}\n'
    directory.path(HISTORY).write_bytes(b"".join(line % number for number in range(60_000)))
    found = history.records(directory)
    assert found[-1].subject == "0059999"
    assert 10_000 < len(found) < 60_000


def test_a_link_in_place_of_the_history_is_not_written_through(directory: StateDirectory, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("")
    directory.path(HISTORY).symlink_to(target)
    with pytest.raises(Trouble):
        history.tell(directory, record("aa"))
    assert target.read_text() == ""


def test_what_is_no_license_number_is_that_of_no_license(directory: StateDirectory) -> None:
    history.tell(directory, record("aa", license_number=[{}], revision=3))
    history.tell(
        directory, history.Record(at=1, event=history.EMERGENCY_OPENED, subject="b", details={"license_number": {}})
    )
    assert history.last_revision(directory, "OA-1") == 0
    assert history.opened_at(directory, "OA-1") is None


def test_an_opening_counts_whichever_revision_was_opened_until_it_is_reported(directory: StateDirectory) -> None:
    for at, subject in ((50, "r2"), (70, "r1")):
        details = {"license_number": "OA-1", "revision": 2}
        history.tell(directory, history.Record(at=at, event=history.EMERGENCY_OPENED, subject=subject, details=details))
    assert history.opened_at(directory, "OA-1") == 50
    assert history.opened_at(directory, "OA-2") is None
    history.tell(directory, history.Record(at=80, event=history.EMERGENCY_REPORTED, subject="r2", details={}))
    assert [each.subject for each in history.unreported(directory)] == ["r1"]
    assert history.opened_at(directory, "OA-1") == 70
