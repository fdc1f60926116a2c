"""The receipt: the vendor's answer to a return."""

from collections.abc import Callable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offline_activation.formats.cbor import MAX_INTEGER
from offline_activation.formats.envelope import Kind, check_signature, expect, open_envelope, seal
from offline_activation.formats.keys import Signer, SoftwareSigner
from offline_activation.formats.names import DocumentId, ProductId, SiteId, new_license_number
from offline_activation.formats.receipt import ReceiptDocument, read_receipt, receipt_payload, seal_receipt

CodeOf = Callable[[Callable[[], object]], str]
Altered = Callable[[bytes, Mapping[int | str, object], Signer], bytes]

ISSUING = SoftwareSigner(bytes([3]) * 32)
IDS = st.binary(min_size=16, max_size=16)
RECEIPTS = st.builds(
    ReceiptDocument,
    product=st.from_regex(r"[a-z][a-z0-9_-]{0,31}", fullmatch=True).map(ProductId),
    license_number=st.binary(min_size=12, max_size=12).map(new_license_number),
    revision=st.integers(0, MAX_INTEGER),
    issued=st.integers(0, MAX_INTEGER),
    request_id=IDS.map(DocumentId),
    site=IDS.map(SiteId),
    trust=st.binary(max_size=300),
    extensions=st.sampled_from([(), ((64, "note"),), ((64, None), (65, b"x"))]),
)


def received(document: bytes) -> ReceiptDocument:
    envelope = open_envelope(document)
    expect(envelope, Kind.RECEIPT)
    content = read_receipt(envelope)
    check_signature(envelope, ISSUING.public_key)
    return content


@given(RECEIPTS)
@settings(max_examples=50)
def test_every_receipt_comes_back_and_encodes_to_the_same_bytes(receipt: ReceiptDocument) -> None:
    document = seal_receipt(receipt, ISSUING)
    assert received(document) == receipt
    assert receipt_payload(received(document)) == open_envelope(document).payload


INVALID: list[tuple[int, str, list[object]]] = [
    (1, "profile.version", [..., 0]),
    (1, "profile.newer", [2]),
    *[(key, "profile.field_missing", [...]) for key in (2, 3, 4, 5, 6, 7, 16)],
    (2, "profile.field_invalid", ["Product", 1]),
    (3, "profile.field_invalid", ["0" * 19, "00000000000000000001", 1]),
    (4, "profile.field_invalid", [-1, True, "4", None]),
    (4, "accept", [0, MAX_INTEGER]),
    (5, "profile.field_invalid", [-1, True]),
    (6, "profile.field_invalid", [bytes(8), "x" * 16]),
    (7, "profile.field_invalid", [bytes(8), None]),
    (8, "profile.newer", [0]),
    (15, "profile.newer", [0]),
    (16, "profile.field_invalid", [None, "text"]),
    (17, "profile.newer", [0]),
    (100, "accept", [0]),
]
CASES = [(key, code, item) for key, code, items in INVALID for item in items]


@pytest.mark.parametrize(("key", "code", "item"), CASES, ids=[f"{k}-{str(item)[:20]!r}" for k, _, item in CASES])
def test_each_field_is_held_to_its_rule(
    code_of: CodeOf, altered: Altered, receipt_document: bytes, key: int, code: str, item: object
) -> None:
    document = altered(receipt_document, {key: item}, ISSUING)
    assert code_of(lambda: received(document)) == code


@pytest.mark.parametrize("kind", [Kind.REFUSAL, Kind.LICENSE])
def test_what_was_signed_as_another_answer_is_no_receipt(
    code_of: CodeOf, receipt_content: ReceiptDocument, kind: Kind
) -> None:
    payload = receipt_payload(receipt_content)
    signed = seal(kind, payload, ISSUING)
    assert code_of(lambda: received(signed)) == "profile.kind"
    renamed = seal(Kind.RECEIPT, payload, ISSUING)[:-64] + signed[-64:]
    assert code_of(lambda: received(renamed)) == "signature.invalid"
