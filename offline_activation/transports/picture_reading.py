"""Opening a picture and reading its QR codes; runs only inside ``picture_child`` because it trusts C decoders.

Turned, mirrored and inverted codes are read as they are, so EXIF orientation is never looked at.  Only QR codes are
asked for: with Micro QR switched on, noise is read as codes that are not there.
"""

import io
import re
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import zxingcpp
from PIL import Image, ImageChops, ImageFilter, ImageOps

from offline_activation.transports.picture_kind import READABLE
from offline_activation.transports.picture_limits import LADDER_SECONDS, MEGAPIXELS

OURS: Final = b"OA1:"
"""How the text of every code of this product begins."""

_PIXELS: Final = MEGAPIXELS * 1_000_000
_FIRST_LOOK: Final = 12_000_000
_ENLARGED: Final = 24_000_000
_PART: Final = re.compile(rb"OA1:([0-9A-F]{8})/([1-9][0-9]?)/([1-9][0-9]?):")
_QR: Final = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
_LOCAL: Final = zxingcpp.Binarizer.LocalAverage
_GLOBAL: Final = zxingcpp.Binarizer.GlobalHistogram


class TooLargeError(Exception):
    """More pixels than allowed, known before they are decoded."""


class UnreadableError(Exception):
    """Not a picture, a damaged one, or a kind that is not opened here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The exact bytes of the codes of ours and of the others, each once, in the order found."""

    ours: tuple[bytes, ...]
    foreign: tuple[bytes, ...]


def read_picture(picture: bytes) -> Reading:
    """Return the QR codes in ``picture``, trying harder until ours are complete or the ladder ends.

    Raises ``TooLargeError``, ``UnreadableError`` or ``MemoryError``.
    """
    ours: dict[bytes, None] = {}
    foreign: dict[bytes, None] = {}
    gray = open_gray(picture)
    deadline = time.process_time() + LADDER_SECONDS
    for look, binarizer in _ladder(gray):
        for code in _codes(look, binarizer):
            (ours if code.startswith(OURS) and code.isascii() else foreign)[code] = None
        if _complete(ours) or time.process_time() > deadline:
            break
    return Reading(ours=tuple(ours), foreign=tuple(foreign))


def open_gray(picture: bytes) -> Image.Image:
    """Return the first frame of ``picture`` in gray (mode L), transparency on white; raises as ``read_picture``."""
    Image.MAX_IMAGE_PIXELS = _PIXELS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(picture), formats=READABLE) as opened:
                _refuse_large(opened)
                opened.draft("L", opened.size)
                opened.load()
                return _gray(opened)
    except (TooLargeError, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise TooLargeError from error
    except Exception as error:
        raise UnreadableError from error


def _refuse_large(picture: Image.Image) -> None:
    if picture.width * picture.height > _PIXELS:
        raise TooLargeError


def _gray(picture: Image.Image) -> Image.Image:
    if picture.mode == "L":
        return picture.copy()
    if picture.mode.startswith("I") or picture.mode == "F":  # 16 and 32 bits: spread what is there over 8
        numbers = picture.convert("F")
        lowest, highest = numbers.getextrema()
        if not (isinstance(lowest, float) and isinstance(highest, float)) or highest <= lowest:
            return Image.new("L", picture.size, color=255)
        scale = 255 / (highest - lowest)
        return numbers.point(lambda value: value * scale - lowest * scale).convert("L")
    if picture.mode in {"LA", "La", "PA", "RGBA", "RGBa"} or "transparency" in picture.info:
        colored = picture if picture.mode == "RGBA" else picture.convert("RGBA")
        paper = Image.new("L", colored.size, color=255)
        return Image.composite(colored.convert("L"), paper, colored.getchannel("A"))
    if picture.mode in {"LAB", "HSV"}:
        return picture.convert("RGB").convert("L")
    return picture.convert("L")


def _ladder(gray: Image.Image) -> Iterator[tuple[Image.Image, zxingcpp.Binarizer]]:
    """Yield ever more laborious views of the picture; the order was measured on hard photographs."""
    first = gray
    while first.width * first.height > _FIRST_LOOK:
        first = first.reduce(2)
    yield first, _LOCAL
    if first is not gray:
        yield gray, _LOCAL
    yield _sharpened(first, 4), _LOCAL
    enlarged = first
    if first.width * first.height * 4 <= _ENLARGED:
        enlarged = first.resize((first.width * 2, first.height * 2), Image.Resampling.BICUBIC)
        yield enlarged, _LOCAL
    yield enlarged.filter(ImageFilter.GaussianBlur(2)), _LOCAL
    yield _sharpened(enlarged, 4), _LOCAL
    yield _sharpened(first, 8), _LOCAL
    yield _local_contrast(first), _LOCAL
    yield ImageOps.autocontrast(first, cutoff=1), _GLOBAL
    yield enlarged.filter(ImageFilter.GaussianBlur(4)), _LOCAL
    yield ImageOps.equalize(first), _GLOBAL


def _sharpened(gray: Image.Image, radius: int) -> Image.Image:
    return gray.filter(ImageFilter.UnsharpMask(radius=radius, percent=400, threshold=0))


def _local_contrast(gray: Image.Image) -> Image.Image:
    """Return the picture with shadows and gradients taken out: each pixel against the average of its surroundings."""
    radius = max(8, min(gray.size) // 12)
    return ImageChops.subtract(gray, gray.filter(ImageFilter.BoxBlur(radius)), scale=0.5, offset=128)


def _codes(gray: Image.Image, binarizer: zxingcpp.Binarizer) -> list[bytes]:
    found = zxingcpp.read_barcodes(gray, formats=_QR, binarizer=binarizer)
    return [bytes(code.bytes) for code in found if code.valid]


def _complete(ours: dict[bytes, None]) -> bool:
    """Tell whether something of ours is there and every document that came in parts has all of them."""
    parts: dict[bytes, set[int]] = {}
    totals: dict[bytes, int] = {}
    for code in ours:
        if match := _PART.match(code):
            parts.setdefault(match[1], set()).add(int(match[2]))
            totals[match[1]] = int(match[3])
    return bool(ours) and all(len(parts[name]) >= total for name, total in totals.items())
