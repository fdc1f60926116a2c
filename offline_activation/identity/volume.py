"""The HD Volume ID behind one function for Linux, Windows and macOS.

Order: the volume that holds the state directory, the system's root volume, and then a labeled fallback made from the
machine id or the firmware UUID.  Each source that gave no identity is kept with its reason.
"""

from collections.abc import Iterator
from typing import Final

from offline_activation.errors import Refusal, visible
from offline_activation.formats.digest import sha256
from offline_activation.identity.machine import this_machine
from offline_activation.identity.plausible import ID_LIMIT, UUID_BYTES, flaw, uuid_text
from offline_activation.identity.reading import Attempt, Machine, Sighting, VolumeId, VolumeReading

FALLBACK_LABEL: Final = b"offline-activation volume fallback"
USED: Final = "used"
WHY_LIMIT: Final = 34
"""Characters of the first reason quoted in the refusal, so that the sentence stays within one quoted fact."""


def read_volume(path: str, *, system_root: str = "/") -> VolumeReading:
    """Return the volume id for the installation whose state directory is ``path`` (it need not exist yet).

    The id is a lower-case dashed UUID or a serial ``ABCD-1234``, as ``blkid`` prints it; on Windows serial and volume
    GUID joined by a dash; a fallback is a derived UUID (see :func:`fallback_id`) whose source begins ``fallback:``.
    Never empty, never random.  Raises ``Refusal("identity.none")`` when every source failed, and nothing else.
    """
    return choose_volume(this_machine(system_root), path)


def choose_volume(machine: Machine, path: str) -> VolumeReading:
    """Return the first usable volume id of ``machine``; see :func:`read_volume`."""
    attempts: list[Attempt] = []
    for seen in _sources(machine, path):
        if seen.value is None:
            attempts.append(Attempt(source=seen.source, outcome=seen.why))
            continue
        reason = flaw(seen.value)
        if reason is not None:
            attempts.append(
                Attempt(source=seen.source, outcome=f"the id {visible(seen.value, limit=ID_LIMIT)} {reason}")
            )
            continue
        attempts.append(Attempt(source=seen.source, outcome=USED))
        return VolumeReading(volume_id=VolumeId(seen.value), source=seen.source, attempts=tuple(attempts))
    first = attempts[0].outcome if attempts else "no source"
    if len(first) > WHY_LIMIT:
        first = first[: WHY_LIMIT - 1] + "…"
    raise Refusal("identity.none", what=f"volume: {first}; no machine id, no firmware UUID")


def fallback_id(kind: str, raw: str) -> str:
    """Return a UUID-shaped id derived from a machine id or firmware UUID, without revealing it.

    It is the first 16 bytes of SHA-256 over the label, a zero byte, ``kind``, a zero byte and ``raw``.  The volume id
    travels readable, the other components only blinded: a raw machine id must not leave by this door.
    """
    return uuid_text(sha256(b"\0".join((FALLBACK_LABEL, kind.encode(), raw.encode())))[:UUID_BYTES])


def _sources(machine: Machine, path: str) -> Iterator[Sighting]:
    yield from machine.volumes(path)
    for kind, read in (("machine-id", machine.machine_id), ("firmware-uuid", machine.firmware_uuid)):
        seen = read()
        source = f"fallback:{kind}"
        if seen.value is None:
            yield Sighting(source=source, why=seen.why)
        else:
            yield Sighting(source=source, value=fallback_id(kind, seen.value))
