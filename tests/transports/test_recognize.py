"""One door for everything a person may bring: the document comes out exactly, or one clear refusal."""

import base64
import io
import random
import zipfile
from collections.abc import Callable
from email.message import EmailMessage
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from offline_activation.errors import ActivationError, Misuse
from offline_activation.formats import armor, frames
from offline_activation.transports import archive, mail, qr
from offline_activation.transports.recognize import INPUTS, Carried, Input, recognize

DOCUMENT = b"\xd2\x84" + random.Random(1).randbytes(300)  # noqa: S311 - the same noise each run
OTHER = b"\xd2\x84" + random.Random(2).randbytes(300)  # noqa: S311 - as above
LARGE = b"\xd2\x84" + random.Random(3).randbytes(1400)  # noqa: S311 - as above
BLOCK = armor.armor(DOCUMENT, "REQUEST")
FILE = f"Activation request AR-7K4M-92QX\nCompany: Müller\n\n{BLOCK}\nPlease send this file to the vendor.\n"


def only(data: bytes, name: str = "given") -> Carried:
    return recognize([Input(name=name, data=data)])


def code_of(*data: bytes) -> str:
    with pytest.raises(ActivationError) as problem:
        recognize([Input(name=f"file {number}", data=each) for number, each in enumerate(data, 1)])
    return problem.value.code


def png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1)
    return out.getvalue()


def code_pictures(document: bytes) -> list[Image.Image]:
    """Give one picture for each part, as photographs of a page would be."""
    found = []
    for text in frames.split(document):
        modules = qr.matrix(text)
        picture = Image.new("L", (len(modules) + 8, len(modules) + 8), 255)
        for y, row in enumerate(modules, 4):
            for x, dark in enumerate(row, 4):
                if dark:
                    picture.putpixel((x, y), 0)
        found.append(picture.resize((picture.width * 6, picture.height * 6), Image.Resampling.NEAREST))
    return found


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as packed:
        for name, content in members:
            packed.writestr(name, content)
    return out.getvalue()


def letter(text: str = "See the attachment.", /, **attachments: bytes) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.org", "b@example.org", "Request AR-7K4M-92QX"
    message.set_content(text)
    for name, content in attachments.items():
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=f"{name}.bin")
    return message


def test_raw_bytes_are_carried_as_they_are() -> None:
    assert only(DOCUMENT, "a.cose") == Carried(document=DOCUMENT, readable=None, how="document", name="a.cose")


def test_the_lines_around_the_block_are_kept() -> None:
    carried = only(FILE.encode(), "a.areq")
    assert carried.document == DOCUMENT
    assert carried.how == "text"
    assert carried.label == "REQUEST"
    assert carried.readable == (
        "Activation request AR-7K4M-92QX",
        "Company: Müller",
        "Please send this file to the vendor.",
    )


@pytest.mark.parametrize(
    "data",
    [
        FILE.encode("utf-16"),
        FILE.encode("utf-16-le"),
        FILE.encode("utf-8-sig"),
        FILE.replace("\n", "\r\n").encode(),
        FILE.encode("cp1252"),
        FILE.lower().encode(),
        "".join(f"> > {line}\n" for line in FILE.splitlines()).encode(),
        FILE.replace(" ", "\u00a0").encode(),
        base64.encodebytes(FILE.encode()),
        base64.b64encode(DOCUMENT),
        zipped(("a.areq", FILE.encode())),
        zipped(("readme.txt", b"hello"), ("__MACOSX/x", b"y"), ("deep/er/a.areq", FILE.encode()), method=0),
        qr.write_png(DOCUMENT),
        frames.split(DOCUMENT)[0].encode(),
        frames.split(DOCUMENT)[0].encode() + b"  \r\n",
        f"<html><body><p>{'<br>'.join(FILE.splitlines())}</p></body></html>".encode(),
        f"<!DOCTYPE html><pre>{FILE}</pre>".encode(),
    ],
)
def test_harmless_changes_do_not_change_the_document(data: bytes) -> None:
    assert only(data, "renamed.txt").document == DOCUMENT


def test_code_text_that_pasting_changed_says_so() -> None:
    (text,) = frames.split(DOCUMENT)
    assert " " in text
    for changed in (quote(text), text.replace(" ", "%20", 1), f"\u201c{text}\u201d", text.lower(), text[:-1] + "!"):
        assert code_of(changed.encode()) == "armor.qr_text_damaged"


def test_parts_as_text_lines_are_joined() -> None:
    lines = list(frames.split(LARGE))
    assert only("\n".join(reversed(lines)).encode()).document == LARGE
    assert code_of("\n".join(lines[1:]).encode()) == "frames.missing"


def test_photographs_of_parts_come_in_any_order_and_twice() -> None:
    photos = [png(picture) for picture in code_pictures(LARGE)]
    assert len(photos) > 2
    blurred = png(Image.new("L", (400, 400), 200))
    given_ = [photos[2], blurred, *photos, photos[0]]
    carried = recognize([Input(name=f"{n}.png", data=data) for n, data in enumerate(given_)])
    assert (carried.document, carried.how) == (LARGE, "picture")
    with pytest.raises(ActivationError) as problem:
        recognize([Input(name="1", data=photos[0]), Input(name="3", data=photos[2])])
    assert problem.value.code == "frames.missing"
    assert "2, 4 of 4" in problem.value.message


def test_parts_of_two_documents_are_not_mixed() -> None:
    one, two = (code_pictures(LARGE[:-1] + bytes([last])) for last in (0, 1))
    assert code_of(*(png(picture) for picture in (one[0], *two[1:]))) == "frames.mixed"


def test_a_turned_photograph_of_a_whole_page_is_complete() -> None:
    page = Image.open(io.BytesIO(qr.write_png(LARGE))).convert("L")
    turned = page.rotate(12, Image.Resampling.BICUBIC, expand=True, fillcolor=240)
    assert only(png(turned)).document == LARGE


def test_two_documents_are_refused_and_listed() -> None:
    one, two = code_pictures(DOCUMENT)[0], code_pictures(OTHER)[0]
    both = Image.new("L", (one.width + two.width, max(one.height, two.height)), 255)
    both.paste(one, (0, 0))
    both.paste(two, (one.width, 0))
    assert code_of(png(both)) == "armor.two_documents"
    assert code_of((BLOCK + armor.armor(OTHER, "LICENSE")).encode()) == "armor.two_documents"
    assert code_of(zipped(("a", DOCUMENT), ("b", OTHER))) == "armor.two_documents"
    with pytest.raises(ActivationError) as problem:
        recognize([Input(name="a.areq", data=FILE.encode()), Input(name="b.alic", data=OTHER)])
    assert "REQUEST in a.areq, document in b.alic" in problem.value.message


def test_the_same_document_twice_is_one_and_keeps_its_lines() -> None:
    carried = recognize(
        [
            Input(name="code.png", data=qr.write_png(DOCUMENT)),
            Input(name="raw", data=DOCUMENT),
            Input(name="a.areq", data=FILE.encode()),
        ]
    )
    assert carried.document == DOCUMENT
    assert carried.name == "a.areq"
    assert carried.readable


def test_a_damaged_file_beside_a_good_one_is_not_passed_over() -> None:
    lines = BLOCK.splitlines()
    damaged = "\n".join([*lines[:3], lines[3][:8] + "ZZZ" + lines[3][11:], *lines[4:]])
    assert code_of(FILE.encode(), damaged.encode()) == "armor.line_damaged"
    assert code_of(damaged.encode()) == "armor.line_damaged"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "encoding.truncated"),
        (b"hello world", "armor.no_block"),
        (b"  \n", "armor.no_block"),
        (bytes(range(256)), "armor.not_text"),
        (b"\x7fELF" + bytes(100), "armor.not_text"),
        (b"<?xml version='1.0'?>\n<svg xmlns='x'><script>alert(1)</script></svg>", "picture.unreadable"),
        (b"%PDF-1.4 ...", "picture.unreadable"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "carrier.outlook"),
        (b"PK\x03\x04 not a zip file", "carrier.unreadable"),
        (zipped(("a.zip", zipped(("b", DOCUMENT)))), "carrier.unreadable"),
        (zipped(("a", b"hello")), "armor.no_block"),
        (zipped(), "armor.not_text"),
        (b"a" * (2 << 20), "limit.too_large"),
        (b"BM is how this text begins", "armor.no_block"),
    ],
)
def test_anything_else_is_refused_with_its_reason(data: bytes, expected: str) -> None:
    assert code_of(data) == expected


def test_the_number_of_inputs_is_bounded() -> None:
    with pytest.raises(Misuse):
        recognize([])
    assert code_of(*([DOCUMENT] * (INPUTS + 1))) == "limit.count"


@pytest.mark.parametrize(
    "message",
    [
        letter(document=FILE.encode()),
        letter(document=DOCUMENT),
        letter(code=qr.write_png(DOCUMENT)),
        letter(packed=zipped(("a.areq", FILE.encode()))),
        letter(FILE),
        letter(f"Here is my request:\n\n{FILE}"),
        letter(f"quoted: {armor.armor(OTHER, 'LICENSE')}", document=DOCUMENT),
        letter(logo=png(Image.new("L", (60, 20))), note=b"hello", document=DOCUMENT),
        letter(FILE, logo=png(Image.new("L", (60, 20)))),
    ],
)
def test_a_mail_with_one_document_is_accepted(message: EmailMessage) -> None:
    for data in (message.as_bytes(), message.as_bytes().replace(b"\n", b"\r\n"), b"From a@b\n" + message.as_bytes()):
        assert only(data, "mail.eml").document == DOCUMENT


def test_transfer_encodings_and_alternatives_are_undone() -> None:
    for encoding in ("quoted-printable", "base64", "8bit"):
        message = EmailMessage()
        message["From"], message["Subject"] = "a@example.org", "request"
        message.set_content(FILE, cte=encoding)
        assert only(message.as_bytes()).document == DOCUMENT
        message.add_alternative(f"<html><p>{'<br>'.join(FILE.splitlines())}</p></html>", subtype="html", cte=encoding)
        assert only(message.as_bytes()).document == DOCUMENT
    only_html = EmailMessage()
    only_html["From"], only_html["Subject"] = "a@example.org", "request"
    only_html.set_content(f"<div>{'</div><div>'.join(FILE.splitlines())}</div>", subtype="html")
    carried = only(only_html.as_bytes())
    assert carried.document == DOCUMENT
    assert carried.readable is not None
    assert "Company: Müller" in carried.readable


def test_a_forwarded_mail_is_opened() -> None:
    outer = letter("see below")
    outer.add_attachment(letter(document=FILE.encode()))
    assert only(outer.as_bytes()).document == DOCUMENT
    assert only(zipped(("mail.eml", outer.as_bytes()))).document == DOCUMENT


def test_a_mail_saved_by_an_editor_is_read() -> None:
    text = letter(FILE).as_string()
    for encoding in ("utf-16", "utf-8-sig"):
        assert only(text.encode(encoding)).document == DOCUMENT


def test_photographs_of_all_parts_in_one_mail_are_joined() -> None:
    photos = {f"photo{n}": png(picture) for n, picture in enumerate(code_pictures(LARGE))}
    assert only(letter(**photos).as_bytes()).document == LARGE
    photos.pop("photo1")
    assert code_of(letter(**photos).as_bytes()) == "frames.missing"


def test_a_mail_without_a_document_says_what_was_wrong() -> None:
    assert code_of(letter("hello").as_bytes()) == "armor.no_block"
    broken = FILE.replace("OA1 REQUEST END", "")
    assert code_of(letter(document=broken.encode()).as_bytes()) == "armor.no_end"
    assert code_of(letter(a=DOCUMENT, b=OTHER).as_bytes()) == "armor.two_documents"
    assert code_of(letter(photo=b"\x00\x00\x00\x18ftypheic1234").as_bytes()) == "picture.unreadable"


def test_deep_and_wide_mails_are_refused_quickly() -> None:
    head = b"From: a@example.org\nSubject: x\nMIME-Version: 1.0\n"
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(60))
    assert code_of(head + nested + b"\nx\n") == "limit.depth"
    wide = head + b"Content-Type: multipart/mixed; boundary=b\n\n"
    assert code_of(wide + b"--b\n\nx\n" * 100) == "limit.count"
    assert code_of(wide + b"--b\n\nx\n" * 100_000) == "carrier.unreadable"
    assert code_of(head + b"Content-Type: text/plain; " + b'a="b"; ' * 2000 + b"\n\nx") == "carrier.unreadable"
    assert code_of(head + b"Content-Type: message/rfc822\n\n" * 2000) in {"carrier.unreadable", "limit.depth"}


def test_archives_are_bounded() -> None:
    assert code_of(zipped(*((f"{n}", bytes(10 << 20)) for n in range(3)))) == "limit.too_large"
    assert code_of(zipped(*((f"{n}", b"") for n in range(archive.MEMBERS + 1)))) == "limit.count"
    assert code_of(zipped(*((f"{n}", b"") for n in range(1000)))) == "limit.count"
    assert code_of(zipped(("a", DOCUMENT), method=zipfile.ZIP_LZMA)) == "carrier.unreadable"
    locked = bytearray(zipped(("a", DOCUMENT), method=0))
    locked[6] |= 1
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    assert code_of(bytes(locked)) == "carrier.unreadable"


def test_names_inside_archives_and_mails_are_only_shown() -> None:
    with pytest.raises(ActivationError) as problem:
        only(zipped(("../../etc/x\n\u202e", DOCUMENT), ("b", OTHER)))
    assert problem.value.message.isprintable()


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from((FILE.encode(), DOCUMENT, zipped(("a", FILE.encode())), letter(document=FILE.encode()).as_bytes())),
    st.data(),
)
def test_damage_anywhere_is_the_document_or_a_refusal(whole: bytes, data: st.DataObject) -> None:
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 5))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        carried = only(bytes(damaged))
    except ActivationError:
        return
    assert carried.how == "document" or carried.document == DOCUMENT


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_refused_or_carried(data: bytes) -> None:
    try:
        only(data)
    except ActivationError:
        return
    assert data[:1] == b"\xd2" or b"OA1" in data.upper()


def test_readable_lines_that_look_like_headers_do_not_make_a_mail() -> None:
    assert not mail.looks_like_mail("Company: X\nDate: 2026-11-02\n\nOA1")
    assert only(f"Subject: request\nTo: vendor\nnot a header\n{BLOCK}".encode()).document == DOCUMENT


def test_large_documents_in_every_form(make_document: Callable[[int], bytes]) -> None:
    for size in (1, 640, 641, 16 * 1024):
        document = make_document(size)
        for data in (document, armor.armor(document, "LICENSE").encode(), qr.write_png(document)):
            assert only(data).document == document
