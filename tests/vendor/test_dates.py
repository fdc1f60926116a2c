# ruff: noqa: ANN401 - the world is a fixture of conftest.py

from typing import Any

import pytest

from offline_activation.errors import Refusal
from offline_activation.formats.request import Purpose
from offline_activation.formats.trust_list import receive_trust_list
from offline_activation.vendor.dates import check_clock, exported_ahead, signed_ahead
from offline_activation.vendor.publishing import publish_product
from offline_activation.vendor.rotation import renew

DAY = 86_400


def check(world: Any, days: float) -> None:
    with world.store.read() as work:
        check_clock(work, now=world.now + round(days * DAY))


def is_refused(world: Any, days: float) -> bool:
    try:
        check(world, days)
    except Refusal as refusal:
        return refusal.code == "vendor.clock_behind"
    return False


@pytest.mark.parametrize("purpose", [Purpose.RENEW, Purpose.RETURN])
def test_a_response_that_is_dated_later_than_now_stops_the_desk(world: Any, purpose: Purpose) -> None:
    site = world.active_site()
    world.now += 30 * DAY
    world.answer(site.request(purpose))
    assert not is_refused(world, 0)
    assert not is_refused(world, -1)
    assert is_refused(world, -1.001)
    with world.store.read() as work:
        assert signed_ahead(work, now=world.now - 2 * DAY).at == world.now


def test_an_order_is_no_signature(world: Any) -> None:
    world.now += 30 * DAY
    world.sold()
    assert not is_refused(world, -29)


def test_once_a_person_has_renewed_the_trust_list_only_what_follows_counts(world: Any) -> None:
    right = world.now
    world.now += 60 * DAY
    publish_product(world.store, "infinitime", signers=lambda _record: world.root, now=world.now, actor="tester")
    world.active_site()
    world.now = right
    assert is_refused(world, 0)
    with world.store.begin() as work:
        assert exported_ahead(work, now=world.now) == ("infinitime",)
        assert renew(work, root=world.root, reason="Corrected", now=world.now, actor="tester") == 2
    with world.store.read() as work:
        trust = receive_trust_list(work.find_trust_list(), world.root.public_key)
    assert (trust.number, trust.issued) == (2, right)
    assert world.audit()[-1] == "trust.renewed"
    assert not is_refused(world, 0)
    assert is_refused(world, -2), "the renewal itself is dated"
