"""The reason that a person gives with ``--reason``: one line, because it stands in documents, tables and the log."""

from typing import Final

from offline_activation.errors import Misuse

REASON_LIMIT: Final = 240


def checked_reason(reason: str) -> str:
    """Return ``reason`` as given; raises :class:`Misuse` ``usage.invalid`` for what is no line of text."""
    if not reason.strip() or len(reason) > REASON_LIMIT or not reason.isprintable():
        raise Misuse("usage.invalid", what=f"--reason is one line of 1 to {REASON_LIMIT} printable characters")
    return reason
