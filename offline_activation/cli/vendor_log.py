"""``audit export`` and ``mail list``: reading what was written down."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from offline_activation.cli import manners, vendor_wiring

if TYPE_CHECKING:  # only names in signatures
    from offline_activation.vendor.ports import Store

_PAGE = 1000


def register(program: typer.Typer) -> None:
    """Add the commands to ``program``."""
    audit = typer.Typer(help="The audit log.  Example: activation-vendor audit export", cls=program.info.cls)
    audit.command("export", epilog="Example: activation-vendor audit export -o audit.jsonl")(_export)
    audit.callback()(_group)
    program.add_typer(audit, name="audit")
    mail = typer.Typer(help="The outbox.  Example: activation-vendor mail list", cls=program.info.cls)
    mail.command("list", epilog="Example: activation-vendor mail list --json")(_mails)
    mail.callback()(_group)
    program.add_typer(mail, name="mail")


def _group() -> None:
    """Keep a group of one command a group."""


def _export(
    *,
    output: Annotated[str, typer.Option("-o", "--output", help="File to write; default: standard output.")] = "-",
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Write the audit log as JSON lines, oldest first; with --json as one object."""
    import sys  # noqa: PLC0415 - commands import what they need

    from offline_activation.files import STANDARD_STREAM, write_new  # noqa: PLC0415

    with vendor_wiring.open_books() as store:
        entries = list(_entries(store))
    lines = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)
    if output != STANDARD_STREAM:
        write_new(output, lines.encode(), force=force)
        manners.emit({"file": output, "entries": len(entries)}, [f"{len(entries)} entries written to {output}."])
    elif manners.SESSION.as_json:
        manners.emit({"entries": entries}, ())
    else:
        sys.stdout.write(lines)


def _entries(store: "Store") -> Iterator[dict[str, object]]:
    from offline_activation.cli.vendor_show import instant  # noqa: PLC0415 - commands import what they need

    after = 0
    with store.read() as work:
        while page := work.audit(after=after, most=_PAGE):
            for entry in page:
                yield {
                    "number": entry.number,
                    "at": instant(entry.at),
                    "actor": entry.actor,
                    "action": entry.action,
                    "subject": entry.subject,
                    "details": dict(entry.details),
                }
            after = page[-1].number


def _mails() -> None:
    """List the mails that are queued, sent or failed."""
    from offline_activation.cli.vendor_show import instant  # noqa: PLC0415 - commands import what they need

    with vendor_wiring.open_books() as store, store.read() as work:
        found = [
            {
                "event": mail.event,
                "recipient": mail.recipient,
                "template": mail.template,
                "state": mail.state,
                "queued": instant(mail.queued),
                "facts": dict(mail.facts),
            }
            for mail in work.outbox()
        ]
    rows = [("Queued", "State", "Mail", "Recipient", "Event")]
    rows += [
        (str(each["queued"]), str(each["state"]), str(each["template"]), str(each["recipient"]), str(each["event"]))
        for each in found
    ]
    manners.emit({"mails": found}, manners.table(rows) if found else ["The outbox is empty."])
