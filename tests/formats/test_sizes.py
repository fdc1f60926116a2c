"""The budget of 640 bytes: what a usual product sends fits one QR code."""

from offline_activation.formats.frames import split
from offline_activation.formats.keys import SoftwareSigner
from offline_activation.formats.license_document import LicenseDocument, seal_license
from offline_activation.formats.names import DocumentId
from offline_activation.formats.policy import Fallback, Policy
from offline_activation.formats.request import ActivationRequest, Purpose, seal_request
from offline_activation.formats.value import changed

BUDGET = 640
USUAL = Policy(fallback=Fallback(days=30, limits={"employees": 5}), emergency_days=7)


def over(sizes: dict[str, int]) -> str:
    return ", ".join(f"{name}: {size} bytes, {size - BUDGET:+} over {BUDGET}" for name, size in sizes.items())


def test_full_requests_and_licenses_of_a_usual_product_fit_one_code(
    request_content: ActivationRequest, license_content: LicenseDocument, site: SoftwareSigner, issuing: SoftwareSigner
) -> None:
    opened, returned = {"emergency_opened": 1_795_498_206}, {"returned": DocumentId(bytes(16))}
    documents = {
        "request with a full contact block and everything optional but what follows": {},
        "request after an emergency": opened,
        "request after a return": returned,
    }
    sizes = {name: len(seal_request(changed(request_content, **more), site)) for name, more in documents.items()}
    for name, policy in (("license without rules of its own", Policy()), ("license of a usual product", USUAL)):
        sizes[name] = len(seal_license(changed(license_content, policy=policy), issuing))
    assert max(sizes.values()) <= BUDGET, over(sizes)
    assert list(sizes.values()) == [620, 626, 638, 608, 627], over(sizes)


def test_what_is_rarer_takes_few_codes(
    request_content: ActivationRequest, license_content: LicenseDocument, site: SoftwareSigner, issuing: SoftwareSigner
) -> None:
    both = changed(request_content, emergency_opened=1_795_498_206, returned=DocumentId(bytes(16)))
    proof = seal_request(changed(request_content, purpose=Purpose.RETURN), site)
    transfer = changed(request_content, purpose=Purpose.TRANSFER, proof=proof)
    moved = changed(license_content, policy=USUAL, replaced=tuple(bytes([number]) * 8 for number in range(8)))
    documents = [seal_request(both, site), seal_request(transfer, site), seal_license(moved, issuing)]
    assert [len(split(document)) for document in documents] == [2, 4, 2], [len(document) for document in documents]
