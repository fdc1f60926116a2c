"""The trust list: numbered, signed by the root, each key with its bounds."""

from collections.abc import Callable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offline_activation.formats.cbor import MAX_INTEGER
from offline_activation.formats.envelope import open_envelope
from offline_activation.formats.keys import KeyId, PublicKey, Signer, SoftwareSigner
from offline_activation.formats.names import ProductId
from offline_activation.formats.root_certificate import RootCertificate, seal_root_certificate
from offline_activation.formats.trust_list import (
    IssuingKey,
    TrustList,
    Use,
    receive_trust_list,
    seal_trust_list,
    trust_list_payload,
)
from offline_activation.formats.value import changed

CodeOf = Callable[[Callable[[], object]], str]
Altered = Callable[[bytes, Mapping[int | str, object], Signer], bytes]

ROOT = SoftwareSigner(bytes([1]) * 32)
KEYS = [SoftwareSigner(bytes([number]) * 32).public_key for number in range(3, 9)]
PRINTABLE = st.characters(codec="utf-8", exclude_categories=("C", "Z"), include_characters=" ")
NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,31}", fullmatch=True).map(ProductId)
TIMES = st.lists(st.integers(0, MAX_INTEGER), min_size=2, max_size=2, unique=True).map(sorted)
ISSUING_KEYS = st.builds(
    lambda key, times, uses, products: IssuingKey(
        key=key, not_before=times[0], not_after=times[1], uses=Use(uses), products=products
    ),
    st.sampled_from(KEYS),
    TIMES,
    st.integers(0, 255),
    st.none() | st.lists(NAMES, max_size=4).map(tuple),
)
TRUST_LISTS = st.builds(
    TrustList,
    number=st.integers(1, MAX_INTEGER),
    vendor=st.text(PRINTABLE, min_size=1, max_size=80),
    issued=st.integers(0, MAX_INTEGER),
    keys=st.lists(ISSUING_KEYS, max_size=6).map(tuple),
    revoked=st.lists(st.binary(min_size=8, max_size=8).map(KeyId), max_size=6).map(tuple),
    extensions=st.sampled_from([(), ((64, "note"),)]),
)


@given(TRUST_LISTS)
@settings(max_examples=60)
def test_every_trust_list_comes_back_and_encodes_to_the_same_bytes(trust: TrustList) -> None:
    document = seal_trust_list(trust, ROOT)
    received = receive_trust_list(document, ROOT.public_key)
    assert received == trust
    assert trust_list_payload(received) == open_envelope(document).payload


def entry(*changes: tuple[int, object]) -> tuple[object, ...]:
    parts: list[object] = [bytes(KEYS[0]), 0, 1, 3, None]
    for at, item in changes:
        parts[at] = item
    return tuple(parts)


INVALID: list[tuple[int, str, list[object]]] = [
    (1, "profile.version", [..., 0]),
    (1, "profile.newer", [2]),
    *[(key, "profile.field_missing", [...]) for key in (2, 3, 4, 5)],
    (2, "profile.field_invalid", [0, -1, True, "3"]),
    (3, "profile.field_invalid", ["", "x" * 81, "a\u200bb", 1]),
    (4, "profile.field_invalid", [-1, None]),
    (5, "profile.field_invalid", [{}, (1,), ((),), (entry()[:4],), ((*entry(), 0),), (entry(),) * 17, None]),
    (5, "profile.field_invalid", [(entry((0, "k" * 32)),), (entry((0, None)),)]),
    (5, "key.weak", [(entry((0, bytes(32))),), (entry((0, b"\xff" * 32)),), (entry((0, bytes(31))),)]),
    (5, "profile.field_invalid", [(entry((1, 1)),), (entry((1, 2)),), (entry((1, -1)),), (entry((1, True)),)]),
    (5, "profile.field_invalid", [(entry((2, "1")),), (entry((3, -1)),), (entry((3, True)),), (entry((3, None)),)]),
    (5, "profile.field_invalid", [(entry((4, "a")),), (entry((4, ("A",))),), (entry((4, (1,))),), (entry((4, 0)),)]),
    (5, "profile.field_invalid", [(entry((4, ("a",) * 17)),)]),
    (5, "accept", [(), (entry(),), (entry((3, 0)),), (entry((3, 255)),), (entry((4, ())),), (entry((4, ("a", "b"))),)]),
    (6, "profile.field_invalid", [(), (bytes(7),), ("12345678",), (bytes(8),) * 65, {}, None]),
    (6, "accept", [(bytes(8),) * 64]),
    (7, "profile.field_invalid", [(), ("x",), (None,), {}, b"", None, (b"x",) * 33]),
    (7, "profile.envelope", [(b"\0",)]),
    (8, "profile.field_invalid", [-1, None, True, "never"]),
    (8, "key.outside_time", [0, 1_795_498_206 - 86_400]),
    (8, "accept", [1_795_498_206 - 86_399, MAX_INTEGER]),
    (9, "profile.newer", [bytes(32)]),
    (64, "accept", [0]),
]
CASES = [(key, code, item) for key, code, items in INVALID for item in items]


@pytest.mark.parametrize(("key", "code", "item"), CASES)
def test_each_field_is_held_to_its_rule(
    code_of: CodeOf, altered: Altered, trust_document: bytes, key: int, code: str, item: object
) -> None:
    document = altered(trust_document, {key: item}, ROOT)
    assert code_of(lambda: receive_trust_list(document, ROOT.public_key)) == code


def test_only_the_pinned_root_counts(code_of: CodeOf, trust_content: TrustList, trust_document: bytes) -> None:
    stranger = SoftwareSigner(bytes([9]) * 32)
    own_root = seal_trust_list(trust_content, stranger)
    assert code_of(lambda: receive_trust_list(own_root, ROOT.public_key)) == "key.root_mismatch"
    assert code_of(lambda: receive_trust_list(trust_document, PublicKey(KEYS[0]))) == "key.root_mismatch"


def test_a_list_that_claims_the_root_but_was_changed_is_refused_by_its_signature(
    code_of: CodeOf, trust_document: bytes
) -> None:
    edited = trust_document.replace(b"Inception", b"inception")
    assert code_of(lambda: receive_trust_list(edited, ROOT.public_key)) == "signature.invalid"


def test_another_document_is_no_trust_list(code_of: CodeOf, product_document: bytes) -> None:
    assert code_of(lambda: receive_trust_list(product_document, ROOT.public_key)) == "profile.kind"


def led(content: TrustList, roots: tuple[bytes, ...], signer: SoftwareSigner, pinned: SoftwareSigner) -> TrustList:
    return receive_trust_list(seal_trust_list(changed(content, roots=roots), signer), pinned.public_key)


@pytest.mark.parametrize("count", [1, 2, 31, 32])
def test_a_list_leads_from_every_root_key_to_the_one_that_signed_it(
    trust_content: TrustList,
    certificates: tuple[bytes, ...],
    later_roots: tuple[SoftwareSigner, ...],
    count: int,
) -> None:
    roots, keys = certificates[:count], (ROOT, *later_roots)
    for pinned in keys[: count + 1]:
        found = led(trust_content, roots, keys[count], pinned)
        assert found.roots == roots
        assert trust_list_payload(found) == trust_list_payload(changed(trust_content, roots=roots))


def test_a_chain_that_breaks_leads_nowhere(
    code_of: CodeOf,
    trust_content: TrustList,
    certificates: tuple[bytes, ...],
    later_roots: tuple[SoftwareSigner, ...],
) -> None:
    second, third, stranger = later_roots[0], later_roots[1], SoftwareSigner(bytes([9]) * 32)
    forged = seal_root_certificate(RootCertificate(number=2, key=third.public_key, issued=0), stranger)
    damaged = certificates[0][:-1] + bytes([certificates[0][-1] ^ 1])
    too_many = (*certificates, seal_root_certificate(RootCertificate(number=33, key=second.public_key, issued=0), ROOT))
    for roots, signer, pinned, code in (
        ((certificates[1],), third, ROOT, "profile.field_invalid"),
        (certificates[1::-1], third, ROOT, "profile.field_invalid"),
        ((certificates[0], certificates[0]), second, ROOT, "profile.field_invalid"),
        (too_many, second, ROOT, "profile.field_invalid"),
        ((forged,), third, ROOT, "key.root_mismatch"),
        ((damaged,), second, ROOT, "signature.invalid"),
        (certificates[:1], ROOT, ROOT, "key.root_mismatch"),
        (certificates[:2], second, ROOT, "key.root_mismatch"),
        (certificates[:1], second, stranger, "key.root_mismatch"),
        ((), second, ROOT, "key.root_mismatch"),
    ):
        assert code_of(lambda r=roots, s=signer, p=pinned: led(trust_content, r, s, p)) == code
