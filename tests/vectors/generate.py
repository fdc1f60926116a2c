"""Write samples/vectors and the worked bytes in docs/format.md; a test compares both with what this makes.

    python tests/vectors/generate.py

Deterministic: keys are TEST KEYS (see vector_world.py), times and nonces are constants.
"""

from pathlib import Path

from vector_bad import bad_vectors
from vector_bad_fields import bad_field_vectors
from vector_bad_life import bad_life_vectors
from vector_bad_text import bad_text_vectors
from vector_file import Vector, render
from vector_good import good_vectors
from worked import with_worked_bytes

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "samples" / "vectors"
DOCUMENT = ROOT / "docs" / "format.md"


def all_vectors() -> tuple[Vector, ...]:
    """Return every vector, good ones first."""
    return (*good_vectors(), *bad_vectors(), *bad_field_vectors(), *bad_life_vectors(), *bad_text_vectors())


def files() -> dict[str, str]:
    """Return the text of each vector's file by its path under samples/vectors."""
    return {f"{vector.name}.txt": render(vector) for vector in all_vectors()}


def main() -> None:
    """Write all files and remove those of vectors that are no more."""
    expected = files()
    for path in FOLDER.glob("*/*.txt"):
        if path.relative_to(FOLDER).as_posix() not in expected:
            path.unlink()
    for name, text in expected.items():
        (FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
        (FOLDER / name).write_text(text, encoding="utf-8", newline="\n")
    DOCUMENT.write_text(with_worked_bytes(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
