"""The ladder, rungs 7 to 13: for whom, for which request, in which order, at what time; and its order."""

from collections.abc import Callable

import pytest

from offline_activation.formats.keys import SoftwareSigner, key_id
from offline_activation.formats.names import DocumentId, ProductId, new_license_number, site_id
from offline_activation.formats.value import changed
from offline_activation.verify.checks import (
    CLOCK_TOLERANCE,
    AcceptedLicense,
    AcceptedRefusal,
    Evidence,
    Facts,
    check_installed,
    evidence_of,
)
from offline_activation.verify.trust import Trust

NOW = 1_795_500_000
DAY = 86_400
KEY_BEGIN, KEY_END = NOW - 100 * DAY, NOW + 300 * DAY
REQUEST = DocumentId(bytes(range(16)))
UNASKED = DocumentId(bytes(16))

Check = Callable[..., AcceptedLicense | AcceptedRefusal]
CodeOf = Callable[..., str]
Make = Callable[..., bytes]


def remembering(document: bytes, *, trust: Trust, facts: Facts) -> Evidence:
    """Return the evidence of a site that has ``document`` in force and still waits for an answer to REQUEST."""
    return evidence_of(check_installed(document, trust=trust, facts=facts), open_requests=frozenset({REQUEST}))


# -- 7 product, 8 site ------------------------------------------------------------------------------------------------


def test_7_another_product_is_named(check: Check, code_of: CodeOf, make_license: Make, facts: Facts) -> None:
    other = changed(facts, product=ProductId("infinipay"))
    assert code_of(check, make_license(), facts=other) == "binding.other_product"
    assert code_of(check, make_license(product=ProductId("infinipay"))) == "binding.other_product"


def test_8_another_site_is_another_machine_even_with_equal_components(
    check: Check, code_of: CodeOf, make_license: Make, make_refusal: Make, facts: Facts, attacker: SoftwareSigner
) -> None:
    other = changed(facts, site_key=attacker.public_key)
    assert code_of(check, make_license(), facts=other) == "license.wrong_machine"
    assert code_of(check, make_refusal(), facts=other) == "binding.other_server"


# -- 9 request --------------------------------------------------------------------------------------------------------


def test_9_an_answer_to_a_request_not_made_or_cancelled_is_refused(
    check: Check, code_of: CodeOf, make_license: Make, make_refusal: Make
) -> None:
    cancelled = Evidence(open_requests=frozenset())
    for make in (make_license, make_refusal):
        assert code_of(check, make(request_id=UNASKED)) == "binding.other_request"
        assert code_of(check, make(), evidence=cancelled) == "binding.other_request"


def test_9_the_installed_license_passes_again_after_its_request_was_answered(
    check: Check, make_license: Make, trust: Trust, facts: Facts
) -> None:
    document = make_license()
    evidence = changed(remembering(document, trust=trust, facts=facts), open_requests=frozenset())
    accepted = check(document, evidence=evidence)
    assert accepted.response_id == evidence.installed_id


def test_9_an_older_license_of_ours_is_called_older_and_one_of_others_unasked(
    check: Check, code_of: CodeOf, make_license: Make, trust: Trust, facts: Facts
) -> None:
    evidence = remembering(make_license(revision=7), trust=trust, facts=facts)
    other = new_license_number(bytes(range(1, 13)))
    assert code_of(check, make_license(request_id=UNASKED), evidence=evidence) == "replay.older_revision"
    assert code_of(check, make_license(request_id=UNASKED, revision=8), evidence=evidence) == "binding.other_request"
    unasked = make_license(request_id=UNASKED, license_number=other)
    assert code_of(check, unasked, evidence=evidence) == "binding.other_request"


# -- 10 machine -------------------------------------------------------------------------------------------------------


def test_10_another_machine_is_refused_and_a_drifted_one_is_not(
    check: Check, code_of: CodeOf, make_license: Make, facts: Facts
) -> None:
    moved = {**facts.components, "volume_id": b"volume02"}
    drifted = check(make_license(), facts=changed(facts, components=moved))
    assert isinstance(drifted, AcceptedLicense)
    assert drifted.match.verdict == "drifted"
    other = changed(facts, components={**moved, "machine_id": b"machine2"})
    assert code_of(check, make_license(), facts=other) == "license.wrong_machine"
    assert code_of(check, make_license(), facts=changed(facts, components={})) == "license.wrong_machine"


def test_10_a_refusal_is_bound_to_no_machine(check: Check, make_refusal: Make, facts: Facts) -> None:
    assert isinstance(check(make_refusal(), facts=changed(facts, components={})), AcceptedRefusal)


# -- 11 revision ------------------------------------------------------------------------------------------------------


def test_11_revisions_only_rise(check: Check, code_of: CodeOf, make_license: Make, trust: Trust, facts: Facts) -> None:
    evidence = remembering(make_license(revision=7), trust=trust, facts=facts)
    assert code_of(check, make_license(revision=6), evidence=evidence) == "replay.older_revision"
    assert code_of(check, make_license(revision=7, company="Other"), evidence=evidence) == "replay.same_revision"
    assert code_of(check, make_license(revision=7), evidence=evidence) == "accepted"
    assert code_of(check, make_license(revision=8), evidence=evidence) == "accepted"


def test_11_another_license_number_does_not_replace_the_installed_one(
    check: Check, code_of: CodeOf, make_license: Make, trust: Trust, facts: Facts
) -> None:
    evidence = remembering(make_license(), trust=trust, facts=facts)
    other = make_license(revision=9, license_number=new_license_number(bytes(range(1, 13))))
    assert code_of(check, other, evidence=evidence) == "binding.other_license"


def test_11_a_thief_who_ran_the_revision_up_does_not_lock_the_site_out(
    check: Check,
    code_of: CodeOf,
    make_license: Make,
    make_list: Make,
    trust: Trust,
    facts: Facts,
    issuing: SoftwareSigner,
    next_issuing: SoftwareSigner,
) -> None:
    stolen = make_license(revision=2**53 - 1, license_number=new_license_number(bytes(range(1, 13))))
    evidence = remembering(stolen, trust=trust, facts=facts)
    recovery = make_list(4, revoked=(key_id(issuing.public_key),))
    assert code_of(check, make_license(revision=5, by=next_issuing), evidence=evidence) == "binding.other_license"
    accepted = check(make_license(revision=5, by=next_issuing, trust=recovery), evidence=evidence)
    assert isinstance(accepted, AcceptedLicense)
    assert accepted.license.revision == 5
    # still nothing unasked, and the stolen license itself is not taken again
    unasked = make_license(revision=5, by=next_issuing, trust=recovery, request_id=UNASKED)
    assert code_of(check, unasked, evidence=evidence) == "binding.other_request"
    assert code_of(check, stolen, evidence=evidence, trust=accepted.trust) == "key.revoked"


# -- 12 clock, 13 end -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ahead", "expected"),
    [
        (1, "accepted"),
        (240, "accepted"),
        (299, "accepted"),
        (300, "accepted"),
        (301, "clock.future"),
        (360, "clock.future"),
        (DAY, "clock.future"),
    ],
)
def test_12_a_license_from_the_future_is_tolerated_for_exactly_300_seconds(
    check: Check, code_of: CodeOf, make_license: Make, ahead: int, expected: str
) -> None:
    assert CLOCK_TOLERANCE == 300
    assert code_of(check, make_license(issued=NOW + ahead)) == expected


def test_12_a_refusal_is_heard_whatever_the_clock_says(check: Check, make_refusal: Make) -> None:
    for now in (-1, 0, NOW - 10 * DAY, 2**40):
        assert isinstance(check(make_refusal(), now=now), AcceptedRefusal)


@pytest.mark.parametrize(("offset", "expected"), [(-1, "accepted"), (0, "license.expired"), (1, "license.expired")])
def test_13_a_license_that_has_ended_with_its_grace_is_not_imported(
    check: Check, code_of: CodeOf, make_license: Make, offset: int, expected: str
) -> None:
    end = NOW + 10 * DAY
    assert code_of(check, make_license(lease_until=end, grace_days=0), now=end + offset) == expected
    with_grace = make_license(lease_until=end - 30 * DAY, grace_days=30)
    assert code_of(check, with_grace, now=end + offset) == expected
    subscription = make_license(lease_until=end + 90 * DAY, until=end, grace_days=0)
    assert code_of(check, subscription, now=end + offset) == expected


# -- the order of the rungs -------------------------------------------------------------------------------------------


def test_what_is_wrong_lower_on_the_ladder_is_told_first(
    check: Check, code_of: CodeOf, make_license: Make, trust: Trust, facts: Facts, attacker: SoftwareSigner
) -> None:
    """Begin with a response that is wrong on every rung, repair one after the other, and hear each of them."""
    evidence = remembering(make_license(revision=7), trust=trust, facts=facts)
    wrong: dict[str, object] = {
        "product": ProductId("infinipay"),
        "site": bytes(16),
        "request_id": UNASKED,
        "components": {"volume_id": b"volume99"},
        "revision": 6,
        "license_number": new_license_number(bytes(range(1, 13))),
        "issued": KEY_END + DAY,
        "lease_until": NOW - 99 * DAY,
        "by": attacker,
    }
    assert code_of(check, make_license(**wrong)[:-1], evidence=evidence) == "encoding.truncated"
    for repair, heard_before in (
        ({"by": SoftwareSigner(bytes([2]) * 32)}, "key.unknown"),
        ({"issued": NOW + 301}, "key.outside_time"),
        ({"product": facts.product}, "binding.other_product"),
        ({"site": site_id(facts.site_key)}, "license.wrong_machine"),
        ({"request_id": REQUEST}, "binding.other_request"),
        ({"components": facts.components}, "license.wrong_machine"),
        ({"license_number": new_license_number(bytes(range(12)))}, "binding.other_license"),
        ({"revision": 8}, "replay.older_revision"),
        ({"issued": NOW}, "clock.future"),
        ({"lease_until": NOW + DAY}, "license.expired"),
    ):
        assert code_of(check, make_license(**wrong), evidence=evidence) == heard_before
        wrong |= repair
    assert code_of(check, make_license(**wrong), evidence=evidence) == "accepted"
