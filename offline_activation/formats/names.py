"""Ids that people see: names of products, limits and options, references of requests, license numbers."""

from typing import Final, NewType

from offline_activation.errors import Refusal
from offline_activation.formats.cbor import Value
from offline_activation.formats.crockford import check_symbols, encode, fold, symbols
from offline_activation.formats.digest import sha256

ProductId = NewType("ProductId", str)
LicenseNumber = NewType("LicenseNumber", str)
"""Twenty characters of Crockford Base32 without hyphens, the last two of them check characters."""
Reference = NewType("Reference", str)
"""The short human handle of a request, ``AR-XXXX-XXXX``."""
DocumentId = NewType("DocumentId", bytes)
"""The first 16 bytes of SHA-256 of a payload: names requests and responses inside other documents."""
SiteId = NewType("SiteId", bytes)
"""The first 16 bytes of SHA-256 of a site's public key."""

NAME_LIMIT: Final = 32
_NAME: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-")

VOLUME_ID_LIMIT: Final = 46
_VOLUME_ID: Final = frozenset("0123456789abcdefABCDEF-")

LICENSE_NUMBER_RANDOM_BYTES: Final = 12
_RANDOM_CHARACTERS: Final = 18
_LICENSE_NUMBER_LENGTH: Final = 20
_GROUP: Final = 5
_HYPHENS: Final = dict.fromkeys(map(ord, "-\u00ad\u2010\u2011\u2012\u2013\u2014\u2212"))
"""What word processors and mail programs make of a hyphen."""


def check_name(found: Value, field: str) -> str:
    """Return ``found`` when it is a name: a-z, 0-9, ``_``, ``-``, at most 32, a letter first.

    Raises :class:`Refusal` ``profile.field_invalid``.
    """
    if (
        not isinstance(found, str)
        or not 1 <= len(found) <= NAME_LIMIT
        or not _NAME.issuperset(found)
        or not found[0].isalpha()
    ):
        raise Refusal("profile.field_invalid", field=field, what="not a name of a-z, 0-9, _ and -")
    return found


def check_volume_id(found: str) -> str:
    """Return an HD Volume ID from inside a document: hexadecimal digits and hyphens, so that it can say nothing else.

    Raises :class:`Refusal` ``profile.field_invalid``.
    """
    if not _VOLUME_ID.issuperset(found):
        raise Refusal("profile.field_invalid", field="volume_id", what="not hexadecimal digits and hyphens")
    return found


def document_id(payload: bytes) -> DocumentId:
    """Return the id of a document: of its payload, never of its signature."""
    return DocumentId(sha256(payload)[:16])


def site_id(site_key: bytes) -> SiteId:
    """Return the id by which a license names the site key it was issued to."""
    return SiteId(sha256(site_key)[:16])


def reference(request_id: bytes) -> Reference:
    """Return the reference of a request: Crockford Base32 of the first 40 bits of its id."""
    text = encode(request_id[:5])
    return Reference(f"AR-{text[:4]}-{text[4:]}")


def read_reference(typed: str) -> Reference | None:
    """Return a reference as typed by a person (any case, with or without hyphens), or ``None`` if it is none."""
    compact = _compact(typed)
    body = compact.removeprefix("AR")
    if len(compact) != len(body) + 2 or len(body) != 8 or symbols(body) is None:  # noqa: PLR2004 - AR and 40 bits
        return None
    return Reference(f"AR-{body[:4]}-{body[4:]}")


def new_license_number(random_bytes: bytes) -> LicenseNumber:
    """Return a license number made of 90 of the 96 bits of ``random_bytes`` (12 bytes from the system's source)."""
    if len(random_bytes) != LICENSE_NUMBER_RANDOM_BYTES:
        message = "a license number takes 12 random bytes"
        raise ValueError(message)
    body = encode(random_bytes)[:_RANDOM_CHARACTERS]
    return LicenseNumber(body + check_symbols(symbols(body) or []))


def read_license_number(typed: str) -> LicenseNumber:
    """Return the license number in ``typed``, without care for case, hyphens, blanks, 0/O and 1/I/L.

    Raises :class:`Refusal` ``license_number.invalid`` when length, alphabet or check characters are wrong.
    """
    compact = _compact(typed)
    values = symbols(compact)
    if values is None:
        raise Refusal("license_number.invalid", what="it has characters that no license number has")
    if len(compact) != _LICENSE_NUMBER_LENGTH:
        raise Refusal("license_number.invalid", what=f"{len(compact)} characters, expected {_LICENSE_NUMBER_LENGTH}")
    if check_symbols(values[:-2]) != compact[-2:]:
        raise Refusal("license_number.invalid", what="its check characters do not fit")
    return LicenseNumber(compact)


def show_license_number(number: LicenseNumber) -> str:
    """Return the number in groups of five for screens and paper: ``XXXXX-XXXXX-XXXXX-XXXXX``."""
    return "-".join(number[at : at + _GROUP] for at in range(0, len(number), _GROUP))


def _compact(typed: str) -> str:
    return fold("".join(typed.split()).translate(_HYPHENS))


def carried_license_number(found: str) -> LicenseNumber:
    """Return a license number from inside a document, where it has exactly its compact form.

    Raises :class:`Refusal` ``profile.field_invalid``.
    """
    values = symbols(found)
    if values is None or len(found) != _LICENSE_NUMBER_LENGTH or check_symbols(values[:-2]) != found[-2:]:
        raise Refusal("profile.field_invalid", field="license_number", what="not a license number")
    return LicenseNumber(found)
