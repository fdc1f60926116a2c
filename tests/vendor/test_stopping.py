# ruff: noqa: ANN401 - the world is a fixture of conftest.py

from collections.abc import Callable
from typing import Any

import pytest

from offline_activation.errors import Refusal
from offline_activation.formats.license_document import LicenseDocument
from offline_activation.formats.names import LicenseNumber, show_license_number
from offline_activation.formats.refusal import RefusalDocument
from offline_activation.formats.request import Purpose
from offline_activation.vendor.records import LicenseRecord
from offline_activation.vendor.stopping import Stop, reinstate, revoke, stop_of, suspend

LicenseIn = Callable[[bytes], LicenseDocument]
RefusalIn = Callable[[bytes], RefusalDocument]
CHANGES = {"suspend": suspend, "reinstate": reinstate, "revoke": revoke}


def change(world: Any, what: str, number: LicenseNumber, reason: str = "invoice 17") -> LicenseRecord:
    with world.store.begin() as work:
        return CHANGES[what](work, number, reason=reason, now=world.now, actor="ada")


def in_state(world: Any, state: str) -> LicenseNumber:
    if state == "ordered":
        return LicenseNumber(world.enter().license_number)
    site = world.active_site() if state == "active" else world.site(world.sold())
    if state in {"suspended", "revoked"}:
        change(world, "suspend" if state == "suspended" else "revoke", site.license_number)
    return LicenseNumber(site.license_number)


@pytest.mark.parametrize(
    ("before", "what", "after"),
    [
        ("ordered", "suspend", "suspended"),
        ("ready", "suspend", "suspended"),
        ("active", "suspend", "suspended"),
        ("suspended", "reinstate", "ready"),
        ("ordered", "revoke", "revoked"),
        ("ready", "revoke", "revoked"),
        ("active", "revoke", "revoked"),
        ("suspended", "revoke", "revoked"),
    ],
)
def test_a_change_of_state_is_told_with_who_when_and_why(world: Any, before: str, what: str, after: str) -> None:
    number = in_state(world, before)
    world.now += 5
    assert change(world, what, number).state == world.record(number).state == after
    with world.store.read() as work:
        told = work.audit_about(show_license_number(number))[-1]
        stop = stop_of(work, world.record(number))
    assert (told.at, told.actor, told.details["reason"]) == (world.now, "ada", "invoice 17")
    assert (told.details["from"], told.details["to"]) == (before, after)
    assert stop == (None if what == "reinstate" else Stop(at=world.now, actor="ada", reason="invoice 17"))


@pytest.mark.parametrize(
    ("before", "what", "code"),
    [
        ("suspended", "suspend", "vendor.license_state"),
        ("ready", "reinstate", "vendor.license_state"),
        ("active", "reinstate", "vendor.license_state"),
        ("revoked", "revoke", "vendor.license_state"),
        ("revoked", "suspend", "vendor.license_revoked"),
        ("revoked", "reinstate", "vendor.license_revoked"),
    ],
)
def test_a_change_that_does_not_fit_the_state_changes_nothing(world: Any, before: str, what: str, code: str) -> None:
    number = in_state(world, before)
    books, told = world.dump(), world.audit()
    with pytest.raises(Refusal) as caught:
        change(world, what, number)
    assert caught.value.code == code
    assert (world.dump(), world.audit()) == (books, told)


@pytest.mark.parametrize("what", list(CHANGES))
def test_an_unknown_license_is_not_changed(world: Any, what: str) -> None:
    with pytest.raises(Refusal) as caught:
        change(world, what, LicenseNumber("0" * 20))
    assert caught.value.code == "vendor.unknown_license"


@pytest.mark.parametrize(("what", "code"), [("suspend", "policy.suspended"), ("revoke", "policy.revoked")])
@pytest.mark.parametrize("purpose", [purpose for purpose in Purpose if purpose is not Purpose.RETURN])
def test_whatever_a_stopped_license_asks_but_a_return_is_refused_with_a_signature(
    world: Any, what: str, code: str, purpose: Purpose, refusal_in: RefusalIn
) -> None:
    site = world.active_site()
    change(world, what, site.license_number)
    found = world.answer(site.request(purpose))
    assert (found.outcome, found.code) == ("refused", code)
    assert refusal_in(found.document).code == code
    assert world.record(site.license_number).revision == 1


@pytest.mark.parametrize(("what", "code"), [("suspend", "policy.suspended"), ("revoke", "policy.revoked")])
def test_what_was_approved_before_the_stop_is_not_signed(world: Any, what: str, code: str) -> None:
    site = world.active_site()
    request = site.request(Purpose.REBIND, volume_id="d15c-2")
    assert world.answer(request).outcome == "waiting"
    world.approve(request)
    change(world, what, site.license_number)
    signatures = world.signatures
    with pytest.raises(Refusal) as caught:
        world.answer(request)
    assert caught.value.code == code
    assert world.intents(site.license_number)[-1].state == "abandoned"
    assert world.record(site.license_number).installation.volume_id == "d15c-1"
    assert world.signatures == signatures + 1, "the key was opened, nothing more"
    assert world.answer(request).code == code  # from now on as a signed refusal


def test_a_stopped_license_cannot_be_approved(world: Any) -> None:
    site = world.active_site()
    request = site.request(Purpose.REBIND)
    world.answer(request)
    change(world, "suspend", site.license_number)
    with pytest.raises(Refusal) as caught:
        world.approve(request)
    assert caught.value.code == "policy.suspended"


def test_a_response_that_was_signed_before_stays_the_response_to_its_request(world: Any) -> None:
    site = world.site(world.sold())
    request = site.request()
    first = world.answer(request)
    change(world, "revoke", site.license_number)
    assert world.answer(request).document == first.document


def test_after_a_suspension_the_next_request_is_signed_and_the_refused_one_stays_refused(
    world: Any, license_in: LicenseIn
) -> None:
    site = world.active_site()
    change(world, "suspend", site.license_number)
    refused = site.request(Purpose.RENEW)
    no = world.answer(refused)
    assert change(world, "reinstate", site.license_number).state == "active"
    assert world.answer(refused).document == no.document
    assert license_in(world.answer(site.request(Purpose.RENEW)).document).revision == 2


def test_what_was_bought_during_a_suspension_is_granted_afterwards(world: Any, license_in: LicenseIn) -> None:
    site = world.active_site()
    change(world, "suspend", site.license_number)
    world.sold(license_number=site.license_number, totals=["employees=150"])
    assert world.record(site.license_number).state == "suspended"
    change(world, "reinstate", site.license_number)
    assert license_in(world.answer(site.request(Purpose.UPDATE)).document).limits["employees"] == 150


def test_a_license_suspended_before_its_order_was_processed_is_ready_when_it_was_meanwhile(world: Any) -> None:
    order = world.enter()
    change(world, "suspend", order.license_number)
    assert change(world, "reinstate", order.license_number).state == "ordered"
    change(world, "suspend", order.license_number)
    world.process(order.order_id)
    assert change(world, "reinstate", order.license_number).state == "ready"


def test_only_the_last_stop_counts(world: Any) -> None:
    number = world.sold()
    change(world, "suspend", number, "first")
    change(world, "reinstate", number, "")
    change(world, "suspend", number, "second")
    with world.store.read() as work:
        stop = stop_of(work, world.record(number))
    assert stop is not None
    assert stop.reason == "second"


def test_a_license_given_back_while_suspended_is_ready_when_it_is_reinstated(world: Any) -> None:
    site = world.active_site()
    change(world, "suspend", site.license_number)
    assert world.answer(site.give_back()).kind == "receipt"
    change(world, "reinstate", site.license_number)
    assert (world.record(site.license_number).state, world.record(site.license_number).installation) == ("ready", None)
    world.active(site)
