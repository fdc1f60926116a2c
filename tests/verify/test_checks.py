"""The ladder, rungs 1 to 6: form, kind, content, trust list, key, signature; numbers as in docs/checks.md."""

from collections.abc import Callable

import pytest

from offline_activation.errors import Refusal
from offline_activation.formats.cbor import encode
from offline_activation.formats.envelope import Kind, open_envelope, seal, signed_bytes
from offline_activation.formats.keys import SoftwareSigner, key_id
from offline_activation.formats.names import DocumentId, ProductId, document_id
from offline_activation.formats.trust_list import IssuingKey, Use
from offline_activation.formats.value import changed
from offline_activation.verify.checks import (
    AcceptedLicense,
    AcceptedRefusal,
)
from offline_activation.verify.trust import Trust, pinned_trust

NOW = 1_795_500_000
DAY = 86_400
KEY_BEGIN, KEY_END = NOW - 100 * DAY, NOW + 300 * DAY
REQUEST = DocumentId(bytes(range(16)))

Check = Callable[..., AcceptedLicense | AcceptedRefusal]
CodeOf = Callable[..., str]
Make = Callable[..., bytes]


# -- a good response --------------------------------------------------------------------------------------------------


def test_a_good_license_is_accepted_as_a_typed_thing(check: Check, make_license: Make) -> None:
    document = make_license()
    accepted = check(document)
    assert isinstance(accepted, AcceptedLicense)
    assert accepted.license.limits == {"badge_readers": 8, "employees": 150}
    assert accepted.document == document
    assert accepted.response_id == document_id(open_envelope(document).payload)
    assert accepted.match.verdict == "same"
    assert not accepted.revoked_key


def test_a_good_refusal_is_accepted_as_a_refusal(check: Check, make_refusal: Make) -> None:
    accepted = check(make_refusal())
    assert isinstance(accepted, AcceptedRefusal)
    assert (accepted.refusal.code, accepted.refusal.remedy) == ("policy.suspended", "Speak to the vendor.")


def test_both_issuing_keys_are_good(check: Check, make_license: Make, next_issuing: SoftwareSigner) -> None:
    assert isinstance(check(make_license(by=next_issuing)), AcceptedLicense)


def test_a_key_for_refusals_signs_refusals(check: Check, make_refusal: Make, refusals_only: SoftwareSigner) -> None:
    assert isinstance(check(make_refusal(by=refusals_only)), AcceptedRefusal)


# -- 1 form, 2 kind, 3 content ----------------------------------------------------------------------------------------


def test_1_truncation_and_additions_are_damage_and_never_a_signature_error(
    check: Check, code_of: CodeOf, make_license: Make
) -> None:
    document = make_license()
    for size in range(len(document)):
        assert code_of(check, document[:size]).split(".")[0] in {"encoding", "profile"}, size
    for size in range(1, 17):
        assert code_of(check, document + bytes(size)) == "encoding.trailing"


def test_1_every_flipped_bit_is_refused(check: Check, code_of: CodeOf, make_license: Make, make_refusal: Make) -> None:
    for document in (make_license(), make_refusal()):
        for bit in range(8 * len(document)):
            damaged = bytearray(document)
            damaged[bit // 8] ^= 1 << bit % 8
            assert code_of(check, bytes(damaged)) != "accepted", bit


def test_1_a_damaged_document_of_a_stranger_is_called_damaged(
    check: Check, code_of: CodeOf, make_license: Make, attacker: SoftwareSigner
) -> None:
    assert code_of(check, make_license(by=attacker)[:-1]) == "encoding.truncated"


@pytest.mark.parametrize("kid", [b"", b"../../x", b"' OR 1=1", bytes(9), bytes(4000)])
def test_1_a_key_id_is_eight_bytes_and_nothing_but_a_row_of_a_table(
    check: Check, code_of: CodeOf, make_license: Make, issuing: SoftwareSigner, kid: bytes
) -> None:
    good = open_envelope(make_license())
    protected = encode({1: -19, 3: "application/oa-license", 4: kid})
    signature = issuing.sign(signed_bytes(Kind.LICENSE, protected, good.payload))
    document = b"\xd2" + encode((protected, {}, good.payload, signature))
    assert code_of(check, document) == ("key.unknown" if len(kid) == 8 else "profile.envelope")


def test_2_other_kinds_of_document_are_named(
    check: Check, code_of: CodeOf, make_list: Make, make_license: Make, issuing: SoftwareSigner
) -> None:
    assert code_of(check, make_list()) == "profile.kind"
    payload = open_envelope(make_license()).payload
    assert code_of(check, seal(Kind.REQUEST, payload, issuing)) == "profile.kind"


def test_3_an_unknown_critical_field_says_newer_format_and_an_extension_is_kept(
    check: Check, code_of: CodeOf, make_license: Make, make_refusal: Make, altered: Make
) -> None:
    for document in (make_license(), make_refusal()):
        assert code_of(check, altered(document, {63: 1})) == "profile.newer"
        assert code_of(check, altered(document, {1: 2})) == "profile.newer"
        assert code_of(check, altered(document, {1: 0})) == "profile.version"
    accepted = check(altered(make_license(), {64: "later"}))
    assert isinstance(accepted, AcceptedLicense)
    assert accepted.license.extensions == ((64, "later"),)


def test_3_bad_content_is_named_before_a_bad_key(
    check: Check, code_of: CodeOf, make_license: Make, altered: Make, attacker: SoftwareSigner
) -> None:
    assert code_of(check, altered(make_license(), {4: -1}, by=attacker)) == "profile.field_invalid"
    assert code_of(check, altered(make_license(), {}, without=4, by=attacker)) == "profile.field_missing"


# -- 4 trust list -----------------------------------------------------------------------------------------------------


def test_4_a_root_brought_along_is_not_believed_and_the_message_names_the_pinned_vendor(
    check: Check, make_license: Make, make_list: Make, attacker: SoftwareSigner, entries: tuple[IssuingKey, ...]
) -> None:
    own = (changed(entries[0], key=attacker.public_key),)
    carried = make_list(99, keys=own, by=attacker, vendor="Evil Inc")
    with pytest.raises(Refusal, match="Inception Technologies") as caught:
        check(make_license(trust=carried, by=attacker))
    assert caught.value.code == "key.unknown"
    assert "Evil" not in caught.value.message


def test_4_an_issuing_key_cannot_sign_a_trust_list(
    check: Check, code_of: CodeOf, make_license: Make, make_list: Make, issuing: SoftwareSigner
) -> None:
    assert code_of(check, make_license(trust=make_list(99, by=issuing))) == "key.unknown"


def test_4_a_trust_list_changed_after_signing_is_found(
    check: Check, code_of: CodeOf, make_license: Make, make_list: Make
) -> None:
    damaged = bytearray(make_list())
    damaged[-1] ^= 1
    assert code_of(check, make_license(trust=bytes(damaged))) == "signature.invalid"


def test_4_an_older_list_never_replaces_a_newer_one_and_a_newer_one_is_taken(
    check: Check, make_license: Make, make_list: Make, trust: Trust
) -> None:
    for number, expected in ((1, 3), (2, 3), (3, 3), (4, 4), (2**53 - 1, 2**53 - 1)):
        assert check(make_license(trust=make_list(number))).trust.current.number == expected
    assert trust.current.number == 3


def test_4_a_new_key_comes_with_the_list_inside_the_response(
    check: Check, code_of: CodeOf, make_license: Make, make_list: Make, entries: tuple[IssuingKey, ...]
) -> None:
    new = SoftwareSigner(bytes([40]) * 32)
    rotated = make_list(4, keys=(*entries, changed(entries[0], key=new.public_key)))
    assert code_of(check, make_license(by=new)) == "key.unknown"
    assert isinstance(check(make_license(by=new, trust=rotated)), AcceptedLicense)


def test_4_an_old_list_brings_no_retired_key_back(
    check: Check,
    code_of: CodeOf,
    make_license: Make,
    make_list: Make,
    root: SoftwareSigner,
    entries: tuple[IssuingKey, ...],
) -> None:
    newest = pinned_trust(root.public_key, make_list(9, keys=entries[1:]))
    assert code_of(check, make_license(trust=make_list(3)), trust=newest) == "key.unknown"


# -- 5 key ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("issued", "expected"),
    [
        (KEY_BEGIN - 1, "key.outside_time"),
        (KEY_BEGIN, "accepted"),
        (KEY_BEGIN + 1, "accepted"),
        (KEY_END - 1, "accepted"),
        (KEY_END, "key.outside_time"),
        (KEY_END + 1, "key.outside_time"),
    ],
)
def test_5_a_key_is_good_while_begin_is_reached_and_end_is_not(
    check: Check, code_of: CodeOf, make_license: Make, issued: int, expected: str
) -> None:
    document = make_license(issued=issued, lease_until=None)
    assert code_of(check, document, now=issued) == expected


def test_5_a_license_signed_in_time_may_arrive_after_its_key_has_ended(
    check: Check, code_of: CodeOf, make_license: Make
) -> None:
    document = make_license(issued=KEY_END - 1, lease_until=None)
    assert code_of(check, document, now=KEY_END + 30 * DAY) == "accepted"


def test_5_keys_for_other_uses_and_other_products_are_refused(
    check: Check,
    code_of: CodeOf,
    make_license: Make,
    make_refusal: Make,
    refusals_only: SoftwareSigner,
    other_products_only: SoftwareSigner,
    attacker: SoftwareSigner,
) -> None:
    assert code_of(check, make_license(by=refusals_only)) == "key.not_for_use"
    assert code_of(check, make_license(by=other_products_only)) == "key.not_for_product"
    assert code_of(check, make_refusal(by=other_products_only)) == "key.not_for_product"
    assert code_of(check, make_license(by=attacker)) == "key.unknown"


def test_5_a_key_listed_twice_counts_with_the_entry_that_fits(
    check: Check, code_of: CodeOf, make_license: Make, make_list: Make, entries: tuple[IssuingKey, ...]
) -> None:
    elsewhere = changed(entries[0], products=(ProductId("other_product"),))
    here = changed(entries[0], products=(ProductId("infinitime"),))
    for keys in ((elsewhere, here), (here, elsewhere)):
        assert code_of(check, make_license(trust=make_list(4, keys=keys))) == "accepted"
    assert code_of(check, make_license(trust=make_list(4, keys=(elsewhere, elsewhere)))) == "key.not_for_product"


def test_5_a_key_for_no_product_or_no_use_signs_nothing(
    check: Check, code_of: CodeOf, make_license: Make, make_list: Make, entries: tuple[IssuingKey, ...]
) -> None:
    for entry, expected in (
        (changed(entries[0], products=()), "key.not_for_product"),
        (changed(entries[0], uses=Use(0)), "key.not_for_use"),
        (changed(entries[0], uses=Use(4)), "key.not_for_use"),
    ):
        assert code_of(check, make_license(trust=make_list(4, keys=(entry,)))) == expected


# -- 6 signature ------------------------------------------------------------------------------------------------------


def test_6_a_payload_with_the_signature_of_another_is_refused(
    check: Check, code_of: CodeOf, make_license: Make
) -> None:
    mine, other = open_envelope(make_license()), open_envelope(make_license(limits={"employees": 9999}))
    forged = b"\xd2" + encode((mine.protected, {}, other.payload, mine.signature))
    assert code_of(check, forged) == "signature.invalid"


def test_6_a_document_that_names_a_listed_key_but_is_signed_by_another_is_refused(
    check: Check, code_of: CodeOf, make_license: Make, attacker: SoftwareSigner
) -> None:
    good = open_envelope(make_license())
    signature = attacker.sign(signed_bytes(good.kind, good.protected, good.payload))
    assert code_of(check, b"\xd2" + encode((good.protected, {}, good.payload, signature))) == "signature.invalid"


def test_6_a_revoked_key_is_refused_at_import_whether_it_is_still_listed_or_not(
    check: Check,
    code_of: CodeOf,
    make_license: Make,
    make_refusal: Make,
    make_list: Make,
    issuing: SoftwareSigner,
    entries: tuple[IssuingKey, ...],
    root: SoftwareSigner,
) -> None:
    for keys in (entries, entries[1:]):
        carried = make_list(4, keys=keys, revoked=(key_id(issuing.public_key),))
        assert code_of(check, make_license(trust=carried)) == "key.revoked"
        assert code_of(check, make_refusal(trust=carried)) == "key.revoked"
        # a thief leaves the new list out; a site that has seen it refuses all the same
        assert code_of(check, make_license(), trust=pinned_trust(root.public_key, carried)) == "key.revoked"
