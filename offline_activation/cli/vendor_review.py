"""The page on which a support agent decides: customer, order, site, purpose, grant, changes, and what the rules say."""

import shlex
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from offline_activation.cli import manners
from offline_activation.cli.vendor_fork import fork_lines
from offline_activation.cli.vendor_show import (
    changes_json,
    contact_json,
    entitlement_json,
    former_site_json,
    instant,
    line_text,
    number,
    section,
    shown,
    terms_rows,
)
from offline_activation.cli.vendor_unreturned import write_off_lines
from offline_activation.formats.contact import FIELDS
from offline_activation.formats.keys import fingerprint
from offline_activation.formats.request import ReceivedRequest
from offline_activation.vendor.answered import ANSWERED
from offline_activation.vendor.proof import proof_of

if TYPE_CHECKING:  # only names in signatures
    from offline_activation.formats.request import ActivationRequest
    from offline_activation.vendor.records import Intent, LicenseRecord, Order
    from offline_activation.vendor.review import Known, Review

_VERDICTS: Final = {
    "sign": "SIGN: the rules grant it.",
    "ask": "ASK: a person decides.",
    "refuse": "REFUSE: the rules say no.",
}
_LABELS: Final = {field.name: field.label for field in FIELDS}


def review_json(
    request: ReceivedRequest, known: "Known", found: "Review", intent: "Intent | None", *, orders: "Sequence[Order]"
) -> dict[str, Any]:
    """Return a review for JSON; ``intent`` is the answer that the request already has."""
    content, record = request.content, known.license
    return {
        "reference": request.reference,
        "purpose": content.purpose.name.lower(),
        "license_number": number(content.license_number),
        "product": content.product,
        "site": _site_json(content, record),
        "created": instant(content.created),
        "decision": found.decision,
        "rule": found.rule,
        "reasons": list(found.reasons),
        "remedy": None if found.blocking is None else found.blocking.remedy,
        "approvable": found.decision == "ask" and found.blocking is None,
        "changes": changes_json(found.changes),
        "customer": None if record is None else {"company": record.company, "email": record.email},
        "license_state": None if record is None else record.state,
        "revision": None if record is None else record.revision,
        "grant": None if found.grant is None else entitlement_json(found.grant),
        "orders": [
            {
                "order": o.order_id,
                "state": o.state,
                "company": o.company,
                "lines": [line_text(line) for line in o.lines],
            }
            for o in orders
        ],
        "usage": dict(content.usage),
        "contact": contact_json(content.contact),
        "proof": _proof_json(content),
        "former_site": None if known.former is None else former_site_json(known.former),
        "answered": None if intent is None else _answered(intent),
    }


def _site_json(content: "ActivationRequest", record: "LicenseRecord | None") -> dict[str, Any]:
    return {
        "volume_id": content.volume_id,
        "volume_source": content.volume_source,
        "key": fingerprint(content.site_key),
        "known": bool(record and record.installation and record.installation.site_key == content.site_key),
        "requests": content.counter,
        "installed_revision": content.revision,
        "zone": content.zone,
    }


def _proof_json(content: "ActivationRequest") -> dict[str, Any] | None:
    """Return the return that a transfer carries; what the rules think of it stands in ``reasons``."""
    found = proof_of(content)
    if found is None:
        return None
    return {
        "reference": found.reference,
        "purpose": found.content.purpose.name.lower(),
        "site_key": fingerprint(found.content.site_key),
        "volume_id": found.content.volume_id,
        "created": instant(found.content.created),
    }


def review_lines(result: dict[str, Any], file: str) -> list[str]:
    """Return the page for people; every text on it came from somewhere else and is made visible by ``emit``."""
    heading = f"Request {result['reference']}: {result['purpose']} {result['product']}"
    return [
        heading,
        "=" * len(heading),
        *section("Customer", manners.pairs(_customer(result))),
        *section("Orders", _orders(result)),
        *section("Site", manners.pairs(_site(result))),
        *section("Would be granted", manners.pairs(_grant(result))),
        *section("What changes", _changes(result)),
        *section("Fork: two histories with one site key", fork_lines(result["fork"])),
        *section("What the rules say", [_verdict(result), *(f"- {r}" for r in result["reasons"])]),
        *(["", *lines] if (lines := write_off_lines(result)) else []),
        "",
        _next_step(result, file),
    ]


def _answered(intent: "Intent") -> dict[str, Any]:
    return {
        "kind": intent.kind,
        "state": intent.state,
        "revision": intent.revision or None,
        "code": intent.code or None,
        "at": instant(intent.intended),
    }


def _verdict(result: dict[str, Any]) -> str:
    if result["rule"] == ANSWERED:
        return "ANSWERED: nothing is left to decide."
    if result["decision"] == "ask" and not result["approvable"]:
        return "WAIT: no approval would help."
    return _VERDICTS[result["decision"]]


def _orders(result: dict[str, Any]) -> Iterable[str]:
    company = (result["customer"] or {}).get("company")
    for order in result["orders"]:
        other = f"  company {order['company']}" if order["company"] != company else ""
        yield f"{order['order']}  {order['state']}  {', '.join(order['lines']) or '-'}{other}"


def _customer(result: dict[str, Any]) -> Iterable[tuple[str, str]]:
    customer = result["customer"] or {"company": "not known", "email": "-"}
    yield "Company", customer["company"]
    yield "Ready mail to", customer["email"]
    yield "License number", result["license_number"]
    yield "License", f"{result['license_state'] or 'not known'}, revision {result['revision'] or 0}"


def _site(result: dict[str, Any]) -> Iterable[tuple[str, str]]:
    site = result["site"]
    yield "HD Volume ID", f"{site['volume_id']}  ({site['volume_source']})"
    yield "Site key", f"{site['key']}  ({'holds this license' if site['known'] else 'new to this license'})"
    yield "Request date", f"{result['created']} {site['zone']}"
    yield "Installed revision", str(site["installed_revision"])
    if result["proof"]:
        proof = result["proof"]
        yield "Return inside", f"{proof['reference']} of {proof['created'][:10]}, server {proof['volume_id']}"
    if result["former_site"]:
        former = result["former_site"]
        yield "Held it before", f"{former['how']} on {former['at'][:10]}"
    for name, count in result["usage"].items():
        yield f"In use, {name}", str(count)
    for name, text in result["contact"].items():
        yield _LABELS[name], text


def _grant(result: dict[str, Any]) -> Iterable[tuple[str, str]]:
    grant = result["grant"]
    if grant is None:
        return
    yield from ((name, str(count)) for name, count in grant["limits"].items())
    yield "Options", ", ".join(grant["options"]) or "none"
    yield from terms_rows(grant)


def _changes(result: dict[str, Any]) -> list[str]:
    rows = [(change["field"], shown(change["from"]), shown(change["to"])) for change in result["changes"]]
    return manners.table([("Field", "Now", "Then"), *rows]) if rows else ["nothing"]


def _next_step(result: dict[str, Any], file: str) -> str:
    file = shlex.quote(file) if not file.startswith("-") or file == "-" else f"-- {shlex.quote(file)}"
    sign = f"activation-vendor sign {file}"
    if result["answered"] is not None and result["answered"]["state"] == "signed":
        return f"This request already has its response. Next: {sign} writes it once more."
    if result["answered"] is not None:
        return f"Next: {sign}"
    if result["decision"] == "ask" and not result["approvable"]:
        return f"Next: {result['remedy']}"
    if result["decision"] == "ask":
        approve = f"activation-vendor approve {result['reference']} --as USER"
        return f"Next: {sign} takes it in, then {approve}, or activation-vendor refuse {file} --reason TEXT"
    if result["purpose"] == "return" and result["decision"] == "sign":
        return f"Next: {sign} writes the receipt."
    return f"Next: {sign}" if result["decision"] == "sign" else f"Next: {sign} writes the signed refusal."
