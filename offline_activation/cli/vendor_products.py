"""``product``: load a product definition, list products, export the product file for the installer."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from offline_activation.cli import manners, vendor_wiring
from offline_activation.cli.vendor_help import ANYWHERE, epilog
from offline_activation.errors import Misuse, Refusal

if TYPE_CHECKING:  # only names in signatures
    from collections.abc import Iterable, Iterator

    from offline_activation.formats.request import Purpose
    from offline_activation.vendor.products import Definition


def register(program: typer.Typer) -> None:
    """Add the commands to ``program``."""
    product = typer.Typer(
        help="Products.  Example: activation-vendor product load samples/infinitime.toml",
        cls=program.info.cls,
        epilog=ANYWHERE,
    )
    product.command("load", epilog=epilog("activation-vendor product load samples/infinitime.toml"))(_load)
    product.command("list", epilog=epilog("activation-vendor product list --json"))(_list)
    product.command("export", epilog=epilog("activation-vendor product export infinitime -o infinitime.product"))(
        _export
    )
    program.add_typer(product, name="product")


def _load(file: Annotated[str, typer.Argument(metavar="FILE.toml", help="The product definition.")]) -> None:
    """Load a product, or replace its definition."""
    from offline_activation.files import read_bounded
    from offline_activation.vendor.products import DEFINITION_LIMIT, read_definition
    from offline_activation.vendor.records import AuditEntry, Product

    try:
        text = read_bounded(file, limit=DEFINITION_LIMIT).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refusal("product.invalid", path=file, what="not UTF-8 text") from None
    definition = read_definition(text, path=file)
    now = vendor_wiring.fixed_clock()()
    with vendor_wiring.open_books() as store, store.begin() as work:
        replaced = work.find_product(definition.product) is not None
        work.save_product(Product(product_id=definition.product, definition=text, loaded=now))
        work.append_audit(
            AuditEntry(
                at=now, actor=vendor_wiring.actor(), action="product.loaded", subject=definition.product, details={}
            )
        )
    result = {
        "product": definition.product,
        "name": definition.name,
        "limits": list(definition.limits),
        "options": list(definition.options),
        "replaced": replaced,
        **_rules_json(definition),
    }
    done = "The new definition replaces the old one." if replaced else "The product is loaded."
    next_step = f"Next: activation-vendor product export {definition.product} -o {definition.product}.product"
    manners.emit(result, [*_page(definition), "", f"{done} {next_step}"])


def _page(definition: "Definition") -> list[str]:
    from offline_activation.formats.request import Purpose

    return manners.pairs(
        [
            ("Product", f"{definition.name} ({definition.product})"),
            ("Limits", ", ".join(definition.limits) or "none"),
            ("Options", ", ".join(definition.options) or "none"),
            *_rules(definition),
            ("Rules alone grant", _purposes(definition.auto)),
            ("A person grants", _purposes(purpose for purpose in Purpose if purpose not in definition.auto)),
            ("Not given back", f"at most {definition.max_unreturned} replaced servers of a customer"),
        ]
    )


def _rules(definition: "Definition") -> "Iterator[tuple[str, str]]":
    """Yield what each license will say about its later life."""
    from offline_activation.formats.match_policy import match_words

    rules = definition.rules
    tolerance, grace = rules.clock_days
    lowered = ", ".join(f"{name} {count}" for name, count in definition.grace_limits.items())
    lease = f"{definition.lease_days} days, then " if definition.lease_days else "none; after an end "
    yield "Lease", f"{lease}{definition.grace_days} days of grace{f' with {lowered}' if lowered else ''}"
    warned = ", ".join(map(str, definition.warn_days))
    yield "Warnings", f"{warned} days before an end" if warned else "none"
    yield "Demo Mode before", f"{definition.demo_days} days{_demo(definition)}"
    yield "Demo Mode after", f"{rules.fallback_days} days"
    yield "Overuse", f"up to {rules.overuse_percent} % above a limit" if rules.overuse_percent else "none"
    yield "Same machine", match_words(rules.match)
    yield "Changed hardware", f"works {rules.drift_days} days"
    yield "Clock set back", f"{tolerance} days without a word, {grace} more with a warning"
    yield "Emergency", f"{rules.emergency_days} days" if rules.emergency_days else "none"


def _demo(definition: "Definition") -> str:
    allowed = [f"{name} {rule.demo}" for name, rule in definition.limits.items()]
    allowed += [name for name, rule in definition.options.items() if rule.demo]
    return f" with {', '.join(allowed)}" if allowed else ""


def _rules_json(definition: "Definition") -> dict[str, Any]:
    rules = definition.rules
    return {
        "lease_days": definition.lease_days,
        "grace_days": definition.grace_days,
        "warn_days": list(definition.warn_days),
        "demo_days": definition.demo_days,
        "overuse_percent": rules.overuse_percent,
        "drift_days": rules.drift_days,
        "match": {"needed": rules.match.needed, "weights": dict(rules.match.weights)},
        "emergency_days": rules.emergency_days,
        "clock_tolerance_days": rules.clock_days[0],
        "clock_grace_days": rules.clock_days[1],
        "fallback_days": rules.fallback_days,
        "grace_limits": dict(definition.grace_limits),
        "max_unreturned": definition.max_unreturned,
        "auto": sorted(purpose.name.lower() for purpose in definition.auto),
    }


def _purposes(purposes: "Iterable[Purpose]") -> str:
    return ", ".join(sorted(purpose.name.lower() for purpose in purposes)) or "nothing"


def _list() -> None:
    """List the products."""
    from offline_activation.cli.vendor_show import day, instant
    from offline_activation.vendor.products import read_definition

    with vendor_wiring.open_books() as store, store.read() as work:
        found = [(record, read_definition(record.definition, path=record.product_id)) for record in work.products()]
    result = [
        {
            "product": record.product_id,
            "name": definition.name,
            "loaded": instant(record.loaded),
            "limits": {name: {"label": rule.label, "demo": rule.demo} for name, rule in definition.limits.items()},
            "options": {name: {"label": rule.label, "demo": rule.demo} for name, rule in definition.options.items()},
            **_rules_json(definition),
        }
        for record, definition in found
    ]
    rows = [("Product", "Name", "Loaded", "Limits", "Options")]
    rows += [
        (
            record.product_id,
            definition.name,
            day(record.loaded),
            ", ".join(definition.limits) or "-",
            ", ".join(definition.options) or "-",
        )
        for record, definition in found
    ]
    empty = ["No product is loaded. Next: activation-vendor product load FILE.toml"]
    manners.emit({"products": result}, manners.table(rows) if found else empty)


def _export(
    product: Annotated[str, typer.Argument(metavar="ID", help="The product's id.")],
    *,
    output: Annotated[str, typer.Option("-o", "--output", help="Default: ID.product; - is standard output.")] = "",
    server: Annotated[str, typer.Option("--server", metavar="URL", help="Address for electronic mode.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Write the product file, the single thing to ship inside the product's installer."""
    from offline_activation.cli.vendor_output import check_output, report, write_document
    from offline_activation.formats.keys import fingerprint
    from offline_activation.vendor.product_table import is_web_address
    from offline_activation.vendor.publishing import publish_product

    check_output(output)
    if server and not is_web_address(server):
        raise Misuse("usage.invalid", what="--server needs an address like https://activation.example.com")
    clock, keys = vendor_wiring.fixed_clock(), vendor_wiring.Keys()
    with vendor_wiring.open_books() as store:
        vendor_wiring.refuse_clock_behind(store, clock())
        document = publish_product(
            store, product, signers=keys, now=clock(), actor=vendor_wiring.actor(), server=server or None
        )
        root = vendor_wiring.find_vendor(store).root
    written = write_document(output or f"{product}.product", document, force=force)
    report(
        written,
        {
            "product": product,
            "file": written,
            "bytes": len(document),
            "root_key": fingerprint(root),
            "root": bytes(root).hex(),
        },
        [
            f"Product file: {written}",
            f"Root key: {fingerprint(root)}",
            f"For load_license(..., root=...): {bytes(root).hex()}",
            "Next: ship the file inside the installer.",
        ],
    )
