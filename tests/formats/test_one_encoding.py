"""Whatever a payload holds: a reader refuses it or reads it, and what it reads has no second encoding.

Payloads are mutated as values (a part replaced, left out or added, at any depth) and as bytes.  What is accepted is
also shown to people and to scripts, without an exception.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from offline_activation.errors import Refusal
from offline_activation.formats.cbor import MAX_INTEGER, Map, Value, decode, encode
from offline_activation.formats.content import content
from offline_activation.formats.envelope import Envelope, Kind, open_envelope, seal
from offline_activation.formats.keys import SoftwareSigner
from offline_activation.formats.license_document import LicenseDocument, license_payload, read_license
from offline_activation.formats.names import DocumentId
from offline_activation.formats.policy import Fallback, Policy
from offline_activation.formats.readable import describe
from offline_activation.formats.receipt import ReceiptDocument, read_receipt, receipt_payload
from offline_activation.formats.refusal import read_refusal, refusal_payload
from offline_activation.formats.request import ActivationRequest, Purpose, read_request, request_payload, seal_request
from offline_activation.formats.root_certificate import read_root_certificate, root_certificate_payload
from offline_activation.formats.trust_list import TrustList, read_trust_list, trust_list_payload
from offline_activation.formats.value import changed

SIGNER = SoftwareSigner(bytes([3]) * 32)
READERS: dict[Kind, tuple[Callable[[Envelope], Any], Callable[[Any], bytes]]] = {
    Kind.REQUEST: (read_request, request_payload),
    Kind.LICENSE: (read_license, license_payload),
    Kind.REFUSAL: (read_refusal, refusal_payload),
    Kind.RECEIPT: (read_receipt, receipt_payload),
    Kind.TRUST: (read_trust_list, trust_list_payload),
    Kind.ROOT: (read_root_certificate, root_certificate_payload),
}
KINDS = list(READERS)
FULL_POLICY = Policy(
    fallback=Fallback(days=30, limits={"employees": 5}, options=("kiosk", "portal")),
    grace_limits={"employees": 120},
    overuse_percent=10,
    drift_days=7,
    emergency_days=7,
    clock_days=(0, 30),
)
LEAVES = st.one_of(
    st.sampled_from([0, 1, 2, 14, 17, -1, 36_600, 36_601, 2**32, MAX_INTEGER, True, False, None, (), {}, "", b""]),
    st.binary(max_size=33),
    st.text(max_size=33),
    st.sampled_from(["a", "employees", "4.2", "4..1", (2, 14), (30, {}, ()), (b"former01", b"former01")]),
)
VALUES: st.SearchStrategy[Value] = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.integers(-3, 70) | st.sampled_from(["a", "employees", "A"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@pytest.fixture(scope="session")
def payloads(
    request_content: ActivationRequest,
    license_content: LicenseDocument,
    receipt_content: ReceiptDocument,
    trust_content: TrustList,
    documents: dict[str, bytes],
    certificates: tuple[bytes, ...],
    site: SoftwareSigner,
) -> dict[Kind, bytes]:
    """Return a payload of each kind in which every field is there."""
    proof = seal_request(changed(request_content, purpose=Purpose.RETURN), site)
    moving = changed(
        request_content,
        purpose=Purpose.TRANSFER,
        emergency_opened=1,
        returned=DocumentId(bytes(16)),
        proof=proof,
        extensions=((64, "note"),),
    )
    full = changed(
        license_content, policy=FULL_POLICY, trial=True, version_ceiling="4.2", replaced=(b"former01", b"former02")
    )
    return {
        Kind.REQUEST: request_payload(moving),
        Kind.LICENSE: license_payload(full),
        Kind.REFUSAL: open_envelope(documents["refusal"]).payload,
        Kind.RECEIPT: receipt_payload(receipt_content),
        Kind.TRUST: trust_list_payload(
            changed(trust_content, revoked=(bytes(8),), roots=certificates[:2], root_until=MAX_INTEGER)
        ),
        Kind.ROOT: open_envelope(documents["root"]).payload,
    }


def written_again(kind: Kind, payload: bytes) -> bytes | None:
    """Return what is written of what was read, ``None`` for what is refused; whatever is accepted can be shown."""
    read, write = READERS[kind]
    envelope = open_envelope(seal(kind, payload, SIGNER))
    try:
        found = read(envelope)
    except Refusal:
        return None
    json.dumps(content(envelope))
    assert all(isinstance(text, str) for line in describe(envelope) for text in line)
    return write(found)


@pytest.mark.parametrize("kind", KINDS)
def test_the_payloads_to_begin_with_are_accepted(payloads: dict[Kind, bytes], kind: Kind) -> None:
    assert written_again(kind, payloads[kind]) == payloads[kind]


def mutated(data: st.DataObject, value: Value) -> Value:
    """Replace one part of ``value`` at a drawn depth, leave it out, or add one."""
    if isinstance(value, dict) and value:
        return mutated_map(data, value)
    if isinstance(value, tuple) and value:
        at = data.draw(st.integers(0, len(value) - 1))
        step = data.draw(st.sampled_from(["inside", "remove", "double", "turn"]))
        if step == "turn":
            return value[::-1]
        middle = {"inside": (mutated(data, value[at]),), "remove": (), "double": (value[at], value[at])}[step]
        return (*value[:at], *middle, *value[at + 1 :])
    if isinstance(value, bytes) and value and data.draw(st.booleans()):
        return with_byte(value, data.draw(st.integers(0, len(value) - 1)), data.draw(st.integers(0, 255)))
    return data.draw(VALUES)


def mutated_map(data: st.DataObject, value: Map) -> Map:
    key = data.draw(st.sampled_from(list(value)))
    step = data.draw(st.sampled_from(["inside", "replace", "remove", "add"]))
    if step == "remove":
        return {each: item for each, item in value.items() if each != key}
    if step == "add":
        return value | {data.draw(st.integers(-1, 66) | st.text(max_size=3)): data.draw(VALUES)}
    return value | {key: mutated(data, value[key]) if step == "inside" else data.draw(VALUES)}


def with_byte(text: bytes, at: int, byte: int) -> bytes:
    return text[:at] + bytes([byte]) + text[at + 1 :]


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_payload_with_another_value_is_refused_or_is_its_own_only_encoding(
    payloads: dict[Kind, bytes], kind: Kind, data: st.DataObject
) -> None:
    value = mutated(data, decode(payloads[kind]))
    try:
        payload = encode(value)
    except ValueError:  # too deep or too large: no writer makes it
        return
    assert written_again(kind, payload) in {None, payload}


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_payload_with_other_bytes_is_refused_or_is_its_own_only_encoding(
    payloads: dict[Kind, bytes], kind: Kind, data: st.DataObject
) -> None:
    payload = payloads[kind]
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(payload) - 1))
        put = data.draw(st.binary(max_size=3))
        payload = payload[:at] + put + payload[at + data.draw(st.integers(0, 3)) :]
        if not payload:
            return
    assert written_again(kind, payload) in {None, payload}


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_on_its_own_is_refused_when_it_is_null_or_empty(payloads: dict[Kind, bytes], kind: Kind) -> None:
    body = decode(payloads[kind])
    assert isinstance(body, dict)
    may_be_empty = {(Kind.REQUEST, 11, "{}"), (Kind.REQUEST, 12, "{}"), (Kind.TRUST, 5, "()"),
                    (Kind.LICENSE, 16, "b''"), (Kind.REFUSAL, 16, "b''"), (Kind.RECEIPT, 16, "b''")}  # fmt: skip
    nothings: list[Value] = [None, {}, (), "", b"", False]
    accepted = {
        (kind, key, repr(nothing))
        for key in body
        if int(key) < 64
        for nothing in nothings
        if written_again(kind, encode(body | {key: nothing})) is not None
    }
    assert accepted == {each for each in may_be_empty if each[0] is kind}
