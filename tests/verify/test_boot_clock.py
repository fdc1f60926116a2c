"""The wall clock against the time since boot: the pure rules, with figures at their edges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_activation.verify.boot_clock import (
    Boot,
    BootNote,
    boot_id,
    is_moved,
    is_news,
    moved,
    movement,
    read_boot,
    watched,
    write_boot,
)

DAY = 86_400
STARTED = 1_795_400_000
NOTE = BootNote(boot="3a8500ab", started=STARTED)


def seen(by: int = 0, boot: str = "3a8500ab") -> Boot:
    return Boot(boot=boot, started=STARTED + by)


def test_a_believed_clock_is_the_measure_of_its_boot_and_a_doubtful_one_is_none() -> None:
    assert watched(None, seen(), believed=True) == NOTE
    assert watched(None, seen(-50 * 365 * DAY), believed=False) is None
    assert watched(NOTE, seen(7, "00000000"), believed=True) == BootNote(boot="00000000", started=STARTED + 7)
    assert watched(NOTE, seen(7, "00000000"), believed=False) is None


@pytest.mark.parametrize(("by", "worth"), [(0, False), (2 * DAY, False), (2 * DAY + 1, True), (-2 * DAY, False)])
def test_two_days_are_the_tolerance_either_way(by: int, *, worth: bool) -> None:
    assert moved(NOTE, seen(by)) == by
    assert is_moved(by) is worth
    assert is_moved(-by) is worth
    after = watched(NOTE, seen(by), believed=True)
    assert after is not None
    assert after.furthest == (by if worth else 0)


def test_the_furthest_movement_stays_when_the_clock_comes_back() -> None:
    note: BootNote | None = NOTE
    for by in (0, -30 * DAY, 10 * DAY, 0):
        note = watched(note, seen(by), believed=by >= 0)
    assert note is not None
    assert (note.started, note.furthest) == (STARTED, -30 * DAY)
    assert movement(note.furthest) == {"days": "30 days", "way": "back"}
    assert moved(note, seen()) == 0


def test_another_boot_and_no_note_are_no_movement() -> None:
    assert moved(None, seen()) == 0
    assert moved(NOTE, seen(9 * DAY, "00000000")) == 0


def test_only_news_is_worth_a_write() -> None:
    assert is_news(None, NOTE)
    assert is_news(BootNote(boot="00000000", started=STARTED), NOTE)
    assert not is_news(NOTE, NOTE)
    further = BootNote(boot=NOTE.boot, started=STARTED, furthest=3 * DAY)
    assert is_news(NOTE, further)
    assert not is_news(further, BootNote(boot=NOTE.boot, started=STARTED, furthest=3 * DAY + 60))


@given(
    st.builds(
        BootNote,
        boot=st.text("0123456789abcdef", min_size=8, max_size=8),
        started=st.integers(-(10**13), 10**13),
        furthest=st.integers(-(10**13), 10**13),
    )
)
def test_a_note_is_read_as_it_was_written(note: BootNote) -> None:
    assert read_boot(write_boot(note)) == note


@given(st.binary(max_size=64))
def test_anything_else_is_no_note_and_never_an_error(text: bytes) -> None:
    found = read_boot(text)
    assert found is None or read_boot(write_boot(found)) == found


@pytest.mark.parametrize(
    "text", [b"", b"3a8500ab 1", b"3a8500ab 1 2 3", b"3a85 1 2", b"3a8500ab x 0", b"3a8500ab 1 " + b"9" * 16]
)
def test_a_damaged_note_is_none(text: bytes) -> None:
    assert read_boot(text) is None


def test_a_boot_id_is_known_by_its_first_digits() -> None:
    assert boot_id(b"3a8500ab-c7cb-40da-a00a-9e7f8dd59de0\n") == "3a8500ab"
    assert boot_id(b"3a8500a") is None
    assert boot_id(b"3A8500AB-c7cb") is None
    assert boot_id(b"\xff" * 36) is None
