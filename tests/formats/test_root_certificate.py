"""Root keys one after the other: each certified by the one before, and no step left out, swapped or made by others."""

import time
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offline_activation.formats.cbor import MAX_INTEGER, MAX_SIZE
from offline_activation.formats.envelope import Kind, open_envelope, seal
from offline_activation.formats.keys import Signer, SoftwareSigner
from offline_activation.formats.root_certificate import (
    MAX_ROOTS,
    SECOND,
    RootCertificate,
    last_root,
    read_root_certificate,
    root_certificate_payload,
    seal_root_certificate,
)
from offline_activation.formats.trust_list import (
    IssuingKey,
    TrustList,
    Use,
    rank,
    receive_trust_list,
    seal_trust_list,
)
from offline_activation.formats.value import changed

CodeOf = Callable[[Callable[[], object]], str]
Altered = Callable[[bytes, Mapping[int | str, object], Signer], bytes]

ROOTS = [SoftwareSigner(bytes([100 + number]) * 32) for number in range(MAX_ROOTS + 2)]
"""Root key 1 and its successors."""
THIEF = SoftwareSigner(bytes([99]) * 32)
CERTIFICATE_SIZE = 153
"""Bytes of a certificate with a date of this century."""


def certificate(number: int, key: SoftwareSigner, by: SoftwareSigner, issued: int = 1_795_000_000) -> bytes:
    content = RootCertificate(number=number, key=key.public_key, issued=issued)
    return seal_root_certificate(content, by)


def chain_of(signers: Sequence[SoftwareSigner]) -> tuple[bytes, ...]:
    """Return the certificates of ``signers``, the first of which is root key 1."""
    return tuple(certificate(number, key, by) for number, (by, key) in enumerate(pairwise(signers), SECOND))


def listed(signers: Sequence[SoftwareSigner], *, by: SoftwareSigner | None = None, **other: object) -> bytes:
    content = TrustList(number=7, vendor="Inception", issued=1_795_000_000, keys=(), roots=chain_of(signers))
    return seal_trust_list(changed(content, **other), by or signers[-1])


def verdict(code_of: CodeOf, document: bytes, pinned: SoftwareSigner = ROOTS[0]) -> str:
    return code_of(lambda: receive_trust_list(document, pinned.public_key))


@given(
    st.builds(
        RootCertificate,
        number=st.integers(SECOND, MAX_ROOTS + 1),
        key=st.sampled_from([signer.public_key for signer in ROOTS]),
        issued=st.integers(0, MAX_INTEGER),
        extensions=st.sampled_from([(), ((64, "note"),)]),
    )
)
@settings(max_examples=40)
def test_every_certificate_comes_back_and_encodes_to_the_same_bytes(content: RootCertificate) -> None:
    envelope = open_envelope(seal_root_certificate(content, ROOTS[0]))
    assert envelope.kind is Kind.ROOT
    assert read_root_certificate(envelope) == content
    assert root_certificate_payload(read_root_certificate(envelope)) == envelope.payload


@pytest.mark.parametrize(
    ("field", "item", "code"),
    [
        (1, 2, "profile.newer"),
        (2, 1, "profile.field_invalid"),
        (2, MAX_ROOTS + 2, "profile.field_invalid"),
        (2, True, "profile.field_invalid"),
        (2, "2", "profile.field_invalid"),
        (3, bytes(32), "key.weak"),
        (3, bytes(31), "profile.field_invalid"),
        (3, None, "profile.field_invalid"),
        (4, -1, "profile.field_invalid"),
        (5, 0, "profile.newer"),
        (64, 0, "accept"),
    ],
)
def test_each_field_is_held_to_its_rule(code_of: CodeOf, altered: Altered, field: int, item: object, code: str) -> None:
    document = altered(certificate(2, ROOTS[1], ROOTS[0]), {field: item}, ROOTS[0])
    assert verdict(code_of, listed(ROOTS[:2], roots=(document,))) == code


@pytest.mark.parametrize("length", [1, 2, 3, MAX_ROOTS, MAX_ROOTS + 1])
def test_a_list_of_a_later_root_key_is_believed_from_every_root_key_before_it(code_of: CodeOf, length: int) -> None:
    signers = ROOTS[:length]
    document = listed(signers)
    for pinned in signers:
        assert verdict(code_of, document, pinned) == "accept"
        assert last_root(chain_of(signers), pinned.public_key) == signers[-1].public_key
    assert rank(receive_trust_list(document, ROOTS[0].public_key)) == (length, 7)
    for stranger in (THIEF, ROOTS[length]):
        assert verdict(code_of, document, stranger) == "key.root_mismatch"


def test_an_old_list_of_an_earlier_root_key_is_believed_by_those_who_pinned_it(code_of: CodeOf) -> None:
    assert verdict(code_of, listed(ROOTS[:2]), ROOTS[0]) == "accept"
    assert verdict(code_of, listed(ROOTS[:2]), ROOTS[2]) == "key.root_mismatch"


def test_a_chain_of_32_certificates_is_the_longest(code_of: CodeOf) -> None:
    full = chain_of(ROOTS[: MAX_ROOTS + 1])
    assert len(full) == MAX_ROOTS == 32
    one_more = seal(
        Kind.ROOT,
        root_certificate_payload(RootCertificate(number=34, key=ROOTS[33].public_key, issued=1_795_000_000)),
        ROOTS[32],
    )
    assert verdict(code_of, listed(ROOTS[:33], roots=(*full, one_more), by=ROOTS[33])) == "profile.field_invalid"


def test_the_longest_chain_leaves_room_for_the_fullest_list_and_is_read_in_no_time() -> None:
    """Measured on two small cores: 6,511 bytes, 4,906 of them certificates; 8 ms at first, 0.3 ms for the next list."""
    keys = tuple(
        IssuingKey(key=ROOTS[n].public_key, not_before=1 << 31, not_after=1 << 33, uses=Use(7), products=None)
        for n in range(16)
    )
    assert {len(each) for each in chain_of(ROOTS[:33])} == {CERTIFICATE_SIZE, CERTIFICATE_SIZE + 1}
    revoked = tuple(bytes([n]) * 8 for n in range(64))
    document = listed(ROOTS[:33], keys=keys, revoked=revoked, root_until=1 << 33)
    assert len(document) < MAX_SIZE // 2, "a license carries it, and still has half of the largest document to itself"
    began = time.perf_counter()
    receive_trust_list(document, ROOTS[0].public_key)
    assert time.perf_counter() - began < 0.25


def broken() -> dict[str, tuple[bytes, ...]]:
    second, third, fourth = chain_of(ROOTS[:4])
    return {
        "a step left out": (second, fourth),
        "the first step left out": (third, fourth),
        "two steps swapped": (third, second, fourth),
        "a step twice": (second, second, third),
        "signed by the key it names": (second, certificate(3, ROOTS[2], ROOTS[2]), fourth),
        "signed by a stranger": (second, certificate(3, ROOTS[2], THIEF), fourth),
        "signed by the root key before the last": (second, certificate(3, ROOTS[2], ROOTS[0]), fourth),
        "a number too high": (second, certificate(4, ROOTS[2], ROOTS[1]), fourth),
        "a circle": (second, certificate(3, ROOTS[0], ROOTS[1]), certificate(4, ROOTS[3], ROOTS[0])),
        "a key twice": (second, certificate(3, ROOTS[1], ROOTS[1]), certificate(4, ROOTS[3], ROOTS[1])),
        "another document": (second, listed(ROOTS[:1]), fourth),
        "no document": (second, b"certificate", fourth),
        "an edited one": (second, third[:-1] + bytes([third[-1] ^ 1]), fourth),
    }


@pytest.mark.parametrize("how", sorted(broken()))
def test_a_chain_with_a_step_that_is_not_right_is_refused(code_of: CodeOf, how: str) -> None:
    expected = {
        "signed by the key it names": "key.root_mismatch",
        "signed by a stranger": "key.root_mismatch",
        "signed by the root key before the last": "key.root_mismatch",
        "another document": "profile.kind",
        "no document": "profile.envelope",
        "an edited one": "signature.invalid",
    }
    found = verdict(code_of, listed(ROOTS[:4], roots=broken()[how]))
    assert found == expected.get(how, "profile.field_invalid")


def test_a_certificate_claims_its_signer_in_vain(code_of: CodeOf) -> None:
    """The key id is a hint: with the right hint and a signature of somebody else, the signature is what counts."""

    class Pretender(SoftwareSigner):
        def sign(self, message: bytes) -> bytes:
            return THIEF.sign(message)

    pretended = certificate(2, ROOTS[1], Pretender(bytes([100]) * 32))
    assert verdict(code_of, listed(ROOTS[:2], roots=(pretended,))) == "signature.invalid"


def test_the_list_must_be_signed_by_the_last_root_key(code_of: CodeOf) -> None:
    for signer in (ROOTS[0], ROOTS[2], THIEF):
        assert verdict(code_of, listed(ROOTS[:2], by=signer)) == "key.root_mismatch"


@pytest.mark.parametrize(("until", "code"), [(1_795_000_001, "accept"), (1_795_000_000, "key.outside_time")])
def test_a_list_dated_after_the_end_of_its_root_key_is_refused(code_of: CodeOf, until: int, code: str) -> None:
    assert verdict(code_of, listed(ROOTS[:2], root_until=until)) == code
