# ruff: noqa: ANN401 - the world is a fixture of conftest.py

from dataclasses import replace
from typing import Any

import pytest

from offline_activation.errors import Refusal
from offline_activation.formats.names import site_id
from offline_activation.formats.request import Purpose, receive_request
from offline_activation.vendor.moves import write_off
from offline_activation.vendor.stopping import reinstate, suspend

DAY = 86_400


def another(world: Any, site: Any, number: int = 9) -> Any:
    """Return a new server for the license of ``site``."""
    return world.site(site.license_number, number=number, volume=f"d15c-{number}")


def mark(site: Any) -> bytes:
    return bytes(site_id(site.key.public_key)[:8])


def lenient(world: Any) -> None:
    """Let rules alone grant transfers."""
    with world.store.begin() as work:
        product = work.find_product("infinitime")
        text = product.definition.replace('ask = ["rehost", "rebind", "transfer"]', 'ask = ["rehost", "rebind"]')
        text = text.replace('"renew", "return"]', '"renew", "return", "transfer"]')
        work.save_product(replace(product, definition=text))


# -- transfer ---------------------------------------------------------------------------------------------------------


def test_a_transfer_with_proof_waits_by_default_and_then_moves_the_license(world: Any) -> None:
    old = world.active_site()
    new = another(world, old)
    proof = old.give_back()
    request = new.request(Purpose.TRANSFER, proof=proof)
    found = world.answer(request)
    assert found.outcome == "waiting"
    assert "carries the return of the server that holds the license." in " ".join(found.reasons)
    world.approve(request)
    content = new.accept(world.answer(request).document)
    assert (content.revision, content.replaced) == (2, ())
    record, former = world.record(old.license_number), world.former(old)
    assert (record.installation.site_key, record.unreturned) == (new.key.public_key, 0)
    assert (former.how, former.return_id, former.is_unreturned) == (
        "transferred",
        receive_request(proof).request_id,
        False,
    )
    assert "license.moved" in world.audit()
    receipt = world.answer(proof)
    assert (receipt.kind, world.former(old).how) == ("receipt", "returned")
    assert world.record(old.license_number) == record


def test_a_product_may_let_rules_grant_transfers_with_proof_and_only_those(world: Any) -> None:
    lenient(world)
    old = world.active_site()
    new = another(world, old)
    assert world.answer(new.request(Purpose.TRANSFER)).outcome == "waiting"
    found = world.answer(new.request(Purpose.TRANSFER, proof=old.give_back()))
    assert (found.outcome, found.revision) == ("signed", 2)


def test_a_return_that_was_handed_in_before_the_transfer_is_a_proof_too(world: Any) -> None:
    lenient(world)
    old = world.active_site()
    new = another(world, old)
    proof = old.give_back()
    world.answer(proof)
    assert world.active(new, Purpose.TRANSFER, proof=proof).replaced == ()
    assert world.active(new, Purpose.TRANSFER, proof=proof).revision == 3  # its own license by now
    third = another(world, old, number=10)
    assert world.answer(third.request(Purpose.TRANSFER, proof=proof)).code == "policy.proof"


def test_a_transfer_without_proof_counts_as_unreturned_until_the_old_server_gives_back(world: Any) -> None:
    old = world.active_site()
    content = world.active(another(world, old), Purpose.TRANSFER)
    assert content.replaced == (mark(old),)
    assert (world.former(old).how, world.record(old.license_number).unreturned) == ("transferred", 1)
    assert world.answer(old.give_back()).kind == "receipt"
    assert (world.former(old).how, world.record(old.license_number).unreturned) == ("returned", 0)


def test_proofs_that_prove_nothing_are_refused(world: Any) -> None:
    old, elsewhere = world.active_site(), world.site(world.sold(), number=30, volume="d15c-30")
    world.active(elsewhere)
    new, third = another(world, old), another(world, old, number=10)
    stale = old.request(Purpose.RETURN)
    world.active(old, Purpose.RENEW)
    good = old.request(Purpose.RETURN)
    proofs = {
        "no whole": good[:-1] + bytes([good[-1] ^ 1]),
        "nothing": b"nothing",
        "no return": old.request(Purpose.RENEW),
        "its own": new.request(Purpose.RETURN),
        "another license": elsewhere.request(Purpose.RETURN),
        "older": stale,
        "a stranger's": third.request(Purpose.RETURN),
    }
    before = world.record(old.license_number)
    for what, proof in proofs.items():
        found = world.answer(new.request(Purpose.TRANSFER, proof=proof))
        assert (what, found.outcome, found.code) == (what, "refused", "policy.proof")
    assert world.record(old.license_number) == before
    assert world.answer(new.request(Purpose.REHOST, proof=good)).outcome == "waiting"  # a proof counts in transfers


def test_an_old_copy_of_a_transferred_server_is_superseded(world: Any) -> None:
    old = world.active_site()
    backup = old.copied()
    world.active(another(world, old), Purpose.TRANSFER, proof=old.give_back())
    assert world.answer(backup.request(Purpose.RENEW)).code == "policy.superseded"
    assert world.former(old).last_seen == world.now
    assert world.answer(old.request()).code == "policy.license_bound"  # it knows, and is a server like any other


def test_a_license_comes_back_to_a_former_server_with_the_return_of_the_present_one(world: Any) -> None:
    old = world.active_site()
    new = another(world, old)
    world.active(new, Purpose.REHOST)
    assert world.record(old.license_number).unreturned == 1
    content = world.active(old, Purpose.TRANSFER, proof=new.give_back())
    assert (content.revision, content.replaced) == (3, ())
    record = world.record(old.license_number)
    assert (record.installation.site_key, record.unreturned) == (old.key.public_key, 0)
    assert world.former(old).back is not None
    assert world.answer(new.copied().request(returned=None)).code == "policy.superseded"


# -- rehost -----------------------------------------------------------------------------------------------------------


def test_a_dead_server_is_replaced_by_a_person_and_named_in_the_license(world: Any) -> None:
    old = world.active_site()
    new = another(world, old)
    content = world.active(new, Purpose.REHOST)
    assert content.replaced == (mark(old),)
    former = world.former(old)
    assert (former.how, former.is_unreturned, former.volume_id) == ("rehosted", True, "d15c-1")
    world.now += DAY
    found = world.answer(old.request(Purpose.RENEW))
    assert (found.outcome, found.code) == ("refused", "policy.superseded")
    assert world.former(old).last_seen == world.now
    assert world.active(new, Purpose.RENEW).replaced == (mark(old),)
    assert world.answer(old.give_back()).kind == "receipt"
    assert world.active(new, Purpose.RENEW).replaced == ()
    assert world.answer(old.copied().request(Purpose.REHOST, returned=None)).code == "policy.returned"


def test_the_threshold_counts_every_license_of_the_customer_and_no_clock_lifts_it(world: Any) -> None:
    """O-05: the count has no window of time."""
    sites = [
        world.active_site(),
        world.site(world.sold(email="IT+mill@Northwind.Example"), number=30, volume="d15c-30"),
        world.site(world.sold(email="it@southwind.example"), number=40, volume="d15c-40"),
    ]
    for site in sites[1:]:
        world.active(site)
    held, other = another(world, sites[0], 9), another(world, sites[1], 31)
    for site in (held, other):
        world.active(site, Purpose.REHOST)
    begun = world.now
    for days in (0, 3000, 1, 366, 0):
        world.now = begun + days * DAY
        for site, number in ((sites[0], 11), (sites[1], 12)):
            for purpose in (Purpose.REHOST, Purpose.TRANSFER, Purpose.REBIND):
                request = another(world, site, number).request(purpose, created=world.now)
                found = world.answer(request)
                assert (found.outcome, found.code) == ("refused", "policy.unreturned")
                assert "2 servers" in found.reasons[0]
                with pytest.raises(Refusal):
                    world.approve(request)
    world.active(another(world, sites[2], 41), Purpose.REHOST)  # another customer
    lenient(world)
    world.active(another(world, sites[0], 13), Purpose.TRANSFER, proof=held.give_back())  # with proof always


def test_two_requests_that_waited_together_do_not_pass_the_threshold_together(world: Any) -> None:
    first = world.active_site()
    second = world.site(world.sold(), number=30, volume="d15c-30")
    third = world.site(world.sold(), number=40, volume="d15c-40")
    for site in (second, third):
        world.active(site)
    requests = [another(world, site, 50 + at).request(Purpose.REHOST) for at, site in enumerate((first, second, third))]
    assert {world.answer(request).outcome for request in requests} == {"waiting"}
    world.approve(requests[0])
    world.approve(requests[1])
    with pytest.raises(Refusal) as caught:
        world.approve(requests[2])
    assert caught.value.code == "policy.unreturned"
    assert world.answer(requests[2]).code == "policy.unreturned"


def test_what_is_written_off_counts_no_longer_and_stays_replaced(world: Any) -> None:
    old = world.active_site()
    new, third = another(world, old), another(world, old, 10)
    world.active(new, Purpose.REHOST)
    world.active(third, Purpose.REHOST)
    assert world.answer(another(world, old, 11).request(Purpose.REHOST)).code == "policy.unreturned"
    with world.store.begin() as work:
        record, sites = write_off(work, old.license_number, reason="Burnt", now=world.now, actor="tester")
    assert (record.unreturned, len(sites)) == (0, 2)
    assert world.audit()[-1] == "license.written_off"
    assert world.former(old).written_off == world.now
    with pytest.raises(Refusal) as caught, world.store.begin() as work:
        write_off(work, old.license_number, reason="Burnt", now=world.now, actor="tester")
    assert caught.value.code == "vendor.nothing_unreturned"
    fourth = another(world, old, 12)
    assert world.active(fourth, Purpose.REHOST).replaced == (mark(old), mark(new), mark(third))
    assert world.answer(old.request()).code == "policy.superseded"
    assert world.answer(old.give_back()).kind == "receipt"
    assert world.record(old.license_number).unreturned == 1


def test_the_latest_eight_are_named(world: Any) -> None:
    sites = [world.active_site()]
    for number in range(50, 60):
        sites.append(another(world, sites[0], number))
        content = world.active(sites[-1], Purpose.REHOST)
        with world.store.begin() as work:
            write_off(work, sites[0].license_number, reason="Tests", now=world.now, actor="tester")
    assert content.replaced == tuple(mark(site) for site in sites[2:10])


def test_a_rebind_of_a_new_installation_replaces_the_old_one(world: Any) -> None:
    old = world.active_site()
    assert world.active(another(world, old), Purpose.REBIND).replaced == (mark(old),)
    assert world.former(old).how == "rehosted"


# -- undone -----------------------------------------------------------------------------------------------------------


def stopped(world: Any, request: bytes, number: Any) -> None:
    """Let the license of an approved request be suspended, so that its intent is abandoned, and reinstate it."""
    with world.store.begin() as work:
        suspend(work, number, reason="", now=world.now, actor="tester")
    with pytest.raises(Refusal):
        world.answer(request)
    with world.store.begin() as work:
        reinstate(work, number, reason="", now=world.now, actor="tester")


def test_a_move_that_is_abandoned_is_undone(world: Any) -> None:
    old = world.active_site()
    before = world.record(old.license_number)
    request = another(world, old).request(Purpose.REHOST)
    world.answer(request)
    world.approve(request)
    assert world.former(old).is_unreturned
    stopped(world, request, old.license_number)
    assert (world.former(old), world.record(old.license_number)) == (None, before)
    world.active(old, Purpose.RENEW)


def test_the_old_server_waits_until_the_move_is_signed_because_it_may_be_undone(world: Any) -> None:
    """A refusal would stop it for good, although the books may say again that it holds the license."""
    old = world.active_site()
    request, renewal = another(world, old).request(Purpose.REHOST), old.request(Purpose.RENEW)
    world.answer(request)
    world.approve(request)
    found = world.answer(renewal)
    assert (found.outcome, found.document, found.blocking.code) == ("waiting", None, "policy.move_open")
    assert receive_request(request).reference in found.blocking.message
    with pytest.raises(Refusal) as caught:
        world.approve(renewal)
    assert caught.value.code == "policy.move_open"
    stopped(world, request, old.license_number)
    assert world.answer(renewal).outcome == "signed"
    request = another(world, old).request(Purpose.REHOST, nonce=bytes(16))
    world.answer(request)
    world.approve(request)
    assert world.answer(request).outcome == "signed"
    assert world.answer(old.request(Purpose.RENEW)).code == "policy.superseded"


def test_of_two_moves_any_that_is_signed_ends_the_waiting(world: Any) -> None:
    old = world.active_site()
    requests = [another(world, old, number).request(Purpose.REHOST) for number in (9, 10)]
    for request in requests:
        world.answer(request)
        world.approve(request)
    found = world.answer(old.request(Purpose.RENEW))
    assert (found.outcome, receive_request(requests[1]).reference in found.blocking.message) == ("waiting", True)
    assert world.answer(requests[1]).outcome == "signed"
    assert world.answer(old.request(Purpose.RENEW)).code == "policy.superseded"


def test_a_server_that_gave_back_meanwhile_does_not_get_the_license_again(world: Any) -> None:
    old = world.active_site()
    request = another(world, old).request(Purpose.REHOST)
    world.answer(request)
    world.approve(request)
    world.answer(old.give_back())
    stopped(world, request, old.license_number)
    record = world.record(old.license_number)
    assert (record.installation, record.state, world.former(old).how) == (None, "ready", "returned")
    world.active(old)


def test_a_former_server_whose_way_back_is_abandoned_is_former_again(world: Any) -> None:
    old = world.active_site()
    world.answer(old.give_back())
    with world.store.begin() as work:
        product = work.find_product("infinitime")
        text = product.definition.replace('auto = ["activate", ', "auto = [")
        work.save_product(replace(product, definition=text))
    request = old.request()
    assert world.answer(request).outcome == "waiting"
    world.approve(request)
    assert world.former(old).back is not None
    stopped(world, request, old.license_number)
    assert (world.former(old).back, world.record(old.license_number).installation) == (None, None)
    assert world.answer(old.copied().request(returned=None)).code == "policy.returned"


def test_a_server_that_never_got_its_license_is_no_former_one(world: Any) -> None:
    old = world.active_site()
    sites = [another(world, old, number) for number in (9, 10)]
    requests = [site.request(Purpose.REHOST) for site in sites]
    for request in requests:
        world.answer(request)
        world.approve(request)
    assert world.record(old.license_number).unreturned == 2
    assert world.answer(requests[1]).outcome == "signed"
    with pytest.raises(Refusal):
        world.answer(requests[0])
    assert (world.former(sites[0]), world.record(old.license_number).unreturned) == (None, 1)
    assert world.former(old).is_unreturned


def test_the_newest_of_two_moves_is_abandoned_and_the_one_before_stands(world: Any) -> None:
    old = world.active_site()
    sites = [another(world, old, number) for number in (9, 10)]
    requests = [site.request(Purpose.REHOST) for site in sites]
    for request in requests:
        world.answer(request)
        world.approve(request)
    stopped(world, requests[1], old.license_number)
    assert world.record(old.license_number).installation.site_key == sites[0].key.public_key
    assert world.record(old.license_number).unreturned == 1
    assert world.answer(requests[0]).outcome == "signed"


def test_both_moves_are_abandoned_and_the_server_of_before_holds_the_license(world: Any) -> None:
    old = world.active_site()
    before = world.record(old.license_number)
    requests = [another(world, old, number).request(Purpose.REHOST) for number in (9, 10)]
    for request in requests:
        world.answer(request)
        world.approve(request)
    with world.store.begin() as work:
        work.save_license(replace(work.find_license(old.license_number), state="suspended"))
    for request in requests:
        with pytest.raises(Refusal):
            world.answer(request)
    with world.store.begin() as work:
        work.save_license(replace(work.find_license(old.license_number), state="active"))
    assert world.record(old.license_number) == before


# -- emergency --------------------------------------------------------------------------------------------------------


def test_an_opened_emergency_license_is_not_given_again_for_a_year(world: Any) -> None:
    site = world.active_site()
    assert world.active(site, Purpose.RENEW).policy.emergency_days == 7
    opened = world.now + DAY
    world.now += 2 * DAY
    assert world.active(site, Purpose.RENEW, emergency_opened=opened).policy.emergency_days == 0
    assert world.record(site.license_number).emergency_opened == opened
    world.now = opened + 365 * DAY - 1
    assert world.active(site, Purpose.RENEW).policy.emergency_days == 0
    assert world.active(site, Purpose.REBIND).policy.emergency_days == 7
    world.now += 1
    assert world.active(site, Purpose.RENEW).policy.emergency_days == 7


def test_the_opening_that_a_return_reports_is_kept_and_counted_once(world: Any) -> None:
    site = world.active_site()
    world.now += 2 * DAY
    opened = world.now - DAY
    document = site.give_back(emergency_opened=opened)
    assert world.answer(document).kind == "receipt"
    assert world.record(site.license_number).emergency_opened == opened
    assert world.active(site).policy.emergency_days == 0
    (intent,) = [each for each in world.intents(site.license_number) if each.kind == "receipt"]
    world.now += 30 * DAY
    world.answer(document)
    assert world.record(site.license_number).emergency_opened == opened
    assert intent.state == "signed"


def test_a_rehost_after_a_fire_holds_an_emergency_license_because_a_person_saw_it(world: Any) -> None:
    old = world.active_site()
    new = another(world, old)
    world.now += DAY
    content = world.active(new, Purpose.REHOST, emergency_opened=world.now - 60)
    assert content.policy.emergency_days == 7
    assert world.record(old.license_number).emergency_opened == world.now - 60
    assert world.active(new, Purpose.RENEW).policy.emergency_days == 0


@pytest.mark.parametrize(("reported", "recorded"), [(0, 0), (2**53 - 1, 5 * DAY), (1_795_498_206 + DAY, DAY)])
def test_a_wrong_clock_on_the_site_gains_nothing(world: Any, reported: int, recorded: int) -> None:
    """The opening lies between the last contact and now, whatever the site says."""
    site = world.active_site()
    begun = world.now
    world.now += 5 * DAY
    world.active(site, Purpose.RENEW, emergency_opened=reported)
    assert world.record(site.license_number).emergency_opened == begun + recorded


# -- backups and clones -----------------------------------------------------------------------------------------------


def test_a_restored_backup_goes_on_after_one_exchange(world: Any) -> None:
    site = world.active_site()
    backup = site.copied()
    for _ in range(2):
        world.active(site, Purpose.RENEW)
    found = world.answer(backup.request(Purpose.RENEW))
    assert (found.outcome, found.revision) == ("signed", 4)
    assert "a restored backup" in " ".join(found.reasons)
    backup.accept(found.document)
    for _ in range(3):  # its count lags behind, and yet it follows the last response
        request = backup.request(Purpose.RENEW)
        found = world.answer(request)
        assert (found.outcome, found.reasons) == ("signed", ("The server that holds the license asks.",))
        backup.accept(found.document)
    forks = world.record(site.license_number).forks
    assert (forks.turns, forks.count) == (0, 1)


def test_a_server_and_its_clone_take_turns_and_nothing_is_deactivated(world: Any) -> None:
    site = world.active_site()
    clone = site.copied()
    for at in range(6):
        world.now += DAY
        world.active(site if at % 2 == 0 else clone, Purpose.RENEW)
    record = world.record(site.license_number)
    assert (record.forks.count, record.forks.turns, record.forks.last_seen) == (5, 4, world.now)
    assert (record.state, record.installation.site_key) == ("active", site.key.public_key)
    assert "Two servers seem to run" in " ".join(world.review(site.request(Purpose.RENEW)).reasons)


def test_forks_belong_to_a_server_and_end_with_it(world: Any) -> None:
    site = world.active_site()
    clone = site.copied()
    world.active(site, Purpose.RENEW)
    world.active(clone, Purpose.RENEW)
    assert world.record(site.license_number).forks.count == 1
    world.active(another(world, site), Purpose.REHOST)
    assert world.record(site.license_number).forks is None
