"""The product file: the one thing a vendor ships."""

from collections.abc import Callable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offline_activation.formats.cbor import MAX_INTEGER
from offline_activation.formats.envelope import open_envelope
from offline_activation.formats.keys import Signer, SoftwareSigner
from offline_activation.formats.names import ProductId
from offline_activation.formats.product import (
    LimitRule,
    OptionRule,
    ProductDocument,
    product_payload,
    receive_product,
    seal_product,
)

CodeOf = Callable[[Callable[[], object]], str]
Altered = Callable[[bytes, Mapping[int | str, object], Signer], bytes]

ROOT = SoftwareSigner(bytes([1]) * 32)
PRINTABLE = st.characters(codec="utf-8", exclude_categories=("C", "Z"), include_characters=" ")
NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,31}", fullmatch=True)
COUNTS = st.integers(0, MAX_INTEGER)
DAYS = st.integers(0, 36_600)


def texts(limit: int, *, least: int = 1) -> st.SearchStrategy[str]:
    return st.text(PRINTABLE, min_size=least, max_size=limit)


PRODUCTS = st.builds(
    ProductDocument,
    product=NAMES.map(ProductId),
    name=texts(80),
    vendor=texts(80),
    root=st.just(ROOT.public_key),
    trust=st.binary(max_size=300),
    limits=st.dictionaries(NAMES, st.builds(LimitRule, label=texts(60), demo=COUNTS), max_size=4),
    options=st.dictionaries(NAMES, st.builds(OptionRule, label=texts(60), demo=st.booleans()), max_size=4),
    demo_days=DAYS,
    lease_days=DAYS,
    grace_days=DAYS,
    warn_days=st.sets(st.integers(1, 36_600), max_size=8).map(lambda days: tuple(sorted(days, reverse=True))),
    support_email=texts(100, least=0),
    server=texts(200, least=0),
    issued=COUNTS,
    extensions=st.sampled_from([(), ((64, "note"),)]),
)


@given(PRODUCTS)
@settings(max_examples=50)
def test_every_product_file_comes_back_and_encodes_to_the_same_bytes(product: ProductDocument) -> None:
    document = seal_product(product, ROOT)
    assert receive_product(document) == product
    assert product_payload(receive_product(document)) == open_envelope(document).payload


INVALID: list[tuple[int, str, list[object]]] = [
    (1, "profile.version", [..., 0]),
    (1, "profile.newer", [2]),
    *[(key, "profile.field_missing", [...]) for key in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16)],
    (2, "profile.field_invalid", ["", "A", 1]),
    (3, "profile.field_invalid", ["", "x" * 81, b"x"]),
    (4, "profile.field_invalid", ["", "x" * 81]),
    (5, "profile.field_invalid", [bytes(31), None]),
    (5, "key.weak", [bytes(32), b"\xff" * 32]),
    (5, "signature.invalid", [bytes(SoftwareSigner(bytes([7]) * 32).public_key)]),
    (6, "profile.field_invalid", [-1]),
    (7, "profile.field_invalid", [(), {"a": 1}, {"a": ("A",)}, {"a": ("A", -1)}, {"a": ("A", True)}, {"a": ("", 1)}]),
    (7, "profile.field_invalid", [{"A": ("A", 1)}, {1: ("A", 1)}, {"a": ("x" * 61, 1)}, {"a": (1, 1)}]),
    (7, "profile.field_invalid", [{f"n{n}": ("A", 0) for n in range(17)}]),
    (7, "accept", [{}]),
    (8, "profile.field_invalid", [(), {"a": ("A", 1)}, {"a": ("", True)}, {"a": True}, {"A": ("A", True)}]),
    (8, "profile.field_invalid", [{f"n{n}": ("A", True) for n in range(33)}]),
    (8, "accept", [{}]),
    *[(key, "profile.field_invalid", [-1, 36_601, True, None]) for key in (9, 10, 11)],
    (
        12,
        "profile.field_invalid",
        [(0,), (-1,), (1, 2), (2, 2), (True,), ("1",), (36_601,), tuple(range(20, 3, -1)), 1],
    ),
    (12, "accept", [(), (1,)]),
    (13, "profile.field_invalid", ["x" * 101, "a\nb", None]),
    (13, "accept", [""]),
    (14, "profile.field_invalid", ["x" * 201, "a\0b", 1]),
    (14, "accept", [""]),
    (15, "profile.newer", [0]),
    (16, "profile.field_invalid", ["text"]),
]
CASES = [(key, code, item) for key, code, items in INVALID for item in items]


@pytest.mark.parametrize(("key", "code", "item"), CASES, ids=[f"{k}-{str(item)[:20]!r}" for k, _, item in CASES])
def test_each_field_is_held_to_its_rule(
    code_of: CodeOf, altered: Altered, product_document: bytes, key: int, code: str, item: object
) -> None:
    document = altered(product_document, {key: item}, ROOT)
    assert code_of(lambda: receive_product(document)) == code


def test_another_document_is_no_product_file(code_of: CodeOf, trust_document: bytes) -> None:
    assert code_of(lambda: receive_product(trust_document)) == "profile.kind"
