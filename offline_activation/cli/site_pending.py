"""``pending`` and ``cancel``: what was asked and is not yet answered."""

from typing import Annotated

import typer

from offline_activation.cli import manners
from offline_activation.cli.site_views import open_site, request_json, request_lines, witness_clock
from offline_activation.errors import Refusal


def register(program: typer.Typer) -> None:
    """Add the commands to ``program``."""
    program.command("pending", epilog="Example: activation-site pending --json")(_pending)
    program.command("cancel", epilog="Example: activation-site cancel AR-7K4M-92QX")(_cancel)


def _pending() -> None:
    """Show the requests that were made and not yet answered."""
    import time

    from offline_activation.site.pending import damaged_requests, open_requests

    directory = open_site(reading=True)
    now = int(time.time())
    found = open_requests(directory)
    result = {"requests": [request_json(stored, now) for stored in found]}
    manners.emit(result, request_lines(found, now))
    for name in damaged_requests(directory):
        manners.warn(Refusal("site.request_damaged", name=name))


def _cancel(
    reference: Annotated[str, typer.Argument(metavar="REFERENCE", help="For example AR-7K4M-92QX.")],
) -> None:
    """Close an open request; a response to it will be refused."""
    import time

    from offline_activation.site.requesting import cancel

    cancelled = cancel(open_site(), reference, now=int(time.time()))
    witness_clock()
    manners.emit({"reference": cancelled, "state": "cancelled"}, [f"Request {cancelled} is cancelled."])
