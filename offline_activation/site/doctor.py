"""Looking after an installation: everything that can be wrong with it, each with one line and a next step.

It reads and judges, and changes nothing.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Literal

from offline_activation.errors import CATALOG, ActivationError, Refusal
from offline_activation.formats.instants import show_instant
from offline_activation.formats.license_document import LicenseDocument
from offline_activation.formats.policy import CLOCK_DAYS
from offline_activation.formats.trust_list import rank
from offline_activation.site import pending, site_key
from offline_activation.site.directory import StateDirectory
from offline_activation.site.installation import Installation, read_installation
from offline_activation.site.returning import find_taken_back, receipt_words
from offline_activation.site.safety import stranger
from offline_activation.verify import installed, stages
from offline_activation.verify.boot_clock import is_moved, moved, movement
from offline_activation.verify.checks import CLOCK_TOLERANCE, AcceptedLicense, check_installed
from offline_activation.verify.clock import judge
from offline_activation.verify.directory import EMERGENCY, RETURNED, STOPPED, find_product, find_site_key
from offline_activation.verify.drift import REBIND, Drift, judge_drift
from offline_activation.verify.evidence import find_emergency, find_return, find_vendors_stop, license_of_site
from offline_activation.verify.ownership import as_owner
from offline_activation.verify.trust import pinned_trust, updated
from offline_activation.verify.witness import boot_now, noted_boot, noted_drift, notes_of

LEAST_SPACE: Final = 1 << 20
"""Free bytes that an import needs with a wide margin."""
OLD_REQUEST_DAYS: Final = 30
_DAY: Final = 86_400
_EARLIEST_CLOCK: Final = 1_577_836_800
"""2020-01-01: a clock before it was never set."""
_DATED_AHEAD: Final = "If this clock is right, tell the vendor to correct the clock there; it stops nothing here."

_HARDWARE: Final = "license.wrong_machine"
_OF_HARDWARE: Final = frozenset({REBIND, CATALOG[_HARDWARE][2]})
"""Next steps that are told once, with the first copy of the license."""
_SEE_ABOVE: Final = f"wrong machine, see {installed.LICENSE}"

Result = Literal["ok", "warning", "problem"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check: its name, how it went, one sentence, and the next step unless it went well."""

    name: str
    result: Result
    message: str
    next_step: str = ""


def examine(directory: StateDirectory, *, now: int) -> Iterator[Finding]:
    """Yield the findings of every check, in a fixed order; ``now`` in seconds since 1970 UTC.  Raises nothing."""
    for name, check in (
        ("directory", _directory),
        ("writable", _writable),
        ("space", _space),
        ("product file", _product),
        ("site key", _site_key),
        ("trust list", _trust),
        ("machine", _machine),
    ):
        yield _finding(name, partial(check, directory))
    is_client = installed.is_client(str(directory.home))
    if not is_client:
        yield from _license_copies(directory, now)
    yield _finding("clock", partial(_clock, directory, now))
    if is_client:
        yield Finding(name="state", result="ok", message="a client installation; licenses are handled on the server")
        return
    yield _finding("moves", partial(_moves, directory))
    yield _finding("requests", partial(_requests, directory, now))
    yield _standing(directory, now)


def _finding(name: str, check: Callable[[], str | Finding]) -> Finding:
    try:
        said = check()
    except ActivationError as error:
        return Finding(name=name, result="problem", message=error.message, next_step=error.remedy)
    return said if isinstance(said, Finding) else Finding(name=name, result="ok", message=said)


def _directory(directory: StateDirectory) -> str | Finding:
    flaws = directory.flaws(reading=True)
    owner = stranger(directory.home)
    if not flaws:
        return f"{directory.home} belongs to {f'user {owner}' if owner else 'this user'} alone"
    found = "; ".join(f"{name} {flaw}" for name, flaw in flaws[:3])
    step = as_owner(owner) if owner else "Give the directory to the service user with mode 0700 and no links."
    return Finding(name="directory", result="problem", message=found, next_step=step)


def _writable(directory: StateDirectory) -> str | Finding:
    owner = stranger(directory.home)
    if os.access(directory.home, os.W_OK | os.X_OK):
        return f"the state directory can be written{f' with sudo -u {owner}' if owner else ''}"
    if owner:
        message = f"only {owner} may write the state directory"
        return Finding(name="writable", result="warning", message=message, next_step=as_owner(owner))
    step = "Mount the file system writable; the license works without, but no response can be imported."
    return Finding(name="writable", result="problem", message="the state directory is read-only", next_step=step)


def _space(directory: StateDirectory) -> str | Finding:
    try:
        free = shutil.disk_usage(directory.home).free
    except OSError as error:
        return Finding(
            name="space", result="warning", message=f"unknown ({error.strerror})", next_step="Check the disk."
        )
    if free >= LEAST_SPACE:
        return f"{free >> 20} MiB free"
    return Finding(name="space", result="problem", message=f"{free >> 10} KiB free", next_step="Free some space.")


def _product(directory: StateDirectory) -> str | Finding:
    product, stood_in = find_product(str(directory.home))
    if not stood_in:
        return f"{product.name} of {product.vendor}"
    step = f"Check the disk, then copy {installed.KEPT_PRODUCT} over {installed.PRODUCT}."
    message = f"{installed.PRODUCT} is damaged; its kept copy is used"
    return Finding(name="product file", result="warning", message=message, next_step=step)


def _site_key(directory: StateDirectory) -> str:
    site_key.read_site_key(directory)
    return "both halves fit, and only this user can read the private one"


def _trust(directory: StateDirectory) -> str | Finding:
    product = installed.read_product_file(str(directory.home))
    pinned = pinned_trust(product.root, product.trust)
    document = directory.read(installed.TRUST)
    if document is None:
        step = "Import the latest response again."
        return Finding(
            name="trust list", result="warning", message="missing; the product file's counts", next_step=step
        )
    newest = updated(pinned, document).current
    by = "the pinned root key" if newest.roots == pinned.current.roots else f"root key {rank(newest)[0]}"
    return f"number {newest.number}, signed by {by}"


def _machine(directory: StateDirectory) -> str | Finding:
    from offline_activation.identity.volume import read_volume  # noqa: PLC0415 - reads the machine only when asked

    reading = read_volume(str(directory.home))
    message = f"HD Volume ID {reading.volume_id} from {reading.source}"
    if not reading.source.startswith("fallback:"):
        return message
    step = "Nothing to do; a file system with a UUID of its own would be a firmer identity."
    return Finding(name="machine", result="warning", message=message, next_step=step)


def _license_copies(directory: StateDirectory, now: int) -> Iterator[Finding]:
    try:
        site = read_installation(directory)
    except ActivationError as error:
        yield Finding(name="license", result="problem", message=error.message, next_step=error.remedy)
        return
    first = _finding(installed.LICENSE, partial(_copy, site, installed.LICENSE, now))
    second = _finding(installed.KEPT_LICENSE, partial(_copy, site, installed.KEPT_LICENSE, now))
    yield first
    is_told = second.next_step in _OF_HARDWARE and second.message == first.message
    yield replace(second, result="ok", message=f"the same as {first.name}", next_step="") if is_told else second


def _copy(site: Installation, name: str, now: int) -> str | Finding:
    document = site.directory.read(name)
    if document is None and site.license is None:
        return "no license yet"
    again = "Import the latest response again."
    if document is None:
        return Finding(name=name, result="warning", message="missing; the other copy is in force", next_step=again)
    try:
        accepted = check_installed(document, trust=site.trust, facts=site.facts)
    except Refusal as refusal:
        is_hardware = refusal.code == _HARDWARE
        result: Result = "problem" if is_hardware or site.license is None else "warning"
        step = refusal.remedy if is_hardware else again
        return Finding(name=name, result=result, message=refusal.message, next_step=step)
    drift = _drift(site, accepted, now)
    if drift is not None:
        result = "problem" if drift.is_over else "warning"
        return Finding(name=name, result=result, message=drift.explanation, next_step=REBIND)
    if site.license is not None and accepted.license.revision != site.license.content.revision:
        return Finding(name=name, result="warning", message="an older revision", next_step=again)
    return f"revision {accepted.license.revision}, {accepted.match.explanation}"


def _drift(site: Installation, accepted: AcceptedLicense, now: int) -> Drift | None:
    notes = notes_of(str(site.directory.home))
    issued, policy = accepted.license.issued, accepted.license.policy
    at = judge(now, notes, signed=issued, days=policy.clock_days).judged
    seen = noted_drift(str(site.directory.home), notes)
    return judge_drift(accepted.match, seen, issued=issued, now=at, days=policy.drift_days)


def _clock(directory: StateDirectory, now: int) -> str | Finding:
    step = "Correct the clock of this server."
    if now < _EARLIEST_CLOCK:
        return Finding(name="clock", result="problem", message=f"it shows {show_instant(now)}", next_step=step)
    product = installed.read_product_file(str(directory.home))
    trust = installed.read_trust(str(directory.home), product)
    document = _in_force(directory)
    dated = max(product.issued, trust.current.issued)
    seen = document.issued if document else product.issued
    days = document.policy.clock_days if document else CLOCK_DAYS
    clock = judge(now, notes_of(str(directory.home)), signed=seen, days=days)
    if clock.is_set_back and clock.seen > seen:
        message = f"it shows {show_instant(now)}, but it has already been {show_instant(clock.seen)}"
        return Finding(name="clock", result="problem", message=message, next_step=step)
    if now + CLOCK_TOLERANCE < seen:
        message = f"it shows {show_instant(now)}, but the vendor's documents are from {show_instant(seen)}"
        return Finding(name="clock", result="problem", message=message, next_step=step)
    if now + CLOCK_TOLERANCE < dated:
        message = f"{show_instant(now)}, but a trust list or product file of the vendor is from {show_instant(dated)}"
        return Finding(name="clock", result="warning", message=message, next_step=_DATED_AHEAD)
    return _boot(directory, now) or f"{show_instant(now)}, later than everything the vendor signed"


def _boot(directory: StateDirectory, now: int) -> Finding | None:
    """Return what the time since boot says against this clock, when that is worth a word."""
    note, seen = noted_boot(str(directory.home)), boot_now(now)
    if note is None or seen is None or note.boot != seen.boot:
        return None
    by = moved(note, seen)
    if is_moved(by):
        told = Refusal("clock.stepped", **movement(by))
        return Finding(name="clock", result="warning", message=told.message, next_step=told.remedy)
    if note.furthest == 0:
        return None
    told = Refusal("clock.stepped", **movement(note.furthest))
    message = f"{show_instant(now)}, right again: {told.message[:1].lower()}{told.message[1:].removesuffix('.')}"
    return Finding(name="clock", result="ok", message=message)


def _in_force(directory: StateDirectory) -> LicenseDocument | None:
    try:
        found = read_installation(directory).license
    except ActivationError:
        return None
    return found.content if found else None


def _moves(directory: StateDirectory) -> str | Finding:
    """Say what became of the license: given back, stopped by the vendor, opened in an emergency."""
    home = str(directory.home)
    product, key = installed.read_product_file(home), find_site_key(home)[0]
    trust = installed.read_trust(home, product)
    in_force = license_of_site(home, product.product, key, trust)
    made = find_return(home, product.product, key, in_force)
    stop = find_vendors_stop(home, product.product, key, trust, in_force)
    opened = find_emergency(home, product)
    told = {
        RETURNED: None if made is None else f"given back with request {made.reference}, {receipt_words(directory)}",
        STOPPED: None if stop is None else f"{stop.state}, as the vendor signed on {show_instant(stop.since)}",
        EMERGENCY: None if opened is None else f"emergency license opened at {show_instant(opened.opened)}",
    }
    useless = [name for name, text in told.items() if text is None and directory.has(name)]
    if useless:
        message = f"{', '.join(useless)} does not count: damaged, or older than the license"
        step = "Nothing to do: it stops nothing. Importing the next response removes it."
        return Finding(name="moves", result="warning", message=message, next_step=step)
    return "; ".join(text for text in told.values() if text) or "the license was not moved"


def _requests(directory: StateDirectory, now: int) -> str | Finding:
    damaged = pending.damaged_requests(directory)
    if damaged:
        message = f"{len(damaged)} open request files are damaged, first {damaged[0]}"
        step = "Make a new request; remove the damaged file."
        return Finding(name="requests", result="warning", message=message, next_step=step)
    waiting = pending.open_requests(directory)
    old = [stored.reference for stored in waiting if now - stored.content.created > OLD_REQUEST_DAYS * _DAY]
    if old:
        message = f"open for more than {OLD_REQUEST_DAYS} days: {', '.join(old[:3])}"
        step = "Ask the vendor, or close them with 'activation-site cancel REFERENCE'."
        return Finding(name="requests", result="warning", message=message, next_step=step)
    return f"{len(waiting)} open"


def _standing(directory: StateDirectory, now: int) -> Finding:
    try:
        product = installed.read_product_file(str(directory.home)).product
    except ActivationError as error:
        return Finding(name="state", result="problem", message=error.message, next_step=error.remedy)
    found = installed.load_license(product, home=directory.home, now=now)
    if found.state == stages.RETURNED and find_taken_back(directory) is not None:
        return Finding(name="state", result="ok", message=f"returned, {receipt_words(directory)}")
    if found.problem is not None:
        message = _SEE_ABOVE if found.problem.code == _HARDWARE else found.problem.message
        return Finding(name="state", result="problem", message=message, next_step=found.problem.remedy)
    for warning in found.warnings:
        if warning.code == "license.hardware_changed":  # said with the license
            continue
        return Finding(name="state", result="warning", message=warning.message, next_step=warning.remedy)
    return Finding(name="state", result="ok", message=found.state)
