"""Ed25519 keys (RFC 8032): public keys that are safe to trust, their short ids, and the seam of signers.

The site key inside a request is chosen by a stranger, so weak keys are refused: the eight points of small order, under
which one signature fits many messages, and encodings that are not reduced, which give one key two names.
"""

from functools import lru_cache
from typing import Final, NewType, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from offline_activation.errors import Refusal
from offline_activation.formats.digest import sha256

PublicKey = NewType("PublicKey", bytes)
"""32 raw bytes that passed :func:`public_key`."""

KeyId = NewType("KeyId", bytes)
"""First 8 bytes of SHA-256 of the raw public key: a hint into a local table, never a name of anything else."""

KEY_SIZE: Final = 32
SIGNATURE_SIZE: Final = 64
KEY_ID_SIZE: Final = 8

_P: Final = 2**255 - 19
_Y_OF_ORDER_8: Final = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL_ORDER_Y: Final = frozenset({0, 1, _P - 1, _Y_OF_ORDER_8, _P - _Y_OF_ORDER_8})


def public_key(raw: bytes) -> PublicKey:
    """Return ``raw`` as a public key that is safe to trust.

    Raises :class:`Refusal` ``key.weak`` for a wrong size, a point of small order, or an encoding that is not reduced.
    """
    if len(raw) != KEY_SIZE:
        raise Refusal("key.weak")
    y = int.from_bytes(raw, "little") & (1 << 255) - 1
    if y >= _P or y in _SMALL_ORDER_Y:
        raise Refusal("key.weak")
    return PublicKey(raw)


@lru_cache(maxsize=64)  # a vendor signs with few keys; hashing one costs as much as reading a small document
def key_id(key: PublicKey) -> KeyId:
    """Return the 8-byte id of a public key."""
    return KeyId(sha256(key)[:KEY_ID_SIZE])


def fingerprint(key: PublicKey) -> str:
    """Return the 16 hexadecimal digits of a key's id in groups of four, as people compare them over the telephone."""
    digits = key_id(key).hex()
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def signature_is_valid(key: PublicKey, signature: bytes, message: bytes) -> bool:
    """Tell whether ``signature`` (64 bytes) over ``message`` was made by ``key`` (RFC 8032 section 5.1.7)."""
    if len(signature) != SIGNATURE_SIZE:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


class Signer(Protocol):
    """Holds one private key: in memory, in a file, in hardware."""

    @property
    def public_key(self) -> PublicKey:
        """The public half."""

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte Ed25519 signature of ``message``; raises :class:`Trouble` when the key cannot be used."""


class SoftwareSigner:
    """A signer whose key is in this process's memory."""

    def __init__(self, seed: bytes) -> None:
        """Take the 32-byte private seed (RFC 8032 section 5.1.5)."""
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self._public = public_key(self._private.public_key().public_bytes_raw())

    @property
    def public_key(self) -> PublicKey:
        """The public half."""
        return self._public

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature of ``message``."""
        return self._private.sign(message)
