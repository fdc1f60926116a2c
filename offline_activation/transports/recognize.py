"""The one door for what a person brings: file, pasted text, photographs, mail, zip file, recognized by content alone.

File names and types are never believed.  What is found is carried on as bytes and never opened here.
"""

import base64
import binascii
import re
import time
from collections.abc import Iterable, Iterator, Sized
from dataclasses import dataclass
from typing import Final

from offline_activation.errors import ActivationError, Misuse, Refusal
from offline_activation.formats import armor
from offline_activation.formats.cbor import MAX_SIZE
from offline_activation.transports import archive, hypertext, mail, picture, text
from offline_activation.transports.budget import INPUTS, Budget
from offline_activation.transports.found import Carried, Found
from offline_activation.transports.picture_kind import READABLE, kind_of

__all__ = ["INPUTS", "INPUT_LIMIT", "Carried", "Input", "recognize"]

INPUT_LIMIT: Final = mail.MAIL_LIMIT
"""Largest single input worth reading, in bytes."""

_DOCUMENT_MARK: Final = 0xD2  # CBOR tag 18, one byte; no text of ours and no picture begins so
_OUTLOOK_MARK: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CODE_LINE: Final = re.compile(r"OA1(?::|%3A)[^\r\n]*", re.IGNORECASE | re.ASCII)
_CODE_LINES: Final = 128
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}", re.ASCII)
_SVG: Final = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.{0,500}?-->\s*)?(?:<!DOCTYPE[^>]*>\s*)?<svg\b", re.IGNORECASE)
_HTML: Final = re.compile(r"<(?:!doctype html|html|body|div|p|pre|table)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """Something a person brought; ``name`` is only what messages call it."""

    name: str
    data: bytes


def recognize(inputs: Iterable[Input]) -> Carried:
    """Return the one document that is in ``inputs``; several inputs may be photographs of its parts.

    ``inputs`` is gone through once and no input is kept, so a generator that reads one file after the other needs the
    memory of the largest only.  What it raises passes through.  Raises :class:`Refusal`: ``armor.*`` and ``frames.*``
    for what is damaged, missing, doubled or absent, ``picture.*``, ``carrier.*`` and ``limit.*``;
    ``Trouble("picture.reader_failed")``; ``Misuse`` without any input.
    """
    if isinstance(inputs, Sized) and len(inputs) > INPUTS:  # a generator is stopped by the budget
        raise Refusal("limit.count", what="The number of files", limit=INPUTS)
    found, budget = Found(), Budget()
    count, name = 0, ""
    for each in inputs:
        count, name = count + 1, name or each.name
        budget.take_input(len(each.data))
        try:
            _look(each, found, _Around(budget=budget))
        except ActivationError as problem:
            # one blurred photograph among several does not matter when the others are complete
            if not problem.code.startswith("picture."):
                raise
            found.note(problem)
        del each  # before the next one is read
    if not count:
        raise Misuse("usage.missing", what="the file")
    return found.decide(name if count == 1 else f"{count} files")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Around:
    """What holds for an input: the budget of the call, and the kinds of containers around the input.

    Each kind of container is opened once, so nesting ends.
    """

    budget: Budget
    opened: frozenset[str] = frozenset()

    def inside(self, container: str) -> "_Around":
        return _Around(budget=self.budget, opened=self.opened | {container})


def _look(given: Input, found: Found, around: _Around) -> None:
    """Add what ``given`` holds to ``found`` or raise why nothing usable is in it."""
    data, name = given.data, given.name
    kind = kind_of(data)
    if data[:1] == bytes((_DOCUMENT_MARK,)):
        if len(data) > MAX_SIZE:
            raise Refusal("limit.too_large", source=name, limit="16 KiB")
        found.documents.append(Carried(document=data, readable=None, how="document", name=name))
    elif kind in READABLE:
        _look_at_picture(given, found, around)
    elif kind:
        raise Refusal("picture.unreadable", source=name, kind=kind)
    elif data.startswith(_OUTLOOK_MARK):
        raise Refusal("carrier.outlook", source=name)
    elif data.startswith(archive.ARCHIVE_MARK):
        _look_in_archive(given, found, around)
    else:
        _look_at_text(given, found, around)


def _look_at_picture(given: Input, found: Found, around: _Around) -> None:
    seconds = around.budget.take_picture(inside=bool(around.opened))
    started = time.monotonic()
    try:
        codes = picture.read_codes(given.data, source=given.name, seconds=seconds)
    finally:
        around.budget.spend_seconds(time.monotonic() - started)
    for code in codes:
        found.add_code(code, given.name, "picture")


def _look_in_archive(given: Input, found: Found, around: _Around) -> None:
    if "archive" in around.opened:
        raise Refusal("carrier.unreadable", source=given.name, what="archive within an archive")
    around.budget.take_piece(0)  # opening it alone costs time
    _first_success(found, given.name, (_members(given, around.budget),), around.inside("archive"))


def _members(given: Input, budget: Budget) -> Iterator[Input]:
    for name, content in archive.members(given.data, source=given.name):
        budget.take_piece(len(content))
        yield Input(name=f"{given.name}: {name}", data=content)
        del content  # before the next one is unpacked


def _look_at_text(given: Input, found: Found, around: _Around) -> None:
    if not given.data:
        raise Refusal("encoding.truncated")
    if "mail" not in around.opened and mail.looks_like_mail(text.head(given.data)):
        try:
            return _look_in_mail(given, found, around)
        except ActivationError as problem:
            # something with headers that is no mail after all may still hold a block
            if problem.code != "armor.no_block" or len(given.data) > text.TEXT_LIMIT:
                raise
    written = text.decode(given.data, source=given.name)
    around.budget.take_text(len(written))
    written = _shown(written)
    if armor.has_block(written):
        return _add_block(written, given.name, found)
    if codes := _CODE_LINE.findall(written)[:_CODE_LINES]:
        return _add_code_lines(codes, given.name, found)
    if _SVG.match(written):
        raise Refusal("picture.unreadable", source=given.name, kind="SVG")
    if "base64" not in around.opened and (inner := _unwrapped_base64(written)):
        return _look(Input(name=given.name, data=inner), found, around.inside("base64"))
    raise Refusal("armor.no_block", source=given.name)


def _shown(written: str) -> str:
    """Return the text that a browser would show when ``written`` is a page with a document in it."""
    if written.lstrip().startswith("<") and _HTML.search(written):
        shown = hypertext.text_of(written)
        if armor.has_block(shown) or _CODE_LINE.search(shown):
            return shown
    return written


def _add_block(written: str, name: str, found: Found) -> None:
    block = armor.unarmor(written, source=name)
    found.documents.append(
        Carried(document=block.document, readable=block.readable, how="text", name=name, label=block.label)
    )


def _add_code_lines(codes: Iterable[str], name: str, found: Found) -> None:
    for code in codes:
        found.add_code(code.rstrip(), name, "qr text")  # Base45 of whole bytes never ends with a blank


def _look_in_mail(given: Input, found: Found, around: _Around) -> None:
    parts = mail.parts(text.plain_bytes(given.data, source=given.name), source=given.name)
    # an attachment is the document; the text may quote the one it answers
    groups = (_parts(parts, around.budget, attached=attached) for attached in (True, False))
    _first_success(found, given.name, groups, around.inside("mail"))


def _parts(parts: Iterable[mail.Part], budget: Budget, *, attached: bool) -> Iterator[Input]:
    for part in parts:
        if part.attached == attached:
            budget.take_piece(part.size)
            if not attached:
                budget.take_text(min(part.size, text.TEXT_LIMIT))
            yield Input(name=part.name, data=part.content())


def _first_success(found: Found, name: str, groups: Iterable[Iterable[Input]], around: _Around) -> None:
    """Add the documents of the first group that has any; what is damaged beside a good document does not matter."""
    tried = Found()
    for group in groups:
        for each in group:
            try:
                _look(each, tried, around)
            except ActivationError as problem:
                tried.note(problem)
            del each  # before the next one is unpacked
        if tried:
            return found.merge(tried)
    raise tried.worst(name)


def _unwrapped_base64(written: str) -> bytes:
    compact = "".join(written.split())
    if not _BASE64.fullmatch(compact):
        return b""
    try:
        return base64.b64decode(compact, validate=True)
    except binascii.Error:
        return b""
