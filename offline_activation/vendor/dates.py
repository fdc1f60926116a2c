"""This computer's clock against the dates of what the vendor has signed.

A trust list, a product file or a license that is dated ahead of the time at the sites cannot be called back, and what
is signed under a clock that fell behind is dated before what it follows.  So nothing is signed while something signed
is dated later than now: one of the two clocks, the one of now or the one of then, was wrong, and a person knows which.
When it was the one of then, the person says so by renewing the trust list (vendor.rotation.renew); what was signed
before that entry of the audit log is a witness no longer.
"""

from typing import Final

from offline_activation.errors import Refusal
from offline_activation.formats.instants import DAY, show_day
from offline_activation.vendor.ports import Work
from offline_activation.vendor.records import AuditEntry

RENEWED: Final = "trust.renewed"
"""Action of the audit entry by which a person says that the clock is right."""

TRUST_LIST: Final = "trust list"
"""Subject of that entry."""

SIGNED: Final = (
    "vendor.founded",
    "key.rotated",
    "key.revoked",
    "root.rotated",
    RENEWED,
    "product.exported",
    "license.intended",
    "receipt.intended",
    "refusal.intended",
)
"""Actions that are recorded before something is signed."""

_TOLERANCE: Final = DAY
"""A clock that is set right by hours (a time zone taken for another) stops no work; sites tolerate two days."""


def signed_ahead(work: Work, *, now: int) -> AuditEntry | None:
    """Return the latest signature that is dated more than a day after ``now``; ``None`` when there is none."""
    said = [entry.number for entry in work.audit_about(TRUST_LIST) if entry.action == RENEWED]
    return work.dated_after(now + _TOLERANCE, actions=SIGNED, after=said[-1] - 1 if said else 0)


def check_clock(work: Work, *, now: int) -> None:
    """Refuse to sign under a clock that is behind; raises :class:`Refusal` ``vendor.clock_behind``."""
    found = signed_ahead(work, now=now)
    if found is not None:
        what = f"{found.action} {found.subject}"
        raise Refusal("vendor.clock_behind", now=show_day(now), signed=show_day(found.at), what=what)


def exported_ahead(work: Work, *, now: int) -> tuple[str, ...]:
    """Return the products whose last product file is dated more than a day after ``now``."""
    found = []
    for product in work.products():
        exports = [e for e in work.audit_about(product.product_id) if e.action == "product.exported"]
        if exports and exports[-1].at > now + _TOLERANCE:
            found.append(product.product_id)
    return tuple(found)
