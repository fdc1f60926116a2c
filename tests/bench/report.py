"""Sections of docs/performance.md: tables of figures, and promises with what was measured."""

import re
from dataclasses import dataclass
from pathlib import Path

BEGIN = "<!-- measured: begin -->"
END = "<!-- measured: end -->"


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A ratio that must hold: at most ``most`` or at least ``least`` times the floor of the same run."""

    name: str
    measured: float
    most: float | None = None
    least: float | None = None

    @property
    def is_kept(self) -> bool:
        """Whether the measured ratio is within the promise."""
        return (self.most is None or self.measured <= self.most) and (self.least is None or self.measured >= self.least)

    def as_text(self) -> str:
        """Return the promise as one line."""
        bound = f"at most {self.most}" if self.most is not None else f"at least {self.least}"
        return f"{self.name}: {self.measured:.2f} of the floor (promised: {bound})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One benchmark: what was compared, the figures, the promises."""

    title: str
    method: str
    heading: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    promises: tuple[Promise, ...] = ()

    def as_text(self) -> str:
        """Return the section as Markdown."""
        table = [self.heading, tuple("---" for _ in self.heading), *self.rows]
        lines = [f"### {self.title}", "", self.method, ""]
        lines += ["| " + " | ".join(row) + " |" for row in table]
        if self.promises:
            lines += ["", *(f"- **{promise.as_text()}**" for promise in self.promises)]
        return "\n".join([*lines, ""])


def rewrite(page: Path, *, machine: str, sections: list[Section]) -> None:
    """Replace the measured part of the page; what people wrote around it stays."""
    measured = "\n".join([BEGIN, "", f"Measured on {machine}.", "", *(section.as_text() for section in sections), END])
    pattern = re.compile(re.escape(BEGIN) + ".*" + re.escape(END), re.DOTALL)
    page.write_text(pattern.sub(lambda _: measured, page.read_text()))
