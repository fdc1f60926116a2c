"""What mail programs, editors and telephones do to a document on its way: accepted whole, or refused with the line."""

import base64
import io
import quopri
import textwrap
import urllib.parse
import zipfile
from email.message import EmailMessage
from typing import Any

import pytest

World = Any
Change = Any


def mailed(block: str, how: str) -> bytes:
    """Return a mail that carries ``block``."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "support@inception.example", "maria@northwind.example", "Your license"
    if how == "attachment":
        mail.set_content("Please import the attached file.\n")
        mail.add_attachment(block.encode(), maintype="application", subtype="octet-stream", filename="first.alic")
    elif how == "base64 body":
        mail.set_content(block, cte="base64")
    elif how == "quoted-printable body":
        mail.set_content(block + "\nGr\u00fc\u00dfe = Greetings\n", cte="quoted-printable")
    elif how == "quoted reply":
        mail.set_content("Thanks!\n\nOn Tuesday support wrote:\n" + textwrap.indent(block, "> ", lambda _: True))
    elif how == "html only":
        mail.set_content(f"<html><body><p>Hello</p><pre>{block}</pre></body></html>", subtype="html")
    elif how == "forwarded":
        outer = EmailMessage()
        outer["From"], outer["To"], outer["Subject"] = "a@northwind.example", "b@northwind.example", "Fwd: license"
        outer.set_content("see below\n")
        mail.set_content(block)
        outer.add_attachment(mail)
        return outer.as_bytes()
    return mail.as_bytes()


MAILS = ("attachment", "base64 body", "quoted-printable body", "quoted reply", "html only", "forwarded")


@pytest.mark.parametrize("how", MAILS)
def test_a_saved_mail_is_imported(answered: World, how: str) -> None:
    answered.file("saved.eml", mailed(answered.text("first.alic"), how))
    assert answered.site("import", "saved.eml", "--json").json["state"] == "active"


@pytest.mark.parametrize("how", ["attachment", "quoted reply"])
def test_a_saved_mail_is_signed(requested: World, how: str) -> None:
    requested.file("saved.eml", mailed(requested.text("first.areq"), how))
    requested.vendor("sign", "saved.eml", "-o", "out.alic")
    assert requested.site("import", "out.alic", "--json").json["state"] == "active"


def test_a_mail_with_the_photo_attached_is_imported(answered: World) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@inception.example", "b@northwind.example", "Photo"
    mail.set_content("see the photo\n")
    mail.add_attachment((answered.work / "first.png").read_bytes(), maintype="image", subtype="png", filename="i.png")
    answered.file("photo.eml", mail.as_bytes())
    assert answered.site("import", "photo.eml", "--json").json["state"] == "active"


def zipped(text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../first.alic", text)
    return buffer.getvalue()


HARMLESS = {
    "CRLF": lambda text: text.replace("\n", "\r\n").encode(),
    "CR only": lambda text: text.replace("\n", "\r").encode(),
    "no final newline": lambda text: text.rstrip("\n").encode(),
    "byte order mark": lambda text: text.encode("utf-8-sig"),
    "UTF-16 by Notepad": lambda text: text.encode("utf-16"),
    "UTF-16 big-endian": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "no-break spaces": lambda text: text.replace(" ", "\u00a0").encode(),
    "quoted": lambda text: textwrap.indent(text, "> ", lambda _: True).encode(),
    "quoted twice": lambda text: textwrap.indent(text, ">> ", lambda _: True).encode(),
    "blank lines": lambda text: text.replace("\n", "\n\n").encode(),
    "trailing blanks": lambda text: text.replace("\n", "   \t\n").encode(),
    "lower case": lambda text: text.lower().encode(),
    "wrapped at 30 columns": lambda text: "\n".join(
        piece for line in text.splitlines() for piece in textwrap.wrap(line, 30) or [""]
    ).encode(),
    "one line": lambda text: " ".join(text.split()).encode(),
    "only the block": lambda text: text[text.index("OA1 ") :].encode(),
    "O for 0 and l for 1": lambda text: (
        text[: (at := text.index("\n01 "))] + text[at:].replace("0", "O").replace("1", "l")
    ).encode(),
    "base64 of the file": lambda text: base64.encodebytes(text.encode()),
    "zipped": zipped,
    "renamed .txt": lambda text: text.encode(),
    "quoted-printable": lambda text: quopri.encodestring(text.encode()),
    "hyphens and soft hyphens": lambda text: text.replace("\n", "\u00ad\n").encode(),
}


@pytest.mark.parametrize("how", list(HARMLESS))
def test_what_cannot_change_a_byte_is_accepted(answered: World, how: str) -> None:
    name = answered.file("carried.txt", HARMLESS[how](answered.text("first.alic")))
    assert answered.site("import", name, "--json").json["state"] == "active"


def lines_of(text: str) -> tuple[list[str], int]:
    lines = text.splitlines()
    return lines, next(number for number, line in enumerate(lines) if line.startswith("OA1 "))


def without(text: str, number: int) -> str:
    lines, first = lines_of(text)
    return "\n".join(lines[: first + number] + lines[first + number + 1 :]) + "\n"


def doubled(text: str, number: int) -> str:
    lines, first = lines_of(text)
    return "\n".join(lines[: first + number + 1] + lines[first + number :]) + "\n"


def swapped(text: str, number: int) -> str:
    lines, first = lines_of(text)
    at = first + number
    lines[at], lines[at + 1] = lines[at + 1], lines[at]
    return "\n".join(lines) + "\n"


def altered(text: str, number: int, change: Change) -> str:
    lines, first = lines_of(text)
    lines[first + number] = change(lines[first + number])
    return "\n".join(lines) + "\n"


DAMAGE = {
    "missing": ("armor.line_missing", "5", lambda text: without(text, 5)),
    "first missing": ("armor.line_missing", "1", lambda text: without(text, 1)),
    "doubled": ("armor.line_doubled", "5", lambda text: doubled(text, 5)),
    "swapped": ("armor.line_doubled", "6", lambda text: swapped(text, 5)),
    "one character": (
        "armor.line_damaged",
        "4",
        lambda text: altered(text, 4, lambda line: line[:8] + ("A" if line[8] != "A" else "B") + line[9:]),
    ),
    "two characters swapped": (
        "armor.line_damaged",
        "7",
        lambda text: altered(
            text, 7, lambda line: next(
                line[:at] + line[at + 1] + line[at] + line[at + 2 :]
                for at in range(3, 30)
                if line[at] != line[at + 1] and " " not in line[at : at + 2]
            ),
        ),
    ),
    "cut in the middle": ("armor.line_damaged", "3", lambda text: altered(text, 3, lambda line: line[:20])),
}  # fmt: skip


@pytest.mark.parametrize("how", list(DAMAGE))
def test_damage_is_refused_and_the_line_is_named(answered: World, how: str) -> None:
    code, line, damage = DAMAGE[how]
    name = answered.file("damaged.txt", damage(answered.text("first.alic")))
    error = answered.refuses("site", "import", name, said=code).error
    assert error["reason"] == "ARMOR"
    assert f"ine {line} " in error["message"], error


@pytest.mark.parametrize("how", ["missing", "one character"])
def test_damage_of_a_request_is_refused_by_the_vendor(requested: World, how: str) -> None:
    code, line, damage = DAMAGE[how]
    name = requested.file("damaged.txt", damage(requested.text("first.areq")))
    error = requested.refuses("vendor", "sign", name, "-o", "out.alic", said=code).error
    assert f"ine {line} " in error["message"], error
    assert requested.audit_last()[1].count(code) == 1


def test_a_text_cut_at_the_end_says_so(answered: World) -> None:
    text = answered.text("first.alic")
    answered.refuses("site", "import", answered.file("a", text[: text.rindex("OA1")]), said="armor.no_end")
    answered.refuses("site", "import", answered.file("b", text[: text.index("OA1")]), said="armor.no_block")


def test_first_and_last_line_must_agree(answered: World) -> None:
    text = answered.text("first.alic").replace("OA1 LICENSE END", "OA1 REQUEST END")
    error = answered.refuses("site", "import", answered.file("a", text), said="armor.label_mismatch").error
    assert "LICENSE" in error["message"]
    assert "REQUEST" in error["message"]


def test_a_label_never_decides_what_a_document_is(answered: World) -> None:
    license_as_request = answered.file("a", answered.text("first.alic").replace("OA1 LICENSE", "OA1 REQUEST"))
    request_as_license = answered.file("b", answered.text("first.areq").replace("OA1 REQUEST", "OA1 LICENSE"))
    answered.refuses("site", "import", request_as_license, said="profile.kind")
    answered.refuses("vendor", "sign", license_as_request, said="profile.kind")


def test_a_look_alike_in_a_label_is_refused(answered: World) -> None:
    text = answered.text("first.alic").replace("OA1 LICENSE ", "OA1 LI\u0421ENSE ", 1)
    result = answered.site("import", answered.file("a", text), "--json", code=1)
    assert result.error["reason"] == "ARMOR"


@pytest.mark.parametrize("pair", [("first.areq", "first.alic"), ("first.alic", "first.alic")])
def test_two_blocks_in_one_file_are_refused_and_counted(answered: World, pair: tuple[str, str]) -> None:
    name = answered.file("two.txt", "\n".join(answered.text(each) for each in pair))
    for program, command in (("site", "import"), ("vendor", "sign")):
        error = answered.refuses(program, command, name, said="armor.two_documents").error
        assert "2" in error["message"]


def test_the_altered_readable_lines_do_not_count_and_are_named(answered: World) -> None:
    text = answered.text("first.alic").replace("Limit, employees: 6", "Limit, employees: 600")
    assert "600" in text
    result = answered.site("import", answered.file("altered.alic", text), "--json")
    assert result.json["text_differs"]
    assert answered.ask()["employees"] == 6
    assert "text.differs" in result.err
    shown = answered.site("import", "altered.alic").err
    assert "text.differs" in shown
    assert "next step" in shown


def test_the_altered_readable_lines_of_a_request_are_shown_to_the_vendor(requested: World) -> None:
    text = requested.text("first.areq").replace("Northwind Manufacturing GmbH", "Somebody Else Inc")
    name = requested.file("altered.areq", text)
    seen = requested.vendor("review", name, "--json").json
    assert seen["contact"]["company"] == "Northwind Manufacturing GmbH"
    assert seen["text_differs"]
    shown = requested.vendor("review", name)
    assert "Company" in shown.err
    assert "text.differs" in shown.err
    assert requested.vendor("sign", name, "-o", "a.alic", "--json").json["results"][0]["outcome"] == "signed"


QR_TEXTS = {
    "trailing newline": lambda text: text + "\n",
    "double blank collapsed": lambda text: text[:20] + "  " + text[20:],
    "URL-encoded": urllib.parse.quote,
    "plus for blank": urllib.parse.quote_plus,
    "lower case": str.lower,
    "smart quotes": lambda text: f"\u201c{text[:-6]}\u2019",
    "cut": lambda text: text[:-7],
}


@pytest.mark.parametrize("how", list(QR_TEXTS))
def test_the_pasted_text_of_a_qr_code_is_taken_whole_or_refused_with_a_hint(answered: World, how: str) -> None:
    import zxingcpp  # noqa: PLC0415 - only here
    from PIL import Image  # noqa: PLC0415 - only here

    with Image.open(answered.work / "first.png") as picture:
        text = zxingcpp.read_barcodes(picture)[0].text
    name = answered.file("pasted.txt", QR_TEXTS[how](text))
    before = answered.state()
    result = answered.site("import", name, "--json", code=None)
    if result.code == 0:
        assert result.json["revision"] == 1
    else:
        assert result.code == 1
        if how != "cut":
            assert (result.error["code"], result.error["reason"]) == ("armor.qr_text_damaged", "ARMOR")
            assert "text form" in result.error["remedy"]
        assert answered.state() == before
