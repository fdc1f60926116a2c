"""Deterministic CBOR, exactly the profile of our documents (RFC 8949 section 4.2.1).

Allowed: integers within 2**53, byte strings, UTF-8 text, arrays, maps with integer or text keys, booleans, null.  Not
allowed: floats, tags, undefined, indefinite lengths, duplicate keys, keys out of order, integers or lengths longer than
needed, trailing bytes, more than ``MAX_DEPTH`` levels, more than ``MAX_SIZE`` bytes.

Exactly one encoding of each value is valid, so every accepted document re-encodes to the same bytes; nobody can make a
second file that means the same.  General decoders accept what must be refused here, so they are our test oracles.
"""

from collections.abc import Callable
from typing import Final, NoReturn, TypeAlias

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
_ONE_BYTE: Final = tuple(bytes([first]) for first in range(256))
_SHORT_TEXT: Final = _TEXT << 5
_LONG: Final = 24
"""Arguments below this one sit in the first byte (RFC 8949 section 3)."""


def encode(value: Value) -> bytes:
    """Return the one valid encoding of ``value``.

    Raises ``TypeError`` or ``ValueError`` for a value outside the profile: that is a mistake of the calling code.
    """
    out: list[bytes] = []
    _encode(value, out.append, MAX_DEPTH)
    encoded = b"".join(out)
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
    try:
        value, end = _decode(data, 0, MAX_DEPTH)
    except IndexError:
        raise Refusal("encoding.truncated") from None
    except UnicodeDecodeError:
        raise Refusal("encoding.text") from None
    if end != len(data):
        raise Refusal("encoding.trailing", count=len(data) - end)
    return value


def head(major: int, argument: int) -> bytes:
    """Return the shortest head of an item: its major type (0 to 7) and argument (below 2**64)."""
    if argument < _LONG:
        return _ONE_BYTE[major << 5 | argument]
    if argument < 1 << 8:
        return bytes((major << 5 | 24, argument))
    size = 2 if argument < 1 << 16 else 4 if argument < 1 << 32 else 8
    return bytes((major << 5 | 23 + size.bit_length(),)) + argument.to_bytes(size, "big")


def byte_string(data: bytes) -> bytes:
    """Return the encoding of one byte string."""
    return head(_BYTES, len(data)) + data


def _encode(value: Value, put: Callable[[bytes], None], depth: int) -> None:
    if isinstance(value, str):
        raw = value.encode()
        put(head(_TEXT, len(raw)))
        put(raw)
    elif isinstance(value, bytes):
        put(head(_BYTES, len(value)))
        put(value)
    elif isinstance(value, bool):  # before int: True is an int in Python, not in CBOR
        put(_ONE_BYTE[_SIMPLE << 5 | (_TRUE if value else _FALSE)])
    elif isinstance(value, int):
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            message = f"{value} is outside 2**53"
            raise ValueError(message)
        put(head(_UNSIGNED, value) if value >= 0 else head(_NEGATIVE, -1 - value))
    elif value is None:
        put(_ONE_BYTE[_SIMPLE << 5 | _NULL])
    elif depth == 0:
        message = f"nested deeper than {MAX_DEPTH}"
        raise ValueError(message)
    elif isinstance(value, tuple):
        put(head(_ARRAY, len(value)))
        for item in value:
            _encode(item, put, depth - 1)
    else:
        _encode_map(value, put, depth - 1)


def _encode_map(value: Map, put: Callable[[bytes], None], depth: int) -> None:
    if not hasattr(value, "keys"):  # a list, a float: types say it cannot be, callers may not check types
        message = f"{type(value).__name__} is outside the profile"
        raise TypeError(message)
    put(head(_MAP, len(value)))
    for encoded, key in sorted(
        [(_ONE_BYTE[key] if type(key) is int and 0 <= key < _LONG else _encoded_key(key), key) for key in value]
    ):
        put(encoded)
        item = value[key]
        if type(item) is str:  # most of a document; a call less for each field
            raw = item.encode()
            put(_ONE_BYTE[_SHORT_TEXT | len(raw)] if len(raw) < _LONG else head(_TEXT, len(raw)))
            put(raw)
        else:
            _encode(item, put, depth)


def _encoded_key(key: int | str) -> bytes:
    if isinstance(key, bool) or not isinstance(key, int | str):
        message = "map keys are integers or text"
        raise TypeError(message)
    out: list[bytes] = []
    _encode(key, out.append, 0)
    return b"".join(out)


def _decode(data: bytes, at: int, depth: int) -> tuple[Value, int]:
    """Return one item and the position behind it; an ``IndexError`` means that the data ended too early."""
    first = data[at]
    major, argument, at = first >> 5, first & 31, at + 1
    if argument >= _LONG:
        argument, at = _read_long(data, at, major, argument)
    if major in (_TEXT, _BYTES):
        end = at + argument
        if end > len(data):
            raise Refusal("encoding.truncated")
        return data[at:end].decode() if major == _TEXT else data[at:end], end
    if major == _UNSIGNED:
        return argument if argument <= MAX_INTEGER else _refuse_integer(), at
    if major in (_MAP, _ARRAY):
        if depth == 0:
            raise Refusal("limit.depth", limit=MAX_DEPTH)
        return _read_map(data, at, argument, depth - 1) if major == _MAP else _read_array(data, at, argument, depth - 1)
    if major == _NEGATIVE:
        return -1 - argument if argument < MAX_INTEGER else _refuse_integer(), at
    return _simple(major, argument), at


def _read_long(data: bytes, at: int, major: int, info: int) -> tuple[int, int]:
    """Return the argument that follows the first byte, and the next position; refuse one longer than needed."""
    if major == _SIMPLE:
        raise Refusal("encoding.unsupported", what="a floating-point number or simple value")
    if info not in _SHORTEST:
        raise Refusal("encoding.not_deterministic", what="indefinite or reserved length")
    end = at + (1 << info - _LONG)
    if end > len(data):
        raise Refusal("encoding.truncated")
    argument = int.from_bytes(data[at:end], "big")
    if argument < _SHORTEST[info]:
        raise Refusal("encoding.not_deterministic", what="a number longer than needed")
    return argument, end


def _refuse_integer() -> NoReturn:
    raise Refusal("encoding.unsupported", what="an integer outside 2^53")


def _simple(major: int, argument: int) -> bool | None:
    if major == _TAG:
        raise Refusal("encoding.unsupported", what="a tag")
    if argument == _NULL:
        return None
    if argument not in {_FALSE, _TRUE}:
        raise Refusal("encoding.unsupported", what="a simple value")
    return argument == _TRUE


def _read_array(data: bytes, at: int, count: int, depth: int) -> tuple[Value, int]:
    if count > len(data) - at:  # each item takes a byte: refuse before looping
        raise Refusal("encoding.truncated")
    items: list[Value] = []
    for _ in range(count):
        item, at = _decode(data, at, depth)
        items.append(item)
    return tuple(items), at


def _read_map(data: bytes, at: int, count: int, depth: int) -> tuple[Value, int]:
    if 2 * count > len(data) - at:
        raise Refusal("encoding.truncated")
    pairs: Map = {}
    previous = b""
    for _ in range(count):
        start = at
        key: int | str = data[at]
        if data[at] < _LONG:  # a small number: most keys of a document
            at += 1
        else:
            key, at = _read_key(data, at)
        encoded = data[start:at]
        if encoded <= previous:
            _refuse_key(key in pairs)
        previous = encoded
        first = data[at]
        end = at + 1 + (first & 31)
        if _SHORT_TEXT <= first < _SHORT_TEXT + _LONG and end <= len(data):  # as _decode does it, a call less
            pairs[key], at = data[at + 1 : end].decode(), end
        else:
            pairs[key], at = _decode(data, at, depth)
    return pairs, at


def _read_key(data: bytes, at: int) -> tuple[int | str, int]:
    if data[at] >> 5 not in {
        _UNSIGNED,
        _NEGATIVE,
        _TEXT,
    }:  # looked at before decoding: 1 and true are one key to Python
        raise Refusal("encoding.unsupported", what="a map key that is neither number nor text")
    key, at = _decode(data, at, 0)
    assert isinstance(key, int | str)  # noqa: S101 - for the type checker; the line above decided
    return key, at


def _refuse_key(known: bool) -> NoReturn:  # noqa: FBT001 - one fact, one caller
    raise (
        Refusal("encoding.duplicate_key") if known else Refusal("encoding.not_deterministic", what="keys out of order")
    )
