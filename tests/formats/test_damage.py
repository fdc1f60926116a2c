"""Every bit of a document counts: flipped, cut or extended, it is refused by a code that says what happened."""

from collections import Counter
from collections.abc import Callable

import pytest

from offline_activation.formats.envelope import Envelope, Kind, check_signature, expect, open_envelope
from offline_activation.formats.keys import SoftwareSigner
from offline_activation.formats.license_document import read_license
from offline_activation.formats.product import receive_product
from offline_activation.formats.receipt import read_receipt
from offline_activation.formats.refusal import read_refusal
from offline_activation.formats.request import receive_request
from offline_activation.formats.root_certificate import read_root_certificate
from offline_activation.formats.trust_list import receive_trust_list

CodeOf = Callable[[Callable[[], object]], str]
Receive = Callable[[bytes], object]

KINDS = ["request", "license", "refusal", "receipt", "trust", "root", "product"]


@pytest.fixture(scope="module")
def receivers(root: SoftwareSigner, issuing: SoftwareSigner) -> dict[str, Receive]:
    def signed(kind: Kind, read: Callable[[Envelope], object], signer: SoftwareSigner) -> Receive:
        def receive(document: bytes) -> None:
            envelope = open_envelope(document)
            expect(envelope, kind)
            read(envelope)
            check_signature(envelope, signer.public_key)

        return receive

    return {
        "request": receive_request,
        "license": signed(Kind.LICENSE, read_license, issuing),
        "refusal": signed(Kind.REFUSAL, read_refusal, issuing),
        "receipt": signed(Kind.RECEIPT, read_receipt, issuing),
        "root": signed(Kind.ROOT, read_root_certificate, root),
        "trust": lambda document: receive_trust_list(document, root.public_key),
        "product": receive_product,
    }


@pytest.mark.parametrize("kind", KINDS)
def test_every_single_bit_counts(
    code_of: CodeOf, documents: dict[str, bytes], receivers: dict[str, Receive], kind: str
) -> None:
    document, receive = documents[kind], receivers[kind]
    assert code_of(lambda: receive(document)) == "accept"
    codes: Counter[str] = Counter()
    for bit in range(8 * len(document)):
        flipped = bytearray(document)
        flipped[bit // 8] ^= 1 << bit % 8
        codes[code_of(lambda flipped=flipped: receive(bytes(flipped)))] += 1
    assert codes["accept"] == 0
    assert codes.total() == 8 * len(document)
    assert codes["signature.invalid"] > codes.total() // 3, codes


@pytest.mark.parametrize("kind", KINDS)
def test_a_document_cut_anywhere_is_called_cut_and_never_forged(
    code_of: CodeOf, documents: dict[str, bytes], receivers: dict[str, Receive], kind: str
) -> None:
    document, receive = documents[kind], receivers[kind]
    codes = {code_of(lambda size=size: receive(document[:size])) for size in range(len(document))}
    assert codes == {"encoding.truncated"}


@pytest.mark.parametrize("kind", KINDS)
def test_bytes_behind_a_document_are_refused(
    code_of: CodeOf, documents: dict[str, bytes], receivers: dict[str, Receive], kind: str
) -> None:
    document, receive = documents[kind], receivers[kind]
    for tail in (b"\0", b"\n", b"\xff", b" "):
        codes = {code_of(lambda count=count, tail=tail: receive(document + tail * count)) for count in range(1, 17)}
        assert codes == {"encoding.trailing"}


@pytest.mark.parametrize("kind", KINDS)
def test_bytes_before_a_document_are_refused(
    code_of: CodeOf, documents: dict[str, bytes], receivers: dict[str, Receive], kind: str
) -> None:
    document, receive = documents[kind], receivers[kind]
    for start in (b"\0", b"\xef\xbb\xbf", b" ", b"\xd2"):
        assert code_of(lambda start=start: receive(start + document)) in {"profile.envelope", "encoding.unsupported"}
