"""``audit export``, ``mail list`` and ``mail show``: reading what was written down."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from offline_activation.cli import manners, vendor_wiring
from offline_activation.cli.vendor_help import ANYWHERE, epilog
from offline_activation.errors import Refusal

if TYPE_CHECKING:  # only names in signatures
    from offline_activation.vendor.ports import Store

_PAGE = 1000


def register(program: typer.Typer) -> None:
    """Add the commands to ``program``."""
    audit = typer.Typer(
        help="The audit log.  Example: activation-vendor audit export", cls=program.info.cls, epilog=ANYWHERE
    )
    audit.command("export", epilog=epilog("activation-vendor audit export -o audit.jsonl"))(_export)
    audit.callback()(_group)
    program.add_typer(audit, name="audit")
    mail = typer.Typer(help="The outbox.  Example: activation-vendor mail list", cls=program.info.cls, epilog=ANYWHERE)
    mail.command("list", epilog=epilog("activation-vendor mail list --json"))(_mails)
    mail.command("show", epilog=epilog("activation-vendor mail show 1"))(_mail)
    program.add_typer(mail, name="mail")


def _group() -> None:
    """Keep a group of one command a group."""


def _export(
    *,
    output: Annotated[str, typer.Option("-o", "--output", help="File to write; default: standard output.")] = "-",
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Write the audit log as JSON lines, oldest first; with --json as one object.

    Each entry has the hash of the one before, its exact text, and its own hash: SHA-256 over these two.
    """
    import sys

    from offline_activation.files import STANDARD_STREAM, write_new

    with vendor_wiring.open_books() as store:
        entries = list(_entries(store))
    lines = "".join(json.dumps(entry) + "\n" for entry in entries)
    if output != STANDARD_STREAM:
        write_new(output, lines.encode(), force=force)
        manners.emit({"file": output, "entries": len(entries)}, [f"{len(entries)} entries written to {output}."])
    elif manners.SESSION.as_json:
        manners.emit({"entries": entries}, ())
    else:
        sys.stdout.write(lines)


def _entries(store: "Store") -> Iterator[dict[str, object]]:
    from offline_activation.cli.vendor_show import instant

    after, previous = 0, bytes(32)
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
                    "previous": previous.hex(),
                    "text": entry.sealed_text,
                    "hash": entry.seal.hex(),
                }
                previous = entry.seal
            after = page[-1].number


def _mails() -> None:
    """List the mails that are queued, sent or failed."""
    from offline_activation.cli.vendor_show import instant

    with vendor_wiring.open_books() as store, store.read() as work:
        found = [
            {
                "number": number,
                "event": mail.event,
                "recipient": mail.recipient,
                "template": mail.template,
                "state": mail.state,
                "queued": instant(mail.queued),
                "facts": dict(mail.facts),
            }
            for number, mail in enumerate(work.outbox(), 1)
        ]
    columns = ("number", "queued", "state", "template", "recipient", "event")
    rows = [["No.", "Queued", "State", "Mail", "Recipient", "Event"]]
    rows += [[str(each[column]) for column in columns] for each in found]
    next_step = ["", "Nothing is sent by this release. Next: activation-vendor mail show NUMBER, and send it by hand."]
    manners.emit({"mails": found}, [*manners.table(rows), *next_step] if found else ["The outbox is empty."])


def _mail(
    mail: Annotated[str, typer.Argument(metavar="EVENT|NUMBER", help="As 'mail list' shows them.")],
) -> None:
    """Print a mail as it is to be sent: recipient, subject, text."""
    from offline_activation.vendor.mails import compose_letter, find_mail

    with vendor_wiring.open_books() as store, store.read() as work:
        found = find_mail(work.outbox(), mail)
        if found is None:
            raise Refusal("vendor.unknown_mail", mail=mail)
        number, queued = found
        letter = compose_letter(work, queued)
    result = {"number": number, "event": queued.event, "state": queued.state, "template": queued.template}
    manners.emit(
        result | {"recipient": letter.recipient, "subject": letter.subject, "text": letter.text},
        [f"To: {letter.recipient}", f"Subject: {letter.subject}", "", *letter.text.splitlines()],
    )
