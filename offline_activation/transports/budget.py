"""What one call of ``recognize`` may use in total, however its inputs are packed into each other.

The limits of single pictures, mails and archives multiply: 31 archives of 16 pictures in one mail were read for more
than an hour.  Hence one budget is handed down to everything that is opened.
"""

from dataclasses import dataclass
from typing import Final

from offline_activation.errors import Refusal

INPUTS: Final = 64
"""Most inputs for one document (a document of 16 KiB has 44 parts)."""
GIVEN_MIB: Final = 128
"""Most bytes of all inputs together, in MiB; 44 photographs of 3 MB fit."""
PIECES: Final = 128
"""Most attachments, texts of mails and files in archives, all together."""
UNPACKED_MIB: Final = 64
"""Most bytes of these pieces together, in MiB."""
TEXT_MIB: Final = 4
"""Most text that is searched for documents, in MiB; a mail has a few hundredths of it."""
PICTURES_INSIDE: Final = 16
"""Most pictures read inside mails and archives; those given themselves are bounded by ``INPUTS``."""
PICTURE_SECONDS: Final = 60
"""Time for reading all pictures; a usual one takes half a second, a hard one two."""

_LEAST_SECONDS: Final = 0.5  # the reading process alone needs as much to start on a slow machine
_MIB: Final = 1 << 20


@dataclass(slots=True, kw_only=True)
class Budget:
    """What is left; each method takes from it, or raises ``Refusal("limit.count")`` when there is not enough."""

    inputs: int = INPUTS
    given: int = GIVEN_MIB * _MIB
    pieces: int = PIECES
    unpacked: int = UNPACKED_MIB * _MIB
    text: int = TEXT_MIB * _MIB
    pictures_inside: int = PICTURES_INSIDE
    picture_seconds: float = PICTURE_SECONDS

    def take_input(self, size: int) -> None:
        """Take one input of ``size`` bytes."""
        self.inputs -= 1
        self.given -= size
        _refuse(self.inputs, "The number of files", INPUTS)
        _refuse(self.given, "The size of all files together", f"{GIVEN_MIB} MiB")

    def take_piece(self, size: int) -> None:
        """Take one piece of a mail or an archive, or the opening of an archive, with ``size`` bytes unpacked."""
        self.pieces -= 1
        self.unpacked -= size
        _refuse(self.pieces, "The number of files in mails and archives", PIECES)
        _refuse(self.unpacked, "The size of all files in mails and archives", f"{UNPACKED_MIB} MiB")

    def take_text(self, size: int) -> None:
        """Take ``size`` bytes or characters of text to search."""
        self.text -= size
        _refuse(self.text, "The text to search", f"{TEXT_MIB} MiB")

    def take_picture(self, *, inside: bool) -> float:
        """Take one picture, ``inside`` a mail or an archive or not; return the seconds that it may take."""
        if inside:
            self.pictures_inside -= 1
            _refuse(self.pictures_inside, "The number of pictures in mails and archives", PICTURES_INSIDE)
        _refuse(self.picture_seconds - _LEAST_SECONDS, "The time for reading pictures", f"{PICTURE_SECONDS} seconds")
        return self.picture_seconds

    def spend_seconds(self, seconds: float) -> None:
        """Subtract what reading a picture took; refused is the next picture, not this one."""
        self.picture_seconds -= seconds


def _refuse(left: float, what: str, limit: int | str) -> None:
    if left < 0:
        raise Refusal("limit.count", what=what, limit=limit)
