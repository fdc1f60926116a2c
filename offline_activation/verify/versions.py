"""Which versions of the product a license covers: its ceiling, and its maintenance.  Pure.

Both bounds hold where they are there.  A version is compared with the ceiling over as many parts as the ceiling has, so
ceiling 4 covers 4.9 and ceiling 4.1 covers 4.1.7; a part that is missing counts as 0.
"""

from typing import TYPE_CHECKING, Final

from offline_activation.errors import Misuse
from offline_activation.formats.instants import show_local_end
from offline_activation.formats.license_document import LicenseDocument

if TYPE_CHECKING:
    from datetime import date

VERSION_LIMIT: Final = 64
"""Longest version of a product, in characters."""
_VERSION: Final = "Give the version as a text that begins with a number, for example 4.2.1."
_RELEASED: Final = "Give the day of release as a date, or as a text like 2027-05-01."
_DAYS_OF_MONTH: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def why_not_covered(document: LicenseDocument | None, version: str, released: "str | date | None") -> str | None:
    """Return why ``version`` is not covered, in a few words; ``None`` when it is.

    ``released`` is the day on which it was released, a date or ``YYYY-MM-DD``; without it the maintenance bounds
    nothing.
    Raises :class:`Misuse` ``usage.invalid`` for a version that does not begin with a number, or what is no such day.
    """
    parts, day = version_parts(version), None if released is None else release_day(released)
    if document is None:
        return None
    ceiling = document.version_ceiling
    if ceiling:
        most = [int(part) for part in ceiling.split(".")]
        if (parts + [0] * len(most))[: len(most)] > most:
            return f"it covers versions up to {ceiling}"
    if day is not None and document.maintenance_until is not None:
        last = show_local_end(document.maintenance_until)
        if last[:1].isdigit() and day > last:  # an end beyond the year 9999 is later than every day
            return f"released {day}, maintenance ended on {last}"
    return None


def version_parts(version: str) -> list[int]:
    """Return the numbers with which a version begins: 4.2.0rc1 is 4, 2, 0."""
    if not _is_text(version):
        raise Misuse("usage.invalid", what=f"the version is {version!r}, which is no text").advising(_VERSION)
    parts: list[int] = []
    for part in version.split(".") if len(version) <= VERSION_LIMIT else ():
        digits = _leading_digits(part)
        if digits:
            parts.append(int(digits))
        if not digits or digits != part:
            break
    if not parts:
        raise Misuse(
            "usage.invalid", what=f"the version {version[:VERSION_LIMIT]} does not begin with a number"
        ).advising(_VERSION)
    return parts


def release_day(given: "str | date") -> str:
    """Return a day ``YYYY-MM-DD`` as it is, and that of a date."""
    isoformat = getattr(given, "isoformat", None)
    text = str(given) if isoformat is None else str(isoformat())[:10]
    year, month, day = text[:4], text[5:7], text[8:]
    shaped = len(text) == 10 and text[4] == text[7] == "-"  # noqa: PLR2004 - the length of YYYY-MM-DD
    if shaped and all(part.isascii() and part.isdigit() for part in (year, month, day)):
        number = int(month)
        if 1 <= number <= len(_DAYS_OF_MONTH) and 1 <= int(day) <= _DAYS_OF_MONTH[number - 1]:
            return text
    raise Misuse("usage.invalid", what=f"the day of release {text[:VERSION_LIMIT]} is not a day YYYY-MM-DD").advising(
        _RELEASED
    )


def _is_text(given: object) -> bool:
    return isinstance(given, str)


def _leading_digits(part: str) -> str:
    for at, character in enumerate(part):
        if not ("0" <= character <= "9"):
            return part[:at]
    return part
