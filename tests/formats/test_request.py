"""The activation request: what was written is read, and nothing else is."""

from collections.abc import Callable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offline_activation.errors import Refusal
from offline_activation.formats.cbor import MAX_INTEGER, Value, encode
from offline_activation.formats.contact import FIELDS, Contact
from offline_activation.formats.envelope import Kind, open_envelope, seal
from offline_activation.formats.keys import Signer, SoftwareSigner
from offline_activation.formats.names import DocumentId, ProductId, new_license_number, reference
from offline_activation.formats.request import (
    ActivationRequest,
    Purpose,
    receive_request,
    request_payload,
    seal_request,
)
from offline_activation.formats.value import changed

CodeOf = Callable[[Callable[[], object]], str]
Altered = Callable[[bytes, Mapping[int | str, object], Signer], bytes]

PRINTABLE = st.characters(codec="utf-8", exclude_categories=("C", "Z"), include_characters=" ")
COUNTS = st.integers(0, MAX_INTEGER)
NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,31}", fullmatch=True)
SITE = SoftwareSigner(bytes([2]) * 32)


def texts(limit: int, *, least: int = 0) -> st.SearchStrategy[str]:
    return st.text(PRINTABLE, min_size=least, max_size=limit)


EXTENSIONS = st.dictionaries(
    st.integers(64, MAX_INTEGER), st.one_of(COUNTS, texts(20), st.booleans(), st.binary(max_size=20)), max_size=2
).map(lambda found: tuple(sorted(found.items())))
REQUESTS = st.builds(
    ActivationRequest,
    purpose=st.sampled_from(Purpose),
    product=NAMES.map(ProductId),
    license_number=st.binary(min_size=12, max_size=12).map(new_license_number),
    created=COUNTS,
    nonce=st.binary(min_size=16, max_size=16),
    site_key=st.just(SITE.public_key),
    counter=st.integers(1, MAX_INTEGER),
    volume_id=st.text("0123456789abcdefABCDEF-", min_size=1, max_size=46),
    volume_source=texts(48, least=1),
    components=st.dictionaries(
        st.sampled_from(["machine_id", "firmware_uuid", "network"]), st.binary(min_size=8, max_size=8)
    ),
    contact=st.builds(Contact, **{field.name: texts(field.limit) for field in FIELDS}),
    previous=st.none() | st.binary(min_size=16, max_size=16).map(DocumentId),
    revision=COUNTS,
    usage=st.dictionaries(NAMES, COUNTS, max_size=4),
    zone=texts(40),
    emergency_opened=st.none() | COUNTS,
    returned=st.none() | st.binary(min_size=16, max_size=16).map(DocumentId),
    proof=st.none() | st.binary(min_size=1, max_size=700),
    extensions=EXTENSIONS,
)


@given(REQUESTS)
@settings(max_examples=60)
def test_every_request_comes_back_and_encodes_to_the_same_bytes(request_: ActivationRequest) -> None:
    document = seal_request(request_, SITE)
    received = receive_request(document)
    assert received.content == request_
    assert request_payload(received.content) == received.payload
    assert seal_request(received.content, SITE) == received.document == document
    assert received.reference == reference(received.request_id)


def outcome(code_of: CodeOf, document: bytes) -> str:
    return code_of(lambda: receive_request(document))


INVALID: list[tuple[int, str, list[object]]] = [
    (1, "profile.version", [..., 0, -1, "1", True, None, b"\1"]),
    (1, "profile.newer", [2, 99, MAX_INTEGER]),
    (2, "profile.field_missing", [...]),
    (2, "profile.field_invalid", [0, -1, True, "activate", None]),
    (2, "profile.newer", [8, 99]),
    (3, "profile.field_missing", [...]),
    (3, "profile.field_invalid", ["", "Infinitime", "a" * 33, "../x", 1, b"a", "a\nb"]),
    (4, "profile.field_missing", [...]),
    (4, "profile.field_invalid", [-1, "now", True, None]),
    (5, "profile.field_missing", [...]),
    (5, "profile.field_invalid", [bytes(15), bytes(17), "0" * 16, 0]),
    (6, "profile.field_missing", [...]),
    (6, "profile.field_invalid", [bytes(31), bytes(33), "k" * 32]),
    (6, "key.weak", [bytes(32), b"\xff" * 32, (1).to_bytes(32, "little")]),
    (6, "signature.invalid", [SoftwareSigner(bytes([8]) * 32).public_key]),
    (7, "profile.field_missing", [...]),
    (7, "profile.field_invalid", ["", "0" * 19, "0" * 21, "o" * 20, "00000000000000000001", 0]),
    (8, "profile.field_missing", [...]),
    (8, "profile.field_invalid", [0, -1, True, "1"]),
    (9, "profile.field_missing", [...]),
    (9, "profile.field_invalid", ["", "x" * 65, "a\0b", b"id", 7]),
    (10, "profile.field_missing", [...]),
    (10, "profile.field_invalid", ["", "x" * 49, "a\u202eb", None]),
    (11, "profile.field_missing", [...]),
    (11, "profile.field_invalid", [(), {2: bytes(7)}, {2: "12345678"}, {2: None}, 1, dict.fromkeys(range(30), b"")]),
    (11, "profile.newer", [{1: bytes(8)}, {5: bytes(8)}, {"cpu": bytes(8)}]),
    (12, "profile.field_missing", [...]),
    (12, "profile.field_invalid", [(), "x", {4: ""}, {4: "x" * 81}, {4: 1}, {4: "a\tb"}]),
    (12, "profile.newer", [{13: "x"}, {"company": "x"}, dict.fromkeys(range(1, 14), "x")]),
    (13, "profile.field_missing", [...]),
    (13, "profile.field_invalid", [-1, True, "3"]),
    (14, "profile.field_invalid", [b"", bytes(15), bytes(32), None]),
    (15, "profile.field_invalid", [{}, {"Employees": 1}, {1: 1}, {"employees": -1}, {"employees": True}, {"a": "1"}]),
    (15, "profile.field_invalid", [{f"n{n}": 0 for n in range(17)}, ()]),
    (16, "profile.field_invalid", ["", "x" * 41, "Europe/\nBerlin", 1]),
    (17, "profile.field_invalid", [-1, "now", True, None]),
    (17, "accept", [0]),
    (18, "profile.field_invalid", [b"", bytes(8), bytes(17), "0" * 16, None]),
    (19, "profile.field_invalid", [b"", bytes(4097), "proof", (), None]),
    (19, "accept", [b"\0", bytes(4096)]),
    (20, "profile.newer", [0, "anything"]),
    (63, "profile.newer", [0]),
    (0, "profile.newer", [0]),
    (64, "accept", [0, "text", (1, {2: b"x"}), None]),
    (MAX_INTEGER, "accept", [True]),
    (-1, "profile.field_invalid", [0]),
]
CASES = [(key, code, item) for key, code, items in INVALID for item in items]


@pytest.mark.parametrize(("key", "code", "item"), CASES, ids=[f"{k}-{str(item)[:20]!r}" for k, _, item in CASES])
def test_each_field_is_held_to_its_rule(
    code_of: CodeOf, altered: Altered, request_document: bytes, site: Signer, key: int, code: str, item: object
) -> None:
    assert outcome(code_of, altered(request_document, {key: item}, site)) == code


def test_a_text_key_at_the_top_is_refused_by_name(
    code_of: CodeOf, altered: Altered, request_document: bytes, site: Signer
) -> None:
    assert outcome(code_of, altered(request_document, {"seats": 10}, site)) == "profile.field_invalid"


def test_extensions_are_kept_and_signed(altered: Altered, request_document: bytes, site: Signer) -> None:
    extended = altered(request_document, {64: "note", 99: (1, 2)}, site)
    content = receive_request(extended).content
    assert content.extensions == ((64, "note"), (99, (1, 2)))
    assert seal_request(content, site) == extended


def test_an_unknown_critical_field_says_that_this_software_is_too_old(
    altered: Altered, request_document: bytes, site: Signer
) -> None:
    with pytest.raises(Refusal, match="newer format") as caught:
        receive_request(altered(request_document, {20: 1}, site))
    assert caught.value.remedy.startswith("Update this software")


def test_bignums_floats_and_doubled_fields_never_reach_the_fields(code_of: CodeOf, site: Signer) -> None:
    for hostile, code in (
        (b"\xa1\x0d\xc2\x5a\x00\x00\x20\x00" + bytes(0x2000), "encoding.unsupported"),
        (bytes.fromhex("a10d1b0020000000000000"), "encoding.unsupported"),
        (bytes.fromhex("a10d1bffffffffffffffff"), "encoding.unsupported"),
        (bytes.fromhex("a10dfb7fe1ccf385ebc8a0"), "encoding.unsupported"),
        (bytes.fromhex("a10df97e00"), "encoding.unsupported"),
        (bytes.fromhex("a20d0a0d1903e8"), "encoding.duplicate_key"),
    ):
        assert outcome(code_of, seal(Kind.REQUEST, hostile, site)) == code


@pytest.mark.parametrize("payload", [b"", b"\x80", b"\xf6", b"\x01", b"\x61a"])
def test_a_payload_that_is_no_map_is_refused(code_of: CodeOf, site: Signer, payload: bytes) -> None:
    assert outcome(code_of, seal(Kind.REQUEST, payload, site)).startswith(("profile.", "encoding."))


def test_a_request_signed_by_another_key_than_the_one_inside_is_refused(
    code_of: CodeOf, request_content: ActivationRequest, root: Signer
) -> None:
    assert outcome(code_of, seal_request(request_content, root)) == "signature.invalid"


def test_a_key_id_that_names_another_key_is_refused(
    code_of: CodeOf, request_document: bytes, site: SoftwareSigner
) -> None:
    envelope = open_envelope(request_document)
    header: Value = {1: -19, 3: "application/oa-request", 4: bytes(8)}
    aad = b"offline-activation/1/request"
    signature = site.sign(encode(("Signature1", encode(header), aad, envelope.payload)))
    forged = b"\xd2" + encode((encode(header), {}, envelope.payload, signature))
    assert outcome(code_of, forged) == "signature.invalid"


@pytest.mark.parametrize("kind", ["license", "refusal", "receipt", "trust", "root", "product"])
def test_another_document_is_no_request(code_of: CodeOf, documents: dict[str, bytes], kind: str) -> None:
    assert outcome(code_of, documents[kind]) == "profile.kind"


def test_an_edited_request_is_refused_by_its_signature(
    code_of: CodeOf, request_content: ActivationRequest, request_document: bytes
) -> None:
    signature = open_envelope(request_document).signature
    for edit in (
        {"revision": 4},
        {"usage": {"employees": 1}},
        {"purpose": Purpose.RENEW},
        {"contact": changed(request_content.contact, email="other@northwind.example")},
    ):
        payload = request_payload(changed(request_content, **edit))
        protected = open_envelope(request_document).protected
        assert outcome(code_of, b"\xd2" + encode((protected, {}, payload, signature))) == "signature.invalid"
