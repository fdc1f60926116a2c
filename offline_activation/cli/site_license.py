"""``license``, ``check``, ``forecast`` and ``history``: what this server may do, now and later."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from offline_activation.cli import manners
from offline_activation.cli.site_views import (
    emit_refused,
    home,
    license_json,
    license_lines,
    open_site,
    request_json,
    request_lines,
    warn_each,
)
from offline_activation.errors import ActivationError, Misuse, Refusal

if TYPE_CHECKING:
    from offline_activation.verify.license import License

OVER_LIMIT = "over_limit"

Options = Annotated[list[str] | None, typer.Option("--option", metavar="NAME", help="An option that must be on.")]
Use = Annotated[list[str] | None, typer.Option("--use", metavar="LIMIT=N", help="How many are in use.")]
At = Annotated[str, typer.Option("--at", metavar="DATE", help="YYYY-MM-DD, or an instant YYYY-MM-DDTHH:MM:SSZ.")]


def register(program: typer.Typer) -> None:
    """Add the commands to ``program``."""
    program.command("license", epilog="Example: activation-site license --json")(_license)
    program.command("check", epilog="Example: activation-site check --option accruals_plus --use employees=120")(_check)
    program.command("forecast", epilog="Example: activation-site forecast --at 2027-05-31 --use employees=120")(
        _forecast
    )
    program.command("history", epilog="Example: activation-site history --json")(_history)


def _license() -> None:
    """License Information: state, counts, options, dates, what is due when, and open requests."""
    import time  # noqa: PLC0415 - commands import what they need

    from offline_activation.site.pending import open_requests  # noqa: PLC0415

    now = int(time.time())
    found = _load(now)
    problem: ActivationError | None = found.problem
    try:
        waiting = open_requests(open_site())
    except ActivationError as error:  # an unsafe directory must not hide the license
        waiting, problem = (), problem or error
    result = {
        **license_json(found),
        "problem": manners.as_problem(problem) if problem else None,
        "pending": [request_json(stored, now) for stored in waiting],
    }
    lines = license_lines(found)
    if waiting:
        lines += ["", "Open requests:", *request_lines(waiting, now)]
    manners.emit(result, lines)
    warn_each([*([problem] if problem else []), *found.warnings])


def _check(*, option: Options = None, use: Use = None) -> None:
    """Exit 0 when the product may run so now, else 1 with the code; for scripts."""
    import time  # noqa: PLC0415 - commands import what they need

    _judge(int(time.time()), option or [], use or [])


def _forecast(*, at: At, option: Options = None, use: Use = None) -> None:
    """Check by the same rules at another time: exit 0 when the product may run so then, else 1 with the code."""
    _judge(_instant(at), option or [], use or [])


def _judge(now: int, options: list[str], uses: list[str]) -> None:
    in_use = read_uses(uses)
    found = _load(now)
    result: dict[str, Any] = license_json(found)
    try:
        _require(found, options, in_use)
    except ActivationError as error:
        if error.code == "license.over_limit":
            result["state"] = OVER_LIMIT
        emit_refused(result, error, license_lines(found))
    else:
        manners.emit(result, license_lines(found))
    warn_each(found.warnings)


def _require(found: "License", options: list[str], in_use: dict[str, int]) -> None:
    if found.problem is not None:
        raise found.problem
    for name in options:
        if not found.allows(name):
            raise Refusal("license.option_missing", option=found.label(name))
    for name, count in in_use.items():
        found.require(name, in_use=count)


def read_uses(uses: list[str]) -> dict[str, int]:
    """Return ``LIMIT=N`` options as a map; raises :class:`Misuse` ``usage.invalid``."""
    found: dict[str, int] = {}
    for each in uses:
        name, equals, count = each.partition("=")
        if not name or not equals or not (count.isascii() and count.isdigit()) or len(count) > 15:  # noqa: PLR2004
            raise Misuse("usage.invalid", what=f"--use {each} is not LIMIT=N with a whole number N")
        found[name] = int(count)
    return found


def _load(now: int) -> "License":
    """Return the license at ``now`` without looking at owner and modes, as the application does at its start."""
    from pathlib import Path  # noqa: PLC0415 - commands import what they need

    from offline_activation.site.directory import CLIENT  # noqa: PLC0415
    from offline_activation.verify.installed import load_license, read_product_file  # noqa: PLC0415

    product = read_product_file(home())
    if (Path(home()) / CLIENT).exists():
        raise Refusal("site.not_the_server")
    return load_license(product.product, home=home(), now=now)


def _instant(text: str) -> int:
    """Return the first second of a local day, or an ISO 8601 instant, in seconds since 1970 UTC."""
    from datetime import datetime  # noqa: PLC0415 - commands import what they need

    try:
        return max(int(datetime.fromisoformat(text).timestamp()), 0)  # without an offset it is local time
    except (ValueError, OverflowError, OSError):
        raise Misuse("usage.invalid", what=f"--at {text} is not a date YYYY-MM-DD") from None


def _history() -> None:
    """Show what happened at this installation: requests, responses, refusals."""
    from offline_activation.cli.site_views import iso  # noqa: PLC0415 - commands import what they need
    from offline_activation.site.history import records, show  # noqa: PLC0415

    found = records(open_site(as_server=False))
    listed = [{"at": iso(each.at), "event": each.event, "subject": each.subject, **each.details} for each in found]
    manners.emit({"history": listed}, [show(each) for each in found] or ["Nothing has happened yet."])
