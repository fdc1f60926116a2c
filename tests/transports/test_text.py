"""Whatever wrote the bytes, the text comes out the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_activation.errors import Refusal
from offline_activation.transports import hypertext, text

WORDS = "Company: Müller & Söhne\r\nOA1 LICENSE 1 LINES\r\n"


@pytest.mark.parametrize(
    "data",
    [
        WORDS.encode(),
        WORDS.encode("utf-8-sig"),
        WORDS.encode("utf-16"),
        WORDS.encode("utf-16-le"),
        WORDS.encode("utf-16-be"),
        b"\xfe\xff" + WORDS.encode("utf-16-be"),
        WORDS.encode("utf-32"),
        WORDS.encode("cp1252"),
    ],
)
def test_every_encoding_an_editor_may_choose_is_read(data: bytes) -> None:
    assert text.decode(data, source="x") == WORDS


def test_bytes_that_no_code_page_knows_are_still_text() -> None:
    assert text.decode(b"abc \x81 def", source="x") == "abc \x81 def"
    assert text.decode(b"", source="x") == ""


@pytest.mark.parametrize("data", [bytes(range(256)), bytes(100), b"\x01\x02\x03\x04"])
def test_binary_data_is_not_text(data: bytes) -> None:
    with pytest.raises(Refusal) as problem:
        text.decode(data, source="x")
    assert problem.value.code == "armor.not_text"


def test_text_is_bounded() -> None:
    with pytest.raises(Refusal) as problem:
        text.decode(b"a" * (text.TEXT_LIMIT + 1), source="x")
    assert problem.value.code == "limit.too_large"


@given(st.binary(max_size=300))
def test_any_bytes_are_text_or_refused(data: bytes) -> None:
    try:
        text.decode(data, source="x")
    except Refusal as problem:
        assert problem.code == "armor.not_text"  # noqa: PT017 - either outcome is right
    text.head(data)
    text.plain_bytes(data, source="x")


def test_the_visible_text_of_a_page_keeps_its_lines() -> None:
    page = (
        "<!DOCTYPE html><html><head><title>t</title><style>p{x:y}</style></head><body><!-- a > b -->"
        "<P class='x'>OA1&nbsp;LICENSE<br/>01 AB&#67;</P><script>if (a<b) '</p>'</SCRIPT ><div>2 &lt; 3 < 4</div>"
    )
    assert hypertext.text_of(page).split() == ["OA1", "LICENSE", "01", "ABC", "2", "<", "3", "<", "4"]
    assert hypertext.text_of("<p>01 A<br>02 B</p>") == "\n01 A\n02 B\n"


@pytest.mark.parametrize("piece", ["<!--", "<!", "<?", "<a ", "</", "&", '<a "', "<script>", "<![CDATA[", "<style></s"])
def test_crafted_markup_takes_no_time(piece: str) -> None:
    page = piece * 200_000  # the standard library's reader needs minutes for some of these
    assert len(hypertext.text_of(page)) <= len(page)
