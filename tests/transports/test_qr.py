"""Codes that are written can be read: as picture, as drawing, on a terminal."""

import io
import re
from collections.abc import Callable

import pytest
import zxingcpp
from PIL import Image

from offline_activation.errors import Misuse
from offline_activation.formats import frames
from offline_activation.transports import qr
from offline_activation.transports.picture_reading import read_picture

SIZES = sorted({*range(1, 3001, 37), 374, 375, 376, 639, 640, 641, 749, 750, 751, 1125, 1126, 2999, 3000})


def rasterized(lines: str, *, light: str, cell: int = 4) -> Image.Image:
    """Paint half blocks or pairs of ``#`` as a terminal does; ``light`` is what the drawn character's color is."""
    rows = lines.splitlines()
    ascii_only = "#" in lines
    wide = len(rows[0]) // (2 if ascii_only else 1)
    high = len(rows) * (1 if ascii_only else 2)
    paper, ink = (0, 255) if light == "drawn" else (255, 0)
    picture = Image.new("L", (wide, high), color=paper)
    for y, row in enumerate(rows):
        for x in range(wide):
            if ascii_only:
                if row[2 * x] == "#":
                    picture.putpixel((x, y), ink)
                continue
            if row[x] in "▀█":
                picture.putpixel((x, 2 * y), ink)
            if row[x] in "▄█":
                picture.putpixel((x, 2 * y + 1), ink)
    return picture.resize((wide * cell, high * cell), Image.Resampling.NEAREST)


def test_every_size_comes_back_exactly(make_document: Callable[[int], bytes]) -> None:
    for size in SIZES:
        document = make_document(size)
        codes = read_picture(qr.write_png(document)).ours
        assert frames.join(code.decode("ascii") for code in codes) == document, size


def test_one_code_prints_at_fifty_millimetres_or_more(make_document: Callable[[int], bytes]) -> None:
    for size in (1, 100, 640):
        picture = Image.open(io.BytesIO(qr.write_png(make_document(size))))
        assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.1)
        modules = len(qr.matrix(frames.split(make_document(size))[0]))
        side = picture.width * modules / (modules + 2 * qr.QUIET_ZONE)
        assert side / 300 * 25.4 >= 50


def test_the_largest_small_document_is_version_twenty(make_document: Callable[[int], bytes]) -> None:
    (text,) = frames.split(make_document(640))
    assert len(qr.matrix(text)) == 17 + 4 * 20


def test_the_largest_document_of_all_is_one_readable_picture(make_document: Callable[[int], bytes]) -> None:
    document = make_document(16 * 1024)
    codes = read_picture(qr.write_png(document)).ours
    assert len(codes) == 44
    assert frames.join(code.decode("ascii") for code in codes) == document


def test_the_same_document_is_always_the_same_picture(make_document: Callable[[int], bytes]) -> None:
    assert qr.write_png(make_document(900)) == qr.write_png(make_document(900))


def test_the_drawing_for_print_is_one_path_that_reads_back(make_document: Callable[[int], bytes]) -> None:
    (text,) = frames.split(make_document(640))
    drawing = qr.svg(text)
    assert drawing.count("<path") == 1
    assert not re.search(r"style=|href|<text|script", drawing)
    size = int(re.search(r'viewBox="0 0 (\d+) \1"', drawing)[1])  # type: ignore[index]
    picture = Image.new("L", (size, size), color=255)
    for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", drawing):
        picture.paste(0, (int(x), int(y), int(x) + int(length), int(y) + 1))
    codes = zxingcpp.read_barcodes(picture.resize((size * 4, size * 4), Image.Resampling.NEAREST))
    assert [code.bytes for code in codes] == [text.encode()]
    width = float(re.search(r'width="([0-9.]+)mm"', drawing)[1])  # type: ignore[index]
    assert width * (size - 8) / size == pytest.approx(50, abs=0.1)


@pytest.mark.parametrize("size", [1, 200, 640])
@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("invert", [False, True])
def test_a_terminal_shows_a_readable_code(
    make_document: Callable[[int], bytes], size: int, *, ascii_only: bool, invert: bool
) -> None:
    (text,) = frames.split(make_document(size))
    shown = qr.terminal(text, columns=230, lines=120, ascii_only=ascii_only, invert=invert)
    assert shown.isascii() == ascii_only
    picture = rasterized(shown, light="paper" if invert else "drawn")
    codes = zxingcpp.read_barcodes(picture, try_invert=False)
    assert [code.bytes for code in codes] == [text.encode()]


def test_a_small_terminal_is_told_to_use_a_file(make_document: Callable[[int], bytes]) -> None:
    (text,) = frames.split(make_document(400))
    for ascii_only in (False, True):
        with pytest.raises(Misuse) as problem:
            qr.terminal(text, columns=80, lines=25, ascii_only=ascii_only)
        assert problem.value.code == "picture.terminal_too_small"
        assert "80 x 25" in problem.value.message
        assert "--qr" in problem.value.remedy


def test_a_terminal_that_is_just_large_enough_is_used_to_the_last_column() -> None:
    text = "OA1:RRQ" + "A" * 20
    side = len(qr.matrix(text)) + 4
    shown = qr.terminal(text, columns=side, lines=(side + 1) // 2 + 1)
    assert {len(line) for line in shown.splitlines()} == {side}
    with pytest.raises(Misuse):
        qr.terminal(text, columns=side - 1, lines=100)
    with pytest.raises(Misuse):
        qr.terminal(text, columns=200, lines=(side + 1) // 2)
