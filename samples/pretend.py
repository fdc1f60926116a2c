"""Run one command as if on other hardware, so that the demo can replace a disk and burn a server.

    python samples/pretend.py disk-1 activation-site license
    python samples/pretend.py server-2 activation-site request ...

``disk-N`` is the first demo server with its Nth disk; ``server-N`` shares nothing with the others.  Only the reading of
the hardware is replaced; everything else is the real program.
"""

import hashlib
import sys
from collections.abc import Iterator

from offline_activation.cli import site
from offline_activation.identity import components, volume
from offline_activation.identity.reading import Machine, Sighting


class PretendedMachine:
    """A machine whose four components are made from two names."""

    def __init__(self, *, server: str, disk: str) -> None:
        """Take the names; the same names are the same hardware."""
        self._server, self._disk = server, disk

    def volumes(self, _path: str) -> Iterator[Sighting]:
        """Yield the id of the pretended disk."""
        digits = _digits(self._disk)
        parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
        yield Sighting(source="pretended disk", value="-".join(parts))

    def machine_id(self) -> Sighting:
        """Return the machine id of the pretended server."""
        return Sighting(source="pretended", value=_digits(f"{self._server} system"))

    def firmware_uuid(self) -> Sighting:
        """Return the firmware UUID of the pretended server."""
        return Sighting(source="pretended", value=_digits(f"{self._server} firmware"))

    def network(self) -> Sighting:
        """Return the network address of the pretended server."""
        return Sighting(source="pretended", value="00" + _digits(f"{self._server} network")[:10])


def pretend(name: str) -> Machine:
    """Return the machine called ``disk-N`` or ``server-N``."""
    server = "server-1" if name.startswith("disk-") else name
    return PretendedMachine(server=server, disk=name)


def main() -> None:
    """Replace what reads the hardware, then be ``activation-site``."""
    name, program, *arguments = sys.argv[1:]
    if program != "activation-site":
        sys.exit("pretend.py runs activation-site only")
    machine = pretend(name)
    components.this_machine = volume.this_machine = lambda _system_root="/": machine
    sys.argv = [program, *arguments]
    site.main()


def _digits(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


if __name__ == "__main__":
    main()
