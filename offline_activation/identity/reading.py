"""What reading the identity of a machine yields: sightings, the attempts behind a volume id, components."""

from collections.abc import Iterator
from typing import NewType, Protocol

from offline_activation.formats.value import value

VolumeId = NewType("VolumeId", str)
"""The HD Volume ID as text: never empty, hex digits and dashes only, at most 46 characters."""


@value
class Sighting:
    """What one source said: a ``value``, or ``None`` and one phrase ``why`` there is none."""

    source: str
    value: str | None = None
    why: str = ""


@value
class Attempt:
    """One source that was asked for the volume id; ``outcome`` is ``used`` or why it gave no identity."""

    source: str
    outcome: str


@value
class VolumeReading:
    """The volume id, the source that gave it, and every source asked on the way, in order; the last one was used."""

    volume_id: VolumeId
    source: str
    attempts: tuple[Attempt, ...]


@value
class Component:
    """One component of the fingerprint; ``value`` is ``None`` when absent, and ``note`` then says why."""

    name: str
    value: str | None
    source: str
    note: str


class Machine(Protocol):
    """The four things a platform can tell about the machine; no method raises for a missing source."""

    def volumes(self, path: str) -> Iterator[Sighting]:
        """Yield what is known about the volume of ``path``, then about the system's root volume, best source first.

        The iterator is advanced past a sighting with a value only when that value was refused.
        """

    def machine_id(self) -> Sighting:
        """Return the id of the operating system's installation."""

    def firmware_uuid(self) -> Sighting:
        """Return the UUID which the firmware or the hypervisor gave the machine."""

    def network(self) -> Sighting:
        """Return the lowest permanent hardware address of the physical network interfaces."""
