"""The armored block: everything that cannot change a byte is forgiven, everything else names its line."""

import re
import textwrap
import tracemalloc
from collections.abc import Callable
from typing import get_args

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from offline_activation.errors import Refusal
from offline_activation.formats.armor import BYTES_PER_LINE, MAX_TEXT, Label, armor, has_block, unarmor
from offline_activation.formats.cbor import MAX_SIZE
from offline_activation.formats.crockford import fold
from offline_activation.formats.readable import compose

CodeOf = Callable[[Callable[[], object]], str]

DOCUMENT = bytes(range(256)) + bytes(range(200, 253))
BLOCK = armor(DOCUMENT, "REQUEST")
LINES = BLOCK.splitlines()
FILE = f"Activation request\n\nCompany: Northwind\n\n{BLOCK}\n-- \nMaria Hernandez\n"


def opened(text: str) -> bytes:
    return unarmor(text, source="test").document


def outcome(text: str) -> tuple[str, str]:
    """Return code and message of a refusal, or ``accept`` when the very bytes came back."""
    try:
        found = opened(text)
    except Refusal as refusal:
        return refusal.code, refusal.message
    assert found == DOCUMENT
    return "accept", ""


def with_lines(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"


def test_a_block_is_what_the_format_says() -> None:
    assert LINES[0] == "OA1 REQUEST 13 LINES"
    assert LINES[1] == "01 000G4 0R40M 30E20 9185G R38E1 W8124 GK2GA HC5RR P3"
    assert LINES[-1] == "OA1 REQUEST END"
    assert max(map(len, LINES)) == 53
    assert BLOCK.endswith("END\n")


@given(st.binary(min_size=1, max_size=400), st.sampled_from(get_args(Label)))
def test_any_bytes_come_back(data: bytes, label: Label) -> None:
    read = unarmor(armor(data, label), source="test")
    assert (read.document, read.label, read.readable) == (data, label, ())


@pytest.mark.parametrize("size", [1, 24, 25, 26, 2474, 2475, 2476, 2500, MAX_SIZE - 1, MAX_SIZE])
def test_sizes_at_the_borders_of_lines_and_numbers_come_back(size: int) -> None:
    data = (DOCUMENT * 30)[:size] + bytes(max(0, size - len(DOCUMENT * 30)))
    text = armor(data, "PRODUCT")
    assert len(text.splitlines()) == -(-size // BYTES_PER_LINE) + 2
    assert opened(text) == data
    assert opened(textwrap.fill(text, 72)) == data


HARMLESS = {
    "CR LF": FILE.replace("\n", "\r\n"),
    "old Macintosh line ends": FILE.replace("\n", "\r"),
    "no final newline": BLOCK.rstrip("\n"),
    "byte order mark": "\ufeff" + FILE,
    "byte order mark before the block": FILE.replace("OA1 REQUEST 13", "\ufeffOA1 REQUEST 13"),
    "no-break spaces": FILE.replace(" ", "\u00a0"),
    "narrow and wide blanks": FILE.replace(" ", "\u202f").replace("OA1\u202f", "OA1\u3000"),
    "tabs": FILE.replace(" ", "\t"),
    "two blanks": FILE.replace(" ", "  "),
    "no blanks in the lines": "\n".join(line if "OA1" in line else line.replace(" ", "") for line in LINES),
    "zero-width characters": FILE.replace(" ", " \u200b").replace("0", "0\u2060"),
    "direction marks": "\u200e" + FILE.replace("\n", "\u200f\n"),
    "soft hyphens": FILE.replace("5", "5\u00ad"),
    "quoted": "\n".join("> " + line for line in FILE.split("\n")),
    "quoted twice": "\n".join(">> " + line for line in FILE.split("\n")),
    "quoted unevenly": "\n".join(">" * (at % 3) + line for at, line in enumerate(FILE.split("\n"))),
    "quoted with bars": "\n".join("| " + line for line in FILE.split("\n")),
    "indented": textwrap.indent(FILE, "        "),
    "blank lines": FILE.replace("\n", "\n\n\n"),
    "trailing blanks": FILE.replace("\n", "   \n"),
    "lower case": FILE.lower(),
    "letters for figures": re.sub(r"(?m)^[0-9]{2} .*$", lambda row: row[0].replace("0", "O").replace("1", "l"), FILE),
    "all on one line": " ".join(FILE.split()),
    "line separators": FILE.replace("\n", "\u2028"),
    "vertical tabs and form feeds": FILE.replace("\n", "\v", 5).replace("\n", "\f", 5),
    "next-line characters": FILE.replace("\n", "\u0085"),
    "flowed": FILE.replace("\n", " \n"),
    "mark typed with look-alikes": FILE.replace("OA1", "0AI"),
    "text before and after": "Dear vendor,\nplease sign OA1 soon.\n" + FILE + "\nOA1 REQUEST END was above.\n",
    "one end line too many": BLOCK + "OA1 LICENSE END\n",
}  # fmt: skip


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS)
def test_what_cannot_change_a_byte_is_forgiven(text: str) -> None:
    assert has_block(text)
    assert outcome(text) == ("accept", "")


@pytest.mark.parametrize("width", [*range(21, 81), 100, 132, 500, 998])
@pytest.mark.parametrize("quote", ["", "> "])
def test_re_wrapping_is_forgiven_at_every_width(width: int, quote: str) -> None:
    wrapped = textwrap.fill(FILE, width, break_long_words=False, break_on_hyphens=False)
    assert outcome(textwrap.indent(wrapped, quote)) == ("accept", "")


@pytest.mark.parametrize("width", range(20, 79))
def test_hard_cuts_inside_the_lines_are_forgiven(width: int) -> None:
    cut = [line[at : at + width] for line in LINES[1:-1] for at in range(0, len(line), width)]
    assert outcome(with_lines([LINES[0], *cut, LINES[-1]])) == ("accept", "")


@pytest.mark.parametrize("width", [20, 40, 76])
def test_soft_wraps_of_long_readable_lines_are_forgiven(width: int, request_document: bytes) -> None:
    lines = compose(request_document).split("\n")
    wrapped = "\n".join(" \n".join(textwrap.wrap(line, width) or [""]) for line in lines)
    assert opened(wrapped) == request_document


@pytest.mark.parametrize("number", range(1, 14))
def test_a_missing_line_is_named(number: int) -> None:
    lines = LINES[:number] + LINES[number + 1 :]
    assert outcome(with_lines(lines)) == ("armor.line_missing", f"Line {number} of the block is missing.")


@pytest.mark.parametrize("number", range(1, 14))
def test_a_doubled_line_is_named(number: int) -> None:
    lines = [*LINES[: number + 1], *LINES[number:]]
    code, message = outcome(with_lines(lines))
    assert code == "armor.line_doubled"
    assert f"Line {number} " in message


@pytest.mark.parametrize("number", range(1, 13))
def test_swapped_lines_are_named(number: int) -> None:
    lines = LINES.copy()
    lines[number], lines[number + 1] = lines[number + 1], lines[number]
    code, message = outcome(with_lines(lines))
    assert code == "armor.line_doubled"
    assert f"Line {number + 1} " in message


@pytest.mark.parametrize("number", range(1, 14))
def test_one_lost_character_names_its_line_also_when_wrapped_anew(number: int) -> None:
    for at in range(len(LINES[number])):
        line = LINES[number][:at] + LINES[number][at + 1 :]
        damaged = with_lines([*LINES[:number], line, *LINES[number + 1 :]])
        expected = "accept" if LINES[number][at] == " " else "armor.line_damaged"
        for text in (damaged, textwrap.fill(damaged, 60)):
            code, message = outcome(text)
            assert code == expected
            assert code == "accept" or f"Line {number} " in message


@pytest.mark.parametrize("number", range(1, 14))
def test_neighbours_that_changed_places_name_their_line(number: int) -> None:
    row = LINES[number]
    for at in range(len(row) - 1):
        line = row[:at] + row[at + 1] + row[at] + row[at + 2 :]
        if line.replace(" ", "") == row.replace(" ", ""):
            continue
        code, message = outcome(with_lines([*LINES[:number], line, *LINES[number + 1 :]]))
        assert code == "armor.line_damaged"
        assert f"Line {number} " in message


@given(
    st.integers(0, len(BLOCK) - 1),
    st.one_of(st.characters(codec="utf-8"), st.sampled_from("0O1Il>| \n\t\u00a0\u00b2=U")),
)
@settings(max_examples=600)
@example(22, "\u00b2")
def test_any_one_character_is_harmless_or_its_line_is_named(at: int, character: str) -> None:
    text = BLOCK[:at] + character + BLOCK[at + 1 :]
    number = BLOCK[:at].count("\n")
    code, message = outcome(text)
    if 1 <= number <= 13:
        places = {number, number + 1} if BLOCK[at] == "\n" else {number}  # a lost line end touches two lines
        named = any(f"ine {place} " in message or message.endswith(f"ine {place}.") for place in places)
        end_hidden = number == 13 and code == "armor.no_end"
        assert code == "accept" or (code == "armor.line_damaged" and named) or end_hidden, (code, message)
        same = fold(character) == BLOCK[at] or character.isspace() or character in ">|"
        assert code != "accept" or same or not character.isprintable(), character
    else:
        assert code == "accept" or code.startswith("armor.") or code == "limit.count"


@given(st.text(max_size=300))
def test_random_text_holds_no_block_or_is_refused(text: str) -> None:
    assert outcome(text)[0] == "armor.no_block"


@given(st.text("0123456789ABCDEFXYZ >|\nOA1", max_size=200), st.integers(0, 999))
def test_random_text_between_begin_and_end_is_refused(body: str, total: int) -> None:
    code, _ = outcome(f"OA1 REQUEST {total} LINES\n{body}\nOA1 REQUEST END")
    assert code.startswith("armor.") or code in {"limit.count", "encoding.not_deterministic"}


def test_two_blocks_are_named_and_neither_is_taken() -> None:
    for second in (BLOCK, armor(b"other", "LICENSE"), "OA1 LICENSE 1 LINES"):
        code, message = outcome(FILE + second)
        assert code == "armor.two_documents"
        assert "REQUEST" in message


def test_a_label_that_differs_at_the_end_is_named() -> None:
    code, message = outcome(BLOCK.replace("REQUEST END", "LICENSE END"))
    assert (code, "REQUEST" in message, "LICENSE" in message) == ("armor.label_mismatch", True, True)


@pytest.mark.parametrize(
    "label", ["R\u0415QUEST", "REQUE\u0405T", "LICEN\u017fE", "REQUESTS", "R\u00c9QUEST", "OFFER", ""]
)
def test_a_label_of_look_alikes_is_no_label(label: str) -> None:
    assert outcome(BLOCK.replace("REQUEST", label))[0] == "armor.no_block"
    assert outcome(BLOCK.replace("REQUEST END", f"{label} END"))[0] == "armor.no_end"


@pytest.mark.parametrize("mark", ["\u041eA1", "O\u04101", "OA2", "XOA1", "OA1:"])
def test_a_mark_of_look_alikes_is_no_mark(mark: str) -> None:
    assert outcome(BLOCK.replace("OA1 REQUEST 13", f"{mark} REQUEST 13"))[0] == "armor.no_block"


@pytest.mark.parametrize("kept", range(1, 14))
def test_a_lost_end_names_the_last_good_line(kept: int) -> None:
    code, message = outcome(with_lines(LINES[: kept + 1]))
    assert code == "armor.no_end"
    assert f"after line {kept}." in message


@pytest.mark.parametrize("total", ["0", "00", "657", "999"])
def test_an_impossible_number_of_lines_is_over_the_limit(total: str) -> None:
    assert outcome(BLOCK.replace("13 LINES", f"{total} LINES"))[0] == "limit.count"


@pytest.mark.parametrize("total", [1, 12, 14, 99, 100, 656])
def test_a_wrong_number_of_lines_is_found(total: int) -> None:
    assert outcome(BLOCK.replace("13 LINES", f"{total} LINES"))[0].startswith("armor.line_")


def test_a_foreign_line_inside_is_named() -> None:
    lines = [*LINES[:5], "-- Northwind confidential --", *LINES[5:]]
    assert outcome(with_lines(lines)) == ("armor.line_damaged", "Line 5 of the block is damaged.")


def test_text_without_a_block_names_its_source() -> None:
    code, message = outcome("Dear vendor, the request is attached.")
    assert (code, "test" in message) == ("armor.no_block", True)
    assert not has_block("Dear vendor")


def test_readable_lines_come_without_quoting_and_blank_lines() -> None:
    read = unarmor("\n".join("> " + line for line in FILE.split("\n")), source="test")
    assert read.readable == ("Activation request", "Company: Northwind", "--", "Maria Hernandez")


LONG_BODY = "OA1 REQUEST 656 LINES\n" + "A\n" * 500_000


@pytest.mark.parametrize(
    "text",
    ["A" * (MAX_TEXT + 1), BLOCK * 5000, "OA1 REQUEST 5 LINES " * 40_000, "OA1" + " " * (MAX_TEXT - 3),
     "OA1 " * 250_000, LONG_BODY, LONG_BODY + "OA1 REQUEST END"],
    ids=["too long", "5,000 blocks", "40,000 beginnings", "one gap", "marks", "no end", "500,000 lines"],
)  # fmt: skip
def test_hostile_text_costs_little(text: str) -> None:
    tracemalloc.start()
    try:
        code, _ = outcome(text)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert code.startswith(("limit.", "armor."))
    assert peak < 64 * 1024 * 1024, f"{peak} bytes at the peak"
