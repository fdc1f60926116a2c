"""State directories that are restored, copied and lost: one is a supported case, the other is shown to the vendor."""

import pytest
from life import Machine, World

from offline_activation.errors import Refusal
from offline_activation.formats.request import receive_request
from offline_activation.vendor.fork import fork_of
from offline_activation.vendor.intake import examine


def rules(world: World, document: bytes) -> set[str]:
    """Return the names of the rules that found something about a request."""
    request = receive_request(document).content
    with world.vendor.store.read() as work:
        return {finding.rule for finding in examine(work, request, now=world.clock.now).findings}


def test_a_restored_backup_goes_on_after_one_exchange(world: World) -> None:
    """Day 0 backup; day 30 renewed; day 40 restored: works, with the older revision; day 50: as if nothing was."""
    site = world.activated()
    backup = site.backup()
    world.clock.forward(days=30)
    site.exchange("renew")
    world.clock.forward(days=10)
    site.restore(backup)
    assert (site.state, site.start().revision) == ("active", 1)
    request = site.request("renew")
    assert "chain" in rules(world, request)
    answer = world.vendor.answer(request)
    assert answer.outcome == "signed"
    assert site.install(answer.document).license.revision == 3
    world.clock.forward(days=10)
    request = site.request("renew")
    assert "chain" not in rules(world, request)
    assert world.vendor.answer(request).outcome == "signed"


def test_an_older_license_never_comes_back(world: World) -> None:
    """Revision 1 kept aside, 2 installed, 1 imported again: refused, 2 stays; also after the backup of 1 came back."""
    site = world.activated()
    first = (site.home / "license.cose").read_bytes()
    site.exchange("renew")
    for document in (first, first):
        with pytest.raises(Refusal) as caught:
            site.install(document)
        assert caught.value.code == "replay.older_revision"
        assert site.start().revision == 2


def test_two_clones_that_both_go_on_are_shown_with_both_histories(world: World) -> None:
    """A copied virtual machine: both work, both renew in turns; the vendor sees counts and volumes take turns."""
    site = world.activated()
    machine = Machine(**{name: getattr(site.machine, name) for name in ("volume", "machine", "firmware", "card")})
    twin = site.clone("twin", machine)
    for _ in range(2):
        world.clock.forward(days=20)
        site.exchange("renew")
        request = twin.request("renew")
        assert "chain" in rules(world, request)
        twin.install(world.vendor.answer(request).document)
    assert {site.state, twin.state} == {"active"}
    request = receive_request(site.request("renew")).content
    with world.vendor.store.read() as work:
        steps = fork_of(work, request, examine(work, request, now=world.clock.now))
    assert steps is not None
    assert len(steps) >= 3
    assert [step.followed for step in steps].count(True) == 1


def test_a_clone_on_other_hardware_does_not_run(world: World) -> None:
    """The same directory on a machine that shares nothing with the first."""
    site = world.activated()
    twin = site.clone("twin", Machine.numbered(77))
    assert (site.state, twin.state) == ("active", "wrong_machine")
