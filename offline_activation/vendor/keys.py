"""The vendor's key files: PKCS#8 in PEM (RFC 7468), encrypted under a passphrase, readable by their owner alone.

Only the places that wire the vendor together import this module; everything else gets a
:class:`offline_activation.formats.keys.Signer`.  An encrypted file is opened by any program that knows PKCS#8
(``openssl pkey -in FILE``).
"""

import errno
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from offline_activation import files
from offline_activation.errors import Misuse, Refusal, Trouble
from offline_activation.formats.keys import KEY_SIZE, SoftwareSigner, key_id
from offline_activation.vendor.key_encryption import encrypted_pem
from offline_activation.vendor.records import KeyRecord

Randomness = Callable[[int], bytes]
"""Returns that many unpredictable bytes, as ``os.urandom`` does."""

FILE_LIMIT: Final = 16 << 10
"""Longest key file in bytes; ours have 400."""
PASSPHRASE_LIMIT: Final = 1023
"""Longest passphrase in bytes: what OpenSSL takes."""

_FILE_MODE: Final = 0o600
_DIRECTORY_MODE: Final = 0o700
_FOR_OTHERS: Final = 0o077
_WRITABLE_FOR_OTHERS: Final = 0o022
_IN_MEMORY: Final = frozenset({"tmpfs", "ramfs"})
_HAS_OWNERS: Final = os.name == "posix"
_OPEN_FLAGS: Final = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


def new_seed(randomness: Randomness) -> bytes:
    """Return the 32-byte private seed of a new key; ``ValueError`` when ``randomness`` gives something else."""
    seed = randomness(KEY_SIZE)
    if len(seed) != KEY_SIZE or len(set(seed)) == 1:
        message = "the source of randomness does not work"
        raise ValueError(message)
    return seed


def write_key_file(
    directory: str, seed: bytes, passphrase: bytes | None, *, randomness: Randomness = os.urandom
) -> str:
    """Write the key of ``seed`` to a new file in ``directory`` and return its ``location``, a name inside it.

    The directory is made with mode 0700 when missing; the file has mode 0600.  ``passphrase`` ``None`` leaves the key
    unencrypted: only for a caller who insists.  Raises :class:`Misuse` ``usage.invalid`` for an empty or too long
    passphrase, :class:`Refusal` ``key.file`` for a directory in which others may write, and :class:`Trouble`
    ``io.exists`` or ``io.unwritable``; then nothing was written.  ``randomness`` gives the salt of the encryption.
    """
    location = f"{key_id(SoftwareSigner(seed).public_key).hex()}.pem"
    pem = _pem(seed, passphrase, randomness)
    try:
        Path(directory).mkdir(mode=_DIRECTORY_MODE, exist_ok=True)
        _check_directory(Path(directory) / location)
    except (OSError, ValueError) as error:
        raise Trouble("io.unwritable", path=directory, what="the directory cannot be made") from error
    files.write_new(str(Path(directory) / location), pem, mode=_FILE_MODE)
    return location


def open_signer(directory: str, record: KeyRecord, passphrase: bytes | None) -> SoftwareSigner:
    """Return the signer of the key file that ``record`` names inside ``directory``.

    Keep the signer: opening takes about 0.2 seconds, by design of the encryption, and a signature 0.00003.

    Raises :class:`Refusal` ``key.passphrase`` (wrong, empty or missing) or ``key.file``, which says what is wrong: not
    there, a link, another owner, readable or replaceable by others, not an Ed25519 key, another key than the record's.
    """
    path = Path(directory) / record.location
    if not record.location or Path(record.location).name != record.location:
        raise _unusable(path, "its name leads out of the directory")
    if passphrase is not None and not 0 < len(passphrase) <= PASSPHRASE_LIMIT:
        raise Refusal("key.passphrase", path=path)
    signer = SoftwareSigner(_seed(_read(path), path, passphrase))
    if signer.public_key != record.public_key:
        raise _unusable(path, "it holds another key")
    return signer


def vanishes(directory: str) -> bool:
    """Tell whether ``directory`` lies in memory, so that its keys are gone after a restart (known on Linux only)."""
    if sys.platform != "linux":
        return False
    from offline_activation.identity.linux_mounts import read_mounts  # noqa: PLC0415 - exists on Linux only

    try:
        device = Path(directory).stat().st_dev
        return any(mount.device == device and mount.kind in _IN_MEMORY for mount in read_mounts("/"))
    except (OSError, ValueError):
        return False


class KeyFiles:
    """Signers of one directory under one passphrase, each opened once and kept for the life of the process."""

    def __init__(self, directory: str, passphrase: bytes | None) -> None:
        """Take where the key files lie; nothing is opened yet."""
        self._directory = directory
        self._passphrase = passphrase
        self._opened: dict[bytes, SoftwareSigner] = {}

    def signer(self, record: KeyRecord) -> SoftwareSigner:
        """Return the signer of ``record``; raises as :func:`open_signer`."""
        if record.public_key not in self._opened:
            self._opened[record.public_key] = open_signer(self._directory, record, self._passphrase)
        return self._opened[record.public_key]


def _pem(seed: bytes, passphrase: bytes | None, randomness: Randomness) -> bytes:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    if passphrase is None:
        return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    if not passphrase:
        raise Misuse("usage.invalid", what="An empty passphrase protects no key")
    if len(passphrase) > PASSPHRASE_LIMIT:
        raise Misuse("usage.invalid", what=f"A passphrase has at most {PASSPHRASE_LIMIT} bytes")
    return encrypted_pem(
        private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()), passphrase, randomness=randomness
    )


def _read(path: Path) -> bytes:
    """Return the content of a key file, of exactly the file whose owner and mode were checked."""
    try:
        _check_directory(path)
        descriptor = os.open(path, _OPEN_FLAGS)
    except (OSError, ValueError) as error:
        raise _unusable(path, _reason(error)) from error
    try:
        _check_file(os.fstat(descriptor), path)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(FILE_LIMIT + 1)
    except OSError as error:
        raise _unusable(path, _reason(error)) from error
    finally:
        os.close(descriptor)
    if len(content) > FILE_LIMIT:
        raise _unusable(path, "it is too large for a key")
    return content


def _check_directory(path: Path) -> None:
    status = path.parent.stat()
    if not _HAS_OWNERS:
        return
    if status.st_uid != os.geteuid():
        raise _unusable(path, f"its directory belongs to another user ({status.st_uid})")
    if status.st_mode & _WRITABLE_FOR_OTHERS:
        raise _unusable(path, f"others may replace it (the directory has mode {stat.S_IMODE(status.st_mode):04o})")


def _check_file(status: os.stat_result, path: Path) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise _unusable(path, "it is not a regular file")
    if not _HAS_OWNERS:
        return
    if status.st_uid != os.geteuid():
        raise _unusable(path, f"it belongs to another user ({status.st_uid})")
    if status.st_mode & _FOR_OTHERS:
        raise _unusable(path, f"others may read it (mode {stat.S_IMODE(status.st_mode):04o})")


def _seed(pem: bytes, path: Path, passphrase: bytes | None) -> bytes:
    try:
        private = load_pem_private_key(pem, passphrase)
    except TypeError as error:  # a passphrase is missing, or there is one and the file is not encrypted
        if passphrase is None:
            raise Refusal("key.passphrase", path=path) from error
        raise _unusable(path, "it is not encrypted although there is a passphrase") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        if passphrase is not None and b"ENCRYPTED" in pem:
            raise Refusal("key.passphrase", path=path) from error
        raise _unusable(path, "it is not a private key in PEM") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise _unusable(path, "it is not an Ed25519 key")
    return private.private_bytes_raw()


def _unusable(path: Path, what: str) -> Refusal:
    return Refusal("key.file", path=path, what=what)


def _reason(error: Exception) -> str:
    number = error.errno if isinstance(error, OSError) else None
    if number in (errno.ELOOP, errno.EMLINK):
        return "it is a symbolic link"
    if number in (errno.ENOENT, errno.ENOTDIR):
        return "it does not exist"
    return "it cannot be read"
