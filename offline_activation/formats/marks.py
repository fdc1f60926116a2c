"""What requests and licenses share: component hashes (marks) and counts, as small maps."""

from collections.abc import Mapping
from typing import Final

from offline_activation.errors import Refusal
from offline_activation.formats.cbor import Map
from offline_activation.formats.fields import Fields
from offline_activation.formats.names import check_name

MARK_SIZE: Final = 8
"""Size of a salted component hash, in bytes."""
BOUND_COMPONENTS: Final = {"volume_id": 1, "machine_id": 2, "firmware_uuid": 3, "network": 4}
"""Components a license is bound to, and their numbers inside documents."""
HASHED_COMPONENTS: Final = {name: number for name, number in BOUND_COMPONENTS.items() if name != "volume_id"}
"""Components that leave a site only as salted hashes; the HD Volume ID is shown."""
MAX_COUNTS: Final = 16


def marks_map(marks: Mapping[str, bytes]) -> Map:
    """Return component marks as they travel: number to 8 bytes."""
    return {BOUND_COMPONENTS[name]: mark for name, mark in marks.items()}


def read_marks(fields: Fields, key: int, known: Mapping[str, int]) -> dict[str, bytes]:
    """Return component marks by name; raises :class:`Refusal` ``profile.newer`` or ``profile.field_invalid``."""
    names = {number: name for name, number in known.items()}
    marks: dict[str, bytes] = {}
    for number, mark in fields.map(key, "components", most=MAX_COUNTS).items():
        if not isinstance(number, int) or number not in names:
            raise Refusal("profile.newer", what=f"component {number}")
        if not isinstance(mark, bytes) or len(mark) != MARK_SIZE:
            raise Refusal("profile.field_invalid", field=names[number], what=f"not a hash of {MARK_SIZE} bytes")
        marks[names[number]] = mark
    return marks


def counts_map(counts: Mapping[str, int]) -> Map:
    """Return counts as they travel: name to number."""
    return {name: number for name, number in counts.items()}  # noqa: C416 - a Map, not a copy of the narrower type


def read_counts(fields: Fields, key: int, name: str) -> dict[str, int]:
    """Return a map of names to counts; an empty one is refused, because it is written by leaving it out."""
    counts: dict[str, int] = {}
    for item, number in fields.map(key, name, most=MAX_COUNTS).items():
        if isinstance(number, bool) or not isinstance(number, int) or number < 0:
            raise Refusal("profile.field_invalid", field=f"{name} {item}", what="not a count")
        counts[check_name(item, name)] = number
    if not counts:
        raise Refusal("profile.field_invalid", field=name, what="empty")
    return counts
