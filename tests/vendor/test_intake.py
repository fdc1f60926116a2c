# ruff: noqa: ANN401 - the world is a fixture of conftest.py

from typing import Any

import pytest

from offline_activation.errors import Refusal
from offline_activation.formats.cbor import Value, decode, encode
from offline_activation.formats.envelope import Kind, open_envelope, seal
from offline_activation.formats.keys import SoftwareSigner
from offline_activation.formats.names import ProductId
from offline_activation.formats.request import Purpose
from offline_activation.formats.value import changed
from offline_activation.vendor.intake import receive_request, record_rejection

LOW_ORDER = [bytes(32), bytes([1]) + bytes(31), b"\xec" + b"\xff" * 30 + b"\x7f"]


def edited(document: bytes, fields: dict[int | str, Value], signer: SoftwareSigner | None = None) -> bytes:
    """Return the document with fields of its payload replaced; without ``signer`` the old signature stays."""
    envelope = open_envelope(document)
    body = decode(envelope.payload)
    assert isinstance(body, dict)
    payload = encode({**body, **fields})
    if signer is not None:
        return seal(envelope.kind, payload, signer)
    parts = decode(document[1:])
    assert isinstance(parts, tuple)
    return document[:1] + encode((parts[0], {}, payload, parts[3]))


def code_of(document: bytes) -> str:
    with pytest.raises(Refusal) as caught:
        receive_request(document)
    return caught.value.code


def test_a_request_with_every_single_bit_flipped_is_refused(world: Any) -> None:
    document = world.site(world.sold()).request()
    for bit in range(len(document) * 8):
        damaged = bytearray(document)
        damaged[bit // 8] ^= 1 << bit % 8
        assert code_of(bytes(damaged))


def test_a_truncated_request_is_called_truncated_and_not_forged(world: Any) -> None:
    document = world.site(world.sold()).request()
    assert {code_of(document[:size]).split(".")[0] for size in range(len(document))} <= {"encoding", "profile"}


def test_a_contact_that_the_courier_changed_is_a_broken_signature(world: Any) -> None:
    document = world.site(world.sold()).request()
    body = decode(open_envelope(document).payload)
    assert isinstance(body, dict)
    contact = body[12]
    assert isinstance(contact, dict)
    assert code_of(edited(document, {12: {**contact, 4: "Somebody Else"}})) == "signature.invalid"


def test_an_edited_request_signed_with_another_key_is_another_site_and_gets_nothing(world: Any) -> None:
    site = world.active_site()
    thief = SoftwareSigner(bytes([7]) * 32)
    document = edited(site.request(Purpose.RENEW), {6: bytes(thief.public_key)}, thief)
    assert world.answer(document).code == "policy.license_bound"
    assert world.record(site.license_number).installation.site_key == site.key.public_key


@pytest.mark.parametrize("raw", LOW_ORDER)
def test_a_site_key_of_low_order_is_refused(world: Any, raw: bytes) -> None:
    site = world.site(world.sold())
    assert code_of(edited(site.request(), {6: raw}, site.key)) == "key.weak"


def test_a_license_is_not_a_request(world: Any) -> None:
    found = world.answer(world.site(world.sold()).request())
    assert code_of(found.document) == "profile.kind"


def test_a_request_sealed_as_another_kind_is_refused(world: Any) -> None:
    site = world.site(world.sold())
    payload = open_envelope(site.request()).payload
    assert code_of(seal(Kind.LICENSE, payload, site.key)) == "profile.kind"


@pytest.mark.parametrize("text", ["a\x1b[31m", "a\nb", "a\u202eb", "a\u2028b", "a\x00", "x" * 10_000, "", "a\u200bb"])
def test_a_contact_with_controls_or_without_end_is_refused(world: Any, text: str) -> None:
    site = world.site(world.sold())
    assert code_of(edited(site.request(), {12: {4: text}}, site.key)) == "profile.field_invalid"


@pytest.mark.parametrize(
    "text", ["=1+1", "@SUM(A1)", "<script>alert(1)</script>", "{{7*7}}", "${jndi:ldap://x}", "%s%n"]
)
def test_a_contact_that_looks_like_a_program_is_text(world: Any, a_request: Any, text: str) -> None:
    site = world.site(world.sold())
    found = world.answer(site.request(contact=changed(a_request.contact, company=text, last_name=text)))
    assert found.outcome == "signed"
    assert world.record(site.license_number).contact.company == text


def test_a_request_for_another_product_is_refused_with_a_document(world: Any, refusal_in: Any) -> None:
    site = world.site(world.sold())
    found = world.answer(site.request(product=ProductId("other")))
    assert found.code == "binding.other_product"
    assert refusal_in(found.document).product == "other"
    assert world.record(site.license_number).installation is None


def test_damaged_input_leaves_one_audit_entry_and_nothing_else(world: Any) -> None:
    world.active_site()
    before, audit = world.dump(), world.audit()
    with world.store.begin() as work:
        name = "evil\n\x1b[31m\u202e" + "x" * 500
        record_rejection(work, Refusal("encoding.truncated"), source=name, now=world.now, actor="t")
    assert world.dump() == before
    assert world.audit() == [*audit, "request.rejected"]
    with world.store.read() as work:
        entry = work.audit()[-1]
    assert entry.details == {"code": "encoding.truncated"}
    assert entry.subject.isprintable()
    assert len(entry.subject) <= 80


def test_two_sites_with_one_key_show_as_a_fork(world: Any) -> None:
    site = world.active_site()
    clone = world.site(site.license_number)
    clone.counter, clone.previous, clone.revision = site.counter, site.previous, site.revision
    assert world.answer(site.request(Purpose.RENEW)).reasons == ("The server that holds the license asks.",)
    found = world.answer(clone.request(Purpose.RENEW, nonce=b"c" * 16))
    assert found.outcome == "signed"
    assert "does not follow" in found.reasons[0]


def test_the_same_key_with_another_volume_needs_a_person(world: Any) -> None:
    site = world.active_site()
    site.volume_id = "d15c-2"
    assert world.answer(site.request(Purpose.RENEW)).outcome == "waiting"


def test_a_request_dated_far_ahead_gets_the_vendors_time(world: Any, license_in: Any) -> None:
    site = world.site(world.sold())
    found = world.answer(site.request(created=world.now + 730 * 86_400))
    assert license_in(found.document).issued == world.now
    assert "vendor's time" in found.reasons[0]
