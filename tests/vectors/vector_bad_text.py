"""The bad vectors of the carriers: armored text and QR codes."""

from vector_file import Vector
from vector_good import LARGE_DOCUMENT
from vector_world import DOCUMENTS

from offline_activation.formats import base45
from offline_activation.formats.armor import armor
from offline_activation.formats.envelope import Kind
from offline_activation.formats.frames import split

_TRUST = armor(DOCUMENTS[Kind.TRUST], "TRUST")
_LINES = _TRUST.splitlines()


def bad_text_vectors() -> tuple[Vector, ...]:
    """Return the bad vectors of text and QR codes."""
    return (*_texts(), *_codes())


def _joined(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


def _with_line(number: int, *lines: str) -> str:
    return _joined(*_LINES[:number], *lines, *_LINES[number + 1 :])


def _texts() -> list[Vector]:
    fifth = _LINES[5]
    wrong = fifth[:10] + ("Z" if fifth[10] != "Z" else "Y") + fifth[11:]
    swapped = fifth[:4] + fifth[3] + fifth[5:] if fifth[3] != fifth[4] else fifth[:-1]
    cases = [
        ("no-block", "Text without a block.", "armor.no_block", "Dear vendor, the request is attached.\n"),
        ("label-look-alike", "A Cyrillic letter in the label.", "armor.no_block", _TRUST.replace("TRUST",
         "TR\u0405ST")),
        ("end-lost", "The END line is missing.", "armor.no_end", _joined(*_LINES[:-1])),
        ("label-mismatch", "Begins as TRUST and ends as LICENSE.", "armor.label_mismatch",
         _joined(*_LINES[:-1], "OA1 LICENSE END")),
        ("two-blocks", "Two blocks in one text.", "armor.two_documents", _TRUST + _TRUST),
        ("character-wrong", "A wrong character in line 5.", "armor.line_damaged", _with_line(5, wrong)),
        ("character-doubled", "A character of line 5 typed twice over its neighbor.", "armor.line_damaged",
         _with_line(5, swapped)),
        ("character-lost", "A lost character in line 5.", "armor.line_damaged", _with_line(5, fifth[:12] + fifth[13:])),
        ("character-foreign", "U is not in the alphabet.", "armor.line_damaged", _with_line(5,
         fifth[:12] + "U" + fifth[13:])),
        ("digit-foreign", "A superscript two as line number.", "armor.line_damaged", _with_line(5,
         "0\u00b2" + fifth[2:])),
        ("line-missing", "Line 5 is missing.", "armor.line_missing", _with_line(5)),
        ("line-doubled", "Line 5 stands twice.", "armor.line_doubled", _with_line(5, fifth, fifth)),
        ("lines-swapped", "Lines 5 and 6 changed places.", "armor.line_doubled",
         _joined(*_LINES[:5], _LINES[6], _LINES[5], *_LINES[7:])),
        ("line-foreign", "A foreign line inside.", "armor.line_damaged", _with_line(5, "-- confidential --", fifth)),
        ("lines-0", "A block of no lines.", "limit.count", "OA1 TRUST 0 LINES\nOA1 TRUST END\n"),
        ("lines-657", "More lines than the largest document has.", "limit.count",
         "OA1 TRUST 657 LINES\nOA1 TRUST END\n"),
    ]  # fmt: skip
    return [
        Vector(name=f"bad/text-{name}", about=about, layer="armor", input="text", expect=code, texts=(text,))
        for name, about, code, text in cases
    ]


def _codes() -> list[Vector]:
    parts, one = split(LARGE_DOCUMENT), split(DOCUMENTS[Kind.REQUEST])[0]
    other = split(LARGE_DOCUMENT[::-1])
    name, damaged = parts[0][4:12], "armor.qr_text_damaged"
    forged = f"OA1:{name}/2/3:{base45.encode(bytes(343))}"
    cases = [
        ("prefix", "Without OA1:.", damaged, (one.removeprefix("OA1:"),)),
        ("lower-case", "In lower case.", damaged, (one.lower(),)),
        ("newline", "A line end behind the text.", damaged, (one + "\n",)),
        ("length", "A length that no bytes have.", damaged, ("OA1:RRQ0",)),
        ("overflow", "Three characters above 65535.", damaged, ("OA1:GGW",)),
        ("overflow-byte", "Two characters above 255.", damaged, ("OA1:::",)),
        ("index-0", "Part 0.", damaged, (f"OA1:{name}/0/3:BB8", *parts)),
        ("index-leading-zero", "Part 01.", damaged, (parts[0].replace("/1/3:", "/01/3:"), *parts[1:])),
        ("index-above", "Part 4 of 3.", "frames.invalid", (*parts, f"OA1:{name}/4/3:BB8")),
        ("total-above", "Part 1 of 45.", "frames.invalid", (f"OA1:{name}/1/45:BB8",)),
        ("total-changing", "Another number of parts in one code.", "frames.mixed",
         (*parts[:2], parts[2].replace("/3/3:", "/3/4:"))),
        ("missing", "Part 2 is missing.", "frames.missing", (parts[0], parts[2])),
        ("mixed", "Parts of two documents.", "frames.mixed", (parts[0], other[1], parts[2])),
        ("mixed-one", "A part and a whole document.", "frames.mixed", (*parts, one)),
        ("forged", "A part with other bytes: the hash does not fit.", "frames.mixed", (parts[0], forged, parts[2])),
    ]  # fmt: skip
    return [
        Vector(name=f"bad/qr-{name_}", about=about, layer="qr", input="qr", expect=code, texts=texts)
        for name_, about, code, texts in cases
    ]
