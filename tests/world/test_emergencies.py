"""The Saturday when the server burns: the emergency license inside the last response."""

import dataclasses

import pytest
from life import DAY, Machine, World

from offline_activation.errors import Refusal


def code(action: object, *arguments: object) -> str:
    """Return the code with which an action is refused."""
    assert callable(action)
    with pytest.raises(Refusal) as caught:
        action(*arguments)
    return caught.value.code


def test_opened_on_a_fresh_server_and_replaced_by_a_rehost(world: World) -> None:
    """Saturday opened from the mail's response file: seven days of grace; Monday rehost: active; old one superseded."""
    old = world.activated("old", limits={"employees": 80}, options=("accruals_plus",))
    response, number = (old.home / "license.cose").read_bytes(), old.license().license_number
    spare = world.site("spare")
    spare.open_emergency(response)
    lic = spare.start()
    assert (lic.state, lic.days_left, lic.limit("employees")) == ("in_grace", 7, 80)
    assert lic.allows("accruals_plus")
    assert "license.emergency" in spare.codes()
    world.clock.forward(days=2)
    spare.exchange("rehost", number)
    assert spare.state == "active"
    assert spare.codes() == set()
    assert world.vendor.record(number).emergency_opened == world.clock.now - 2 * DAY


def test_opened_on_the_same_server_after_new_hardware(world: World) -> None:
    """Board and disk replaced on Saturday: another machine; opened; the rebind on Monday ends it."""
    site = world.activated()
    site.machine = Machine.numbered(99)
    assert site.state == "wrong_machine"
    site.open_emergency()
    assert site.state == "in_grace"
    site.exchange("rebind")
    assert site.state == "active"


def test_it_ends_after_its_days_and_opens_once(world: World) -> None:
    """Day 0 opened; day 6 works; day 7 over; opening again is refused; so does the next response hold none."""
    site = world.activated()
    site.machine = Machine.numbered(99)
    site.open_emergency()
    assert code(site.open_emergency) == "license.emergency_used"
    world.clock.forward(days=6)
    assert site.state == "in_grace"
    world.clock.forward(days=1)
    assert site.state == "wrong_machine"
    assert site.codes() == {"license.emergency_over"}
    assert code(site.open_emergency) == "license.emergency_used"
    site.exchange("rebind")
    site.exchange("renew")
    assert site.license().policy.emergency_days == 0, "opened this year: the next one only after a person agreed"
    world.clock.forward(days=100)
    site.exchange("renew")
    world.clock.forward(days=100)
    site.exchange("renew")
    world.clock.forward(days=170)
    site.exchange("renew")
    assert site.license().policy.emergency_days == 7


def test_a_clock_set_back_does_not_stretch_it(world: World) -> None:
    """Day 5 of 7: the clock goes back 10 days; it is over on the true day 7 or before."""
    site = world.activated()
    site.machine = Machine.numbered(99)
    site.open_emergency()
    for _ in range(5):
        world.clock.forward(days=1)
        site.start()
    site.skew = -10 * DAY
    for _ in range(3):
        world.clock.forward(days=1)
        site.start()
    assert site.state in {"in_grace", "wrong_machine"}
    world.clock.forward(days=12)
    site.skew = 0
    assert (site.state, site.start().limit("employees")) == ("wrong_machine", 0)
    site.skew = -10 * DAY
    assert (site.state, site.start().limit("employees")) == ("wrong_machine", 0)


def test_what_it_is_not_for(world: World) -> None:
    """A license that works, one that is over, a damaged file: each has its code."""
    site = world.activated()
    assert code(site.open_emergency) == "license.emergency_not_needed"
    response = (site.home / "license.cose").read_bytes()
    spare = world.site("spare")
    world.clock.forward(days=300)
    assert code(spare.open_emergency, response) == "license.expired"
    broken = bytearray(response)
    broken[-1] ^= 1
    assert code(spare.open_emergency, bytes(broken)) == "signature.invalid"


def test_asked_before_it_was_opened_and_told_all_the_same(world: World) -> None:
    """The request for the move leaves first, then the emergency license is opened: the vendor learns of it later."""
    old = world.activated("old", limits={"employees": 80})
    number = old.license().license_number
    spare = world.site("spare")
    request = spare.request("rehost", number)
    spare.open_emergency((old.home / "license.cose").read_bytes())
    opened = world.clock.now
    world.clock.forward(days=1)
    spare.install(world.vendor.decide(request).document)
    assert (spare.state, spare.codes()) == ("active", set())
    assert world.vendor.record(number).emergency_opened is None
    spare.exchange("renew")
    told = world.vendor.record(number).emergency_opened
    assert told is not None
    assert told >= opened
    assert spare.license().policy.emergency_days == 0


def test_old_responses_give_no_second_opening(world: World) -> None:
    """Three responses in the drawer; the hardware changes; only the newest opens, once, whatever is imported again."""
    site = world.activated()
    drawer = [(site.home / "license.cose").read_bytes()]
    for _ in range(2):
        site.exchange("renew")
        drawer.append((site.home / "license.cose").read_bytes())
    site.machine = Machine.numbered(99)
    site.open_emergency(drawer[2])
    world.clock.forward(days=8)
    assert site.codes() == {"license.emergency_over"}
    for again in drawer:
        with pytest.raises(Refusal):
            site.install(again)
        assert code(site.open_emergency, again) == "license.emergency_used"
    for name in ("emergency", "emergency.cose"):
        (site.home / name).unlink()
    assert code(site.open_emergency, drawer[0]) == "replay.older_revision"
    assert code(site.open_emergency, drawer[1]) == "replay.older_revision"
    assert code(site.open_emergency, drawer[2]) == "license.emergency_used"


def test_importing_the_license_in_force_again_does_not_seal_it_again(world: World) -> None:
    """A new disk, not rebound in its days; a response that waits is opened; the one in force is imported again."""
    site = world.activated()
    here = (site.home / "license.cose").read_bytes()
    waiting = world.vendor.decide(site.request("renew")).document
    site.machine = dataclasses.replace(site.machine, volume="0badcafe-0000-4000-8000-000000000001")
    site.start()
    world.clock.forward(days=15)
    assert site.state == "wrong_machine"
    site.open_emergency(waiting)
    assert site.install(here).already_installed
    assert site.codes() == {"license.emergency"}
    world.clock.forward(days=7)
    assert site.install(here).already_installed
    assert code(site.open_emergency, waiting) == "license.emergency_used"


def test_over_is_over_also_with_the_file_of_another_server(world: World) -> None:
    """The license here has expired; the response of the other server opens nothing beside it."""
    other = world.activated("other")
    site = world.activated("site")
    world.clock.forward(days=200)
    other.exchange("renew")
    world.clock.forward(days=20)
    assert site.state == "expired"
    assert code(site.open_emergency, (other.home / "license.cose").read_bytes()) == "license.expired"


def test_opening_takes_no_day_of_the_demo_away(world: World) -> None:
    """A fresh server: opened on day 0, over on day 7: the demo of 30 days goes on; day 30: nothing, and why."""
    response = (world.activated("old").home / "license.cose").read_bytes()
    spare = world.site("spare")
    spare.open_emergency(response)
    world.clock.forward(days=7)
    assert (spare.state, spare.start().limit("employees")) == ("demo", 5)
    assert "license.emergency_over" in spare.codes()
    world.clock.forward(days=23)
    assert (spare.state, spare.start().limit("employees")) == ("not_activated", 0)
    assert spare.codes() == {"license.emergency_over"}
