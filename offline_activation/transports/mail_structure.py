"""The structure of a mail: which bytes are the headers and which the body of each of its parts (RFC 5322, RFC 2046).

Bodies are never parsed or copied here: the mail package of the standard library needed 8 s and 1.3 GB for a mail of
31 MB of short lines.  It reads headers only, of bounded size, with its old policy on purpose: the new one parses
headers in quadratic time, 30 crafted parts took more than 15 s.
"""

import binascii
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from typing import Final

from offline_activation.errors import Refusal

PARTS: Final = 32
"""Most attachments and texts of one mail."""
DEPTH: Final = 8
"""Deepest nesting of multiparts and attached mails."""

_ENTITIES: Final = 2 * PARTS  # with the multiparts and mails that only hold others
_DASHES: Final = 500
_DELIMITER: Final = 1000
_HEAD: Final = 64 * 1024
_HEAD_LINES: Final = 1000
_BLANK_LINE: Final = re.compile(rb"(?:\A|\n)\r?\n")
_CONTENT_HEADER: Final = re.compile(rb"^content-[a-z-]{1,30}:[^\n]*(?:\n[ \t][^\n]*)*", re.IGNORECASE | re.MULTILINE)
_LONG_HEADER: Final = 4096  # parameters of these headers are parsed in quadratic time
_START: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*")
_ENCODED: Final = frozenset({"base64", "quoted-printable"})
_MAILS: Final = frozenset({"message/rfc822", "message/global"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A part without parts: its headers, its body as it stands in the mail, and its transfer encoding."""

    headers: "Message[str, str]"
    body: memoryview
    encoding: str

    def content(self) -> bytes:
        """Return the body with its transfer encoding undone; as it stands where that is impossible."""
        if self.encoding == "quoted-printable":
            return binascii.a2b_qp(self.body)
        if self.encoding == "base64":
            for missing in (b"", b"=", b"=="):
                try:
                    return binascii.a2b_base64(bytes(self.body) + missing if missing else self.body)
                except binascii.Error:
                    continue
        return bytes(self.body)


def leaves(data: bytes, *, source: str) -> Iterator[Leaf]:
    """Yield the parts of the mail ``data`` that hold no others, in their order.

    Raises :class:`Refusal` ``limit.count``, ``limit.depth`` or ``carrier.unreadable``, and anything that the mail
    package may raise on crafted headers.
    """
    if data.count(b"\n--") > _DASHES:
        raise Refusal("carrier.unreadable", source=source, what="no usual mail")
    dashes = tuple(match.start() + 1 for match in re.finditer(rb"\n--", data))
    match = _START.match(data)
    walk = _Walk(data=data, dashes=dashes, source=source)
    yield from walk.within(match.end() if match else 0, len(data), depth=0)


@dataclass(slots=True, kw_only=True)
class _Walk:
    data: bytes
    dashes: tuple[int, ...]
    """Where the lines begin that begin with two hyphens, as every delimiter does."""
    source: str
    entities: int = _ENTITIES
    parts: int = PARTS

    def within(self, start: int, end: int, *, depth: int) -> Iterator[Leaf]:
        """Yield the leaves of the part of the mail that is from ``start`` to ``end``."""
        if depth > DEPTH:
            raise Refusal("limit.depth", limit=DEPTH)
        self.entities -= 1
        if self.entities < 0:
            raise self._too_many()
        headers, body = self._head(start, end)
        encoding = str(headers.get("content-transfer-encoding", "")).strip().lower()
        for inner_start, inner_end in self._inner(headers, body, end, encoding):
            body = end
            yield from self.within(inner_start, inner_end, depth=depth + 1)
        if body < end:
            self.parts -= 1
            if self.parts < 0:
                raise self._too_many()
            yield Leaf(headers=headers, body=memoryview(self.data)[body:end], encoding=encoding)

    def _too_many(self) -> Refusal:
        return Refusal("limit.count", what="The number of attachments", limit=PARTS)

    def _head(self, start: int, end: int) -> "tuple[Message[str, str], int]":
        """Return the headers and where the body begins: after the blank line or where no header is any more."""
        window = self.data[start : min(end, start + _HEAD)]
        blank = _BLANK_LINE.search(window)
        section = window[: blank.end()] if blank else window
        endless = blank is None and end - start > _HEAD
        long = any(len(match[0]) > _LONG_HEADER for match in _CONTENT_HEADER.finditer(section))
        if endless or long or section.count(b"\n") > _HEAD_LINES:
            raise Refusal("carrier.unreadable", source=self.source, what="no usual mail")
        headers = BytesParser(policy=compat32).parsebytes(section, headersonly=True)
        rest = headers.get_payload()
        return headers, start + len(section) - len(rest if isinstance(rest, str) else "")

    def _inner(self, headers: "Message[str, str]", body: int, end: int, encoding: str) -> Iterator[tuple[int, int]]:
        if headers.get_content_type() in _MAILS and encoding not in _ENCODED:
            yield body, end
        elif headers.get_content_maintype() == "multipart" and (boundary := headers.get_boundary()):
            yield from self._between(b"--" + boundary.encode("utf-8", "surrogateescape"), body, end)

    def _between(self, delimiter: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield start and end of each part between delimiter lines; a missing last delimiter is forgiven."""
        opened = None
        for at in self.dashes[bisect_left(self.dashes, start) : bisect_left(self.dashes, end)]:
            if not self.data.startswith(delimiter, at):
                continue
            after = at + len(delimiter)
            line, newline, _ = self.data[after : min(end, after + _DELIMITER)].partition(b"\n")
            if line.strip() not in {b"", b"--"}:
                continue
            if opened is not None:
                yield opened, max(opened, at - (2 if self.data[at - 2 : at] == b"\r\n" else 1))
            opened = after + len(line) + len(newline)
            if line.strip():
                return
        if opened is not None:
            yield opened, end
