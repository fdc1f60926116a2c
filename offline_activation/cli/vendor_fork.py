"""How a fork looks in ``review``: what the license's server said before, and what it says now, row by row."""

from typing import TYPE_CHECKING, Any

from offline_activation.cli import manners
from offline_activation.cli.vendor_show import instant

if TYPE_CHECKING:  # only names in signatures
    from offline_activation.formats.request import ActivationRequest, ReceivedRequest
    from offline_activation.vendor.fork import Step


def fork_json(request: "ReceivedRequest", steps: "tuple[Step, ...] | None") -> dict[str, Any] | None:
    """Return both histories for JSON: ``responses``, oldest first, and the ``request`` under review."""
    if steps is None:
        return None
    return {
        "responses": [
            {
                "reference": step.reference,
                "answered": instant(step.answered),
                "created": instant(step.created),
                "counter": step.counter,
                "revision": step.revision,
                "volume_id": step.volume_id,
                "same_site_key": step.same_site_key,
                "followed_by_request": step.followed,
            }
            for step in steps
        ],
        "request": _request_json(request.content, request.reference),
        "follows": next((step.reference for step in steps if step.followed), None),
    }


def _request_json(content: "ActivationRequest", reference: str) -> dict[str, Any]:
    return {
        "reference": reference,
        "created": instant(content.created),
        "counter": content.counter,
        "revision": content.revision,
        "volume_id": content.volume_id,
    }


def fork_lines(fork: dict[str, Any] | None) -> list[str]:
    """Return both histories as a table for people; nothing without a fork."""
    if fork is None:
        return []
    rows = [("Request", "Dated", "Answered", "Count", "Revision", "HD Volume ID", "")]
    rows += [
        (
            step["reference"],
            step["created"][:10],
            step["answered"][:10],
            str(step["counter"]),
            str(step["revision"]),
            step["volume_id"],
            _mark(step),
        )
        for step in fork["responses"]
    ]
    now = fork["request"]
    knows = f"knows {now['revision']}"
    rows.append((now["reference"], now["created"][:10], "asks now", str(now["counter"]), knows, now["volume_id"], ""))
    known = fork["follows"]
    said = f"The request follows the response to {known}." if known else "The request follows none of these responses."
    return [*manners.table(rows), said]


def _mark(step: dict[str, Any]) -> str:
    if not step["same_site_key"]:
        return "another site key"
    return "<- the request follows this" if step["followed_by_request"] else ""
