# ruff: noqa: ANN401 - the world is a fixture of conftest.py

from typing import Any

from offline_activation.formats.names import DocumentId
from offline_activation.formats.request import Purpose, receive_request
from offline_activation.vendor.fork import BRANCHES, STEPS, Histories, History, fork_of, histories_of
from offline_activation.vendor.intake import examine

DAY = 86_400


def renewed(world: Any, site: Any, times: int = 1) -> list[int]:
    """Let a site renew and return the revisions it got."""
    found = []
    for _ in range(times):
        world.now += DAY
        found.append(world.active(site, Purpose.RENEW).revision)
    return found


def fork(world: Any, document: bytes) -> Histories | None:
    request = receive_request(document).content
    with world.store.read() as work:
        return fork_of(work, request, examine(work, request, now=world.now))


def books(world: Any, site: Any) -> Histories | None:
    with world.store.read() as work:
        return histories_of(work, work.find_license(site.license_number))


def revisions(found: Histories | None) -> list[list[int]]:
    assert found is not None
    return [of(history) for history in found.branches]


def of(history: History) -> list[int]:
    return [step.revision for step in history.steps]


def test_without_a_fork_there_are_no_histories(world: Any) -> None:
    site = world.active_site()
    renewed(world, site, 2)
    assert books(world, site) is None
    assert fork(world, site.request(Purpose.RENEW)) is None


def test_each_history_has_its_own_steps_whoever_asked_last(world: Any) -> None:
    site = world.active_site()
    clone = site.copied()
    theirs = renewed(world, clone, 4)
    ours = renewed(world, site, 4)
    assert revisions(fork(world, clone.request(Purpose.RENEW))) == [ours, theirs]
    theirs += renewed(world, clone)
    assert revisions(fork(world, site.request(Purpose.RENEW))) == [theirs, ours]
    assert revisions(books(world, site)) == [theirs, ours]


def test_a_step_tells_count_dates_and_volume_of_its_request(world: Any) -> None:
    site = world.active_site()
    clone = site.copied()
    renewed(world, site)
    renewed(world, clone)
    found = fork(world, site.request(Purpose.RENEW))
    assert found is not None
    (step,) = found.branches[0].steps
    assert (step.counter, step.answered, step.volume_id) == (2, world.now, site.volume_id)
    assert step.site_key == site.key.public_key
    assert (found.common.counter, found.common.revision) == (1, 1)


def test_a_long_history_is_cut_and_says_so(world: Any) -> None:
    site = world.active_site()
    clone = site.copied()
    ours, theirs = renewed(world, site, STEPS + 3), renewed(world, clone, STEPS + 1)
    for found, expected in (
        (fork(world, site.request(Purpose.RENEW)), [theirs, ours]),
        (books(world, site), [theirs, ours]),
    ):
        assert revisions(found) == [each[-STEPS:] for each in expected]
        assert [history.not_shown for history in found.branches] == [1, 3]
        assert found.common.revision == 1


def test_a_request_that_names_no_response_of_the_books_begins_by_itself(world: Any) -> None:
    site = world.active_site()
    ours = renewed(world, site, 2)
    for previous in (None, DocumentId(b"x" * 16)):
        found = fork(world, site.request(Purpose.RENEW, counter=1, previous=previous))
        assert revisions(found) == [[1, *ours], []]
        assert (found.common, [history.follows for history in found.branches]) == (None, [None, None])


def test_a_request_cannot_take_over_the_history_of_another_server(world: Any) -> None:
    old = world.active_site()
    new = world.site(old.license_number, number=9, volume="d15c-9")
    world.active(new, Purpose.REHOST)
    renewed(world, new)
    found = fork(world, new.request(Purpose.RENEW, previous=old.previous))
    assert revisions(found) == [[2, 3], []]
    assert found.branches[1].follows is None
    new.counter = 1
    new.previous = old.previous
    renewed(world, new)
    assert revisions(books(world, new)) == [[4], [2, 3]]


def test_histories_that_part_at_different_points_tell_where(world: Any) -> None:
    site = world.active_site()
    early = site.copied()
    trunk = renewed(world, site, 2)
    late = site.copied()
    a, b, c = renewed(world, site), renewed(world, early, 2), renewed(world, late)
    found = books(world, site)
    assert revisions(found) == [[*trunk, *c], b, a]
    assert found.common.revision == 1
    assert found.branches[0].follows == found.branches[1].follows == found.common.reference
    assert found.branches[2].follows == found.branches[0].steps[1].reference


def test_at_most_four_histories_are_returned_the_newest_first(world: Any) -> None:
    site = world.active_site()
    copies = [site.copied() for _ in range(BRANCHES + 2)]
    got = [renewed(world, copy) for copy in copies]
    found = books(world, site)
    assert revisions(found) == list(reversed(got))[:BRANCHES]
    assert found.more == 2


def test_histories_stay_after_a_return_and_end_with_the_server(world: Any) -> None:
    site = world.active_site()
    clone = site.copied()
    renewed(world, site)
    renewed(world, clone)
    world.answer(clone.give_back())
    assert [len(each) for each in revisions(books(world, site))] == [2, 1]
    world.active(world.site(site.license_number, number=9, volume="d15c-9"))
    assert books(world, site) is None


def test_every_request_is_read_once(world: Any) -> None:
    site = world.active_site()
    clone = site.copied()
    renewed(world, site, 12)
    renewed(world, clone, 12)
    with world.store.read() as work:
        record, find, read = work.find_license(site.license_number), work.find_request, []

        class Counted:
            intents = staticmethod(work.intents)

            @staticmethod
            def find_request(request_id: DocumentId) -> Any:
                read.append(request_id)
                return find(request_id)

        assert len(histories_of(Counted, record).branches) == 2
    assert len(read) == len(set(read)) == 25
