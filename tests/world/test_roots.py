"""Keys of the vendor come and go while sites live on."""

import shutil

import pytest
from life import Site, World

from offline_activation.errors import Refusal
from offline_activation.formats.envelope import open_envelope
from offline_activation.formats.trust_list import read_trust_list


def test_issuing_keys_and_the_root_key_change_under_a_site_that_hears_of_it_late(world: World) -> None:
    """Four changes in half a year; the site hears of none, then of all at once: it works throughout."""
    site = world.activated()
    for when in ("issuing", "root", "root", "issuing"):
        world.clock.forward(days=45)
        world.vendor.rotate(root=when == "root")
        assert site.start().problem is None
    world.clock.forward(days=10)
    assert site.state == "in_grace"
    site.exchange("renew")
    assert site.state == "active"
    assert site.codes() == set()
    assert len(read_trust_list(open_envelope((site.home / "trust.cose").read_bytes())).roots) == 2


def test_a_leaked_issuing_key_is_revoked_and_what_it_signed_before_stays_good(world: World) -> None:
    """The key is revoked; one site renews, the other has not heard of it: both work, and both renew."""
    one, other = world.activated("one"), world.activated("other")
    leaked = open_envelope((one.home / "license.cose").read_bytes()).key_id
    world.vendor.revoke_key(leaked)
    one.exchange("renew")
    assert (one.state, one.codes()) == ("active", set())
    assert other.state == "active"
    assert (other.home / "license.cose").read_bytes() != (one.home / "license.cose").read_bytes()
    other.exchange("renew")
    assert open_envelope((other.home / "license.cose").read_bytes()).key_id != leaked


def test_a_new_site_made_with_an_old_product_file_follows_the_chain(world: World) -> None:
    """The installer of three root keys ago still works."""
    product_file = world.vendor.product_file()
    for _ in range(3):
        world.clock.forward(days=30)
        world.vendor.rotate(root=True)
    number = world.vendor.sell(limits={"employees": 3})
    site = world.site()
    old = type(site)(world, "old-installer", site.machine)
    old.initialise(product_file)
    old.exchange(number=number)
    assert old.state == "active"


def test_an_old_response_is_opened_on_a_spare_server_made_with_the_new_product_file(world: World) -> None:
    """Activated, the root key rotated, the server burns: the spare server comes with today's installer and opens it."""
    old = world.activated("old")
    response, number = (old.home / "license.cose").read_bytes(), old.license().license_number
    world.vendor.rotate(root=True)
    spare = world.site("spare")
    spare.open_emergency(response)
    assert spare.state == "in_grace"
    spare.exchange("rehost", number)
    assert (spare.state, spare.codes()) == ("active", set())


def test_an_old_response_counts_for_nothing_once_its_root_key_is_revoked(world: World) -> None:
    """The root key leaked: its lists are passed over no more, whatever key signed the response."""
    response = (world.activated("old").home / "license.cose").read_bytes()
    leaked = open_envelope(world.vendor.trust_list()).key_id
    world.vendor.rotate(root=True)
    world.vendor.revoke_key(leaked)
    with pytest.raises(Refusal) as caught:
        world.site("spare").open_emergency(response)
    assert caught.value.code == "key.unknown"


def test_a_response_made_before_the_rotation_arrives_on_a_site_with_the_new_product_file(world: World) -> None:
    """Prepared under root key 1, signed after the rotation, imported where only root key 2 is known: installed."""
    number = world.vendor.sell(limits={"employees": 3})
    waiting = world.site("waiting")
    request = waiting.request(number=number)
    answer = world.vendor.answer(request)
    world.vendor.rotate(root=True)
    anew = Site(world, "anew", waiting.machine)
    anew.initialise()
    shutil.copy(waiting.home / "site_key", anew.home / "site_key")
    for name in ("site_key.pub", "site_key.kept.pub"):
        shutil.copy(waiting.home / name, anew.home / name)
    shutil.copytree(waiting.home / "requests", anew.home / "requests", dirs_exist_ok=True)
    assert anew.install(answer.document).unfinished == ()
    assert (anew.state, anew.codes()) == ("active", set())
