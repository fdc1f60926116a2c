# ruff: noqa: ANN401 - the world is a fixture of conftest.py

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from offline_activation.errors import Refusal, Trouble
from offline_activation.formats.keys import SoftwareSigner
from offline_activation.formats.license_document import LicenseDocument
from offline_activation.formats.names import ProductId, document_id
from offline_activation.formats.policy import Fallback, Policy
from offline_activation.formats.refusal import RefusalDocument
from offline_activation.formats.request import Purpose, receive_request
from offline_activation.vendor import issuing
from offline_activation.vendor.drafting import bound_components
from offline_activation.vendor.issuing import answer
from offline_activation.vendor.lint import lint
from offline_activation.verify.checks import AcceptedLicense, AcceptedRefusal, Evidence, Facts, check_response
from offline_activation.verify.trust import pinned_trust

DAY = 86_400
LicenseIn = Callable[[bytes], LicenseDocument]
RefusalIn = Callable[[bytes], RefusalDocument]


def accepted(world: Any, request: bytes, document: bytes) -> AcceptedLicense | AcceptedRefusal:
    received = receive_request(request)
    with world.store.read() as work:
        trust = work.find_trust_list()
    return check_response(
        document,
        trust=pinned_trust(world.root.public_key, trust),
        facts=Facts(
            product=received.content.product,
            site_key=received.content.site_key,
            components=bound_components(received.content),
        ),
        evidence=Evidence(open_requests=frozenset({received.request_id})),
        now=world.now,
    )


def test_a_sold_license_is_signed_for_the_server_that_asks(world: Any, license_in: LicenseIn) -> None:
    site = world.site(world.sold(until="2030-06-30"))
    request = site.request()
    found = world.answer(request)
    assert (found.outcome, found.code, found.revision) == ("signed", None, 1)
    assert isinstance(accepted(world, request, found.document), AcceptedLicense)
    content = license_in(found.document)
    assert content.limits == {"employees": 100}
    assert content.options == ("accruals_plus",)
    assert content.until == 1_909_119_600  # 2030-07-01 00:00 in Los Angeles
    assert content.grace_days == 30
    record = world.record(site.license_number)
    assert record.state == "active"
    assert record.installation.site_key == site.key.public_key
    assert record.contact.email == "maria@northwind.example"
    assert record.issued.until == "2030-06-30"
    assert record.first_activated == record.last_contact == world.now


def test_a_license_says_its_terms_and_its_rules(world: Any, license_in: LicenseIn) -> None:
    terms = {"until": "2030-06-30", "maintenance_until": "2029-12-31", "version_ceiling": "4.2"}
    site = world.site(world.sold(**terms))
    request = site.request()
    found = world.answer(request)
    assert isinstance(accepted(world, request, found.document), AcceptedLicense)
    content = license_in(found.document)
    assert (content.trial, content.version_ceiling) == (False, "4.2")
    assert content.maintenance_until == 1_893_484_800  # 2030-01-01 00:00 in Los Angeles
    assert content.policy == Policy(fallback=Fallback(days=30, limits={"employees": 5}), emergency_days=7)


def test_a_trial_ends_with_its_last_day_and_leaves_no_demo(world: Any, license_in: LicenseIn) -> None:
    site = world.site(world.sold(until="2030-06-30", trial=True))
    request = site.request()
    found = world.answer(request)
    assert isinstance(accepted(world, request, found.document), AcceptedLicense)
    content = license_in(found.document)
    assert (content.trial, content.grace_days, content.policy.fallback) == (True, 0, Fallback(days=0))
    site.accept(found.document)
    world.process(world.enter(license_number=site.license_number, perpetual=True).order_id)
    bought = license_in(world.answer(site.request(Purpose.UPDATE)).document)
    assert (bought.trial, bought.until, bought.grace_days) == (False, None, 30)
    assert bought.policy.fallback == Fallback(days=30, limits={"employees": 5})


def test_the_intent_and_its_audit_entry_exist_before_the_signature(world: Any) -> None:
    site = world.site(world.sold())
    seen: list[tuple[str, list[str]]] = []

    def watching(_record: Any) -> Any:
        states = [intent.state for intent in world.intents(site.license_number)]
        seen.append((",".join(states), world.audit()[-1:]))
        return world.issuing

    answer(replace(world.desk, signers=watching), receive_request(site.request()))
    assert seen[-1] == ("intended", ["license.intended"])
    assert world.audit()[-2:] == ["license.intended", "license.issued"]


def test_the_same_request_always_gets_the_same_bytes(world: Any) -> None:
    site = world.site(world.sold())
    request = site.request()
    first = world.answer(request)
    world.now += 40 * DAY
    assert world.answer(request) == first
    assert world.record(site.license_number).revision == 1
    assert world.audit().count("license.issued") == 1


def test_a_refused_request_stays_refused(world: Any, refusal_in: RefusalIn) -> None:
    site = world.site(world.sold())
    other = world.site(site.license_number, number=9, volume="d15c-2")
    world.answer(site.request())
    request = other.request()
    found = world.answer(request)
    assert (found.outcome, found.code, found.revision) == ("refused", "policy.license_bound", None)
    assert refusal_in(found.document).code == "policy.license_bound"
    assert isinstance(accepted(world, request, found.document), AcceptedRefusal)
    assert world.answer(request) == found
    assert world.record(site.license_number).revision == 1


def test_an_unknown_license_number_gets_a_signed_refusal_and_no_license_record(world: Any) -> None:
    site = world.site(world.sold())
    stranger = world.site(type(site.license_number)("0" * 20), number=7)
    before = world.dump()
    found = world.answer(stranger.request())
    assert found.code == "policy.unknown_license"
    assert found.document is not None
    assert world.dump() == before


def test_an_intent_left_by_a_crash_is_finished_with_the_same_bytes(world: Any) -> None:
    site = world.site(world.sold())
    request = site.request()

    def dead(_record: Any) -> Any:
        if world.intents(site.license_number):
            raise Trouble("key.file", path="token", what="gone")
        return world.issuing

    with pytest.raises(Trouble):
        answer(replace(world.desk, signers=dead), receive_request(request))
    (intent,) = world.intents(site.license_number)
    assert intent.state == "intended"
    world.now += 3600
    world.sold(license_number=site.license_number, totals=["employees=500"])
    found = world.answer(request)
    assert found.revision == 1
    (signed,) = world.intents(site.license_number)
    assert (signed.state, signed.payload, signed.document) == ("signed", intent.payload, found.document)
    assert world.record(site.license_number).issued.limits == {"employees": 100}


def test_a_wrong_passphrase_leaves_no_trace(world: Any) -> None:
    site = world.site(world.sold())
    before, audit = world.dump(), world.audit()

    def closed(_record: Any) -> Any:
        raise Refusal("key.passphrase", path="issuing")

    with pytest.raises(Refusal):
        answer(replace(world.desk, signers=closed), receive_request(site.request()))
    assert (world.dump(), world.audit()) == (before, audit)


def test_a_signer_that_is_another_key_hands_out_nothing(world: Any) -> None:
    site = world.site(world.sold())
    desk = replace(world.desk, signers=lambda _record: SoftwareSigner(bytes([8]) * 32))
    with pytest.raises(Refusal) as caught:
        answer(desk, receive_request(site.request()))
    assert caught.value.code == "vendor.signer_mismatch"
    assert [intent.state for intent in world.intents(site.license_number)] == ["intended"]


def test_a_signer_that_signs_something_else_hands_out_nothing(world: Any) -> None:
    class Lying:
        public_key = world.issuing.public_key

        def sign(self, message: bytes) -> bytes:
            return bytes(world.issuing.sign(message + b"!"))

    site = world.site(world.sold())
    with pytest.raises(Refusal) as caught:
        answer(replace(world.desk, signers=lambda _record: Lying()), receive_request(site.request()))
    assert caught.value.code == "vendor.signer_mismatch"


def test_a_license_the_site_would_refuse_is_not_signed_and_its_claim_is_undone(world: Any) -> None:
    site = world.active_site()
    before = world.record(site.license_number)
    request = site.request(Purpose.RENEW)
    world.desk = replace(world.desk, clock=lambda: world.now)

    def dead(_record: Any) -> Any:
        if len(world.intents(site.license_number)) > 1:
            raise Trouble("key.file", path="token", what="gone")
        return world.issuing

    with pytest.raises(Trouble):
        answer(replace(world.desk, signers=dead), receive_request(request))
    assert world.record(site.license_number).revision == 2
    world.now += 300 * DAY  # the intent is older than its lease: the site would call the license expired
    with pytest.raises(Refusal) as caught:
        world.answer(request)
    assert caught.value.code == "vendor.lint_failed"
    assert "license.expired" in caught.value.message
    assert world.record(site.license_number) == before
    assert [intent.state for intent in world.intents(site.license_number)] == ["signed", "abandoned"]
    assert world.answer(request).revision == 2  # prepared anew, with the time of now


def test_what_was_approved_is_what_is_signed(world: Any) -> None:
    site = world.active_site()
    request = site.request(Purpose.REBIND, volume_id="d15c-9")
    assert world.answer(request).outcome == "waiting"
    intent = world.approve(request)
    world.sold(license_number=site.license_number, totals=["employees=5000"])
    world.now += DAY
    found = world.answer(request)
    assert (found.outcome, found.revision) == ("signed", 2)
    (_, signed) = world.intents(site.license_number)
    assert (signed.payload, signed.state) == (intent.payload, "signed")
    with world.store.read() as work:
        assert work.find_request(intent.request_id).approved_by == "ada"
        assert not work.waiting_requests()


def test_a_payload_changed_after_approval_is_not_signed(memory_world: Any) -> None:
    world = memory_world
    site = world.active_site()
    request = site.request(Purpose.REHOST)
    world.answer(request)
    intent = world.approve(request)
    world.store.books.intents[-1] = replace(
        intent, payload=intent.payload.replace(b"employees\x18\x64", b"employees\x18\x65")
    )
    assert world.store.books.intents[-1].payload != intent.payload
    with pytest.raises(Refusal) as caught:
        world.answer(request)
    assert caught.value.code == "policy.changed_since"
    assert world.store.books.intents[-1].state == "abandoned"
    assert world.answer(request).outcome == "waiting"


def test_an_intent_that_the_audit_log_did_not_announce_is_not_signed(memory_world: Any) -> None:
    """V-08: whoever changes the row in the database changes its payload and its id together."""
    world = memory_world
    site = world.active_site()
    request = site.request(Purpose.REHOST)
    world.answer(request)
    intent = world.approve(request)
    payload = intent.payload.replace(b"employees\x18\x64", b"employees\x18\x65")
    world.store.books.intents[-1] = replace(intent, payload=payload, response_id=document_id(payload))
    signatures = world.signatures
    with pytest.raises(Refusal) as caught:
        world.answer(request)
    assert caught.value.code == "policy.changed_since"
    assert world.store.books.intents[-1].state == "abandoned"
    assert world.store.books.intents[-1].document is None
    assert signatures in {world.signatures, world.signatures - 1}  # the key may be opened, nothing was signed with it


def test_a_key_revoked_after_the_intent_signs_nothing(world: Any) -> None:
    site = world.active_site()
    request = site.request(Purpose.REHOST)
    world.answer(request)
    world.approve(request)
    with world.store.begin() as work:
        work.save_key(world.key_record(world.issuing.public_key, state="revoked"))
    with pytest.raises(Refusal) as caught:
        world.answer(request)
    assert caught.value.code in {"key.revoked", "key.none"}
    assert [intent.state for intent in world.intents(site.license_number)][-1] != "signed"


def test_an_approval_does_not_lift_a_refusal(world: Any) -> None:
    site = world.active_site(until="2026-12-31")
    request = site.request(Purpose.REHOST)
    assert world.answer(request).outcome == "waiting"
    world.now += 400 * DAY
    with pytest.raises(Refusal) as caught:
        world.approve(request)
    assert caught.value.code == "policy.ended"


def test_approving_twice_is_refused(world: Any) -> None:
    site = world.active_site()
    request = site.request(Purpose.REHOST)
    world.answer(request)
    world.approve(request)
    with pytest.raises(Refusal) as caught:
        world.approve(request, "bob")
    assert caught.value.code == "policy.already_answered"


def test_a_request_nobody_has_received_cannot_be_approved(world: Any) -> None:
    site = world.active_site()
    with pytest.raises(Refusal) as caught:
        world.approve(site.request(Purpose.REHOST))
    assert caught.value.code == "vendor.unknown_request"


def test_a_rehost_moves_the_license_and_the_old_server_is_refused(world: Any) -> None:
    old = world.active_site()
    new = world.site(old.license_number, number=9, volume="d15c-2")
    request = new.request(Purpose.REHOST)
    assert world.answer(request).outcome == "waiting"
    world.approve(request)
    assert world.answer(request).outcome == "signed"
    assert world.record(old.license_number).installation.site_key == new.key.public_key
    assert world.answer(old.request(Purpose.RENEW)).code == "policy.superseded"


def test_a_person_refuses_with_a_reason(world: Any, refusal_in: RefusalIn) -> None:
    site = world.active_site()
    request = site.request(Purpose.REHOST)
    world.answer(request)
    found = world.refuse(request, "Invoice 17 is open.")
    assert found.code == "policy.refused"
    assert refusal_in(found.document).message == "The vendor refused the request: Invoice 17 is open."
    assert world.refuse(request, "Invoice 17 is open.") == found
    assert world.answer(request) == found
    with pytest.raises(Refusal) as caught:
        world.refuse(request, "another reason")
    assert caught.value.code == "policy.already_answered"


def test_a_signed_request_cannot_be_refused_afterwards(world: Any) -> None:
    site = world.site(world.sold())
    request = site.request()
    world.answer(request)
    with pytest.raises(Refusal) as caught:
        world.refuse(request)
    assert caught.value.code == "policy.already_answered"


def test_an_additional_purchase_reaches_the_site_with_its_next_update(world: Any, license_in: LicenseIn) -> None:
    site = world.active_site()
    world.sold(license_number=site.license_number, increases=["employees=50"], options=["telephone_punch"])
    found = world.answer(site.request(Purpose.UPDATE))
    content = license_in(found.document)
    assert content.revision == 2
    assert content.limits == {"employees": 150}
    assert content.options == ("accruals_plus", "telephone_punch")
    with world.store.read() as work:
        assert {order.state for order in work.orders()} == {"fulfilled"}


def test_a_reduced_order_takes_nothing_away_before_the_next_update(world: Any, license_in: LicenseIn) -> None:
    site = world.active_site()
    world.sold(license_number=site.license_number, totals=["employees=5"])
    assert world.record(site.license_number).issued.limits == {"employees": 100}
    content = license_in(world.answer(site.request(Purpose.UPDATE)).document)
    assert content.limits == {"employees": 5}


def test_an_issuing_key_of_another_product_signs_nothing(world: Any) -> None:
    site = world.site(world.sold())
    with world.store.begin() as work:
        work.save_key(world.key_record(world.issuing.public_key, products=(ProductId("other"),)))
    with pytest.raises(Refusal) as caught:
        world.answer(site.request())
    assert caught.value.code == "key.none"
    assert not world.intents(site.license_number)


def test_lint_refuses_a_payload_that_answers_another_request(world: Any) -> None:
    site = world.site(world.sold())
    world.answer(site.request())
    (intent,) = world.intents(site.license_number)
    other = receive_request(site.request())
    with pytest.raises(Refusal) as caught:
        lint(intent, other, root=world.root.public_key, now=world.now, randomness=world.randomness)
    assert caught.value.code == "policy.changed_since"


def test_every_response_was_linted(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(*_args: object, **_options: object) -> None:
        raise Refusal("vendor.lint_failed", reference="AR-0", what="test")

    monkeypatch.setattr(issuing, "lint", refusing)
    site = world.site(world.sold())
    for document in (site.request(), site.request(Purpose.UPDATE, product=ProductId("other"))):
        with pytest.raises(Refusal):
            world.answer(document)
    assert {intent.state for intent in world.intents(site.license_number)} == {"abandoned"}
    assert world.record(site.license_number).installation is None


def test_books_that_were_restored_wait_for_a_person_and_then_go_ahead_of_the_site(world: Any) -> None:
    site = world.active_site()
    request = site.request(Purpose.RENEW, revision=7)
    found = world.answer(request)
    assert found.outcome == "waiting"
    assert "revision 7" in " ".join(found.reasons)
    world.approve(request)
    assert world.answer(request).revision == 8


def test_an_approval_that_was_overtaken_by_another_is_not_signed(world: Any) -> None:
    old = world.active_site()
    sites = [world.site(old.license_number, number=number, volume=f"d15c-{number}") for number in (9, 10)]
    requests = [site.request(Purpose.REHOST) for site in sites]
    for request in requests:
        world.answer(request)
        world.approve(request)
    assert world.answer(requests[1]).outcome == "signed"
    with pytest.raises(Refusal) as caught:
        world.answer(requests[0])
    assert caught.value.code == "policy.changed_since"
    assert world.record(old.license_number).installation.site_key == sites[1].key.public_key
    assert [intent.state for intent in world.intents(old.license_number)] == ["signed", "abandoned", "signed"]


def test_a_license_that_was_stopped_between_approval_and_signature_is_not_signed(world: Any) -> None:
    site = world.active_site()
    request = site.request(Purpose.REHOST)
    world.answer(request)
    world.approve(request)
    with world.store.begin() as work:
        work.save_license(replace(work.find_license(site.license_number), state="suspended"))
    with pytest.raises(Refusal) as caught:
        world.answer(request)
    assert caught.value.code == "policy.suspended"
    assert world.answer(request).code == "policy.suspended"  # from now on as a signed refusal
