"""The license as an application sees it: verified, and asked in words of the product."""

from collections.abc import Mapping
from typing import Final

from offline_activation.errors import ActivationError, Refusal
from offline_activation.formats.instants import DAY, show_day, show_local_end
from offline_activation.formats.license_document import LicenseDocument
from offline_activation.formats.names import show_license_number
from offline_activation.formats.product import ProductDocument
from offline_activation.formats.value import changed
from offline_activation.verify.standing import Standing, licensed_standing

USABLE: Final = frozenset({"active", "renewal_due", "in_grace", "demo"})
"""States in which a product runs with the rights of its license or demo."""

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

    __slots__ = ("_document", "_product", "_seen", "_standing")

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
        """Whole days until the next end (lease, subscription, grace or demo); ``None`` when there is no end."""
        return self._standing.days_left

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
        names = dict.fromkeys(self._product.limits if self._product else ())
        if self._document is not None and self.is_usable:
            names |= dict.fromkeys(self._document.limits)
        return {name: self.limit(name) for name in names}

    @property
    def options(self) -> tuple[str, ...]:
        """Names of the options that are on now, sorted."""
        if self._document is not None and self.is_usable:
            return self._document.options
        if self._product is not None and self._standing.demo:
            return tuple(sorted(name for name, rule in self._product.options.items() if rule.demo))
        return ()

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
        if self._document is not None and self.is_usable:
            return self._document.limits.get(name, 0)
        if self._product is not None and self._standing.demo and name in self._product.limits:
            return self._product.limits[name].demo
        return 0

    def require(self, name: str, *, in_use: int) -> None:
        """Check that ``in_use`` of a limit is covered; 4 readers in use need a limit of at least 4.

        After an end, while demo rules hold, what the demo allows is covered.  Raises nothing but :class:`Refusal`:
        ``license.over_limit`` while the license or the demo holds; otherwise, also for ``in_use`` 0 unless demo rules
        hold, one with code, message and remedy of the ``problem``, which is its cause.
        """
        licensed = self.limit(name)
        if self.problem is not None and (in_use > licensed or not self._standing.demo):
            raise Refusal.quoting(self.problem) from self.problem
        if in_use > licensed:
            raise Refusal("license.over_limit", limit=self.label(name), used=in_use, licensed=licensed)

    def near(self, name: str, *, in_use: int) -> Refusal | None:
        """Return the warning ``license.near_limit`` from 90 % of a limit on, the limit included; else ``None``.

        Never raises, and stops nothing: more than the limit is for :meth:`require` to refuse.  Count what is active:
        inactive employees do not count.
        """
        licensed = self.limit(name)
        if in_use > licensed or in_use <= 0 or in_use * 100 < licensed * NEAR_PERCENT:
            return None
        return Refusal("license.near_limit", limit=self.label(name), used=in_use, licensed=licensed)

    def label(self, name: str) -> str:
        """Return the label of a limit or option on screens; the name itself when the product file knows none."""
        if self._product is not None:
            rules: Mapping[str, object] = {**self._product.limits, **self._product.options}
            rule = rules.get(name)
            if rule is not None:
                return str(getattr(rule, "label", name))
        return name

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

    def _day(self, field: str) -> str | None:
        end: int | None = getattr(self._document, field) if self._document else None
        return None if end is None else show_local_end(end)
