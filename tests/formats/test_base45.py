"""Base45 as in RFC 9285, strictly."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_activation.formats.base45 import ALPHABET, decode, encode

CodeOf = Callable[[Callable[[], object]], str]

VECTORS = json.loads((Path(__file__).parent.parent / "data" / "base45" / "base45.json").read_text())


@pytest.mark.parametrize(("plain", "text"), VECTORS["good"])
def test_good_vectors_both_ways(plain: str, text: str) -> None:
    assert encode(bytes.fromhex(plain)) == text
    assert decode(text) == bytes.fromhex(plain)


@pytest.mark.parametrize("text", [*VECTORS["bad"], "QED8WEX0\n", "qed8wex0", "BB8\u00a0", "AAé", "٠٠٠"])  # noqa: RUF001
def test_bad_vectors_are_refused(code_of: CodeOf, text: str) -> None:
    assert code_of(lambda: decode(text)) == "armor.qr_text_damaged"


@given(st.binary(max_size=700))
def test_bytes_come_back_in_the_alphabet_of_qr_codes(data: bytes) -> None:
    text = encode(data)
    assert decode(text) == data
    assert set(text) <= set(ALPHABET)
    assert len(text) == len(data) // 2 * 3 + len(data) % 2 * 2


@given(st.text(ALPHABET, max_size=30))
def test_text_of_the_alphabet_has_one_meaning_or_none(code_of: CodeOf, text: str) -> None:
    if code_of(lambda: decode(text)) == "accept":
        assert encode(decode(text)) == text
