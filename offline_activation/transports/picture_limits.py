"""All limits of reading a picture, together with their units."""

from typing import Final

PICTURE_LIMIT: Final = 32 << 20
"""Largest picture file, in bytes."""
MEGAPIXELS: Final = 64
"""Largest picture, in millions of pixels (telephones of today write up to 50)."""
MEMORY_LIMIT: Final = 1 << 30
"""Address space of the reading process, in bytes."""
LADDER_SECONDS: Final = 3.0
"""Processor time after which no further view of the picture is tried; all views of a photograph took 0.6 to 1.7 s."""
CPU_SECONDS: Final = 5
"""Processor time of the reading process; only crafted pictures need more, 24 KB of finder patterns took 13 s."""
WALL_SECONDS: Final = 15
"""Time from start to end of the reading process, however busy the machine is."""
OPEN_FILES: Final = 32
"""File descriptors of the reading process."""
CODES: Final = 128
"""Most codes reported for one picture."""
REPORT_LIMIT: Final = 2 << 20
"""Longest report of the reading process, in bytes: ``CODES`` codes of the largest version, in hexadecimal."""
