"""Encryption of a private key under a passphrase: PBES2 (RFC 8018) with scrypt (RFC 7914) and AES-256-CBC.

``cryptography`` reads this but writes only PBKDF2 with 2,048 rounds, which a graphics card guesses through at millions
of passphrases a second; so the few bytes of DER around the ciphertext are written here.
"""

import base64
from collections.abc import Callable
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.padding import PKCS7

SCRYPT_COST: Final = 1 << 14
SCRYPT_BLOCK: Final = 8
SCRYPT_PARALLEL: Final = 5
"""16 MiB and about 0.2 seconds for a guess.  More memory is refused by OpenSSL's command line (limit 32 MiB), and a
vendor must be able to open a key file without this product."""

_SALT_SIZE: Final = 16
_BLOCK_SIZE: Final = 16
_KEY_SIZE: Final = 32
_LINE: Final = 64

_INTEGER, _OCTETS, _OBJECT, _SEQUENCE = 0x02, 0x04, 0x06, 0x30
_SHORT: Final = 0x80
_PBES2: Final = bytes.fromhex("2a864886f70d01050d")
_SCRYPT: Final = bytes.fromhex("2b06010401da47040b")
_AES_256_CBC: Final = bytes.fromhex("60864801650304012a")


def encrypted_pem(private_key: bytes, passphrase: bytes, *, randomness: Callable[[int], bytes]) -> bytes:
    """Return a PKCS#8 private key (DER) encrypted under ``passphrase``, as PEM with the label of RFC 7468 section 11.

    ``randomness`` gives salt and initial vector.
    """
    salt, vector = randomness(_SALT_SIZE), randomness(_BLOCK_SIZE)
    key = Scrypt(salt=salt, length=_KEY_SIZE, n=SCRYPT_COST, r=SCRYPT_BLOCK, p=SCRYPT_PARALLEL).derive(passphrase)
    padder = PKCS7(_BLOCK_SIZE * 8).padder()
    padded = padder.update(private_key) + padder.finalize()
    encryptor = Cipher(AES256(key), CBC(vector)).encryptor()
    ciphertext = encryptor.update(padded) + encryptor.finalize()
    costs = b"".join(_integer(cost) for cost in (SCRYPT_COST, SCRYPT_BLOCK, SCRYPT_PARALLEL))
    derivation = _algorithm(_SCRYPT, _tagged(_SEQUENCE, _tagged(_OCTETS, salt) + costs))
    scheme = _algorithm(_AES_256_CBC, _tagged(_OCTETS, vector))
    algorithm = _algorithm(_PBES2, _tagged(_SEQUENCE, derivation + scheme))
    return _pem(_tagged(_SEQUENCE, algorithm + _tagged(_OCTETS, ciphertext)))


def _algorithm(identifier: bytes, parameters: bytes) -> bytes:
    return _tagged(_SEQUENCE, _tagged(_OBJECT, identifier) + parameters)


def _integer(number: int) -> bytes:
    return _tagged(_INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _tagged(tag: int, content: bytes) -> bytes:
    """Return one DER element (X.690 section 8.1), of at most 255 bytes."""
    size = len(content)
    return bytes([tag, size] if size < _SHORT else [tag, _SHORT | 1, size]) + content


def _pem(der: bytes) -> bytes:
    text = base64.b64encode(der)
    lines = [text[at : at + _LINE] for at in range(0, len(text), _LINE)]
    label = b"ENCRYPTED PRIVATE KEY"
    return b"\n".join([b"-----BEGIN " + label + b"-----", *lines, b"-----END " + label + b"-----", b""])
