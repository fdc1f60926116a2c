"""What a site believes of root keys and lists, in whatever sequence it hears of them."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offline_activation import load_license
from offline_activation.errors import Misuse, Refusal
from offline_activation.formats.keys import KeyId, SoftwareSigner, key_id
from offline_activation.formats.license_document import LicenseDocument, seal_license
from offline_activation.formats.product import ProductDocument, seal_product
from offline_activation.formats.root_certificate import SECOND, RootCertificate, seal_root_certificate
from offline_activation.formats.trust_list import IssuingKey, TrustList, Use, rank, seal_trust_list
from offline_activation.formats.value import changed
from offline_activation.verify.checks import Evidence, Facts, check_installed, check_response
from offline_activation.verify.trust import Trust, is_of_one_chain, pinned_trust, updated

NOW = 1_795_500_000
DAY = 86_400
HIGH = 10**9
CodeOf = Callable[..., str]


def signer(number: int) -> SoftwareSigner:
    return SoftwareSigner(number.to_bytes(32))


ROOTS = [SoftwareSigner(bytes([1]) * 32), *(signer(500 + number) for number in range(2, 7))]
"""The root keys of one vendor; the first is that of conftest.py."""
OWN = SoftwareSigner(bytes([2]) * 32)
THIEF_ROOT, THIEF = signer(666), signer(667)


def chain_of(signers: Sequence[SoftwareSigner]) -> tuple[bytes, ...]:
    return tuple(
        seal_root_certificate(RootCertificate(number=number, key=key.public_key, issued=NOW - 60 * DAY), by)
        for number, (by, key) in enumerate(pairwise(signers), SECOND)
    )


def entry(key: SoftwareSigner, until: int = NOW + 300 * DAY) -> IssuingKey:
    uses = Use.LICENSE | Use.REFUSAL
    return IssuingKey(key=key.public_key, not_before=NOW - 100 * DAY, not_after=until, uses=uses, products=None)


def listed(
    signers: Sequence[SoftwareSigner],
    number: int,
    *,
    keys: tuple[SoftwareSigner, ...] = (OWN,),
    revoked: tuple[KeyId, ...] = (),
) -> bytes:
    content = TrustList(
        number=number,
        vendor="Inception Technologies",
        issued=NOW - 50 * DAY,
        keys=tuple(entry(key) for key in keys),
        revoked=revoked,
        roots=chain_of(signers),
    )
    return seal_trust_list(content, signers[-1])


FIRST = listed(ROOTS[:1], 1)
SECOND_LIST = listed(ROOTS[:2], 2)


def seen(*documents: bytes, start: bytes = FIRST, root: SoftwareSigner = ROOTS[0]) -> Trust:
    """Return what a site believes after these lists, those it must refuse passed over."""
    trust = pinned_trust(root.public_key, start)
    for document in documents:
        try:
            trust = updated(trust, document)
        except Refusal as refusal:
            assert refusal.code == "key.root_mismatch"  # noqa: PT017 - of several lists any may be refused
    return trust


# -- which list is the newest -----------------------------------------------------------------------------------------


def test_a_later_root_key_has_the_last_word_whatever_the_numbers() -> None:
    stolen = listed(ROOTS[:1], HIGH, keys=(THIEF,))
    for documents in ((stolen, SECOND_LIST), (SECOND_LIST, stolen), (stolen, SECOND_LIST, stolen)):
        assert rank(seen(*documents).current) == (2, 2)
    assert rank(seen(stolen).current) == (1, HIGH), "before the genuine list comes nobody can tell"


def test_a_second_successor_of_a_stolen_root_key_is_refused_where_the_genuine_one_is_known(code_of: CodeOf) -> None:
    rival = listed((ROOTS[0], THIEF_ROOT), HIGH, keys=(THIEF,))
    longer = listed((ROOTS[0], THIEF_ROOT, signer(668), signer(669)), HIGH, keys=(THIEF,))
    known = seen(SECOND_LIST)
    for document in (rival, longer):
        assert code_of(updated, known, document) == "key.root_mismatch"
    assert code_of(updated, seen(listed(ROOTS[:3], 3)), rival) == "key.root_mismatch"


def test_another_certificate_for_the_very_same_key_is_not_the_same_chain(code_of: CodeOf) -> None:
    again = seal_root_certificate(RootCertificate(number=2, key=ROOTS[1].public_key, issued=NOW), ROOTS[0])
    content = TrustList(number=9, vendor="V", issued=NOW, keys=(), roots=(again,))
    assert code_of(updated, seen(SECOND_LIST), seal_trust_list(content, ROOTS[1])) == "key.root_mismatch"


def test_an_installation_pinned_to_a_later_root_key_goes_on_from_there(code_of: CodeOf) -> None:
    pinned = pinned_trust(ROOTS[1].public_key, SECOND_LIST)
    assert rank(updated(pinned, listed(ROOTS[:4], 5)).current) == (4, 5)
    assert code_of(updated, pinned, FIRST) == "key.root_mismatch", "root key 1 is not known here"
    forged = (chain_of((ROOTS[0], THIEF_ROOT))[0], *chain_of(ROOTS[:3])[1:])
    content = TrustList(number=9, vendor="V", issued=NOW, keys=(), roots=forged)
    assert code_of(updated, pinned, seal_trust_list(content, ROOTS[2])) == "key.root_mismatch"


HISTORIES = st.lists(st.sampled_from(["list", "root"]), min_size=1, max_size=12)


def lists_of(history: Sequence[str]) -> list[bytes]:
    """Return the lists a vendor publishes: each step is the next list, at most four of them by the next root key."""
    at, documents = 1, [FIRST]
    for number, step in enumerate(history, 2):
        at = min(at + (step == "root"), len(ROOTS))
        documents.append(listed(ROOTS[:at], number))
    return documents


@settings(deadline=None, max_examples=80)
@given(history=HISTORIES, data=st.data())
def test_any_lists_in_any_sequence_leave_the_trust_of_the_newest_alone(history: list[str], data: st.DataObject) -> None:
    documents = lists_of(history)
    start = data.draw(st.sampled_from(documents))
    root = ROOTS[rank(pinned_from(start))[0] - 1]
    arrived = data.draw(st.lists(st.sampled_from(documents), max_size=2 * len(documents)))
    newest = max([start, *arrived], key=lambda document: rank(pinned_from(document)))
    assert seen(*arrived, start=start, root=root) == seen(newest, start=start, root=root)


@settings(deadline=None, max_examples=80)
@given(history=HISTORIES, data=st.data())
def test_a_thief_with_an_earlier_root_key_moves_no_site_that_knows_its_successor(
    history: list[str], data: st.DataObject
) -> None:
    documents = lists_of(["root", *history])
    first_genuine = 1
    stolen = data.draw(st.integers(1, rank(pinned_from(documents[-1]))[0] - 1))
    forgeries = [
        listed(ROOTS[:stolen], HIGH, keys=(THIEF,)),
        listed((*ROOTS[:stolen], THIEF_ROOT), HIGH, keys=(THIEF,)),
        listed((*ROOTS[:stolen], THIEF_ROOT, signer(668), signer(669), signer(670)), HIGH, keys=(THIEF,)),
    ]
    genuine = documents[first_genuine:]
    knows = next(document for document in genuine if rank(pinned_from(document))[0] > stolen)
    arrived = data.draw(st.lists(st.sampled_from([*genuine, *forgeries]), max_size=12))
    honest = [document for document in arrived if document in genuine]
    assert seen(knows, *arrived) == seen(knows, *honest)


def pinned_from(document: bytes) -> TrustList:
    return pinned_trust(ROOTS[0].public_key, document).current


# -- licenses across root keys ----------------------------------------------------------------------------------------


@pytest.fixture
def make(license_content: LicenseDocument) -> Callable[..., bytes]:
    def make(carried: bytes, *, by: SoftwareSigner = OWN, **fields: object) -> bytes:
        return seal_license(changed(license_content, trust=carried, **fields), by)

    return make


def test_a_license_with_the_list_of_an_earlier_root_key_stays_good(make: Callable[..., bytes], facts: Facts) -> None:
    document = make(FIRST)
    for known in (seen(), seen(SECOND_LIST), seen(listed(ROOTS[:4], 9)), seen(listed(ROOTS[:4], 9, keys=()))):
        accepted = check_installed(document, trust=known, facts=facts)
        assert (accepted.trust, accepted.revoked_key) == (known, False)


def test_a_license_brings_the_chain_along_to_a_site_that_lost_its_list(
    make: Callable[..., bytes], facts: Facts
) -> None:
    accepted = check_installed(make(listed(ROOTS[:3], 5)), trust=seen(), facts=facts)
    assert rank(accepted.trust.current) == (3, 5)


def test_a_response_of_the_old_root_key_is_imported_after_the_new_list(
    make: Callable[..., bytes], facts: Facts, evidence: Evidence
) -> None:
    accepted = check_response(make(FIRST), trust=seen(SECOND_LIST), facts=facts, evidence=evidence, now=NOW)
    assert rank(accepted.trust.current) == (2, 2)


def test_a_license_issued_in_its_keys_time_stays_good_after_the_end_of_the_key(
    make: Callable[..., bytes], facts: Facts, evidence: Evidence, code_of: CodeOf
) -> None:
    ending = TrustList(number=3, vendor="V", issued=NOW - DAY, keys=(entry(OWN, NOW),))
    carried = seal_trust_list(ending, ROOTS[0])
    document = make(carried)  # issued a minute before the end of its key
    late = {"facts": facts, "evidence": evidence, "now": NOW + 100 * DAY}
    assert code_of(check_response, document, trust=seen(), **late) == "accepted"
    for known in (seen(carried), seen(listed(ROOTS[:1], 4, keys=(THIEF,))), seen(listed(ROOTS[:2], 4, keys=()))):
        assert code_of(check_installed, document, trust=known, facts=facts) == "accepted"
    after = make(carried, issued=NOW)
    assert code_of(check_response, after, trust=seen(), **late) == "key.outside_time"
    assert code_of(check_installed, after, trust=seen(), facts=facts) == "key.outside_time"


def test_a_forged_license_of_a_stolen_root_key_is_refused_once_the_site_knows_the_next(
    make: Callable[..., bytes], facts: Facts, evidence: Evidence, code_of: CodeOf
) -> None:
    forged = make(listed(ROOTS[:1], HIGH, keys=(THIEF,)), by=THIEF)
    rival = make(listed((ROOTS[0], THIEF_ROOT), HIGH, keys=(THIEF,)), by=THIEF)
    given_ = {"facts": facts, "evidence": evidence, "now": NOW}
    for document in (forged, rival):
        assert code_of(check_response, document, trust=seen(), **given_) == "accepted", "nobody can tell before"
        assert code_of(check_response, document, trust=seen(SECOND_LIST), **given_) == "key.unknown"


def test_a_forged_license_that_got_in_is_told_and_holds_no_honest_one_back_once_the_root_key_is_revoked(
    make: Callable[..., bytes], facts: Facts, evidence: Evidence, code_of: CodeOf
) -> None:
    carried = listed(ROOTS[:1], HIGH, keys=(THIEF,))
    forged = make(carried, by=THIEF, revision=(1 << 53) - 1)
    honest = make(listed(ROOTS[:2], 2, revoked=(key_id(ROOTS[0].public_key),)), revision=5)
    revoking = seen(carried, listed(ROOTS[:2], 3, revoked=(key_id(ROOTS[0].public_key),)))
    in_force = check_installed(forged, trust=revoking, facts=facts)
    assert in_force.revoked_key is True
    holding = changed(
        evidence, installed=in_force.license, installed_id=in_force.response_id, installed_key=in_force.signed_by
    )
    assert code_of(check_response, honest, trust=revoking, facts=facts, evidence=holding, now=NOW) == "accepted"
    without = seen(carried, listed(ROOTS[:2], 3))
    assert check_installed(forged, trust=without, facts=facts).revoked_key is False
    kept = make(SECOND_LIST, revision=5)
    assert (
        code_of(check_response, kept, trust=without, facts=facts, evidence=holding, now=NOW) == "replay.older_revision"
    )


def test_an_honest_license_under_a_revoked_root_key_stays_good_without_a_word(
    make: Callable[..., bytes], facts: Facts, evidence: Evidence, code_of: CodeOf
) -> None:
    revoking = seen(listed(ROOTS[:2], 2, revoked=(key_id(ROOTS[0].public_key),)))
    document = make(FIRST, revision=6)
    assert check_installed(document, trust=revoking, facts=facts).revoked_key is False
    accepted = check_installed(document, trust=revoking, facts=facts)
    holding = changed(
        evidence, installed=accepted.license, installed_id=accepted.response_id, installed_key=accepted.signed_by
    )
    older = make(SECOND_LIST, revision=5)
    assert (
        code_of(check_response, older, trust=revoking, facts=facts, evidence=holding, now=NOW)
        == "replay.older_revision"
    )


# -- the root key a program names -------------------------------------------------------------------------------------


def named(home: Path, root: SoftwareSigner) -> str | None:
    problem = load_license("infinitime", root=root.public_key.hex(), home=home, now=NOW).problem
    return problem and problem.code


def install_product(home: Path, content: ProductDocument, signers: Sequence[SoftwareSigner], number: int) -> None:
    product = changed(content, root=signers[-1].public_key, trust=listed(signers, number))
    for name in ("product.cose", "product.kept.cose"):
        (home / name).write_bytes(seal_product(product, signers[-1]))


def test_a_program_made_for_an_earlier_root_key_meets_a_later_product_file(
    home: Path, product_content: ProductDocument
) -> None:
    install_product(home, product_content, ROOTS[:3], 4)
    assert [named(home, root) for root in ROOTS[:3]] == [None] * 3
    for stranger in (ROOTS[3], THIEF_ROOT):
        assert named(home, stranger) == "site.other_root"


def test_a_program_made_for_a_later_root_key_needs_a_list_that_leads_to_it(home: Path) -> None:
    assert [named(home, root) for root in ROOTS[:2]] == [None, "site.other_root"]
    (home / "trust.cose").write_bytes(listed(ROOTS[:3], 4))
    assert [named(home, root) for root in ROOTS[:4]] == [None, None, None, "site.other_root"]
    (home / "trust.cose").write_bytes(listed(ROOTS[:3], 4)[:-1])
    assert named(home, ROOTS[1]) == "site.other_root"


def test_the_list_inside_the_license_leads_to_the_later_root_key_when_the_newest_one_is_lost(
    home: Path, install: Callable[..., bytes]
) -> None:
    install(trust=listed(ROOTS[:2], 2))
    assert not (home / "trust.cose").exists()
    assert [named(home, root) for root in (*ROOTS[:3], THIEF_ROOT)] == [
        None,
        None,
        "site.other_root",
        "site.other_root",
    ]
    (home / "license.cose").unlink()
    assert named(home, ROOTS[1]) is None, "the kept copy does as well"


def test_a_chain_forged_with_a_stolen_root_key_does_not_lead_to_the_genuine_next_one(home: Path) -> None:
    (home / "trust.cose").write_bytes(listed((ROOTS[0], THIEF_ROOT), HIGH))
    assert named(home, ROOTS[1]) == "site.other_root"


def test_a_weak_key_is_another_root_key(home: Path) -> None:
    problem = load_license("infinitime", root="00" * 32, home=home, now=NOW).problem
    assert problem is not None
    assert problem.code == "site.other_root"


@pytest.mark.parametrize("typed", ["", "zz", "ab" * 8, "ab" * 31, "ab " * 32, "é" * 64, b"a" * 64, 5])
def test_what_is_no_key_is_a_mistake_of_the_program_also_without_an_installation(home: Path, typed: Any) -> None:  # noqa: ANN401
    for place in (home, home / "nowhere"):
        found = load_license("infinitime", root=typed, home=place, now=NOW)
        assert (found.state, found.limit("employees")) == ("not_activated", 0)
        assert found.problem is not None
        assert (type(found.problem), found.problem.code) == (Misuse, "usage.root")
        assert "64 hexadecimal digits" in found.problem.message
        with pytest.raises(Refusal, match="64 hexadecimal digits"):
            found.require("employees", in_use=1)
        with pytest.raises(Misuse):
            load_license("infinitime", root=typed, home=place, now=NOW, strict=True)


def test_keys_of_one_chain_are_told_from_strangers() -> None:
    trust = seen(listed(ROOTS[:3], 4))
    assert all(is_of_one_chain(trust, root.public_key) for root in ROOTS[:3])
    assert not any(is_of_one_chain(trust, root.public_key) for root in (ROOTS[3], THIEF_ROOT))
    assert not is_of_one_chain(seen(), ROOTS[1].public_key)
