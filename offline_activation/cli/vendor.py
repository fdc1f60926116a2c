"""activation-vendor: the program of the vendor, put together from the files beside it, and its entry point."""

import sys
from typing import Final

from offline_activation.cli import (
    inspect,
    manners,
    vendor_desk,
    vendor_licenses,
    vendor_log,
    vendor_orders,
    vendor_setup,
    vendor_wiring,
)

_SUMMARY: Final = """Enter orders, review activation requests and sign the responses.

Options that may stand anywhere: --json; --home DIR (or ACTIVATION_VENDOR_HOME); --database URL (or
ACTIVATION_VENDOR_DATABASE; default: SQLite in the home); --passphrase-file FILE (or ACTIVATION_VENDOR_PASSPHRASE, or a
prompt).

Example: activation-vendor init --name "Inception Technologies"
"""

PROGRAM: Final = manners.new_program(name="activation-vendor", summary=_SUMMARY)

for part in (vendor_setup, vendor_orders, vendor_desk, vendor_licenses, vendor_log):
    part.register(PROGRAM)
inspect.register(PROGRAM, vendor_wiring.own_trust)


def main() -> None:
    """Run the program and leave with its exit code."""
    sys.exit(manners.run(PROGRAM, sys.argv[1:], anywhere=vendor_wiring.ANYWHERE))
