"""``emergency``: open the emergency license, once, for the day when the server is gone."""

from typing import TYPE_CHECKING, Annotated

import typer

from offline_activation.cli import manners
from offline_activation.cli.site_views import iso, open_site, problems_json, warn_each, witness_clock

if TYPE_CHECKING:
    from offline_activation.site.emergency import OpenedHere


def register(program: typer.Typer) -> None:
    """Add the command to ``program``."""
    program.command("emergency", epilog="Example: activation-site emergency AR-7K4M-92QX.alic")(_emergency)


def _emergency(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILE...]",
            help="The response of the server that is gone: file, text, mail or picture(s). "
            "Default: the license that is installed here.",
        ),
    ] = None,
) -> None:
    """Open the emergency license: everything licensed works for a few days, on any machine, once.

    On a new server, run 'init' first and name the response file of the old one. Then ask for the move: 'rehost' on a
    new server, 'rebind' on the same one with other hardware. The vendor sees the opening with that request.
    """
    import time

    from offline_activation.cli.reading import altered_labels, read_document
    from offline_activation.site.contacts import missing, remembered
    from offline_activation.site.emergency import open_emergency
    from offline_activation.verify.installed import load_license, read_product_file

    directory = open_site()
    document: bytes | None = None
    if files:
        carried = read_document(files)
        altered_labels(carried)
        document = carried.document
    done = open_emergency(directory, document, now=int(time.time()))
    witness_clock()
    warn_each(done.unfinished)
    product = read_product_file(str(directory.home)).product
    state = load_license(product, home=directory.home).state
    is_known = not missing(remembered(directory))
    _show(done, state, move="rehost" if files else "rebind", is_known=is_known)


def _show(done: "OpenedHere", state: str, *, move: str, is_known: bool) -> None:
    from offline_activation.formats.instants import show_instant
    from offline_activation.formats.names import show_license_number

    number = show_license_number(done.license.license_number)
    result = {
        "state": state,
        "license_number": number,
        "revision": done.license.revision,
        "opened": iso(done.emergency.opened),
        "until": iso(done.emergency.until),
        "days_left": done.emergency.days_left,
        "warnings": problems_json(done.unfinished),
    }
    lines = [
        f"The emergency license of {number} is open until {show_instant(done.emergency.until)}.",
        f"Next: activation-site {move}{'' if is_known else ' --contact FILE.toml'} -o {move}.areq,",
        "      and send it to the vendor; the license number is known here now.",
    ]
    manners.emit(result, lines)
