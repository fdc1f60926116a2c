"""Emergency licenses: whether the next license holds one, after a site has opened the last.  Pure."""

from typing import Final

from offline_activation.formats.instants import DAY
from offline_activation.formats.request import ActivationRequest
from offline_activation.vendor.known import MOVES
from offline_activation.vendor.records import LicenseRecord

PAUSE: Final = 365 * DAY
"""Seconds after an opening during which a license holds no emergency license by itself."""


def opened_at(reported: int, record: LicenseRecord, *, now: int) -> int:
    """Return when an emergency license was opened, a report of the site's clock set right.

    It was opened after the last contact, which put it there, and before now.
    """
    return min(max(reported, record.last_contact or 0), now)


def with_report(record: LicenseRecord, request: ActivationRequest, *, now: int) -> int | None:
    """Return when the emergency license of ``record`` was last opened, the report inside ``request`` included."""
    if request.emergency_opened is None:
        return record.emergency_opened
    return max(opened_at(request.emergency_opened, record, now=now), record.emergency_opened or 0)


def holds_emergency(request: ActivationRequest, opened: int | None, *, now: int) -> bool:
    """Tell whether the license that answers ``request`` holds an emergency license.

    None for a year after an opening, but with a move: then a person saw what happened.
    """
    return opened is None or now >= opened + PAUSE or request.purpose in MOVES
