"""``license``, ``check``, ``forecast`` and ``history``: what this server may do, now and later."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from offline_activation.cli import manners
from offline_activation.cli.site_views import (
    date_lines,
    emit_refused,
    home,
    license_json,
    license_lines,
    open_site,
    policy_lines,
    problem_lines,
    problems_json,
    request_json,
    request_lines,
    returned_json,
    warn_each,
)
from offline_activation.errors import ActivationError, Misuse, Refusal, visible
from offline_activation.formats.names import NAME_LIMIT
from offline_activation.verify.stages import OVER_LIMIT

if TYPE_CHECKING:
    from offline_activation.verify.license import License

Options = Annotated[list[str] | None, typer.Option("--option", metavar="NAME", help="An option that must be on.")]
Use = Annotated[
    list[str] | None,
    typer.Option("--use", metavar="LIMIT=N", help="How many are in use; inactive employees do not count."),
]
At = Annotated[str, typer.Option("--at", metavar="DATE", help="YYYY-MM-DD, or an instant YYYY-MM-DDTHH:MM:SSZ.")]

Without = Annotated[
    list[str] | None,
    typer.Option(
        "--without", metavar="COMPONENT", help="A component that this machine shows no longer, for example volume_id."
    ),
]
Version = Annotated[
    str | None,
    typer.Option(
        "--product-version", metavar="V", help="The version of the product that is to run, for example 4.2.1."
    ),
]
Released = Annotated[
    str | None,
    typer.Option("--released", metavar="DATE", help="The day of its release, YYYY-MM-DD: within the maintenance?"),
]
Ics = Annotated[str, typer.Option("--ics", metavar="FILE", help="Write the due dates as a calendar; - is stdout.")]


def register(program: typer.Typer) -> None:
    """Add the commands to ``program``."""
    program.command("license", epilog="Example: activation-site license --json")(_license)
    program.command("check", epilog="Example: activation-site check --option accruals_plus --use employees=120")(_check)
    program.command("forecast", epilog="Example: activation-site forecast --at 2027-05-31 --use employees=120")(
        _forecast
    )
    program.command("history", epilog="Example: activation-site history --json")(_history)


def _license() -> None:
    """License Information: state, counts, options, dates, what is due when, and open requests.

    A problem comes first; the exit code is 0 all the same: 'check' is the command that answers with its exit code.
    """
    import time

    from offline_activation.site.pending import open_requests

    now = int(time.time())
    found = _load()
    problem: ActivationError | None = found.problem
    returned = None
    try:
        waiting = open_requests(open_site(reading=True))
        returned = returned_json()
    except ActivationError as error:  # an unsafe directory must not hide the license
        waiting, problem = (), problem or error
    result = {
        **license_json(found),
        "problem": manners.as_problem(problem) if problem else None,
        "pending": [request_json(stored, now) for stored in waiting],
        "returned": returned,
    }
    lines = [*problem_lines(problem), *license_lines(found), *policy_lines(found), *date_lines(found)]
    if returned is not None:
        said = f"license {returned['license_number']}, request {returned['reference']} of {returned['created']}"
        said += f", receipt of {returned['receipt']}" if returned["receipt"] else ", no receipt yet"
        lines += ["", f"Given back: {said}"]
    if waiting:
        lines += ["", "Open requests:", *request_lines(waiting, now)]
    manners.emit(result, lines)
    warn_each(found.warnings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a product wants to do, as the options say it."""

    options: list[str]
    in_use: dict[str, int]
    version: str | None
    released: str | None


def _check(
    *, option: Options = None, use: Use = None, product_version: Version = None, released: Released = None
) -> None:
    """Exit 0 when the product may run so now, else 1 with the code; for scripts."""
    asked = _asked(option, use, product_version, released)
    _judge(_load(), asked)


def _forecast(
    *,
    at: At = "",
    option: Options = None,
    use: Use = None,
    without: Without = None,
    product_version: Version = None,
    released: Released = None,
    ics: Ics = "",
    force: Annotated[bool, typer.Option("--force", help="Replace a calendar that exists.")] = False,
) -> None:
    """Check by the same rules at another time: exit 0 when the product may run so then, else 1 with the code.

    Without --at it is now, for example with --without. It also says what happens when, while no response comes. With
    --ics: write that as a calendar instead.
    """
    if ics:
        if at or option or use or without or product_version is not None or released is not None:
            raise Misuse("usage.invalid", what="--ics stands alone: a calendar is not of one time or use")
        from offline_activation.cli.site_calendar import write_calendar

        write_calendar(ics, force=force)
        return
    import time

    if not (at or option or use or without or product_version is not None):
        raise Misuse("usage.missing", what="--at DATE or --ics FILE")
    asked = _asked(option, use, product_version, released)
    found = _load(_instant(at) if at else int(time.time()), _components(without or []))
    _judge(found, asked, date_lines(found), told=_clock_today())


def _asked(option: list[str] | None, use: list[str] | None, version: str | None, released: str | None) -> Asked:
    if released is not None and version is None:
        raise Misuse("usage.missing", what="--product-version V, which goes with --released")
    return Asked(options=option or [], in_use=read_uses(use or []), version=version, released=released)


def _components(names: list[str]) -> tuple[str, ...]:
    from offline_activation.identity.matching import SHOWN

    given = tuple(name.replace("-", "_") for name in names)
    for name in given:
        if name not in SHOWN:
            raise no_such("component", name, SHOWN)
    return given


def _clock_today() -> list[ActivationError]:
    """Return what is wrong with this clock now: a forecast goes by its day, as if the clock were right."""
    from offline_activation.verify.installed import load_license, read_product_file

    found = load_license(read_product_file(home()).product, home=home())
    return [each for each in (found.problem, *found.warnings) if each is not None and each.code.startswith("clock.")]


def _judge(found: "License", asked: Asked, more: Iterable[str] = (), *, told: Iterable[ActivationError] = ()) -> None:
    result: dict[str, Any] = license_json(found)
    told = tuple(told)
    result["warnings"] += problems_json(told)
    near = [said for name, count in asked.in_use.items() if (said := found.near(name, in_use=count)) is not None]
    result["warnings"] += problems_json(near)
    if found.is_usable and any(count > found.limit(name) for name, count in asked.in_use.items()):
        result["state"] = OVER_LIMIT
    lines = [*license_lines(found, state=result["state"]), *more]
    try:
        _require(found, asked)
    except Misuse:
        raise
    except ActivationError as error:
        emit_refused(result, error, lines)
    else:
        manners.emit(result, lines)
    warn_each((*found.warnings, *told, *near))


def _require(found: "License", asked: Asked) -> None:
    if found.problem is not None:
        raise found.problem
    _refuse_unknown(found, asked.options, asked.in_use)
    if asked.version is not None:
        found.require_version(asked.version, released=asked.released)
    for name in asked.options:
        if not found.allows(name):
            raise Refusal("license.option_missing", option=found.label(name))
    for name, count in asked.in_use.items():
        found.require(name, in_use=count)


def _refuse_unknown(found: "License", options: list[str], in_use: dict[str, int]) -> None:
    """Refuse a name that neither the product file nor the license knows: it is mistyped, not unlicensed."""
    from offline_activation.verify.installed import read_product_file

    known = dict.fromkeys((*read_product_file(home()).options, *found.options))
    for name in options:
        if name not in known:
            raise no_such("option", name, known)
    for name in in_use:
        if name not in found.limits:
            raise no_such("limit", name, found.limits)


def no_such(what: str, name: str, known: Iterable[str]) -> Misuse:
    """Return the error of a limit or option that does not exist, naming those that do."""
    first, *rest = [*known] or ["none"]
    said = f"There is no {what} {visible(name, limit=NAME_LIMIT)}; known: {first}"
    return Misuse("usage.invalid", what=(said, *rest))


def read_uses(uses: list[str]) -> dict[str, int]:
    """Return ``LIMIT=N`` options as a map; raises :class:`Misuse` ``usage.invalid``."""
    found: dict[str, int] = {}
    for each in uses:
        name, equals, count = each.partition("=")
        if not name or not equals or not (count.isascii() and count.isdigit()) or len(count) > 15:  # noqa: PLR2004
            raise Misuse("usage.invalid", what=f"--use {each} is not LIMIT=N with a whole number N")
        found[name] = int(count)
    return found


def _load(at: int | None = None, without: tuple[str, ...] = ()) -> "License":
    """Return the license without looking at owner and modes, as the application does at its start.

    Now, it is a witness of this clock; at another time it is a forecast, to which no clock is wrong.
    """
    import time

    from offline_activation.verify.installed import (
        forecast_license,
        is_client,
        load_license,
        read_product_file,
    )

    product = read_product_file(home())
    if is_client(home()):
        raise Refusal("site.not_the_server")
    if at is not None:
        return forecast_license(product.product, home=home(), now=at, today=int(time.time()), without=without)
    return load_license(product.product, home=home(), witness=True)


def _instant(text: str) -> int:
    """Return the first second of a local day, or an ISO 8601 instant, in seconds since 1970 UTC."""
    from datetime import datetime

    try:
        return max(int(datetime.fromisoformat(text).timestamp()), 0)  # without an offset it is local time
    except (ValueError, OverflowError, OSError):
        raise Misuse("usage.invalid", what=f"--at {text} is not a date YYYY-MM-DD") from None


def _history() -> None:
    """Show what happened at this installation: requests, responses, refusals."""
    from offline_activation.cli.site_views import iso
    from offline_activation.site.history import records, show

    found = records(open_site(as_server=False, reading=True))
    listed = [{"at": iso(each.at), "event": each.event, "subject": each.subject, **each.details} for each in found]
    manners.emit({"history": listed}, [show(each) for each in found] or ["Nothing has happened yet."])
