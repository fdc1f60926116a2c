"""The report of a signing run as CSV: every cell is text, also for programs that compute what begins like a formula."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, Final

from offline_activation.errors import visible
from offline_activation.files import write_new

_COLUMNS: Final = ("input", "reference", "outcome", "code", "license_number", "revision", "output", "reasons")
_FORMULA: Final = frozenset("=+-@\t\r\n|")


def write_report(path: str, results: Iterable[Mapping[str, Any]], *, force: bool) -> None:
    """Write one row for each result; raises what ``write_new`` raises."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for result in results:
        writer.writerow([cell(result[name]) for name in _COLUMNS])
    write_new(path, out.getvalue().encode(), force=force)


def cell(value: Any) -> str:  # noqa: ANN401 - text, number, list or nothing
    """Return ``value`` as text that no spreadsheet takes for a formula, controls made visible."""
    if value is None:
        return ""
    given = " ".join(value) if isinstance(value, list) else str(value)
    if given[:1] in _FORMULA - set("=+-@|"):
        return f"'{visible(given)}"
    # a semicolon separates cells for some programs: each piece of the text must be text on its own
    return ";".join(f"'{piece}" if _is_risky(piece) else piece for piece in visible(given).split(";"))


def _is_risky(piece: str) -> bool:
    """Tell whether some program takes this for a formula; full-width signs are formulas to a few."""
    return unicodedata.normalize("NFKC", piece).lstrip()[:1] in _FORMULA - {""}
