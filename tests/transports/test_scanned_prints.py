"""Codes printed at 300 dpi, copied once and scanned, are read: the way of a request on paper."""

import io
import random
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from PIL import Image, ImageFilter

from offline_activation.formats import frames
from offline_activation.transports import qr
from offline_activation.transports.picture_reading import read_picture

PRINTER_DPI = 300
MM_PER_INCH = 25.4
LARGEST = 640
"""Bytes of the largest document that is one code (version 20)."""


def printed(text: str, side_mm: int) -> Image.Image:
    """Give the paper around a code whose side without quiet zone is ``side_mm``."""
    modules = qr.matrix(text)
    size = len(modules) + 2 * qr.QUIET_ZONE
    code = Image.new("L", (size, size), 255)
    for y, row in enumerate(modules, qr.QUIET_ZONE):
        for x, dark in enumerate(row, qr.QUIET_ZONE):
            if dark:
                code.putpixel((x, y), 0)
    side = round(side_mm / MM_PER_INCH * PRINTER_DPI * size / len(modules))
    paper = Image.new("L", (side + 100, side + 100), 255)
    paper.paste(code.resize((side, side), Image.Resampling.NEAREST), (50, 50))
    return paper


def warped(paper: Image.Image, rnd: random.Random) -> Image.Image:
    """Bend the paper as a feeder does: each corner of a mesh of nine fields is up to 0.3 mm beside its place."""
    most = 0.3 / MM_PER_INCH * PRINTER_DPI
    steps = [round(paper.width * part / 3) for part in range(4)]
    knots = {(x, y): (x + rnd.uniform(-most, most), y + rnd.uniform(-most, most)) for x in steps for y in steps}

    def fields() -> Iterator[tuple[tuple[int, int, int, int], tuple[float, ...]]]:
        for left, right in pairwise(steps):
            for top, bottom in pairwise(steps):
                corners = ((left, top), (left, bottom), (right, bottom), (right, top))
                yield (left, top, right, bottom), tuple(at for corner in corners for at in knots[corner])

    return paper.transform(paper.size, Image.Transform.MESH, list(fields()), Image.Resampling.BICUBIC)


def photocopied(paper: Image.Image, rnd: random.Random) -> Image.Image:
    """Give the copy: laid down askew, bent, blurred by the optics, then only black and white."""
    askew = paper.rotate(rnd.uniform(-4, 4), Image.Resampling.BICUBIC, fillcolor=255)
    blurred = warped(askew, rnd).filter(ImageFilter.GaussianBlur(1.2))
    darkness = rnd.randint(100, 155)
    return blurred.point(lambda gray: 255 if gray > darkness else 0)


def scanned(paper: Image.Image, dpi: int, rnd: random.Random) -> bytes:
    """Give the scan as JPEG, askew again and with a little noise."""
    size = round(paper.width * dpi / PRINTER_DPI)
    scan = paper.rotate(rnd.uniform(-2, 2), Image.Resampling.BICUBIC, fillcolor=255)
    scan = scan.resize((size, size), Image.Resampling.BICUBIC)
    grain = Image.frombytes("L", (size, size), rnd.randbytes(size * size))
    out = io.BytesIO()
    Image.blend(scan, grain, 0.12).save(out, "JPEG", quality=75)
    return out.getvalue()


@pytest.mark.parametrize(
    ("side_mm", "dpi", "codes", "missed_at_most"),
    [
        (50, 200, 100, 1),  # the promise: 99 % at 50 mm and 200 dpi
        (60, 300, 12, 0),
        (60, 200, 12, 0),
        (60, 150, 12, 1),
        (50, 300, 12, 0),
        (50, 150, 12, 1),
        (40, 300, 12, 0),
        (40, 200, 12, 1),
        (40, 150, 12, 1),
    ],
)
def test_copied_and_scanned_codes_are_read(
    make_document: Callable[..., bytes], side_mm: int, dpi: int, codes: int, missed_at_most: int
) -> None:
    rnd = random.Random(f"{side_mm} mm, {dpi} dpi")  # noqa: S311 - the same copies each run
    missed = []
    for number in range(codes):
        # every second one is as large as one code can be
        document = make_document(LARGEST if number % 2 else rnd.randint(200, LARGEST), seed=number)
        (text,) = frames.split(document)
        scan = scanned(photocopied(printed(text, side_mm), rnd), dpi, rnd)
        if read_picture(scan).ours != (text.encode(),):
            missed.append((number, len(document)))
    assert len(missed) <= missed_at_most, missed
