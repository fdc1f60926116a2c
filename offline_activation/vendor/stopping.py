"""The vendor stops a license: suspended until it is reinstated, or revoked for good.

What a stopped license asks gets a signed refusal (vendor.review), and what waits for a signature is not signed
(vendor.claiming).  When, by whom and why stands in the audit log alone: the books hold the state, the log its history.
"""

from dataclasses import dataclass, replace

from offline_activation.errors import Refusal
from offline_activation.formats.names import LicenseNumber, show_license_number
from offline_activation.vendor.ports import Work
from offline_activation.vendor.records import AuditEntry, LicenseRecord, LicenseState
from offline_activation.vendor.review import STOPPED


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Why a license grants nothing: since when (seconds since 1970 UTC), by whom, and the reason given, if any."""

    at: int
    actor: str
    reason: str


def suspend(work: Work, number: LicenseNumber, *, reason: str, now: int, actor: str) -> LicenseRecord:
    """Suspend a license: until it is reinstated every request for it is refused.  ``reason`` may be empty.

    Raises :class:`Refusal` ``vendor.unknown_license``, ``vendor.license_state`` or ``vendor.license_revoked``.
    """
    record = _not_revoked(work, number)
    if record.state == "suspended":
        raise _already(record)
    return _change(work, record, "suspended", reason=reason, now=now, actor=actor)


def reinstate(work: Work, number: LicenseNumber, *, reason: str, now: int, actor: str) -> LicenseRecord:
    """Lift a suspension: the license is again what its orders and its responses make it.

    Raises :class:`Refusal` ``vendor.unknown_license``, ``vendor.license_revoked``, or ``vendor.license_state`` for one
    that is not suspended.
    """
    record = _not_revoked(work, number)
    if record.state != "suspended":
        raise _already(record)
    return _change(work, record, _state_unless_stopped(work, record), reason=reason, now=now, actor=actor)


def revoke(work: Work, number: LicenseNumber, *, reason: str, now: int, actor: str) -> LicenseRecord:
    """Revoke a license for good: no request for it is ever granted again.

    Raises :class:`Refusal` ``vendor.unknown_license``, or ``vendor.license_state`` the second time.
    """
    record = _known(work, number)
    if record.state == "revoked":
        raise _already(record)
    return _change(work, record, "revoked", reason=reason, now=now, actor=actor)


def stop_of(work: Work, record: LicenseRecord) -> Stop | None:
    """Return why a license is suspended or revoked, as the audit log tells; ``None`` when it is neither."""
    if record.state not in STOPPED:
        return None
    subject = show_license_number(record.license_number)
    told = [entry for entry in work.audit_about(subject) if entry.action == f"license.{record.state}"]
    if not told:  # the state was set by other means than this program
        return None
    return Stop(at=told[-1].at, actor=told[-1].actor, reason=told[-1].details.get("reason", ""))


def _state_unless_stopped(work: Work, record: LicenseRecord) -> LicenseState:
    if record.first_activated is not None and record.installation is not None:
        return "active"
    orders = work.orders(license_number=record.license_number)
    return "ready" if any(order.state in {"processed", "fulfilled"} for order in orders) else "ordered"


def _change(
    work: Work, record: LicenseRecord, state: LicenseState, *, reason: str, now: int, actor: str
) -> LicenseRecord:
    after = replace(record, state=state)
    work.save_license(after)
    action = f"license.{state}" if state in STOPPED else "license.reinstated"
    details = {"from": record.state, "to": state, **({"reason": reason} if reason else {})}
    subject = show_license_number(record.license_number)
    work.append_audit(AuditEntry(at=now, actor=actor, action=action, subject=subject, details=details))
    return after


def _known(work: Work, number: LicenseNumber) -> LicenseRecord:
    record = work.find_license(number)
    if record is None:
        raise Refusal("vendor.unknown_license", license_number=show_license_number(number))
    return record


def _not_revoked(work: Work, number: LicenseNumber) -> LicenseRecord:
    record = _known(work, number)
    if record.state == "revoked":
        raise Refusal("vendor.license_revoked", license_number=show_license_number(number))
    return record


def _already(record: LicenseRecord) -> Refusal:
    number = show_license_number(record.license_number)
    return Refusal("vendor.license_state", license_number=number, state=record.state)
