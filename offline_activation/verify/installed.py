"""The start-up path: read the state directory, run the ladder, return a License.  The thin shell around pure checks.

It reads a few small files and asks the machine who it is; it starts nothing and never touches the network, and writes
nothing but the notes of time, when it is asked to be a witness.  Times of this path are in docs/performance.md.
"""

import os
import time
from typing import Final

from offline_activation.errors import ActivationError, Misuse, Refusal, Trouble
from offline_activation.formats.instants import show_instant
from offline_activation.formats.product import ProductDocument
from offline_activation.formats.value import changed, value
from offline_activation.verify.checks import CLOCK_TOLERANCE, AcceptedLicense
from offline_activation.verify.clock import Clock, Notes, judge, noted
from offline_activation.verify.directory import (
    CLIENT,
    EMERGENCY,
    HOME_VARIABLE,
    INITIALISED,
    KEPT_LICENSE,
    KEPT_PRODUCT,
    KEPT_SITE_KEY_PUBLIC,
    LICENSE,
    PRODUCT,
    RETURNED,
    SITE_KEY_PUBLIC,
    STOPPED,
    TRUST,
    default_home,
    facts_of,
    find_product,
    find_site_key,
    find_trust,
    has_license,
    is_client,
    is_root,
    is_root_of,
    read_facts,
    read_initialised,
    read_license_in_force,
    read_product_file,
    read_trust,
)
from offline_activation.verify.drift import Drift, judge_drift
from offline_activation.verify.license import License
from offline_activation.verify.standing import (
    DEMO,
    DRIFT_END,
    NOT_ACTIVATED,
    WRONG_MACHINE,
    Standing,
    licensed_standing,
    under_clock,
    unlicensed_standing,
)
from offline_activation.verify.witness import file_time, keep_drift, keep_notes, noted_drift, notes_of, watch_boot

__all__ = [
    "CLIENT",
    "HOME_VARIABLE",
    "INITIALISED",
    "KEPT_LICENSE",
    "KEPT_PRODUCT",
    "KEPT_SITE_KEY_PUBLIC",
    "LICENSE",
    "PRODUCT",
    "SITE_KEY_PUBLIC",
    "TRUST",
    "default_home",
    "forecast_license",
    "is_client",
    "load_license",
    "read_facts",
    "read_license_in_force",
    "read_product_file",
    "read_trust",
]

UNREADABLE: Final = "license.unreadable"
"""The code of a license of which the first copy is damaged and the other one no better."""
_STATE_OF_CODE: Final = {"license.wrong_machine": WRONG_MACHINE, "identity.none": WRONG_MACHINE}
_STORAGE: Final = frozenset({"site.not_initialised", "site.gone", "site.damaged", UNREADABLE})
"""Codes which say that the state directory cannot be read now, not what is in it; ``io.*`` belongs to them too."""


def load_license(
    product: str,
    *,
    root: str | None = None,
    home: str | os.PathLike[str] | None = None,
    now: float | None = None,
    strict: bool = False,
    previous: License | None = None,
    witness: bool = False,
) -> License:
    """Return what ``product`` may do on this machine now.

    ``root`` is the vendor's root public key, 64 hexadecimal digits as ``product export`` prints them.  Give it: it is
    what ties the answer to *your* key, whatever directory somebody points the program to (else the problem is
    ``site.other_root``; for a text that is no such key it is the :class:`Misuse` ``usage.root``).  An earlier or later
    root key of yours does as well, as far as the trust lists there lead from the one to the other.  ``home`` is the
    state directory (default: ``ACTIVATION_SITE_HOME``, else the platform's place); ``now`` is in seconds since 1970
    (default: this machine's clock).

    Never raises for a bad, missing or damaged license: the product must keep running in its documented state, and
    ``License.problem`` says what is wrong.  With ``strict``, raises that problem (:class:`Refusal`, :class:`Trouble` or
    :class:`Misuse`) instead.  Never touches the network.

    With ``witness``, the state directory remembers what this clock has shown (at most once an hour, and as well as it
    goes), so that a clock set back is noticed and an end stays an end; without it nothing is ever written.

    A program that runs for weeks loads again once a day and hands over the License it has as ``previous``: when the
    state directory cannot be read (an unmounted disk, say), that one goes on for at most 7 days with a warning.
    """
    directory = os.fspath(home) if home is not None else default_home()
    instant = int(time.time() if now is None else now)
    try:
        notes = notes_of(directory)
        dated = file_time(directory) if now is None and notes.mark is None else 0
        when = _When(now=instant, notes=notes, file_time=dated, witness=witness, is_own=now is None)
        found = _load(directory, product, root, when)
    except ActivationError as error:
        found = License(product=None, document=None, standing=Standing(state=NOT_ACTIVATED, problem=error))
    problem = found.problem
    if problem is None:
        return found
    if problem.code == "site.not_initialised" and previous is not None and previous.had_license(product):
        problem = Trouble("site.gone", path=directory)  # whoever runs init there loses the license
        found = License(product=None, document=None, standing=Standing(state=NOT_ACTIVATED, problem=problem))
    if previous is not None and (problem.code in _STORAGE or problem.code.startswith("io.")):
        found = previous.carried_on(product, problem, instant) or found
    if strict and found.problem is not None:
        raise found.problem.with_traceback(None)
    return found


def forecast_license(product: str, *, home: str, now: int, today: int, without: tuple[str, ...] = ()) -> License:
    """Return what ``product`` may do at ``now`` by the same rules; what the clock has shown is left aside.

    Hardware that has changed is seen ``today``, unless it was noted earlier.  Both in seconds since 1970 UTC.
    ``without`` names components that the machine is thought to show no longer.
    """
    when = _When(now=now, notes=Notes(drift=notes_of(home).drift, is_asked=True), sighted=today, without=without)
    try:
        return _load(home, product, None, when)
    except ActivationError as error:
        return License(product=None, document=None, standing=Standing(state=NOT_ACTIVATED, problem=error))


@value
class _When:
    """The time of a start, and what is remembered of earlier ones."""

    now: int
    notes: Notes
    file_time: int = 0
    """0 for a time that was given: the files know only this machine's clock."""
    witness: bool = False
    is_own: bool = False
    """Whether ``now`` is what this machine's clock shows, so that it can be held against the time since boot."""
    sighted: int | None = None
    """In a forecast: today, when changed hardware is seen."""
    without: tuple[str, ...] = ()
    """In a forecast: components taken away."""


def _load(home: str, product_id: str, root: str | None, when: _When) -> License:
    if root is not None and not is_root(root):
        raise Misuse("usage.root")
    product, stood_in = find_product(home)
    if root is not None and not is_root_of(home, product, root):
        raise Refusal("site.other_root", path=home)
    notes: list[ActivationError] = [Trouble("site.restored", name=PRODUCT)] if stood_in else []
    if product.product != product_id:
        raise Refusal("site.other_product", path=home, found=product.product, expected=product_id)
    if is_client(home):
        standing = Standing(state=NOT_ACTIVATED, problem=Refusal("site.not_the_server"))
        return License(product=product, document=None, standing=standing)
    if (stopped := _stopped(home, product, notes)) is not None:
        return stopped
    if not has_license(home):
        opened = _opened(home, product, notes, when, after=NOT_ACTIVATED)
        return _unlicensed(home, product, notes, when) if opened is None else _or_demo(home, product, opened, when)
    return _licensed(home, product, notes, when)


def _licensed(home: str, product: ProductDocument, notes: list[ActivationError], when: _When) -> License:
    try:
        key, stood_in = find_site_key(home)
        trust, damaged = find_trust(home, product)
        found = read_license_in_force(home, trust=trust, facts=facts_of(home, product, key, without=when.without))
    except ActivationError as error:
        state = _STATE_OF_CODE.get(error.code, NOT_ACTIVATED)
        opens = state == WRONG_MACHINE or error.code == UNREADABLE
        if opens and (opened := _opened(home, product, notes, when, after=state)) is not None:
            return opened
        return License(product=product, document=None, standing=Standing(state=state, problem=error))
    if found is None:  # a link that leads nowhere, or a license that is being given back at this moment
        return _unlicensed(home, product, notes, when)
    accepted, restored = found
    notes += [Trouble("site.restored", name=SITE_KEY_PUBLIC)] if stood_in else []
    notes += [Trouble("site.restored", name=TRUST)] if damaged else []
    notes += [Trouble("license.restored")] if restored else []
    signed = accepted.license.issued  # not lists and product files: a vendor's clock once ahead must stop nobody
    days = accepted.license.policy.clock_days
    clock = judge(when.now, when.notes, signed=signed, file_time=when.file_time, days=days)
    drift = _drift(home, accepted, when, clock)
    if when.witness:
        _remember(home, when, clock, signed, drift)
        notes += _stepped(home, when, clock, signed)
    if drift is not None and drift.is_over:
        opened = _opened(home, product, notes, when, after=WRONG_MACHINE, remembered=True)
        if opened is not None:
            return opened
        standing = Standing(state=WRONG_MACHINE, problem=drift.problem(), warnings=tuple(notes))
        return License(product=product, document=accepted.license, standing=standing)
    standing = licensed_standing(accepted.license, product, clock.judged)
    standing = under_clock(standing, clock, accepted.license, product)
    if drift is not None and standing.problem is None:
        standing = standing.ending(DRIFT_END, drift.until, clock.judged)
    warnings = (*standing.warnings, *notes, *_notes(accepted, clock, drift))
    standing = changed(standing, warnings=warnings)
    return License(product=product, document=accepted.license, standing=standing, seen=when.now)


def _stopped(home: str, product: ProductDocument, notes: list[ActivationError]) -> License | None:
    """Return the License of a site that gave its license back or lost it; ``None`` when nothing says so."""
    if not any(os.path.lexists(os.path.join(home, name)) for name in (RETURNED, STOPPED)):
        return None
    from offline_activation.verify.evidence import find_stop  # noqa: PLC0415 - a licensed start does without

    try:
        found = find_stop(home, product)
    except ActivationError:  # the license itself cannot be read: that is told instead
        return None
    if found is None:
        return None
    standing = Standing(state=found.stop.state, problem=found.stop.problem, warnings=tuple(notes))
    return License(product=product, document=found.license, standing=standing)


def _opened(
    home: str,
    product: ProductDocument,
    notes: list[ActivationError],
    when: _When,
    *,
    after: str,
    remembered: bool = False,
) -> License | None:
    """Return the License of an emergency license that was opened here; ``None`` without one.

    ``after`` is the state once its days are over; ``remembered``: this sighting of the clock is already noted.
    """
    if not os.path.lexists(os.path.join(home, EMERGENCY)):
        return None
    from offline_activation.verify.emergency import judge_emergency  # noqa: PLC0415 - a licensed start does without
    from offline_activation.verify.evidence import find_emergency, keep_opened  # noqa: PLC0415

    try:
        found = find_emergency(home, product)
    except ActivationError:
        return None
    if found is None:
        return None
    signed, days = found.license.issued, found.license.policy.clock_days
    clock = judge(when.now, when.notes, signed=signed, file_time=when.file_time, days=days)
    if when.witness and not remembered:
        keep_notes(home, when.notes, noted(when.notes, clock, signed=signed))
    if when.witness:
        keep_opened(home, found, clock.judged)
    standing = judge_emergency(found.license, found.opened, clock.judged).standing(after)
    standing = under_clock(standing, clock, found.license, product)
    warnings = (*standing.warnings, *notes)
    return License(product=product, document=found.license, standing=changed(standing, warnings=warnings))


def _or_demo(home: str, product: ProductDocument, opened: License, when: _When) -> License:
    """Return an emergency license that is over as the demo, while that lasts: opening it took nothing away."""
    if opened.problem is None or opened.state != NOT_ACTIVATED:
        return opened
    demo = _unlicensed(home, product, [opened.problem, *opened.warnings], changed(when, witness=False))
    return demo if demo.state == DEMO else opened


def _unlicensed(home: str, product: ProductDocument, notes: list[ActivationError], when: _When) -> License:
    since = read_initialised(home)
    clock = judge(when.now, when.notes, signed=product.issued, file_time=when.file_time)
    if when.witness:
        _remember(home, when, clock, product.issued, None)
        notes = [*notes, *_stepped(home, when, clock, product.issued)]
    if clock.is_set_back or (since is not None and since > when.now + CLOCK_TOLERANCE and not when.notes.is_asked):
        notes = [*notes, _set_back(when.now, max(clock.seen if clock.is_set_back else 0, since or 0))]
    standing = unlicensed_standing(product, since, clock.judged)
    warnings = (*standing.warnings, *notes)
    return License(product=product, document=None, standing=changed(standing, warnings=warnings))


def _drift(home: str, accepted: AcceptedLicense, when: _When, clock: Clock) -> Drift | None:
    """Return how a drifted machine stands at the time by which ends are judged."""
    if accepted.match.verdict != "drifted":
        return None
    noted_at = (*noted_drift(home, when.notes), when.sighted)
    given = accepted.license.policy.drift_days
    return judge_drift(accepted.match, noted_at, issued=accepted.license.issued, now=clock.judged, days=given)


def _remember(home: str, when: _When, clock: Clock, signed: int, drift: Drift | None) -> None:
    """Let the state directory remember this sighting."""
    since = drift.since if drift is not None else None
    keep_drift(home, since)
    keep_notes(home, when.notes, changed(noted(when.notes, clock, signed=signed), drift=since))


def _stepped(home: str, when: _When, clock: Clock, signed: int) -> list[ActivationError]:
    """Return the warning of a clock that was moved since the machine started, and note what it shows now."""
    if not when.is_own:
        return []
    believed = not clock.is_set_back and noted(when.notes, clock, signed=signed).leap is None
    by = watch_boot(home, when.now, believed=believed)
    if by == 0:
        return []
    from offline_activation.verify.boot_clock import is_moved, movement  # noqa: PLC0415 - only a witness pays for it

    return [Refusal("clock.stepped", **movement(by))] if is_moved(by) else []


def _notes(accepted: AcceptedLicense, clock: Clock, drift: Drift | None) -> list[ActivationError]:
    notes: list[ActivationError] = []
    if drift is not None:
        notes.append(drift.warning())
    if accepted.revoked_key:
        notes.append(Refusal("key.revoked", kind="license"))
    if min(accepted.license.issued, clock.seen) > clock.now + CLOCK_TOLERANCE and not clock.is_set_back:
        notes.append(_set_back(clock.now, accepted.license.issued))
    return notes


def _set_back(now: int, seen: int) -> Refusal:
    return Refusal("clock.set_back", now=show_instant(now), seen=show_instant(seen))
