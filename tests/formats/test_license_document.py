"""The license as it travels."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offline_activation.formats.cbor import MAX_INTEGER
from offline_activation.formats.envelope import check_signature, open_envelope
from offline_activation.formats.keys import Signer, SoftwareSigner
from offline_activation.formats.license_document import LicenseDocument, license_payload, read_license, seal_license
from offline_activation.formats.names import DocumentId, ProductId, SiteId, new_license_number
from offline_activation.formats.value import changed
from offline_activation.vendor.products import read_definition

CodeOf = Callable[[Callable[[], object]], str]
Altered = Callable[[bytes, Mapping[int | str, object], Signer], bytes]

ISSUING = SoftwareSigner(bytes([3]) * 32)
COUNTS = st.integers(0, MAX_INTEGER)
PRINTABLE = st.characters(codec="utf-8", exclude_categories=("C", "Z"), include_characters=" ")
NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,31}", fullmatch=True)
MARKS = st.binary(min_size=8, max_size=8)
IDS = st.binary(min_size=16, max_size=16)
OTHER_MARKS = st.dictionaries(st.sampled_from(["machine_id", "firmware_uuid", "network"]), MARKS)
LICENSES = st.builds(
    LicenseDocument,
    product=NAMES.map(ProductId),
    license_number=st.binary(min_size=12, max_size=12).map(new_license_number),
    revision=st.integers(1, MAX_INTEGER),
    issued=COUNTS,
    request_id=IDS.map(DocumentId),
    site=IDS.map(SiteId),
    components=st.builds(lambda mark, others: {"volume_id": mark, **others}, MARKS, OTHER_MARKS),
    company=st.text(PRINTABLE, min_size=1, max_size=80),
    limits=st.dictionaries(NAMES, COUNTS, max_size=16),
    options=st.sets(NAMES, max_size=8).map(lambda names: tuple(sorted(names))),
    trust=st.binary(max_size=300),
    lease_until=st.none() | COUNTS,
    grace_days=st.integers(0, 36_600),
    until=st.none() | COUNTS,
    maintenance_until=st.none() | COUNTS,
    extensions=st.dictionaries(st.integers(64, MAX_INTEGER), COUNTS, max_size=2).map(
        lambda d: tuple(sorted(d.items()))
    ),
)


def received(document: bytes) -> LicenseDocument:
    envelope = open_envelope(document)
    content = read_license(envelope)
    check_signature(envelope, ISSUING.public_key)
    return content


@given(LICENSES)
@settings(max_examples=60)
def test_every_license_comes_back_and_encodes_to_the_same_bytes(license_: LicenseDocument) -> None:
    document = seal_license(license_, ISSUING)
    assert received(document) == license_
    assert license_payload(received(document)) == open_envelope(document).payload
    assert seal_license(received(document), ISSUING) == document


def test_a_license_with_its_rules_and_its_trust_list_fits_one_qr_code(
    license_content: LicenseDocument, license_document: bytes, trust_document: bytes
) -> None:
    assert len(trust_document) == 239
    assert len(license_document) == 608
    sample = Path(__file__).parents[2] / "samples" / "infinitime.toml"
    rules = read_definition(sample.read_text(), path="sample").policy()
    assert rules.fallback is not None
    full = changed(license_content, version_ceiling="2027.1", policy=rules)
    assert received(seal_license(full, ISSUING)) == full
    assert len(seal_license(full, ISSUING)) <= 640


INVALID: list[tuple[int, str, list[object]]] = [
    (1, "profile.version", [..., 0, "1", True]),
    (1, "profile.newer", [2]),
    *[(key, "profile.field_missing", [...]) for key in (2, 3, 4, 5, 6, 7, 8, 9, 16)],
    (2, "profile.field_invalid", ["", "A", "\\\\host\\x", "file://x", 1]),
    (3, "profile.field_invalid", ["0" * 19, "00000000000000000001", "${jndi:ldap://x}", 1]),
    (4, "profile.field_invalid", [0, -1, True, "4", None]),
    (4, "accept", [MAX_INTEGER]),
    (5, "profile.field_invalid", [-1, "2027-01-01", False]),
    (6, "profile.field_invalid", [bytes(15), "x" * 16]),
    (7, "profile.field_invalid", [bytes(17), None]),
    (8, "profile.field_invalid", [{1: bytes(7)}, {1: "12345678"}, ()]),
    (8, "profile.field_missing", [{}, {2: bytes(8)}]),
    (8, "profile.newer", [{1: bytes(8), 5: bytes(8)}, {n: bytes(8) for n in range(1, 6)}, {1: bytes(8), "x": b""}]),
    (9, "profile.field_invalid", ["", "x" * 81, "a\x1b[2Jb", 1]),
    (10, "profile.field_invalid", [{}, {"employees": -1}, {"employees": "10"}, {"employees": True}, {"": 1}, {1: 1}]),
    (
        11,
        "profile.field_invalid",
        [(), ("b", "a"), ("a", "a"), ("A",), (1,), "a", tuple(f"o{n:02}" for n in range(33))],
    ),
    (11, "accept", [tuple(f"o{n:02}" for n in range(32))]),
    (12, "profile.field_invalid", [-1, "never", None]),
    (13, "profile.field_invalid", [0, -1, 36_601, True]),
    (14, "profile.field_invalid", [-1, None]),
    (15, "profile.field_invalid", [-1, ""]),
    (16, "profile.field_invalid", ["text", None, ()]),
    (17, "profile.newer", [1]),
    (63, "profile.newer", [None]),
    (64, "accept", ["kept"]),
    (-5, "profile.field_invalid", [1]),
]
CASES = [(key, code, item) for key, code, items in INVALID for item in items]


@pytest.mark.parametrize(("key", "code", "item"), CASES, ids=[f"{k}-{str(item)[:20]!r}" for k, _, item in CASES])
def test_each_field_is_held_to_its_rule(
    code_of: CodeOf, altered: Altered, license_document: bytes, key: int, code: str, item: object
) -> None:
    document = altered(license_document, {key: item}, ISSUING)
    assert code_of(lambda: received(document)) == code
