"""Where the vendor's command line is wired: home, database, passphrase, keys, clock and randomness.

Everything below gets these as arguments; here alone they come from options, environment, terminal and machine.
"""

import getpass
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from offline_activation.cli import manners
from offline_activation.errors import Misuse, Refusal, Trouble, visible

if TYPE_CHECKING:  # a command starts without the database and without cryptography
    from offline_activation.formats.keys import Signer
    from offline_activation.formats.request import ActivationRequest
    from offline_activation.vendor.founding import FirstKey
    from offline_activation.vendor.issuing import Desk
    from offline_activation.vendor.ports import Store
    from offline_activation.vendor.records import KeyRecord, Vendor
    from offline_activation.verify.trust import Trust

HOME: Final = "--home"
DATABASE: Final = "--database"
PASSPHRASE_FILE: Final = "--passphrase-file"  # noqa: S105 - the name of an option
ANYWHERE: Final = (HOME, DATABASE, PASSPHRASE_FILE)
"""Options with a value that may stand anywhere on the line."""

HOME_VARIABLE: Final = "ACTIVATION_VENDOR_HOME"
DATABASE_VARIABLE: Final = "ACTIVATION_VENDOR_DATABASE"
PASSPHRASE_VARIABLE: Final = "ACTIVATION_VENDOR_PASSPHRASE"  # noqa: S105 - the name of a variable

_BOOKS: Final = "vendor.db"
_KEYS: Final = "keys"
_PASSPHRASE_LIMIT: Final = 4096
_PASSPHRASE: Final = f"the passphrase ({PASSPHRASE_FILE} or {PASSPHRASE_VARIABLE})"


def home() -> str:
    """Return the vendor's home: ``--home``, the environment, else the platform's usual place."""
    named = manners.SESSION.options.get(HOME) or os.environ.get(HOME_VARIABLE)
    if named:
        return named
    import platformdirs

    return platformdirs.user_data_dir("offline-activation-vendor", appauthor=False)


def keys_directory() -> str:
    """Return the directory of the key files."""
    return os.path.join(home(), _KEYS)  # noqa: PTH118 - names may hold any bytes; text is all that is needed


def database() -> str:
    """Return the address of the database if one was named, else nothing: SQLite in the home."""
    return manners.SESSION.options.get(DATABASE) or os.environ.get(DATABASE_VARIABLE) or ""


def database_file() -> str:
    """Return the file of the default database."""
    return os.path.join(home(), _BOOKS)  # noqa: PTH118 - as above


def open_any_store(*, create: bool) -> "Store":
    """Return the store, whoever it belongs to; raises ``usage.needs_extra`` and what ``open_store`` raises."""
    opening = manners.deferred(_load_store, package="sqlalchemy", extra="vendor")
    address = database()
    store: Store
    if address:
        store = opening.open_store(address, create=create)
    else:
        store = opening.open_sqlite(database_file(), create=create)
    return store


@contextmanager
def open_books() -> "Iterator[Store]":
    """Give the store of an initialised vendor; raises :class:`Refusal` ``vendor.not_initialised``."""
    where = database() or home()
    try:
        store = open_any_store(create=False)
    except Trouble as error:
        if error.code == "io.not_found":
            raise Refusal("vendor.not_initialised", path=where) from error
        raise
    try:
        find_vendor(store)
        yield store
    finally:
        store.close()


def find_vendor(store: "Store") -> "Vendor":
    """Return whose books these are; raises :class:`Refusal` ``vendor.not_initialised``."""
    with store.read() as work:
        vendor = work.find_vendor()
    if vendor is None:
        raise Refusal("vendor.not_initialised", path=database() or home())
    return vendor


def own_trust() -> "Trust | None":
    """Return what the oldest sites here believe, root key 1 and the newest trust list; ``None`` without a vendor."""
    from offline_activation.vendor.keyring import first_root
    from offline_activation.verify.trust import pinned_trust

    try:
        with open_books() as store:
            vendor = find_vendor(store)
            with store.read() as work:
                document, root = work.find_trust_list(), first_root(vendor, work.keys())
    except (Refusal, Misuse):  # no vendor here, or a machine without the vendor's packages
        return None
    except Trouble as trouble:
        if trouble.code != "io.unreadable":
            raise
        return None  # somebody else's home
    return None if document is None else pinned_trust(root, document)


def issuing_key_for(store: "Store", request: "ActivationRequest", now: int) -> "KeyRecord":
    """Return the key that would sign what grants a request now.

    Raises :class:`Refusal` ``key.none`` or ``key.no_receipts``.
    """
    from offline_activation.vendor.issuing import use_for
    from offline_activation.vendor.keyring import issuing_key

    with store.read() as work:
        return issuing_key(work.keys(), product=request.product, use=use_for(request), now=now)


def desk(store: "Store") -> "Desk":
    """Return the desk at which this command works; its time is the time of this call.

    Raises :class:`Refusal` ``vendor.clock_behind``.
    """
    from offline_activation.vendor.issuing import Desk

    clock = fixed_clock()
    refuse_clock_behind(store, clock())
    return Desk(store=store, signers=Keys(), clock=clock, randomness=os.urandom, actor=actor())


def refuse_clock_behind(store: "Store", now: int) -> None:
    """Refuse to sign or hand out what is dated before the last signature: ``vendor.clock_behind``."""
    from offline_activation.vendor.dates import check_clock

    with store.read() as work:
        check_clock(work, now=now)


def fixed_clock() -> Callable[[], int]:
    """Return a clock that stands at now: one command has one time."""
    instant = int(time.time())
    return lambda: instant


def actor() -> str:
    """Return who works here, for the audit log."""
    if not hasattr(os, "getuid"):
        return f"{visible(getpass.getuser(), limit=40)} (command line)"
    import pwd

    try:  # by user id: names in the environment (LOGNAME, USER) are whatever the caller writes there
        return f"{pwd.getpwuid(os.getuid()).pw_name} (command line)"
    except KeyError:  # a user id without a name, as in containers
        return f"user id {os.getuid()} (command line)"


class Keys:
    """Opens the private halves of keys; asks for the passphrase at most once, and only when a key needs it."""

    def __init__(self) -> None:
        """Take nothing: the passphrase is looked for when the first key is opened."""
        self._ring: Any = None
        self.passphrase: bytes | None = None
        """What opened the first key; ``None`` before, and for keys without encryption."""

    def __call__(self, record: "KeyRecord") -> "Signer":
        """Return the signer of ``record``; raises ``key.file``, ``key.passphrase`` or ``usage.missing``."""
        from offline_activation.vendor.keys import KeyFiles

        signer: Signer
        if self._ring is not None:
            signer = self._ring.signer(record)
            return signer
        if is_kept_elsewhere(record):
            raise _kept_elsewhere(record)
        given = given_passphrase()
        ring = KeyFiles(keys_directory(), given)
        try:
            signer = ring.signer(record)
        except Refusal as refusal:
            if given is not None or refusal.code != "key.passphrase":
                raise
            asked = manners.ask("Passphrase of the signing keys", what=_PASSPHRASE, secret=True)
            given = asked.encode()
            ring = KeyFiles(keys_directory(), given)
            signer = ring.signer(record)
        self._ring, self.passphrase = ring, given
        return signer


def make_key(passphrase: bytes | None) -> "FirstKey":
    """Write a new key file and return its signer and location; raises what ``write_key_file`` raises."""
    from offline_activation.formats.keys import SoftwareSigner
    from offline_activation.vendor.founding import FirstKey
    from offline_activation.vendor.keys import new_seed, write_key_file

    seed = new_seed(os.urandom)
    location = write_key_file(keys_directory(), seed, passphrase, randomness=os.urandom)
    return FirstKey(signer=SoftwareSigner(seed), location=location)


def open_key_file(record: "KeyRecord", passphrase: bytes | None) -> None:
    """Raise what is wrong with the file of a key; see ``open_signer``."""
    from offline_activation.vendor.keys import open_signer

    open_signer(keys_directory(), record, passphrase)


KEPT_ELSEWHERE = "kept elsewhere: put it back for keys rotate, keys revoke and product export"
"""What is said of a root key whose file is not there: signing licenses never needs it."""


def is_kept_elsewhere(record: "KeyRecord") -> bool:
    """Tell whether the file of a root key is not in the key directory."""
    return record.role == "root" and not os.path.lexists(os.path.join(keys_directory(), record.location))  # noqa: PTH118 - a name as typed


def _kept_elsewhere(record: "KeyRecord") -> Refusal:
    path = os.path.join(keys_directory(), record.location)  # noqa: PTH118 - a name as typed
    refusal = Refusal("key.file", path=path, what="it does not exist")
    return refusal.advising(f"If it is {KEPT_ELSEWHERE}. Else restore it from your backup.")


def keys_vanish() -> bool:
    """Tell whether the key files lie in memory only."""
    from offline_activation.vendor.keys import vanishes

    return vanishes(keys_directory())


def given_passphrase() -> bytes | None:
    """Return the passphrase of ``--passphrase-file`` or the environment; ``None`` when neither is there."""
    path = manners.SESSION.options.get(PASSPHRASE_FILE)
    if path:
        from offline_activation.files import read_bounded

        _warn_if_open(path)
        return read_bounded(path, limit=_PASSPHRASE_LIMIT).rstrip(b"\r\n")
    found = os.environ.get(PASSPHRASE_VARIABLE)
    return os.fsencode(found) if found else None


def _warn_if_open(path: str) -> None:
    """Warn about a passphrase that other users can read."""
    with suppress(OSError):
        if os.name != "nt" and os.stat(path).st_mode & 0o077:  # noqa: PTH116 - a name as it was typed
            manners.warn(Refusal("key.passphrase_open", path=path))


def new_passphrase() -> bytes:
    """Return the passphrase for new keys: given, or typed twice; raises ``usage.missing`` or ``usage.invalid``."""
    given = given_passphrase()
    if given is None:
        given = manners.ask("Passphrase for the signing keys", what=_PASSPHRASE, secret=True).encode()
        if manners.ask("The same passphrase again", what=_PASSPHRASE, secret=True).encode() != given:
            raise Misuse("usage.invalid", what="The two passphrases differ")
    if not given:
        raise Misuse("usage.invalid", what="An empty passphrase protects no key")
    return given


def _load_store() -> Any:  # noqa: ANN401 - a module; manners.deferred explains when it is missing
    from offline_activation.vendor.store import opening

    return opening
