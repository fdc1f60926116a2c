"""Reading what a person names on the command line: files, pictures, mail or standard input, as one document."""

from collections.abc import Sequence

from offline_activation.cli.manners import warn
from offline_activation.errors import ActivationError, Refusal
from offline_activation.files import STANDARD_STREAM, read_bounded
from offline_activation.formats.readable import differences
from offline_activation.transports.recognize import INPUT_LIMIT, INPUTS, Carried, Input, recognize


def read_document(files: Sequence[str]) -> Carried:
    """Return the one document that is in ``files``; several may be pictures of its parts.

    They are read one at a time.  Raises what ``read_bounded`` and ``recognize`` raise.
    """
    if len(files) > INPUTS:
        raise Refusal("limit.count", what="the number of files", limit=INPUTS)
    return recognize(Input(name=_shown(name), data=read_bounded(name, limit=INPUT_LIMIT)) for name in files)


def altered_labels(carried: Carried) -> tuple[str, ...]:
    """Return the labels of readable lines that differ from the signed block, and warn about them on standard error."""
    try:
        labels = differences(carried.document, carried.readable or ())
    except ActivationError:
        return ()  # not even well-formed: whoever reads the document says so
    if labels:
        warn(Refusal("text.differs", labels=", ".join(labels)))
    return labels


def _shown(name: str) -> str:
    return "standard input" if name == STANDARD_STREAM else name
