# ruff: noqa: ANN401 - the world is a fixture of conftest.py

from dataclasses import replace
from typing import Any

import pytest

from offline_activation.errors import Refusal, Trouble
from offline_activation.formats.envelope import Kind, check_signature, open_envelope
from offline_activation.formats.names import document_id, site_id
from offline_activation.formats.receipt import read_receipt
from offline_activation.formats.request import Purpose, receive_request
from offline_activation.formats.trust_list import Use
from offline_activation.vendor.drafting import bound_components
from offline_activation.vendor.issuing import answer
from offline_activation.verify.checks import AcceptedReceipt, Evidence, Facts, check_response
from offline_activation.verify.trust import pinned_trust

DAY = 86_400


def accepted(world: Any, request: bytes, document: bytes, *, is_open: bool = True) -> Any:
    received = receive_request(request)
    with world.store.read() as work:
        trust = pinned_trust(world.root.public_key, work.find_trust_list())
    facts = Facts(
        product=received.content.product,
        site_key=received.content.site_key,
        components=bound_components(received.content),
    )
    evidence = Evidence(open_requests=frozenset({received.request_id} if is_open else ()))
    return check_response(document, trust=trust, facts=facts, evidence=evidence, now=world.now)


def lenient(world: Any) -> None:
    """Let rules alone grant transfers."""
    with world.store.begin() as work:
        product = work.find_product("infinitime")
        text = product.definition.replace('ask = ["rehost", "rebind", "transfer"]', 'ask = ["rehost", "rebind"]')
        text = text.replace('"renew", "return"]', '"renew", "return", "transfer"]')
        work.save_product(replace(product, definition=text))


def test_a_return_frees_the_seat_and_gets_a_receipt_that_the_site_accepts(world: Any) -> None:
    site = world.active_site()
    document = site.give_back()
    found = world.answer(document)
    assert (found.outcome, found.kind, found.code, found.revision) == ("signed", "receipt", None, 1)
    envelope = open_envelope(found.document)
    check_signature(envelope, world.issuing.public_key)
    receipt, received = read_receipt(envelope), receive_request(document)
    assert (envelope.kind, receipt.revision, receipt.license_number) == (Kind.RECEIPT, 1, site.license_number)
    assert (receipt.request_id, receipt.site) == (received.request_id, site_id(site.key.public_key))
    assert isinstance(accepted(world, document, found.document), AcceptedReceipt)
    with pytest.raises(Refusal) as caught:
        accepted(world, document, found.document, is_open=False)
    assert caught.value.code == "binding.other_request"
    response_id = document_id(envelope.payload)
    record, former = world.record(site.license_number), world.former(site)
    assert (record.installation, record.state, record.last_response) == (None, "ready", response_id)
    assert (former.how, former.return_id, former.response_id) == ("returned", received.request_id, response_id)
    assert (former.is_unreturned, record.unreturned) == (False, 0)
    assert world.audit()[-3:] == ["license.returned", "receipt.intended", "receipt.issued"]


def test_the_same_return_always_gets_the_same_receipt(world: Any) -> None:
    site = world.active_site()
    document = site.give_back()
    first = world.answer(document)
    world.now += 40 * DAY
    assert world.answer(document) == first
    assert world.audit().count("license.returned") == 1
    world.active(world.site(site.license_number, number=9, volume="d15c-9"))
    before = world.dump()
    assert world.answer(document) == first
    assert world.dump() == before


def test_a_directory_restored_after_the_return_is_refused_and_seen(world: Any) -> None:
    site = world.active_site()
    backup = site.copied()
    world.answer(site.give_back())
    world.now += 3 * DAY
    found = world.answer(backup.request(Purpose.RENEW))
    assert (found.outcome, found.code) == ("refused", "policy.returned")
    assert found.document is not None
    assert world.former(site).last_seen == world.now
    assert "former_site.seen" in world.audit()
    assert world.answer(backup.request(Purpose.RETURN)).code == "policy.returned"
    assert world.record(site.license_number).installation is None


def test_a_site_that_knows_of_its_return_activates_again(world: Any) -> None:
    site = world.active_site()
    stale = site.copied()
    world.answer(site.give_back())
    content = world.active(site)
    assert (content.revision, content.replaced) == (2, ())
    record = world.record(site.license_number)
    assert (record.state, record.installation.site_key) == ("active", site.key.public_key)
    assert world.former(site).back is not None
    world.answer(site.give_back())
    assert world.former(site).back is None
    stale.counter = 90
    assert world.answer(stale.request()).code == "policy.returned"


def test_a_returned_license_goes_to_a_stranger_only_by_a_person(world: Any) -> None:
    """Its number has been in mails and files: who holds nothing but that proves nothing."""
    lenient(world)
    site = world.active_site()
    proof = site.give_back()
    world.answer(proof)
    stranger, other = (world.site(site.license_number, number=n, volume=f"d15c-{n}") for n in (8, 9))
    for purpose in (Purpose.ACTIVATE, Purpose.RENEW, Purpose.UPDATE, Purpose.TRANSFER):
        found = world.answer(stranger.request(purpose))
        assert (found.outcome, found.blocking) == ("waiting", None)
        assert "the request does not carry its return" in " ".join(found.reasons)
    assert world.answer(stranger.request(returned=receive_request(proof).request_id)).outcome == "waiting"
    assert world.answer(other.request(Purpose.TRANSFER, proof=proof)).outcome == "signed"


def test_a_returned_license_goes_by_rules_to_the_server_that_gave_it_back(world: Any) -> None:
    site = world.active_site()
    world.answer(site.give_back())
    assert world.answer(site.request()).outcome == "signed"


def test_a_returned_license_belongs_to_who_comes_first(world: Any) -> None:
    site = world.active_site()
    world.answer(site.give_back())
    other = world.site(site.license_number, number=9, volume="d15c-9")
    request = other.request()
    assert world.answer(request).outcome == "waiting"
    world.approve(request)
    other.accept(world.answer(request).document)
    assert world.answer(site.request()).code == "policy.license_bound"
    assert world.answer(other.give_back()).kind == "receipt"
    world.active(site)


@pytest.mark.parametrize("state", ["suspended", "revoked"])
def test_a_stopped_license_can_be_given_back_and_stays_stopped(world: Any, state: str) -> None:
    site = world.active_site()
    with world.store.begin() as work:
        work.save_license(replace(work.find_license(site.license_number), state=state))
    assert world.answer(site.give_back()).kind == "receipt"
    record = world.record(site.license_number)
    assert (record.state, record.installation) == (state, None)
    assert world.answer(site.request()).code == f"policy.{state}"


def test_a_server_that_never_held_the_license_cannot_give_it_back(world: Any) -> None:
    site = world.site(world.sold())
    assert world.answer(site.request(Purpose.RETURN)).code == "policy.not_held"
    world.active(site)
    other = world.site(site.license_number, number=9, volume="d15c-9")
    assert world.answer(other.request(Purpose.RETURN)).code == "policy.license_bound"


def test_a_return_waits_for_a_person_where_the_product_says_so(world: Any) -> None:
    with world.store.begin() as work:
        product = work.find_product("infinitime")
        text = product.definition.replace('"rebind", "transfer"]', '"rebind", "transfer", "return"]')
        work.save_product(replace(product, definition=text.replace('"renew", "return"]', '"renew"]')))
    site = world.active_site()
    document = site.give_back()
    assert world.answer(document).outcome == "waiting"
    assert world.record(site.license_number).installation is not None
    world.approve(document)
    assert world.record(site.license_number).installation is None
    assert world.answer(document).kind == "receipt"


def test_a_late_return_waits_because_a_newer_license_may_run(world: Any) -> None:
    site = world.active_site()
    late = site.request(Purpose.RETURN)
    world.active(site, Purpose.RENEW)
    found = world.answer(late)
    assert (found.outcome, found.blocking) == ("waiting", None)
    assert world.record(site.license_number).installation is not None


def test_a_return_of_a_server_that_missed_a_renewal_waits_for_a_person(world: Any) -> None:
    site = world.active_site()
    world.answer(site.request(Purpose.RENEW))
    document = site.give_back()
    found = world.answer(document)
    assert (found.outcome, found.blocking) == ("waiting", None)
    assert "it gives back revision 1, the last one issued is 2" in " ".join(found.reasons)
    world.approve(document)
    assert world.answer(document).kind == "receipt"


def test_a_return_kept_back_while_its_restored_directory_renews_frees_no_seat(world: Any) -> None:
    """Its count is high enough, but the server runs what was issued since: two servers would run by rules alone."""
    site = world.active_site()
    site.counter = 9
    backup = site.copied()
    document = site.give_back()
    backup.counter = 3
    world.active(backup, Purpose.RENEW)
    assert receive_request(document).content.counter > world.record(site.license_number).installation.counter
    other = world.site(site.license_number, number=9, volume="d15c-9")
    assert world.answer(document).outcome == "waiting"
    assert world.answer(other.request()).code == "policy.license_bound"
    assert world.answer(other.request(Purpose.TRANSFER, proof=document)).code == "policy.proof"
    forged = site.give_back(revision=2)  # the same revision, another response
    assert world.answer(forged).outcome == "waiting"
    assert "it does not know the last response" in " ".join(world.review(forged).reasons)


def test_a_person_may_refuse_a_return_and_nothing_changes(world: Any) -> None:
    site = world.active_site()
    before = world.dump()["licenses"]
    assert world.refuse(site.give_back()).code == "policy.refused"
    assert world.dump()["licenses"] == before


def test_a_return_to_restored_books_waits_and_the_next_license_goes_ahead(world: Any) -> None:
    site = world.active_site()
    document = site.give_back(revision=7)
    assert world.answer(document).outcome == "waiting"
    world.approve(document)
    assert world.answer(document).revision == 7
    assert world.active(site).revision == 8


# -- keys -------------------------------------------------------------------------------------------------------------


def test_a_key_that_may_not_sign_receipts_signs_none_and_nothing_changes(world: Any) -> None:
    site = world.active_site()
    with world.store.begin() as work:
        work.save_key(world.key_record(world.issuing.public_key, uses=Use.LICENSE | Use.REFUSAL))
    before, audit, document = world.dump(), world.audit(), site.give_back()
    with pytest.raises(Refusal) as caught:
        world.answer(document)
    assert caught.value.code == "key.no_receipts"
    assert (world.dump(), world.audit()) == (before, audit)


def test_a_receipt_that_the_trust_list_does_not_allow_frees_no_seat(world_of: Any, memory_store: Any) -> None:
    class Older(world_of):  # type: ignore[misc]
        def key_record(self, public: Any, **other: Any) -> Any:
            return super().key_record(public, **({"uses": Use.LICENSE | Use.REFUSAL} | other))

    world = Older(memory_store)
    site = world.active_site()
    with world.store.begin() as work:
        work.save_key(world.key_record(world.issuing.public_key, uses=Use.LICENSE | Use.REFUSAL | Use.RECEIPT))
    before, audit = world.dump(), world.audit()
    with pytest.raises(Refusal) as caught:
        world.answer(site.give_back())
    assert caught.value.code == "vendor.lint_failed"
    assert "key.not_for_use" in caught.value.message
    assert (world.dump(), world.audit()) == (before, audit)


def test_a_return_that_is_refused_needs_no_key_for_receipts(world: Any) -> None:
    site = world.site(world.sold())
    with world.store.begin() as work:
        work.save_key(world.key_record(world.issuing.public_key, uses=Use.LICENSE | Use.REFUSAL))
    assert world.answer(site.request(Purpose.RETURN)).code == "policy.not_held"


# -- crashes ----------------------------------------------------------------------------------------------------------


def crash_at_signature(world: Any, document: bytes) -> None:
    """Answer with a signer that dies when it is opened for the second time: after the intent."""
    opened: list[int] = []

    def dying(_record: Any) -> Any:
        opened.append(1)
        if len(opened) > 1:
            raise Trouble("key.file", path="token", what="gone")
        return world.issuing

    with pytest.raises(Trouble):
        answer(replace(world.desk, signers=dying), receive_request(document))


def test_a_crash_before_the_intent_leaves_the_seat_where_it_was(world: Any) -> None:
    site = world.active_site()
    before = world.dump()

    def closed(_record: Any) -> Any:
        raise Trouble("key.file", path="token", what="gone")

    document = site.give_back()
    with pytest.raises(Trouble):
        answer(replace(world.desk, signers=closed), receive_request(document))
    assert world.dump() == before
    assert world.answer(document).kind == "receipt"


def test_a_crash_between_intent_and_signature_is_finished_with_the_same_receipt(world: Any) -> None:
    site = world.active_site()
    document = site.give_back()
    crash_at_signature(world, document)
    intent = world.intents(site.license_number)[-1]
    assert (intent.kind, intent.state) == ("receipt", "intended")
    assert world.record(site.license_number).installation is None
    world.now += DAY
    found = world.answer(document)
    assert open_envelope(found.document).payload == intent.payload
    assert world.audit().count("license.returned") == 1
    assert world.answer(document) == found


def test_a_server_that_comes_between_keeps_the_seat_when_the_receipt_is_finished(world: Any) -> None:
    site = world.active_site()
    document = site.give_back()
    crash_at_signature(world, document)
    other = world.site(site.license_number, number=9, volume="d15c-9")
    world.active(other)
    assert world.answer(document).kind == "receipt"
    record = world.record(site.license_number)
    assert (record.installation.site_key, record.state) == (other.key.public_key, "active")
    world.active(other, Purpose.RENEW)
    assert "does not follow" not in " ".join(world.review(other.request(Purpose.RENEW)).reasons)


def test_the_site_itself_may_come_between_and_keeps_what_it_got(world: Any) -> None:
    """The license that was issued after the return must not be given back by it."""
    site = world.active_site()
    document = site.give_back()
    crash_at_signature(world, document)
    world.active(site)
    assert world.answer(document).kind == "receipt"
    assert world.record(site.license_number).installation.site_key == site.key.public_key
    assert world.former(site).back is not None


def test_a_renewal_that_was_not_signed_when_its_site_returned_never_is(world: Any) -> None:
    site = world.active_site()
    renewal = site.request(Purpose.RENEW)
    crash_at_signature(world, renewal)
    assert world.answer(site.give_back()).kind == "receipt"
    with pytest.raises(Refusal) as caught:
        world.answer(renewal)
    assert caught.value.code == "policy.changed_since"
    assert world.record(site.license_number).installation is None
    assert world.answer(renewal).code == "policy.returned"
    assert world.record(site.license_number).installation is None


def test_a_receipt_whose_key_was_revoked_is_made_anew_and_frees_nothing_twice(world: Any) -> None:
    site = world.active_site()
    document = site.give_back()
    crash_at_signature(world, document)
    (intent,) = [each for each in world.intents(site.license_number) if each.kind == "receipt"]
    with world.store.begin() as work:
        work.save_intent(replace(intent, state="abandoned"))
    assert world.review(document).decision == "sign"
    other = world.site(site.license_number, number=9, volume="d15c-9")
    world.active(other)
    world.now += DAY
    assert world.answer(document).kind == "receipt"
    assert world.record(site.license_number).installation.site_key == other.key.public_key
    assert world.audit().count("license.returned") == 1


# -- over and over ----------------------------------------------------------------------------------------------------


def test_a_hundred_returns_in_a_row_with_the_clock_to_and_fro_and_across_year_end(world: Any) -> None:
    """O-05: seats never exceed, every cycle works, whatever the vendor's clock does."""
    number = world.sold()
    sites = [world.site(number, number=20 + each, volume=f"d15c-{each}") for each in range(3)]
    world.now = 1_798_761_500  # a few minutes before a new year
    for cycle in range(100):
        site = sites[cycle % 3]
        world.active(site)
        assert world.answer(sites[(cycle + 1) % 3].request(Purpose.REHOST)).outcome != "signed"
        assert world.record(number).installation.site_key == site.key.public_key
        world.now += (400, 300 * DAY, -300 * DAY, -200, DAY)[cycle % 5]
        assert world.answer(site.give_back()).kind == "receipt"
        assert world.record(number).installation is None
    with world.store.read() as work:
        assert [former.how for former in work.former_sites(number)] == ["returned"] * 3
    issued = [intent.kind for intent in world.intents(number) if intent.kind != "refusal"]
    assert issued == ["license", "receipt"] * 100
    assert world.record(number).revision == 100
