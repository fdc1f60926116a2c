"""How forks look, each history by itself: the books and the request in ``review``, all in ``license show``."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from offline_activation.cli import manners
from offline_activation.cli.vendor_show import instant

if TYPE_CHECKING:  # only names in signatures
    from offline_activation.formats.request import ReceivedRequest
    from offline_activation.vendor.fork import Histories, Step

_HEADING: Final = ("Request", "Dated", "Answered", "Count", "Revision", "HD Volume ID")


def fork_json(request: "ReceivedRequest", found: "Histories | None") -> dict[str, Any] | None:
    """Return both histories for JSON, each oldest first, the last step they share, and the ``request`` under review."""
    if found is None:
        return None
    present, asks = found.branches
    content = request.content
    return {
        "histories": {
            "present": [_step_json(step) for step in present.steps],
            "request": [_step_json(step) for step in asks.steps],
            "common": None if found.common is None else _step_json(found.common),
        },
        "not_shown": {"present": present.not_shown, "request": asks.not_shown},
        "request": {
            "reference": request.reference,
            "created": instant(content.created),
            "counter": content.counter,
            "revision": content.revision,
            "volume_id": content.volume_id,
        },
        "follows": asks.steps[-1].reference if asks.steps else asks.follows,
    }


def clone_json(found: "Histories | None") -> dict[str, Any]:
    """Return the histories of a license for JSON: the newest first, the steps of each oldest first."""
    if found is None:
        return {}
    return {
        "histories": [
            {
                "follows": history.follows,
                "not_shown": history.not_shown,
                "steps": [_step_json(step) for step in history.steps],
            }
            for history in found.branches
        ],
        "common": None if found.common is None else _step_json(found.common),
        "more_histories": found.more,
    }


def _step_json(step: "Step") -> dict[str, Any]:
    return {
        "reference": step.reference,
        "kind": step.kind,
        "answered": instant(step.answered),
        "created": instant(step.created),
        "counter": step.counter,
        "revision": step.revision,
        "volume_id": step.volume_id,
    }


def fork_lines(fork: dict[str, Any] | None) -> list[str]:
    """Return both histories as a table for people, one under the other; nothing without a fork."""
    if fork is None:
        return []
    found, hidden, now = fork["histories"], fork["not_shown"], fork["request"]
    knows = f"knows {now['revision']}"
    asks = (now["reference"], now["created"][:10], "asks now", str(now["counter"]), knows, now["volume_id"])
    return [
        *_table(
            [
                *_shared(found["common"], 2),
                ("The history in the books", _note(hidden["present"]), _rows(found["present"])),
                ("The history of this request", _note(hidden["request"]), [*_rows(found["request"]), asks]),
            ]
        ),
        *([] if fork["follows"] else ["The request follows none of these responses."]),
        *_apart(found["common"], 2),
    ]


def clone_lines(forks: dict[str, Any] | None) -> list[str]:
    """Return what the books say of forks, and each history under its own heading; nothing without a fork."""
    if forks is None:
        return []
    many = f"{forks['forks']} requests" if forks["forks"] > 1 else "1 request"
    said = f"{many} of its site key did not follow the last response, the last on {forks['last_seen'][:10]}"
    means = "two histories take turns, so two servers seem to run."
    if not forks["turns"]:
        means = "a restored backup does that once and goes on from there, a clone again and again."
    found, common, more = forks["histories"], forks["common"], forks["more_histories"]
    return [
        f"{said}:",
        means,
        "",
        *_table(
            [
                *_shared(common, len(found)),
                *(
                    (f"History {at}{_parts(each, common)}", _note(each["not_shown"]), _rows(each["steps"]))
                    for at, each in enumerate(found, start=1)
                ),
            ]
        ),
        *_apart(common, len(found)),
        *([f"{more} more, older than these, {'is' if more == 1 else 'are'} not shown."] if more else []),
    ]


def _parts(history: dict[str, Any], common: dict[str, Any] | None) -> str:
    """Tell where a history parted when it did not where the others did."""
    if history["follows"] is None or (common and history["follows"] == common["reference"]):
        return ""
    return f", from the response to {history['follows']} on"


def _shared(common: dict[str, Any] | None, histories: int) -> list[tuple[str, str, list[tuple[str, ...]]]]:
    return [(f"{_all(histories)} go on from the response to", "", _rows([common]))] if common else []


def _apart(common: dict[str, Any] | None, histories: int) -> list[str]:
    if common is not None or histories == 1:
        return []
    return [f"{_all(histories)} begin by themselves: they share no response in the books."]


def _all(histories: int) -> str:
    return "Both" if histories == 2 else "All"  # noqa: PLR2004 - the word for two


def _note(not_shown: int) -> str:
    return f", its {not_shown} earlier not shown" if not_shown else ""


def _rows(steps: Iterable[dict[str, Any]]) -> list[tuple[str, ...]]:
    return [
        (
            step["reference"],
            step["created"][:10],
            step["answered"][:10],
            str(step["counter"]),
            str(step["revision"]) if step["kind"] == "license" else step["kind"],
            step["volume_id"],
        )
        for step in steps
    ]


def _table(histories: Iterable[tuple[str, str, Sequence[tuple[str, ...]]]]) -> list[str]:
    """Return histories (title, note, rows) under one heading, so that their columns can be compared."""
    listed = list(histories)
    heading, *lines = manners.table([_HEADING, *(row for _, _, rows in listed for row in rows)])
    said, at = [f"  {heading}"], 0
    for title, note, rows in listed:
        said += [f"{title}{note}:", *(f"  {line}" for line in lines[at : at + len(rows)])]
        said += [] if rows else ["  no response since"]
        at += len(rows)
    return said
