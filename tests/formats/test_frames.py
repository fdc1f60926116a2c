"""The texts of QR codes: one for a small document, numbered parts for a larger one."""

import random
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_activation.errors import Refusal
from offline_activation.formats import base45
from offline_activation.formats.cbor import MAX_SIZE
from offline_activation.formats.frames import (
    MAX_PARTS,
    MAX_TEXT,
    PART_LIMIT,
    PREFIX,
    SINGLE_LIMIT,
    join,
    looks_like_frame,
    read,
    split,
)

CodeOf = Callable[[Callable[[], object]], str]

BYTES = random.Random(1).randbytes(MAX_SIZE)  # noqa: S311 - test data
LARGE = BYTES[:1500]
PARTS = split(LARGE)


def test_every_size_comes_back_in_even_parts_in_any_order() -> None:
    shuffle = random.Random(2)  # noqa: S311 - test order
    for size in range(1, 3001):
        document = BYTES[:size]
        texts = list(split(document))
        assert len(texts) == (1 if size <= SINGLE_LIMIT else -(-size // PART_LIMIT))
        lengths = {len(text) for text in texts}
        assert max(lengths) <= (964 if len(texts) == 1 else 580)
        assert max(lengths) - min(lengths) <= 3 * len(texts)
        shuffle.shuffle(texts)
        assert join(texts) == document


def test_the_largest_document_comes_back() -> None:
    texts = split(BYTES)
    assert len(texts) == MAX_PARTS == 44
    assert join(reversed(texts)) == BYTES


def test_the_texts_are_what_the_format_says(code_of: CodeOf) -> None:
    assert split(b"AB") == ("OA1:BB8",)
    assert len(PARTS) == 4
    assert all(text.startswith(f"OA1:{PARTS[0][4:12]}/{number}/4:") for number, text in enumerate(PARTS, 1))
    assert all(set(text) <= set(base45.ALPHABET) for text in PARTS)
    assert max(map(len, split(BYTES[:SINGLE_LIMIT]))) == 964
    assert code_of(lambda: join(split(bytes.fromhex("d284")))) == "accept"
    assert split(bytes.fromhex("d284"))[0] == "OA1:RRQ"


def test_repeated_parts_do_not_matter(code_of: CodeOf) -> None:
    assert join([*PARTS, PARTS[2], PARTS[0]]) == LARGE
    assert join([split(b"AB")[0]] * 3) == b"AB"
    assert code_of(lambda: join([])) == "armor.qr_text_damaged"


@pytest.mark.parametrize("gone", [{1}, {4}, {2, 3}, {1, 2, 4}])
def test_missing_parts_are_named(gone: set[int]) -> None:
    with pytest.raises(Refusal) as caught:
        join(text for number, text in enumerate(PARTS, 1) if number not in gone)
    assert caught.value.code == "frames.missing"
    assert f"Parts {', '.join(map(str, sorted(gone)))} of 4" in caught.value.message


def test_parts_of_two_documents_are_refused(code_of: CodeOf) -> None:
    other = split(BYTES[1:1501])
    forged = PARTS[1].split(":")[1]
    altered = f"{PREFIX}{forged}:{base45.encode(b'x' * 375)}"
    for texts in (
        [*PARTS[:3], other[3]],
        [*PARTS, other[0]],
        [*PARTS, split(b"AB")[0]],
        [split(b"AB")[0], split(b"AC")[0]],
        [PARTS[0], altered, *PARTS[2:]],
        [*PARTS, altered],
        [*PARTS[:3], PARTS[3].replace("/4/4:", "/4/5:")],
    ):
        assert code_of(lambda texts=texts: join(texts)) == "frames.mixed"


@pytest.mark.parametrize(
    ("numbers", "code"),
    [
        ("0/4", "armor.qr_text_damaged"),
        ("5/4", "frames.invalid"),
        ("1/0", "armor.qr_text_damaged"),
        ("1/45", "frames.invalid"),
        ("1/1000000", "armor.qr_text_damaged"),
        ("1000000/1000000", "armor.qr_text_damaged"),
        ("-1/4", "armor.qr_text_damaged"),
        ("01/4", "armor.qr_text_damaged"),
        ("1/04", "armor.qr_text_damaged"),
        ("1", "armor.qr_text_damaged"),
        ("1/4/4", "armor.qr_text_damaged"),
        ("", "armor.qr_text_damaged"),
        ("A/4", "armor.qr_text_damaged"),
        ("\u00b2/4", "armor.qr_text_damaged"),
        ("\u0661/4", "armor.qr_text_damaged"),
    ],
)
def test_part_numbers_that_cannot_be_are_refused(code_of: CodeOf, numbers: str, code: str) -> None:
    text = f"OA1:{PARTS[0][4:12]}/{numbers}:BB8"
    assert code_of(lambda: read(text)) == code
    assert code_of(lambda: join([text, *PARTS])) == code


PASTED = {
    "final newline": PARTS[0] + "\n",
    "percent encoding": PARTS[0].replace(" ", "%20"),
    "lower case": PARTS[0].lower(),
    "smart quotes": PARTS[0].replace("$", "\u2019", 1) + "\u201d",
    "prefix lost": PARTS[0].removeprefix(PREFIX),
    "half of it": PARTS[0][:-1],
    "empty": "",
    "prefix only in part": "OA1",
}


@pytest.mark.parametrize("text", PASTED.values(), ids=PASTED)
def test_text_changed_by_pasting_is_called_so(code_of: CodeOf, text: str) -> None:
    assert code_of(lambda: join([text, *PARTS[1:]])) == "armor.qr_text_damaged"


def test_a_collapsed_double_space_never_gives_another_document(code_of: CodeOf) -> None:
    document = next(d for d in (BYTES[at : at + 600] for at in range(10_000)) if "  " in split(d)[0])
    pasted = split(document)[0].replace("  ", " ")
    assert code_of(lambda: join([pasted])) == "armor.qr_text_damaged"


def test_our_texts_are_recognized() -> None:
    assert looks_like_frame("OA1:BB8")
    assert looks_like_frame("  oa1:bb8")
    assert not looks_like_frame("OA1 REQUEST 13 LINES")
    assert not looks_like_frame("https://example.com/OA1:")


@given(
    st.one_of(st.text(max_size=60), st.text(base45.ALPHABET, max_size=60)),
    st.sampled_from(["", "OA1:", "OA1:0123ABCD/1/2:"]),
)
def test_random_text_is_a_frame_or_refused(code_of: CodeOf, text: str, start: str) -> None:
    assert code_of(lambda: read(start + text)) in {"accept", "armor.qr_text_damaged", "frames.invalid"}


def test_more_than_a_qr_code_holds_is_refused_before_memory_is_taken(code_of: CodeOf) -> None:
    text = PREFIX + "0" * 16_000_000
    tracemalloc.start()
    try:
        code = code_of(lambda: join([text]))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert code == "limit.too_large"
    assert peak < 64 * 1024
    assert code_of(lambda: read(PREFIX + "0" * (MAX_TEXT - 4))) == "accept"
