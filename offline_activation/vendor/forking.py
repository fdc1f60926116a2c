"""Forks of a chain over time: what the books keep, so that a clone is told from a restored backup.  Pure.

A restored backup counts from an earlier point once and goes on from there.  Of a server and its clone both go on, so
that time and again a request follows a response that was left behind.  Nothing is refused for it: a person decides.
"""

from offline_activation.formats.request import ActivationRequest
from offline_activation.vendor.proof import steps_back
from offline_activation.vendor.records import Forks, LicenseRecord


def forks_after(record: LicenseRecord, request: ActivationRequest, *, now: int) -> Forks | None:
    """Return the forks of a license after one more request that is answered with a license."""
    held, before = record.installation, record.forks
    if held is None or held.site_key != request.site_key:
        return None  # another server, another chain
    takes_turns = before is not None and before.left_behind is not None and request.previous == before.left_behind
    if not takes_turns and (follows_last(request, record) or not steps_back(request, held)):
        return before
    return Forks(
        count=(before.count if before else 0) + 1,
        turns=(before.turns if before else 0) + takes_turns,
        last_seen=now,
        left_behind=record.last_response,
    )


def follows_last(request: ActivationRequest, record: LicenseRecord) -> bool:
    """Tell whether the site that asks has the last license there is, so that no other history can have gone on since.

    The count of a restored backup lags behind for as many requests as it had lost; that alone is no fork.  A license
    that is recorded and not yet signed has raised the revision of the books: nobody has that one.
    """
    knows = record.last_response is not None and request.previous == record.last_response
    return knows and request.revision >= record.revision
