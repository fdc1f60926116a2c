"""The site key: made once at ``init``, kept in this directory only, and the voice of this installation for ever."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

from offline_activation.errors import ActivationError, Trouble
from offline_activation.formats.keys import KEY_SIZE, PublicKey, SoftwareSigner
from offline_activation.site.directory import SITE_KEY, StateDirectory
from offline_activation.site.safety import stranger
from offline_activation.verify.installed import KEPT_SITE_KEY_PUBLIC, SITE_KEY_PUBLIC
from offline_activation.verify.ownership import is_denied, unreadable

_OPEN_TO_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def make_site_key(directory: StateDirectory, random: Callable[[int], bytes]) -> SoftwareSigner:
    """Return the site key, made from 32 bytes of ``random`` unless there is one already: a key is never replaced.

    Raises :class:`Trouble` ``key.file`` for a key file that is there and no good, and ``io.unwritable``.
    """
    if not directory.has(SITE_KEY):
        directory.write(SITE_KEY, random(KEY_SIZE))
    signer = _read_private(directory)
    for name in (KEPT_SITE_KEY_PUBLIC, SITE_KEY_PUBLIC):
        directory.write(name, bytes(signer.public_key).hex().encode() + b"\n")
    return signer


def read_site_key(directory: StateDirectory) -> SoftwareSigner:
    """Return the site key for signing a request.

    One good copy of the public half is enough.  Raises :class:`Trouble` ``key.file``: missing, wrong size, readable by
    others, or no copy of the public half is its pair.
    """
    signer = _read_private(directory)
    try:
        known = read_public_key(directory)
    except Trouble:
        known = read_public_key(directory, name=KEPT_SITE_KEY_PUBLIC)
    if known != signer.public_key:
        raise _unusable(directory.path(SITE_KEY_PUBLIC), "it is not the public half of the site key")
    return signer


def read_public_key(directory: StateDirectory, *, name: str = SITE_KEY_PUBLIC) -> PublicKey:
    """Return the public half as it stands in its file; raises :class:`Trouble` ``key.file``."""
    path = directory.path(name)
    text = directory.read(name)
    try:
        raw = bytes.fromhex((text or b"").decode())
    except ValueError:
        raise _unusable(path, "it is not hexadecimal") from None
    if len(raw) != KEY_SIZE:
        raise _unusable(path, "it is missing" if text is None else f"it has {len(raw)} bytes, not {KEY_SIZE}")
    return PublicKey(raw)


def _read_private(directory: StateDirectory) -> SoftwareSigner:
    path = directory.path(SITE_KEY)
    try:
        seed = directory.read(SITE_KEY)
    except ActivationError as error:
        if is_denied(error) and stranger(directory.home):
            raise unreadable(str(directory.home)) from error
        raise _unusable(path, error.message.removesuffix(".")) from error
    if seed is None:
        raise _unusable(path, "it is missing")
    if os.name != "nt" and path.stat().st_mode & _OPEN_TO_OTHERS:
        raise _unusable(path, f"others can read it (mode {stat.S_IMODE(path.stat().st_mode):04o})")
    if len(seed) != KEY_SIZE:
        raise _unusable(path, f"it has {len(seed)} bytes, not {KEY_SIZE}")
    return SoftwareSigner(seed)


def _unusable(path: Path, what: str) -> Trouble:
    return Trouble("key.file", path=path, what=what)
