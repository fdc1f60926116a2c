"""The one door for what a person brings: file, pasted text, photographs, mail, zip file, recognized by content alone.

File names and types are never believed.  What is found is carried on as bytes and never opened here.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from offline_activation.errors import ActivationError, Misuse, Refusal
from offline_activation.formats import armor
from offline_activation.transports import archive, hypertext, mail, picture, text
from offline_activation.transports.found import Carried, Found
from offline_activation.transports.picture_kind import READABLE, kind_of

__all__ = ["INPUTS", "INPUT_LIMIT", "Carried", "Input", "recognize"]

INPUT_LIMIT: Final = mail.MAIL_LIMIT
"""Largest single input worth reading, in bytes."""
INPUTS: Final = 64
"""Most inputs for one document (a document of 16 KiB has 44 parts)."""

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


def recognize(inputs: Sequence[Input]) -> Carried:
    """Return the one document that is in ``inputs``; several inputs may be photographs of its parts.

    Raises :class:`Refusal`: ``armor.*`` and ``frames.*`` for what is damaged, missing, doubled or absent,
    ``picture.*``, ``carrier.*`` and ``limit.*``; ``Trouble("picture.reader_failed")``; ``Misuse`` without any input.
    """
    if not inputs:
        raise Misuse("usage.missing", what="the file")
    if len(inputs) > INPUTS:
        raise Refusal("limit.count", what="The number of files", limit=INPUTS)
    found = Found()
    for each in inputs:
        try:
            _look(each, found)
        except ActivationError as problem:
            # one blurred photograph among several does not matter when the others are complete
            if len(inputs) == 1 or not problem.code.startswith("picture."):
                raise
            found.problems.append(problem)
    return found.decide(inputs[0].name if len(inputs) == 1 else f"{len(inputs)} files")


def _look(given: Input, found: Found, opened: frozenset[str] = frozenset()) -> None:
    """Add what ``given`` holds to ``found`` or raise why nothing usable is in it.

    ``opened`` names the kinds of containers around it; each kind is opened once, so nesting ends.
    """
    data, name = given.data, given.name
    kind = kind_of(data)
    if data[:1] == bytes((_DOCUMENT_MARK,)):
        found.documents.append(Carried(document=data, readable=None, how="document", name=name))
    elif kind in READABLE:
        for code in picture.read_codes(data, source=name):
            found.add_code(code, name, "picture")
    elif kind:
        raise Refusal("picture.unreadable", source=name, kind=kind)
    elif data.startswith(_OUTLOOK_MARK):
        raise Refusal("carrier.outlook", source=name)
    elif data.startswith(archive.ARCHIVE_MARK):
        _look_in_archive(given, found, opened)
    else:
        _look_at_text(given, found, opened)


def _look_in_archive(given: Input, found: Found, opened: frozenset[str]) -> None:
    if "archive" in opened:
        raise Refusal("carrier.unreadable", source=given.name, what="archive within an archive")
    members = archive.members(given.data, source=given.name)
    group = [Input(name=f"{given.name}: {inner}", data=content) for inner, content in members]
    _first_success(found, given.name, (group,), opened | {"archive"})


def _look_at_text(given: Input, found: Found, opened: frozenset[str]) -> None:
    if "mail" not in opened and mail.looks_like_mail(text.head(given.data)):
        try:
            return _look_in_mail(given, found, opened)
        except ActivationError as problem:
            # something with headers that is no mail after all may still hold a block
            if problem.code != "armor.no_block" or len(given.data) > text.TEXT_LIMIT:
                raise
    written = _shown(text.decode(given.data, source=given.name))
    if armor.has_block(written):
        return _add_block(written, given.name, found)
    if codes := _CODE_LINE.findall(written)[:_CODE_LINES]:
        return _add_code_lines(codes, given.name, found)
    if _SVG.match(written):
        raise Refusal("picture.unreadable", source=given.name, kind="SVG")
    if "base64" not in opened and (inner := _unwrapped_base64(written)):
        return _look(Input(name=given.name, data=inner), found, opened | {"base64"})
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


def _look_in_mail(given: Input, found: Found, opened: frozenset[str]) -> None:
    parts = mail.parts(text.plain_bytes(given.data), source=given.name)
    attached = [Input(name=part.name, data=part.data) for part in parts if part.attached]
    written = [Input(name=part.name, data=part.data) for part in parts if not part.attached]
    # an attachment is the document; the text may quote the one it answers
    _first_success(found, given.name, (attached, written), opened | {"mail"})


def _first_success(found: Found, name: str, groups: Iterable[Sequence[Input]], opened: frozenset[str]) -> None:
    """Add the documents of the first group that has any; what is damaged beside a good document does not matter."""
    problems: list[ActivationError] = []
    for group in groups:
        inner = Found()
        for each in group:
            try:
                _look(each, inner, opened)
            except ActivationError as problem:
                problems.append(problem)
        if inner:
            found.merge(inner)
            return
    raise Found(problems=problems).worst(name)


def _unwrapped_base64(written: str) -> bytes:
    compact = "".join(written.split())
    if not _BASE64.fullmatch(compact):
        return b""
    try:
        return base64.b64decode(compact, validate=True)
    except binascii.Error:
        return b""
