"""A zip file with a document in it: mail gateways and people zip attachments."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import Final

from offline_activation.errors import Refusal

ARCHIVE_MARK: Final = b"PK\x03\x04"
ARCHIVE_LIMIT: Final = 16 << 20
"""Largest zip file, in bytes."""
MEMBER_LIMIT: Final = 16 << 20
"""Most bytes that all members together may unpack to."""
MEMBERS: Final = 16
"""Most members; an archive of a whole disk is not a carried document."""

_CHUNK: Final = 64 * 1024
_CENTRAL_RECORD: Final = b"PK\x01\x02"
_ENCRYPTED: Final = 0x1
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})


def members(data: bytes, *, source: str) -> Iterator[tuple[str, bytes]]:
    """Yield (name, content) of the files in the zip file ``data``, unpacked one by one in memory, never to disk.

    Raises :class:`Refusal` ``limit.too_large``, ``limit.count`` or ``carrier.unreadable``.
    """
    if len(data) > ARCHIVE_LIMIT:
        raise Refusal("limit.too_large", source=source, limit="16 MiB")
    if data.count(_CENTRAL_RECORD) > 4 * MEMBERS:  # before the library builds an object for each
        raise Refusal("limit.count", what="The number of files in the archive", limit=MEMBERS)
    try:
        yield from _unpack(data, source)
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, EOFError, RuntimeError, LookupError) as error:
        raise Refusal("carrier.unreadable", source=source, what="damaged archive") from error


def _unpack(data: bytes, source: str) -> Iterator[tuple[str, bytes]]:
    left = MEMBER_LIMIT
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        wanted = [entry for entry in archive.infolist() if _is_file(entry)]
        if len(wanted) > MEMBERS:
            raise Refusal("limit.count", what="The number of files in the archive", limit=MEMBERS)
        for entry in wanted:
            if entry.flag_bits & _ENCRYPTED or entry.compress_type not in _METHODS:
                raise Refusal("carrier.unreadable", source=source, what="encrypted or unusual archive")
            content = _content(archive, entry, left + 1)
            left -= len(content)
            if left < 0:
                raise Refusal("limit.too_large", source=source, limit="16 MiB unpacked")
            yield entry.filename, content
            del content  # before the next one is unpacked


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    out = io.BytesIO()
    with archive.open(entry) as member:
        # in small chunks: read at once, the library holds three copies
        while chunk := member.read(min(_CHUNK, most - out.tell())):
            out.write(chunk)
    return out.getvalue()


def _is_file(entry: zipfile.ZipInfo) -> bool:
    name = entry.filename
    return not entry.is_dir() and not name.startswith("__MACOSX/") and name.rpartition("/")[2] != ".DS_Store"
