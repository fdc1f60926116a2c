"""A machine made of files: a directory tree that stands for the root of a Linux system."""

from collections.abc import Callable
from pathlib import Path

import pytest

MACHINE_ID = "3f1d5e0ab7c94d1e8a64c09be2d17f55"
FIRMWARE = "8f14e45f-ceea-467f-a2c3-9b1d0e7a4c21"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return the root of a healthy small server whose volume has no id: everything else is there."""
    root = tmp_path / "system"
    write(root / "etc/machine-id", MACHINE_ID + "\n")
    write(root / "sys/class/dmi/id/product_uuid", FIRMWARE.upper() + "\n")
    write(root / "proc/self/mountinfo", "1 1 0:99 / / rw - tmpfs none rw\n")
    interface(root, "eth0", "00:16:3e:5a:00:02")
    return root


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def interface(root: Path, name: str, address: str, *, kind: str = "1", assigned: str = "0", bus: str = "pci") -> Path:
    """Make one network interface below ``root``; an empty ``bus`` makes it one without a device."""
    folder = root / "sys/class/net" / name
    for attribute, text in (("address", address), ("type", kind), ("addr_assign_type", assigned)):
        write(folder / attribute, text + "\n")
    if bus:
        (folder / "device").mkdir()
        (root / "sys/bus" / bus).mkdir(parents=True, exist_ok=True)
        (folder / "device/subsystem").symlink_to(root / "sys/bus" / bus)
    return folder


@pytest.fixture
def write_file() -> Callable[[Path, str], None]:
    return write


@pytest.fixture
def add_interface() -> Callable[..., Path]:
    return interface
