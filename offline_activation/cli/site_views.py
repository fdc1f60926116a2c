"""How the customer's commands show a license, requests and troubles: the same for people and for scripts everywhere."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from offline_activation.cli import manners
from offline_activation.errors import ActivationError
from offline_activation.formats.instants import show_day, show_days
from offline_activation.verify.installed import default_home
from offline_activation.verify.stages import rights_in

if TYPE_CHECKING:
    from offline_activation.formats.policy import Fallback
    from offline_activation.site.directory import StateDirectory
    from offline_activation.site.pending import StoredRequest
    from offline_activation.verify.license import License

STATE_WORDS: Final = {
    "not_activated": "not activated",
    "renewal_due": "renewal due",
    "in_grace": "in grace",
    "over_limit": "over limit",
    "wrong_machine": "wrong machine",
    "clock_problem": "clock problem",
}
"""States whose words on screens are not their names in JSON."""


def home() -> str:
    """Return the state directory of this run: ``--home``, else the environment, else the platform's place."""
    return manners.SESSION.options.get("--home") or default_home()


def open_site(*, as_server: bool = True, reading: bool = False) -> "StateDirectory":
    """Return the state directory; ``as_server`` for what handles licenses, ``reading`` for what only looks.

    Raises ``site.not_initialised``, ``site.unsafe_directory``, ``site.not_the_server``, ``io.unreadable``.
    """
    from offline_activation.site.installation import open_site as opened

    return opened(home(), as_server=as_server, reading=reading)


def witness_clock() -> None:
    """Let the installation remember what this clock shows, as well as it goes."""
    from offline_activation.verify.installed import load_license, read_product_file

    load_license(read_product_file(home()).product, home=home(), witness=True)


def license_json(found: "License") -> dict[str, Any]:
    """Return a license as it stands in JSON."""
    return {
        "state": found.state,
        "stage": found.stage,
        "kind": found.kind,
        "license_number": found.license_number,
        "revision": found.revision,
        "product": found.product,
        "company": found.company,
        "limits": found.limits,
        "options": list(found.options),
        "lease_until": found.lease_until,
        "until": found.until,
        "maintenance_until": found.maintenance_until,
        "version_ceiling": found.version_ceiling,
        "days_left": found.days_left,
        "needs_order": found.needs_order,
        "dates": found.dates,
        "allowed": {"grace": _mode_json(found.grace), "fallback": _mode_json(found.fallback)},
        "policy": {
            "overuse_percent": found.policy.overuse_percent,
            "drift_days": found.policy.drift_days,
            "clock_days": list(found.policy.clock_days),
            "emergency_days": found.policy.emergency_days,
            "match": {"needed": found.policy.match.needed, "weights": dict(found.policy.match.weights)},
        },
        "warnings": problems_json(found.warnings),
    }


def _mode_json(mode: "Fallback") -> dict[str, Any]:
    return {"days": mode.days, "limits": dict(mode.limits), "options": list(mode.options)}


def problem_lines(problem: ActivationError | None) -> list[str]:
    """Return what is wrong, and the next step, as the lines that come before everything else."""
    if problem is None:
        return []
    rows = [("Problem", f"[{problem.code}] {problem.message}"), ("Next step", problem.remedy)]
    return [*manners.pairs(rows), ""]


def license_lines(found: "License", *, state: str | None = None) -> list[str]:
    """Return a license as lines for people; ``state`` when it is another than that of the license alone."""
    options = ", ".join(found.label(name) for name in found.options)
    days = "" if found.days_left is None else str(found.days_left)
    rows = [
        ("State", STATE_WORDS.get(state or found.state, state or found.state)),
        ("Kind", found.kind or ""),
        ("License number", found.license_number or "none"),
        ("Revision", str(found.revision)),
        ("Company", found.company or ""),
        *((found.label(name), str(count)) for name, count in found.limits.items()),
        ("Options", options or "none"),
        ("Lease until", found.lease_until or ""),
        ("License until", found.until or ("perpetual" if found.license_number else "")),
        ("Maintenance until", found.maintenance_until or ""),
        ("Versions", f"up to {found.version_ceiling}" if found.version_ceiling else ""),
        ("Days left", days),
    ]
    return manners.pairs((label, text) for label, text in rows if text)


def policy_lines(found: "License") -> list[str]:
    """Return what holds later, by the signed rules: in grace, in Demo Mode, with more in use, on changed hardware.

    Nothing does where the license allows nothing here, or where its emergency license is open.
    """
    if found.license_number is None or rights_in(found.state) == "none" or "emergency" in found.dates:
        return []
    rules, grace = found.policy, found.grace
    lowered = [name for name in grace.limits if name in rules.grace_limits]
    kept = f"{show_days(grace.days)} with " + (_counts(found, grace.limits, lowered) if lowered else "what was bought")
    rows = [
        ("In grace", kept if grace.days else "nothing: there is no grace"),
        ("Demo Mode after it", _mode(found, found.fallback) if found.fallback.days else "none"),
        ("More in use", f"up to {rules.overuse_percent} % above a limit" if rules.overuse_percent else "not tolerated"),
        (
            "Changed hardware",
            f"{show_days(rules.drift_days)} to ask for a rebind" if rules.drift_days else "a rebind at once",
        ),
        ("Emergency license", f"{show_days(rules.emergency_days)} once opened" if rules.emergency_days else "none"),
    ]
    return ["", "What the license allows later:", *manners.pairs(rows)]


def date_lines(found: "License") -> list[str]:
    """Return what will happen when, while no response comes."""
    from offline_activation.site.due_dates import due_dates

    dates = [f"{each.day}  {each.title}" for each in due_dates(found)]
    return ["", "What happens when:", *dates] if dates else []


def _mode(found: "License", mode: "Fallback") -> str:
    options = "".join(f", {found.label(name)}" for name in mode.options)
    return f"{show_days(mode.days)} with {_counts(found, mode.limits, mode.limits)}{options}"


def _counts(found: "License", limits: Mapping[str, int], names: Iterable[str]) -> str:
    return ", ".join(f"{found.label(name)} {limits[name]}" for name in names) or "nothing"


def problems_json(problems: Iterable[ActivationError]) -> list[dict[str, Any]]:
    """Return warnings as they stand in JSON; those ahead of an end with their ``stage``."""
    return [_problem_json(problem) for problem in problems]


def _problem_json(problem: ActivationError) -> dict[str, Any]:
    said = manners.as_problem(problem)
    return said if problem.stage is None else said | {"stage": problem.stage}


def request_json(stored: "StoredRequest", now: int) -> dict[str, Any]:
    """Return an open request as it stands in JSON."""
    return {
        "reference": stored.reference,
        "purpose": stored.content.purpose.name.lower(),
        "license_number": _shown_number(stored),
        "created": iso(stored.content.created),
        "age_days": max(now - stored.content.created, 0) // 86_400,
        "bytes": len(stored.document),
    }


def returned_json() -> dict[str, Any] | None:
    """Return the return with which the license was given back, as it stands in JSON; ``None`` without one."""
    from offline_activation.formats.names import show_license_number
    from offline_activation.site.returning import find_returned, find_taken_back

    directory = open_site(reading=True)
    made = find_returned(directory)
    if made is None:
        return None
    receipt = find_taken_back(directory)
    return {
        "reference": made.reference,
        "license_number": show_license_number(made.content.license_number),
        "revision": made.content.revision,
        "created": iso(made.content.created),
        "receipt": None if receipt is None else show_day(receipt),
    }


def request_lines(requests: Sequence["StoredRequest"], now: int) -> list[str]:
    """Return open requests as a table for people."""
    rows = [("Reference", "Purpose", "Made", "Days", "License number")]
    for stored in requests:
        shown = request_json(stored, now)
        made = shown["created"].replace("T", " ").replace("Z", " UTC")
        rows.append((stored.reference, shown["purpose"], made, str(shown["age_days"]), shown["license_number"]))
    return manners.table(rows) if requests else ["No open requests."]


def iso(seconds: int) -> str:
    """Return an instant as ISO 8601 in UTC, as it stands in JSON."""
    from datetime import UTC, datetime

    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return "9999-12-31T23:59:59Z"


def emit_refused(result: Mapping[str, Any], error: ActivationError, lines: Iterable[str] = ()) -> None:
    """Print a result that ends in a no: the result with an ``error`` beside it, and the exit code of a refusal."""
    manners.emit({**result, "error": manners.as_problem(error)}, lines)
    if not manners.SESSION.as_json:
        manners.note(f"refusal [{error.code}]: {error.message}")
        manners.note(f"  next step: {error.remedy}")
    manners.SESSION.exit_code = manners.EXIT_REFUSED


def warn_each(problems: Iterable[ActivationError]) -> None:
    """Print warnings to standard error, for people only: in JSON they are part of the result."""
    if not manners.SESSION.as_json:
        for problem in problems:
            manners.warn(problem)


def _shown_number(stored: "StoredRequest") -> str:
    from offline_activation.formats.names import show_license_number

    return show_license_number(stored.content.license_number)
