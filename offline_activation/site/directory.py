"""The state directory of an installation: what lies where, who may touch it, and one writer at a time.

Everything in it belongs to one user, directories are 0700 and files 0600.  A link is never followed and never written
through: whoever can plant one could make this program, often run by root, overwrite a file somewhere else.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

from offline_activation.errors import Refusal, Trouble
from offline_activation.files import read_bounded, replace_durably, sync_directory
from offline_activation.formats.cbor import MAX_SIZE
from offline_activation.site import lock, safety
from offline_activation.verify import installed
from offline_activation.verify.directory import EMERGENCY, OPENED, RECEIPT, RETURNED, STOPPED
from offline_activation.verify.ownership import as_owner
from offline_activation.verify.witness import BOOT, CLOCK, DRIFT

SITE_KEY: Final = "site_key"
"""The private seed of the site key, 32 bytes."""
CLIENT: Final = installed.CLIENT
CONTACT: Final = "contact.json"
HISTORY: Final = "history.jsonl"
PREVIOUS_LICENSE: Final = "license.previous.cose"
CHAIN: Final = "chain"
"""Id of the receipt that was imported last, hexadecimal: what the next request follows while there is no license."""
LOCK: Final = "lock"
REQUESTS: Final = "requests"
"""Open requests; the folders below hold those that are closed."""
ANSWERED: Final = "requests/answered"
CANCELLED: Final = "requests/cancelled"

FOLDERS: Final = (REQUESTS, ANSWERED, CANCELLED)
STATE_FILES: Final = (
    installed.PRODUCT,
    installed.KEPT_PRODUCT,
    installed.TRUST,
    installed.LICENSE,
    installed.KEPT_LICENSE,
    installed.SITE_KEY_PUBLIC,
    installed.KEPT_SITE_KEY_PUBLIC,
    installed.INITIALISED,
    CLOCK,
    DRIFT,
    BOOT,
    SITE_KEY,
    CLIENT,
    CONTACT,
    HISTORY,
    PREVIOUS_LICENSE,
    RETURNED,
    RECEIPT,
    STOPPED,
    EMERGENCY,
    OPENED,
    CHAIN,
    LOCK,
)
LEFTOVERS: Final = ".new-*"
"""Names of files that a writer killed half way leaves behind (see ``files``)."""

_OPEN_TO_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class StateDirectory:
    """One state directory that was found safe when it was opened."""

    def __init__(self, home: Path) -> None:
        """Take the directory; :func:`open_directory` and :func:`create_directory` are the ways to get one."""
        self.home = home

    def path(self, name: str) -> Path:
        """Return the path of a state file or folder."""
        return self.home / name

    def read(self, name: str, *, limit: int = MAX_SIZE) -> bytes | None:
        """Return the content of a state file, ``None`` when there is none; raises ``Trouble`` ``io.unreadable``."""
        try:
            return read_bounded(str(self.path(name)), limit=limit)
        except Trouble as error:
            if error.code == "io.not_found":
                return None
            raise

    def write(self, name: str, data: bytes) -> None:
        """Replace a state file atomically and durably, mode 0600; raises ``Trouble`` ``io.unwritable``."""
        path = self.path(name)
        _make_folder(path.parent)
        replace_durably(str(path), data)

    def move(self, name: str, folder: str) -> None:
        """Move a state file into another folder of the directory, durably; done already is done."""
        source = self.path(name)
        try:
            _make_folder(self.path(folder))
            source.replace(self.path(folder) / source.name)
        except FileNotFoundError:
            return
        except OSError as error:
            raise _unwritable(source, error) from error
        sync_directory(str(self.path(folder)))
        sync_directory(str(source.parent))

    def remove(self, name: str) -> None:
        """Remove a state file, durably; gone already is gone."""
        path = self.path(name)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise _unwritable(path, error) from error
        sync_directory(str(path.parent))

    def has(self, name: str) -> bool:
        """Tell whether a state file is there."""
        return os.path.lexists(self.path(name))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Be the only writer within the block; raises ``Trouble`` ``site.locked`` after :data:`.lock.PATIENCE`."""
        with lock.held(self.path(LOCK)):
            self._sweep()
            yield

    def flaws(self, *, reading: bool = False) -> list[tuple[str, str]]:
        """Return name and what is wrong of everything that makes the directory unsafe; empty is safe.

        For ``reading``, root may look at the directory of another user.
        """
        owner = safety.expected_owner(self.home, reading=reading)
        if flaw := safety.flaw_of_home(self.home, owner):
            return [(str(self.home), flaw)]
        found = [(name, flaw) for name in FOLDERS if (flaw := safety.flaw_of_folder(self.path(name), owner))]
        names = [*STATE_FILES, *(str(Path(folder) / each) for folder in FOLDERS for each in self._requests(folder))]
        return found + [(name, flaw) for name in names if (flaw := safety.flaw_of_file(self.path(name), owner))]

    def _requests(self, folder: str) -> list[str]:
        try:
            return sorted(path.name for path in self.path(folder).glob("*.cose"))
        except OSError:
            return []

    def _sweep(self) -> None:
        """Remove what killed writers left behind; only the holder of the lock may, for nobody else is writing now."""
        for folder in (".", *FOLDERS):
            for path in self.path(folder).glob(LEFTOVERS):
                with suppress(OSError):
                    path.unlink()


def open_directory(home: str | os.PathLike[str], *, reading: bool = False) -> StateDirectory:
    """Return the state directory of an installation after looking at owner, modes and links.

    Only for ``reading``, root may open the directory of another user.  Raises :class:`Refusal` ``site.not_initialised``
    and ``site.unsafe_directory``, :class:`Trouble` ``io.unreadable``.
    """
    directory = StateDirectory(_absolute(home))
    if not safety.is_there(directory.home):
        raise Refusal("site.not_initialised", path=directory.home)
    _refuse_unsafe(directory, reading=reading)
    if not directory.has(installed.PRODUCT) and not directory.has(installed.KEPT_PRODUCT):
        raise Refusal("site.not_initialised", path=directory.home)
    return directory


def create_directory(home: str | os.PathLike[str]) -> StateDirectory:
    """Return a state directory in which an installation can be made, 0700.

    An empty directory of this user is given that mode; one that holds anything else than an installation is left alone.
    Raises :class:`Refusal` ``site.unsafe_directory``, ``site.directory_not_empty``; :class:`Trouble` ``io.*``.
    """
    directory = StateDirectory(_absolute(home))
    try:
        directory.home.parent.mkdir(parents=True, exist_ok=True)
        if safety.is_there(directory.home):
            safety.close_empty(directory.home)
        else:
            directory.home.mkdir(mode=0o700)
            sync_directory(str(directory.home.parent))
    except OSError as error:
        raise _unwritable(directory.home, error) from error
    _refuse_unsafe(directory)
    if not directory.has(installed.PRODUCT):
        _refuse_foreign(directory)
    for name in FOLDERS:
        _make_folder(directory.path(name))
    return directory


def _absolute(home: str | os.PathLike[str]) -> Path:
    # a trailing slash would make lstat follow a link; pathlib drops it
    return Path.cwd() / Path(home)


def _refuse_unsafe(directory: StateDirectory, *, reading: bool = False) -> None:
    flaws = directory.flaws(reading=reading)
    if not flaws:
        return
    name, flaw = flaws[0]
    what = flaw if name == str(directory.home) else f"{name} {flaw}"
    error = Refusal("site.unsafe_directory", path=directory.home, what=what)
    owner = safety.stranger(directory.home)
    raise error.advising(as_owner(owner)) if owner else error


def _refuse_foreign(directory: StateDirectory) -> None:
    try:
        names = sorted(path.name for path in directory.home.iterdir())
        mode = stat.S_IMODE(directory.home.stat().st_mode)
    except OSError as error:
        raise _unwritable(directory.home, error) from error
    ours = {*STATE_FILES, *(folder.partition("/")[0] for folder in FOLDERS), *safety.OF_THE_FILE_SYSTEM}
    foreign = [name for name in names if name not in ours and not fnmatch(name, LEFTOVERS)]
    if foreign:
        found = tuple(foreign[:3]) + (("...",) if len(foreign) > 3 else ())  # noqa: PLR2004 - enough to know it by
        raise Refusal("site.directory_not_empty", path=directory.home, found=", ".join(found))
    if os.name != "nt" and mode & _OPEN_TO_OTHERS:
        raise Refusal("site.unsafe_directory", path=directory.home, what=f"others can enter it (mode {mode:04o})")


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> Trouble:
    return Trouble("io.unwritable", path=path, what=(error.strerror or "I/O error").lower())
