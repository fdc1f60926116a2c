# ruff: noqa: INP001 - the script of a page, no package
"""Draw docs/lifecycle.svg from the table of stages; a test compares the drawing with what this makes.

    python docs/draw_lifecycle.py

States and transitions come from ``offline_activation.verify.stages``; only their places are
decided here.  A transition without a place is an error, so that the drawing never tells less than the table.
"""

from pathlib import Path
from xml.sax.saxutils import escape

from offline_activation.verify.stages import STAGES, Stage

PAGE = Path(__file__).with_name("lifecycle.svg")
WIDTH, HEIGHT = 1240, 790
BOX = (160, 62)
INK, FAINT = "#24292f", "#57606a"
FILLS = {"licensed": "#d2f4d9", "grace": "#fdf0c4", "demo": "#d8e9fd", "none": "#e9ebee"}
RIGHTS = {
    "licensed": "what was bought",
    "grace": "what was bought, or the limits for grace",
    "demo": "Demo Mode",
    "none": "nothing",
}
AT = {
    "not_activated": (30, 130),
    "demo": (30, 330),
    "active": (370, 130),
    "renewal_due": (600, 130),
    "in_grace": (830, 130),
    "expired": (1060, 130),
    "over_limit": (370, 440),
    "wrong_machine": (600, 440),
    "clock_problem": (830, 440),
    "returned": (370, 680),
    "superseded": (600, 680),
    "revoked": (830, 680),
}
WORKS = ("active", "renewal_due", "in_grace")
AROUND_WORKS = (350, 96, 660, 176)
ENDS = ("returned", "superseded", "revoked")
AROUND_INSTALLED = (336, 34, 894, 510)

Point = tuple[int, int]
Line = tuple[tuple[Point, ...], Point]
"""Corners of a line with an arrow at its end, and the middle of its label."""

LINES: dict[tuple[str, str], Line] = {
    ("not_activated", "demo"): (((80, 192), (80, 330)), (80, 235)),
    ("demo", "not_activated"): (((140, 330), (140, 192)), (150, 285)),
    ("not_activated", "active"): (((190, 150), (370, 150)), (276, 143)),
    ("demo", "active"): (((190, 350), (300, 350), (300, 180), (370, 180)), (276, 343)),
    ("not_activated", "in_grace"): (((110, 130), (110, 20), (930, 20), (930, 130)), (520, 16)),
    ("demo", "in_grace"): (((190, 380), (318, 380), (318, 60), (900, 60), (900, 130)), (640, 56)),
    ("active", "renewal_due"): (((530, 150), (600, 150)), (565, 122)),
    ("renewal_due", "active"): (((600, 178), (530, 178)), (565, 173)),
    ("renewal_due", "in_grace"): (((760, 150), (830, 150)), (795, 143)),
    ("renewal_due", "expired"): (((700, 130), (700, 82), (1100, 82), (1100, 130)), (1010, 78)),
    ("in_grace", "active"): (((870, 192), (870, 224), (480, 224), (480, 192)), (690, 219)),
    ("in_grace", "demo"): (((885, 192), (885, 262), (226, 262), (226, 361), (190, 361)), (500, 259)),
    ("in_grace", "expired"): (((990, 150), (1060, 150)), (1025, 122)),
    ("in_grace", "not_activated"): (((910, 192), (910, 246), (210, 246), (210, 172), (190, 172)), (690, 242)),
    ("expired", "active"): (((1150, 130), (1150, 46), (430, 46), (430, 130)), (800, 42)),
    ("expired", "wrong_machine"): (((1110, 192), (1110, 400), (735, 400), (735, 440)), (980, 395)),
    ("over_limit", "active"): (((500, 440), (500, 272)), (505, 365)),
    ("wrong_machine", "active"): (((690, 440), (690, 272)), (690, 345)),
    ("wrong_machine", "in_grace"): (((750, 440), (750, 372), (960, 372), (960, 192)), (870, 367)),
    ("clock_problem", "active"): (((930, 440), (930, 272)), (958, 345)),
    ("clock_problem", "expired"): (((990, 470), (1170, 470), (1170, 192)), (1090, 488)),
    ("over_limit", "expired"): (((450, 502), (450, 522), (1200, 522), (1200, 192)), (1090, 518)),
    ("superseded", "returned"): (((600, 725), (530, 725)), (565, 720)),
    ("revoked", "returned"): (((910, 742), (910, 768), (450, 768), (450, 742)), (680, 764)),
    ("returned", "active"): (((480, 680), (480, 544)), (520, 645)),
    ("superseded", "active"): (((710, 680), (710, 544)), (750, 645)),
    ("revoked", "active"): (((940, 680), (940, 544)), (980, 645)),
}
FROM_WORKS: dict[str, Line] = {
    "over_limit": (((410, 272), (410, 440)), (432, 310)),
    "wrong_machine": (((620, 272), (620, 440)), (620, 310)),
    "clock_problem": (((850, 272), (850, 440)), (828, 296)),
}
FROM_INSTALLED: dict[str, Line] = {
    "returned": (((410, 544), (410, 680)), (410, 590)),
    "superseded": (((640, 544), (640, 680)), (640, 590)),
    "revoked": (((870, 544), (870, 680)), (870, 590)),
}


def draw() -> str:
    """Return the drawing as SVG text."""
    parts = [
        _head(),
        "<title>The states of a license and what leads from one to another</title>",
        _arrow_head(),
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        _group(AROUND_INSTALLED, "a license is installed", name_at=500),
        _group(AROUND_WORKS, "the license works", name_at=18),
        *(_line(line) for line, _ in _lines()),
        *(_box(stage) for stage in STAGES.values()),
        *(_label(at, text) for (_, at), text in _lines()),
        *_legend(),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _head() -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        'font-family="system-ui, sans-serif" font-size="12" role="img">'
    )


def _arrow_head() -> str:
    return (
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        f'<path d="M0 0 8 4 0 8z" fill="{FAINT}"/></marker></defs>'
    )


def _lines() -> list[tuple[Line, str]]:
    """Return every line with its label; raises ``KeyError`` for a transition that has no place."""
    found: dict[Line, list[str]] = {}
    for stage in STAGES.values():
        for event, target in stage.leads_to:
            line = _place(stage, target)
            events = found.setdefault(line, [])
            if event not in events:
                events.append(event)
    return [(line, ", or ".join(events)) for line, events in found.items()]


def _place(stage: Stage, target: str) -> Line:
    if target in ENDS and stage.name not in ENDS:
        return FROM_INSTALLED[target]
    if stage.name in WORKS and target in FROM_WORKS:
        return FROM_WORKS[target]
    return LINES[stage.name, target]


def _box(stage: Stage) -> str:
    x, y = AT[stage.name]
    width, height = BOX
    return (
        f'<g><rect x="{x}" y="{y}" width="{width}" height="{height}" rx="10" fill="{FILLS[stage.rights]}" '
        f'stroke="{INK}" stroke-width="1.3"/>'
        f'<text x="{x + width // 2}" y="{y + 37}" text-anchor="middle" font-size="15" font-weight="600" '
        f'fill="{INK}">{stage.name.replace("_", " ")}</text></g>'
    )


def _group(place: tuple[int, int, int, int], name: str, *, name_at: int) -> str:
    x, y, width, height = place
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="14" fill="none" stroke="{FAINT}" '
        f'stroke-dasharray="5 4"/><text x="{x + 12}" y="{y + name_at}" fill="{FAINT}" font-style="italic">'
        f"{name}</text>"
    )


def _line(line: Line) -> str:
    corners, _ = line
    points = " ".join(f"{x},{y}" for x, y in corners)
    return (
        f'<polyline points="{points}" fill="none" stroke="{FAINT}" stroke-width="1.2" stroke-linejoin="round" '
        'marker-end="url(#tip)"/>'
    )


def _label(at: Point, text: str) -> str:
    x, y = at
    rows = _broken(text)
    spans = "".join(f'<tspan x="{x}" dy="{0 if row == rows[0] else 14}">{escape(row)}</tspan>' for row in rows)
    return (
        f'<text x="{x}" y="{y}" text-anchor="middle" fill="{INK}" stroke="white" stroke-width="4" '
        f'paint-order="stroke">{spans}</text>'
    )


def _broken(text: str, width: int = 26) -> list[str]:
    """Return the text in rows of about ``width`` characters."""
    rows = [""]
    for word in text.split():
        if rows[-1] and len(rows[-1]) + len(word) >= width:
            rows.append("")
        rows[-1] = f"{rows[-1]} {word}".strip()
    return rows


def _legend() -> list[str]:
    return [
        f'<rect x="30" y="{660 + 28 * at}" width="18" height="18" rx="4" fill="{FILLS[rights]}" stroke="{INK}"/>'
        f'<text x="56" y="{674 + 28 * at}" fill="{INK}">{escape(text)}</text>'
        for at, (rights, text) in enumerate(RIGHTS.items())
    ]


if __name__ == "__main__":
    PAGE.write_text(draw(), encoding="utf-8")
