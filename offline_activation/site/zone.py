"""The time zone of this server by its IANA name, so that the vendor can end a license at the end of a local day."""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

LONGEST: Final = 40
"""Longest name a request carries, in characters."""
_DATABASE: Final = "zoneinfo/"
_VARIANTS: Final = ("posix/", "right/")


def local_zone(environment: Mapping[str, str], *, system_root: str = "/") -> str:
    """Return the zone named by ``TZ``, by the link ``/etc/localtime`` or by ``/etc/timezone``; empty when unknown.

    Only names that the time zone database knows are believed; never raises.
    """
    return next((name for name in _named(environment, Path(system_root)) if _is_known(name)), "")


def _named(environment: Mapping[str, str], root: Path) -> Iterator[str]:
    yield _from_path(environment.get("TZ", "").removeprefix(":"))
    with suppress(OSError, ValueError):
        yield _from_path(str((root / "etc/localtime").readlink()))
    with suppress(OSError), (root / "etc/timezone").open(encoding="ascii", errors="replace") as file:
        yield file.readline(LONGEST + 1).strip()


def _from_path(text: str) -> str:
    _, found, name = text.rpartition(_DATABASE)
    name = name if found else text
    for variant in _VARIANTS:
        name = name.removeprefix(variant)
    return name


def _is_known(name: str) -> bool:
    if (
        not name
        or len(name) > LONGEST
        or name.startswith(("/", "."))
        or os.sep + ".." in name
        or not name.isprintable()
    ):
        return False
    try:
        ZoneInfo(name)
    except (
        ValueError,
        OSError,
        LookupError,
    ):  # an unknown key is a LookupError; a directory or damaged file the others
        return False
    return True
