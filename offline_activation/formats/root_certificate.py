"""The next root key: a certificate signed by the root key before it, so that a site pinned to the first follows.

Root keys are numbered from 1; certificate *n* names root key *n* and is signed by root key *n* - 1.  A trust list
carries all certificates there are and is itself signed by the last root key: a rotation is signed by the old key (the
certificate) and by the new one (the list).  A key is root key once: no chain leads in a circle.
"""

from functools import lru_cache
from typing import Final

from offline_activation.errors import Refusal
from offline_activation.formats.cbor import Map, encode
from offline_activation.formats.envelope import Envelope, Kind, check_signature, expect, open_envelope, seal
from offline_activation.formats.fields import VERSION, Extensions, open_fields, with_extensions
from offline_activation.formats.keys import KEY_SIZE, PublicKey, Signer, key_id, public_key
from offline_activation.formats.value import value

MAX_ROOTS: Final = 32
"""Certificates in a trust list at most; whoever needs a 33rd rotation ships a new product file instead."""
SECOND: Final = 2
"""Number of the first root key that has a certificate."""


@value
class RootCertificate:
    """What the old root key says of the new one; ``issued`` in seconds since 1970 UTC."""

    number: int
    key: PublicKey
    issued: int
    extensions: Extensions = ()


def root_certificate_payload(certificate: RootCertificate) -> bytes:
    """Return the one valid encoding of a root certificate."""
    body: Map = {1: VERSION, 2: certificate.number, 3: bytes(certificate.key), 4: certificate.issued}
    return encode(with_extensions(body, certificate.extensions))


def seal_root_certificate(certificate: RootCertificate, old_root: Signer) -> bytes:
    """Return the certificate signed by the root key before it."""
    return seal(Kind.ROOT, root_certificate_payload(certificate), old_root)


def read_root_certificate(envelope: Envelope) -> RootCertificate:
    """Return the content of a root certificate, its signature not yet checked."""
    fields = open_fields(envelope.payload)
    return RootCertificate(
        number=fields.integer(2, "number", least=SECOND, most=MAX_ROOTS + 1),
        key=public_key(fields.bytes(3, "key", exactly=KEY_SIZE)),
        issued=fields.integer(4, "issued"),
        extensions=fields.finish(),
    )


def read_root_certificates(documents: tuple[bytes, ...]) -> tuple[tuple[Envelope, RootCertificate], ...]:
    """Return certificates in their sequence, signatures not yet checked.

    Raises :class:`Refusal` ``profile.field_invalid`` when a number is left out or comes twice, because a site must be
    able to follow every step, and when a key comes twice.
    """
    found = tuple(_read(document) for document in documents)
    for number, (_, certificate) in enumerate(found, SECOND):
        if certificate.number != number:
            raise Refusal("profile.field_invalid", field="roots", what="not numbered from 2 without a gap")
    named = [found[0][0].key_id, *(key_id(certificate.key) for _, certificate in found)] if found else []
    if len(set(named)) != len(named):
        raise Refusal("profile.field_invalid", field="roots", what="a root key that comes twice")
    return found


def last_root(documents: tuple[bytes, ...], pinned: PublicKey) -> PublicKey:
    """Return the root key to which the certificates lead from ``pinned``; without certificates that is ``pinned``.

    Certificates that lead to ``pinned`` itself are passed over.  Raises :class:`Refusal` ``key.root_mismatch`` when the
    chain breaks, ``signature.invalid``, ``profile.*``.
    """
    certificates = read_root_certificates(documents)
    keys = [certificate.key for _, certificate in certificates]
    at = keys.index(pinned) + 1 if pinned in keys else 0
    current = pinned
    for document in documents[at:]:
        current = _certified(document, current)
    return current


# a start meets the same certificates in product file, state directory and license: read and verify each of them once
@lru_cache(maxsize=2 * MAX_ROOTS)
def _read(document: bytes) -> tuple[Envelope, RootCertificate]:
    envelope = open_envelope(document)
    expect(envelope, Kind.ROOT)
    return envelope, read_root_certificate(envelope)


@lru_cache(maxsize=2 * MAX_ROOTS)
def _certified(document: bytes, signer: PublicKey) -> PublicKey:
    """Return the root key that ``signer`` certifies in ``document``."""
    envelope, certificate = _read(document)
    if envelope.key_id != key_id(signer):
        raise Refusal("key.root_mismatch")
    check_signature(envelope, signer)
    return certificate.key
