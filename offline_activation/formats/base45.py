"""Base45 (RFC 9285): bytes in the alphanumeric alphabet of QR codes.  It lives only inside QR codes."""

from typing import Final

from offline_activation.errors import Refusal

ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUE: Final = {symbol: number for number, symbol in enumerate(ALPHABET)}


def encode(data: bytes) -> str:
    """Return ``data`` in Base45: three characters for two bytes, two for a last single byte."""
    out = []
    for at in range(0, len(data) - 1, 2):
        high, low = divmod(data[at] << 8 | data[at + 1], 45)
        middle = high % 45
        out.append(ALPHABET[low] + ALPHABET[middle] + ALPHABET[high // 45])
    if len(data) % 2:
        high, low = divmod(data[-1], 45)
        out.append(ALPHABET[low] + ALPHABET[high])
    return "".join(out)


def decode(text: str) -> bytes:
    """Return the bytes of ``text``; raises :class:`Refusal` ``armor.qr_text_damaged`` for anything not valid Base45."""
    values = [_VALUE.get(character, -1) for character in text]
    if -1 in values or len(values) % 3 == 1:
        raise Refusal("armor.qr_text_damaged")
    out = bytearray()
    for at in range(0, len(values), 3):
        triple = values[at : at + 3]
        number = sum(item * 45**place for place, item in enumerate(triple))
        size = len(triple) - 1
        if number >= 1 << 8 * size:
            raise Refusal("armor.qr_text_damaged")
        out += number.to_bytes(size, "big")
    return bytes(out)
