"""The readable side of documents: what people see around the armored block, on sheets and in ``inspect``.

The readable lines are a courtesy and are never trusted: :func:`differences` compares them with the signed block.
"""

import re
from collections.abc import Iterable
from typing import Final

from offline_activation.formats.armor import Label, armor
from offline_activation.formats.description import Lines, describe
from offline_activation.formats.envelope import Kind, expect, open_envelope

__all__ = ["LABELS", "TITLES", "Lines", "compose", "describe", "differences"]

LABELS: Final[dict[Kind, Label]] = {
    Kind.REQUEST: "REQUEST",
    Kind.LICENSE: "LICENSE",
    Kind.REFUSAL: "REFUSAL",
    Kind.TRUST: "TRUST",
    Kind.PRODUCT: "PRODUCT",
    Kind.RECEIPT: "RECEIPT",
}
"""Every kind that travels on its own; a root certificate travels inside a trust list only."""
TITLES: Final = {
    Kind.REQUEST: (
        "Activation request",
        "Send this file to the vendor. Only the block below counts; these lines are for reading.",
    ),
    Kind.LICENSE: ("License", "Import this file on the server with Apply Manual: activation-site import FILE"),
    Kind.REFUSAL: ("Refusal", "The vendor could not grant the request. Import this file on the server to see why."),
    Kind.TRUST: ("Trust list", "The vendor's current keys. Ship it with the product or import it on the server."),
    Kind.PRODUCT: ("Product file", "Part of the installer: activation-site init FILE"),
    Kind.RECEIPT: (
        "Receipt for a returned license",
        "The vendor has it back. Import this file on the server that returned it: activation-site import FILE",
    ),
}
_MARK: Final = re.compile(r"OA1(?![.\w])", re.IGNORECASE | re.ASCII)
"""What begins a block or a QR text; a full stop behind it keeps the words of a customer from being taken for one."""
_QUOTING: Final = " >|"
_MOST_PIECES: Final = 8
"""Lines into which a mail program may have broken one readable line of at most 310 characters."""


def compose(document: bytes) -> str:
    """Return the text file of a document: title, readable lines, armored block.

    Raises :class:`Refusal` when it is not well-formed, ``profile.kind`` for a kind that does not travel on its own.
    """
    envelope = open_envelope(document)
    expect(envelope, *TITLES)
    title, next_step = TITLES[envelope.kind]
    lines = [_MARK.sub(r"\g<0>.", f"{label}: {text}") for label, text in describe(envelope)]
    return "\n".join([title, next_step, "", *lines, "", armor(document, LABELS[envelope.kind])])


def differences(document: bytes, readable: Iterable[str]) -> tuple[str, ...]:
    """Return the labels of readable lines that say something else than the signed block, in order, each once.

    A long line that a mail program broke in two is read as one.
    """
    expected: dict[str, set[str]] = {}
    for label, text in describe(open_envelope(document)):
        expected.setdefault(_squeezed(label), set()).add(_squeezed(text))
    wrong = {
        label: None
        for label, said in _entries(readable, sorted(expected, key=len, reverse=True))
        if not any(_squeezed(" ".join(said[:count])) in expected[label] for count in range(1, len(said) + 1))
    }
    return tuple(wrong)


def _entries(readable: Iterable[str], labels: list[str]) -> list[tuple[str, list[str]]]:
    """Return label and text of the lines that begin with one of ``labels``, each with the few lines that follow it."""
    entries: list[tuple[str, list[str]]] = []
    for line in map(_squeezed, readable):
        label = next((known for known in labels if line.startswith(known + ":")), None)
        if label is not None:
            entries.append((label, [line.removeprefix(label + ":")]))
        elif entries and len(entries[-1][1]) < _MOST_PIECES:
            entries[-1][1].append(line)
    return entries


def _squeezed(text: str) -> str:
    """Return ``text`` as it is after travel: one blank for several, no quoting around it, no mark of a block in it."""
    return " ".join(_MARK.sub(r"\g<0>.", text).split()).strip(_QUOTING)
