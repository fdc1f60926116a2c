"""The pure rule of the clock, at its boundaries to the second."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_activation.formats.value import changed
from offline_activation.verify.clock import (
    BOUND,
    CONFIRMED_AFTER,
    EACH_WRITE,
    GRACE,
    STEP,
    TOLERANCE,
    Notes,
    anchored,
    is_news,
    judge,
    noted,
    read_notes,
    write_notes,
)

SIGNED = 1_795_500_000
DAY = 86_400
YEAR = 365 * DAY


def seen(notes: Notes, *times: int, signed: int = SIGNED) -> Notes:
    for now in times:
        notes = noted(notes, judge(now, notes, signed=signed), signed=signed)
    return notes


@pytest.mark.parametrize(("back", "is_set_back"), [(0, False), (TOLERANCE, False), (TOLERANCE + 1, True)])
@pytest.mark.parametrize("witness", ["signed", "mark", "file"])
def test_each_witness_knows_a_clock_set_back(witness: str, back: int, *, is_set_back: bool) -> None:
    latest = SIGNED + 5 * DAY if witness != "signed" else SIGNED
    notes = Notes(mark=latest) if witness == "mark" else Notes()
    found = judge(latest - back, notes, signed=SIGNED, file_time=latest if witness == "file" else 0)
    assert (found.is_set_back, found.seen, found.grace_left) == (is_set_back, latest, GRACE)
    firm = SIGNED if witness == "file" else latest
    assert found.judged == (max(firm, latest - back) if is_set_back else latest - back)


def test_a_readable_mark_counts_and_file_times_beside_it_do_not() -> None:
    assert not judge(SIGNED, Notes(mark=SIGNED), signed=SIGNED, file_time=SIGNED + YEAR).is_set_back


def test_the_grace_is_what_the_wrong_clock_has_run() -> None:
    wrong = SIGNED - 30 * DAY
    notes = seen(Notes(), SIGNED, wrong)
    assert notes.back == (wrong, 0)
    for run, left in ((0, GRACE), (GRACE - 1, 1), (GRACE, 0), (GRACE + 1, 0)):
        assert judge(wrong + run, notes, signed=SIGNED).grace_left == left


def test_setting_it_back_again_and_again_adds_nothing_and_takes_nothing_away() -> None:
    wrong = SIGNED - 30 * DAY
    notes = seen(Notes(), SIGNED, wrong, wrong + 10 * DAY, wrong, wrong + 3 * DAY, wrong - YEAR)
    assert notes.back == (wrong - YEAR, 13 * DAY)
    assert judge(wrong - YEAR + DAY, notes, signed=SIGNED).grace_left == 0


def test_a_right_clock_heals_at_once_and_gives_a_new_grace() -> None:
    notes = seen(Notes(), SIGNED, SIGNED - 30 * DAY, SIGNED - 15 * DAY)
    assert judge(SIGNED - 15 * DAY, notes, signed=SIGNED).grace_left == 0
    assert not judge(SIGNED, notes, signed=SIGNED).is_set_back
    assert seen(notes, SIGNED).back is None


def test_a_response_is_a_new_mark_whatever_the_old_one_said() -> None:
    assert anchored(SIGNED) == Notes(mark=SIGNED)


@pytest.mark.parametrize(
    ("step", "mark", "leap"), [(STEP - 1, STEP - 1, None), (STEP, STEP, None), (STEP + 1, 0, STEP + 1)]
)
def test_a_long_step_ahead_waits(step: int, mark: int, leap: int | None) -> None:
    notes = seen(Notes(mark=SIGNED), SIGNED + step)
    assert notes == Notes(mark=SIGNED + mark, leap=None if leap is None else SIGNED + leap)


@pytest.mark.parametrize(("later", "believed"), [(CONFIRMED_AFTER - 1, False), (CONFIRMED_AFTER, True)])
def test_a_long_step_is_believed_when_it_is_seen_a_day_later(later: int, *, believed: bool) -> None:
    leap = SIGNED + 100 * DAY
    notes = seen(Notes(mark=SIGNED), leap, leap + 1, leap + later)
    assert notes.mark == (leap + later if believed else SIGNED)


def test_a_clock_once_five_years_ahead_locks_nobody_out() -> None:
    notes = seen(Notes(mark=SIGNED), SIGNED + 5 * YEAR, SIGNED + 60)
    assert notes == Notes(mark=SIGNED + 60)
    long_ahead = seen(notes, SIGNED + 5 * YEAR, SIGNED + 5 * YEAR + 2 * DAY)
    assert long_ahead.mark == SIGNED + BOUND
    assert judge(SIGNED + BOUND - TOLERANCE, long_ahead, signed=SIGNED).is_set_back is False
    assert judge(SIGNED + 60, long_ahead, signed=SIGNED).judged == SIGNED + BOUND


@pytest.mark.parametrize("mark", [SIGNED + BOUND, SIGNED + BOUND + 1, 2**49])
def test_a_far_mark_counts_up_to_its_bound(mark: int) -> None:
    assert judge(SIGNED, Notes(mark=mark), signed=SIGNED).seen == SIGNED + BOUND
    assert judge(SIGNED, Notes(), signed=SIGNED, file_time=mark).seen == SIGNED + BOUND


def test_1970_and_before_are_only_a_clock_set_back() -> None:
    for now in (-(2**40), -1, 0, 1):
        found = judge(now, seen(Notes(), now), signed=SIGNED)
        assert (found.is_set_back, found.judged, found.grace_left) == (True, SIGNED, GRACE)


@pytest.mark.parametrize("now", [2**31 - 1, 2**31, 4_102_444_800, 2**33])
def test_2038_and_2100_are_plain_numbers(now: int) -> None:
    notes = seen(Notes(mark=now - DAY), now, signed=now - 90 * DAY)
    assert notes == Notes(mark=now)
    assert not judge(now, read_notes(write_notes(notes)), signed=now - 90 * DAY).is_set_back


def test_a_clock_that_stands_or_steps_back_a_second_each_time_is_no_news() -> None:
    notes = seen(Notes(), SIGNED)
    for second in range(100):
        after = seen(notes, SIGNED - second)
        assert not is_news(notes, after)
        assert after.mark == SIGNED


def test_the_notes_are_written_at_most_once_an_hour_unless_something_happened() -> None:
    before = Notes(mark=SIGNED)
    for step, news in ((0, False), (EACH_WRITE - 1, False), (EACH_WRITE, True)):
        assert is_news(before, Notes(mark=SIGNED + step)) is news
        back = Notes(mark=SIGNED, back=(SIGNED - YEAR, 0))
        assert is_news(back, changed(back, back=(SIGNED - YEAR + step, step))) is news
    assert is_news(Notes(), before)
    assert is_news(before, changed(before, back=(1, 0)))
    assert is_news(changed(before, back=(1, 0)), before)
    assert is_news(before, changed(before, leap=2))
    assert is_news(before, changed(before, drift=2))


instants = st.integers(-(2**40), 2**40)


@given(
    mark=st.none() | instants,
    leap=st.none() | instants,
    back=st.none() | st.tuples(instants, st.integers(0, 2**40)),
    drift=st.none() | instants,
)
def test_what_is_written_is_read(
    mark: int | None, leap: int | None, back: tuple[int, int] | None, drift: int | None
) -> None:
    notes = Notes(mark=mark, leap=leap, back=back, drift=drift)
    assert read_notes(write_notes(notes)) == notes


@given(st.binary(max_size=60) | st.text("0123456789 -leapbckdrift", max_size=60).map(str.encode))
def test_anything_else_is_no_notes_and_no_error(text: bytes) -> None:
    assert isinstance(read_notes(text), Notes)


@pytest.mark.parametrize("text", [b"", b"soon", b"1 2", b"1 back 5", b"1 leap", b"9" * 16, b"\xff", b"1 up 2"])
def test_a_damaged_line_is_no_notes(text: bytes) -> None:
    assert read_notes(text) == Notes()


@given(st.lists(instants, max_size=12))
def test_no_history_of_clocks_moves_the_mark_back_or_beyond_its_bound(times: list[int]) -> None:
    notes, highest = Notes(), 0
    for now in times:
        notes = seen(notes, now)
        assert (notes.mark or 0) >= highest
        highest = notes.mark or 0
        assert highest <= SIGNED + BOUND
        assert judge(now, notes, signed=SIGNED).judged <= max(now, SIGNED + BOUND)
