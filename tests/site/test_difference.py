"""What a response changes, in words that people read."""

from typing import Any

import pytest

from offline_activation.formats.envelope import open_envelope
from offline_activation.formats.license_document import LicenseDocument, read_license
from offline_activation.formats.policy import Fallback, Policy
from offline_activation.formats.value import changed
from offline_activation.site.difference import difference

Site = Any
DAY = 86_400
END = 1_811_376_000
USUAL = Policy(fallback=Fallback(days=30, limits={"employees": 5}), emergency_days=7)


@pytest.fixture
def document(site: Site) -> LicenseDocument:
    return read_license(open_envelope(site.licensed(policy=USUAL)))


def told(before: LicenseDocument | None, after: LicenseDocument) -> dict[str, tuple[object, object]]:
    return {change.field: (change.before, change.after) for change in difference(before, after)}


def test_terms_are_told(document: LicenseDocument) -> None:
    trial = changed(document, trial=True, version_ceiling="4", grace_days=0)
    assert told(document, trial) == {
        "version_ceiling": (None, "4"),
        "trial": (None, True),
        "grace_days": (30, 0),
    }
    assert told(trial, document)["trial"] == (True, None)
    maintained = changed(document, maintenance_until=END)
    assert list(told(document, maintained)) == ["maintenance_until"]
    assert told(maintained, changed(maintained, version_ceiling="5.1", maintenance_until=None))["version_ceiling"] == (
        None,
        "5.1",
    )


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ({"overuse_percent": 10}, {"overuse": (None, "10 % above a limit")}),
        ({"drift_days": 21}, {"changed_hardware": ("works 14 days", "works 21 days")}),
        ({"emergency_days": 0}, {"emergency": ("7 days", None)}),
        ({"grace_limits": {"employees": 80}}, {"grace_limits.employees": (None, 80)}),
        (
            {"clock_days": (3, 0)},
            {
                "clock_set_back": (
                    "2 days without a word, 14 more with a warning",
                    "3 days without a word, 0 more with a warning",
                )
            },
        ),
        (
            {"fallback": Fallback(days=0)},
            {"fallback": ("30 days of Demo Mode: employees 5", "no Demo Mode after the end")},
        ),
        (
            {"fallback": Fallback(days=9, options=("punch",))},
            {"fallback": ("30 days of Demo Mode: employees 5", "9 days of Demo Mode: punch")},
        ),
        ({"fallback": None}, {"fallback": ("30 days of Demo Mode: employees 5", None)}),
    ],
)
def test_a_changed_rule_is_told_in_words(
    document: LicenseDocument, policy: dict[str, object], expected: dict[str, tuple[object, object]]
) -> None:
    assert told(document, changed(document, policy=changed(USUAL, **policy))) == expected


def test_a_first_license_is_told_with_the_rules_that_are_not_the_usual_ones(document: LicenseDocument) -> None:
    first = told(None, changed(document, policy=changed(USUAL, drift_days=21)))
    assert first["changed_hardware"] == (None, "works 21 days")
    assert first["fallback"] == (None, "30 days of Demo Mode: employees 5")
    assert "clock_set_back" not in first
    assert told(None, changed(document, policy=Policy())).keys().isdisjoint({"fallback", "emergency", "overuse"})


def test_an_import_shows_changed_terms_to_people(site: Site) -> None:
    site.licensed(trial=True, grace_days=0, policy=Policy(fallback=Fallback(days=0)), until=site.vendor.now + 30 * DAY)
    _, request = site.request()
    file = site.file(site.vendor.answer(request, site.home, version_ceiling="4.2", policy=USUAL))
    page = site("import", "--dry-run", file).out
    for row in ("trial", "version_ceiling", "30 days of Demo Mode: employees 5"):
        assert row in page


def test_a_limit_of_grace_above_what_was_bought_is_not_told(document: LicenseDocument) -> None:
    lowered = changed(document, policy=changed(USUAL, grace_limits={"employees": 150, "badge_readers": 3}))
    assert told(document, lowered) == {"grace_limits.badge_readers": (None, 3)}
    small = changed(lowered, limits={"employees": 10})
    assert not any(field.startswith("grace_limits") for field in told(None, small))


def test_hardware_to_which_it_is_bound_anew_is_told_without_marks(document: LicenseDocument) -> None:
    other = changed(document, components={**document.components, "volume_id": b"another!", "network": b"added..."})
    found = told(document, other)
    assert found["volume_id"] == ("as it was then", "as it is on this server now")
    assert "another!" not in str(found)
    assert not any(name in told(None, other) for name in ("volume_id", "network"))


def test_one_day_is_one_day(document: LicenseDocument) -> None:
    one = changed(document, policy=changed(USUAL, drift_days=1, emergency_days=1, clock_days=(1, 1)))
    said = [str(after) for _, after in told(document, one).values()]
    assert any("1 day" in text for text in said)
    assert not any("1 days" in text for text in said)
