"""What the reader makes of good, bad and hostile pictures (inside this process, to see what it returns)."""

import io
import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from offline_activation.formats import frames
from offline_activation.transports import qr
from offline_activation.transports.picture_kind import READABLE, kind_of
from offline_activation.transports.picture_reading import TooLargeError, UnreadableError, open_gray, read_picture

PHOTOS = Path(__file__).parent.parent / "data" / "qr-photos"


@pytest.fixture(scope="module")
def text(make_document: Callable[[int], bytes]) -> bytes:
    return frames.split(make_document(300))[0].encode()


@pytest.fixture
def picture(make_document: Callable[[int], bytes]) -> Image.Image:
    return Image.open(io.BytesIO(qr.write_png(make_document(300)))).convert("L")


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def test_photographs_that_others_took_are_read() -> None:
    index = json.loads((PHOTOS / "index.json").read_text())
    missed = []
    for name, record in index.items():
        if not record["read_by"]["zxing+retry"]:
            continue
        foreign = read_picture((PHOTOS / name).read_bytes()).foreign
        expected = record["expected_hex_by_jsqr"]
        if not foreign or (expected is not None and bytes.fromhex(expected) not in foreign):
            missed.append(name)
    assert len(missed) <= len(index) // 10, missed
    assert missed == [], "all of them were read when this was written"


def test_distorted_codes_are_read(
    make_document: Callable[[int], bytes], distortions: dict[str, Callable[[Image.Image, random.Random], Image.Image]]
) -> None:
    rnd = random.Random(2026)  # noqa: S311 - the same distortions each run
    missed = []
    for _ in range(60):
        document = make_document(rnd.randint(1, 640))
        expected = frames.split(document)[0].encode()
        clean = Image.open(io.BytesIO(qr.write_png(document)))
        for name, distort in distortions.items():
            if read_picture(saved(distort(clean, rnd), "PNG", compress_level=1)).ours != (expected,):
                missed.append((name, len(document)))
    assert len(missed) <= 60 * len(distortions) // 100, missed


def test_turned_mirrored_and_inverted_codes_are_read(picture: Image.Image, text: bytes) -> None:
    for changed in (
        picture.rotate(180),
        picture.rotate(90),
        ImageOps.mirror(picture),
        ImageOps.flip(picture),
        ImageOps.invert(picture),
        ImageOps.mirror(ImageOps.invert(picture)),
    ):
        assert read_picture(saved(changed, "PNG")).ours == (text,)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_camera_orientation_is_read(picture: Image.Image, text: bytes, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert read_picture(saved(picture, "JPEG", quality=80, exif=exif)).ours == (text,)


@pytest.mark.parametrize("kind", READABLE)
def test_every_kind_of_file_is_read(picture: Image.Image, text: bytes, kind: str) -> None:
    data = saved(picture, kind)
    assert kind_of(data) == kind
    assert read_picture(data).ours == (text,)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "I;16", "I", "F", "LAB", "YCbCr"])
def test_every_pixel_format_is_read(picture: Image.Image, text: bytes, mode: str) -> None:
    if mode == "I;16":
        deep = picture.convert("I").point(lambda value: value * 200 + 3000)
        data = saved(deep.convert("I;16"), "PNG")
    elif mode == "LAB":
        data = saved(
            Image.merge("LAB", (picture, Image.new("L", picture.size, 128), Image.new("L", picture.size, 128))), "TIFF"
        )
    else:
        data = saved(picture.convert(mode), "JPEG" if mode in {"CMYK", "YCbCr"} else "TIFF" if mode in "FI" else "PNG")
    assert read_picture(data).ours == (text,)


def test_transparent_paper_is_white(picture: Image.Image, text: bytes) -> None:
    black = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    black.putalpha(ImageOps.invert(picture))
    assert read_picture(saved(black, "PNG")).ours == (text,)
    indexed = picture.convert("1").convert("P")
    white = indexed.getpixel((0, 0))
    assert read_picture(saved(indexed, "GIF", transparency=white)).ours == (text,)


def test_of_an_animation_the_first_frame_counts(picture: Image.Image, text: bytes) -> None:
    blank = Image.new("L", picture.size, 255)
    assert read_picture(saved(picture, "GIF", save_all=True, append_images=[blank] * 3)).ours == (text,)
    assert read_picture(saved(blank, "GIF", save_all=True, append_images=[picture])).ours == ()


@pytest.mark.parametrize("mode", ["1", "L", "RGBA", "I;16", "CMYK"])
def test_blank_and_tiny_pictures_hold_nothing(mode: str) -> None:
    for size in ((1, 1), (3, 2), (1, 2000), (640, 480)):
        reading = read_picture(saved(Image.new(mode, size), "TIFF" if mode == "CMYK" else "PNG"))
        assert reading.ours == reading.foreign == ()


def test_more_pixels_than_allowed_are_refused_before_decoding() -> None:
    bomb = saved(Image.new("1", (12_000, 12_000)), "PNG", optimize=True)
    assert len(bomb) < 40_000
    with pytest.raises(TooLargeError):
        open_gray(bomb)
    with pytest.raises(TooLargeError):
        open_gray(saved(Image.new("1", (60_000, 1_100)), "PNG"))


def test_damaged_pictures_are_unreadable(picture: Image.Image) -> None:
    photo = saved(picture.convert("RGB"), "JPEG")
    for data in (photo[: len(photo) // 2], photo[:20], b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7"):
        with pytest.raises(UnreadableError):
            open_gray(data)


def test_a_picture_that_is_also_a_page_is_only_a_picture(picture: Image.Image, text: bytes) -> None:
    polyglot = saved(picture, "PNG") + b"<html><script>alert(1)</script>OA1:RRQ</html>"
    assert read_picture(polyglot).ours == (text,)


def test_no_phantom_is_read_in_noise() -> None:
    for seed in range(20):
        rnd = random.Random(seed)  # noqa: S311 - the same noise each run
        noise = Image.frombytes("L", (300, 300), rnd.randbytes(90_000))
        reading = read_picture(saved(noise, "PNG", compress_level=0))
        assert reading.ours == reading.foreign == ()


def test_a_large_photograph_with_a_small_code_is_read(picture: Image.Image, text: bytes) -> None:
    photo = Image.effect_noise((6000, 4500), 40).convert("RGB")
    photo.paste(picture.resize((500, 500)), (3000, 2500))
    assert read_picture(saved(photo, "JPEG", quality=70)).ours == (text,)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(READABLE), st.data())
def test_damaged_bytes_never_raise_anything_else(kind: str, data: st.DataObject) -> None:
    whole = bytearray(saved(Image.new("L", (40, 30), 200), kind))
    for _ in range(data.draw(st.integers(0, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)))
    try:
        found = read_picture(bytes(whole[:cut])).ours
    except (UnreadableError, TooLargeError):
        found = ()
    assert found == (), "nothing is on these pictures"


@given(st.binary(max_size=200))
def test_the_kind_of_any_bytes_is_known_or_nothing(data: bytes) -> None:
    assert kind_of(data) is None or kind_of(data)
