"""A vendor begins: its name, root key, first issuing key and first trust list enter the books together."""

from dataclasses import dataclass
from typing import Final

from offline_activation.errors import Misuse, Refusal
from offline_activation.formats.instants import DAY
from offline_activation.formats.keys import PublicKey, Signer, key_id
from offline_activation.formats.trust_list import Use
from offline_activation.vendor.keyring import publish_trust_list
from offline_activation.vendor.ports import Work
from offline_activation.vendor.records import AuditEntry, KeyRecord, Vendor

NAME_LIMIT: Final = 80

_ROOT_DAYS: Final = 30 * 365
_ISSUING_DAYS: Final = 10 * 365
_BEFORE: Final = DAY
"""Keys begin a day early, so that a vendor's clock that is set right afterwards does not stop the work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstKey:
    """A key that has just been written to a file: its signer and its location."""

    signer: Signer
    location: str


def check_vendor_name(name: str) -> None:
    """Raise :class:`Misuse` ``usage.invalid`` for a name that cannot stand in a trust list."""
    if not name.strip() or len(name) > NAME_LIMIT or not name.isprintable():
        raise Misuse("usage.invalid", what=f"The name of the vendor is 1 to {NAME_LIMIT} printable characters")


def found_vendor(work: Work, *, name: str, root: FirstKey, issuing: FirstKey, now: int, actor: str) -> Vendor:
    """Write a new vendor into empty books and return it; raises :class:`Refusal` ``vendor.already_initialised``."""
    check_vendor_name(name)
    if work.find_vendor() is not None:
        raise Refusal("vendor.already_initialised", path="this database")
    vendor = Vendor(name=name, root=root.signer.public_key, created=now)
    work.save_vendor(vendor)
    work.save_key(root_record(root, now))
    work.save_key(issuing_record(issuing, now))
    details = {"root": _shown(root.signer.public_key), "issuing": _shown(issuing.signer.public_key)}
    work.append_audit(AuditEntry(at=now, actor=actor, action="vendor.founded", subject=name, details=details))
    publish_trust_list(work, vendor, root.signer, number=1, now=now)
    return vendor


def root_record(key: FirstKey, now: int) -> KeyRecord:
    """Return the record of a root key that begins to sign trust lists now."""
    return _record(key, "root", now, _ROOT_DAYS)


def issuing_record(key: FirstKey, now: int) -> KeyRecord:
    """Return the record of an issuing key that begins to sign now, for all products of the vendor."""
    return _record(key, "issuing", now, _ISSUING_DAYS)


def _record(key: FirstKey, role: str, now: int, days: int) -> KeyRecord:
    public = key.signer.public_key
    return KeyRecord(
        key_id=key_id(public),
        role="root" if role == "root" else "issuing",
        public_key=public,
        not_before=max(now - _BEFORE, 0),
        not_after=now + days * DAY,
        uses=Use(0) if role == "root" else Use.LICENSE | Use.REFUSAL | Use.RECEIPT,
        products=None,
        location=key.location,
    )


def _shown(public: PublicKey) -> str:
    return key_id(public).hex()
