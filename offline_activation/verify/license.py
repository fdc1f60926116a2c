"""The license as an application sees it: verified, and asked in words of the product."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from offline_activation.errors import ActivationError, Refusal
from offline_activation.formats.instants import DAY, show_day, show_local_end
from offline_activation.formats.license_document import LicenseDocument
from offline_activation.formats.names import show_license_number
from offline_activation.formats.policy import Fallback, Policy
from offline_activation.formats.product import ProductDocument
from offline_activation.formats.value import changed
from offline_activation.verify import rights
from offline_activation.verify.stages import USABLE
from offline_activation.verify.standing import Standing, day_of, licensed_standing, needs_order

if TYPE_CHECKING:
    from datetime import date

__all__ = ["CARRIED_ON_DAYS", "NEAR_PERCENT", "USABLE", "License"]

NEAR_PERCENT: Final = 90
"""From this share of a limit on, the administrator is told that it runs out."""

CARRIED_ON_DAYS: Final = 7
"""How long a running program goes on with the License it has while the state directory cannot be read."""


class License:
    """What the product may do now.  Made only by this package, after the ladder of checks.

    ``state`` is one of the states of docs/checks.md, as it was at the time given to ``load_license``; load again to
    know it later.  ``problem`` (code, message, remedy) says why the product is not licensed, or ``None``; ``warnings``
    are things to tell the administrator while everything still works.
    """

    __slots__ = ("_allowed", "_document", "_product", "_seen", "_standing")

    def __init__(
        self,
        *,
        product: ProductDocument | None,
        document: LicenseDocument | None,
        standing: Standing,
        seen: int | None = None,
    ) -> None:
        """``seen`` is when the license was read and verified, in seconds since 1970."""
        self._product = product
        self._document = document
        self._standing = standing
        self._seen = seen
        self._allowed = rights.allowed(standing.state, document, product, demo=standing.demo)

    def __repr__(self) -> str:
        """Return state, product, revision and problem; never the license number, which may be a secret."""
        problem = "" if self.problem is None else f" {self.problem.code}"
        return f"<License {self.state} {self.product or '-'} revision {self.revision}{problem}>"

    @property
    def state(self) -> str:
        """The state, for example ``active``, ``demo`` or ``wrong_machine``."""
        return self._standing.state

    @property
    def problem(self) -> ActivationError | None:
        """Why the product is not licensed; ``None`` while it is."""
        return self._standing.problem

    @property
    def warnings(self) -> tuple[ActivationError, ...]:
        """What the administrator should be told; the product keeps working."""
        return self._standing.warnings

    @property
    def days_left(self) -> int | None:
        """Whole days until the next end, ``None`` when there is none.

        That is the end of the lease, subscription, grace or demo, of an opened emergency license, or of the days on
        changed hardware.
        """
        return self._standing.days_left

    @property
    def stage(self) -> int | None:
        """The smallest of the product's warning days that has come before the next end (90, 30, 14, 7, 1), if any.

        It changes a few times in the life of a license: a good moment to write a mail.
        """
        return self._standing.stage

    @property
    def kind(self) -> str | None:
        """``perpetual``, ``subscription`` (it has an ``until``) or ``trial``; ``None`` without a license.

        A lease (``lease_until``) and maintenance (``maintenance_until``) may come on top of each.
        """
        if self._document is None:
            return None
        if self._document.trial:
            return "trial"
        return "perpetual" if self._document.until is None else "subscription"

    @property
    def is_usable(self) -> bool:
        """Whether the product may run with the rights of its license or demo."""
        return self.state in USABLE

    @property
    def product(self) -> str | None:
        """The product id, or ``None`` when nothing is installed."""
        return self._product.product if self._product else None

    @property
    def license_number(self) -> str | None:
        """The license number in groups, or ``None`` without a license."""
        return show_license_number(self._document.license_number) if self._document else None

    @property
    def revision(self) -> int:
        """The revision of the license, 0 without one."""
        return self._document.revision if self._document else 0

    @property
    def company(self) -> str | None:
        """The company the license was issued to."""
        return self._document.company if self._document else None

    @property
    def limits(self) -> dict[str, int]:
        """Every limit of the product with what may be used now."""
        names = (*(self._product.limits if self._product else ()), *self._allowed.limits)
        return {name: self.limit(name) for name in dict.fromkeys(names)}

    @property
    def options(self) -> tuple[str, ...]:
        """Names of the options that are on now, sorted."""
        return self._allowed.options

    @property
    def policy(self) -> Policy:
        """The signed rules of the license as they travel: ``overuse_percent``, ``drift_days``, ``clock_days`` and more.

        Without a license they are the defaults.
        """
        return self._document.policy if self._document else Policy()

    @property
    def grace(self) -> Fallback:
        """What holds after the end: for how many days, with which limits and options; 0 days for no grace."""
        if self._document is None:
            return Fallback(days=0)
        found = rights.in_grace(self._document)
        return Fallback(days=rights.grace_days(self._document), limits=found.limits, options=found.options)

    @property
    def fallback(self) -> Fallback:
        """Demo Mode, which holds after grace: for how many days, with which limits and options; 0 days for none."""
        return rights.fallback_of(self._document, self._product)

    @property
    def dates(self) -> dict[str, str]:
        """What happens when no response comes, earliest first, as days ``YYYY-MM-DD`` of this machine's zone.

        ``renewal`` is the first day with a warning; ``due``, ``grace``, ``fallback``, ``maintenance``, ``demo``,
        ``emergency`` (an opened emergency license) and ``drift`` (changed hardware) are the last days before each of
        them is over.  Where nothing may be used any more, there are none.
        """
        days = {kind: day_of(kind, at) for kind, at in self._standing.ends}
        return {kind: day for kind, day in days.items() if day is not None}

    @property
    def needs_order(self) -> bool:
        """Whether the next end is that of a subscription or trial: an order moves it, a plain renewal does not."""
        return self._document is not None and needs_order(self._document)

    @property
    def version_ceiling(self) -> str | None:
        """The highest version that is covered (``4`` covers 4.9), or ``None`` for no ceiling."""
        return self._document.version_ceiling or None if self._document else None

    @property
    def lease_until(self) -> str | None:
        """Last day (this machine's zone) of the lease, ``YYYY-MM-DD``."""
        return self._day("lease_until")

    @property
    def until(self) -> str | None:
        """Last day (this machine's zone) of the subscription, ``YYYY-MM-DD``; ``None`` for perpetual licenses."""
        return self._day("until")

    @property
    def maintenance_until(self) -> str | None:
        """Last day (this machine's zone) on which new versions are covered, ``YYYY-MM-DD``."""
        return self._day("maintenance_until")

    @property
    def issued(self) -> str | None:
        """UTC day on which the license was issued."""
        return show_day(self._document.issued) if self._document else None

    def allows(self, option: str) -> bool:
        """Tell whether an option is on now; an option nobody knows is off."""
        return option in self.options

    def limit(self, name: str) -> int:
        """Return how many of ``name`` may be in use now; 0 for a limit nobody knows."""
        return self._allowed.limits.get(name, 0)

    def require(self, name: str, *, in_use: int) -> None:
        """Check that ``in_use`` of a limit is covered; 4 readers in use need a limit of at least 4.

        Overuse that the license tolerates is covered; :meth:`near` warns of it.  After an end, while demo rules hold,
        what the demo allows is covered.  Raises nothing but :class:`Refusal`: ``license.over_limit`` while the license
        or the demo holds; otherwise, also for ``in_use`` 0 unless demo rules hold, one with code, message and remedy
        of the ``problem``, which is its cause.
        """
        most = self._most(name)
        if self.problem is not None and (in_use > most or self._allowed is rights.NOTHING):
            raise Refusal.quoting(self.problem) from self.problem
        if in_use > most:
            raise Refusal("license.over_limit", limit=self.label(name), used=in_use, licensed=self.limit(name))

    def near(self, name: str, *, in_use: int) -> Refusal | None:
        """Return a warning of how much of a limit is in use, else ``None``.

        ``license.near_limit`` from 90 % of the limit on, the limit included; ``license.overuse`` above the limit while
        the license tolerates it.  Never raises, and stops nothing: more than that is for :meth:`require` to refuse.
        Count what is active: inactive employees do not count.
        """
        licensed, most = self.limit(name), self._most(name)
        if in_use > most or in_use <= 0 or in_use * 100 < licensed * NEAR_PERCENT:
            return None
        shown = {"limit": self.label(name), "used": in_use, "licensed": licensed}
        if in_use > licensed:
            return Refusal("license.overuse", **shown, most=most)
        return Refusal("license.near_limit", **shown)

    def covers(self, version: str, *, released: "str | date | None" = None) -> bool:
        """Tell whether the bounds of the license cover a version of the product, as in :meth:`require_version`.

        Raises :class:`Misuse` as it does: for a mistake in the program, whatever the license says.
        """
        return self._not_covered(version, released) is None

    def require_version(self, version: str, *, released: "str | date | None" = None) -> None:
        """Check that the license covers ``version`` (``4.2.1``; what follows the numbers is left aside).

        The ceiling bounds it, compared over as many parts as the ceiling has: 4 covers 4.9, and 4.1 covers 4.1.7.
        ``released``, the day of its release (a date, or ``YYYY-MM-DD``), must lie within the maintenance.  Where a
        bound is not there, it bounds nothing; without a license everything is covered, and the state tells what may be
        used.

        Raises :class:`Refusal` ``license.version_not_covered``, and :class:`Misuse` ``usage.invalid`` for what is no
        version or no day.
        """
        why = self._not_covered(version, released)
        if why is not None:
            raise Refusal("license.version_not_covered", version=version, what=why)

    def label(self, name: str) -> str:
        """Return the label of a limit or option on screens; the name itself when the product file knows none."""
        if self._product is not None:
            rules: Mapping[str, object] = {**self._product.limits, **self._product.options}
            rule = rules.get(name)
            if rule is not None:
                return str(getattr(rule, "label", name))
        return name

    def had_license(self, product: str) -> bool:
        """Tell whether a license of ``product`` was read, now or before: an empty directory is then a missing disk."""
        if self._document is None:
            return self.problem is not None and self.problem.code == "site.gone"
        return self.product == product

    def carried_on(self, product: str, problem: ActivationError, now: int) -> "License | None":
        """Return this License as it stands at ``now``, warning of ``problem``; ``None`` when it cannot go on.

        It can for 7 days after it was read from the disk and verified, when it is of ``product``.
        """
        if self._product is None or self._document is None or self._seen is None or self.product != product:
            return None
        if abs(now - self._seen) >= CARRIED_ON_DAYS * DAY:
            return None
        standing = licensed_standing(self._document, self._product, now)
        standing = changed(standing, warnings=(*standing.warnings, problem))
        return License(product=self._product, document=self._document, standing=standing, seen=self._seen)

    def _most(self, name: str) -> int:
        """Return up to how many of a limit are covered or tolerated now."""
        licensed = self.limit(name)
        return rights.tolerated(licensed, self._document) if self.is_usable else licensed

    def _not_covered(self, version: str, released: "str | date | None") -> str | None:
        from offline_activation.verify.versions import why_not_covered  # noqa: PLC0415 - a start needs no versions

        return why_not_covered(self._document, version, released)

    def _day(self, field: str) -> str | None:
        end: int | None = getattr(self._document, field) if self._document else None
        return None if end is None else show_local_end(end)
