# ruff: noqa: ANN401 - the world is a fixture of conftest.py

from dataclasses import replace
from typing import Any

import pytest

from offline_activation.errors import Refusal
from offline_activation.formats.envelope import open_envelope
from offline_activation.formats.keys import KeyId, SoftwareSigner, key_id
from offline_activation.formats.license_document import read_license
from offline_activation.formats.names import ProductId, document_id
from offline_activation.formats.request import Purpose, receive_request
from offline_activation.formats.trust_list import MAX_KEYS, MAX_REVOKED, TrustList, Use, receive_trust_list
from offline_activation.vendor.drafting import bound_components
from offline_activation.vendor.founding import FirstKey
from offline_activation.vendor.issuing import Answer, answer
from offline_activation.vendor.records import KeyRecord
from offline_activation.vendor.rotation import KeyChange, missing_in, read_key_id, revoke_key, rotate
from offline_activation.verify.checks import Evidence, Facts, check_installed, check_response
from offline_activation.verify.trust import Trust, pinned_trust


def signer(number: int) -> SoftwareSigner:
    return SoftwareSigner(number.to_bytes(32))


def made(number: int) -> FirstKey:
    return FirstKey(signer=signer(number), location=f"{number}.pem")


def rotated(world: Any, number: int = 700) -> KeyChange:
    with world.store.begin() as work:
        done = rotate(work, root=world.root, new=made(number), reason="yearly", now=world.now, actor="ada")
    open_any_key(world)
    return done


def revoked(world: Any, wanted: KeyId, number: int | None = None) -> KeyChange:
    new = None if number is None else made(number)
    with world.store.begin() as work:
        done = revoke_key(work, wanted, root=world.root, new=new, reason="leaked", now=world.now, actor="ada")
    open_any_key(world)
    return done


def open_any_key(world: Any) -> None:
    """Let the desk open whatever key the books name."""
    there = {key_id(each.public_key): each for each in (world.issuing, *(signer(700 + n) for n in range(100)))}

    def opened(record: KeyRecord) -> SoftwareSigner:
        assert record.state != "revoked", "the file of a revoked key may be gone"
        return there[record.key_id]

    world.desk = replace(world.desk, signers=opened)


def first_key(world: Any) -> KeyId:
    return key_id(world.issuing.public_key)


def trust_of(world: Any) -> TrustList:
    with world.store.read() as work:
        return receive_trust_list(work.find_trust_list(), world.root.public_key)


def states(world: Any) -> list[str]:
    with world.store.read() as work:
        known = work.keys()
    return [key.state for key in known if key.role == "issuing"]


def signed_by(found: Answer) -> KeyId:
    assert found.document is not None
    return open_envelope(found.document).key_id


def facts_of(request: bytes) -> Facts:
    content = receive_request(request).content
    return Facts(product=content.product, site_key=content.site_key, components=bound_components(content))


def test_a_new_key_signs_and_the_old_one_stays_in_the_next_trust_list(world: Any) -> None:
    before = trust_of(world)
    done = rotated(world)
    after = trust_of(world)
    assert done.number == after.number == before.number + 1
    assert {key.key for key in after.keys} == {world.issuing.public_key, signer(700).public_key}
    assert (after.revoked, states(world)) == ((), ["retired", "active"])
    assert signed_by(world.answer(world.site(world.sold()).request())) == key_id(signer(700).public_key)
    assert world.audit()[world.audit().index("key.rotated")]


def test_the_audit_log_names_the_keys_the_list_and_the_reason(world: Any) -> None:
    rotated(world)
    new = key_id(signer(700).public_key).hex()
    with world.store.read() as work:
        (entry,) = work.audit_about(new)
    old = first_key(world).hex()
    assert (entry.action, entry.actor) == ("key.rotated", "ada")
    assert entry.details == {"retired": old, "trust_list": "2", "reason": "yearly"}


def test_a_site_that_never_saw_the_new_key_gets_it_inside_the_response(world: Any) -> None:
    with world.store.read() as work:
        pinned = pinned_trust(world.root.public_key, work.find_trust_list())
    site = world.site(world.sold())
    rotated(world)
    request = site.request()
    document = world.answer(request).document
    evidence = Evidence(open_requests=frozenset({receive_request(request).request_id}))
    accepted = check_response(document, trust=pinned, facts=facts_of(request), evidence=evidence, now=world.now)
    assert accepted.trust.current.number == 2


def test_an_old_license_is_valid_after_the_rotation_installed_or_still_to_be_imported(world: Any) -> None:
    request = world.site(world.sold()).request()
    document = world.answer(request).document
    rotated(world)
    trust = Trust(root=world.root.public_key, current=trust_of(world))
    evidence = Evidence(open_requests=frozenset({receive_request(request).request_id}))
    assert check_response(document, trust=trust, facts=facts_of(request), evidence=evidence, now=world.now)
    assert check_installed(document, trust=trust, facts=facts_of(request)).revoked_key is False


def test_what_was_approved_before_the_rotation_is_signed_as_approved(world: Any) -> None:
    site = world.active_site()
    request = site.request(Purpose.REBIND)
    world.answer(request)
    intent = world.approve(request)
    rotated(world)
    found = world.answer(request)
    assert (signed_by(found), found.outcome) == (first_key(world), "signed")
    assert document_id(open_envelope(found.document).payload) == intent.response_id


def test_what_was_approved_under_a_key_revoked_since_is_prepared_anew_under_the_new_one(world: Any) -> None:
    site = world.active_site()
    request = site.request(Purpose.UPDATE)
    received = receive_request(request)

    class Lost(RuntimeError):
        pass

    def lost(_record: KeyRecord) -> SoftwareSigner:
        class Token(SoftwareSigner):
            def sign(self, message: bytes) -> bytes:
                raise Lost(message)

        return Token(bytes([3]) * 32)

    with pytest.raises(Lost):
        answer(replace(world.desk, signers=lost), received)
    revoked(world, first_key(world), 700)
    with pytest.raises(Refusal) as caught:
        world.answer(request)
    assert caught.value.code == "key.revoked"
    found = world.answer(request)
    assert (signed_by(found), found.revision) == (key_id(signer(700).public_key), 2)


def test_a_license_of_a_revoked_key_is_refused_at_import_and_goes_on_where_it_is_installed(world: Any) -> None:
    request = world.site(world.sold()).request()
    document = world.answer(request).document
    revoked(world, first_key(world), 700)
    trust = Trust(root=world.root.public_key, current=trust_of(world))
    assert trust.current.revoked == (first_key(world),)
    evidence = Evidence(open_requests=frozenset({receive_request(request).request_id}))
    with pytest.raises(Refusal) as caught:
        check_response(document, trust=trust, facts=facts_of(request), evidence=evidence, now=world.now)
    assert caught.value.code == "key.revoked"
    assert check_installed(document, trust=trust, facts=facts_of(request)).revoked_key is True


def test_revoking_with_a_new_key_is_one_trust_list_and_one_unit_of_work(world: Any) -> None:
    done = revoked(world, first_key(world), 700)
    assert (done.number, trust_of(world).number) == (2, 2)
    assert [key.key for key in trust_of(world).keys] == [signer(700).public_key]
    assert states(world) == ["revoked", "active"]
    assert world.audit()[-2:] == ["key.revoked", "key.rotated"]


def test_a_retired_key_is_revoked_without_another_rotation(world: Any) -> None:
    rotated(world)
    assert revoked(world, first_key(world)).number == 3
    assert states(world) == ["revoked", "active"]


@pytest.mark.parametrize(
    ("which", "code"),
    [
        ("only", "key.only_one"),
        ("root", "key.is_root"),
        ("unknown", "vendor.unknown_key"),
        ("twice", "vendor.key_state"),
    ],
)
def test_a_revocation_that_cannot_be_changes_nothing(world: Any, which: str, code: str) -> None:
    wanted = {"root": key_id(world.root.public_key), "unknown": KeyId(bytes(8))}.get(which, first_key(world))
    if which == "twice":
        revoked(world, wanted, 700)
    books, told = world.dump(), world.audit()
    with pytest.raises(Refusal) as caught:
        revoked(world, wanted)
    assert caught.value.code == code
    assert (world.dump(), world.audit()) == (books, told)


def test_a_key_that_no_product_needs_is_revoked_without_another(world: Any) -> None:
    with world.store.begin() as work:
        work.save_key(world.key_record(signer(701).public_key, products=(ProductId("other"),)))
        work.save_key(world.key_record(signer(702).public_key, not_after=world.now))
    for number in (701, 702):
        revoked(world, key_id(signer(number).public_key))
    assert states(world) == ["active", "revoked", "revoked"]


def test_a_key_that_signs_licenses_only_does_not_replace_one_that_signs_refusals(world: Any) -> None:
    with world.store.begin() as work:
        work.save_key(world.key_record(signer(701).public_key, uses=Use.LICENSE))
    with pytest.raises(Refusal) as caught:
        revoked(world, first_key(world))
    assert caught.value.code == "key.only_one"


def test_sixteen_valid_keys_fill_the_trust_list(world: Any) -> None:
    for number in range(MAX_KEYS - 1):
        rotated(world, 700 + number)
    assert len(trust_of(world).keys) == MAX_KEYS
    books = world.dump()
    with pytest.raises(Refusal) as caught:
        rotated(world, 799)
    assert (caught.value.code, world.dump()) == ("key.list_full", books)
    assert revoked(world, first_key(world), 750).made is not None, "a revoked one makes room"
    assert world.answer(world.site(world.sold()).request()).outcome == "signed"


def test_sixty_four_revoked_keys_fill_the_trust_list(memory_world: Any) -> None:
    world = memory_world
    with world.store.begin() as work:
        for number in range(MAX_REVOKED):
            work.save_key(world.key_record(signer(900 + number).public_key, state="revoked"))
    rotated(world)
    assert len(trust_of(world).revoked) == MAX_REVOKED
    books = world.dump()
    with pytest.raises(Refusal) as caught:
        revoked(world, first_key(world))
    assert (caught.value.code, world.dump()) == ("key.list_full", books)


def test_the_fullest_trust_list_fits_into_a_license(memory_world: Any) -> None:
    world = memory_world
    with world.store.begin() as work:
        for number in range(MAX_REVOKED):
            work.save_key(world.key_record(signer(900 + number).public_key, state="revoked"))
    for number in range(MAX_KEYS - 1):
        rotated(world, 700 + number)
    document = world.answer(world.site(world.sold()).request()).document
    trust = receive_trust_list(read_license(open_envelope(document)).trust, world.root.public_key)
    assert (len(trust.keys), len(trust.revoked)) == (MAX_KEYS, MAX_REVOKED)


def test_another_root_key_changes_nothing(world: Any) -> None:
    books = world.dump()
    with pytest.raises(Refusal) as caught, world.store.begin() as work:
        rotate(work, root=signer(5), new=made(700), now=world.now, actor="ada")
    assert caught.value.code == "key.root_mismatch"
    assert world.dump() == books


def test_a_list_that_does_not_tell_what_the_books_say_is_found(world: Any) -> None:
    rotated(world)
    with world.store.begin() as work:
        assert missing_in(trust_of(world), work.keys(), now=world.now) == ()
        work.save_key(world.key_record(world.issuing.public_key, state="revoked"))
        work.save_key(world.key_record(signer(701).public_key))
        wrong = missing_in(trust_of(world), work.keys(), now=world.now)
    assert {key.public_key for key in wrong} == {world.issuing.public_key, signer(701).public_key}


@pytest.mark.parametrize("typed", ["5f0c3a9e71d2b846", "5F0C 3A9E 71D2 B846", "5f0c-3a9e-71d2-b846"])
def test_a_key_id_is_read_in_any_grouping(typed: str) -> None:
    assert read_key_id(typed).hex() == "5f0c3a9e71d2b846"


@pytest.mark.parametrize("typed", ["", "5f0c", "5f0c3a9e71d2b84x", "' OR 1=1", "../../x", "0" * 17, "0" * 1_000_000])
def test_anything_else_is_an_unknown_key(typed: str) -> None:
    with pytest.raises(Refusal) as caught:
        read_key_id(typed)
    assert caught.value.code == "vendor.unknown_key"
