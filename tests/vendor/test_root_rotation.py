# ruff: noqa: ANN401 - the world is a fixture of conftest.py

from dataclasses import replace
from typing import Any

import pytest

from offline_activation.errors import Refusal
from offline_activation.formats.envelope import open_envelope
from offline_activation.formats.keys import SoftwareSigner, key_id
from offline_activation.formats.license_document import read_license
from offline_activation.formats.product import receive_product
from offline_activation.formats.request import Purpose, receive_request
from offline_activation.formats.root_certificate import MAX_ROOTS, read_root_certificates
from offline_activation.formats.trust_list import MAX_KEYS, MAX_REVOKED, TrustList, Use, rank, receive_trust_list
from offline_activation.vendor.drafting import bound_components
from offline_activation.vendor.founding import FirstKey
from offline_activation.vendor.keyring import issuing_key, roots
from offline_activation.vendor.publishing import publish_product
from offline_activation.vendor.records import KeyRecord
from offline_activation.vendor.root_rotation import RootChange, rotate_root
from offline_activation.vendor.rotation import missing_in, revoke_key, rotate
from offline_activation.verify.checks import Evidence, Facts, check_installed, check_response
from offline_activation.verify.trust import pinned_trust, updated

DAY = 86_400


def signer(number: int) -> SoftwareSigner:
    return SoftwareSigner(number.to_bytes(32))


def made(number: int) -> FirstKey:
    return FirstKey(signer=signer(number), location=f"{number}.pem")


def rotated_root(world: Any, number: int = 800, old: SoftwareSigner | None = None) -> RootChange:
    """Make signer(number) the root key; the world's first one is world.root."""
    with world.store.begin() as work:
        return rotate_root(work, old=old or world.root, new=made(number), reason="yearly", now=world.now, actor="ada")


def trust_document(world: Any) -> bytes:
    with world.store.read() as work:
        return bytes(work.find_trust_list())


def trust_of(world: Any) -> TrustList:
    return receive_trust_list(trust_document(world), world.root.public_key)


def root_states(world: Any) -> list[str]:
    with world.store.read() as work:
        return [key.state for key in roots(work.keys())]


def facts_of(request: bytes) -> Facts:
    content = receive_request(request).content
    return Facts(product=content.product, site_key=content.site_key, components=bound_components(content))


def code_of(caught: pytest.ExceptionInfo[Refusal]) -> str:
    return caught.value.code


def end(world: Any, key: SoftwareSigner) -> None:
    """Let a key end now."""
    with world.store.begin() as work:
        known = work.keys()
        record = next(each for each in known if each.key_id == key_id(key.public_key))
        work.save_key(replace(record, not_after=world.now))


def open_any(world: Any) -> None:
    numbers = (*range(700, 720), *range(800, 840))
    there = {key_id(each.public_key): each for each in (world.root, world.issuing, *map(signer, numbers))}
    world.desk = replace(world.desk, signers=lambda record: there[record.key_id])


def test_the_new_root_key_signs_the_next_list_and_every_site_follows(world: Any) -> None:
    pinned = pinned_trust(world.root.public_key, trust_document(world))
    done = rotated_root(world)
    assert (done.number, done.root_number) == (2, 2)
    assert (done.made.role, done.made.uses, done.retired.state) == ("root", Use(0), "retired")
    assert root_states(world) == ["retired", "active"]
    newest = updated(pinned, trust_document(world)).current
    assert rank(newest) == (2, 2)
    assert newest.root_until == done.made.not_after
    with world.store.read() as work:
        assert work.find_vendor().root == signer(800).public_key
        assert missing_in(newest, work.keys(), now=world.now) == ()
    assert open_envelope(trust_document(world)).key_id == key_id(signer(800).public_key)


def test_the_list_ends_with_its_root_key_from_the_beginning(world: Any) -> None:
    with world.store.read() as work:
        (root,) = roots(work.keys())
    assert trust_of(world).root_until == root.not_after


def test_the_audit_log_names_the_root_keys_before_the_old_one_signs(world: Any) -> None:
    seen: list[str] = []
    with world.store.begin() as work:

        class Watching(SoftwareSigner):
            def sign(self, message: bytes) -> bytes:
                seen.append(work.audit()[-1].action)
                return super().sign(message)

        rotate_root(work, old=Watching(bytes([1]) * 32), new=made(800), reason="yearly", now=world.now, actor="ada")
    assert seen == ["root.rotated"]
    new = key_id(signer(800).public_key).hex()
    with world.store.read() as work:
        (entry,) = work.audit_about(new)
    assert (entry.action, entry.actor) == ("root.rotated", "ada")
    assert entry.details == {
        "before": key_id(world.root.public_key).hex(),
        "root_number": "2",
        "trust_list": "2",
        "reason": "yearly",
    }


@pytest.mark.parametrize("wrong", ["old", "new"])
def test_a_rotation_that_no_site_would_follow_changes_nothing(world: Any, wrong: str) -> None:
    class Liar(SoftwareSigner):
        def sign(self, message: bytes) -> bytes:
            return signer(6).sign(message)

    books, told = world.dump(), world.audit()
    old = signer(5) if wrong == "old" else world.root
    new = FirstKey(signer=Liar((800).to_bytes(32)), location="x") if wrong == "new" else made(800)
    with pytest.raises(Refusal) as caught, world.store.begin() as work:
        rotate_root(work, old=old, new=new, now=world.now, actor="ada")
    assert code_of(caught) == ("key.root_mismatch" if wrong == "old" else "signature.invalid")
    assert (world.dump(), world.audit()) == (books, told)


def test_the_root_key_of_before_and_a_key_that_was_root_key_once_are_refused(world: Any) -> None:
    rotated_root(world)
    books = world.dump()
    with pytest.raises(Refusal) as caught:
        rotated_root(world, 801, old=world.root)
    assert (code_of(caught), world.dump()) == ("key.root_mismatch", books)
    again = FirstKey(signer=world.root, location="x")
    with pytest.raises(Refusal) as caught, world.store.begin() as work:
        rotate_root(work, old=signer(800), new=again, now=world.now, actor="ada")
    assert code_of(caught) == "profile.field_invalid"
    assert world.dump() == books


def test_thirty_two_rotations_are_followed_and_the_next_is_refused(memory_world: Any) -> None:
    world = memory_world
    pinned = pinned_trust(world.root.public_key, trust_document(world))
    for number in range(MAX_ROOTS):
        rotated_root(world, 800 + number, old=signer(799 + number) if number else None)
    assert rank(updated(pinned, trust_document(world)).current) == (33, 33)
    books, told = world.dump(), world.audit()
    with pytest.raises(Refusal) as caught:
        rotated_root(world, 839, old=signer(831))
    assert (code_of(caught), world.dump(), world.audit()) == ("key.roots_full", books, told)
    open_any(world)
    with world.store.begin() as work:
        for number in range(MAX_REVOKED - 1):
            work.save_key(world.key_record(signer(900 + number).public_key, state="revoked"))
    for number in range(MAX_KEYS - 1):
        with world.store.begin() as work:
            rotate(work, root=signer(831), new=made(700 + number), now=world.now, actor="ada")
    found = world.answer(world.site(world.sold()).request())
    carried = read_license(open_envelope(found.document)).trust
    newest = updated(pinned, carried).current
    assert (len(newest.keys), len(newest.revoked), len(newest.roots)) == (MAX_KEYS, MAX_REVOKED - 1, MAX_ROOTS)
    assert len(found.document) < 8 << 10


def test_issuing_keys_come_and_go_under_the_new_root_key(world: Any) -> None:
    rotated_root(world)
    books = world.dump()
    with pytest.raises(Refusal) as caught, world.store.begin() as work:
        rotate(work, root=world.root, new=made(700), now=world.now, actor="ada")
    assert (code_of(caught), world.dump()) == ("key.root_mismatch", books)
    with world.store.begin() as work:
        rotate(work, root=signer(800), new=made(700), now=world.now, actor="ada")
    with world.store.begin() as work:
        revoke_key(work, key_id(world.issuing.public_key), root=signer(800), now=world.now, actor="ada")
    assert rank(trust_of(world)) == (2, 4)
    assert trust_of(world).revoked == (key_id(world.issuing.public_key),)


def test_licenses_of_before_and_after_are_good_at_sites_of_either_product_file(world: Any) -> None:
    first = trust_document(world)
    site = world.site(world.sold())
    request = site.request()
    before = world.answer(request).document
    rotated_root(world)
    open_any(world)
    old_site, new_site = (
        pinned_trust(world.root.public_key, first),
        pinned_trust(signer(800).public_key, trust_document(world)),
    )
    evidence = Evidence(open_requests=frozenset({receive_request(request).request_id}))
    for trust in (old_site, updated(old_site, trust_document(world))):
        check_response(before, trust=trust, facts=facts_of(request), evidence=evidence, now=world.now)
        assert check_installed(before, trust=trust, facts=facts_of(request)).revoked_key is False
    other = world.site(world.sold(), number=9, volume="d15c-9")
    asked = other.request()
    after = world.answer(asked).document
    evidence = Evidence(open_requests=frozenset({receive_request(asked).request_id}))
    for trust in (old_site, new_site):
        accepted = check_response(after, trust=trust, facts=facts_of(asked), evidence=evidence, now=world.now)
        assert rank(accepted.trust.current) == (2, 2)


def test_what_was_approved_before_the_new_root_key_is_signed_as_approved(world: Any) -> None:
    site = world.active_site()
    request = site.request(Purpose.REBIND)
    world.answer(request)
    world.approve(request)
    rotated_root(world)
    open_any(world)
    found = world.answer(request)
    assert (found.outcome, found.revision) == ("signed", 2)
    assert rank(receive_trust_list(read_license(open_envelope(found.document)).trust, world.root.public_key)) == (1, 1)


def test_a_former_root_key_is_revoked_like_any_key_and_the_present_one_is_not(world: Any) -> None:
    first = key_id(world.root.public_key)
    with pytest.raises(Refusal) as caught, world.store.begin() as work:
        revoke_key(work, first, root=world.root, now=world.now, actor="ada")
    assert code_of(caught) == "key.is_root"
    rotated_root(world)
    with world.store.begin() as work:
        done = revoke_key(work, first, root=signer(800), new=made(700), reason="leaked", now=world.now, actor="ada")
    assert (done.revoked and done.revoked.state, done.number, root_states(world)) == (
        "revoked",
        3,
        ["revoked", "active"],
    )
    assert trust_of(world).revoked == (first,)
    open_any(world)
    assert world.answer(world.site(world.sold()).request()).outcome == "signed"
    with pytest.raises(Refusal) as caught, world.store.begin() as work:
        revoke_key(work, first, root=signer(800), now=world.now, actor="ada")
    assert code_of(caught) == "vendor.key_state"


# -- ends -------------------------------------------------------------------------------------------------------------


def test_an_ended_root_key_signs_nothing_but_the_certificate_of_the_next(world: Any) -> None:
    open_any(world)
    site = world.active_site()
    end(world, world.root)
    books = world.dump()

    def rotate_issuing() -> None:
        with world.store.begin() as work:
            rotate(work, root=world.root, new=made(700), now=world.now, actor="ada")

    def revoke_issuing() -> None:
        with world.store.begin() as work:
            revoke_key(work, key_id(world.issuing.public_key), root=world.root, new=made(700), now=world.now, actor="a")

    def export() -> None:
        publish_product(world.store, "infinitime", signers=world.desk.signers, now=world.now, actor="ada")

    for action in (rotate_issuing, revoke_issuing, export):
        with pytest.raises(Refusal) as caught:
            action()
        assert code_of(caught) == "key.root_ended"
        assert "keys rotate --root" in caught.value.remedy
    assert world.dump() == books
    assert world.answer(site.request(Purpose.RENEW)).outcome == "signed", "the list in the books is as good as before"
    rotated_root(world)
    with world.store.read() as work:
        (entry,) = work.audit_about(key_id(signer(800).public_key).hex())
    assert entry.details["after_its_end"] == "yes"
    exported = publish_product(world.store, "infinitime", signers=world.desk.signers, now=world.now, actor="ada")
    assert receive_product(exported).root == signer(800).public_key
    rotate_new = made(701)
    with world.store.begin() as work:
        rotate(work, root=signer(800), new=rotate_new, now=world.now, actor="ada")


def test_an_ended_issuing_key_signs_nothing_and_what_it_signed_stays_good(world: Any) -> None:
    request = world.site(world.sold()).request()
    document = world.answer(request).document
    end(world, world.issuing)
    world.now += 1
    with pytest.raises(Refusal) as caught:
        world.answer(world.site(world.sold(), number=9, volume="d15c-9").request())
    assert code_of(caught) == "key.none"
    with world.store.begin() as work:
        rotate(work, root=world.root, new=made(700), now=world.now, actor="ada")
    assert [key.key for key in trust_of(world).keys] == [signer(700).public_key], "no list names an ended key"
    trust = pinned_trust(world.root.public_key, trust_document(world))
    assert check_installed(document, trust=trust, facts=facts_of(request)).revoked_key is False


def test_what_was_prepared_with_a_key_that_has_ended_since_is_prepared_anew(world: Any) -> None:
    site = world.active_site()
    request = site.request(Purpose.REBIND)
    world.answer(request)
    world.approve(request)
    end(world, world.issuing)
    with world.store.begin() as work:
        rotate(work, root=world.root, new=made(700), now=world.now, actor="ada")
    open_any(world)
    with pytest.raises(Refusal) as caught:
        world.answer(request)
    assert code_of(caught) == "key.outside_time"
    assert world.answer(request).outcome == "waiting", "a person looks again"
    world.approve(request)
    found = world.answer(request)
    assert open_envelope(found.document).key_id == key_id(signer(700).public_key)


# -- books from before ------------------------------------------------------------------------------------------------


def test_a_key_from_before_there_were_receipts_signs_none_and_the_next_one_does(world: Any) -> None:
    product = world.sold() and world.store

    def receipt_key() -> KeyRecord:
        with product.read() as work:
            return issuing_key(work.keys(), product=work.products()[0].product_id, use=Use.RECEIPT, now=world.now)

    with world.store.begin() as work:
        work.save_key(world.key_record(world.issuing.public_key, uses=Use.LICENSE | Use.REFUSAL))
    with pytest.raises(Refusal) as caught:
        receipt_key()
    assert code_of(caught) == "key.no_receipts"
    with world.store.begin() as work:
        rotate(work, root=world.root, new=made(700), now=world.now, actor="ada")
    assert receipt_key().public_key == signer(700).public_key


def test_certificates_stay_the_very_same_bytes_from_list_to_list(world: Any) -> None:
    rotated_root(world)
    first = trust_of(world).roots
    world.now += 1000 * DAY
    with world.store.begin() as work:
        rotate(work, root=signer(800), new=made(700), now=world.now, actor="ada")
    rotated_root(world, 801, old=signer(800))
    chain = trust_of(world).roots
    assert chain[:1] == first
    issued = [certificate.issued for _, certificate in read_root_certificates(chain)]
    assert issued == [world.now - 1000 * DAY, world.now]
