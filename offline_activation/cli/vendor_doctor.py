"""What ``activation-vendor doctor`` looks at."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from offline_activation.cli import vendor_wiring
from offline_activation.errors import Refusal
from offline_activation.formats.instants import DAY, show_day
from offline_activation.formats.keys import fingerprint
from offline_activation.formats.root_certificate import MAX_ROOTS
from offline_activation.formats.trust_list import Use, rank, receive_trust_list
from offline_activation.vendor.dates import signed_ahead
from offline_activation.vendor.keyring import issuing_key, roots
from offline_activation.vendor.rotation import missing_in

if TYPE_CHECKING:  # only names in signatures
    from offline_activation.formats.keys import PublicKey
    from offline_activation.vendor.ports import Store
    from offline_activation.vendor.records import AuditEntry, KeyRecord, Product

_ROTATE: Final = "activation-vendor keys rotate"
SOON_DAYS: Final = 180
"""Before the end of a key, the days from which its successor is called for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at."""

    check: str
    good: bool
    detail: str
    warns: bool = False
    """Whether a good thing wants attention all the same."""


def findings(store: "Store") -> list[Finding]:
    """Return what was looked at, in the order in which a person would; never asks for a passphrase."""
    now = vendor_wiring.fixed_clock()()
    vendor = vendor_wiring.find_vendor(store)
    with store.read() as work:
        keys, trust, products = list(work.keys()), work.find_trust_list(), list(work.products())
        waiting, open_orders = len(work.waiting_requests()), len(work.orders(state="entered"))
    found = [
        Finding(check="Vendor", good=True, detail=f"{vendor.name}, root key {fingerprint(vendor.root)}"),
        _home(),
        *_keys_in_memory(),
        *_books(store, now),
        *(_kept(key, _key(key, now)) for key in keys if key.state == "active"),
        *_former_keys(keys, now),
        *_unknown_files(keys),
        *_former_roots(keys),
        *_nobody_signs(keys, products, now),
        _trust_list(trust, vendor.root, keys, now),
    ]
    found += [
        Finding(check="Products", good=True, detail=", ".join(p.product_id for p in products) or "none loaded yet"),
        Finding(check="Waiting", good=True, detail=f"requests: {waiting}, orders not processed: {open_orders}"),
    ]
    return found


def _home() -> Finding:
    home = Path(vendor_wiring.home())
    try:
        mode = home.stat().st_mode & 0o777
    except OSError as error:
        return Finding(check="Home", good=False, detail=f"{home}: {error.strerror}")
    open_to_others = os.name == "posix" and bool(mode & 0o022)
    detail = f"{home} (mode {mode:04o}" + (": others may change it)" if open_to_others else ")")
    return Finding(check="Home", good=not open_to_others, detail=detail)


def _keys_in_memory() -> Iterator[Finding]:
    if vendor_wiring.keys_vanish():
        detail = f"{vendor_wiring.keys_directory()} lies in memory and is gone after a restart: keep a copy"
        yield Finding(check="Keys", good=True, detail=detail)


def _books(store: "Store", now: int) -> Iterator[Finding]:
    problems = list(store.problems())
    of_audit = [problem for problem in problems if "audit" in problem.lower()]
    others = [problem for problem in problems if problem not in of_audit]
    if not others:
        yield Finding(check="Database", good=True, detail=vendor_wiring.database() or vendor_wiring.database_file())
    yield from (Finding(check="Database", good=False, detail=problem) for problem in others)
    yield from (Finding(check="Audit log", good=False, detail=problem) for problem in of_audit)
    if not problems:  # with any other problem the log may not have been read to its end
        count, ahead, last = _read_log(store, now + DAY)
        detail = f"{count} entries checked, each sealed over the one before"
        yield Finding(check="Audit log", good=True, detail=detail)
        with store.read() as work:
            signed = signed_ahead(work, now=now)
        yield _clock(now, ahead, last) if signed is None else _clock_behind(now, signed)


def _read_log(store: "Store", limit: int) -> tuple[int, int, int]:
    """Return how many entries the log has, how many are dated after ``limit``, and the date of the last one."""
    count = ahead = last = 0
    with store.read() as work:
        while page := work.audit(after=count):
            count, last = page[-1].number, page[-1].at
            ahead += sum(entry.at > limit for entry in page)
    return count, ahead, last


def _clock_behind(now: int, signed: "AuditEntry") -> Finding:
    """Tell that nothing is signed, because something is dated later than now."""
    last = f"{show_day(signed.at)} ({signed.action} {signed.subject})"
    detail = (
        f"it shows {show_day(now)}, but the last signature is of {last}: wrong now, or wrong then; nothing is signed"
        " until it is set right, or 'activation-vendor trust renew' says that it is right"
    )
    return Finding(check="Clock", good=False, detail=detail)


def _clock(now: int, ahead: int, last: int) -> Finding:
    """Judge this computer's clock by the log: no entry should be dated later than now, least of all the last."""
    if last > now + DAY:
        detail = f"it shows {show_day(now)}, but the log was last written on {show_day(last)}: wrong now, or wrong then"
        return Finding(check="Clock", good=False, detail=detail)
    if ahead:
        detail = f"{show_day(now)}; it was ahead once ({ahead} entries): sites refuse responses of then"
        return Finding(check="Clock", good=True, detail=detail)
    return Finding(check="Clock", good=True, detail=f"{show_day(now)}, not before anything in the log")


def _key(record: "KeyRecord", now: int) -> Finding:
    check = f"{record.role.capitalize()} key"
    try:
        if not vendor_wiring.is_kept_elsewhere(record):
            _check_file(record)
    except Refusal as refusal:
        return Finding(check=check, good=False, detail=refusal.message)
    shown = f"{fingerprint(record.public_key)}, until {show_day(record.not_after)}"
    command = f"{_ROTATE} --root" if record.role == "root" else _ROTATE
    if now >= record.not_after:
        return Finding(check=check, good=False, detail=f"{shown}: it has ended and signs nothing; run '{command}'")
    if now < record.not_before:
        return Finding(check=check, good=False, detail=f"{shown}: not valid yet; is the clock right?")
    left = -(-(record.not_after - now) // DAY)
    if left <= SOON_DAYS:
        return Finding(
            check=check, good=True, detail=f"{shown}: ends in {left} day{'s' * (left > 1)}; before that run '{command}'"
        )
    return Finding(check=check, good=True, detail=shown)


def _kept(record: "KeyRecord", found: Finding) -> Finding:
    """Return the finding about a root key, and a warning when its file is not there; ``sign`` never needs it."""
    if not vendor_wiring.is_kept_elsewhere(record):
        return found
    said = f"{found.detail}; its file {record.location} is {vendor_wiring.KEPT_ELSEWHERE}"
    return Finding(check=found.check, good=found.good, detail=said, warns=True)


def _former_keys(keys: "list[KeyRecord]", now: int) -> Iterator[Finding]:
    issuing = [key for key in keys if key.role == "issuing"]
    retired = [key for key in issuing if key.state == "retired" and now < key.not_after]
    if retired:
        ends = show_day(max(key.not_after for key in retired))
        detail = f"{len(retired)}; they sign nothing new, and what they signed stays valid until {ends} at the latest"
        yield Finding(check="Retired keys", good=True, detail=detail)
    for key in issuing:
        if key.state == "revoked":
            kept = (Path(vendor_wiring.keys_directory()) / key.location).exists()
            shown = fingerprint(key.public_key)
            yield Finding(
                check="Revoked key", good=True, detail=f"{shown}; destroy its file {key.location}" if kept else shown
            )


def _former_roots(keys: "list[KeyRecord]") -> Iterator[Finding]:
    former = [key for key in roots(keys) if key.state != "active"]
    there = [key.location for key in former if (Path(vendor_wiring.keys_directory()) / key.location).exists()]
    if former:
        shown = ", ".join(f"{fingerprint(key.public_key)} ({key.state})" for key in former)
        detail = f"{shown}; they sign nothing" + (f"; destroy {', '.join(there)} and every copy" if there else "")
        yield Finding(check="Former root keys", good=True, detail=detail)
    if len(former) == MAX_ROOTS:
        yield Finding(check="Former root keys", good=True, detail="the present one is the last: a chain has 32 steps")


def _unknown_files(keys: "list[KeyRecord]") -> Iterator[Finding]:
    """Tell of key files that no book names: a change of keys that was interrupted, or books older than the files."""
    with suppress(OSError):
        there = {path.name for path in Path(vendor_wiring.keys_directory()).glob("*.pem")}
        for name in sorted(there - {key.location for key in keys}):
            detail = (
                f"{name} is in no book and signs nothing: an interrupted 'keys rotate' (run it again, then destroy the"
                " file), or books from a backup older than the key (restore the newest one)"
            )
            yield Finding(check="Key file", good=True, detail=detail)


def _nobody_signs(keys: "list[KeyRecord]", products: "list[Product]", now: int) -> Iterator[Finding]:
    for product in products:
        try:
            issuing_key(keys, product=product.product_id, use=Use.LICENSE, now=now)
        except Refusal as refusal:
            yield Finding(check="Signing", good=False, detail=refusal.message)
            continue
        try:
            issuing_key(keys, product=product.product_id, use=Use.RECEIPT, now=now)
        except Refusal:
            detail = f"no key may sign receipts of returned licenses of {product.product_id}; run '{_ROTATE}'"
            yield Finding(check="Receipts", good=False, detail=detail)


def _trust_list(document: bytes | None, root: "PublicKey", keys: "list[KeyRecord]", now: int) -> Finding:
    try:
        trust = receive_trust_list(document or b"", root)
    except Refusal as refusal:
        return Finding(check="Trust list", good=False, detail=refusal.message)
    wrong = ", ".join(fingerprint(key.public_key) for key in missing_in(trust, keys, now=now))
    root_key = "the root key" if rank(trust)[0] == 1 else f"root key {rank(trust)[0]}"
    said = f"number {trust.number}, signed by {root_key}, {len(trust.keys)} valid, {len(trust.revoked)} revoked"
    if wrong:
        return Finding(check="Trust list", good=False, detail=f"{said}; it does not tell what the books say of {wrong}")
    return Finding(check="Trust list", good=True, detail=said)


def _check_file(record: "KeyRecord") -> None:
    """Open the key as far as that goes without asking: a file that only lacks its passphrase is a good file."""
    try:
        vendor_wiring.open_key_file(record, vendor_wiring.given_passphrase())
    except Refusal as refusal:
        if refusal.code != "key.passphrase" or vendor_wiring.given_passphrase() is not None:
            raise
