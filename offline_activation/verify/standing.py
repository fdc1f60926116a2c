"""What a verified license means now: its state, what is due when, and what to warn about.  Pure."""

from typing import Final

from offline_activation.errors import ActivationError, Refusal, Trouble
from offline_activation.formats.instants import DAY, show_days, show_instant, show_local_day, show_local_end
from offline_activation.formats.license_document import LicenseDocument
from offline_activation.formats.product import ProductDocument
from offline_activation.formats.value import changed, value
from offline_activation.verify.clock import Clock
from offline_activation.verify.rights import fallback_of, grace_days
from offline_activation.verify.stages import (
    ACTIVE,
    CLOCK_PROBLEM,
    DEMO,
    EXPIRED,
    IN_GRACE,
    NOT_ACTIVATED,
    RENEWAL_DUE,
    WRONG_MACHINE,
)

__all__ = [
    "ACTIVE",
    "CLOCK_PROBLEM",
    "DEMO",
    "EXPIRED",
    "IN_GRACE",
    "NOT_ACTIVATED",
    "RENEWAL_DUE",
    "WRONG_MACHINE",
    "Standing",
    "day_of",
    "due",
    "ends",
    "fallback_end",
    "final_end",
    "licensed_standing",
    "needs_order",
    "stage_reached",
    "under_clock",
    "unlicensed_standing",
]

RENEWAL: Final = "renewal"
DUE: Final = "due"
GRACE: Final = "grace"
FALLBACK: Final = "fallback"
MAINTENANCE: Final = "maintenance"
DEMO_END: Final = "demo"
EMERGENCY_END: Final = "emergency"
DRIFT_END: Final = "drift"
"""What happens in the life of a license: the first warning, its end, the end of grace, of Demo Mode, of maintenance;
the end of the demo before it, of an opened emergency license, and of the days on changed hardware."""
_RENEWED: Final = "Make a request with 'activation-site request --purpose renew' and import the response."
_ORDERED: Final = "Order a renewal from the vendor, then make a request and import the response."
_BOUGHT: Final = "Order a license from the vendor, then make a request and import the response."


@value
class Standing:
    """State at one time; ``days_left`` counts whole days to the next end, ``None`` when there is none."""

    state: str
    days_left: int | None = None
    problem: ActivationError | None = None
    """Why the product may not run as licensed; ``None`` in good states."""
    warnings: tuple[ActivationError, ...] = ()
    demo: bool = False
    """Whether demo rules hold now: a new installation, or the fall-back after an end."""
    stage: int | None = None
    """Before an end: the smallest of the warning days that has come."""
    ends: tuple[tuple[str, int], ...] = ()
    """What happens at which instant while no response comes, earliest first."""

    def ending(self, kind: str, at: int, now: int) -> "Standing":
        """Return this standing with one more end, which may come before the others; whole days are left to it."""
        days = max(at - now, 0) // DAY
        left = days if self.days_left is None else min(days, self.days_left)
        ends_ = sorted((*self.ends, (kind, at)), key=lambda each: each[1])
        return changed(self, ends=tuple(ends_), days_left=left)


def due(document: LicenseDocument) -> int | None:
    """Return the instant at which the license must have been renewed: the earlier of lease and license end."""
    ends = [end for end in (document.lease_until, document.until) if end is not None]
    return min(ends) if ends else None


def needs_order(document: LicenseDocument) -> bool:
    """Tell whether the next end is that of a subscription or trial: an order moves it, a plain renewal does not."""
    return document.until is not None and due(document) == document.until


def final_end(document: LicenseDocument) -> int | None:
    """Return the instant from which the license no longer works, grace included; ``None`` for never."""
    end = due(document)
    return None if end is None else end + grace_days(document) * DAY


def fallback_end(document: LicenseDocument, product: ProductDocument) -> int | None:
    """Return the instant from which nothing works, Demo Mode after the end included; ``None`` for never."""
    last = final_end(document)
    return None if last is None else last + fallback_of(document, product).days * DAY


def ends(document: LicenseDocument, product: ProductDocument) -> tuple[tuple[str, int], ...]:
    """Return what happens and at which instant while no response comes, earliest first; each thing at most once."""
    end, last, nothing = due(document), final_end(document), fallback_end(document, product)
    found: list[tuple[int, str]] = []
    if end is not None and last is not None and nothing is not None:
        found += [(end - product.warn_days[0] * DAY, RENEWAL)] if product.warn_days else []
        found += [(end, DUE)]
        found += [(last, GRACE)] if last > end else []
        found += [(nothing, FALLBACK)] if nothing > last else []
    if document.maintenance_until is not None:
        found += [(document.maintenance_until, MAINTENANCE)]
    return tuple((kind, instant) for instant, kind in sorted(found))


def day_of(kind: str, instant: int) -> str | None:
    """Return the day ``YYYY-MM-DD`` (this machine's zone) of one of the ``ends``; ``None`` beyond the year 9999.

    It is the last day before that end, and the first day on which the first warning shows.
    """
    day = (show_local_day if kind == RENEWAL else show_local_end)(instant)
    return day if day[:1].isdigit() else None


def stage_reached(end: int, now: int, product: ProductDocument) -> int | None:
    """Return the smallest of the warning days that has come at ``now``: ``end`` is so many days ahead, or less."""
    return min((days for days in product.warn_days if end - now <= days * DAY), default=None)


def licensed_standing(document: LicenseDocument, product: ProductDocument, now: int) -> Standing:
    """Return what ``document`` means at ``now`` (seconds since 1970 UTC): valid while ``now < end``."""
    end, last, nothing = due(document), final_end(document), fallback_end(document, product)
    maintenance, dates = _maintenance_warnings(document, product, now), ends(document, product)
    if end is None or last is None or nothing is None:
        return Standing(state=ACTIVE, warnings=maintenance, ends=dates)
    if now >= last:
        problem = Refusal("license.expired", until=show_local_end(last))
        return Standing(state=EXPIRED, days_left=0, problem=problem, demo=now < nothing, ends=dates)
    if now >= end:
        stage = stage_reached(last, now, product)
        warning = Refusal("license.in_grace", due=show_local_end(end), until=show_local_end(last)).at_stage(stage)
        warnings, days = (warning.advising(_advice(document)), *maintenance), (last - now) // DAY
        return Standing(state=IN_GRACE, days_left=days, warnings=warnings, stage=stage, ends=dates)
    days, stage = (end - now) // DAY, stage_reached(end, now, product)
    if stage is not None:
        left = show_days(days) if days else "less than a day"
        warning = Refusal("license.renewal_due", due=show_local_end(end), left=left).at_stage(stage)
        warnings = (warning.advising(_advice(document)), *maintenance)
        return Standing(state=RENEWAL_DUE, days_left=days, warnings=warnings, stage=stage, ends=dates)
    return Standing(state=ACTIVE, days_left=days, warnings=maintenance, ends=dates)


def _advice(document: LicenseDocument) -> str:
    """Return what moves the end of this license."""
    if not needs_order(document):
        return _RENEWED
    return _BOUGHT if document.trial else _ORDERED


def _maintenance_warnings(document: LicenseDocument, product: ProductDocument, now: int) -> tuple[Refusal, ...]:
    """Return the warning before the end of maintenance, which stops nothing; after it there is nothing to say."""
    end = document.maintenance_until
    if end is None or now >= end:
        return ()
    stage = stage_reached(end, now, product)
    return () if stage is None else (Refusal("license.maintenance_ends", until=show_local_end(end)).at_stage(stage),)


def under_clock(standing: Standing, clock: Clock, document: LicenseDocument, product: ProductDocument) -> Standing:
    """Return ``standing`` as it is under this clock: unchanged, warned of a clock set back, or stopped by it.

    What is no longer usable stays what it is.  A stopped license has what Demo Mode allows, and heals with the clock or
    with the next response.  So has one whose end only the mark has seen: it ended, or the clock was ahead once.
    """
    if not clock.is_set_back:
        return standing
    shown = {"now": show_instant(clock.now), "seen": show_instant(clock.seen)}
    in_doubt = standing.state == EXPIRED and licensed_standing(document, product, clock.believed).problem is None
    if in_doubt or (standing.problem is None and clock.grace_left == 0):
        problem = Refusal("clock.problem", **shown)
        demo = fallback_of(document, product).days > 0
        return Standing(state=CLOCK_PROBLEM, days_left=0, problem=problem, demo=demo, ends=standing.ends)
    warning = Refusal("clock.set_back", **shown)
    if standing.problem is None:
        days = -(-clock.grace_left // DAY)
        warning = warning.advising(f"Correct the clock of this server; it works {show_days(days, 'more')} like this.")
    return changed(standing, warnings=(*standing.warnings, warning))


def unlicensed_standing(product: ProductDocument, since: int | None, now: int) -> Standing:
    """Return the standing of an installation without a license: demo for ``demo_days`` from ``since``, then nothing.

    ``since`` is ``None`` when the note of it is lost: nobody gets a new demo by deleting it.  A ``since`` later than
    ``now`` (the clock was wrong once, or is now) counts as ``now``.
    """
    if product.demo_days == 0:
        return Standing(state=NOT_ACTIVATED, problem=Refusal("license.not_activated"))
    if since is None:
        return Standing(state=NOT_ACTIVATED, problem=Trouble("license.demo_note_lost"))
    end = min(since, now) + product.demo_days * DAY
    if now >= end:
        problem = Refusal("license.demo_ended", until=show_local_end(end))
        return Standing(state=NOT_ACTIVATED, days_left=0, problem=problem)
    warning = Refusal("license.demo", until=show_local_end(end))
    dates = ((DEMO_END, end),)
    return Standing(state=DEMO, days_left=(end - now) // DAY, warnings=(warning,), demo=True, ends=dates)
