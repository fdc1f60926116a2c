"""The one table of states: whole, connected, and what the code really does."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offline_activation.errors import Refusal
from offline_activation.formats.license_document import LicenseDocument
from offline_activation.formats.policy import Fallback, Policy
from offline_activation.formats.product import ProductDocument
from offline_activation.formats.value import changed
from offline_activation.verify.license import License
from offline_activation.verify.stages import ACTIVE, NOT_ACTIVATED, STAGES, USABLE, rights_in
from offline_activation.verify.standing import Standing, ends, licensed_standing

NOW = 1_795_500_000
DAY = 86_400
NAMES = [
    *("not_activated", "demo", "active", "renewal_due", "in_grace", "expired", "over_limit", "wrong_machine"),
    *("clock_problem", "revoked", "returned", "superseded"),
]
DEMO = {"badge_readers": 0, "employees": 5}
BOUGHT = {"badge_readers": 8, "employees": 150}


def reached(start: str) -> set[str]:
    found, open_ends = {start}, [start]
    while open_ends:
        for _, state in STAGES[open_ends.pop()].leads_to:
            if state not in found:
                found.add(state)
                open_ends.append(state)
    return found


def test_the_twelve_states_are_there_in_their_order() -> None:
    assert list(STAGES) == NAMES
    assert all(stage.name == name for name, stage in STAGES.items())


def test_every_state_can_be_reached_and_none_is_a_dead_end() -> None:
    assert reached(NOT_ACTIVATED) == set(NAMES)
    assert all(ACTIVE in reached(name) for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_row_is_well_formed(name: str) -> None:
    stage = STAGES[name]
    for sentence in (stage.meaning, stage.ending):
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert "|" not in sentence
    assert len(set(stage.leads_to)) == len(stage.leads_to)
    for event, state in stage.leads_to:
        assert state in STAGES
        assert state != name
        assert 0 < len(event) <= 45


@pytest.mark.parametrize("demo", [False, True])
@pytest.mark.parametrize("name", [*NAMES, "unheard_of"])
def test_a_license_has_the_rights_of_its_row_and_no_others(
    name: str, product_content: ProductDocument, license_content: LicenseDocument, *, demo: bool
) -> None:
    document = changed(license_content, policy=Policy(grace_limits={"employees": 100}))
    problem = None if name in USABLE else Refusal("license.revoked")
    standing = Standing(state=name, problem=problem, demo=demo)
    lic = License(product=product_content, document=document, standing=standing)
    limits, options = {
        "licensed": (BOUGHT, ("accruals_plus",)),
        "grace": (BOUGHT | {"employees": 100}, ("accruals_plus",)),
        "demo": (DEMO, ("reports",)) if demo else (dict.fromkeys(BOUGHT, 0), ()),
        "none": (dict.fromkeys(BOUGHT, 0), ()),
    }[rights_in(name)]
    assert (lic.limits, lic.options) == (limits, options)
    assert lic.is_usable == (name in USABLE)
    if not any(limits.values()) and problem is not None:
        for in_use in (0, 1):
            with pytest.raises(Refusal) as caught:
                lic.require("employees", in_use=in_use)
            assert caught.value.code == "license.revoked"


@pytest.mark.parametrize("state", ["returned", "superseded", "revoked"])
@pytest.mark.parametrize("policy", [Policy(), Policy(fallback=Fallback(days=99, limits={"employees": 9}))])
def test_what_signed_evidence_has_ended_allows_nothing_whatever_its_policy(
    state: str, policy: Policy, product_content: ProductDocument, license_content: LicenseDocument
) -> None:
    standing = Standing(state=state, problem=Refusal("license.returned"), demo=True)
    lic = License(product=product_content, document=changed(license_content, policy=policy), standing=standing)
    assert (lic.is_usable, lic.limit("employees"), lic.options) == (False, 0, ())
    with pytest.raises(Refusal) as caught:
        lic.require("employees", in_use=0)
    assert caught.value.code == "license.returned"


@settings(deadline=None, max_examples=150)
@given(
    lease=st.none() | st.integers(NOW, NOW + 9000 * DAY),
    until=st.none() | st.integers(NOW, NOW + 9000 * DAY),
    grace=st.integers(0, 400),
    fallback=st.none() | st.builds(Fallback, days=st.integers(0, 400)),
    warn=st.lists(st.integers(1, 400), unique=True, min_size=1).map(lambda days: tuple(sorted(days, reverse=True))),
    trial=st.booleans(),
)
def test_time_alone_moves_a_license_only_along_the_arrows_of_the_table(
    license_content: LicenseDocument,
    product_content: ProductDocument,
    lease: int | None,
    until: int | None,
    grace: int,
    fallback: Fallback | None,
    warn: tuple[int, ...],
    *,
    trial: bool,
) -> None:
    document = changed(
        license_content,
        lease_until=lease,
        until=until,
        grace_days=grace,
        trial=trial,
        policy=Policy(fallback=fallback),
    )
    product = changed(product_content, warn_days=warn)
    for _, instant in ends(document, product):
        before, at = (licensed_standing(document, product, now).state for now in (instant - 1, instant))
        assert before == at or at in {state for _, state in STAGES[before].leads_to}
