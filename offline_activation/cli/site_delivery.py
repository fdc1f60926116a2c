"""Where a new document goes: file, QR picture, printable sheet, terminal.  Everything is rendered before it is written.

So a terminal that is too small or a file that exists stops the command before anything has left.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from offline_activation.cli.manners import SESSION
from offline_activation.errors import ActivationError, Misuse, Trouble
from offline_activation.files import STANDARD_STREAM, read_bounded, write_new

if TYPE_CHECKING:
    from offline_activation.formats.product import ProductDocument

_SUFFIX: Final = ".areq"
_PICTURE: Final = ".png"
_BLOCKS: Final = "▄▀█"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """What the command line asked for; empty names are not wanted, but for ``file``, which then has its default."""

    file: str = ""
    qr: str = ""
    sheet: str = ""
    terminal: bool = False
    ascii_only: bool = False
    light: bool = False
    force: bool = False

    def check(self, *, made_before: bool = False) -> None:
        """Refuse what cannot work before anything is made: :class:`Misuse`, or ``io.exists``.

        For a document that may have been ``made_before``, :meth:`prepare` looks at what is in a file that exists.
        """
        if self.file == STANDARD_STREAM and (SESSION.as_json or self.terminal):
            raise Misuse("usage.invalid", what="Only one result can go to standard output")
        named = [name for name in (self.file, self.qr, self.sheet) if name]
        if len({os.path.realpath(name) for name in named}) < len(named):
            raise Misuse("usage.invalid", what="Two results have the same file name")
        if STANDARD_STREAM in {self.qr, self.sheet}:
            raise Misuse("usage.invalid", what="Only the file itself can go to standard output")
        extension = os.path.splitext(self.qr)[1]  # noqa: PTH122 - a name as it was typed, also one that is not UTF-8
        if extension.lower() not in {"", _PICTURE}:
            raise Misuse("usage.invalid", what=f"--qr writes a PNG picture; name a file that ends in {_PICTURE}")
        if not (self.force or made_before):
            for name in named:
                if name != STANDARD_STREAM and os.path.lexists(name):
                    raise Trouble("io.exists", path=name)

    def deliver(self, document: bytes, name: str, product: "ProductDocument") -> str:
        """Write every wanted form of ``document`` and return the name of the file; ``name`` makes its default.

        Raises ``picture.terminal_too_small`` and what ``write_new`` raises; files of this call are then removed again.
        """
        return self.prepare(document, name, product).write()

    def prepare(self, document: bytes, name: str, product: "ProductDocument") -> "Prepared":
        """Render every wanted form of ``document``, so that only writing is left; ``name`` makes the default name.

        Raises ``picture.terminal_too_small``, ``io.exists`` for a file that holds something else, and ``io.unwritable``
        for a directory that is not there or not to be written.
        """
        file = self.file or f"{name}{_SUFFIX}"
        for path in filter(None, (file, self.qr, self.sheet)):
            _refuse_place(path)
        shown = self._terminal(document) if self.terminal else ""
        forms = tuple(self._rendered(document, file, product))
        for path, data in forms:
            if not self.force and path != STANDARD_STREAM and os.path.lexists(path) and not _holds(path, data):
                raise Trouble("io.exists", path=path)
        return Prepared(file=file, forms=forms, shown=shown, force=self.force)

    def _rendered(self, document: bytes, file: str, product: "ProductDocument") -> Iterator[tuple[str, bytes]]:
        from offline_activation.formats.readable import compose

        if self.qr:
            from offline_activation.transports.qr import write_png

            yield self.qr, write_png(document)
        if self.sheet:
            from offline_activation.cli.sheet import sheet

            yield self.sheet, sheet(document, product=product).encode()
        yield file, compose(document).encode()

    def _terminal(self, document: bytes) -> str:
        from offline_activation.formats.frames import split
        from offline_activation.transports.qr import terminal

        size = shutil.get_terminal_size()
        ascii_only = self.ascii_only or not _can_show_blocks()
        codes = (
            terminal(text, columns=size.columns, lines=size.lines, ascii_only=ascii_only, invert=self.light)
            for text in split(document)
        )
        return "\n".join(codes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A document in all its forms, ready to be written."""

    file: str
    forms: tuple[tuple[str, bytes], ...]
    """File name and content of each."""
    shown: str
    """What the terminal shows."""
    force: bool

    def write(self) -> str:
        """Write everything and return the name of the file; raises what ``write_new`` raises, after clearing up.

        A file that already holds exactly this is left as it is.
        """
        written: list[str] = []
        try:
            for path, data in self.forms:
                if path != STANDARD_STREAM and _holds(path, data):
                    continue
                write_new(path, data, force=self.force)
                written.append(path)
        except BaseException:
            _remove(written)  # with --force as well: a request that was withdrawn must not lie around
            raise
        (sys.stderr if SESSION.as_json else sys.stdout).write(self.shown)
        return self.file


def _refuse_place(path: str) -> None:
    """Refuse a file in a directory that is missing or not to be written, while nothing is done yet."""
    folder = os.path.dirname(path) or os.curdir  # noqa: PTH120 - a name as it was typed, also one that is not UTF-8
    if path == STANDARD_STREAM:
        return
    if not os.path.isdir(folder):  # noqa: PTH112 - as above
        raise Trouble("io.unwritable", path=path, what="there is no such directory")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Trouble("io.unwritable", path=path, what="this user may not write to the directory")


def _holds(path: str, data: bytes) -> bool:
    """Tell whether the regular file ``path`` holds exactly ``data``."""
    try:
        return read_bounded(path, limit=len(data)) == data
    except ActivationError:
        return False


def _can_show_blocks() -> bool:
    try:
        _BLOCKS.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _remove(paths: list[str]) -> None:
    for path in paths:
        if path != STANDARD_STREAM:
            os.unlink(path)  # noqa: PTH108 - a name as it was typed, also one that is not UTF-8
