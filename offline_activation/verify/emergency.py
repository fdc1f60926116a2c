"""The emergency license: sealed in every license, opened once, for a few days on any machine.  Pure."""

from typing import Final

from offline_activation.errors import Refusal
from offline_activation.formats.envelope import Kind
from offline_activation.formats.instants import DAY, show_day, show_instant
from offline_activation.formats.keys import PublicKey
from offline_activation.formats.license_document import LicenseDocument, names_former_site
from offline_activation.formats.names import ProductId, site_id
from offline_activation.formats.value import value
from offline_activation.verify.checks import check_origin
from offline_activation.verify.standing import EMERGENCY_END, IN_GRACE, Standing, final_end
from offline_activation.verify.trust import Trust, is_hollow

EARLY: Final = 300
"""Seconds by which an opening may lie ahead of the clock; one further ahead is of a clock that was wrong, and counts as
now."""


@value
class Emergency:
    """An opened emergency license at one time, in seconds since 1970 UTC."""

    opened: int
    until: int
    """First instant that is not covered."""
    days_left: int
    is_over: bool

    def standing(self, state_after: str) -> Standing:
        """Return what it means: grace while it is open, ``state_after`` with the problem when it is over."""
        if self.is_over:
            problem = Refusal("license.emergency_over", until=show_instant(self.until))
            return Standing(state=state_after, days_left=0, problem=problem)
        warning = Refusal("license.emergency", until=show_instant(self.until))
        dates = ((EMERGENCY_END, self.until),)
        return Standing(state=IN_GRACE, days_left=self.days_left, warnings=(warning,), ends=dates)


def check_sealed(
    document: bytes, *, trust: Trust, product: ProductId, site_key: PublicKey, opening: bool = False
) -> LicenseDocument:
    """Return the license in ``document`` when it holds an emergency license that may count on this site.

    It may be the license of another server and machine: rungs 1 to 7, as at an import when it is ``opening``, and as at
    a start once it is open; but never a license that a thief can have made.  Raises :class:`Refusal` with the code of a
    rung, ``license.superseded`` when it says that this very site no longer holds it, and ``license.emergency_none``.
    """
    proven = check_origin(document, Kind.LICENSE, trust=trust, product=product, strict=opening)
    content = proven.content
    assert isinstance(content, LicenseDocument)  # noqa: S101 - for the type checker: only this kind was asked for
    if is_hollow(proven.trust, proven.envelope.key_id, content.trust):
        raise Refusal("key.revoked", kind=Kind.LICENSE.value)
    if names_former_site(content, site_id(site_key)):
        raise Refusal("license.superseded", moved=show_day(content.issued))
    if content.policy.emergency_days == 0:
        raise Refusal("license.emergency_none")
    return content


def judge_emergency(license_: LicenseDocument, opened: int, now: int) -> Emergency:
    """Return how the emergency license of ``license_``, opened at ``opened``, stands at ``now``.

    It never outlives the license itself, grace included.
    """
    since = min(opened, now)
    until = since + license_.policy.emergency_days * DAY
    last = final_end(license_)
    if last is not None:
        until = min(until, last)
    left = max(until - now, 0)
    return Emergency(opened=since, until=until, days_left=left // DAY, is_over=left == 0)
