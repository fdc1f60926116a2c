"""Servers change: what of it is drift, what another machine, and how a rebind ends it."""

from collections.abc import Callable

import pytest
from life import SAMPLE, Machine, World


def test_a_new_disk_counts_down_and_a_rebind_ends_it(world: World) -> None:
    """Day 0 new disk: works, told; day 13 still; day 14 stopped; rebind approved by a person: active."""
    site = world.activated()
    site.machine.volume = Machine.numbered(99).volume
    assert site.codes() == {"license.hardware_changed"}
    world.clock.forward(days=13)
    assert site.state == "active"
    world.clock.forward(days=1)
    assert site.state == "wrong_machine"
    site.exchange("rebind")
    assert site.state == "active"
    assert site.codes() == set()


def test_the_old_disk_comes_back_in_time(world: World) -> None:
    """Day 0 new disk; day 10 the old one is back: nothing is left of it; a later new disk has its own 14 days."""
    site = world.activated()
    old = site.machine.volume
    site.machine.volume = Machine.numbered(99).volume
    site.start()
    world.clock.forward(days=10)
    site.machine.volume = old
    assert site.codes() == set()
    world.clock.forward(days=10)
    site.machine.volume = Machine.numbered(98).volume
    assert site.state == "active"
    world.clock.forward(days=13)
    assert site.state == "active"


@pytest.mark.parametrize("lost", ["machine", "firmware", "card"])
def test_one_other_component_never_matters_while_the_disk_is_the_same(world: World, lost: str) -> None:
    """New network card, new board, new operating system on the old volume: not a word."""
    site = world.activated()
    setattr(site.machine, lost, getattr(Machine.numbered(99), lost))
    assert site.codes() == set()
    setattr(site.machine, lost, None)
    assert site.codes() == set()


def test_disk_and_card_are_within_policy_and_more_is_another_machine(world: World) -> None:
    """Two of three others: drift.  One of three: another machine, at once, and said so."""
    site = world.activated()
    other = Machine.numbered(99)
    site.machine.volume, site.machine.card = other.volume, other.card
    assert site.codes() == {"license.hardware_changed"}
    site.machine.firmware = other.firmware
    assert site.state == "wrong_machine"
    site.exchange("rebind")
    assert site.state == "active"


def test_a_hundred_years_of_repairs_one_at_a_time(world: World) -> None:
    """Every 100 days one part is replaced and a rebind asked when it is told: the ship sails on."""
    site = world.activated()
    for number, part in enumerate(("volume", "machine", "firmware", "card") * 6, 200):
        world.clock.forward(days=100)
        setattr(site.machine, part, getattr(Machine.numbered(number), part))
        assert site.start().problem is None
        site.exchange("rebind" if "license.hardware_changed" in site.codes() else "renew")
        assert site.codes() == set()


def test_forecast_without_a_component(world: World) -> None:
    """What if the disk went?  Fourteen days; and the network card besides?  The same.  Firmware too?  Stopped."""
    site = world.activated()
    assert site.forecast("2026-12-07", without=["volume_id"]).state == "active"
    assert site.forecast("2026-12-09", without=["volume_id"]).state == "wrong_machine"
    assert site.forecast("2026-11-25", without=["volume_id", "network"]).state == "active"
    assert site.forecast("2026-11-25", without=["volume_id", "network", "firmware_uuid"]).state == "wrong_machine"
    assert site.codes() == set()


def test_a_vendor_that_weighs_otherwise(new_world: Callable[..., World]) -> None:
    """Three of volume 2, machine 1, firmware 1: the disk alone is not enough, and the network card counts nothing."""
    text = SAMPLE.read_text(encoding="utf-8")
    text = text.replace("needed = 2", "needed = 3").replace("network = 1", "network = 0")
    site = new_world(definition=text).activated()
    other = Machine.numbered(99)
    site.machine.card = other.card
    assert site.codes() == set()
    site.machine.machine = other.machine
    assert site.codes() == set()
    site.machine.firmware = other.firmware
    assert site.state == "wrong_machine"
    site.exchange("rebind")
    site.machine.volume = other.volume
    assert site.codes() == {"license.hardware_changed"}
