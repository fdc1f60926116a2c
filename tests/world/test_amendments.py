"""Additional purchases on their way: in any order, lost, late, twice."""

import itertools

import pytest
from life import World

from offline_activation.errors import Refusal


def test_the_newest_response_alone_brings_everything(world: World) -> None:
    """Three purchases, three responses on the way; only the last arrives: it holds all three."""
    site = world.activated(limits={"employees": 10})
    number = site.license().license_number
    responses = []
    for more in ({"employees": 5}, {"badge_readers": 2}, {"employees": 1}):
        world.vendor.sell(license_number=number, more=more)
        responses.append(world.vendor.answer(site.request("update")).document)
    changes = {each.field: (each.before, each.after) for each in site.install(responses[-1]).changes}
    assert changes["limits.employees"] == (10, 16)
    assert site.start().limits["badge_readers"] == 2


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_responses_that_arrive_in_any_order_end_the_same(world: World, order: tuple[int, ...]) -> None:
    """Each permutation of three: a newer response is installed, an older one refused, the end is the same."""
    site = world.activated(limits={"employees": 10})
    number = site.license().license_number
    responses = []
    for count in (20, 30, 40):
        world.vendor.sell(license_number=number, limits={"employees": count})
        responses.append(world.vendor.answer(site.request("update")).document)
    newest = -1
    for each in order:
        if each > newest:
            site.install(responses[each])
            newest = each
        else:
            with pytest.raises(Refusal) as caught:
                site.install(responses[each])
            assert caught.value.code == "replay.older_revision"
        assert site.start().limit("employees") == (20, 30, 40)[newest]
    assert site.start().limit("employees") == 40


def test_a_response_that_was_lost_is_made_again_byte_for_byte(world: World) -> None:
    """The CD broke: the same request, signed again months later, is the same response."""
    number = world.vendor.sell(limits={"employees": 10})
    site = world.site()
    request = site.request(number=number)
    first = world.vendor.answer(request)
    world.clock.forward(days=60)
    assert world.vendor.answer(request).document == first.document
    site.install(first.document)
    assert site.install(first.document).already_installed
