"""Writing what the vendor hands out: responses, product files and trust lists, with picture and sheet beside them."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from offline_activation.cli import manners
from offline_activation.errors import Misuse, Refusal, Trouble
from offline_activation.files import STANDARD_STREAM, read_bounded, write_new

_FILE_ENDINGS: Final = (".alic", ".areq", ".png", ".html", ".txt")
"""Nobody means a directory by a name that ends so."""


def check_output(*names: str) -> None:
    """Refuse what cannot go to standard output together, before anything is done."""
    streams = names.count(STANDARD_STREAM)
    if streams > 1 or (streams and manners.SESSION.as_json):
        raise Misuse("usage.invalid", what="Only one result can go to standard output")


def write_document(path: str, document: bytes, *, force: bool) -> str:
    """Write the text file of a document; a file that already holds exactly this is left as it is."""
    from offline_activation.formats.readable import compose

    return write_same(path, compose(document).encode(), force=force)


def write_same(path: str, data: bytes, *, force: bool) -> str:
    """Write a new file and return its name; raises ``io.exists`` for one that holds something else."""
    check_output(path)
    try:
        write_new(path, data, force=force)
    except Trouble as error:
        if error.code != "io.exists" or not _holds(path, data):
            raise
    return path


def report(written: str, result: Mapping[str, Any], lines: Iterable[str]) -> None:
    """Print the result, on standard error when the document itself went to standard output."""
    if written != STANDARD_STREAM:
        manners.emit(result, lines)
        return
    for line in lines:
        manners.note(line)


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """Where responses go: a file or directory for each form; empty is the current directory or not wanted."""

    output: str = ""
    qr: str = ""
    sheet: str = ""
    force: bool = False

    def check(self, *, several: bool) -> None:
        """Refuse what cannot work before anything is signed: one file for several responses, one stream for two."""
        check_output(self.output, self.qr, self.sheet)
        if STANDARD_STREAM in {self.qr, self.sheet}:
            raise Misuse("usage.invalid", what="Only the response itself can go to standard output")
        for name in filter(None, (self.output, self.qr, self.sheet)):
            if several and not os.path.isdir(name):  # noqa: PTH112 - a name as it was typed, also not UTF-8
                if name.lower().endswith(_FILE_ENDINGS):
                    raise Misuse("usage.invalid", what=f"Several responses need a directory, {name} names a file")
                if name != STANDARD_STREAM and not os.path.lexists(name):
                    _make_directory(name)
                else:
                    raise Misuse("usage.invalid", what=f"Several responses need a directory, {name} is none")

    def write(self, document: bytes, reference: str) -> str:
        """Write every wanted form of a response and return the name of its file."""
        written = self.write_response(document, reference)
        self.write_other_forms(document, reference)
        return written

    def write_response(self, document: bytes, reference: str) -> str:
        """Write the file of a response and return its name."""
        return write_document(_place(self.output or os.curdir, reference, ".alic"), document, force=self.force)

    def write_other_forms(self, document: bytes, reference: str) -> None:
        """Write picture and sheet of a response, as far as they are wanted."""
        if self.qr:
            from offline_activation.transports.qr import write_png

            write_same(_place(self.qr, reference, ".png"), write_png(document), force=self.force)
        if self.sheet:
            from offline_activation.cli.sheet import sheet

            write_same(_place(self.sheet, reference, ".html"), sheet(document).encode(), force=self.force)


def _place(target: str, reference: str, suffix: str) -> str:
    if target == os.curdir:
        return f"{reference}{suffix}"
    if target.endswith(os.sep):
        _make_directory(target)
    if os.path.isdir(target):  # noqa: PTH112 - as above
        return os.path.join(target, f"{reference}{suffix}")  # noqa: PTH118 - as above
    return target


def _make_directory(name: str) -> None:
    try:
        os.makedirs(name, exist_ok=True)  # noqa: PTH103 - as above
    except (OSError, ValueError, RecursionError) as error:  # makedirs calls itself for each missing parent
        raise Trouble("io.unwritable", path=name, what="the directory cannot be made") from error


def _holds(path: str, data: bytes) -> bool:
    try:
        return read_bounded(path, limit=len(data)) == data
    except (Trouble, Refusal):
        return False
