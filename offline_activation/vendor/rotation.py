"""Issuing keys come and go: a new one takes over, a leaked one is revoked; each time the root signs a new trust list.

A retired key signs nothing new, and what it signed stays valid until the key ends.  A revoked key is named in every
trust list from then on, because a thief can date a document back to any day.  Keys in the books and the trust list that
tells of them change in one unit of work, so there is never a key that signs and that no list certifies.

A root key that has been replaced (``root_rotation``) is revoked in the same way: from then on it vouches for nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from offline_activation.errors import Refusal
from offline_activation.formats.keys import KEY_ID_SIZE, KeyId, Signer, fingerprint, key_id
from offline_activation.formats.names import ProductId
from offline_activation.formats.trust_list import MAX_KEYS, MAX_REVOKED, TrustList, Use, receive_trust_list
from offline_activation.vendor.dates import RENEWED, TRUST_LIST
from offline_activation.vendor.founding import FirstKey, issuing_record
from offline_activation.vendor.keyring import (
    certificates,
    check_root,
    first_root,
    issuing_key,
    publish_trust_list,
    trust_list,
)
from offline_activation.vendor.ports import Work
from offline_activation.vendor.records import AuditEntry, KeyRecord, Vendor

_NO_PRODUCT: Final = ProductId("")
"""Stands for whatever will be loaded, while no product is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChange:
    """What a change of keys did; ``number`` is that of the trust list which tells the sites."""

    number: int
    made: KeyRecord | None = None
    retired: tuple[KeyRecord, ...] = ()
    revoked: KeyRecord | None = None


def read_key_id(typed: str) -> KeyId:
    """Return a key id as typed: 16 hexadecimal digits in any grouping.

    Raises :class:`Refusal` ``vendor.unknown_key`` for anything else: no key has such an id.
    """
    digits = "".join(each for each in typed if each not in " -:").lower()
    try:
        found = bytes.fromhex(digits)
    except ValueError:
        found = b""
    if len(found) != KEY_ID_SIZE:
        raise Refusal("vendor.unknown_key", key=typed)
    return KeyId(found)


def rotate(work: Work, *, root: Signer, new: FirstKey, reason: str = "", now: int, actor: str) -> KeyChange:
    """Let ``new`` sign from now on; every issuing key that signed so far is retired.

    Raises :class:`Refusal` ``key.list_full``, ``key.root_ended``, ``vendor.not_initialised``, and what the current list
    lacks.
    """
    check_rotation(work, now=now)
    vendor = _vendor(work)
    record = issuing_record(new, now)
    retired = tuple(replace(key, state="retired") for key in _active(work.keys()))
    for key in (*retired, record):
        work.save_key(key)
    number = _publish(work, vendor, root, now)
    details = {"retired": _shown(retired), "trust_list": str(number), **_because(reason)}
    _audit(work, now, actor, "key.rotated", record, details)
    return KeyChange(number=number, made=record, retired=retired)


def revoke_key(
    work: Work, wanted: KeyId, *, root: Signer, new: FirstKey | None = None, reason: str = "", now: int, actor: str
) -> KeyChange:
    """Revoke an issuing key or a former root key; with ``new`` that one issues from now on, in the same trust list.

    Raises :class:`Refusal` ``vendor.unknown_key``, ``vendor.key_state``, ``key.is_root``, ``key.list_full``,
    ``key.only_one`` when a product that can be signed for could not be any more, and what :func:`rotate` raises.
    """
    check_revocation(work, wanted, rotate=new is not None, now=now)
    vendor = _vendor(work)
    revoked = replace(_found(work.keys(), wanted), state="revoked")
    made = None if new is None else issuing_record(new, now)
    others = () if new is None else tuple(key for key in _active(work.keys()) if key.key_id != wanted)
    retired = tuple(replace(key, state="retired") for key in others)
    for key in (revoked, *retired, *([made] if made else [])):
        work.save_key(key)
    number = _publish(work, vendor, root, now)
    _audit(work, now, actor, "key.revoked", revoked, {"trust_list": str(number), **_because(reason)})
    if made is not None:
        details = {"retired": _shown(retired), "trust_list": str(number), **_because(reason)}
        _audit(work, now, actor, "key.rotated", made, details)
    return KeyChange(number=number, made=made, retired=retired, revoked=revoked)


def renew(work: Work, *, root: Signer, reason: str = "", now: int, actor: str) -> int:
    """Sign the trust list anew, dated now, and return its number: a person says that this clock is right.

    What was signed before under a clock that was ahead is no reason any more to sign nothing (see vendor.dates).
    Raises :class:`Refusal` ``key.root_ended``, ``vendor.not_initialised``.
    """
    vendor = _vendor(work)
    check_root(vendor, work.keys(), now=now)
    number = _publish(work, vendor, root, now)
    details = {"trust_list": str(number), **_because(reason)}
    work.append_audit(AuditEntry(at=now, actor=actor, action=RENEWED, subject=TRUST_LIST, details=details))
    return number


def check_rotation(work: Work, *, now: int) -> None:
    """Refuse a rotation for which the trust list has no room or no root key to sign it.

    Raises :class:`Refusal` ``key.list_full``, ``key.root_ended``.
    """
    check_root(_vendor(work), work.keys(), now=now)
    _check_room(_listed(work, work.keys(), now), made=1)


def check_revocation(work: Work, wanted: KeyId, *, rotate: bool, now: int) -> None:
    """Refuse a revocation that cannot be; raises what :func:`revoke_key` raises about the key and the list."""
    before = work.keys()
    record = _found(before, wanted)
    if record.role == "root" and record.state == "active":
        raise Refusal("key.is_root", key=fingerprint(record.public_key))
    if record.state == "revoked":
        raise Refusal("vendor.key_state", key=fingerprint(record.public_key), state=record.state)
    check_root(_vendor(work), before, now=now)
    after = [replace(key, state="revoked") if key.key_id == wanted else key for key in before]
    _check_room(_listed(work, after, now), made=1 if rotate else 0)
    if rotate:
        return
    for product in [each.product_id for each in work.products()] or [_NO_PRODUCT]:
        for use in Use:
            if _can_sign(before, product, use, now) and not _can_sign(after, product, use, now):
                raise Refusal("key.only_one", key=fingerprint(record.public_key))


def missing_in(trust: TrustList, keys: Iterable[KeyRecord], *, now: int) -> tuple[KeyRecord, ...]:
    """Return the keys that a trust list shows otherwise than the books do; a published list has none."""
    listed = {key_id(key.key) for key in trust.keys}
    return tuple(
        key
        for key in keys
        if (key.state == "revoked") != (key.key_id in trust.revoked)
        or (key.role == "issuing" and key.state != "revoked" and now < key.not_after and key.key_id not in listed)
    )


def _publish(work: Work, vendor: Vendor, root: Signer, now: int) -> int:
    before = work.find_trust_list()
    if before is None:
        raise Refusal("vendor.not_initialised", path="this database")
    number = receive_trust_list(before, vendor.root).number + 1
    document = publish_trust_list(work, vendor, root, number=number, now=now)
    for pinned in (vendor.root, first_root(vendor, work.keys())):
        receive_trust_list(document, pinned)  # as every site will; raising here undoes the whole change
    return number


def _listed(work: Work, keys: Iterable[KeyRecord], now: int) -> TrustList:
    return trust_list(_vendor(work), keys, number=1, now=now, chain=certificates(work))


def _check_room(listed: TrustList, *, made: int) -> None:
    if len(listed.keys) + made > MAX_KEYS:
        raise Refusal("key.list_full", what="valid keys", limit=MAX_KEYS)
    if len(listed.revoked) > MAX_REVOKED:
        raise Refusal("key.list_full", what="revoked keys", limit=MAX_REVOKED)


def _can_sign(keys: Iterable[KeyRecord], product: ProductId, use: Use, now: int) -> bool:
    try:
        issuing_key(keys, product=product, use=use, now=now)
    except Refusal:
        return False
    return True


def _found(keys: Iterable[KeyRecord], wanted: KeyId) -> KeyRecord:
    for key in keys:
        if key.key_id == wanted:
            return key
    raise Refusal("vendor.unknown_key", key=wanted.hex())


def _active(keys: Iterable[KeyRecord]) -> Sequence[KeyRecord]:
    return [key for key in keys if key.role == "issuing" and key.state == "active"]


def _vendor(work: Work) -> Vendor:
    vendor = work.find_vendor()
    if vendor is None:
        raise Refusal("vendor.not_initialised", path="this database")
    return vendor


def _shown(keys: Iterable[KeyRecord]) -> str:
    return " ".join(key.key_id.hex() for key in keys)


def _because(reason: str) -> dict[str, str]:
    return {"reason": reason} if reason else {}


def _audit(work: Work, now: int, actor: str, action: str, key: KeyRecord, details: dict[str, str]) -> None:
    work.append_audit(AuditEntry(at=now, actor=actor, action=action, subject=key.key_id.hex(), details=details))
