"""The license as it travels."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offline_activation.formats.cbor import MAX_INTEGER
from offline_activation.formats.envelope import check_signature, open_envelope
from offline_activation.formats.keys import Signer, SoftwareSigner
from offline_activation.formats.license_document import (
    LicenseDocument,
    license_payload,
    names_former_site,
    read_license,
    seal_license,
)
from offline_activation.formats.names import DocumentId, ProductId, SiteId, new_license_number
from offline_activation.formats.policy import Fallback, Policy
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
VERSIONS = st.lists(st.integers(0, 99_999), min_size=1, max_size=3).map(lambda parts: ".".join(map(str, parts)))
DAYS = st.integers(0, 36_600)
LIMITS = st.dictionaries(NAMES, COUNTS, max_size=16)
OPTIONS = st.sets(NAMES, max_size=8).map(lambda names: tuple(sorted(names)))
POLICIES = st.builds(
    Policy,
    fallback=st.none() | st.builds(Fallback, days=DAYS, limits=LIMITS, options=OPTIONS),
    grace_limits=LIMITS,
    overuse_percent=st.integers(0, 100),
    drift_days=DAYS | st.just(14),
    emergency_days=st.integers(0, 60),
    clock_days=st.tuples(DAYS, DAYS) | st.just((2, 14)),
)
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
    limits=LIMITS,
    options=OPTIONS,
    trust=st.binary(max_size=300),
    lease_until=st.none() | COUNTS,
    grace_days=st.integers(0, 36_600),
    until=st.none() | COUNTS,
    maintenance_until=st.none() | COUNTS,
    version_ceiling=st.just("") | VERSIONS,
    trial=st.booleans(),
    replaced=st.lists(MARKS, max_size=8, unique=True).map(tuple),
    policy=st.just(Policy()) | POLICIES,
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
    (17, "profile.field_invalid", [(), (30, {}), (30, {}, (), 0), {}, 30, None, ({}, 30, ()), (30, (), {})]),
    (17, "profile.field_invalid", [(-1, {}, ()), (36_601, {}, ()), (True, {}, ()), ("30", {}, ())]),
    (
        17,
        "profile.field_invalid",
        [(1, {"a": -1}, ()), (1, {"A": 1}, ()), (1, {"a": True}, ()), (1, {1: 1}, ())],
    ),
    (17, "profile.field_invalid", [(1, {f"limit{n}": 1 for n in range(17)}, ()), (1, {"a": "1"}, ())]),
    (17, "profile.field_invalid", [(1, {}, ("b", "a")), (1, {}, ("a", "a")), (1, {}, ("A",)), (1, {}, (1,))]),
    (17, "profile.field_invalid", [(1, {}, tuple(f"o{n:02}" for n in range(33)))]),
    (17, "accept", [(0, {}, ()), (36_600, {"employees": 0}, ("a", "b"))]),
    (18, "profile.field_invalid", [0, 101, -1, True, "10", None]),
    (18, "accept", [1, 100]),
    (19, "profile.field_invalid", ["", ".", "4.", ".4", "4..1", "v4", "4.x", "\u0664", "4 ", 4, None, "1" * 10]),
    (19, "profile.field_invalid", ["1.2.3.4.5.6.7.8.9.1.2"]),
    (19, "accept", ["4", "0", "4.2", "2026.11.1", "1" * 9, "1.2.3.4.5.6.7.8.9.12"]),
    (20, "profile.field_invalid", [14, -1, 36_601, True, False, "7", None]),
    (20, "accept", [0, 13, 15, 36_600]),
    (21, "profile.field_invalid", [0, -1, 61, 36_600, True, None]),
    (21, "accept", [1, 60]),
    (
        22,
        "profile.field_invalid",
        [(2, 14), (), (2,), (2, 14, 0), (-1, 14), (2, 36_601), (True, 14), (2, False), 2],
    ),
    (22, "accept", [(0, 0), (14, 2), (36_600, 36_600)]),
    (23, "profile.field_invalid", [(), (bytes(7),), (bytes(9),), (bytes(8), bytes(8)), ("12345678",), bytes(8), None]),
    (23, "profile.field_invalid", [tuple(bytes([n]) * 8 for n in range(9)), (bytes(8), None)]),
    (23, "accept", [(bytes(8),), tuple(bytes([n]) * 8 for n in range(8)), (b"22222222", b"11111111")]),
    (24, "profile.field_invalid", [False, 1, 0, None, "yes", ()]),
    (24, "accept", [True]),
    (25, "profile.field_invalid", [{}, {"employees": -1}, {"A": 1}, {"a": True}, {1: 1}, (), None]),
    (25, "accept", [{"employees": 0}, {f"limit{n}": 1 for n in range(16)}]),
    (
        26,
        "profile.field_invalid",
        [2, (2,), (0, {1: 1}), (2, {1: 1}), (2, {1: 2, 2: 1, 3: 1, 4: 1}), (2, {1: 0, 2: 2}), (101, {1: 100, 2: 2})],
    ),
    (26, "accept", [(1, {1: 1}), (100, {1: 100}), (3, {1: 2, 2: 1})]),
    (27, "profile.newer", [1]),
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


def test_a_license_without_rules_of_its_own_is_what_it_was_before_there_were_any(
    license_content: LicenseDocument,
) -> None:
    written_out = changed(license_content, policy=Policy(drift_days=14, clock_days=(2, 14)))
    assert license_payload(written_out) == license_payload(license_content)


def test_a_former_site_knows_itself_by_the_first_bytes_of_its_id(license_content: LicenseDocument) -> None:
    moved = changed(license_content, replaced=(b"former01", b"former02"))
    assert names_former_site(moved, SiteId(b"former02" + bytes(8)))
    assert not names_former_site(moved, SiteId(bytes(8) + b"former02"))
    assert not names_former_site(license_content, license_content.site)
