"""The envelope: one strict form, and a signature that is worth something for one kind of document only."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_activation.formats.cbor import MAX_SIZE, Value, encode
from offline_activation.formats.envelope import (
    TAG_18,
    Kind,
    check_signature,
    expect,
    external_aad,
    open_envelope,
    seal,
    signed_bytes,
)
from offline_activation.formats.keys import SoftwareSigner, key_id, public_key
from offline_activation.formats.license_document import read_license

CodeOf = Callable[[Callable[[], object]], str]

SIGNER = SoftwareSigner(bytes([3]) * 32)
KID = bytes(key_id(SIGNER.public_key))
HEADER: dict[int | str, Value] = {1: -19, 3: "application/oa-license", 4: KID}
PAYLOAD = encode({1: 1})


def document(
    *,
    header: Value = None,
    protected: Value = None,
    unprotected: Value = None,
    payload: Value = PAYLOAD,
    signature: Value = None,
) -> bytes:
    """Return an envelope with the given parts, correctly signed unless a signature is given."""
    protected = encode(HEADER if header is None else header) if protected is None else protected
    signed = encode(("Signature1", protected, external_aad(Kind.LICENSE), payload))
    signature = SIGNER.sign(signed) if signature is None else signature
    return bytes([TAG_18]) + encode((protected, {} if unprotected is None else unprotected, payload, signature))


def test_what_is_sealed_opens_and_its_signature_is_good(code_of: CodeOf) -> None:
    for kind in Kind:
        envelope = open_envelope(seal(kind, PAYLOAD, SIGNER))
        assert (envelope.kind, envelope.key_id, envelope.payload) == (kind, KID, PAYLOAD)
        assert code_of(lambda envelope=envelope: check_signature(envelope, SIGNER.public_key)) == "accept"
    assert code_of(lambda: open_envelope(document())) == "accept"


@pytest.mark.parametrize(
    "header",
    [
        {3: HEADER[3], 4: KID},
        HEADER | {1: -7},
        HEADER | {1: -8},
        HEADER | {1: 5},
        HEADER | {1: -257},
        HEADER | {1: 0},
        HEADER | {1: "EdDSA"},
        HEADER | {1: "Ed25519"},
        HEADER | {1: -19 + (1 << 52)},
        HEADER | {1: None},
        HEADER | {1: True},
        HEADER | {1: (-19,)},
        HEADER | {1: {-19: 1}},
        HEADER | {1: b"\xed"},
    ],
    ids=str,
)
def test_only_the_one_algorithm_is_allowed(code_of: CodeOf, header: Value) -> None:
    assert code_of(lambda: open_envelope(document(header=header))) == "key.algorithm"


def test_an_algorithm_in_the_unprotected_header_is_no_algorithm(code_of: CodeOf) -> None:
    bare = {3: HEADER[3], 4: KID}
    assert code_of(lambda: open_envelope(document(header=bare, unprotected={1: -19}))) == "profile.envelope"
    assert code_of(lambda: open_envelope(document(unprotected={1: -19}))) == "profile.envelope"
    assert code_of(lambda: open_envelope(document(header=bare))) == "key.algorithm"


def test_two_algorithms_in_one_header_are_a_field_twice(code_of: CodeOf) -> None:
    twice = bytes.fromhex("a401320126") + encode(HEADER)[3:]
    assert code_of(lambda: open_envelope(document(protected=twice))) == "encoding.duplicate_key"


@pytest.mark.parametrize("size", [0, 1, 32, 63, 65, 114, 128, 256, 512])
def test_a_signature_has_64_bytes(code_of: CodeOf, size: int) -> None:
    assert code_of(lambda: open_envelope(document(signature=bytes(size)))) == "key.algorithm"


def test_a_mac_keyed_with_the_public_key_is_no_signature(code_of: CodeOf) -> None:
    from cryptography.hazmat.primitives import hashes, hmac  # noqa: PLC0415 - only this test makes a MAC

    protected = encode(HEADER | {1: 5})
    mac = hmac.HMAC(SIGNER.public_key, hashes.SHA512())
    mac.update(encode(("MAC0", protected, external_aad(Kind.LICENSE), PAYLOAD)))
    tag = mac.finalize()
    assert code_of(lambda: open_envelope(document(protected=protected, signature=tag))) == "key.algorithm"
    envelope = open_envelope(document(signature=tag))
    assert code_of(lambda: check_signature(envelope, SIGNER.public_key)) == "signature.invalid"


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (b"", "encoding.truncated"),
        (b"\xd2", "encoding.truncated"),
        (document()[1:], "profile.envelope"),
        (b"\xd8\x12" + document()[1:], "profile.envelope"),
        (b"\xd1" + document()[1:], "profile.envelope"),
        (b"\xd9\xd9\xf7" + document(), "profile.envelope"),
        (b"\xd2" + document(), "encoding.unsupported"),
        (document() + b"\x00", "encoding.trailing"),
        (b"\xd2" + encode({1: 2}), "profile.envelope"),
        (b"\xd2" + encode((b"", {}, b"")), "profile.envelope"),
        (b"\xd2" + encode((b"", {}, b"", bytes(64), b"")), "profile.envelope"),
        (document(payload=None), "profile.envelope"),
        (document(payload="text"), "profile.envelope"),
        (document(signature=()), "profile.envelope"),
        (document(unprotected=()), "profile.envelope"),
        (document(unprotected=0), "profile.envelope"),
        (document(unprotected=b""), "profile.envelope"),
        (document(unprotected={4: KID}), "profile.envelope"),
        (document(protected=b""), "encoding.truncated"),
        (document(protected=b"\x80"), "profile.envelope"),
        (document(protected=b"\xa0"), "key.algorithm"),
        (document(protected=encode(HEADER) + b"\x00"), "encoding.trailing"),
        (document(protected=b"\xbf" + encode(HEADER)[1:] + b"\xff"), "encoding.not_deterministic"),
        (document(protected=(1,)), "profile.envelope"),
        (document(header={1: -19, 4: KID}), "profile.envelope"),
        (document(header={1: -19, 3: HEADER[3]}), "profile.envelope"),
        (document(header=HEADER | {2: (1,)}), "profile.envelope"),
        (document(header=HEADER | {33: b"x5chain"}), "profile.envelope"),
        (document(header=HEADER | {"alg": -19}), "profile.envelope"),
        (document(header=HEADER | {4: KID[:7]}), "profile.envelope"),
        (document(header=HEADER | {4: KID + b"x"}), "profile.envelope"),
        (document(header=HEADER | {4: b""}), "profile.envelope"),
        (document(header=HEADER | {4: "../../x."}), "profile.envelope"),
        (document(header=HEADER | {3: 60}), "profile.envelope"),
        (document(header=HEADER | {3: "text/plain"}), "profile.envelope"),
        (document(header=HEADER | {3: "application/oa-LICENSE"}), "profile.newer"),
        (document(header=HEADER | {3: "application/oa-"}), "profile.newer"),
        (document(header=HEADER | {3: "application/oa-bulletin"}), "profile.newer"),
        (bytes(MAX_SIZE + 1), "limit.too_large"),
        (document() + bytes(MAX_SIZE), "limit.too_large"),
    ],
)
def test_each_departure_from_the_form_has_its_code(code_of: CodeOf, broken: bytes, code: str) -> None:
    assert code_of(lambda: open_envelope(broken)) == code


def test_an_old_algorithm_vector_of_the_same_key_is_refused(code_of: CodeOf) -> None:
    """``EdDSA`` (-8) would verify with the same key and bytes; only the fully specified name is valid."""
    assert code_of(lambda: open_envelope(document(header=HEADER | {1: -8}))) == "key.algorithm"


@pytest.mark.parametrize("made_as", list(Kind))
@pytest.mark.parametrize("sent_as", list(Kind))
def test_a_signature_made_for_one_kind_is_worth_nothing_for_another(
    code_of: CodeOf, made_as: Kind, sent_as: Kind
) -> None:
    sealed = open_envelope(seal(made_as, PAYLOAD, SIGNER))
    header = encode(HEADER | {3: f"application/oa-{sent_as}"})
    swapped = open_envelope(b"\xd2" + encode((header, {}, PAYLOAD, sealed.signature)))
    assert swapped.kind is sent_as
    outcome = code_of(lambda: check_signature(swapped, SIGNER.public_key))
    assert outcome == ("accept" if made_as is sent_as else "signature.invalid")


@pytest.mark.parametrize("kind", list(Kind))
def test_a_signature_without_the_purpose_is_worth_nothing(code_of: CodeOf, kind: Kind) -> None:
    header = encode(HEADER | {3: f"application/oa-{kind}"})
    signature = SIGNER.sign(encode(("Signature1", header, b"", PAYLOAD)))
    envelope = open_envelope(b"\xd2" + encode((header, {}, PAYLOAD, signature)))
    assert code_of(lambda: check_signature(envelope, SIGNER.public_key)) == "signature.invalid"


def test_another_key_did_not_sign_it(code_of: CodeOf, license_document: bytes) -> None:
    envelope = open_envelope(license_document)
    other = SoftwareSigner(bytes([9]) * 32).public_key
    not_a_point = public_key(bytes([2]) + bytes(31))
    for key in (other, not_a_point):
        assert code_of(lambda key=key: check_signature(envelope, key)) == "signature.invalid"


def test_another_kind_is_named_with_what_is_needed(code_of: CodeOf, request_document: bytes) -> None:
    envelope = open_envelope(request_document)
    assert code_of(lambda: expect(envelope, Kind.LICENSE, Kind.REFUSAL)) == "profile.kind"
    assert code_of(lambda: expect(envelope, Kind.LICENSE, Kind.REQUEST)) == "accept"


def test_a_document_larger_than_every_reader_takes_is_not_made() -> None:
    overhead = len(seal(Kind.LICENSE, bytes(1000), SIGNER)) - 1000
    largest = seal(Kind.LICENSE, bytes(MAX_SIZE - overhead), SIGNER)
    assert len(largest) == MAX_SIZE
    check_signature(open_envelope(largest), SIGNER.public_key)
    with pytest.raises(ValueError, match="more than"):
        seal(Kind.LICENSE, bytes(MAX_SIZE - overhead + 1), SIGNER)


def test_what_is_signed_is_the_sig_structure_of_rfc_9052() -> None:
    envelope = open_envelope(document())
    signed = signed_bytes(envelope.kind, envelope.protected, envelope.payload)
    assert signed[:12] == bytes([0x84, 0x6A]) + b"Signature1"
    assert external_aad(Kind.LICENSE) == b"offline-activation/1/license"


def read_any(data: bytes) -> None:
    read_license(open_envelope(data))


@given(st.binary(max_size=200))
def test_random_bytes_behind_the_tag_are_refused(code_of: CodeOf, data: bytes) -> None:
    assert code_of(lambda: read_any(b"\xd2" + data)) != "accept"


@given(st.binary(max_size=200))
def test_a_random_payload_under_a_good_signature_is_refused(code_of: CodeOf, payload: bytes) -> None:
    assert code_of(lambda: read_any(document(payload=payload))) != "accept"
