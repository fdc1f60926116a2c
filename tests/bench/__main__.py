"""Run the benchmarks and rewrite the measured part of docs/performance.md: ``make bench``.

Every figure that matters is a ratio to a floor measured in the same run, in turn with what it is compared to: the speed
of a shared machine moves by a third by itself.
"""

import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path

from tests.bench import envelope, pictures, startup
from tests.bench.report import Section, rewrite

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"


def machine() -> str:
    """Return one line about the machine and the software measured on it."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    software = f"CPython {platform.python_version()}, cryptography {version('cryptography')}"
    return f"{time.strftime('%Y-%m-%d')}, {model}, {platform.system()} {platform.release()}, {software}"


def main() -> int:
    """Run all benchmarks; return 1 when a promised ratio is not kept."""
    sections: list[Section] = [startup.measure(), envelope.measure(), pictures.measure()]
    rewrite(PAGE, machine=machine(), sections=sections)
    for section in sections:
        sys.stdout.write(section.as_text())
    broken = [promise for section in sections for promise in section.promises if not promise.is_kept]
    for promise in broken:
        sys.stderr.write(f"promise not kept: {promise.as_text()}\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
