"""What was found in the inputs so far, and the decision for exactly one document."""

from dataclasses import dataclass, field
from typing import Literal

from offline_activation.errors import ActivationError, Refusal
from offline_activation.formats import frames

How = Literal["document", "text", "qr text", "picture"]
"""The form a document had: raw bytes, armored text, pasted text of QR codes, picture of QR codes."""

_LEAST_TELLING = ("armor.no_block", "armor.not_text", "picture.no_code", "picture.foreign_code", "picture.unreadable")


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """One document as it arrived: its bytes, not opened; ``readable`` are the lines around an armored block."""

    document: bytes
    readable: tuple[str, ...] | None
    how: How
    name: str
    label: str = ""


@dataclass(slots=True, kw_only=True)
class Found:
    """Whole documents, parts of documents and the problems met on the way."""

    documents: list[Carried] = field(default_factory=list)
    parts: list[tuple[str, str, How]] = field(default_factory=list)
    problems: list[ActivationError] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Tell whether anything of a document was found."""
        return bool(self.documents or self.parts)

    def add_code(self, text: str, name: str, how: How) -> None:
        """Add the text of one QR code; raises the refusals of ``frames.read``."""
        frame = frames.read(text)
        if frame.total == 1:
            self.documents.append(Carried(document=frame.data, readable=None, how=how, name=name))
        else:
            self.parts.append((text, name, how))

    def note(self, problem: ActivationError) -> None:
        """Remember ``problem`` without the frames it came through: they would keep every unpacked file in memory."""
        problem.__traceback__ = problem.__cause__ = problem.__context__ = None
        self.problems.append(problem)

    def merge(self, other: "Found") -> None:
        """Add everything of ``other`` but its problems."""
        self.documents += other.documents
        self.parts += other.parts

    def decide(self, source: str) -> Carried:
        """Return the one document; the same document found several times is one.

        Raises ``armor.two_documents``, ``frames.missing``, ``frames.mixed``, or when there is nothing the most telling
        problem met.
        """
        documents = list(self.documents)
        if self.parts:
            joined = frames.join(text for text, _, _ in self.parts)
            _, name, how = self.parts[0]
            documents.append(Carried(document=joined, readable=None, how=how, name=name))
        if not documents:
            raise self.worst(source)
        different = {carried.document: carried for carried in documents}
        if len(different) > 1:
            raise Refusal(
                "armor.two_documents",
                count=len(different),
                source=source,
                found=", ".join(f"{carried.label or carried.how} in {carried.name}" for carried in different.values()),
            )
        return next((carried for carried in documents if carried.readable), documents[0])

    def worst(self, source: str) -> ActivationError:
        """Return the problem that tells the user most."""
        telling = [problem for problem in self.problems if problem.code not in _LEAST_TELLING]
        return (telling or self.problems or [Refusal("armor.no_block", source=source)])[0]
