"""What ``activation-vendor doctor`` looks at."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from offline_activation.cli import vendor_wiring
from offline_activation.errors import Refusal
from offline_activation.formats.instants import DAY, show_day
from offline_activation.formats.keys import fingerprint
from offline_activation.formats.trust_list import receive_trust_list

if TYPE_CHECKING:  # only names in signatures
    from offline_activation.vendor.ports import Store
    from offline_activation.vendor.records import KeyRecord

_SOON = 180 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at."""

    check: str
    good: bool
    detail: str


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
        *_books(store),
        *(_key(key, now) for key in keys if key.state == "active"),
    ]
    try:
        number = receive_trust_list(trust or b"", vendor.root).number
        found.append(Finding(check="Trust list", good=True, detail=f"number {number}, signed by the root key"))
    except Refusal as refusal:
        found.append(Finding(check="Trust list", good=False, detail=refusal.message))
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


def _books(store: "Store") -> Iterator[Finding]:
    problems = list(store.problems())
    of_audit = [problem for problem in problems if "audit" in problem.lower()]
    others = [problem for problem in problems if problem not in of_audit]
    if not others:
        yield Finding(check="Database", good=True, detail=vendor_wiring.database() or vendor_wiring.database_file())
    yield from (Finding(check="Database", good=False, detail=problem) for problem in others)
    yield from (Finding(check="Audit log", good=False, detail=problem) for problem in of_audit)
    if not problems:  # with any other problem the log may not have been read to its end
        detail = f"{_count(store)} entries checked, each sealed over the one before"
        yield Finding(check="Audit log", good=True, detail=detail)


def _count(store: "Store") -> int:
    count = 0
    with store.read() as work:
        while page := work.audit(after=count):
            count = page[-1].number
    return count


def _key(record: "KeyRecord", now: int) -> Finding:
    check = f"{record.role.capitalize()} key"
    try:
        _check_file(record)
    except Refusal as refusal:
        return Finding(check=check, good=False, detail=refusal.message)
    shown = f"{fingerprint(record.public_key)}, until {show_day(record.not_after)}"
    if not record.not_before <= now < record.not_after:
        return Finding(check=check, good=False, detail=f"{shown}: not valid now")
    if record.not_after - now < _SOON:
        return Finding(check=check, good=True, detail=f"{shown}: ends soon, plan a new one")
    return Finding(check=check, good=True, detail=shown)


def _check_file(record: "KeyRecord") -> None:
    """Open the key as far as that goes without asking: a file that only lacks its passphrase is a good file."""
    try:
        vendor_wiring.open_key_file(record, vendor_wiring.given_passphrase())
    except Refusal as refusal:
        if refusal.code != "key.passphrase" or vendor_wiring.given_passphrase() is not None:
            raise
