"""The customer's program ``activation-site``: its commands in the order of the exchange."""

import sys
from typing import Final

import typer

from offline_activation.cli import (
    inspect,
    manners,
    site_doctor,
    site_emergency,
    site_import,
    site_license,
    site_pending,
    site_request,
    site_setup,
)

SUMMARY: Final = (
    "Activate and update the license of this server, with or without a network. "
    "Example: activation-site init infinitime.product"
)


def program() -> typer.Typer:
    """Return the program with all its commands."""
    site = manners.new_program(name="activation-site", summary=SUMMARY)
    for part in (
        site_setup,
        site_request,
        site_pending,
        site_import,
        site_license,
        site_emergency,
        inspect,
        site_doctor,
    ):
        part.register(site)
    return site


def main() -> None:
    """Run the program on this process's arguments and exit."""
    sys.exit(manners.run(program(), sys.argv[1:]))


if __name__ == "__main__":
    main()
