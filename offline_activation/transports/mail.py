"""A saved mail (``.eml``): its attachments and its texts, bounded, as candidates for a document.

The package's old policy is used on purpose: the new one parses headers in quadratic time, 30 crafted parts took more
than 15 s.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from typing import Final

from offline_activation.errors import Refusal
from offline_activation.transports import hypertext

MAIL_LIMIT: Final = 32 << 20
"""Largest mail, in bytes; photographs travel in mails."""
PARTS: Final = 32
"""Most attachments and texts of one mail."""
DEPTH: Final = 8
"""Deepest nesting of multiparts and attached mails."""

_HEADER: Final = re.compile(r"([!-9;-~]{1,70}):[ \t]?", re.ASCII)
_TELLING: Final = frozenset(
    ("from", "to", "date", "subject", "message-id", "mime-version", "content-type", "received", "return-path")
)
_HEADER_SECTION: Final = 64 * 1024
_HEADERS_NEEDED: Final = 2
_CONTENT_HEADER: Final = re.compile(
    rb"(?:\A|[\r\n])content-[a-z-]{1,30}:(?:[^\n]{1500}|[^\n]*(?:\n[ \t][^\n]{0,1500}){16})", re.IGNORECASE
)
_DASHES: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One candidate: an attachment, or a text of the mail itself (HTML already reduced to its text, as UTF-8)."""

    name: str
    data: bytes
    attached: bool


def looks_like_mail(text: str) -> bool:
    """Tell whether ``text`` begins with mail headers (at least two that every mail program writes)."""
    names = set()
    for number, line in enumerate(text[:_HEADER_SECTION].lstrip().splitlines()):
        if not line.strip():
            break
        if line[0] in " \t" or (number == 0 and line.startswith("From ")):
            continue
        match = _HEADER.match(line)
        if match is None:
            break
        names.add(match[1].lower())
    return len(names & _TELLING) >= _HEADERS_NEEDED


def parts(data: bytes, *, source: str) -> tuple[Part, ...]:
    """Return the attachments and texts of the mail ``data``, transfer encodings undone.

    Raises :class:`Refusal` ``limit.too_large``, ``limit.count``, ``limit.depth`` or ``carrier.unreadable``.
    """
    if len(data) > MAIL_LIMIT:
        raise Refusal("limit.too_large", source=source, limit="32 MiB")
    if _is_laborious(data):
        raise Refusal("carrier.unreadable", source=source, what="no usual mail")
    try:
        message = message_from_bytes(data.lstrip())
        return tuple(_walk(message, source, depth=0, budget=[PARTS]))
    except Refusal:
        raise
    except Exception as error:  # the mail package raises almost anything on crafted mails
        raise Refusal("carrier.unreadable", source=source, what="damaged mail") from error


def _is_laborious(data: bytes) -> bool:
    """Tell whether the mail package would need many seconds: it is quadratic in parts, depth and header length."""
    return (
        data.lower().count(b"boundary") > 4 * PARTS
        or data.count(b"\n--") + data.count(b"\r--") > _DASHES
        or _CONTENT_HEADER.search(data) is not None
    )


def _walk(message: Message, source: str, *, depth: int, budget: list[int]) -> Iterator[Part]:
    if depth > DEPTH:
        raise Refusal("limit.depth", limit=DEPTH)
    payload = message.get_payload()
    if message.is_multipart() and isinstance(payload, list):
        for inner in payload:
            if isinstance(inner, Message):
                yield from _walk(inner, source, depth=depth + 1, budget=budget)
        return
    budget[0] -= 1
    if budget[0] < 0:
        raise Refusal("limit.count", what="The number of attachments", limit=PARTS)
    content = message.get_payload(decode=True)
    if isinstance(content, bytes) and content.strip():
        yield _part(message, content, source)


def _part(message: Message, content: bytes, source: str) -> Part:
    name = message.get_filename()
    attached = bool(name) or message.get_content_disposition() == "attachment"
    if attached or message.get_content_maintype() != "text":
        return Part(name=f"{source}: {name or message.get_content_type()}", data=content, attached=True)
    text = _text(message, content)
    if message.get_content_subtype() == "html":
        text = hypertext.text_of(text)
    return Part(name=source, data=text.encode("utf-8", "replace"), attached=False)


def _text(message: Message, content: bytes) -> str:
    try:
        return content.decode(message.get_content_charset("utf-8"), "replace")
    except (LookupError, ValueError):  # a character set nobody knows: the document itself is ASCII
        return content.decode("latin-1")
