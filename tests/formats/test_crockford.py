"""Base32 for people, and the two check characters behind license numbers and armored lines."""

import base64
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_activation.formats.crockford import ALPHABET, check_symbols, decode, encode, fold, symbols

CodeOf = Callable[[Callable[[], object]], str]

RFC_4648 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@given(st.binary(max_size=120))
def test_bytes_come_back_and_only_the_alphabet_differs_from_rfc_4648(data: bytes) -> None:
    text = encode(data)
    assert decode(text) == data
    standard = base64.b32encode(data).decode().rstrip("=")
    assert text == standard.translate(str.maketrans(RFC_4648, ALPHABET))


def test_case_and_look_alikes_do_not_matter() -> None:
    assert fold("oOiIlLabcxyz") == "001111ABCXYZ"
    assert decode(fold("oOIlOo0o")) == decode("00110000")
    assert not set("ILOU") & set(ALPHABET)


@pytest.mark.parametrize("text", ["U", "0", "000", "01", "0000000Z!", "é0", "00 0", "0a", "٠٠", "ZZ"])  # noqa: RUF001
def test_text_that_is_no_base32_is_refused(code_of: CodeOf, text: str) -> None:
    assert code_of(lambda: decode(text)) == "encoding.not_deterministic"


@given(st.text(max_size=20))
def test_random_text_is_read_or_refused(code_of: CodeOf, text: str) -> None:
    assert code_of(lambda: decode(fold(text))) in {"accept", "encoding.not_deterministic"}


def test_the_check_is_crc_10_atm() -> None:
    """Its check value, over the ASCII figures 1 to 9 (72 bits, here with three zero bits before), is 0x199."""
    bits = "000" + "".join(f"{byte:08b}" for byte in b"123456789")
    values = [int(bits[at : at + 5], 2) for at in range(0, 75, 5)]
    assert check_symbols(values) == ALPHABET[0x199 >> 5] + ALPHABET[0x199 & 31]


def test_the_position_is_part_of_the_check() -> None:
    row = symbols("0123456789ABCDEFGHJK")
    assert row is not None
    assert len({check_symbols(row, position=number) for number in range(1, 657)}) == 656
