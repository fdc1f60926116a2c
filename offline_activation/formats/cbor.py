"""Deterministic CBOR, exactly the profile of our documents (RFC 8949 section 4.2.1).

Allowed: integers within 2**53, byte strings, UTF-8 text, arrays, maps with integer or text keys, booleans, null.  Not
allowed: floats, tags, undefined, indefinite lengths, duplicate keys, keys out of order, integers or lengths longer than
needed, trailing bytes, more than ``MAX_DEPTH`` levels, more than ``MAX_SIZE`` bytes.

Exactly one encoding of each value is valid, so every accepted document re-encodes to the same bytes; nobody can make a
second file that means the same.  General decoders accept what must be refused here, so they are our test oracles.
"""

from typing import Final, TypeAlias

from offline_activation.errors import Refusal

Value: TypeAlias = "int | bool | bytes | str | tuple[Value, ...] | dict[int | str, Value] | None"
"""What a document may hold; arrays are tuples.  A string, because evaluating it costs each start 1.7 ms."""

Map: TypeAlias = "dict[int | str, Value]"

MAX_SIZE: Final = 16 * 1024
MAX_DEPTH: Final = 8
MAX_INTEGER: Final = 2**53 - 1
"""Every JSON reader holds integers up to here without loss."""

_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = range(8)
_FALSE, _TRUE, _NULL = 20, 21, 22
_SHORTEST: Final = {24: 24, 25: 1 << 8, 26: 1 << 16, 27: 1 << 32}
"""Additional information -> smallest argument that may need it."""


def encode(value: Value) -> bytes:
    """Return the one valid encoding of ``value``.

    Raises ``TypeError`` or ``ValueError`` for a value outside the profile: that is a mistake of the calling code.
    """
    encoded = _encode(value, MAX_DEPTH)
    if len(encoded) > MAX_SIZE:
        message = f"encodes to {len(encoded)} bytes, more than {MAX_SIZE}"
        raise ValueError(message)
    return encoded


def decode(data: bytes) -> Value:
    """Return the value that ``data`` encodes.

    Raises :class:`Refusal` with an ``encoding.*`` or ``limit.*`` code for everything but the one valid encoding.
    """
    if len(data) > MAX_SIZE:
        raise Refusal("limit.too_large", source="the document", limit="16 KiB")
    value, end = _decode(data, 0, MAX_DEPTH)
    if end != len(data):
        raise Refusal("encoding.trailing", count=len(data) - end)
    return value


def _encode(value: Value, depth: int) -> bytes:  # noqa: PLR0911 - one return for each type of the profile
    if value is None:
        return bytes([_SIMPLE << 5 | _NULL])
    if isinstance(value, bool):  # before int: True is an int in Python, not in CBOR
        return bytes([_SIMPLE << 5 | (_TRUE if value else _FALSE)])
    if isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            message = f"{value} is outside 2**53"
            raise ValueError(message)
        return _head(_UNSIGNED, value) if value >= 0 else _head(_NEGATIVE, -1 - value)
    if isinstance(value, bytes):
        return _head(_BYTES, len(value)) + value
    if isinstance(value, str):
        raw = value.encode()
        return _head(_TEXT, len(raw)) + raw
    if depth == 0:
        message = f"nested deeper than {MAX_DEPTH}"
        raise ValueError(message)
    if isinstance(value, tuple):
        return _head(_ARRAY, len(value)) + b"".join([_encode(item, depth - 1) for item in value])
    return _encode_map(value, depth)


def _encode_map(value: Map, depth: int) -> bytes:
    if any(isinstance(key, bool) or not isinstance(key, int | str) for key in value):
        message = "map keys are integers or text"
        raise TypeError(message)
    items = dict.items(value)  # a list or a float that got here raises TypeError, as promised
    pairs = sorted([(_encode(key, 0), _encode(item, depth - 1)) for key, item in items])
    return _head(_MAP, len(pairs)) + b"".join([key + item for key, item in pairs])


def _head(major: int, argument: int) -> bytes:
    if argument < 24:  # noqa: PLR2004 - RFC 8949 section 3
        return bytes([major << 5 | argument])
    size = 1 if argument < 1 << 8 else 2 if argument < 1 << 16 else 4 if argument < 1 << 32 else 8
    return bytes([major << 5 | 23 + size.bit_length()]) + argument.to_bytes(size, "big")


def _decode(data: bytes, at: int, depth: int) -> tuple[Value, int]:  # noqa: PLR0911 - one for each type, as above
    major, argument, at = _read_head(data, at)
    if major == _UNSIGNED:
        return _within(argument), at
    if major == _NEGATIVE:
        return -_within(argument + 1), at
    if major == _BYTES:
        return _read_bytes(data, at, argument)
    if major == _TEXT:
        return _read_text(data, at, argument)
    if major in {_ARRAY, _MAP}:
        if depth == 0:
            raise Refusal("limit.depth", limit=MAX_DEPTH)
        return _read_map(data, at, argument, depth) if major == _MAP else _read_array(data, at, argument, depth)
    if major == _TAG:
        raise Refusal("encoding.unsupported", what="a tag")
    if argument in {_FALSE, _TRUE}:
        return argument == _TRUE, at
    if argument == _NULL:
        return None, at
    raise Refusal("encoding.unsupported", what="a simple value")


def _read_head(data: bytes, at: int) -> tuple[int, int, int]:
    """Return (major type, argument, next position); refuse every longer-than-needed head."""
    if at >= len(data):
        raise Refusal("encoding.truncated")
    major, info = data[at] >> 5, data[at] & 31
    at += 1
    if info < 24:  # noqa: PLR2004 - RFC 8949 section 3
        return major, info, at
    if major == _SIMPLE:
        raise Refusal("encoding.unsupported", what="a floating-point number or simple value")
    if info not in _SHORTEST:
        raise Refusal("encoding.not_deterministic", what="indefinite or reserved length")
    size = 1 << info - 24
    if at + size > len(data):
        raise Refusal("encoding.truncated")
    argument = int.from_bytes(data[at : at + size], "big")
    if argument < _SHORTEST[info]:
        raise Refusal("encoding.not_deterministic", what="a number longer than needed")
    return major, argument, at + size


def _within(magnitude: int) -> int:
    if magnitude > MAX_INTEGER:
        raise Refusal("encoding.unsupported", what="an integer outside 2^53")
    return magnitude


def _read_bytes(data: bytes, at: int, length: int) -> tuple[bytes, int]:
    end = at + length
    if end > len(data):
        raise Refusal("encoding.truncated")
    return data[at:end], end


def _read_text(data: bytes, at: int, length: int) -> tuple[str, int]:
    raw, end = _read_bytes(data, at, length)
    try:
        return raw.decode(), end
    except UnicodeDecodeError:
        raise Refusal("encoding.text") from None


def _read_array(data: bytes, at: int, count: int, depth: int) -> tuple[Value, int]:
    if count > len(data) - at:  # each item takes a byte: refuse before looping
        raise Refusal("encoding.truncated")
    items: list[Value] = []
    for _ in range(count):
        item, at = _decode(data, at, depth - 1)
        items.append(item)
    return tuple(items), at


def _read_key(data: bytes, at: int) -> tuple[int | str, int]:
    """Read a map key by its own rule: ``true`` is no key, though 1 and ``True`` are one key to Python."""
    major, argument, at = _read_head(data, at)
    if major == _UNSIGNED:
        return _within(argument), at
    if major == _NEGATIVE:
        return -_within(argument + 1), at
    if major == _TEXT:
        return _read_text(data, at, argument)
    raise Refusal("encoding.unsupported", what="a map key that is neither number nor text")


def _read_map(data: bytes, at: int, count: int, depth: int) -> tuple[Value, int]:
    if 2 * count > len(data) - at:
        raise Refusal("encoding.truncated")
    pairs: Map = {}
    previous = b""
    for _ in range(count):
        start = at
        key, at = _read_key(data, at)
        if key in pairs:
            raise Refusal("encoding.duplicate_key")
        encoded = data[start:at]
        if encoded < previous:
            raise Refusal("encoding.not_deterministic", what="keys out of order")
        previous = encoded
        pairs[key], at = _decode(data, at, depth - 1)
    return pairs, at
