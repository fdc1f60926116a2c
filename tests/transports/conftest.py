"""Documents and what cameras, printers and scanners do to pictures of them."""

import io
import random
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageFilter

Distortion = Callable[[Image.Image, random.Random], Image.Image]


@pytest.fixture(scope="session")
def make_document() -> Callable[..., bytes]:
    """Give documents of any size that begin as signed documents do; the rest is noise from a fixed seed."""

    def make(size: int, *, seed: int = 0) -> bytes:
        return (b"\xd2\x84" + random.Random(f"{seed}/{size}").randbytes(size))[:size]  # noqa: S311 - same noise each run

    return make


@pytest.fixture(scope="session")
def to_png() -> Callable[[Image.Image], bytes]:
    def save(picture: Image.Image) -> bytes:
        out = io.BytesIO()
        picture.save(out, "PNG", compress_level=1)
        return out.getvalue()

    return save


@pytest.fixture(scope="session")
def distortions() -> dict[str, Distortion]:
    return {
        "turned": _turned,
        "perspective": _perspective,
        "blurred": _blurred,
        "noisy": _noisy,
        "jpeg": _jpeg,
        "shadow": _shadow,
        "small": _small,
    }


def _module_pixels(picture: Image.Image) -> float:
    """Pixels of one module of a written code: the first dark run under the quiet zone is a finder's seven modules."""
    pixels = np.asarray(picture.convert("L")) < 128
    row = pixels[np.argmax(pixels.any(axis=1))]
    start = int(np.argmax(row))
    return float(np.argmin(row[start:])) / 7


def _turned(picture: Image.Image, rnd: random.Random) -> Image.Image:
    return picture.convert("L").rotate(rnd.choice((-12, 12)), Image.Resampling.BICUBIC, expand=True, fillcolor=235)


def _perspective(picture: Image.Image, rnd: random.Random) -> Image.Image:
    width, height = picture.size
    lean = 0.10
    corners = [
        (rnd.uniform(0, lean) * width, rnd.uniform(0, lean) * height),
        ((1 - rnd.uniform(0, lean)) * width, rnd.uniform(0, lean) * height),
        ((1 - rnd.uniform(0, lean)) * width, (1 - rnd.uniform(0, lean)) * height),
        (rnd.uniform(0, lean) * width, (1 - rnd.uniform(0, lean)) * height),
    ]
    source = [(0, 0), (width, 0), (width, height), (0, height)]
    rows = []
    for (x, y), (u, v) in zip(corners, source, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
    solved = np.linalg.solve(np.array(rows), np.array([n for point in source for n in point]))
    return picture.convert("L").transform(
        picture.size, Image.Transform.PERSPECTIVE, tuple(solved), Image.Resampling.BICUBIC, fillcolor=230
    )


def _blurred(picture: Image.Image, _rnd: random.Random) -> Image.Image:
    return picture.convert("L").filter(ImageFilter.GaussianBlur(_module_pixels(picture) * 0.5))


def _noisy(picture: Image.Image, rnd: random.Random) -> Image.Image:
    gray = np.asarray(picture.convert("L"), dtype=np.float32) * 0.5 + 60
    noise = np.random.default_rng(rnd.getrandbits(32)).normal(0, 35, gray.shape)
    return Image.fromarray(np.clip(gray + noise, 0, 255).astype(np.uint8))


def _jpeg(picture: Image.Image, _rnd: random.Random) -> Image.Image:
    scale = 4 / _module_pixels(picture)
    small = picture.convert("L").resize(
        (round(picture.width * scale), round(picture.height * scale)), Image.Resampling.BICUBIC
    )
    out = io.BytesIO()
    small.save(out, "JPEG", quality=30)
    return Image.open(out)


def _shadow(picture: Image.Image, rnd: random.Random) -> Image.Image:
    gray = np.asarray(picture.convert("L"), dtype=np.float32)
    height, width = gray.shape
    across = np.linspace(0.15, 1.0, width)[None, :] * np.linspace(1.0, rnd.uniform(0.4, 0.7), height)[:, None]
    return Image.fromarray((gray * across + 8).clip(0, 255).astype(np.uint8))


def _small(picture: Image.Image, _rnd: random.Random) -> Image.Image:
    scale = 3 / _module_pixels(picture)
    return picture.convert("L").resize(
        (round(picture.width * scale), round(picture.height * scale)), Image.Resampling.BOX
    )
