"""Which values are an identity: null, constant and well-known default values are not."""

from collections.abc import Iterable
from typing import Final

from offline_activation.identity.reading import Sighting

UUID_BYTES: Final = 16
UUID_DIGITS: Final = 32
MAC_BYTES: Final = 6
ID_LIMIT: Final = 46
"""Longest id in characters: a Windows volume serial, a dash and a volume GUID."""

DEFAULTS: Final = frozenset(
    {
        "03000200040005000006000700080009",  # boards delivered without a UUID
        "00020003000400050006000700080009",  # the same with the byte order of SMBIOS 2.6
        "1234567812345678 90abcddeefaabbcc".replace(" ", ""),
        "fefefefefefefefefefefefefefefefe",
        "0123456789abcdef0123456789abcdef",
        "00112233445566778899aabbccddeeff",
        "4c4c4544000020108020 80c04f202020".replace(" ", ""),  # a blank service tag
        "1234abcd",  # FAT made reproducibly (mkfs.fat --invariant)
    },
)
"""Ids, as hex digits, that tools and vendors leave behind on more than one machine."""

DEFAULT_MACS: Final = frozenset({"acde48001122", "445354540000", "444553540000", "505054503030"})
"""Addresses that every machine of a kind shows: an internal coprocessor link, dial-up adapters."""

LOCAL_BIT: Final = 0x02
GROUP_BIT: Final = 0x01


def uuid_text(raw: bytes) -> str:
    """Return 16 bytes as a lower-case dashed UUID, bytes in the order given."""
    digits = raw.hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def serial_text(serial: int) -> str:
    """Return a 32-bit volume serial as ``1A2B-3C4D``."""
    digits = f"{serial & 0xFFFFFFFF:08X}"
    return f"{digits[:4]}-{digits[4:]}"


def parse_uuid(text: str) -> str | None:
    """Return the UUID in ``text`` (with or without dashes, any case) dashed and lower-case, or ``None``."""
    digits = text.strip().strip("{}").replace("-", "")
    if len(digits) != UUID_DIGITS or not _hexadecimal(digits):
        return None
    return uuid_text(bytes.fromhex(digits))


def flaw(text: str) -> str | None:
    """Return why the id ``text`` is no identity, or ``None`` when it is one."""
    digits = text.replace("-", "").lower()
    if not digits:
        return "is empty"
    if len(text) > ID_LIMIT or not _hexadecimal(digits):
        return "is not made of hex digits"
    if set(digits) == {"0"}:
        return "is all zero"
    if set(digits) == {"f"}:
        return "is all ones"
    if digits in DEFAULTS:
        return "is a well-known default"
    return None


def mac_flaw(raw: bytes) -> str | None:
    """Return why a hardware address is no identity, or ``None`` when it is a vendor-assigned one."""
    if len(raw) != MAC_BYTES:
        return "is not an Ethernet address"
    if not any(raw) or raw == b"\xff" * MAC_BYTES:
        return "is null"
    if raw[0] & GROUP_BIT:
        return "is a group address"
    if raw[0] & LOCAL_BIT:
        return "is locally administered"
    if raw.hex() in DEFAULT_MACS:
        return "is a well-known default"
    return None


def lowest_mac(addresses: Iterable[tuple[str, bytes]], *, source: str, none: str) -> Sighting:
    """Return the lowest usable address of ``(interface, address)`` pairs, or why there is none.

    The lowest one is independent of interface names and of the order in which interfaces appear.
    """
    seen = sorted(addresses)
    usable = sorted((raw, name) for name, raw in seen if mac_flaw(raw) is None)
    if usable:
        raw, name = usable[0]
        return Sighting(source=f"{source} {name}", value=raw.hex(":"))
    why = "; ".join(f"{name} {mac_flaw(raw)}" for name, raw in seen[:3]) or none
    return Sighting(source=source, why=why)


def _hexadecimal(digits: str) -> bool:
    return all(c in "0123456789abcdefABCDEF" for c in digits)
