"""The three license files: the one in force, its second copy, and the revision before it.

The second copy still holds the old license at the moment the new one comes into force, so the previous revision can be
saved from it afterwards, by whoever finishes the import.
"""

from offline_activation.errors import ActivationError, Refusal
from offline_activation.formats.envelope import open_envelope
from offline_activation.formats.license_document import read_license
from offline_activation.site.directory import PREVIOUS_LICENSE, StateDirectory
from offline_activation.verify.installed import KEPT_LICENSE, LICENSE


def put_in_force(directory: StateDirectory, document: bytes) -> None:
    """Make ``document`` the license in force: the commit point of an import.  Raises ``Trouble`` ``io.unwritable``."""
    directory.write(LICENSE, document)


def is_in_force(directory: StateDirectory, document: bytes) -> bool:
    """Tell whether the license file holds exactly ``document``."""
    return _read(directory, LICENSE) == document


def keep(directory: StateDirectory, document: bytes) -> None:
    """Bring both copies to the license in force; the copy that is replaced is the previous revision."""
    if not is_in_force(directory, document):  # damaged since, and the kept copy stood in
        directory.write(LICENSE, document)
    before = _read(directory, KEPT_LICENSE)
    if before == document:
        return
    if before is not None and _revision(before) < _revision(document):
        directory.write(PREVIOUS_LICENSE, before)
    directory.write(KEPT_LICENSE, document)


def _revision(document: bytes) -> int:
    try:
        return read_license(open_envelope(document)).revision
    except Refusal:
        return 1 << 53  # not a license: nothing that is worth keeping


def _read(directory: StateDirectory, name: str) -> bytes | None:
    try:
        return directory.read(name)
    except ActivationError:
        return None
