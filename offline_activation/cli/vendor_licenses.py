"""``license``: list and show the licenses in the books.  To stop one is in vendor_stopping."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from offline_activation.cli import manners, vendor_stopping, vendor_wiring
from offline_activation.cli.vendor_help import ANYWHERE, epilog
from offline_activation.errors import Misuse, Refusal

if TYPE_CHECKING:  # only names in signatures
    from collections.abc import Iterator

    from offline_activation.formats.license_document import LicenseDocument
    from offline_activation.vendor.ports import Work
    from offline_activation.vendor.records import Intent, LicenseRecord

_PAGE = 1000


def register(program: typer.Typer) -> None:
    """Add the commands to ``program``."""
    group = typer.Typer(
        help="Licenses.  Example: activation-vendor license list --expiring 30", cls=program.info.cls, epilog=ANYWHERE
    )
    group.command("list", epilog=epilog("activation-vendor license list --expiring 30 --json"))(_list)
    group.command("show", epilog=epilog("activation-vendor license show 7K4M9-2QX0T-5N3BW-8RE6H"))(_show)
    vendor_stopping.register(group)
    program.add_typer(group, name="license")


def _list(
    *,
    expiring: Annotated[
        int | None, typer.Option("--expiring", metavar="DAYS", help="Only those whose lease or end comes by then.")
    ] = None,
    signed_by: Annotated[
        str, typer.Option("--signed-by", metavar="ID", help="Only those whose last license this key signed.")
    ] = "",
) -> None:
    """List the licenses; with --expiring the renewals that are coming, the next one first."""
    from offline_activation.vendor.rotation import read_key_id

    signer = read_key_id(signed_by).hex() if signed_by else None
    if expiring is not None and expiring < 0:
        raise Misuse("usage.invalid", what="--expiring is a number of days from today")
    now = vendor_wiring.fixed_clock()()
    with vendor_wiring.open_books() as store, store.read() as work:
        found = [_row(record, work) for record in every_license(work)]
    if signer is not None:
        found = [row for row in found if row["signed_by"] == signer]
    if expiring is not None:
        last = now + expiring * 86_400
        found = sorted((row for row in found if row["_due"] is not None and row["_due"] <= last), key=_due)
    rows = [("License number", "State", "Revision", "Company", "Lease until", "Until", "Last contact")]
    rows += [
        (
            row["license_number"],
            _state(row),
            str(row["revision"]),
            row["company"],
            row["lease_until"] or "-",
            row["until"] or "-",
            (row["last_contact"] or "-")[:10],
        )
        for row in found
    ]
    shown = [{key: item for key, item in row.items() if not key.startswith("_")} for row in found]
    empty = ["There is no such license." if signer else "There is no license."]
    empty = ["No license is due by then."] if expiring is not None else empty
    manners.emit({"licenses": shown}, manners.table(rows) if found else empty)


def _show(number: Annotated[str, typer.Argument(metavar="LN", help="License number, in any spelling.")]) -> None:
    """Show one license: what was bought, who holds it, what was issued."""
    from offline_activation.cli.vendor_fork import clone_json
    from offline_activation.cli.vendor_former import former_json, held_since
    from offline_activation.cli.vendor_show import license_json, order_json
    from offline_activation.formats.names import read_license_number, show_license_number
    from offline_activation.vendor.fork import histories_of

    wanted = read_license_number(number)
    with vendor_wiring.open_books() as store, store.read() as work:
        record = work.find_license(wanted)
        if record is None:
            raise Refusal("vendor.unknown_license", license_number=show_license_number(wanted))
        row = _row(record, work)
        orders = [order_json(order) for order in work.orders(license_number=wanted)]
        responses = [_response(intent) for intent in work.intents(wanted)]
        servers = {"held_since": held_since(work, record), "former_sites": former_json(work, record)}
        histories = clone_json(histories_of(work, record))
    result = license_json(record) | {key: row[key] for key in ("lease_until", "signed_by", "stopped")}
    result |= servers | {"orders": orders, "responses": responses}
    if result["possible_clone"] is not None:
        result["possible_clone"] |= histories
    manners.emit(result, _page(result))


def every_license(work: "Work") -> "Iterator[LicenseRecord]":
    """Return all license records by number, a page at a time."""
    after = None
    while page := work.licenses(after=after, most=_PAGE):
        yield from page
        after = page[-1].license_number


def _row(record: "LicenseRecord", work: "Work") -> dict[str, Any]:
    from offline_activation.cli.vendor_show import instant, moves_json, number
    from offline_activation.vendor.stopping import stop_of
    from offline_activation.verify.standing import due

    issued, stop = newest_issued(work, record), stop_of(work, record)
    return {
        "license_number": number(record.license_number),
        "state": record.state,
        "revision": record.revision,
        "product": record.product,
        "company": record.company,
        "until": record.entitlement.until,
        "lease_until": last_day_at_site(work, issued[0], issued[1].lease_until) if issued else None,
        "last_contact": instant(record.last_contact),
        "signed_by": issued[0].key_id.hex() if issued else None,
        **moves_json(record),
        "stopped": {"at": instant(stop.at), "by": stop.actor, "reason": stop.reason or None} if stop else None,
        "_due": due(issued[1]) if issued else None,
    }


def newest_issued(work: "Work", record: "LicenseRecord") -> "tuple[Intent, LicenseDocument] | None":
    """Return the newest signed license of a license number, with its ledger row."""
    from offline_activation.formats.license_document import read_license
    from offline_activation.vendor.lint import unsigned

    signed = [i for i in work.intents(record.license_number) if i.kind == "license" and i.state == "signed"]
    newest = max(signed, key=lambda intent: intent.revision, default=None)
    return None if newest is None else (newest, read_license(unsigned(newest)))


def last_day_at_site(work: "Work", intent: "Intent", end: int | None) -> str | None:
    """Return the last day before ``end`` as the site that asked counts it, in its own zone."""
    from offline_activation.formats.request import receive_request
    from offline_activation.vendor.entitlements import last_day

    request = work.find_request(intent.request_id)
    if end is None or request is None:
        return None
    return last_day(end, receive_request(request.document).content.zone)


def _state(row: dict[str, Any]) -> str:
    """Return the state for people, with the reason of a stop and what else there is to know."""
    from offline_activation.cli.vendor_show import marks

    reason = (row["stopped"] or {}).get("reason")
    said = "; ".join([*([reason] if reason else []), *marks(row)])
    return f"{row['state']} ({said})" if said else str(row["state"])


def _due(row: dict[str, Any]) -> int:
    found: int = row["_due"]
    return found


def _response(intent: "Intent") -> dict[str, Any]:
    from offline_activation.cli.vendor_show import instant
    from offline_activation.formats.names import reference

    return {
        "reference": reference(intent.request_id),
        "kind": intent.kind,
        "state": intent.state,
        "revision": intent.revision or None,
        "code": intent.code or None,
        "at": instant(intent.intended),
    }


def _page(result: dict[str, Any]) -> list[str]:
    from offline_activation.cli.vendor_fork import clone_lines
    from offline_activation.cli.vendor_former import former_lines
    from offline_activation.cli.vendor_show import section, terms_rows

    site = result["site"]
    held = [("HD Volume ID", site["volume_id"]), ("Site key", site["key"])] if site else []
    held += [("Here since", result["held_since"] or "-"), ("Last contact", result["last_contact"] or "-")]
    bought = [(name, str(count)) for name, count in result["limits"].items()]
    bought += [("Options", ", ".join(result["options"]) or "none"), *terms_rows(result)]
    rows = [
        ("License number", result["license_number"]),
        ("State", _state(result)),
        ("Revision", str(result["revision"])),
        ("Product", result["product"]),
        *([("Stopped", f"{result['stopped']['at'][:10]} by {result['stopped']['by']}")] if result["stopped"] else []),
        ("Company", result["company"]),
        ("Email", result["email"]),
        ("First activated", result["first_activated"] or "-"),
        ("Lease until", result["lease_until"] or "-"),
        *([("Emergency", f"opened on {result['emergency_opened'][:10]}")] if result["emergency_opened"] else []),
    ]
    responses = [
        f"{r['reference']}  {r['at']}  {r['kind']} {r['revision'] or r['code'] or ''}  {r['state']}"
        for r in result["responses"]
    ]
    return [
        *manners.pairs(rows),
        *section("Bought", manners.pairs(bought)),
        *section("Server", manners.pairs(held) if site else ["no server holds the license"]),
        *section("Servers before", former_lines(result["former_sites"])),
        *section("Possible clone", clone_lines(result["possible_clone"])),
        *section("Contact", manners.pairs(result["contact"].items())),
        *section("Orders", [f"{o['order']}  {o['state']}  {', '.join(o['lines']) or '-'}" for o in result["orders"]]),
        *section("Responses", responses),
    ]
