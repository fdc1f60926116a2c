"""Ed25519 as this product accepts it: the pinned accept-set, whatever the library below does."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from offline_activation.errors import Refusal
from offline_activation.formats.keys import (
    PublicKey,
    SoftwareSigner,
    fingerprint,
    key_id,
    public_key,
    signature_is_valid,
)

CodeOf = Callable[[Callable[[], object]], str]

DATA = Path(__file__).parent.parent / "data" / "ed25519"
WYCHEPROOF = json.loads((DATA / "ed25519_test.json").read_text())
LOW_ORDER = json.loads((DATA / "low_order_public_keys.json").read_text())
P = 2**255 - 19


def wycheproof() -> Iterator[tuple[int, bytes, bytes, bytes, bool]]:
    for group in WYCHEPROOF["testGroups"]:
        for test in group["tests"]:
            fields = (group["publicKey"]["pk"], test["msg"], test["sig"])
            key, message, signature = map(bytes.fromhex, fields)
            yield test["tcId"], key, message, signature, test["result"] == "valid"


def accepted(raw: bytes, message: bytes, signature: bytes) -> bool:
    try:
        key = public_key(raw)
    except Refusal:
        return False
    return signature_is_valid(key, signature, message)


def test_the_accept_set_is_exactly_what_wycheproof_calls_valid() -> None:
    vectors = list(wycheproof())
    assert len(vectors) == WYCHEPROOF["numberOfTests"] == 151
    wrong = [number for number, key, message, signature, valid in vectors if accepted(key, message, signature) != valid]
    assert wrong == []
    raw = [number for number, k, m, s, valid in vectors if signature_is_valid(PublicKey(k), s, m) != valid]
    assert raw == []


@pytest.mark.parametrize("encoded", LOW_ORDER)
def test_a_key_of_low_order_is_refused(code_of: CodeOf, encoded: str) -> None:
    assert code_of(lambda: public_key(bytes.fromhex(encoded))) == "key.weak"


@pytest.mark.parametrize("y", [P, P + 1, P + 2, P + 18, 2**255 - 1])
@pytest.mark.parametrize("sign", [0, 1])
def test_an_encoding_that_is_not_reduced_is_refused(code_of: CodeOf, y: int, sign: int) -> None:
    assert code_of(lambda: public_key((y | sign << 255).to_bytes(32, "little"))) == "key.weak"


@pytest.mark.parametrize("size", [0, 1, 31, 33, 44, 64])
def test_a_key_has_32_bytes(code_of: CodeOf, size: int) -> None:
    assert code_of(lambda: public_key(bytes([7]) * size)) == "key.weak"


def test_a_point_that_is_not_on_the_curve_verifies_nothing() -> None:
    key = public_key(bytes([2]) + bytes(31))
    assert not signature_is_valid(key, bytes(64), b"message")


def test_a_small_order_key_that_slipped_in_would_verify_and_that_is_why_it_is_refused() -> None:
    """The identity point accepts R = identity, S = 0 for every message: this is the attack the check prevents."""
    identity = (1).to_bytes(32, "little")
    forged = identity + bytes(32)
    assert not accepted(identity, b"any message", forged)


def test_a_signature_has_one_form_only() -> None:
    signer = SoftwareSigner(bytes(range(32)))
    signature = signer.sign(b"message")
    assert signature_is_valid(signer.public_key, signature, b"message")
    order = 2**252 + 27742317777372353535851937790883648493
    scalar = int.from_bytes(signature[32:], "little") + order
    malleable = signature[:32] + scalar.to_bytes(32, "little")
    assert not signature_is_valid(signer.public_key, malleable, b"message")
    for size in (0, 63, 65):
        assert not signature_is_valid(signer.public_key, (signature + b"\0")[:size], b"message")


def test_every_bit_of_a_signature_counts() -> None:
    signer = SoftwareSigner(bytes(range(32)))
    signature = signer.sign(b"message")
    for bit in range(512):
        flipped = bytearray(signature)
        flipped[bit // 8] ^= 1 << bit % 8
        assert not signature_is_valid(signer.public_key, bytes(flipped), b"message")


def test_a_key_id_is_the_beginning_of_its_hash_and_the_fingerprint_its_figures() -> None:
    key = SoftwareSigner(bytes([1]) * 32).public_key
    assert key.hex() == "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c"
    assert key_id(key).hex() == "34750f98bd59fcfc"
    assert fingerprint(key) == "3475 0f98 bd59 fcfc"
