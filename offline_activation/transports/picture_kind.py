"""What kind of picture some bytes are, by their first bytes, never by a file name."""

from typing import Final

READABLE: Final = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")
"""Kinds that the picture reader opens, under the names Pillow gives them."""

_MARKS: Final = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"%PDF-", "PDF"),
    (b"8BPS", "PSD"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\x00\x00\x00\x0cJXL ", "JPEG XL"),
    (b"\x00\x00\x00\x0cjP  ", "JPEG 2000"),
)
_ISO_BRANDS: Final = {b"avif": "AVIF", b"avis": "AVIF"} | dict.fromkeys(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), "HEIC"
)
_BMP_HEADERS: Final = frozenset({12, 40, 52, 56, 64, 108, 124})


def kind_of(data: bytes) -> str | None:
    """Return the kind of the picture ``data`` (``PNG``, ``HEIC``, ...), also of kinds that cannot be read, or None."""
    for mark, kind in _MARKS:
        if data.startswith(mark):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        return _ISO_BRANDS.get(data[8:12])
    # two letters alone could begin a text
    if data[:2] == b"BM" and data[6:10] == bytes(4) and int.from_bytes(data[14:18], "little") in _BMP_HEADERS:
        return "BMP"
    return None
