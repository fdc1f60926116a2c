import pytest

from offline_activation.identity.plausible import flaw, mac_flaw, parse_uuid, serial_text


@pytest.mark.parametrize("text", ["5b1c7f0e-2d3a-4c8b-9e6f-0a1b2c3d4e5f", "ABCD-1234", "01D5A3C2B4E6F708"])
def test_usual_ids_are_an_identity(text: str) -> None:
    assert flaw(text) is None


@pytest.mark.parametrize(
    "text", ["", "-", "0000-0000", "FFFF-FFFF", "1234-ABCD", "a b", "2019\x1b[31m", "1" * 47, "٣٤٥"]
)
def test_null_default_and_strange_values_are_no_identity(text: str) -> None:
    assert flaw(text)


def test_a_uuid_is_read_with_or_without_dashes_and_braces() -> None:
    assert parse_uuid("{5B1C7F0E-2D3A-4C8B-9E6F-0A1B2C3D4E5F}\n") == "5b1c7f0e-2d3a-4c8b-9e6f-0a1b2c3d4e5f"
    assert parse_uuid("5b1c7f0e2d3a4c8b9e6f0a1b2c3d4e5") is None
    assert parse_uuid("٣" * 32) is None


def test_a_serial_is_written_as_blkid_does() -> None:
    assert serial_text(0x0000ABCD) == "0000-ABCD"


@pytest.mark.parametrize(
    "address", ["", "00" * 6, "ff" * 6, "01005e000001", "525400123456", "acde48001122", "0016", "00" * 20]
)
def test_addresses_that_no_vendor_assigned_are_no_identity(address: str) -> None:
    assert mac_flaw(bytes.fromhex(address))
