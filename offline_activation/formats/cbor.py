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
_FOUR_BYTES, _EIGHT_BYTES = 1 << 16, 1 << 32
"""Integers from here on take four and eight bytes behind the first one."""
_ONE_BYTE: Final = tuple(bytes([first]) for first in range(256))
_NEGATIVE_FROM, _BYTES_FROM, _TEXT_FROM, _ARRAY_FROM, _MAP_FROM, _TAG_FROM = (major << 5 for major in range(1, 7))
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
    length = len(data)
    return (_ONE_BYTE[_BYTES_FROM | length] if length < _LONG else head(_BYTES, length)) + data


def _encode(value: Value, put: Callable[[bytes], None], depth: int) -> None:
    kind = type(value)  # exact types: a bool is no integer in CBOR, and comparing types is what makes this fast
    if kind is str:
        raw = value.encode()  # type: ignore[union-attr]
        put((_ONE_BYTE[_TEXT_FROM | len(raw)] if len(raw) < _LONG else head(_TEXT, len(raw))) + raw)
    elif kind is int:
        put(_encode_integer(value))  # type: ignore[arg-type]
    elif kind is bytes:
        put(byte_string(value))  # type: ignore[arg-type]
    elif kind is bool or value is None:
        put(_ONE_BYTE[_SIMPLE << 5 | (_NULL if value is None else _TRUE if value else _FALSE)])
    elif depth == 0:
        message = f"nested deeper than {MAX_DEPTH}"
        raise ValueError(message)
    elif kind is tuple:
        put(head(_ARRAY, len(value)))  # type: ignore[arg-type]
        for item in value:  # type: ignore[union-attr]
            _encode(item, put, depth - 1)
    elif kind is dict:
        _encode_map(value, put, depth - 1)  # type: ignore[arg-type]
    else:
        message = f"{kind.__name__} is outside the profile"
        raise TypeError(message)


def _encode_integer(value: int) -> bytes:
    if 0 <= value < _LONG:
        return _ONE_BYTE[value]
    if _FOUR_BYTES <= value < _EIGHT_BYTES:  # every instant of a document
        return b"\x1a" + value.to_bytes(4, "big")
    if not -MAX_INTEGER <= value <= MAX_INTEGER:
        message = f"{value} is outside 2**53"
        raise ValueError(message)
    return head(_UNSIGNED, value) if value >= 0 else head(_NEGATIVE, -1 - value)


def _encode_map(value: Map, put: Callable[[bytes], None], depth: int) -> None:
    put(head(_MAP, len(value)))
    previous = -1
    for key in value:  # documents are written with small number keys in rising order: nothing to sort
        if type(key) is not int or not previous < key < _LONG:
            break
        previous = key
    else:
        for key, item in value.items():
            first = _ONE_BYTE[key]  # type: ignore[index]  # the loop above saw that they are small numbers
            if type(item) is str:  # most items; a call less for each
                raw = item.encode()
                put(first + (_ONE_BYTE[_TEXT_FROM | len(raw)] if len(raw) < _LONG else head(_TEXT, len(raw))) + raw)
            else:
                put(first)
                _encode(item, put, depth)
        return
    for encoded, key in sorted([(_encoded_key(key), key) for key in value]):
        put(encoded)
        _encode(value[key], put, depth)


def _encoded_key(key: int | str) -> bytes:
    if type(key) is str:
        raw = key.encode()
        return head(_TEXT, len(raw)) + raw
    if type(key) is int:
        return _encode_integer(key)
    message = "map keys are integers or text"
    raise TypeError(message)


def _decode(data: bytes, at: int, depth: int) -> tuple[Value, int]:
    """Return one item and the position behind it; an ``IndexError`` means that the data ended too early."""
    first = data[at]
    argument, at = first & 31, at + 1
    if argument >= _LONG:
        argument, at = _read_long(data, at, first >> 5, argument)
    if _BYTES_FROM <= first < _ARRAY_FROM:
        end = at + argument
        if end > len(data):
            raise Refusal("encoding.truncated")
        return data[at:end].decode() if first >= _TEXT_FROM else data[at:end], end
    if first < _NEGATIVE_FROM:
        return argument if argument <= MAX_INTEGER else _refuse_integer(), at
    if first < _BYTES_FROM:
        return -1 - argument if argument < MAX_INTEGER else _refuse_integer(), at
    if first >= _TAG_FROM:
        return _simple(first >> 5, argument), at
    if depth == 0:
        raise Refusal("limit.depth", limit=MAX_DEPTH)
    return (_read_map if first >= _MAP_FROM else _read_array)(data, at, argument, depth - 1)


def _read_long(data: bytes, at: int, major: int, info: int) -> tuple[int, int]:
    """Return the argument that follows the first byte, and the next position; refuse one longer than needed."""
    if major == _SIMPLE:
        raise Refusal("encoding.unsupported", what="a floating-point number or simple value")
    shortest = _SHORTEST.get(info)
    if shortest is None:
        raise Refusal("encoding.not_deterministic", what="indefinite or reserved length")
    end = at + (1 << info - _LONG)
    if end > len(data):
        raise Refusal("encoding.truncated")
    argument = int.from_bytes(data[at:end], "big")
    if argument < shortest:
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
    small, previous = -1, b""
    for _ in range(count):
        start, key = at, data[at]
        if key < _LONG:  # a small number: most keys of a document; they sort before all others
            if key <= small or previous:
                _refuse_key(known=key in pairs)
            small = key
            pairs[key], at = _decode(data, at + 1, depth)
        else:
            other, at = _read_key(data, at)
            if data[start:at] <= previous:
                _refuse_key(known=other in pairs)
            previous = data[start:at]
            pairs[other], at = _decode(data, at, depth)
    return pairs, at


def _read_key(data: bytes, at: int) -> tuple[int | str, int]:
    if not (data[at] < _BYTES_FROM or _TEXT_FROM <= data[at] < _ARRAY_FROM):  # to Python 1 and true are one key
        raise Refusal("encoding.unsupported", what="a map key that is neither number nor text")
    key, at = _decode(data, at, 0)
    assert isinstance(key, int | str)  # noqa: S101 - for the type checker; the line above decided
    return key, at


def _refuse_key(*, known: bool) -> NoReturn:
    raise (
        Refusal("encoding.duplicate_key") if known else Refusal("encoding.not_deterministic", what="keys out of order")
    )
