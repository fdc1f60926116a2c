"""The root certificate: what the old root key says of the new one."""

from collections.abc import Callable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offline_activation.formats.cbor import MAX_INTEGER
from offline_activation.formats.envelope import check_signature, open_envelope
from offline_activation.formats.keys import Signer, SoftwareSigner
from offline_activation.formats.root_certificate import (
    RootCertificate,
    last_root,
    read_root_certificate,
    root_certificate_payload,
    seal_root_certificate,
)

CodeOf = Callable[[Callable[[], object]], str]
Altered = Callable[[bytes, Mapping[int | str, object], Signer], bytes]

ROOT = SoftwareSigner(bytes([1]) * 32)
KEYS = [SoftwareSigner(bytes([number]) * 32).public_key for number in range(3, 9)]
CERTIFICATES = st.builds(
    RootCertificate,
    number=st.integers(2, 33),
    key=st.sampled_from(KEYS),
    issued=st.integers(0, MAX_INTEGER),
    extensions=st.sampled_from([(), ((64, "note"),), ((64, None), (65, b"x"))]),
)


def received(document: bytes) -> RootCertificate:
    envelope = open_envelope(document)
    content = read_root_certificate(envelope)
    check_signature(envelope, ROOT.public_key)
    return content


@given(CERTIFICATES)
@settings(max_examples=50)
def test_every_certificate_comes_back_and_encodes_to_the_same_bytes(certificate: RootCertificate) -> None:
    document = seal_root_certificate(certificate, ROOT)
    assert received(document) == certificate
    assert root_certificate_payload(received(document)) == open_envelope(document).payload


INVALID: list[tuple[int, str, list[object]]] = [
    (1, "profile.version", [..., 0]),
    (1, "profile.newer", [2]),
    *[(key, "profile.field_missing", [...]) for key in (2, 3, 4)],
    (2, "profile.field_invalid", [0, 1, 34, -1, True, "2", None]),
    (2, "accept", [2, 33]),
    (3, "profile.field_invalid", [bytes(31), bytes(33), "k" * 32, None]),
    (3, "key.weak", [bytes(32), b"\xff" * 32, (1).to_bytes(32, "little")]),
    (4, "profile.field_invalid", [-1, True, "2027-01-01"]),
    (5, "profile.newer", [0]),
    (64, "accept", [0]),
]
CASES = [(key, code, item) for key, code, items in INVALID for item in items]


@pytest.mark.parametrize(("key", "code", "item"), CASES)
def test_each_field_is_held_to_its_rule(
    code_of: CodeOf, altered: Altered, certificates: tuple[bytes, ...], key: int, code: str, item: object
) -> None:
    document = altered(certificates[0], {key: item}, ROOT)
    assert code_of(lambda: received(document)) == code


def test_without_certificates_the_pinned_root_key_is_the_last() -> None:
    assert last_root((), ROOT.public_key) == ROOT.public_key
