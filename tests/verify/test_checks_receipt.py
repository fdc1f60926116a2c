"""The ladder for receipts, and for a license that names this very site as replaced; numbers as in docs/checks.md."""

from collections.abc import Callable

import pytest

from offline_activation.formats.envelope import open_envelope
from offline_activation.formats.keys import SoftwareSigner
from offline_activation.formats.license_document import LicenseDocument
from offline_activation.formats.names import DocumentId, ProductId, SiteId, document_id, site_id
from offline_activation.formats.receipt import ReceiptDocument, seal_receipt
from offline_activation.formats.trust_list import IssuingKey, Use
from offline_activation.formats.value import changed
from offline_activation.verify.checks import AcceptedReceipt, Evidence, Facts
from offline_activation.verify.trust import Trust, pinned_trust

NOW = 1_795_500_000
DAY = 86_400
Make = Callable[..., bytes]
Check = Callable[..., object]
CodeOf = Callable[..., str]


@pytest.fixture
def receipts(make_list: Make, entries: tuple[IssuingKey, ...]) -> bytes:
    """Return a trust list on which the first key may sign receipts as well."""
    return make_list(4, keys=(changed(entries[0], uses=entries[0].uses | Use.RECEIPT), *entries[1:]))


@pytest.fixture
def make_receipt(license_content: LicenseDocument, issuing: SoftwareSigner, receipts: bytes) -> Make:
    said = ReceiptDocument(
        product=license_content.product,
        license_number=license_content.license_number,
        revision=license_content.revision,
        issued=license_content.issued,
        request_id=license_content.request_id,
        site=license_content.site,
        trust=receipts,
    )

    def make_receipt(*, by: SoftwareSigner = issuing, **fields: object) -> bytes:
        return seal_receipt(changed(said, **fields), by)

    return make_receipt


def test_a_good_receipt_is_accepted_as_a_receipt(check: Check, make_receipt: Make) -> None:
    document = make_receipt()
    accepted = check(document)
    assert isinstance(accepted, AcceptedReceipt)
    assert accepted.receipt.revision == 4
    assert accepted.response_id == document_id(open_envelope(document).payload)
    assert accepted.trust.current.number == 4


def test_a_receipt_stops_after_rung_9(
    check: Check, make_receipt: Make, facts: Facts, license_content: LicenseDocument
) -> None:
    elsewhere = changed(facts, components={})
    later = Evidence(
        open_requests=frozenset({license_content.request_id}), installed=changed(license_content, revision=9)
    )
    for now in (0, NOW + 4000 * DAY):
        assert isinstance(check(make_receipt(), facts=elsewhere, evidence=later, now=now), AcceptedReceipt)


def test_a_key_must_be_for_receipts(
    check: Check, code_of: CodeOf, make_receipt: Make, next_issuing: SoftwareSigner, attacker: SoftwareSigner
) -> None:
    assert code_of(check, make_receipt(by=next_issuing)) == "key.not_for_use"
    assert code_of(check, make_receipt(by=attacker)) == "key.unknown"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"product": ProductId("other_product")}, "binding.other_product"),
        ({"site": SiteId(bytes(16))}, "binding.other_server"),
        ({"request_id": DocumentId(bytes(16))}, "binding.other_request"),
        ({"issued": NOW + 300 * DAY}, "key.outside_time"),
    ],
)
def test_a_receipt_for_something_else_is_refused(
    check: Check, code_of: CodeOf, make_receipt: Make, fields: dict[str, object], code: str
) -> None:
    assert code_of(check, make_receipt(**fields)) == code


def test_every_flipped_bit_of_a_receipt_is_refused(
    check: Check, make_receipt: Make, code_of: CodeOf, root: SoftwareSigner, receipts: bytes
) -> None:
    document = make_receipt()
    trust: Trust = pinned_trust(root.public_key, receipts)
    for at in range(len(document)):
        for bit in range(8):
            flipped = bytearray(document)
            flipped[at] ^= 1 << bit
            assert code_of(check, bytes(flipped), trust=trust) != "accepted", (at, bit)


def test_8_a_license_of_another_site_that_names_this_one_says_that_it_moved(
    check: Check, code_of: CodeOf, make_license: Make, facts: Facts
) -> None:
    mine, other = bytes(site_id(facts.site_key)[:8]), SiteId(bytes(16))
    assert code_of(check, make_license(site=other, replaced=(bytes(8), mine))) == "license.superseded"
    assert code_of(check, make_license(site=other, replaced=(bytes(8),))) == "license.wrong_machine"
    assert code_of(check, make_license(replaced=(mine,))) == "accepted"
