"""The product TOML: what a vendor writes about a product, read strictly, and the product file made of it.

Every mistake is one sentence that names table and key; keys nobody knows are mistakes too, because a mistyped
``lease_day`` would otherwise silently mean the default.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from offline_activation.formats.names import ProductId
from offline_activation.formats.policy import MAX_DAYS, MAX_OPTIONS, Policy
from offline_activation.formats.product import MAX_LIMITS, LimitRule, OptionRule, ProductDocument
from offline_activation.formats.request import Purpose
from offline_activation.vendor.product_policy import (
    LicenseRules,
    license_policy,
    read_desk_rules,
    read_license_rules,
)
from offline_activation.vendor.product_table import Table, mistake, table_of
from offline_activation.vendor.records import Vendor

DEFINITION_LIMIT: Final = 64 * 1024
"""Largest product TOML, in bytes."""

_LEASE_DAYS, _GRACE_DAYS, _DEMO_DAYS = 183, 30, 30
_MOST: Final = 10**9
_WARN_DAYS: Final = (90, 30, 14, 7, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A product as its TOML file defines it, every value checked."""

    product: ProductId
    name: str
    vendor: str
    """Name of the vendor on screens; empty for the name given at ``init``."""
    lease_days: int
    grace_days: int
    warn_days: tuple[int, ...]
    support_email: str
    server: str
    limits: Mapping[str, LimitRule]
    options: Mapping[str, OptionRule]
    demo_days: int
    rules: LicenseRules
    grace_limits: Mapping[str, int]
    """Limits that are lower in grace; the others stay what was bought."""
    auto: frozenset[Purpose]
    """Purposes that rules alone may grant; every other purpose asks a person."""
    max_unreturned: int
    """Former servers that a customer may fail to return before rules refuse a further move."""

    def policy(self, *, trial: bool = False) -> Policy:
        """Return the rules that a license carries; a trial has no Demo Mode after its end."""
        return license_policy(
            self.rules, limits=self.limits, options=self.options, grace_limits=self.grace_limits, trial=trial
        )


def read_definition(text: str, *, path: str) -> Definition:
    """Return the product that ``text`` (TOML) defines; ``path`` is what messages call it.

    Raises :class:`Refusal` ``product.invalid`` for the first mistake found.
    """
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise mistake(path, f"not TOML: {error}") from None
    top = Table(document, name="", path=path)
    product = top.table("product", required=True)
    limits, grace_limits = _read_limits(top)
    options = {name: _option(table_of(rule, f"options.{name}", path), name) for name, rule in top.named("options")}
    _check_names(limits, options, path)
    demo = top.table("demo")
    demo_days = demo.number("days", default=_DEMO_DAYS, most=MAX_DAYS)
    demo.finish()
    rules = read_license_rules(top.table("license"), top.table("match"), demo_days=demo_days)
    desk = read_desk_rules(top.table("policy"))
    definition = Definition(
        product=ProductId(product.name("id")),
        name=product.text("name", most=80),
        vendor=product.text("vendor", most=80, default=""),
        lease_days=product.number("lease_days", default=_LEASE_DAYS, most=MAX_DAYS),
        grace_days=product.number("grace_days", default=_GRACE_DAYS, most=MAX_DAYS),
        warn_days=product.falling_days("warn_days", default=_WARN_DAYS),
        support_email=product.mail_address("support_email"),
        server=product.web_address("server"),
        limits=limits,
        options=options,
        demo_days=demo_days,
        rules=rules,
        grace_limits=grace_limits,
        auto=desk.auto,
        max_unreturned=desk.max_unreturned,
    )
    product.finish()
    top.finish()
    return definition


def product_document(
    definition: Definition, *, vendor: Vendor, trust: bytes, issued: int, server: str | None = None
) -> ProductDocument:
    """Return the content of the product file: the definition with the vendor's root key and current trust list.

    ``server`` replaces the address in the definition when given.
    """
    return ProductDocument(
        product=definition.product,
        name=definition.name,
        vendor=definition.vendor or vendor.name,
        root=vendor.root,
        trust=trust,
        limits=definition.limits,
        options=definition.options,
        demo_days=definition.demo_days,
        lease_days=definition.lease_days,
        grace_days=definition.grace_days,
        warn_days=definition.warn_days,
        support_email=definition.support_email,
        server=definition.server if server is None else server,
        issued=issued,
    )


def _read_limits(top: Table) -> tuple[dict[str, LimitRule], dict[str, int]]:
    """Return the limits, and those that are lower in grace with what they are then."""
    limits: dict[str, LimitRule] = {}
    grace: dict[str, int] = {}
    for name, rule in top.named("limits"):
        table = table_of(rule, f"limits.{name}", top.path)
        label = table.text("label", most=60, default=_spoken(name))
        limits[name] = LimitRule(label=label, demo=table.number("demo", default=0, most=_MOST))
        lowered = table.number_or_none("grace", most=_MOST)
        if lowered is not None:
            grace[name] = lowered
        table.finish()
    return limits, grace


def _option(table: Table, name: str) -> OptionRule:
    rule = OptionRule(
        label=table.text("label", most=60, default=_spoken(name)), demo=table.yes_or_no("demo", default=False)
    )
    table.finish()
    return rule


def _spoken(name: str) -> str:
    return name.replace("_", " ").replace("-", " ").capitalize()


def _check_names(limits: Mapping[str, LimitRule], options: Mapping[str, OptionRule], path: str) -> None:
    if len(limits) > MAX_LIMITS:
        raise mistake(path, f"[limits] has {len(limits)} entries, at most {MAX_LIMITS}")
    if len(options) > MAX_OPTIONS:
        raise mistake(path, f"[options] has {len(options)} entries, at most {MAX_OPTIONS}")
    for name in limits.keys() & options.keys():
        raise mistake(path, f"{name} is both a limit and an option")
