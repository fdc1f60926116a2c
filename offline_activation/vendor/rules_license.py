"""Rules about the license: is there one, of this product, ordered, not stopped, not over.  Pure."""

from collections.abc import Sequence
from typing import Final

from offline_activation.errors import Refusal
from offline_activation.formats.request import ActivationRequest, Purpose
from offline_activation.vendor.entitlements import end_of_day, lease_end
from offline_activation.vendor.known import Finding, Known, ask, ask_in_vain, no, note

STOPPED: Final = {"suspended": "policy.suspended", "revoked": "policy.revoked"}
"""States in which a license grants nothing, and the code that says so."""


def unknown_license(_request: ActivationRequest, known: Known, _now: int) -> Finding | None:
    """Refuse a license number that is not in the books."""
    if known.license is not None and known.definition is not None:
        return None
    return no("unknown_license", Refusal("policy.unknown_license"))


def other_product(request: ActivationRequest, known: Known, _now: int) -> Finding | None:
    """Refuse a request of another product than the license's."""
    if known.license is None or known.license.product == request.product:
        return None
    expected = known.license.product
    return no(
        "other_product", Refusal("binding.other_product", kind="request", found=request.product, expected=expected)
    )


def stopped(request: ActivationRequest, known: Known, _now: int) -> Finding | None:
    """Refuse what a suspended or revoked license asks; giving it back is still welcome."""
    if known.license is None or known.license.state not in STOPPED or request.purpose is Purpose.RETURN:
        return None
    return no(known.license.state, Refusal(STOPPED[known.license.state]))


def order_not_processed(request: ActivationRequest, known: Known, _now: int) -> Finding | None:
    """Hold up a license whose purchase is not processed yet."""
    if known.license is None or request.purpose is Purpose.RETURN:
        return None
    if known.license.state == "ordered" and known.open_orders:
        return ask_in_vain("order_not_processed", Refusal("policy.order_open", order=tuple(known.open_orders)))
    if known.license.state == "ordered":
        return no("not_ordered", Refusal("policy.not_ordered"))
    if not known.open_orders:
        return None
    several = len(known.open_orders) > 1
    orders = f"Orders {_listed(known.open_orders)} are" if several else f"Order {known.open_orders[0]} is"
    if request.purpose is Purpose.RENEW:  # a purchase on its way must not hold up a lease
        without = "them" if several else "it"
        return note("order_not_processed", f"{orders} not processed yet; the renewal goes on without {without}.")
    first = f"run 'activation-vendor order process {' '.join(known.open_orders)}' and sign again"
    return ask("order_not_processed", f"{orders} entered but not processed: {first}, or approve without the purchase.")


def ended(request: ActivationRequest, known: Known, now: int) -> Finding | None:
    """Refuse to renew a subscription that is over."""
    until = known.license.entitlement.until if known.license is not None else None
    if until is None or request.purpose is Purpose.RETURN or now < end_of_day(until, request.zone):
        return None
    return no("ended", Refusal("policy.ended", until=until))


def end_stays(request: ActivationRequest, known: Known, now: int) -> Finding | None:
    """Tell when a renewal only moves the lease: the end of the subscription is nearer, and no order has moved it."""
    if known.license is None or known.definition is None or request.purpose is not Purpose.RENEW:
        return None
    until, issued = known.license.entitlement.until, known.license.issued
    if until is None or issued is None or issued.until != until:
        return None
    lease = lease_end(now, known.definition.lease_days, request.zone)
    if now >= end_of_day(until, request.zone) or (lease is not None and lease < end_of_day(until, request.zone)):
        return None
    processed = "processed " if known.open_orders else ""
    return note("end_stays", f"This does not move the end {until}; no {processed}order renews it.")


def usage_above(request: ActivationRequest, known: Known, _now: int) -> Finding | None:
    """Tell when more is in use than was bought."""
    bought = known.license.entitlement.limits if known.license is not None else {}
    above = [
        f"{name} {count} in use, {bought.get(name, 0)} bought"
        for name, count in request.usage.items()
        if count > bought.get(name, 0)
    ]
    return note("usage_above", f"More is in use than was bought: {'; '.join(above)}.") if above else None


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
