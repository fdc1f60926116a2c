"""A saved mail (``.eml``): its attachments and its texts, bounded, as candidates for a document."""

import codecs
import re
from dataclasses import dataclass
from typing import Final

from offline_activation.errors import Refusal
from offline_activation.transports import hypertext
from offline_activation.transports.mail_structure import Leaf, leaves
from offline_activation.transports.text import TEXT_LIMIT

MAIL_LIMIT: Final = 32 << 20
"""Largest mail, in bytes; photographs travel in mails."""

_HEADER: Final = re.compile(r"([!-9;-~]{1,70}):[ \t]?", re.ASCII)
_TELLING: Final = frozenset(
    ("from", "to", "date", "subject", "message-id", "mime-version", "content-type", "received", "return-path")
)
_HEADER_SECTION: Final = 64 * 1024
_HEADERS_NEEDED: Final = 2
_LONGEST_ENCODING: Final = 4  # bytes of quoted-printable for one byte, with its line ends
# punycode is decoded in quadratic time; the others are no character sets of mails either
_NO_CHARSETS: Final = frozenset({"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One candidate: an attachment, or a text of the mail itself; its transfer encoding is undone by ``content``."""

    name: str
    attached: bool
    size: int
    """Bytes in the mail, before its transfer encoding is undone."""
    subtype: str
    charset: str
    leaf: Leaf

    def content(self) -> bytes:
        """Return the attachment's bytes, or the text as UTF-8 with HTML reduced to its text.

        A text above ``TEXT_LIMIT`` is not converted but returned in some form that is above it as well.
        """
        if self.attached:
            return self.leaf.content()
        if self.size > _LONGEST_ENCODING * TEXT_LIMIT:
            return bytes(self.leaf.body[: TEXT_LIMIT + 1])
        content = self.leaf.content()
        if len(content) > TEXT_LIMIT:
            return content
        text = _text(content, self.charset)
        return (hypertext.text_of(text) if self.subtype == "html" else text).encode("utf-8", "replace")


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
    """Return the attachments and texts of the mail ``data``, which they refer to; nothing of it is copied.

    Raises :class:`Refusal` ``limit.too_large``, ``limit.count``, ``limit.depth`` or ``carrier.unreadable``.
    """
    if len(data) > MAIL_LIMIT:
        raise Refusal("limit.too_large", source=source, limit="32 MiB")
    try:
        return tuple(_part(leaf, source) for leaf in leaves(data, source=source))
    except Refusal:
        raise
    except Exception as error:  # the mail package raises almost anything on crafted headers
        raise Refusal("carrier.unreadable", source=source, what="damaged mail") from error


def _part(leaf: Leaf, source: str) -> Part:
    headers = leaf.headers
    name = headers.get_filename()
    attached = bool(name) or headers.get_content_disposition() == "attachment"
    attached = attached or headers.get_content_maintype() != "text"
    return Part(
        name=f"{source}: {name or headers.get_content_type()}" if attached else source,
        attached=attached,
        size=len(leaf.body),
        subtype=headers.get_content_subtype(),
        charset=headers.get_content_charset("utf-8"),
        leaf=leaf,
    )


def _text(content: bytes, charset: str) -> str:
    try:
        if codecs.lookup(charset).name not in _NO_CHARSETS:
            return content.decode(charset, "replace")
    except (LookupError, ValueError):
        pass
    return content.decode("latin-1")  # a character set nobody knows: the document itself is ASCII
