"""``license suspend``, ``reinstate``, ``revoke`` and ``write-off``: the vendor's power over the life of a license."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from offline_activation.cli import manners, vendor_wiring
from offline_activation.cli.vendor_help import epilog
from offline_activation.cli.vendor_reason import checked_reason
from offline_activation.errors import Misuse

if TYPE_CHECKING:  # only names in signatures
    from offline_activation.vendor.ports import Work
    from offline_activation.vendor.records import LicenseRecord

Number = Annotated[str, typer.Argument(metavar="LN", help="License number, in any spelling.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="One sentence for the audit log.")]


def register(group: typer.Typer) -> None:
    """Add the commands to the group ``license``."""
    number = "7K4M9-2QX0T-5N3BW-8RE6H"
    group.command("suspend", epilog=epilog(f'activation-vendor license suspend {number} --reason "Invoice 17"'))(
        _suspend
    )
    group.command("reinstate", epilog=epilog(f"activation-vendor license reinstate {number}"))(_reinstate)
    group.command("revoke", epilog=epilog(f'activation-vendor license revoke {number} --reason "Refunded"'))(_revoke)
    written_off = f'activation-vendor license write-off {number} --reason "Burnt on May 4"'
    group.command("write-off", epilog=epilog(written_off))(_write_off)


def _suspend(number: Number, *, reason: Reason = "") -> None:
    """Suspend a license: its requests are refused until it is reinstated."""
    from offline_activation.vendor.stopping import suspend

    result = _change(suspend, number, reason and checked_reason(reason))
    lines = [
        f"License {result['license_number']} is suspended: its requests get a signed refusal, nothing else is signed.",
        *_out_there(result),
        f"Next: activation-vendor license reinstate {result['license_number']}, when all is settled.",
    ]
    manners.emit(result, lines)


def _reinstate(number: Number, *, reason: Reason = "") -> None:
    """Lift a suspension; a license that is revoked stays so."""
    from offline_activation.vendor.stopping import reinstate

    result = _change(reinstate, number, reason and checked_reason(reason))
    lines = [
        f"License {result['license_number']} is {result['state']} again.",
        "A request that was refused in between stays refused: the site makes a new one.",
    ]
    manners.emit(result, lines)


def _revoke(
    number: Number,
    *,
    reason: Reason = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask on a terminal.")] = False,
) -> None:
    """Revoke a license for good; on a terminal it is asked for once more."""
    from offline_activation.vendor.stopping import revoke

    reason = checked_reason(reason or manners.ask("Reason, for the audit log", what="--reason"))
    if manners.is_terminal() and not yes and not manners.confirm(f"Revoke license {number} for good?"):
        raise Misuse("usage.invalid", what="The license was not revoked: the answer was no")
    result = _change(revoke, number, reason)
    lines = [
        f"License {result['license_number']} is revoked, and that is final: no request for it is granted any more.",
        *_out_there(result),
        "If the customer is to work again: enter a new order. A server that has this license gives it back first",
        "('activation-site return'), then activates with the license number of the new order.",
    ]
    manners.emit(result, lines)


def _write_off(number: Number, *, reason: Reason = "") -> None:
    """Count the replaced servers of a license that were never given back no longer.

    The customer may then have others replaced.  The servers stay replaced: what still runs there is told so.
    """
    from offline_activation.cli.vendor_show import former_site_json
    from offline_activation.cli.vendor_show import number as shown
    from offline_activation.formats.names import read_license_number
    from offline_activation.vendor.moves import write_off

    reason = checked_reason(reason or manners.ask("Reason, for the audit log", what="--reason"))
    wanted, now = read_license_number(number), vendor_wiring.fixed_clock()()
    with vendor_wiring.open_books() as store, store.begin() as work:
        record, sites = write_off(work, wanted, reason=reason, now=now, actor=vendor_wiring.actor())
        left = work.unreturned_of(record.product, record.email)
    written_off = [former_site_json(site) for site in sites]
    result = {
        "license_number": shown(record.license_number),
        "reason": reason,
        "written_off": written_off,
        "unreturned": record.unreturned,
        "unreturned_of_customer": left,
    }
    rows = [f"  {site['volume_id']}  {site['how']} on {site['at'][:10]}" for site in written_off]
    counted = f"The customer has {left} unreturned {'server' if left == 1 else 'servers'} now."
    next_step = "Next: the site makes a new request; one that was refused stays refused."
    manners.emit(result, [f"Written off for license {result['license_number']}:", *rows, counted, next_step])


def _change(change: "Callable[..., LicenseRecord]", number: str, reason: str) -> dict[str, Any]:
    from offline_activation.cli.vendor_show import number as shown
    from offline_activation.formats.names import read_license_number

    wanted, now = read_license_number(number), vendor_wiring.fixed_clock()()
    with vendor_wiring.open_books() as store, store.begin() as work:
        record = change(work, wanted, reason=reason, now=now, actor=vendor_wiring.actor())
        ends = _ends(work, record)
    return {"license_number": shown(record.license_number), "state": record.state, "reason": reason or None, **ends}


def _ends(work: "Work", record: "LicenseRecord") -> dict[str, Any]:
    """Return the last days of what is already installed, as the site counts them: of the lease, and of its grace."""
    from offline_activation.cli.vendor_licenses import last_day_at_site, newest_issued
    from offline_activation.verify.standing import due, final_end

    found = newest_issued(work, record)
    if found is None:
        return {"issued": False, "due": None, "works_until": None}
    intent, document = found
    return {
        "issued": True,
        "due": last_day_at_site(work, intent, due(document)),
        "works_until": last_day_at_site(work, intent, final_end(document)),
    }


def _out_there(result: dict[str, Any]) -> list[str]:
    """Return what this can and cannot do to a server that is already licensed."""
    if not result["issued"]:
        return ["No license was issued for it, so nothing out there works with it."]
    if result["works_until"] is None:
        return ["What is installed has no end and goes on: nobody can reach an offline server."]
    return [
        f"What is installed goes on until {result['works_until']} (due on {result['due']}, then grace): nobody can",
        "reach an offline server, and without a new response it ends there by itself.",
    ]
