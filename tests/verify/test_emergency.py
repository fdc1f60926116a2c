"""The emergency license as pure judgement: what may be opened, and how long it lasts."""

from collections.abc import Callable

import pytest

from offline_activation.errors import Refusal
from offline_activation.formats.keys import KeyId, SoftwareSigner, key_id
from offline_activation.formats.license_document import LicenseDocument
from offline_activation.formats.names import SiteId, site_id
from offline_activation.formats.policy import Policy
from offline_activation.formats.root_certificate import RootCertificate, seal_root_certificate
from offline_activation.formats.trust_list import IssuingKey, TrustList, seal_trust_list
from offline_activation.formats.value import changed
from offline_activation.verify.checks import Facts
from offline_activation.verify.emergency import check_sealed, judge_emergency
from offline_activation.verify.trust import Trust, pinned_trust

NOW = 1_795_500_000
DAY = 86_400
SEALED = Policy(emergency_days=7)
Make = Callable[..., bytes]


@pytest.fixture
def sealed(trust: Trust, facts: Facts) -> Callable[..., str]:
    """Return the code with which a document is refused, or ``sealed``."""

    def sealed(document: bytes, *, trust: Trust = trust, opening: bool = False) -> str:
        try:
            check_sealed(document, trust=trust, product=facts.product, site_key=facts.site_key, opening=opening)
        except Refusal as refusal:
            return refusal.code
        return "sealed"

    return sealed


def test_a_license_of_any_site_and_machine_may_be_opened(sealed: Callable[..., str], make_license: Make) -> None:
    assert sealed(make_license(policy=SEALED)) == "sealed"
    assert sealed(make_license(policy=SEALED, site=SiteId(bytes(16)), components={"volume_id": bytes(8)})) == "sealed"
    assert sealed(make_license()) == "license.emergency_none"


def test_not_what_only_a_revoked_root_key_vouches_for(
    sealed: Callable[..., str],
    make_license: Make,
    make_list: Make,
    entries: tuple[IssuingKey, ...],
    root: SoftwareSigner,
    issuing: SoftwareSigner,
    attacker: SoftwareSigner,
) -> None:
    """A thief with the first root key lists a key of his own; the vendor's second root key has revoked the first."""
    forged = changed(entries[0], key=attacker.public_key)
    document = make_license(policy=SEALED, by=attacker, trust=make_list(keys=(forged,)))
    later = SoftwareSigner(bytes([8]) * 32)
    certificate = seal_root_certificate(RootCertificate(number=2, key=later.public_key, issued=NOW), root)
    for revoked, starts in ((), "sealed"), ((key_id(root.public_key),), "key.revoked"):
        content = TrustList(number=1, vendor="Inc", issued=NOW, keys=entries, revoked=revoked, roots=(certificate,))
        trust = pinned_trust(root.public_key, seal_trust_list(content, later))
        assert sealed(document, trust=trust) == starts
        assert sealed(document, trust=trust, opening=True) == "key.unknown"
        assert sealed(make_license(policy=SEALED, by=issuing), trust=trust, opening=True) == "sealed"


def test_not_that_of_another_vendor_product_or_revoked_key_nor_of_who_replaced_this_site(
    sealed: Callable[..., str],
    make_license: Make,
    make_refusal: Make,
    make_list: Make,
    facts: Facts,
    root: SoftwareSigner,
    issuing: SoftwareSigner,
    attacker: SoftwareSigner,
) -> None:
    assert sealed(make_license(policy=SEALED, by=attacker)) == "key.unknown"
    assert sealed(make_license(policy=SEALED, product="other_product")) == "binding.other_product"
    assert sealed(make_refusal()) == "profile.kind"
    assert sealed(make_license(policy=SEALED)[:-1]) == "encoding.truncated"
    mine = bytes(site_id(facts.site_key)[:8])
    assert sealed(make_license(policy=SEALED, site=SiteId(bytes(16)), replaced=(mine,))) == "license.superseded"
    after = pinned_trust(root.public_key, make_list(9, revoked=(KeyId(key_id(issuing.public_key)),)))
    for opening in (False, True):
        assert sealed(make_license(policy=SEALED), trust=after, opening=opening) == "key.revoked"


@pytest.mark.parametrize(
    ("seconds", "days", "over"),
    [(0, 7, False), (1, 6, False), (7 * DAY - 1, 0, False), (7 * DAY, 0, True), (900 * DAY, 0, True)],
)
def test_it_counts_down_from_its_opening(
    license_content: LicenseDocument, seconds: int, days: int, *, over: bool
) -> None:
    content = changed(license_content, policy=SEALED, lease_until=None)
    found = judge_emergency(content, NOW, NOW + seconds)
    assert (found.days_left, found.is_over, found.until) == (days, over, NOW + 7 * DAY)
    standing = found.standing("wrong_machine")
    assert standing.state == ("wrong_machine" if over else "in_grace")
    if over:
        assert standing.problem is not None
        assert standing.problem.code == "license.emergency_over"
    else:
        assert [each.code for each in standing.warnings] == ["license.emergency"]


def test_an_opening_in_the_future_counts_as_now(license_content: LicenseDocument) -> None:
    content = changed(license_content, policy=SEALED, lease_until=None)
    assert judge_emergency(content, NOW + 900 * DAY, NOW).until == NOW + 7 * DAY


def test_it_ends_with_the_license(license_content: LicenseDocument) -> None:
    content = changed(license_content, policy=SEALED, lease_until=NOW + DAY, grace_days=2)
    assert judge_emergency(content, NOW, NOW).until == NOW + 3 * DAY
