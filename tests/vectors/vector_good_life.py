"""The good vectors of a license's later life: policies, moves, returns, emergencies and new root keys."""

from vector_file import Vector
from vector_world import (
    DAY,
    DOCUMENTS,
    ISSUING,
    LICENSE,
    LICENSE_NUMBER,
    NEW_SITE,
    NOW,
    RECEIPT,
    REQUEST,
    ROOT,
    SITE,
    SMALL_REQUEST,
    TRUST,
    root_certificate,
    root_signer,
)
from vector_world import (
    good_document as _document,
)

from offline_activation.formats.envelope import Kind
from offline_activation.formats.license_document import LicenseDocument, seal_license
from offline_activation.formats.match_policy import MatchPolicy
from offline_activation.formats.names import DocumentId
from offline_activation.formats.policy import Fallback, Policy
from offline_activation.formats.receipt import seal_receipt
from offline_activation.formats.request import Purpose, seal_request
from offline_activation.formats.root_certificate import MAX_ROOTS, SECOND, RootCertificate
from offline_activation.formats.trust_list import TrustList, seal_trust_list
from offline_activation.formats.value import changed

DEMO = Fallback(days=30, limits={"employees": 5})
USUAL = changed(LICENSE, policy=Policy(fallback=DEMO, emergency_days=7))
"""What a usual product writes."""
RETURN = changed(SMALL_REQUEST, purpose=Purpose.RETURN)
TRANSFER = changed(
    SMALL_REQUEST,
    purpose=Purpose.TRANSFER,
    site_key=NEW_SITE.public_key,
    counter=1,
    revision=0,
    proof=seal_request(RETURN, SITE),
)
_EVERY_POLICY = Policy(
    fallback=Fallback(days=14, limits={"badge_readers": 0, "employees": 5}, options=("accruals_plus", "kiosk")),
    grace_limits={"employees": 120},
    overuse_percent=10,
    drift_days=0,
    emergency_days=7,
    clock_days=(0, 30),
    match=MatchPolicy(needed=3, weights={"volume_id": 2, "machine_id": 2, "network": 1}),
)


def life_vectors() -> tuple[Vector, ...]:
    """Return the good vectors of licenses, requests, receipts and root keys."""
    return (*_licenses(), *_requests(), *_receipts(), *_roots())


def rotated(roots: tuple[bytes, ...], **fields: object) -> TrustList:
    """Return a trust list with root certificates."""
    return changed(TRUST, **{"number": 5, "roots": roots, **fields})


def certificates(last: int) -> tuple[bytes, ...]:
    """Return the certificates of the root keys 2 to ``last``."""
    return tuple(root_certificate(number) for number in range(SECOND, last + 1))


def _licenses() -> list[Vector]:
    trial = changed(LICENSE, trial=True, grace_days=0, lease_until=None, maintenance_until=None,
                    policy=Policy(fallback=Fallback(days=0)))  # fmt: skip
    bounded = changed(LICENSE, until=None, version_ceiling="4.2")
    moved = changed(LICENSE, replaced=tuple(bytes([number]) * 8 for number in range(8, 0, -1)))
    after = changed(LICENSE, trust=seal_trust_list(rotated(certificates(SECOND)), root_signer(SECOND)))
    cases: list[tuple[str, str, LicenseDocument]] = [
        ("usual", "What a usual product writes: Demo Mode after the end, an emergency license.", USUAL),
        ("policies", "Every rule of its own.", changed(LICENSE, policy=_EVERY_POLICY)),
        ("trial", "A trial, after which nothing runs.", trial),
        ("version-ceiling", "Perpetual, for versions up to 4.2 and to the end of maintenance.", bounded),
        ("replaced", "Eight former servers, the latest last.", moved),
    ]
    vectors = [
        _document(f"license-{name}", about, Kind.LICENSE, content, seal_license(content, ISSUING))
        for name, about, content in cases
    ]
    return [
        *vectors,
        _document("license-after-rotation", "Its trust list leads from the pinned root key to the second one.",
                  Kind.LICENSE, after, seal_license(after, ISSUING), root=bytes(ROOT.public_key)),
    ]  # fmt: skip


def _requests() -> list[Vector]:
    after_emergency = changed(REQUEST, emergency_opened=NOW - DAY)
    after_return = changed(REQUEST, emergency_opened=NOW - 2 * DAY, returned=DocumentId(bytes(range(32, 48))))
    return [
        _document("request-emergency", "The emergency license of this site was opened.", Kind.REQUEST, after_emergency,
                  seal_request(after_emergency, SITE)),
        _document("request-returned", "From a site that knows of its own return, with every other optional field.",
                  Kind.REQUEST, after_return, seal_request(after_return, SITE)),
        _document("request-return", "A return.", Kind.REQUEST, RETURN, seal_request(RETURN, SITE)),
        _document("request-transfer", "A transfer with the return of the old server inside.", Kind.REQUEST, TRANSFER,
                  seal_request(TRANSFER, NEW_SITE)),
    ]  # fmt: skip


def _receipts() -> list[Vector]:
    extended = changed(RECEIPT, revision=0, extensions=((64, "note"),))
    root = bytes(ROOT.public_key)
    return [
        _document("receipt", f"License {LICENSE_NUMBER} was given back.", Kind.RECEIPT, RECEIPT,
                  DOCUMENTS[Kind.RECEIPT], root=root),
        _document("receipt-extensions", "Unknown keys from 64 on are kept.", Kind.RECEIPT, extended,
                  seal_receipt(extended, ISSUING)),
    ]  # fmt: skip


def _roots() -> list[Vector]:
    one = rotated(certificates(SECOND))
    last = MAX_ROOTS + 1
    most = rotated(certificates(last), number=99, root_until=NOW + 3650 * DAY)
    ending = changed(TRUST, root_until=NOW)
    second = RootCertificate(number=SECOND, key=root_signer(SECOND).public_key, issued=NOW - DAY)
    pinned = bytes(ROOT.public_key)
    return [
        _document("root", "The second root key, named by the first.", Kind.ROOT, second, DOCUMENTS[Kind.ROOT]),
        _document("trust-root-until", "A root key with an end.", Kind.TRUST, ending, seal_trust_list(ending, ROOT)),
        _document("trust-one-root", "Signed by the second root key, which the first one names.", Kind.TRUST, one,
                  seal_trust_list(one, root_signer(SECOND)), root=pinned, key=bytes(root_signer(SECOND).public_key)),
        _document("trust-one-root-pinned-later", "The same for a site that pinned the second root key.", Kind.TRUST,
                  one, seal_trust_list(one, root_signer(SECOND)), key=bytes(root_signer(SECOND).public_key)),
        _document("trust-32-roots", "As many root certificates as there may be.", Kind.TRUST, most,
                  seal_trust_list(most, root_signer(last)), root=pinned, key=bytes(root_signer(last).public_key)),
    ]  # fmt: skip
