"""Crockford's Base32: the alphabet without I, L, O and U, read without care for case or for look-alikes.

Sixteen letters and figures of five bits each survive handwriting, telephone, mail programs and upper/lower case.
"""

from typing import Final

from offline_activation.errors import Refusal

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_FOLDED: Final = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ") | str.maketrans(
    "iIlLoO", "111100"
)
_VALUE: Final = {symbol: number for number, symbol in enumerate(ALPHABET)}


def fold(text: str) -> str:
    """Return ``text`` in upper case with O read as 0 and I, L read as 1; other characters stay."""
    return text.translate(_FOLDED)


def symbols(text: str) -> list[int] | None:
    """Return the five-bit value of each character of folded ``text``, or ``None`` when one is not in the alphabet."""
    found = [_VALUE.get(character, -1) for character in text]
    return None if -1 in found else found


def encode(data: bytes) -> str:
    """Return ``data`` in Base32 without padding; the last character is filled with zero bits."""
    count = -(-len(data) * 8 // 5)
    number = int.from_bytes(data, "big") << count * 5 - len(data) * 8
    return "".join(ALPHABET[number >> 5 * place & 31] for place in range(count - 1, -1, -1))


def decode(text: str) -> bytes:
    """Return the bytes of folded ``text``.

    Raises :class:`Refusal` ``encoding.not_deterministic`` for characters outside the alphabet, an impossible length
    or fill bits that are not zero.
    """
    values = symbols(text)
    size = len(text) * 5 // 8
    fill = len(text) * 5 - size * 8
    if values is None or fill >= 5:  # noqa: PLR2004 - a whole unused character
        raise Refusal("encoding.not_deterministic", what="Base32 text")
    number = 0
    for item in values:
        number = number << 5 | item
    if number & (1 << fill) - 1:
        raise Refusal("encoding.not_deterministic", what="Base32 text")
    return (number >> fill).to_bytes(size, "big")


def check_symbols(values: list[int], *, position: int = 0) -> str:
    """Return two check characters over five-bit ``values`` and a ``position`` (line number): CRC-10/ATM.

    The polynomial x^10+x^9+x^5+x^4+x+1 finds every error burst of up to 10 bits: each single wrong character and each
    pair of neighbours that changed places.
    """
    crc = 0
    for item in (position >> 5 & 31, position & 31, *values):
        crc ^= item << 5
        for _ in range(5):
            crc = (crc << 1 ^ (0x233 if crc & 0x200 else 0)) & 0x3FF
    return ALPHABET[crc >> 5] + ALPHABET[crc & 31]
