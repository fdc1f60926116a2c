"""The signed refusal."""

from collections.abc import Callable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offline_activation.formats.cbor import MAX_INTEGER
from offline_activation.formats.envelope import check_signature, open_envelope
from offline_activation.formats.keys import Signer, SoftwareSigner
from offline_activation.formats.names import DocumentId, ProductId, SiteId
from offline_activation.formats.refusal import RefusalDocument, read_refusal, refusal_payload, seal_refusal

CodeOf = Callable[[Callable[[], object]], str]
Altered = Callable[[bytes, Mapping[int | str, object], Signer], bytes]

ISSUING = SoftwareSigner(bytes([3]) * 32)
PRINTABLE = st.characters(codec="utf-8", exclude_categories=("C", "Z"), include_characters=" ")
IDS = st.binary(min_size=16, max_size=16)
REFUSALS = st.builds(
    RefusalDocument,
    product=st.from_regex(r"[a-z][a-z0-9_-]{0,31}", fullmatch=True).map(ProductId),
    code=st.text(PRINTABLE, min_size=1, max_size=48),
    message=st.text(PRINTABLE, min_size=1, max_size=300),
    remedy=st.text(PRINTABLE, min_size=1, max_size=300),
    issued=st.integers(0, MAX_INTEGER),
    request_id=IDS.map(DocumentId),
    site=IDS.map(SiteId),
    trust=st.binary(max_size=300),
    extensions=st.sampled_from([(), ((64, "note"),), ((64, None), (65, b"x"))]),
)


def received(document: bytes) -> RefusalDocument:
    envelope = open_envelope(document)
    content = read_refusal(envelope)
    check_signature(envelope, ISSUING.public_key)
    return content


@given(REFUSALS)
@settings(max_examples=50)
def test_every_refusal_comes_back_and_encodes_to_the_same_bytes(refusal: RefusalDocument) -> None:
    document = seal_refusal(refusal, ISSUING)
    assert received(document) == refusal
    assert refusal_payload(received(document)) == open_envelope(document).payload


INVALID: list[tuple[int, str, list[object]]] = [
    (1, "profile.version", [..., 0]),
    (1, "profile.newer", [2]),
    *[(key, "profile.field_missing", [...]) for key in (2, 3, 4, 5, 6, 7, 8, 16)],
    (2, "profile.field_invalid", ["Product", 1]),
    (3, "profile.field_invalid", ["", "x" * 49, "a\nb", 1]),
    (4, "profile.field_invalid", ["", "x" * 301, "\x1b]0;x\x07"]),
    (5, "profile.field_invalid", [-1, True]),
    (6, "profile.field_invalid", [bytes(8)]),
    (7, "profile.field_invalid", [bytes(8)]),
    (8, "profile.field_invalid", ["", "x" * 301, 1]),
    (9, "profile.newer", [0]),
    (16, "profile.field_invalid", [None]),
    (100, "accept", [0]),
]
CASES = [(key, code, item) for key, code, items in INVALID for item in items]


@pytest.mark.parametrize(("key", "code", "item"), CASES, ids=[f"{k}-{str(item)[:20]!r}" for k, _, item in CASES])
def test_each_field_is_held_to_its_rule(
    code_of: CodeOf, altered: Altered, refusal_document: bytes, key: int, code: str, item: object
) -> None:
    document = altered(refusal_document, {key: item}, ISSUING)
    assert code_of(lambda: received(document)) == code
