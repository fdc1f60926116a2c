import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_activation.formats.match_policy import NEEDED, MatchPolicy
from offline_activation.identity.matching import OTHERS, match

FULL = {"volume_id": b"v", "machine_id": b"m", "firmware_uuid": b"f", "network": b"n"}
names = st.sampled_from([*FULL, "something_new"])
maps = st.dictionaries(names, st.binary(max_size=2))


def without(*gone: str) -> dict[str, bytes]:
    return {name: value for name, value in FULL.items() if name not in gone}


def test_the_volume_id_alone_proves_the_machine() -> None:
    found = match(FULL, {"volume_id": b"v", "machine_id": b"other", "network": b"other"})
    assert found.verdict == "same"
    assert found.explanation == "volume ID matches; machine ID, network changed; firmware UUID missing"
    assert (found.changed, found.missing) == (("machine_id", "network"), ("firmware_uuid",))


def test_a_changed_volume_is_forgiven_when_two_of_three_others_match() -> None:
    found = match(FULL, FULL | {"volume_id": b"new", "network": b"new"})
    assert (found.verdict, found.explanation) == ("drifted", "volume ID changed; 2 of 3 others match")
    assert found.changed == ("volume_id", "network")


def test_one_of_three_others_is_another_machine() -> None:
    found = match(FULL, {"volume_id": b"new", "machine_id": b"m", "firmware_uuid": b"new"})
    assert (found.verdict, found.explanation) == ("other", "volume ID changed; 1 of 3 others match, 2 must")
    assert found.missing == ("network",)


def test_a_small_machine_that_knows_one_other_component_drifts_with_it() -> None:
    """I-14: a file system made anew is never a silent stop."""
    alone = without("firmware_uuid", "network")
    found = match(alone, FULL | {"volume_id": b"new"})
    assert (found.verdict, found.explanation) == ("drifted", "volume ID changed; 1 of 1 others match")
    found = match(alone, FULL | {"volume_id": b"new", "machine_id": b"new"})
    assert (found.verdict, found.explanation) == ("other", "volume ID changed; 0 of 1 others match, 1 must")


def test_a_license_that_knows_no_others_does_not_forgive_a_changed_volume() -> None:
    found = match(without(*OTHERS), FULL | {"volume_id": b"new"})
    assert (found.verdict, found.explanation) == ("other", "volume ID changed; the license knows no others")


def test_components_absent_on_either_side_count_no_worse_than_not_matching() -> None:
    assert match(without("network"), FULL | {"volume_id": b"new"}).verdict == "drifted"
    assert match(FULL, without("network", "volume_id")).verdict == "drifted"
    assert match(FULL, without("network", "machine_id", "volume_id")).verdict == "other"


def test_nothing_in_common_and_names_that_are_no_components_prove_nothing() -> None:
    assert match({"something_new": b"x", "more": b"y"}, {"something_new": b"x"}).verdict == "other"
    assert match({}, FULL).verdict == "other"
    assert match(FULL, {}).verdict == "other"


@given(maps)
def test_identical_maps_are_always_the_same_machine(known: dict[str, bytes]) -> None:
    found = match(known, dict(known))
    assert (found.verdict, found.changed, found.missing) == ("same", (), ())


@given(maps, maps, st.randoms())
def test_the_order_of_the_components_never_matters(
    licensed: dict[str, bytes], present: dict[str, bytes], r: object
) -> None:
    mixed = list(licensed.items())
    r.shuffle(mixed)  # type: ignore[attr-defined]
    assert match(dict(mixed), dict(reversed(present.items()))) == match(licensed, present)


@given(maps, maps)
def test_every_answer_is_one_short_sentence_that_agrees_with_the_policy(
    licensed: dict[str, bytes], present: dict[str, bytes]
) -> None:
    found = match(licensed, present)
    assert 0 < len(found.explanation) <= 80
    assert found.explanation.isprintable()
    volume = "volume_id" in licensed and licensed["volume_id"] == present.get("volume_id")
    others = sum(name in licensed and licensed[name] == present.get(name) for name in OTHERS)
    if licensed != present:
        needed = min(NEEDED, sum(name in licensed for name in OTHERS))
        assert found.verdict == ("same" if volume else "drifted" if others and others >= needed else "other")
    assert not set(found.changed) & set(found.missing)


STRICT = MatchPolicy(needed=3, weights={"volume_id": 2, "machine_id": 1, "firmware_uuid": 1})


@pytest.mark.parametrize(
    ("present", "verdict", "explanation"),
    [
        (FULL, "same", "volume ID matches"),
        (FULL | {"network": b"new"}, "same", "volume ID matches; network changed"),
        (FULL | {"machine_id": b"new"}, "same", "volume ID matches; machine ID changed"),
        (
            FULL | {"machine_id": b"new", "firmware_uuid": b"new"},
            "other",
            "volume ID matches; 0 of 2 others match (weight 0, needed 2)",
        ),
        (FULL | {"volume_id": b"new"}, "drifted", "volume ID changed; 2 of 2 others match (weight 2, needed 2)"),
        (
            FULL | {"volume_id": b"new", "machine_id": b"new"},
            "other",
            "volume ID changed; 1 of 2 others match (weight 1, needed 2)",
        ),
    ],
)
def test_a_vendor_may_weigh_otherwise(present: dict[str, bytes], verdict: str, explanation: str) -> None:
    found = match(FULL, present, STRICT)
    assert (found.verdict, found.explanation) == (verdict, explanation)


def test_a_component_without_weight_counts_nothing() -> None:
    only_volume = MatchPolicy(needed=1, weights={"volume_id": 1})
    assert match(FULL, {"volume_id": b"v"}, only_volume).verdict == "same"
    assert match(FULL, FULL | {"volume_id": b"new"}, only_volume).verdict == "other"


weights = st.dictionaries(st.sampled_from([*FULL]), st.integers(1, 100), min_size=1)


@given(maps, maps, weights, st.integers(1, 400))
def test_more_agreement_is_never_worse(
    licensed: dict[str, bytes], present: dict[str, bytes], weighed: dict[str, int], needed: int
) -> None:
    policy = MatchPolicy(needed=min(needed, sum(weighed.values())), weights=weighed)
    order = ("other", "drifted", "same")
    before = order.index(match(licensed, present, policy).verdict)
    for name in licensed.keys() & FULL.keys():
        better = present | {name: licensed[name]}
        assert order.index(match(licensed, better, policy).verdict) >= before
        assert len(match(licensed, better, policy).explanation) <= 80
