"""What each stage allows in figures: the rights of the table, filled from license and product file.  Pure.

Every rule here is signed: what was bought, the lower limits of grace and the fall-back stand in the license, the demo
in the product file.
"""

from collections.abc import Mapping
from typing import Final

from offline_activation.formats.license_document import LicenseDocument
from offline_activation.formats.policy import Fallback
from offline_activation.formats.product import ProductDocument
from offline_activation.formats.value import value
from offline_activation.verify.stages import rights_in


@value
class Allowed:
    """What may be used: limits by name, and the names of the options that are on, sorted."""

    limits: Mapping[str, int] = {}
    options: tuple[str, ...] = ()


NOTHING: Final = Allowed()


def grace_days(document: LicenseDocument) -> int:
    """Return the days of grace after the end; a trial has none."""
    return 0 if document.trial else document.grace_days


def fallback_of(document: LicenseDocument | None, product: ProductDocument | None) -> Fallback:
    """Return what Demo Mode is: that of the license, else that of the product file.  A trial has only its own."""
    if document is not None and document.policy.fallback is not None:
        return document.policy.fallback
    if product is None or (document is not None and document.trial):
        return Fallback(days=0)
    return Fallback(
        days=product.demo_days,
        limits={name: rule.demo for name, rule in product.limits.items()},
        options=tuple(sorted(name for name, rule in product.options.items() if rule.demo)),
    )


def in_grace(document: LicenseDocument) -> Allowed:
    """Return what was bought, lowered where the license names a lower limit for its grace."""
    lower = document.policy.grace_limits
    if not lower:
        return Allowed(limits=document.limits, options=document.options)
    limits = {name: min(count, lower.get(name, count)) for name, count in document.limits.items()}
    return Allowed(limits=limits, options=document.options)


def allowed(state: str, document: LicenseDocument | None, product: ProductDocument | None, *, demo: bool) -> Allowed:
    """Return what may be used in ``state``; ``demo`` tells whether the days of Demo Mode last."""
    rights = rights_in(state)
    if rights == "demo" and demo:
        found = fallback_of(document, product)
        return Allowed(limits=found.limits, options=found.options)
    if document is None or rights in {"demo", "none"}:
        return NOTHING
    if rights == "grace":
        return in_grace(document)
    return Allowed(limits=document.limits, options=document.options)


def tolerated(licensed: int, document: LicenseDocument | None) -> int:
    """Return how many may be in use when overuse is tolerated: the percents of the limit, a broken part left off."""
    percent = document.policy.overuse_percent if document is not None else 0
    return licensed + licensed * percent // 100
