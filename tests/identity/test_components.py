import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_activation.errors import Misuse
from offline_activation.identity.components import blinded, read_components
from offline_activation.identity.reading import Component

Write = Callable[[Path, str], None]
Interface = Callable[..., Path]
SITE_KEY = bytes(range(32))


def components(tree: Path) -> dict[str, Component]:
    return {component.name: component for component in read_components(str(tree), system_root=str(tree))}


def test_all_four_components_come_in_a_fixed_order_with_their_sources(tree: Path) -> None:
    found = read_components(str(tree), system_root=str(tree))
    assert [(c.name, c.source) for c in found] == [
        ("volume_id", "fallback:machine-id"),
        ("machine_id", "/etc/machine-id"),
        ("firmware_uuid", "/sys/class/dmi/id/product_uuid"),
        ("network", "sysfs eth0"),
    ]
    assert [c.value for c in found[1:]] == [
        "3f1d5e0ab7c94d1e8a64c09be2d17f55",
        "8f14e45f-ceea-467f-a2c3-9b1d0e7a4c21",
        "00:16:3e:5a:00:02",
    ]
    assert "tmpfs lives in memory" in found[0].note


def test_the_components_of_this_very_machine_can_be_read(tmp_path: Path) -> None:
    found = read_components(str(tmp_path))
    assert found[0].value
    assert all(component.value or component.note for component in found)
    assert found == read_components(str(tmp_path))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("03000200-0400-0500-0006-000700080009", "is a well-known default"),
        ("FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "is all ones"),
        ("00000000-0000-0000-0000-000000000000", "is all zero"),
        ("Not Settable", "holds no UUID"),
        ("", "holds no UUID"),
        ("x" * 5000, "holds no UUID"),
    ],
)
def test_a_firmware_uuid_that_is_a_default_is_absent_and_says_so(
    tree: Path, write_file: Write, text: str, why: str
) -> None:
    write_file(tree / "sys/class/dmi/id/product_uuid", text + "\n")
    found = components(tree)["firmware_uuid"]
    assert found.value is None
    assert why in found.note
    assert len(found.note) < 100


@pytest.mark.parametrize("text", ["uninitialized", "", "0" * 32, "f" * 32, "3f1d5e0ab7c94d1e8a64c09be2d17f5"])
def test_a_machine_id_that_is_none_is_absent_and_the_volume_falls_back_to_the_firmware(
    tree: Path, write_file: Write, text: str
) -> None:
    write_file(tree / "etc/machine-id", text)
    found = components(tree)
    assert found["machine_id"].value is None
    assert found["machine_id"].note.startswith("/etc/machine-id ")
    assert found["volume_id"].source == "fallback:firmware-uuid"


def test_the_older_place_of_the_machine_id_is_known(tree: Path, write_file: Write) -> None:
    (tree / "etc/machine-id").rename(tree / "kept")
    write_file(tree / "var/lib/dbus/machine-id", (tree / "kept").read_text())
    assert components(tree)["machine_id"].source == "/var/lib/dbus/machine-id"


def test_the_network_is_the_lowest_address_of_built_in_interfaces(tree: Path, add_interface: Interface) -> None:
    add_interface(tree, "a-higher", "00:16:3e:5a:00:09")
    add_interface(tree, "lo", "00:00:00:00:00:00", kind="772", bus="")
    add_interface(tree, "docker0", "00:00:5e:00:00:01", bus="")
    add_interface(tree, "veth1", "00:00:5e:00:00:02", bus="")
    add_interface(tree, "usb0", "00:00:5e:00:00:03", bus="usb")
    add_interface(tree, "wlan0", "00:00:5e:00:00:04", assigned="3")
    add_interface(tree, "ib0", "00:00:5e:00:00:05", kind="32")
    add_interface(tree, "private", "02:00:5e:00:00:06")
    add_interface(tree, "damaged", "zz")
    assert components(tree)["network"].value == "00:16:3e:5a:00:02"


def test_a_bonded_interface_counts_with_its_own_address(
    tree: Path, add_interface: Interface, write_file: Write
) -> None:
    folder = add_interface(tree, "eth0-bonded", "00:16:3e:5a:00:02", assigned="3")
    write_file(folder / "bonding_slave/perm_hwaddr", "00:16:3e:5a:00:01\n")
    assert components(tree)["network"].value == "00:16:3e:5a:00:01"


def test_a_machine_with_local_addresses_only_has_no_network_component(tree: Path, write_file: Write) -> None:
    write_file(tree / "sys/class/net/eth0/address", "52:54:00:12:34:56\n")
    found = components(tree)["network"]
    assert (found.value, found.note) == (None, "eth0 is locally administered")


def test_blinding_differs_by_product_site_and_component_and_never_changes() -> None:
    network = Component(name="network", value="00:16:3e:5a:00:02", source="sysfs eth0", note="")
    other_name = Component(name="machine_id", value="00:16:3e:5a:00:02", source="", note="")
    hashes = {
        blinded(network, product="infinitime", site_key=SITE_KEY),
        blinded(network, product="infinitime2", site_key=SITE_KEY),
        blinded(network, product="infinitime", site_key=bytes(32)),
        blinded(other_name, product="infinitime", site_key=SITE_KEY),
    }
    assert len(hashes) == 4
    assert blinded(network, product="infinitime", site_key=SITE_KEY).hex() == "a23f387b7951836e"


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(texts, texts, texts, texts)
def test_blinding_is_unambiguous_about_where_a_field_ends(product: str, value: str, product2: str, value2: str) -> None:
    first = Component(name="network", value=value, source="", note="")
    second = Component(name="network", value=value2, source="", note="")
    equal = blinded(first, product=product, site_key=SITE_KEY) == blinded(second, product=product2, site_key=SITE_KEY)
    assert equal == ((product, value) == (product2, value2))


def test_an_absent_component_cannot_be_blinded() -> None:
    with pytest.raises(Misuse, match="component network"):
        blinded(Component(name="network", value=None, source="sysfs", note="none"), product="p", site_key=SITE_KEY)


def test_reading_the_components_loads_nothing_heavy() -> None:
    program = (
        "import sys; from offline_activation.identity.components import read_components; read_components('.'); "
        "print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()
    forbidden = (
        "dataclasses hashlib json pathlib datetime logging subprocess typer jinja2 qrcode sqlite3 http ssl tempfile "
        "inspect platformdirs ctypes uuid socket"
    )
    assert set(forbidden.split()) & set(loaded) == set()
    assert not [name for name in loaded if name.endswith(("machine_windows", "machine_macos"))]
