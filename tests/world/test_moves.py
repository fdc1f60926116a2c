"""Licenses move: given back, carried over, lost with their server, and found again."""

import pytest
from life import World

from offline_activation.errors import Refusal


def refused(world: World, document: bytes) -> str | None:
    """Return the code with which a request is refused, ``None`` when it is not."""
    return world.vendor.answer(document).code


def test_given_back_and_activated_on_another_server(world: World) -> None:
    """Day 0 returned: stopped here at once; the vendor's receipt; another server activates when a person agrees."""
    old = world.activated("old")
    number = old.license().license_number
    back = old.give_back()
    assert old.state == "returned"
    assert old.start().limit("employees") == 0
    receipt = world.vendor.decide(back)
    assert world.vendor.record(number).installation is None
    old.install(receipt.document)
    assert old.state == "returned"
    new = world.site("new")
    request = new.request(number=number)
    assert world.vendor.answer(request).outcome == "waiting"
    new.install(world.vendor.approve(request).document)
    assert (new.state, old.state) == ("active", "returned")
    assert world.vendor.former(number) == [("returned", False)]


def test_the_same_return_is_the_same_receipt_and_one_seat(world: World) -> None:
    """The stick is lost, the return written again, signed three times: one document, one freed seat."""
    old = world.activated("old")
    number = old.license().license_number
    back = old.give_back()
    assert old.give_back() == back
    receipts = {world.vendor.decide(back).document for _ in range(3)}
    assert len(receipts) == 1
    assert len(world.vendor.former(number)) == 1


def test_returned_and_the_old_directory_restored_from_backup(world: World) -> None:
    """Backup, return, restore: runs until the next contact, which is refused; then it knows, and so the vendor."""
    old = world.activated("old")
    number = old.license().license_number
    backup = old.backup()
    world.vendor.decide(old.give_back())
    new = world.site("new")
    new.exchange(number=number)
    old.restore(backup)
    assert old.state == "active", "nothing offline can know better"
    answer = world.vendor.answer(old.request("renew"))
    assert (answer.outcome, answer.code) == ("refused", "policy.returned")
    with pytest.raises(Refusal):
        old.install(answer.document)
    assert (old.state, old.start().limit("employees")) == ("returned", 0)
    assert new.exchange("renew").license.revision > 1
    assert ("returned", True) in world.vendor.former(number)


def test_who_gave_back_may_activate_again(world: World) -> None:
    """Returned by mistake: the receipt comes, the same server asks again and is active; nothing was lost."""
    site = world.activated()
    number = site.license().license_number
    site.install(world.vendor.decide(site.give_back()).document)
    site.exchange("activate", number)
    assert site.state == "active"
    assert site.codes() == set()
    site.exchange("renew")


def test_a_response_from_before_the_return_does_not_bring_the_license_back(world: World) -> None:
    """A renewal is on its way while the license is given back: it is refused when it arrives."""
    site = world.activated()
    late = world.vendor.answer(site.request("renew")).document
    world.vendor.decide(site.give_back())
    with pytest.raises(Refusal):
        site.install(late)
    assert site.state == "returned"


def test_a_transfer_carries_the_return_of_the_old_server(world: World) -> None:
    """The return travels inside the new server's request; a person agrees; the old one's receipt can follow later."""
    old = world.activated("old")
    number = old.license().license_number
    back = old.give_back()
    new = world.site("new")
    new.exchange("transfer", proof=back)
    assert (new.state, old.state) == ("active", "returned")
    assert world.vendor.former(number)[0][0] in {"transferred", "returned"}
    old.install(world.vendor.decide(back).document)
    new.exchange("renew")


def test_a_return_kept_back_does_not_let_two_servers_run(world: World) -> None:
    """Returned, not sent, the backup restored and renewed; then the return is handed in: a person must look."""
    old = world.activated("old")
    number = old.license().license_number
    for _ in range(3):
        old.request("renew")  # the count rises
    backup = old.backup()
    for _ in range(3):
        old.request("renew")
    kept_back = old.give_back()
    old.restore(backup)
    old.exchange("renew")
    assert old.state == "active"
    new = world.site("new")
    assert world.vendor.answer(kept_back).outcome == "waiting"
    assert refused(world, new.request("activate", number)) == "policy.license_bound"
    assert refused(world, new.request("transfer", proof=kept_back)) == "policy.proof"
    assert world.vendor.approve(kept_back).kind == "receipt"  # somebody has looked at the old server


def test_a_transfer_with_a_return_of_another_license_is_refused(world: World) -> None:
    """Two licenses; the return of one does not move the other."""
    one, other = world.activated("one"), world.activated("other")
    wanted = other.license().license_number
    new = world.site("new")
    with pytest.raises(Refusal) as caught:
        new.request("transfer", wanted, proof=one.give_back())
    assert caught.value.code == "transfer.proof"


def test_a_dead_server_is_replaced_and_comes_back(world: World) -> None:
    """Rehost approved; the old one turns up: superseded at its next contact; it gives back; it counts no more."""
    dead = world.activated("dead")
    number = dead.license().license_number
    new = world.site("new")
    assert world.vendor.answer(new.request("rehost", number)).outcome == "waiting"
    new.exchange("rehost", number)
    assert new.license().replaced
    answer = world.vendor.answer(dead.request("renew"))
    assert (answer.outcome, answer.code) == ("refused", "policy.superseded")
    with pytest.raises(Refusal):
        dead.install(answer.document)
    assert dead.state == "superseded"
    assert world.vendor.former(number) == [("rehosted", True)]
    assert world.vendor.decide(dead.give_back()).outcome == "signed"
    assert world.vendor.former(number)[0][0] == "returned"
    assert new.exchange("renew").license.replaced == ()


def test_the_new_license_tells_the_old_server_by_itself(world: World) -> None:
    """Somebody tries the new server's response on the old one: refused, and the old one knows that it was replaced."""
    dead = world.activated("dead")
    new = world.site("new")
    response = world.vendor.decide(new.request("rehost", dead.license().license_number)).document
    with pytest.raises(Refusal) as caught:
        dead.install(response)
    assert caught.value.code == "license.superseded"
    assert dead.state == "superseded"
    new.install(response)
    assert new.state == "active"


def test_the_third_dead_server_of_a_customer_needs_more_than_a_person(world: World) -> None:
    """Two replaced and never given back are allowed; the third rehost is refused, until one turns up and returns."""
    holder = world.activated("server-0")
    number = holder.license().license_number
    sites = [holder]
    for count in (1, 2):
        sites.append(world.site(f"server-{count}"))
        sites[-1].exchange("rehost", number)
    third = world.site("server-3")
    assert world.vendor.decide(third.request("rehost", number)).code == "policy.unreturned"
    world.vendor.decide(sites[0].give_back())
    third.exchange("rehost", number)
    assert third.state == "active"


def test_revoked_at_the_next_contact_and_not_before(world: World) -> None:
    """Revoked by the vendor: works until the site hears of it, then revoked; suspended stops nothing by itself."""
    site = world.activated()
    number = site.license().license_number
    world.vendor.stop("suspend", number)
    answer = world.vendor.answer(site.request("renew"))
    with pytest.raises(Refusal):
        site.install(answer.document)
    assert site.state == "active"
    world.vendor.stop("reinstate", number)
    site.exchange("renew")
    world.vendor.stop("revoke", number)
    assert site.state == "active"
    answer = world.vendor.answer(site.request("renew"))
    with pytest.raises(Refusal):
        site.install(answer.document)
    assert (site.state, site.start().limit("employees")) == ("revoked", 0)


def test_a_server_that_gave_back_two_licenses_may_have_the_first_again(world: World) -> None:
    """One returned, another held and returned, the first once more: naming the last return is enough."""
    site = world.activated()
    first = site.license().license_number
    for number in (world.vendor.sell(limits={"employees": 3}), first):
        site.install(world.vendor.decide(site.give_back()).document)
        site.exchange("activate", number)
        assert site.state == "active"
