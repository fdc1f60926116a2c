"""Every error of the product: one tree, one table.

    ActivationError            code, message, remedy, reason
    |-- Misuse                 the caller's mistake: a wrong option, a missing value
    |-- Refusal                a document or a policy says no
    `-- Trouble                disk, database, network or operating system failed

A *code* is stable for ever and never reused for something else; ``CATALOG`` holds its reason class, its sentence and
its next step.  Sentences have named gaps that are filled with facts; facts may come from hostile documents, so they are
made printable and short before they enter a sentence.
"""

from typing import Final, Self

from offline_activation.errors.document_codes import DOCUMENTS
from offline_activation.errors.site_codes import SITE
from offline_activation.errors.system_codes import SYSTEM
from offline_activation.errors.vendor_codes import VENDOR

CATALOG: Final = DOCUMENTS | SITE | VENDOR | SYSTEM
"""Code to reason class, sentence with named gaps, next step."""

MESSAGE_LIMIT: Final = 300
"""Longest message in characters; a refusal is one line that fits a terminal, a log and a mail subject."""

FACT_LIMIT: Final = 80
"""Longest single fact quoted inside a message, in characters."""


_PATHS: Final = frozenset({"path", "source"})
"""Facts that name a file."""


def visible(text: str, *, limit: int | None = None) -> str:
    """Return ``text`` with every unprintable character (controls, bidi marks, line separators) shown as an escape.

    At most ``limit`` characters are returned when given; a cut is marked with an ellipsis.
    """
    clipped = text if limit is None else text[: limit + 1]
    shown = clipped if clipped.isprintable() else _escaped(clipped)
    return shown if limit is None or len(shown) <= limit else shown[: limit - 1] + "…"


def visible_path(path: str) -> str:
    """Return a path as :func:`visible` does, cut in its middle: the end holds the name that people look for."""
    shown = _escaped(path[:FACT_LIMIT] + path[-FACT_LIMIT:] if len(path) > 2 * FACT_LIMIT else path)
    if len(shown) <= FACT_LIMIT:
        return shown
    return f"{shown[: FACT_LIMIT // 4]}…{shown[FACT_LIMIT // 4 + 1 - FACT_LIMIT :]}"


def _escaped(text: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


class ActivationError(Exception):
    """An outcome with a stable ``code``, one ``message`` sentence, a ``remedy`` (next step) and a ``reason`` class.

    Raise one of the three families, never this class itself.
    """

    stage: int | None = None
    """Of a warning ahead of an end: which of the product's warning days has come, in days before that end."""

    def __init__(self, code: str, /, **facts: object) -> None:
        """Take the sentence of ``code`` from ``CATALOG`` and fill its gaps with ``facts``."""
        self.code = code
        self.reason, sentence, remedy = CATALOG[code]
        shown = {name: visible_path(str(fact)) if name in _PATHS else _shown(fact) for name, fact in facts.items()}
        self.message = visible(sentence.format(**shown), limit=MESSAGE_LIMIT)
        self.remedy = visible(remedy.format(**shown), limit=MESSAGE_LIMIT)
        super().__init__(self.message)

    @classmethod
    def quoting(cls, error: "ActivationError") -> Self:
        """Return an error of this family that says what ``error`` says: its code, reason class, message, next step."""
        quoted = cls.__new__(cls)
        quoted.code, quoted.reason, quoted.message, quoted.remedy = (
            error.code,
            error.reason,
            error.message,
            error.remedy,
        )
        Exception.__init__(quoted, error.message)
        return quoted

    def at_stage(self, stage: int | None) -> Self:
        """Return this warning with the warning day that has come."""
        self.stage = stage
        return self

    def advising(self, remedy: str) -> Self:
        """Return this error with a next step that knows more of the place than the one of ``CATALOG``."""
        self.remedy = visible(remedy, limit=MESSAGE_LIMIT)
        return self


def _shown(fact: object) -> str:
    """Return a fact as it stands in a sentence; a tuple is a list of names, each of them short on its own."""
    if isinstance(fact, tuple):
        return ", ".join(visible(str(item), limit=FACT_LIMIT) for item in fact)
    return visible(str(fact), limit=FACT_LIMIT)


class Misuse(ActivationError):
    """The command, option or call is wrong; nothing was tried."""


class Refusal(ActivationError):
    """Signed data or a policy says no; nothing was changed."""


class Trouble(ActivationError):
    """Disk, database, network or operating system failed; nothing was changed."""
