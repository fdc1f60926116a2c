"""The parts of a mail: as the mail package of the standard library sees them, and bounded where it is not."""

import random
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import compat32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offline_activation.errors import Refusal
from offline_activation.transports import mail, mail_structure
from offline_activation.transports.text import TEXT_LIMIT

HEAD = b"From: a@example.org\nSubject: x\nMIME-Version: 1.0\n"
MULTIPART = HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n"


def contents(data: bytes) -> list[bytes]:
    return [part.content() for part in mail.parts(data, source="mail")]


def code_of(data: bytes) -> str:
    with pytest.raises(Refusal) as problem:
        mail.parts(data, source="mail")
    return problem.value.code


def composed(rnd: random.Random, depth: int = 0) -> EmailMessage:
    """Give a mail as mail programs write it: texts, attachments, and mails in mails."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.org", "b@example.org", "a subject " * 12
    message.set_content("Grüße\n-- \n--b\n" * rnd.randint(1, 4), cte=rnd.choice(("quoted-printable", "base64", "8bit")))
    if rnd.random() < 0.5:
        message.add_alternative("<p>Grüße</p>", subtype="html")
    for number in range(rnd.randint(0, 3)):
        content = rnd.randbytes(rnd.randint(1, 300))
        name = rnd.choice(("a.areq", "größe.bin", "a" * 120))
        message.add_attachment(content, maintype="application", subtype=f"x-{number}", filename=name)
    if depth < 2 and rnd.random() < 0.4:
        message.add_attachment(composed(rnd, depth + 1))
    return message


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 1 << 32), st.booleans())
def test_parts_are_those_of_the_mail_package(seed: int, crlf: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
    data = composed(random.Random(seed)).as_bytes()  # noqa: S311 - a mail for each number
    data = data.replace(b"\n", b"\r\n") if crlf else data
    expected = [
        (part.get_filename(), part.get_payload(decode=True))
        for part in message_from_bytes(data, policy=compat32).walk()
        if not part.is_multipart()
    ]
    found = mail_structure.leaves(data, source="mail")
    assert [(leaf.headers.get_filename(), leaf.content()) for leaf in found] == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (MULTIPART + b"preamble\n--b\n\none\n--b  \n\ntwo\n--b--\nepilogue\n--b\n\nnever", [b"one", b"two"]),
        (MULTIPART + b"--b\n\none\n--bb\n--b-\n-b\n", [b"one\n--bb\n--b-\n-b\n"]),
        (MULTIPART + b"--b\nContent-Type: text/plain\none", [b"one"]),
        (MULTIPART + b"no delimiter", [b"no delimiter"]),
        (MULTIPART + b"--b\n--b\n--b--", []),
        (HEAD + b"Content-Type: multipart/mixed\n\n--b\n\none", [b"--b\n\none"]),
        (HEAD + b"Content-Type: multipart/mixed; boundary*=utf-8''%62\n\n--b\n\none", [b"one"]),
        (HEAD + b"Content-Type: message/rfc822\n\nSubject: y\n\none", [b"one"]),
        (HEAD + b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nb25l", [b"one"]),
        (HEAD + b"Content-Transfer-Encoding: base64\n\nb25", [b"on"]),
        (HEAD + b"Content-Transfer-Encoding: base64\n\nb", [b"b"]),
        (HEAD + b"Content-Transfer-Encoding: quoted-printable\n\non=\ne=C3=A4", "oneä".encode()),
        (HEAD + b"Content-Type: text/plain; charset=punycode\n\none-abc", [b"one-abc"]),
        (HEAD + b"Content-Type: text/plain; charset=nobody-knows\n\none", [b"one"]),
        (HEAD + b"Content-Type: text/plain; charset=utf-16\n\n\xff\xfeo\0", [b"o"]),
        (b"\xef\xbb\xbf\n\n" + HEAD + b"\none", [b"one"]),
        (HEAD, []),
    ],
)
def test_unusual_mails_are_read_as_far_as_they_go(data: bytes, expected: list[bytes] | bytes) -> None:
    assert contents(data) == (expected if isinstance(expected, list) else [expected])


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (HEAD + b"X: y\n" * 2000 + b"\none", "carrier.unreadable"),
        (HEAD + b"X: " + b"y" * 70_000 + b"\n\none", "carrier.unreadable"),
        (HEAD + b"Content-Type: text/plain" + b"; a=b" * 1000 + b"\n\none", "carrier.unreadable"),
        (HEAD + b"Content-Type: text/plain" + b";\n a=b" * 900 + b"\n\none", "carrier.unreadable"),
        (MULTIPART + b"--b\n\none\n" * 33, "limit.count"),
        (MULTIPART + b"--b\nContent-Type: message/rfc822\n\n\n" * 65, "limit.count"),
        (MULTIPART + b"--c\n" * 600, "carrier.unreadable"),
        (HEAD + b"Content-Type: message/rfc822\n\n" * 10, "limit.depth"),
        (HEAD + bytes(mail.MAIL_LIMIT), "limit.too_large"),
    ],
)
def test_laborious_mails_are_refused(data: bytes, expected: str) -> None:
    assert code_of(data) == expected


def test_large_texts_are_not_converted() -> None:
    for encoding in (b"8bit", b"quoted-printable", b"base64"):
        data = (
            HEAD + b"Content-Type: text/html\nContent-Transfer-Encoding: " + encoding + b"\n\n" + b"AAAA" * TEXT_LIMIT
        )
        for text in (data, data + b"A" * TEXT_LIMIT):
            (content,) = contents(text)
            assert len(content) > TEXT_LIMIT


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.sampled_from((b"", HEAD, MULTIPART, MULTIPART + b"--b\n")))
def test_any_bytes_are_parts_or_a_refusal(data: bytes, start: bytes) -> None:
    try:
        parts = mail.parts(start + data, source="mail")
    except Refusal:
        return
    for part in parts:
        assert len(part.content()) <= 3 * part.size
