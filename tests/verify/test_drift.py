"""The pure countdown of changed hardware, at its boundaries to the second."""

import pytest

from offline_activation.identity.matching import Match, match
from offline_activation.verify.drift import DRIFT_DAYS, judge_drift

DAY = 86_400
SEEN = 1_795_500_000
ISSUED = SEEN - 100 * DAY
FULL = {"volume_id": b"1", "machine_id": b"2", "firmware_uuid": b"3", "network": b"4"}
DRIFTED = match(FULL, FULL | {"volume_id": b"new"})


@pytest.mark.parametrize(
    ("after", "ending", "is_over"),
    [
        (0, "works 14 more days, ask for a rebind", False),
        (1, "works 14 more days, ask for a rebind", False),
        (DAY - 1, "works 14 more days, ask for a rebind", False),
        (DAY, "works 13 more days, ask for a rebind", False),
        (13 * DAY, "works 1 more day, ask for a rebind", False),
        (14 * DAY - 1, "works 1 more day, ask for a rebind", False),
        (14 * DAY, "the 14 days for a rebind are over", True),
        (14 * DAY + 1, "the 14 days for a rebind are over", True),
    ],
)
def test_it_works_14_days_from_the_first_sighting(after: int, ending: str, *, is_over: bool) -> None:
    found = judge_drift(DRIFTED, (SEEN,), issued=ISSUED, now=SEEN + after)
    assert found is not None
    assert (found.since, found.is_over) == (SEEN, is_over)
    assert found.explanation == f"volume ID changed; 2 of 3 others match; {ending}".replace("2 of 3", "3 of 3")


def test_what_it_says_fits_into_a_message() -> None:
    worst = match(FULL, {"machine_id": b"2", "firmware_uuid": b"3"})
    for now in (SEEN, SEEN + 20 * DAY):
        found = judge_drift(worst, (SEEN,), issued=ISSUED, now=now)
        assert found is not None
        assert len(found.explanation) <= 80
        assert found.warning().message == f"{found.explanation}."
        assert found.explanation in found.problem().message
        assert "rebind" in found.problem().remedy
        assert "rebind" in found.warning().remedy


@pytest.mark.parametrize(
    ("noted", "since"),
    [
        ((), SEEN),
        ((None, None), SEEN),
        ((SEEN - DAY, None), SEEN - DAY),
        ((None, SEEN - DAY), SEEN - DAY),
        ((SEEN - DAY, SEEN - 2 * DAY), SEEN - 2 * DAY),
        ((ISSUED - 1, None), SEEN),
        ((ISSUED, None), ISSUED),
        ((SEEN + 1, None), SEEN),
        ((2**60, -5), SEEN),
    ],
)
def test_the_earliest_note_of_this_license_counts(noted: tuple[int | None, ...], since: int) -> None:
    found = judge_drift(DRIFTED, noted, issued=ISSUED, now=SEEN)
    assert found is not None
    assert found.since == since


def test_under_a_clock_before_the_issue_it_begins_with_the_issue() -> None:
    found = judge_drift(DRIFTED, (), issued=ISSUED, now=ISSUED - DAY)
    assert found is not None
    assert (found.since, found.is_over) == (ISSUED, False)
    assert f"works {DRIFT_DAYS} more days" in found.explanation


@pytest.mark.parametrize("present", [FULL, FULL | {"network": b"new"}, {"volume_id": b"new"}])
def test_a_machine_that_has_not_drifted_has_no_countdown(present: dict[str, bytes]) -> None:
    found: Match = match(FULL, present)
    assert judge_drift(found, (SEEN,), issued=ISSUED, now=SEEN) is None
