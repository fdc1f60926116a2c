"""The last lines of every help page of ``activation-vendor``: an example, and the options that may stand anywhere."""

from typing import Final

ANYWHERE: Final = "Anywhere: --json --home DIR --database URL --passphrase-file FILE"


def epilog(example: str) -> str:
    """Return what ends the help of a command; ``example`` begins with the name of the program."""
    return f"Example: {example}\n\n{ANYWHERE}"
