from collections.abc import Callable
from dataclasses import replace

import pytest

from offline_activation.errors import Trouble
from offline_activation.formats.names import DocumentId, ProductId
from offline_activation.vendor.ports import Store
from offline_activation.vendor.records import AuditEntry, Intent, LicenseRecord, RequestRecord

OTHER = DocumentId(bytes([254]) * 16)


@pytest.fixture
def with_requests(store: Store, a_request: Callable[[int], RequestRecord]) -> Store:
    with store.begin() as work:
        for n in (1, 2):
            work.save_request(a_request(n))
    return store


def refused(store: Store, intent: Intent) -> bool:
    """Tell whether saving fails, and that it left nothing."""
    before = kept(store, intent)
    code = ""
    try:
        with store.begin() as work:
            work.save_intent(intent)
    except Trouble as trouble:
        code = trouble.code
    assert code in ("", "io.database")
    assert not code or kept(store, intent) == before
    return bool(code)


def kept(store: Store, intent: Intent) -> tuple[Intent, ...]:
    with store.read() as work:
        return tuple(work.intents(intent.license_number))


def test_an_intent_moves_to_signed_and_then_stands_still(
    with_requests: Store, an_intent: Callable[[int], Intent]
) -> None:
    intended = an_intent(1)
    signed = replace(intended, state="signed", document=b"document")
    for state in (intended, intended, signed, signed):
        assert not refused(with_requests, state)
        assert kept(with_requests, intended) == (state,)
    for change in (intended, replace(signed, document=b"other"), replace(signed, state="abandoned")):
        assert refused(with_requests, change)
    with with_requests.read() as work:
        assert work.find_intent(intended.request_id) == signed


def test_what_is_about_to_be_signed_never_changes(with_requests: Store, an_intent: Callable[[int], Intent]) -> None:
    intended = an_intent(1)
    assert not refused(with_requests, intended)
    assert refused(with_requests, replace(intended, payload=b"other"))
    assert refused(with_requests, replace(intended, revision=2))
    assert refused(with_requests, replace(intended, state="signed", payload=b"other", document=b"document"))


def test_a_request_has_one_intent_until_it_is_abandoned(
    with_requests: Store, an_intent: Callable[[int], Intent]
) -> None:
    first = an_intent(1)
    second = replace(first, response_id=OTHER)
    assert not refused(with_requests, first)
    assert refused(with_requests, second)
    abandoned = replace(first, state="abandoned")
    assert not refused(with_requests, abandoned)
    assert not refused(with_requests, abandoned)
    with with_requests.read() as work:
        assert work.find_intent(first.request_id) is None
    assert not refused(with_requests, second)
    assert kept(with_requests, first) == (abandoned, second)


def test_an_abandoned_intent_may_be_prepared_anew_with_the_same_payload(
    with_requests: Store, an_intent: Callable[[int], Intent]
) -> None:
    intent = an_intent(1)
    for state in (intent, replace(intent, state="abandoned"), intent):
        assert not refused(with_requests, state)
    assert [found.state for found in kept(with_requests, intent)] == ["abandoned", "intended"]


def test_a_revision_of_a_license_is_intended_once(with_requests: Store, an_intent: Callable[[int], Intent]) -> None:
    first = an_intent(1)
    second = replace(an_intent(2), license_number=first.license_number)
    assert not refused(with_requests, first)
    assert refused(with_requests, second)
    assert not refused(with_requests, replace(second, revision=2))


def test_refusals_count_no_revision(with_requests: Store, an_intent: Callable[[int], Intent]) -> None:
    first = replace(an_intent(1), kind="refusal", revision=0, code="policy.suspended")
    second = replace(an_intent(2), kind="refusal", revision=0, license_number=first.license_number)
    assert not refused(with_requests, first)
    assert not refused(with_requests, second)
    assert kept(with_requests, first) == (first, second)


def test_an_intent_needs_its_request(with_requests: Store, an_intent: Callable[[int], Intent]) -> None:
    assert refused(with_requests, an_intent(3))


def test_rows_may_be_saved_in_any_order_inside_a_unit_of_work(
    store: Store, an_intent: Callable[[int], Intent], a_request: Callable[[int], RequestRecord]
) -> None:
    with store.begin() as work:
        work.save_intent(an_intent(1))
        work.save_request(a_request(1))
    assert kept(store, an_intent(1)) == (an_intent(1),)


def test_a_license_needs_its_product(store: Store, a_license: Callable[[int], LicenseRecord]) -> None:
    with pytest.raises(Trouble) as caught, store.begin() as work:
        work.save_license(replace(a_license(1), product=ProductId("unknown")))
    assert caught.value.code == "io.database"


@pytest.mark.parametrize("number", [5, 4, 0])
def test_numbers_of_trust_lists_only_rise(store: Store, number: int) -> None:
    with store.begin() as work:
        work.save_trust_list(5, b"five")
    with pytest.raises(Trouble, match="does not follow"), store.begin() as work:
        work.save_trust_list(number, b"older")
    with store.read() as work:
        assert work.find_trust_list() == b"five"


def test_order_ids_and_audit_numbers_have_no_gaps_and_none_is_given_twice(store: Store) -> None:
    entry = AuditEntry(at=0, actor="", action="a", subject="", details={})

    def entered(*, fails: bool) -> tuple[str, str]:
        with store.begin() as work:
            given = work.next_order_id(), work.next_order_id()
            work.append_audit(entry)
            if fails:
                raise KeyboardInterrupt
        return given

    assert entered(fails=False) == ("O-000001", "O-000002")
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            entered(fails=True)
    assert entered(fails=False) == ("O-000003", "O-000004")
    with store.read() as work:
        assert [found.number for found in work.audit()] == [1, 2]
    assert list(store.problems()) == []


def test_nothing_is_committed_after_a_failure_that_was_swallowed(
    store: Store, an_intent: Callable[[int], Intent], a_request: Callable[[int], RequestRecord]
) -> None:
    def swallowing() -> None:
        with store.begin() as work:
            work.save_request(a_request(1))
            work.save_intent(an_intent(1))
            for _ in range(2):
                with pytest.raises(Trouble, match="another intent"):
                    work.save_intent(replace(an_intent(1), response_id=OTHER))
            with pytest.raises(Trouble, match="another intent"):
                work.find_vendor()

    with pytest.raises(Trouble, match="another intent"):
        swallowing()
    with store.read() as work:
        assert work.find_request(a_request(1).request_id) is None


def test_the_exception_of_the_caller_passes_as_it_is(store: Store) -> None:
    with pytest.raises(OverflowError, match="mine"), store.begin():
        raise OverflowError("mine")
    with pytest.raises(ValueError, match="mine"), store.read():
        raise ValueError("mine")
