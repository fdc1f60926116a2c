"""What a verified license means now: its state, what is due when, and what to warn about.  Pure."""

from typing import Final

from offline_activation.errors import ActivationError, Refusal, Trouble
from offline_activation.formats.instants import DAY, show_instant, show_local_end
from offline_activation.formats.license_document import LicenseDocument
from offline_activation.formats.product import ProductDocument
from offline_activation.formats.value import changed, value
from offline_activation.verify.clock import Clock

ACTIVE: Final = "active"
CLOCK_PROBLEM: Final = "clock_problem"
DEMO: Final = "demo"
EXPIRED: Final = "expired"
IN_GRACE: Final = "in_grace"
NOT_ACTIVATED: Final = "not_activated"
RENEWAL_DUE: Final = "renewal_due"
WRONG_MACHINE: Final = "wrong_machine"


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


def due(document: LicenseDocument) -> int | None:
    """Return the instant at which the license must have been renewed: the earlier of lease and license end."""
    ends = [end for end in (document.lease_until, document.until) if end is not None]
    return min(ends) if ends else None


def final_end(document: LicenseDocument) -> int | None:
    """Return the instant from which the license no longer works, grace included; ``None`` for never."""
    end = due(document)
    return None if end is None else end + document.grace_days * DAY


def licensed_standing(document: LicenseDocument, product: ProductDocument, now: int) -> Standing:
    """Return what ``document`` means at ``now`` (seconds since 1970 UTC): valid while ``now < end``."""
    end, last = due(document), final_end(document)
    if end is None or last is None:
        return Standing(state=ACTIVE)
    if now >= last:
        return Standing(
            state=EXPIRED,
            days_left=0,
            problem=Refusal("license.expired", until=show_local_end(last)),
            demo=now < last + product.demo_days * DAY,
        )
    if now >= end:
        warning = Refusal("license.in_grace", due=show_local_end(end), until=show_local_end(last))
        return Standing(state=IN_GRACE, days_left=(last - now) // DAY, warnings=(warning,))
    days = (end - now) // DAY
    if product.warn_days and end - now <= product.warn_days[0] * DAY:
        warning = Refusal("license.renewal_due", due=show_local_end(end), days=days)
        return Standing(state=RENEWAL_DUE, days_left=days, warnings=(warning,))
    return Standing(state=ACTIVE, days_left=days)


def under_clock(standing: Standing, clock: Clock, product: ProductDocument) -> Standing:
    """Return ``standing`` as it is under this clock: unchanged, warned of a clock set back, or stopped by it.

    What is no longer usable stays what it is.  A stopped license has what the demo allows, and heals with the clock.
    """
    if not clock.is_set_back:
        return standing
    shown = {"now": show_instant(clock.now), "seen": show_instant(clock.seen)}
    if standing.problem is None and clock.grace_left == 0:
        problem = Refusal("clock.problem", **shown)
        return Standing(state=CLOCK_PROBLEM, days_left=0, problem=problem, demo=product.demo_days > 0)
    warning = Refusal("clock.set_back", **shown)
    if standing.problem is None:
        days = -(-clock.grace_left // DAY)
        warning = warning.advising(f"Correct the clock of this server; it works {days} more days like this.")
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
    return Standing(state=DEMO, days_left=(end - now) // DAY, warnings=(warning,), demo=True)
