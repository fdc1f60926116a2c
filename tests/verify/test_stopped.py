"""What stops a site, as pure judgement: a good document does, anything else is as if it were not there."""

from collections.abc import Callable

import pytest

from offline_activation.formats.keys import KeyId, PublicKey, SoftwareSigner, key_id
from offline_activation.formats.license_document import LicenseDocument
from offline_activation.formats.names import ProductId, SiteId, new_license_number, site_id
from offline_activation.formats.request import Purpose
from offline_activation.formats.value import changed
from offline_activation.verify.checks import Facts
from offline_activation.verify.stopped import STATE_OF_CODE, Stop, by_return, by_vendor
from offline_activation.verify.trust import Trust, pinned_trust

NOW = 1_795_500_000
Make = Callable[..., bytes]


@pytest.fixture
def judged(trust: Trust, facts: Facts, license_content: LicenseDocument) -> Callable[..., Stop | None]:
    def judged(
        document: bytes, *, trust: Trust = trust, in_force: LicenseDocument | None = license_content
    ) -> Stop | None:
        return by_vendor(
            document, trust=trust, product=facts.product, site_key=PublicKey(facts.site_key), in_force=in_force
        )

    return judged


def test_a_return_counts_against_what_it_gave_back(
    returned: Make, license_content: LicenseDocument, site: SoftwareSigner
) -> None:
    def counts(document: bytes, in_force: LicenseDocument | None) -> bool:
        found = by_return(document, product=ProductId("infinitime"), site_key=site.public_key, in_force=in_force)
        return found is not None

    assert counts(returned(), license_content)
    assert counts(returned(), None)
    assert counts(returned(revision=9), license_content)
    assert not counts(returned(), changed(license_content, revision=5))
    other = changed(license_content, license_number=new_license_number(bytes(range(2, 14))))
    assert not counts(returned(), other)
    for fields in ({"purpose": Purpose.UPDATE}, {"product": ProductId("other_product")}):
        assert not counts(returned(**fields), None)
    document = returned()
    for at in range(len(document)):
        assert not counts(document[:at] + bytes([document[at] ^ 1]) + document[at + 1 :], None)
    stranger = SoftwareSigner(bytes([66]) * 32)
    assert by_return(document, product=ProductId("infinitime"), site_key=stranger.public_key, in_force=None) is None


@pytest.mark.parametrize("code", STATE_OF_CODE)
def test_a_refusal_with_such_a_code_stops(code: str, judged: Callable[..., Stop | None], make_refusal: Make) -> None:
    stop = judged(make_refusal(code=code))
    assert stop is not None
    assert stop.state == STATE_OF_CODE[code]
    assert stop.problem.code == f"license.{stop.state}"
    assert stop.problem.remedy


def test_another_code_an_older_date_or_another_site_does_not(
    judged: Callable[..., Stop | None], make_refusal: Make, license_content: LicenseDocument
) -> None:
    assert judged(make_refusal(code="policy.suspended")) is None
    code = "policy.revoked"
    assert judged(make_refusal(code=code, issued=license_content.issued - 1)) is None
    assert judged(make_refusal(code=code, issued=license_content.issued)) is not None
    assert judged(make_refusal(code=code, site=SiteId(bytes(16)))) is None
    assert judged(make_refusal(code=code, product=ProductId("other_product"))) is None


def test_a_document_of_a_stranger_or_of_a_revoked_key_does_not(
    judged: Callable[..., Stop | None],
    make_refusal: Make,
    make_list: Make,
    attacker: SoftwareSigner,
    issuing: SoftwareSigner,
    root: SoftwareSigner,
) -> None:
    assert judged(make_refusal(code="policy.revoked", by=attacker)) is None
    after = make_list(9, revoked=(KeyId(key_id(issuing.public_key)),))
    assert judged(make_refusal(code="policy.revoked"), trust=pinned_trust(root.public_key, after)) is None


def test_the_license_of_the_server_that_replaced_this_one_stops_it(
    judged: Callable[..., Stop | None], make_license: Make, facts: Facts, license_content: LicenseDocument
) -> None:
    mine, other = bytes(site_id(facts.site_key)[:8]), SiteId(bytes(16))
    stop = judged(make_license(site=other, replaced=(mine,)))
    assert stop is not None
    assert (stop.state, stop.problem.code) == ("superseded", "license.superseded")
    assert judged(make_license(site=other)) is None
    assert judged(make_license(replaced=(mine,))) is None
    assert judged(make_license(site=other, replaced=(mine,), issued=license_content.issued - 1)) is None
    number = new_license_number(bytes(range(2, 14)))
    assert judged(make_license(site=other, replaced=(mine,), license_number=number)) is None
