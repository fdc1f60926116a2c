"""Writing QR codes: picture, printable drawing and terminal, from the texts of ``formats.frames``.

Alphanumeric mode, error correction level M, quiet zone of four modules (ISO/IEC 18004).
"""

import io
from collections.abc import Iterator
from itertools import groupby
from typing import Final

from PIL import Image, ImageDraw, ImageFont
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode
from qrcode.util import QRData

from offline_activation.errors import Misuse
from offline_activation.formats import frames

Matrix = tuple[tuple[bool, ...], ...]
"""Rows of modules, ``True`` is dark; without quiet zone."""

QUIET_ZONE: Final = 4
"""Light modules around a code."""
DOTS_PER_INCH: Final = 300
SIDE_MM: Final = 50
"""Smallest printed side of a code without quiet zone, in millimetres, at ``DOTS_PER_INCH``."""

_ALPHANUMERIC: Final = 2  # qrcode.util.MODE_ALPHA_NUM as the literal that its types ask for
_COLUMNS: Final = 2
_MM_PER_INCH: Final = 25.4
_TIGHT_QUIET_ZONE: Final = 2  # a terminal around the code is usually quiet as well


def matrix(text: str) -> Matrix:
    """Return the modules of the smallest QR code of level M for ``text`` (QR alphanumeric alphabet only)."""
    return _matrix(text, None)


def write_png(document: bytes) -> bytes:
    """Return one PNG picture with all QR codes of ``document``: one code, or numbered parts in two columns.

    Black on white at 300 dpi; each code prints at 50 mm or more.
    """
    texts = frames.split(document)
    first = matrix(texts[0])
    version = (len(first) - 17) // 4
    codes = [first, *(_matrix(text, version) for text in texts[1:])]  # parts are even: one version fits all
    picture = _page(codes) if len(codes) > 1 else _draw(first)
    out = io.BytesIO()
    picture.save(out, "PNG", dpi=(DOTS_PER_INCH, DOTS_PER_INCH), optimize=True)
    return out.getvalue()


def svg(text: str, *, side_mm: int = SIDE_MM) -> str:
    """Return an inline ``<svg>`` of the QR code of ``text``, ``side_mm`` wide without its quiet zone.

    It holds no text, style or reference, so it can stand in a page with a strict content policy.
    """
    modules = matrix(text)
    size = len(modules) + 2 * QUIET_ZONE
    print_mm = round(side_mm * size / len(modules), 2)
    runs = "".join(f"M{x} {y}h{length}v1h-{length}z" for x, y, length in _runs(modules))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" width="{print_mm}mm" '
        f'height="{print_mm}mm" shape-rendering="crispEdges" role="img" aria-label="QR code">'
        f'<rect width="{size}" height="{size}" fill="#fff"/><path d="{runs}" fill="#000"/></svg>'
    )


def terminal(text: str, *, columns: int, lines: int, ascii_only: bool = False, invert: bool = False) -> str:
    """Return the QR code of ``text`` as lines for a terminal of ``columns`` x ``lines`` characters.

    Made for light characters on a dark screen; ``invert`` for dark characters on a light one.  Half blocks show two
    modules in one character; ``ascii_only`` needs two characters for one module.  The last line of the terminal is
    kept for the prompt.  Raises ``Misuse("picture.terminal_too_small")`` when the code does not fit.
    """
    modules = matrix(text)
    needed = ""
    for quiet in (QUIET_ZONE, _TIGHT_QUIET_ZONE):
        lit = _lit(modules, quiet, invert=invert)
        rows = tuple(_ascii_rows(lit) if ascii_only else _block_rows(lit))
        if len(rows[0]) <= columns and len(rows) < lines:
            return "".join(f"{row}\n" for row in rows)
        needed = f"{len(rows[0])} x {len(rows) + 1}"
    raise Misuse("picture.terminal_too_small", columns=columns, lines=lines, needed=needed)


def _matrix(text: str, version: int | None) -> Matrix:
    code = QRCode(version=version, error_correction=ERROR_CORRECT_M, border=0)
    code.add_data(QRData(text.encode("ascii"), mode=_ALPHANUMERIC), optimize=0)
    code.make(fit=version is None)
    return tuple(tuple(bool(module) for module in row) for row in code.get_matrix())


def _draw(modules: Matrix) -> Image.Image:
    side = len(modules)
    picture = Image.new("1", (side + 2 * QUIET_ZONE, side + 2 * QUIET_ZONE), color=1)
    for x, y, length in _runs(modules):
        picture.paste(0, (x, y, x + length, y + 1))
    box = -(-int(SIDE_MM / _MM_PER_INCH * DOTS_PER_INCH + 1) // side)
    return picture.resize((picture.width * box, picture.height * box), Image.Resampling.NEAREST)


def _page(codes: list[Matrix]) -> Image.Image:
    """Return the codes in two columns, each with its number in its upper quiet zone's extra strip."""
    pictures = [_draw(code) for code in codes]
    side = pictures[0].width
    strip = side // 12
    rows = -(-len(codes) // _COLUMNS)
    page = Image.new("1", (side * _COLUMNS, (side + strip) * rows), color=1)
    pen = ImageDraw.Draw(page)
    font = ImageFont.load_default(size=strip * 0.7)
    for number, picture in enumerate(pictures):
        left, top = number % _COLUMNS * side, number // _COLUMNS * (side + strip)
        pen.text((left + side // 2, top + strip), f"{number + 1} / {len(codes)}", fill=0, font=font, anchor="mb")
        page.paste(picture, (left, top + strip))
    return page


def _runs(modules: Matrix) -> Iterator[tuple[int, int, int]]:
    """Yield (x, y, length) of each horizontal run of dark modules, the quiet zone included in x and y."""
    for y, row in enumerate(modules, QUIET_ZONE):
        x = QUIET_ZONE
        for dark, group in groupby(row):
            length = len(list(group))
            if dark:
                yield x, y, length
            x += length


def _lit(modules: Matrix, quiet: int, *, invert: bool) -> Matrix:
    """Return which cells a terminal must draw, quiet zone included: the light ones, or the dark ones when inverted."""
    side = len(modules) + 2 * quiet
    border = ((not invert,) * side,) * quiet
    edge = (not invert,) * quiet
    return (*border, *((*edge, *(module == invert for module in row), *edge) for row in modules), *border)


def _block_rows(lit: Matrix) -> Iterator[str]:
    blank = (False,) * len(lit)
    for at in range(0, len(lit), 2):
        lower = lit[at + 1] if at + 1 < len(lit) else blank
        yield "".join(" ▄▀█"[2 * up + down] for up, down in zip(lit[at], lower, strict=True))


def _ascii_rows(lit: Matrix) -> Iterator[str]:
    for row in lit:
        yield "".join("##" if cell else "  " for cell in row)
