"""Keys of the vendor come and go while sites live on."""

from life import World

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
