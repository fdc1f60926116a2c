"""``return``: give the license back.  It stops here first, then the signed return leaves."""

from typing import TYPE_CHECKING

import typer

from offline_activation.cli import manners
from offline_activation.cli.site_request import Asked, product_of, show, wish_of
from offline_activation.cli.site_views import open_site, problems_json, warn_each
from offline_activation.errors import ActivationError, Refusal, Trouble

if TYPE_CHECKING:
    from offline_activation.cli.site_delivery import Outputs, Prepared
    from offline_activation.formats.request import ReceivedRequest
    from offline_activation.site.directory import StateDirectory
    from offline_activation.site.requesting import Wish

_AGAIN = "Run 'activation-site return -o FILE' again: it writes the same return."


def give_back(asked: Asked, outputs: "Outputs") -> None:
    """Give the license back and write the return, or write again the one that was made."""
    import os
    import time

    from offline_activation.site import returning

    directory = open_site()
    returned = returning.find_returned(directory)
    if returned is None:
        _refuse_unlicensed(directory)
    wish = _empty(asked) if returned is not None else wish_of(directory, asked)
    if returned is None:
        _ask_first(yes=asked.yes)
    prepared: list[Prepared] = []

    def ready(made: "ReceivedRequest") -> None:
        prepared.append(outputs.prepare(made.document, made.reference, product_of(directory)))

    done = returning.give_back(directory, wish, now=int(time.time()), random=os.urandom, ready=ready)
    try:
        file = prepared[0].write()
    except ActivationError as error:
        raise Trouble("site.unfinished", done=returning.GIVEN_BACK, what=error.message).advising(_AGAIN) from error
    finally:
        warn_each(done.unfinished)
    more = {"state": "returned", "again": done.again, "warnings": problems_json(done.unfinished)}
    manners.note("The license is given back: it no longer works on this server.")
    show(done.made, file, outputs, more, directory)


def _refuse_unlicensed(directory: "StateDirectory") -> None:
    """Refuse before anything is asked when there is nothing to give back."""
    from offline_activation.site.installation import read_installation

    if read_installation(directory).license is None:
        raise Refusal("license.not_activated").advising("Nothing to do: there is no license here to give back.")


def _empty(asked: Asked) -> "Wish":
    """Return a wish for a return that is made already: nothing is asked for it."""
    from offline_activation.formats.contact import Contact
    from offline_activation.site.requesting import Wish

    return Wish(purpose=asked.purpose, contact=Contact(), usage={})


def _ask_first(*, yes: bool) -> None:
    """Ask a person on a terminal; a script is not asked."""
    if yes or not manners.is_terminal():
        return
    if not manners.confirm("The license stops working on this server at once. Give it back?"):
        manners.note("Nothing was changed.")
        raise typer.Abort
