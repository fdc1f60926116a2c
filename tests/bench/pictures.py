"""QR pictures: how long making and reading one takes, the child process included."""

import statistics
import time
from collections.abc import Callable

from offline_activation.transports.picture import read_codes
from offline_activation.transports.qr import write_png
from tests.bench.documents import license_and_request
from tests.bench.report import Section

ROUNDS = 7


def measure() -> Section:
    """Return milliseconds (wall clock) of writing and reading the picture of a full license."""
    document, _ = license_and_request()
    picture = write_png(document)
    rows = (
        ("write a PNG of a full license", *_figures(lambda: write_png(document))),
        ("read it back, in a limited child process", *_figures(lambda: read_codes(picture, source="license.png"))),
    )
    return Section(
        title="QR pictures",
        method=f"Milliseconds of wall-clock time, {ROUNDS} rounds; one code of a full license, {len(document)} bytes.",
        heading=("step", "minimum ms", "median ms"),
        rows=rows,
    )


def _figures(call: Callable[[], object]) -> tuple[str, str]:
    times: list[float] = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        call()
        times.append((time.perf_counter() - begun) * 1e3)
    return f"{min(times):.0f}", f"{statistics.median(times):.0f}"
