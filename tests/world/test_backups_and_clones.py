"""State directories that are restored, copied and lost: one is a supported case, the other is shown to the vendor."""

import pytest
from life import Machine, Site, World

from offline_activation.errors import Refusal
from offline_activation.formats.request import receive_request
from offline_activation.vendor.fork import Histories, History, fork_of, histories_of
from offline_activation.vendor.intake import examine


def rules(world: World, document: bytes) -> set[str]:
    """Return the names of the rules that found something about a request."""
    request = receive_request(document).content
    with world.vendor.store.read() as work:
        return {finding.rule for finding in examine(work, request, now=world.clock.now).findings}


def revision_of(site: Site) -> int:
    return site.license().revision


def steps(history: History) -> list[tuple[str, int]]:
    return [(str(step.reference), step.revision) for step in history.steps]


def fork(world: World, document: bytes) -> Histories:
    """Return the histories that a reviewer of a request sees."""
    request = receive_request(document).content
    with world.vendor.store.read() as work:
        found = fork_of(work, request, examine(work, request, now=world.clock.now))
    assert found is not None
    return found


def histories(world: World, site: Site) -> Histories:
    """Return the histories in the books of the license of a site."""
    with world.vendor.store.read() as work:
        record = work.find_license(site.license().license_number)
        assert record is not None
        found = histories_of(work, record)
    assert found is not None
    return found


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
    """A copied virtual machine: both renew in turns, then one alone; each history stands whole, by itself."""
    site = world.activated()
    machine = Machine(**{name: getattr(site.machine, name) for name in ("volume", "machine", "firmware", "card")})
    twin = site.clone("twin", machine)
    first = revision_of(site)
    asked: dict[str, list[tuple[str, int]]] = {"server": [], "twin": []}
    last = site
    for each in [site, twin] * 4 + [site] * 4:
        world.clock.forward(days=9)
        request = each.request("renew")
        assert ("chain" in rules(world, request)) == (last is not each)
        each.install(world.vendor.answer(request).document)
        asked[each.name].append((str(receive_request(request).reference), revision_of(each)))
        last = each
    assert {site.state, twin.state} == {"active"}
    found = fork(world, twin.request("renew"))
    assert [steps(history) for history in found.branches] == [asked["server"], asked["twin"]]
    assert [history.not_shown for history in found.branches] == [0, 0]
    assert found.common is not None
    assert found.common.revision == first
    assert {history.follows for history in found.branches} == {found.common.reference}
    books = histories(world, site)
    assert [steps(history) for history in books.branches] == [asked["server"], asked["twin"]]
    assert books.common == found.common


def test_a_restored_backup_is_shown_as_a_history_that_went_quiet(world: World) -> None:
    """Renewed twice, restored, asked: one step back; afterwards the old history has its two steps and no more."""
    site = world.activated()
    backup = site.backup()
    for _ in range(2):
        world.clock.forward(days=10)
        site.exchange("renew")
    site.restore(backup)
    found = fork(world, site.request("renew"))
    assert [[revision for _, revision in steps(history)] for history in found.branches] == [[2, 3], []]
    assert found.common is not None
    assert found.branches[1].follows == found.common.reference
    for _ in range(3):
        site.exchange("renew")
    books = histories(world, site)
    assert [[revision for _, revision in steps(history)] for history in books.branches] == [[4, 5, 6], [2, 3]]


def test_a_clone_on_other_hardware_does_not_run(world: World) -> None:
    """The same directory on a machine that shares nothing with the first."""
    site = world.activated()
    twin = site.clone("twin", Machine.numbered(77))
    assert (site.state, twin.state) == ("active", "wrong_machine")
