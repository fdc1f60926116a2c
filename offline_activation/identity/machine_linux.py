"""The components of a Linux machine, read from files without any program."""

# mypy knows the platform of a whole file only by an assert above everything else, the other imports included.
# ruff: noqa: E402
import sys

assert sys.platform == "linux"  # noqa: S101 - see above

import os
from collections.abc import Iterator
from typing import Final

from offline_activation.identity.linux_files import phrase, read_small, rooted
from offline_activation.identity.plausible import flaw, lowest_mac, parse_uuid
from offline_activation.identity.reading import Sighting
from offline_activation.identity.volume_linux import volumes

MACHINE_ID_FILES: Final = ("/etc/machine-id", "/var/lib/dbus/machine-id")
FIRMWARE_FILES: Final = (
    "/sys/class/dmi/id/product_uuid",  # SMBIOS; readable by root only
    "/sys/hypervisor/uuid",  # Xen
    "/proc/device-tree/vm,uuid",  # POWER
)
ETHERNET: Final = "1"
PERMANENT: Final = "0"


class LinuxMachine:
    """This Linux machine, with its files looked for under ``system_root``; see :class:`.reading.Machine`."""

    def __init__(self, system_root: str) -> None:
        self._root = system_root

    def volumes(self, path: str) -> Iterator[Sighting]:
        """Yield the sightings of :func:`.volume_linux.volumes`."""
        return volumes(path, self._root)

    def machine_id(self) -> Sighting:
        """Return the machine id (machine-id(5)) as 32 hex digits; ``uninitialized`` and null are none."""
        return self._first_id(MACHINE_ID_FILES, what="machine id", dashed=False)

    def firmware_uuid(self) -> Sighting:
        """Return the firmware's UUID, dashed and lower-case; defaults left by board makers are none."""
        return self._first_id(FIRMWARE_FILES, what="UUID", dashed=True)

    def network(self) -> Sighting:
        """Return the lowest permanent address of the Ethernet interfaces that belong to built-in devices.

        Interfaces without a device (loopback, bridges, veth, bonds) and on USB (they move between machines) are left
        out, as are addresses that are random, set by software or locally administered.
        """
        directory = rooted(self._root, "/sys/class/net")
        try:
            names = sorted(os.listdir(directory))
        except OSError as error:
            return Sighting(source="sysfs", why=f"/sys/class/net {phrase(error)}")
        found = [(name, raw) for name in names if (raw := _permanent_address(f"{directory}/{name}")) is not None]
        return lowest_mac(found, source="sysfs", none="no physical interface with a permanent address")

    def _first_id(self, files: tuple[str, ...], *, what: str, dashed: bool) -> Sighting:
        reasons = []
        for file in files:
            try:
                text = read_small(rooted(self._root, file)).strip("\0 \n\t")
            except OSError as error:
                reasons.append(phrase(error))
                continue
            uuid = parse_uuid(text)
            why = "holds no " + what if uuid is None else flaw(uuid)
            if uuid is not None and why is None:
                return Sighting(source=file, value=uuid if dashed else uuid.replace("-", ""))
            shown = f" ({text[:20]!a})" if text else ""
            reasons.append(f"{why}{shown}")
        # The first file is the usual place; another one speaks only where it exists and is no good.
        told = next((i for i, reason in enumerate(reasons) if reason != "is missing"), 0)
        return Sighting(source=files[told], why=f"{files[told]} {reasons[told]}")


def _permanent_address(interface: str) -> bytes | None:
    if not os.path.exists(f"{interface}/device") or _attribute(interface, "type") != ETHERNET:
        return None
    bus = os.path.realpath(f"{interface}/device/subsystem")
    if bus.endswith("/usb"):
        return None
    # A bond gives its members one address; the kernel keeps their own one here.
    text = _attribute(interface, "bonding_slave/perm_hwaddr")
    if not text and _attribute(interface, "addr_assign_type") == PERMANENT:
        text = _attribute(interface, "address")
    try:
        return bytes.fromhex(text.replace(":", "")) or None
    except ValueError:
        return None


def _attribute(interface: str, name: str) -> str:
    try:
        return read_small(f"{interface}/{name}").strip()
    except OSError:
        return ""
