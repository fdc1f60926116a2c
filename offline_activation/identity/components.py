"""The components of the fingerprint, and the blinded form in which they travel."""

from typing import Final

from offline_activation.errors import Misuse
from offline_activation.formats.digest import sha256
from offline_activation.identity.machine import this_machine
from offline_activation.identity.reading import Component, Machine, Sighting
from offline_activation.identity.volume import USED, choose_volume, fallback_id

VOLUME_ID: Final = "volume_id"
MACHINE_ID: Final = "machine_id"
FIRMWARE_UUID: Final = "firmware_uuid"
NETWORK: Final = "network"

BLIND_LABEL: Final = b"offline-activation component"
BLIND_BYTES: Final = 8


def read_components(path: str, *, system_root: str = "/") -> tuple[Component, ...]:
    """Return volume id, machine id, firmware UUID and network of this machine, always all four and in this order.

    ``path`` is the state directory (see :func:`.volume.read_volume`).  A component without a usable value has the
    value ``None`` and a note.  Raises ``Refusal("identity.none")`` when there is no volume id and no fallback for it.
    """
    return components_of(this_machine(system_root), path)


def components_of(machine: Machine, path: str) -> tuple[Component, ...]:
    """Return the components of ``machine``; see :func:`read_components`."""
    reading = choose_volume(machine, path)
    note = "; ".join(f"{seen.source}: {seen.outcome}" for seen in reading.attempts if seen.outcome != USED)
    return (
        Component(name=VOLUME_ID, value=reading.volume_id, source=reading.source, note=note),
        _component(MACHINE_ID, machine.machine_id()),
        _component(FIRMWARE_UUID, machine.firmware_uuid()),
        _component(NETWORK, machine.network()),
    )


def blinded(component: Component, *, product: str, site_key: bytes) -> bytes:
    """Return the 8 bytes by which a component is known outside this machine.

    They are the first bytes of SHA-256 over label, product, site key, name and value, each preceded by its length as
    4 bytes, big-endian.  The site key (public, 32 bytes) is the salt: the same machine shows other values to another
    installation or product.  Raises ``Misuse("usage.missing")`` for a component without a value.
    """
    if component.value is None:
        raise Misuse("usage.missing", what=f"component {component.name}")
    parts = (BLIND_LABEL, product.encode(), site_key, component.name.encode(), component.value.encode())
    return sha256(b"".join(len(part).to_bytes(4, "big") + part for part in parts))[:BLIND_BYTES]


def fallback_marks(components: tuple[Component, ...], *, product: str, site_key: bytes) -> frozenset[bytes]:
    """Return the marks that this machine's fallback volume ids have, whatever its volume shows now.

    A license bound to a fallback stays good when the volume gets an id of its own (a newer kernel, udev, tune2fs): the
    machine id or firmware UUID behind the fallback is still the same.
    """
    kinds = {MACHINE_ID: "machine-id", FIRMWARE_UUID: "firmware-uuid"}
    ids = [fallback_id(kinds[c.name], c.value) for c in components if c.name in kinds and c.value is not None]
    fallbacks = [Component(name=VOLUME_ID, value=text, source="fallback", note="") for text in ids]
    return frozenset(blinded(each, product=product, site_key=site_key) for each in fallbacks)


def _component(name: str, seen: Sighting) -> Component:
    return Component(name=name, value=seen.value, source=seen.source, note=seen.why)
