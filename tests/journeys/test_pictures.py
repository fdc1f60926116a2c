"""Photographs of QR codes: several codes in one picture, parts in several pictures, and pictures of other things."""

from pathlib import Path
from typing import Any

import pytest
import qrcode
from PIL import Image, ImageOps

World = Any
Templates = Any
Change = Any
Codes = Any

BIG_PRODUCT = """
[product]
id = "bigsuite"
name = "Big Suite"
lease_days = 183
grace_days = 30
warn_days = [30]
support_email = "support@inception.example"
""" + "".join(f'[limits.limit_with_a_long_name_{n:02}]\nlabel = "Limit {n}"\ndemo = 0\n' for n in range(16)) + "".join(
    f'[options.option_with_a_long_name_{n:02}]\nlabel = "Option {n}"\n' for n in range(30)
) + '[demo]\ndays = 30\n[policy]\nauto = ["activate", "update"]\n'  # fmt: skip


@pytest.fixture(scope="module")
def big_template(templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> World:
    ordered = templates.at("ordered").copy_to(tmp_path_factory.mktemp("big") / "world")
    ordered.vendor("product", "load", ordered.file("big.toml", BIG_PRODUCT))
    ordered.vendor("product", "export", "bigsuite", "-o", "big.product")
    limits = [part for n in range(16) for part in ("--set", f"limit_with_a_long_name_{n:02}={n + 1}")]
    options = [part for n in range(30) for part in ("--option", f"option_with_a_long_name_{n:02}")]
    number = ordered.order(*limits, *options, product="bigsuite")
    ordered.site("init", "big.product")
    ordered.first_request("big.areq", home="site", number=number)
    ordered.vendor("sign", "big.areq", "-o", "big.alic", "--qr", "big.png")
    return ordered


@pytest.fixture
def big(big_template: World, tmp_path: Path) -> World:
    """A license too large for one code, in numbered pictures or one picture with all codes."""
    return big_template.copy_to(tmp_path / "world")


def picture_of(text: str, border: int = 4) -> Image.Image:
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, box_size=4, border=border)
    code.add_data(text)
    return code.make_image().convert("L")


def parts_of(document: bytes) -> list[str]:
    from offline_activation.formats.frames import split  # noqa: PLC0415 - only here

    return list(split(document))


def side_by_side(*pictures: Image.Image) -> Image.Image:
    gap = 40
    sheet = Image.new("L", (sum(p.width + gap for p in pictures) + gap, max(p.height for p in pictures) + 2 * gap), 255)
    left = gap
    for picture in pictures:
        sheet.paste(picture, (left, gap))
        left += picture.width + gap
    return sheet


def opened(world: World, name: str) -> Image.Image:
    with Image.open(world.work / name) as picture:
        return picture.convert("L")


def saved(world: World, picture: Image.Image, name: str) -> str:
    picture.save(world.work / name)
    return name


def test_the_parts_of_a_large_response_are_imported_in_any_order_and_twice(big: World) -> None:
    parts = parts_of(big.document("big.alic"))
    assert len(parts) >= 3
    names = [saved(big, picture_of(text), f"part{n}.png") for n, text in enumerate(parts)]
    done = big.site("import", *reversed(names), names[0], "--json").json
    assert (done["state"], done["revision"]) == ("active", 1)
    assert big.ask(product="bigsuite")["state"] == "active"


def test_what_the_vendor_writes_with_qr_can_be_imported(big: World) -> None:
    written = sorted(path.name for path in big.work.glob("big*.png"))
    assert written
    assert big.site("import", *written, "--json").json["state"] == "active"


def test_one_photo_of_all_parts_turned_a_little_is_imported(big: World) -> None:
    pictures = [picture_of(text) for text in parts_of(big.document("big.alic"))]
    rows = [side_by_side(*pictures[at : at + 2]) for at in range(0, len(pictures), 2)]
    sheet = Image.new("L", (max(row.width for row in rows), sum(row.height for row in rows)), 255)
    top = 0
    for row in rows:
        sheet.paste(row, (0, top))
        top += row.height
    name = saved(big, sheet.rotate(12, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC), "grid.png")
    assert big.site("import", name, "--json").json["state"] == "active"


def test_a_missing_part_is_named_and_nothing_is_kept(big: World) -> None:
    parts = parts_of(big.document("big.alic"))
    names = [saved(big, picture_of(text), f"part{n}.png") for n, text in enumerate(parts, 1) if n != 2]
    error = big.refuses("site", "import", *names, said="frames.missing").error
    assert "2" in error["message"]
    assert str(len(parts)) in error["message"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace("/1/", "/0/"), {"frames.invalid", "armor.qr_text_damaged"}),
        (lambda text: text.replace("/1/", "/99/"), "frames.invalid"),
        (lambda text: text.replace("/1/", "/1/9", 1), {"frames.mixed", "frames.invalid"}),
        (lambda text: text.split("/")[0] + "/1/1000000:" + text.split(":", 2)[2], None),
        (lambda text: "OA1:00000000" + text[12:], "frames.mixed"),
    ],
    ids=["part 0", "part 99", "another total", "total of a million", "another document"],
)
def test_parts_that_cannot_be_are_refused(big: World, change: Change, said: Codes) -> None:
    first, *others = parts_of(big.document("big.alic"))
    names = [saved(big, picture_of(text), f"part{n}.png") for n, text in enumerate([change(first), *others])]
    before = big.state()
    result = big.site("import", *names, "--json", code=1)
    wanted = said if isinstance(said, set) else {said}
    assert said is None or result.error["code"] in wanted, result
    assert result.error["reason"] in {"ARMOR", "LIMIT", "ENCODING"}
    assert big.state() == before


def test_parts_of_two_documents_are_refused(big: World) -> None:
    big.vendor("sign", "big.areq", "-o", "again.alic")
    parts = parts_of(big.document("big.alic"))
    other = parts_of(big.document("big.alic") + b"x")
    names = [saved(big, picture_of(text), f"p{n}.png") for n, text in enumerate([parts[0], *other[1:]])]
    big.refuses("site", "import", *names, said="frames.mixed")


def test_two_documents_in_one_picture_are_refused_and_listed(answered: World) -> None:
    sheet = side_by_side(opened(answered, "first.png"), opened(answered, "first-request.png"))
    saved(answered, sheet, "two.png")
    for program, command in (("site", "import"), ("vendor", "sign")):
        result = answered.run(program, command, "two.png", "--json", code=1)
        assert result.error["code"] in {"armor.two_documents", "frames.mixed"}
    assert answered.ask()["state"] == "demo"


def test_a_foreign_code_beside_ours_is_ignored(answered: World) -> None:
    sheet = side_by_side(picture_of("https://example.com/menu"), opened(answered, "first.png"))
    saved(answered, sheet, "both.png")
    assert answered.site("import", "both.png", "--json").json["state"] == "active"


def test_only_a_foreign_code_is_named_as_such(answered: World) -> None:
    saved(answered, picture_of("WIFI:S:office;T:WPA;P:secret;;"), "wifi.png")
    for program, command in (("site", "import"), ("vendor", "sign")):
        error = answered.refuses(program, command, "wifi.png", said="picture.foreign_code").error
        assert "secret" not in str(error)


TURNS = {
    "upside down": lambda picture: picture.rotate(180),
    "on its side": lambda picture: picture.rotate(90, expand=True),
    "mirrored": ImageOps.mirror,
    "inverted": ImageOps.invert,
    "16-bit": lambda picture: picture.convert("I;16"),
    "with transparency": lambda picture: picture.convert("RGBA"),
}


@pytest.mark.parametrize("how", list(TURNS))
def test_a_picture_taken_in_an_odd_way_is_read_or_refused_cleanly(answered: World, how: str) -> None:
    picture = TURNS[how](opened(answered, "first.png").convert("L"))
    result = answered.site("import", saved(answered, picture, "odd.png"), "--json", code=None)
    if how in {"upside down", "on its side", "with transparency"}:
        assert result.code == 0, result
    if result.code:
        assert result.error["code"].startswith("picture."), result
        assert answered.ask()["state"] == "demo"


def test_a_cmyk_jpeg_is_imported(answered: World) -> None:
    opened(answered, "first.png").convert("CMYK").save(answered.work / "print.jpg", quality=90)
    assert answered.site("import", "print.jpg", "--json").json["state"] == "active"


def test_pictures_without_a_code_are_refused(answered: World) -> None:
    for size in ((1, 1), (600, 400)):
        saved(answered, Image.new("L", size, 255), "blank.png")
        answered.refuses("site", "import", "blank.png", said="picture.no_code")
        answered.refuses("vendor", "sign", "blank.png", said="picture.no_code")


def test_damaged_and_foreign_kinds_of_pictures_are_refused(answered: World) -> None:
    png = (answered.work / "first.png").read_bytes()
    for name, content in (
        ("cut.png", png[: len(png) // 2]),
        ("photo.heic", b"\x00\x00\x00\x18ftypheic" + bytes(200)),
        ("page.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
        ("document.pdf", b"%PDF-1.7\n" + bytes(300)),
    ):
        answered.file(name, content)
        before = answered.state()
        error = answered.site("import", name, "--json", code=1).error
        assert error["code"].split(".")[0] in {"picture", "armor", "carrier"}, error
        assert error["remedy"]
        assert answered.state() == before


def test_a_pixel_bomb_is_refused(answered: World, tmp_path: Path) -> None:
    Image.new("1", (30_000, 30_000)).save(tmp_path / "bomb.png", optimize=True)
    answered.refuses("site", "import", tmp_path / "bomb.png", said="picture.too_large")
