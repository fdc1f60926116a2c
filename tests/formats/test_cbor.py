"""The codec: one valid encoding for each value, everything else a Refusal, and never much memory."""

import io
import tracemalloc
from collections.abc import Callable

import cbor2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from offline_activation.formats.cbor import MAX_DEPTH, MAX_INTEGER, MAX_SIZE, Value, decode, encode

CodeOf = Callable[[Callable[[], object]], str]

TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)
SCALARS = st.one_of(st.integers(-MAX_INTEGER, MAX_INTEGER), st.booleans(), st.none(), st.binary(max_size=300), TEXTS)
KEYS = st.one_of(st.integers(-MAX_INTEGER, MAX_INTEGER), TEXTS)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=6).map(tuple), st.dictionaries(KEYS, inner, max_size=6)),
    max_leaves=20,
)


def levels(value: Value) -> int:
    if isinstance(value, tuple):
        return 1 + max(map(levels, value), default=0)
    if isinstance(value, dict):
        return 1 + max(map(levels, value.values()), default=0)
    return 0


def same(ours: object, theirs: object) -> bool:
    """Compare types too: True is not 1, and cbor2 gives lists where we give tuples."""
    if isinstance(ours, tuple):
        return isinstance(theirs, list | tuple) and len(ours) == len(theirs) and all(map(same, ours, theirs))
    if isinstance(ours, dict):
        assert isinstance(theirs, dict)
        return list(map(typed, ours)) == list(map(typed, theirs)) and all(same(ours[key], theirs[key]) for key in ours)
    return type(ours) is type(theirs) and bool(ours == theirs)


def typed(value: object) -> tuple[type, object]:
    return type(value), value


def bytewise(value: object) -> bytes:
    """Encode with cbor2 alone, sorting maps by the bytes of their keys (its own canonical mode sorts length-first)."""
    if isinstance(value, tuple):
        return cbor2.dumps([None] * len(value))[: -len(value) or None] + b"".join(map(bytewise, value))
    if isinstance(value, dict):
        pairs = sorted((cbor2.dumps(key), bytewise(item)) for key, item in value.items())
        head = cbor2.dumps(dict.fromkeys(range(len(value))))
        return head[: 1 if len(value) < 24 else 2] + b"".join(key + item for key, item in pairs)
    return cbor2.dumps(value)


@given(VALUES.filter(lambda value: levels(value) <= MAX_DEPTH))
@settings(max_examples=200)
@example({1: 0, "1": 1, -1: True})
@example(tuple(range(40)))
def test_every_value_of_the_profile_comes_back_the_same_and_cbor2_agrees(value: Value) -> None:
    encoded = encode(value)
    assert same(decode(encoded), cbor2.loads(encoded))
    assert decode(encoded) == value
    assert encode(decode(encoded)) == encoded
    assert bytewise(value) == encoded


def mutations(encoded: bytes) -> st.SearchStrategy[bytes]:
    """Return encodings close to a good one: the interesting malformed inputs are near the border."""
    places = st.integers(0, len(encoded) - 1)
    one_byte = st.tuples(places, st.integers(0, 255)).map(
        lambda change: encoded[: change[0]] + bytes([change[1]]) + encoded[change[0] + 1 :]
    )
    inserted = st.tuples(places, st.binary(min_size=1, max_size=3)).map(
        lambda change: encoded[: change[0]] + change[1] + encoded[change[0] :]
    )
    cut = places.map(lambda at: encoded[:at])
    return st.one_of(one_byte, inserted, cut)


@given(
    st.one_of(st.binary(max_size=60), VALUES.map(lambda v: encode(v) if levels(v) <= 8 else b"\x00").flatmap(mutations))
)
@settings(max_examples=700)
@example(bytes.fromhex("a201000102"))
@example(bytes.fromhex("a2010 0f500".replace(" ", "")))
@example(bytes.fromhex("a1f500"))
def test_bytes_are_refused_or_are_the_one_encoding_of_what_cbor2_reads(code_of: CodeOf, data: bytes) -> None:
    if code_of(lambda: decode(data)) != "accept":
        return
    value = decode(data)
    stream = io.BytesIO(data)
    assert same(value, cbor2.load(stream))
    assert stream.tell() == len(data)
    assert encode(value) == data


APPENDIX_A_ACCEPTED = [
    ("00", 0), ("01", 1), ("0a", 10), ("17", 23), ("1818", 24), ("1819", 25), ("1864", 100), ("1903e8", 1000),
    ("1a000f4240", 1_000_000), ("1b000000e8d4a51000", 10**12), ("20", -1), ("29", -10), ("3863", -100),
    ("3903e7", -1000), ("f4", False), ("f5", True), ("f6", None), ("40", b""), ("4401020304", b"\1\2\3\4"),
    ("60", ""), ("6161", "a"), ("6449455446", "IETF"), ("62225c", '"\\'), ("62c3bc", "\u00fc"), ("63e6b0b4", "\u6c34"),
    ("64f0908591", "\U00010151"), ("80", ()), ("83010203", (1, 2, 3)), ("8301820203820405", (1, (2, 3), (4, 5))),
    ("98190102030405060708090a0b0c0d0e0f101112131415161718181819", tuple(range(1, 26))),
    ("a0", {}), ("a201020304", {1: 2, 3: 4}), ("a26161016162820203", {"a": 1, "b": (2, 3)}),
    ("826161a161626163", ("a", {"b": "c"})),
    ("a56161614161626142616361436164614461656145", {"a": "A", "b": "B", "c": "C", "d": "D", "e": "E"}),
]  # fmt: skip

APPENDIX_A_REFUSED = {
    "encoding.unsupported": [
        "1bffffffffffffffff", "c249010000000000000000", "3bffffffffffffffff", "c349010000000000000000",
        "f90000", "f98000", "f93c00", "fb3ff199999999999a", "f93e00", "f97bff", "fa47c35000", "fa7f7fffff",
        "fb7e37e43c8800759c", "f90001", "f90400", "f9c400", "fbc010666666666666", "f97c00", "f97e00", "f9fc00",
        "fa7f800000", "fa7fc00000", "faff800000", "fb7ff0000000000000", "fb7ff8000000000000", "fbfff0000000000000",
        "f7", "f0", "f8ff", "c074323031332d30332d32315432303a30343a30305a", "c11a514b67b0", "c1fb41d452d9e8200000",
        "d74401020304", "d818456449455446", "d82076687474703a2f2f7777772e6578616d706c652e636f6d",
    ],
    "encoding.not_deterministic": [
        "5f42010243030405ff", "7f657374726561646d696e67ff", "9fff", "9f018202039f0405ffff", "9f01820203820405ff",
        "83018202039f0405ff", "83019f0203ff820405", "bf61610161629f0203ffff", "826161bf61626163ff",
        "bf6346756ef563416d7421ff",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("encoded", "value"), APPENDIX_A_ACCEPTED, ids=lambda item: str(item)[:24])
def test_rfc_8949_examples_inside_the_profile_are_read(encoded: str, value: Value) -> None:
    assert same(decode(bytes.fromhex(encoded)), cbor2.loads(bytes.fromhex(encoded)))
    assert decode(bytes.fromhex(encoded)) == value
    assert encode(value).hex() == encoded


@pytest.mark.parametrize(
    ("encoded", "code"), [(encoded, code) for code, group in APPENDIX_A_REFUSED.items() for encoded in group]
)
def test_rfc_8949_examples_outside_the_profile_are_refused(code_of: CodeOf, encoded: str, code: str) -> None:
    assert code_of(lambda: decode(bytes.fromhex(encoded))) == code


NOT_DETERMINISTIC = [
    "1800", "1817", "190018", "1900ff", "1a0000ffff", "1b00000000ffffffff", "3817", "580101", "5800", "7800", "780161",
    "9800", "9803010203", "b800", "b801a0", "b8010203", "1c", "1d", "1e", "1f", "3c", "5c", "7d", "9e", "bc",
    "a2020001 00", "a26162006161 00", "a2613100 0100",
]  # fmt: skip


@pytest.mark.parametrize("encoded", NOT_DETERMINISTIC)
def test_a_second_encoding_of_a_value_is_refused_though_cbor2_may_read_it(code_of: CodeOf, encoded: str) -> None:
    assert code_of(lambda: decode(bytes.fromhex(encoded))) == "encoding.not_deterministic"


@pytest.mark.parametrize(
    ("encoded", "code"),
    [
        ("", "encoding.truncated"),
        ("18", "encoding.truncated"),
        ("1a0001", "encoding.truncated"),
        ("4201", "encoding.truncated"),
        ("8201", "encoding.truncated"),
        ("a101", "encoding.truncated"),
        ("a1", "encoding.truncated"),
        ("0000", "encoding.trailing"),
        ("f6f6", "encoding.trailing"),
        ("a0ff", "encoding.trailing"),
        ("61ff", "encoding.text"),
        ("63eda080", "encoding.text"),
        ("62c080", "encoding.text"),
        ("a201000100", "encoding.duplicate_key"),
        ("a3010002000100", "encoding.duplicate_key"),
        ("a2613100613100", "encoding.duplicate_key"),
        ("a1f500", "encoding.unsupported"),
        ("a1f600", "encoding.unsupported"),
        ("a14000", "encoding.unsupported"),
        ("a18000", "encoding.unsupported"),
        ("a1a000", "encoding.unsupported"),
        ("a1c10000", "encoding.unsupported"),
        ("1b0020000000000000", "encoding.unsupported"),
        ("3b001fffffffffffff", "encoding.unsupported"),
        ("f800", "encoding.unsupported"),
        ("f814", "encoding.unsupported"),
        ("ff", "encoding.unsupported"),
        ("d28443a10113a0", "encoding.unsupported"),
    ],
)
def test_each_malformed_input_has_its_code(code_of: CodeOf, encoded: str, code: str) -> None:
    assert code_of(lambda: decode(bytes.fromhex(encoded))) == code


def test_integers_end_where_every_json_reader_still_holds_them() -> None:
    for value in (MAX_INTEGER, -MAX_INTEGER):
        assert decode(encode(value)) == value
    for value in (MAX_INTEGER + 1, -MAX_INTEGER - 1):
        with pytest.raises(ValueError, match=r"2\*\*53"):
            encode(value)


def test_eight_levels_are_read_and_nine_are_refused(code_of: CodeOf) -> None:
    assert code_of(lambda: decode(b"\x81" * 8 + b"\x00")) == "accept"
    assert code_of(lambda: decode(b"\xa1\x01" * 8 + b"\x00")) == "accept"
    assert code_of(lambda: decode(b"\x81" * 9 + b"\x00")) == "limit.depth"
    assert code_of(lambda: decode(b"\x81" * 8 + b"\x80")) == "limit.depth"


@pytest.mark.parametrize(
    "value", [[], [1], bytearray(b"x"), 1.5, {True: 1}, {None: 1}, {b"": 1}, {(): 1}, {1, 2}, object()]
)
def test_encoding_anything_else_is_a_mistake_of_the_caller(value: Value) -> None:
    with pytest.raises(TypeError):
        encode(value)


def test_encoding_too_deep_too_large_or_a_surrogate_is_a_mistake_of_the_caller() -> None:
    deep: Value = 0
    for _ in range(MAX_DEPTH + 1):
        deep = (deep,)
    for value in (deep, bytes(MAX_SIZE), "\ud800"):
        with pytest.raises(ValueError):  # noqa: PT011 - three different messages
            encode(value)
    assert len(encode(bytes(MAX_SIZE - 3))) == MAX_SIZE


HOSTILE = {
    "array of 2^40": (bytes.fromhex("9b0000010000000000"), "encoding.truncated"),
    "map of 2^40": (bytes.fromhex("bb0000010000000000"), "encoding.truncated"),
    "array of 2^64 - 1": (bytes.fromhex("9bffffffffffffffff"), "encoding.truncated"),
    "bytes of 2^62": (bytes.fromhex("5b4000000000000000"), "encoding.truncated"),
    "text of 2^62": (bytes.fromhex("7b4000000000000000"), "encoding.truncated"),
    "array as long as allowed, in each item again": (b"\x99\x20\x00" * 2000, "encoding.truncated"),
    "depth 100,000": (b"\x81" * 100_000 + b"\x00", "limit.too_large"),
    "depth as far as the size allows": (b"\x81" * (MAX_SIZE - 1) + b"\x00", "limit.depth"),
    "16 MB": (bytes(16_000_000), "limit.too_large"),
    "100,000 map entries": (b"\xba\x00\x01\x86\xa0" + b"\x00\x00" * 100_000, "limit.too_large"),
    "bignum of 1 MB": (b"\xc2\x5a\x00\x10\x00\x00" + bytes(1 << 20), "limit.too_large"),
    "one byte too many": (bytes([0x59, 0x3F, 0xFE]) + bytes(MAX_SIZE - 2), "limit.too_large"),
}


@pytest.mark.parametrize(("data", "code"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_sizes_are_refused_before_memory_is_taken(code_of: CodeOf, data: bytes, code: str) -> None:
    tracemalloc.start()
    try:
        found = code_of(lambda: decode(data))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found == code
    assert peak < 256 * 1024, f"{peak} bytes at the peak"


def test_the_costliest_accepted_document_stays_small() -> None:
    data = b"\x99\x3f\xfd" + b"\x80" * (MAX_SIZE - 3)
    tracemalloc.start()
    try:
        value = decode(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(value, tuple)
    assert peak < 2 * 1024 * 1024, f"{peak} bytes at the peak"
