"""What the vendor's desk is given: files, folders, pictures, mails, standard input, references of kept requests."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from offline_activation.cli import manners
from offline_activation.cli.reading import altered_labels
from offline_activation.errors import ActivationError, Refusal, Trouble
from offline_activation.files import STANDARD_STREAM, read_bounded
from offline_activation.formats.names import read_reference
from offline_activation.formats.request import ReceivedRequest, receive_request
from offline_activation.transports.recognize import INPUT_LIMIT, INPUTS, Carried, Input, recognize

if TYPE_CHECKING:  # only names in signatures
    from offline_activation.vendor.ports import Store

_RESPONSES = ".alic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """One input: a request, or the error that tells why there is none."""

    name: str
    request: ReceivedRequest | None = None
    error: ActivationError | None = None
    differs: tuple[str, ...] = ()
    """Labels of readable lines that say something else than the signed block."""


def read_request(name: str, store: "Store") -> Arrived:
    """Return the one request that ``name`` (file, ``-`` or reference) holds; raises what is wrong with it."""
    kept = _kept(name, store)
    if kept is not None:
        return Arrived(name=name, request=kept)
    return _received(recognize([_read(name)]), name)


def read_requests(names: Sequence[str], store: "Store") -> Iterator[Arrived]:
    """Yield one result for each request in ``names``, folders opened; parts of one request in several pictures are one.

    Nothing is raised for an input that is damaged; it is a result with its error.
    """
    parts: list[_Part] = []
    for name in _unfolded(names):
        try:
            kept = _kept(name, store)
            if kept is not None:
                yield Arrived(name=name, request=kept)
                continue
            given = _read(name)
        except ActivationError as error:
            yield Arrived(name=name, error=error)
            continue
        try:
            yield _received(recognize([given]), name)
        except ActivationError as error:
            if error.code == "frames.missing":
                parts.append(_Part(name=name, error=error, given=given if name == STANDARD_STREAM else None))
            else:
                yield Arrived(name=name, error=error)
    if parts:
        yield from _joined(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A picture that holds a part of a request; a file is read again when all are known, so that none is kept."""

    name: str
    error: ActivationError
    given: Input | None


def _joined(parts: list[_Part]) -> Iterator[Arrived]:
    name = ", ".join(part.name for part in parts)
    try:
        if len(parts) == 1:
            raise parts[0].error
        if len(parts) > INPUTS:
            raise Refusal("limit.count", what="the number of pictures with parts of a request", limit=INPUTS)
        yield _received(recognize(part.given or _read(part.name) for part in parts), name)
    except ActivationError as error:
        yield Arrived(name=name, error=error)


def _received(carried: Carried, name: str) -> Arrived:
    request = receive_request(carried.document)
    return Arrived(name=name, request=request, differs=altered_labels(carried))


def _read(name: str) -> Input:
    shown = "standard input" if name == STANDARD_STREAM else name
    return Input(name=shown, data=read_bounded(name, limit=INPUT_LIMIT))


def _kept(name: str, store: "Store") -> ReceivedRequest | None:
    """Return the request in the books that ``name`` is the reference of; a file of that name goes first."""
    found = None if os.path.lexists(name) else read_reference(name)
    if found is None:
        return None
    with store.read() as work:
        records = work.requests_by_reference(found)
    if not records:
        raise Refusal("vendor.unknown_request", reference=found)
    if len(records) > 1:
        raise Refusal("limit.count", what=f"The number of requests with reference {found}", limit=1)
    return receive_request(records[0].document)


def _unfolded(names: Sequence[str]) -> Iterator[str]:
    for name in names:
        if name != STANDARD_STREAM and os.path.isdir(name):  # noqa: PTH112 - a name as typed, also not UTF-8
            yield from _inside(name)
        else:
            yield name


def _inside(folder: str) -> Iterator[str]:
    """Yield the regular files of a folder, sorted, without hidden ones and without responses written there before."""
    try:
        with os.scandir(folder) as entries:
            regular = [entry.path for entry in entries if _is_wanted(entry)]
    except OSError as error:
        raise Trouble("io.unreadable", path=folder, what=(error.strerror or "I/O error").lower()) from error
    if not regular:
        manners.note(f"There is no request in folder {folder}.")
    yield from sorted(regular)


def _is_wanted(entry: "os.DirEntry[str]") -> bool:
    hidden = entry.name.startswith(".") or entry.name.endswith(_RESPONSES)
    return not hidden and entry.is_file(follow_symlinks=False)
