"""Requests on disk: the open ones, and the closed ones for as long as they can be of use.

A request lies as the very document that left, under its reference; the folder says its state, so that changing the
state is one rename.  What a request says is always read from the signed document, never from a note beside it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from offline_activation.errors import ActivationError, Refusal
from offline_activation.formats.names import DocumentId, Reference, read_reference
from offline_activation.formats.request import ActivationRequest, ReceivedRequest, receive_request
from offline_activation.site.directory import ANSWERED, CANCELLED, FOLDERS, REQUESTS, StateDirectory
from offline_activation.verify.ownership import unreadable

KEPT: Final = 200
"""Closed requests that are kept; an online site makes one a day."""
_SUFFIX: Final = ".cose"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRequest:
    """A request of this installation and the folder it lies in."""

    content: ActivationRequest
    request_id: DocumentId
    reference: Reference
    document: bytes
    folder: str


def open_requests(directory: StateDirectory) -> tuple[StoredRequest, ...]:
    """Return the requests that wait for a response, in the order they were made; damaged files are passed over.

    This and the others raise ``Trouble`` ``io.unreadable`` when this user may not look into the directory.
    """
    return _stored(directory, REQUESTS)


def answered_requests(directory: StateDirectory) -> tuple[StoredRequest, ...]:
    """Return the requests that got a response, in the order they were made."""
    return _stored(directory, ANSWERED)


def all_requests(directory: StateDirectory) -> tuple[StoredRequest, ...]:
    """Return every request that is still here, in the order they were made."""
    found = [stored for folder in FOLDERS for stored in _stored(directory, folder)]
    return tuple(sorted(found, key=_counter))


def damaged_requests(directory: StateDirectory) -> tuple[str, ...]:
    """Return the names of open request files that cannot be read."""
    good = {_name(REQUESTS, stored.reference) for stored in open_requests(directory)}
    return tuple(name for name in _names(directory, REQUESTS) if name not in good)


def find_open(directory: StateDirectory, typed: str) -> StoredRequest:
    """Return the open request with the reference ``typed`` by a person.

    Raises :class:`Refusal` ``site.no_such_request``.
    """
    wanted = read_reference(typed)
    found = next((stored for stored in open_requests(directory) if stored.reference == wanted), None)
    if found is None:
        raise Refusal("site.no_such_request", reference=wanted or typed)
    return found


def find(directory: StateDirectory, request_id: DocumentId) -> StoredRequest | None:
    """Return a request that is still here, open or closed; ``None`` when it is not."""
    return next((stored for stored in all_requests(directory) if stored.request_id == request_id), None)


def store(directory: StateDirectory, received: ReceivedRequest) -> None:
    """Keep a new request as open; raises ``Trouble`` ``io.unwritable``."""
    directory.write(_name(REQUESTS, received.reference), received.document)


def close(directory: StateDirectory, reference: Reference, *, cancelled: bool = False) -> None:
    """Close an open request as answered or cancelled; closed already is done.  Raises ``Trouble`` ``io.unwritable``."""
    directory.move(_name(REQUESTS, reference), CANCELLED if cancelled else ANSWERED)
    closed = [(folder, name) for folder in (ANSWERED, CANCELLED) for name in _names(directory, folder)]
    if len(closed) > KEPT:
        stored = sorted((*_stored(directory, ANSWERED), *_stored(directory, CANCELLED)), key=_counter)
        for old in stored[:-KEPT]:
            directory.remove(_name(old.folder, old.reference))


def withdraw(directory: StateDirectory, reference: Reference) -> None:
    """Remove a request that never left this machine."""
    directory.remove(_name(REQUESTS, reference))


def _stored(directory: StateDirectory, folder: str) -> tuple[StoredRequest, ...]:
    return tuple(sorted(_readable(directory, folder), key=_counter))


def _readable(directory: StateDirectory, folder: str) -> Iterable[StoredRequest]:
    for name in _names(directory, folder):
        try:
            received = receive_request(directory.read(name) or b"")
        except ActivationError as error:
            if error.code == "io.unreadable" and folder == REQUESTS:
                raise  # the disk fails: a request that cannot be read now is not one that was never made
            continue
        if name == _name(folder, received.reference):
            yield StoredRequest(
                content=received.content,
                request_id=received.request_id,
                reference=received.reference,
                document=received.document,
                folder=folder,
            )


def _names(directory: StateDirectory, folder: str) -> list[str]:
    try:
        return sorted(f"{folder}/{path.name}" for path in directory.path(folder).glob(f"*{_SUFFIX}"))
    except OSError as error:
        raise unreadable(str(directory.home)) from error


def _name(folder: str, reference: Reference) -> str:
    return f"{folder}/{reference}{_SUFFIX}"


def _counter(stored: StoredRequest) -> tuple[int, str]:
    return stored.content.counter, stored.reference
