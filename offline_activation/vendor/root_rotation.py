"""The next root key: certified by the one before it, signing a new trust list; every site follows by that list.

The certificate, the list, the vendor's root key and both key records change in one unit of work.  The audit entry is
written before the old key signs.  Whoever holds the old key afterwards can sign nothing that a site with the new list
believes; only a site that has not seen it yet could be led astray, so the file of the old key is best destroyed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from offline_activation.errors import Refusal
from offline_activation.formats.envelope import open_envelope
from offline_activation.formats.keys import Signer, fingerprint
from offline_activation.formats.root_certificate import MAX_ROOTS, SECOND, RootCertificate, seal_root_certificate
from offline_activation.formats.trust_list import read_trust_list, receive_trust_list
from offline_activation.vendor.founding import FirstKey, root_record
from offline_activation.vendor.keyring import certificates, find_root, publish_trust_list, roots
from offline_activation.vendor.ports import Work
from offline_activation.vendor.records import AuditEntry, KeyRecord, Vendor


@dataclass(frozen=True, slots=True, kw_only=True)
class RootChange:
    """What a rotation of the root key did: the new trust list, and number and record of the new root key."""

    number: int
    root_number: int
    made: KeyRecord
    retired: KeyRecord


def rotate_root(work: Work, *, old: Signer, new: FirstKey, reason: str = "", now: int, actor: str) -> RootChange:
    """Let ``new`` be the root key from now on, certified by ``old``, which signs nothing after this.

    An old key that has ended may still do this.  Raises :class:`Refusal` ``key.roots_full``, ``key.root_mismatch`` when
    ``old`` is not the root key, ``key.file`` when the books name none, ``vendor.not_initialised``.
    """
    check_root_rotation(work)
    vendor, known = _vendor(work), work.keys()
    before, made = _present(vendor, known), root_record(new, now)
    chain = certificates(work)
    root_number = len(chain) + SECOND
    number = _newest_number(work) + 1
    details = {
        "before": before.key_id.hex(),
        "root_number": str(root_number),
        "trust_list": str(number),
        **({"reason": reason} if reason else {}),
        **({"after_its_end": "yes"} if now >= before.not_after else {}),
    }
    work.append_audit(
        AuditEntry(at=now, actor=actor, action="root.rotated", subject=made.key_id.hex(), details=details)
    )
    certificate = RootCertificate(number=root_number, key=made.public_key, issued=now)
    chain = (*chain, seal_root_certificate(certificate, old))
    after, retired = replace(vendor, root=made.public_key), replace(before, state="retired")
    work.save_vendor(after)
    for key in (retired, made):
        work.save_key(key)
    document = publish_trust_list(work, after, new.signer, number=number, now=now, chain=chain)
    _check_as_the_sites(document, work.keys())
    return RootChange(number=number, root_number=root_number, made=made, retired=retired)


def check_root_rotation(work: Work) -> None:
    """Refuse a rotation that cannot be; raises :class:`Refusal` ``key.roots_full`` after 32 of them, ``key.file``."""
    _present(_vendor(work), work.keys())
    if len(certificates(work)) >= MAX_ROOTS:
        raise Refusal("key.roots_full", limit=MAX_ROOTS)


def _check_as_the_sites(document: bytes, keys: Sequence[KeyRecord]) -> None:
    """Receive the new list as sites of every product file will; raising here undoes the whole change."""
    for root in roots(keys):
        receive_trust_list(document, root.public_key)


def _newest_number(work: Work) -> int:
    document = work.find_trust_list()
    if document is None:
        raise Refusal("vendor.not_initialised", path="this database")
    return read_trust_list(open_envelope(document)).number


def _present(vendor: Vendor, keys: Sequence[KeyRecord]) -> KeyRecord:
    record = find_root(vendor, keys)
    if record is None:
        raise Refusal("key.file", path=fingerprint(vendor.root), what="the books name no root key")
    return record


def _vendor(work: Work) -> Vendor:
    vendor = work.find_vendor()
    if vendor is None:
        raise Refusal("vendor.not_initialised", path="this database")
    return vendor
