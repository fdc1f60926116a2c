# ruff: noqa: ANN401 - the world is a fixture of conftest.py

from typing import Any

from offline_activation.formats.keys import SoftwareSigner
from offline_activation.formats.request import Purpose


def test_a_signed_request_is_answered_and_no_clone(world: Any) -> None:
    site = world.site(world.sold(until="2030-06-30"))
    document = site.request()
    assert world.review(document).rule == "ready"
    world.answer(document)
    found = world.review(document)
    assert (found.decision, found.rule, found.changes) == ("sign", "answered", ())
    assert found.reasons == ("Already answered: signed as revision 1 on 2026-11-24.",)
    assert (found.grant.limits, found.grant.until) == ({"employees": 100}, "2030-06-30")


def test_an_older_answered_request_is_answered_and_no_clone(world: Any) -> None:
    site = world.site(world.sold())
    first = site.request()
    site.accept(world.answer(first).document)
    world.answer(site.request(Purpose.UPDATE))
    order = world.enter(license_number=site.license_number, increases=["employees=1"])
    world.process(order.order_id)
    assert world.review(first).reasons == ("Already answered: signed as revision 1 on 2026-11-24.",)
    assert world.review(first).grant.limits == {"employees": 100}


def test_another_request_with_the_same_count_still_looks_like_a_clone(world: Any) -> None:
    site = world.site(world.sold())
    world.answer(site.request())
    again = site.request(counter=1, nonce=b"n" * 16)
    assert "does not follow" in world.review(again).reasons[0]


def test_a_refused_request_tells_its_code(world: Any) -> None:
    site = world.active_site()
    site.key = SoftwareSigner(bytes([9]) * 32)
    document = site.request()
    world.answer(document)
    found = world.review(document)
    assert (found.decision, found.refusal) == ("refuse", None)
    assert found.reasons == ("Already answered: refused (policy.license_bound) on 2026-11-24.",)


def test_an_approved_request_tells_by_whom_and_what_will_be_signed(world: Any) -> None:
    site = world.active_site()
    document = site.request(Purpose.REHOST)
    world.answer(document)
    world.approve(document, user="ada")
    reason = "Approved by ada on 2026-11-24: revision 2 is recorded and will be signed exactly so."
    assert world.review(document).reasons == (reason,)


def test_an_answered_return_tells_of_its_receipt(world: Any) -> None:
    site = world.active_site()
    document = site.request(Purpose.RETURN)
    world.answer(document)
    found = world.review(document)
    assert (found.decision, found.grant, found.changes) == ("sign", None, ())
    assert found.reasons == ("Already answered: signed as a receipt on 2026-11-24.",)
