"""SHA-256, the one hash of the format (FIPS 180-4)."""

from cryptography.hazmat.primitives.hashes import SHA256, Hash


def sha256(data: bytes) -> bytes:
    """Return the 32-byte SHA-256 of ``data``.

    ``cryptography`` is already loaded for the signature check; ``hashlib`` would load a second OpenSSL (3 ms).
    """
    state = Hash(SHA256())
    state.update(data)
    return state.finalize()
