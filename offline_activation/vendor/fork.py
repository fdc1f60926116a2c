"""A fork: one site key, and a request that does not follow the last response.  What was said before, to compare.

A restored backup asks once from an earlier point and then goes on from there; of a server and its clone both go on, so
that their counts, volume ids and dates take turns.  A person sees that in a few rows; the rules only see one request.
"""

from dataclasses import dataclass
from typing import Final

from offline_activation.formats.names import Reference
from offline_activation.formats.request import ActivationRequest, receive_request
from offline_activation.vendor.ports import Work
from offline_activation.vendor.review import Review

_SHOWN: Final = 3
_RULE: Final = "chain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One answered request of the license; both times in seconds since 1970 UTC."""

    reference: Reference
    answered: int
    created: int
    counter: int
    revision: int
    volume_id: str
    same_site_key: bool
    followed: bool
    """Whether its response is the one that the request under review names as its last."""


def fork_of(work: Work, request: ActivationRequest, found: Review) -> tuple[Step, ...] | None:
    """Return the last licenses signed for the license number, oldest first, and the one ``request`` follows if older.

    ``None`` when ``found`` says nothing of a fork.
    """
    if all(finding.rule != _RULE for finding in found.findings):
        return None
    signed = [i for i in work.intents(request.license_number) if i.kind == "license" and i.state == "signed"]
    steps: list[Step] = []
    for at, intent in enumerate(sorted(signed, key=lambda each: each.revision)):
        followed = intent.response_id == request.previous
        if not followed and at < len(signed) - _SHOWN:
            continue
        kept = work.find_request(intent.request_id)
        if kept is None:
            continue
        asked = receive_request(kept.document).content
        steps.append(
            Step(
                reference=kept.reference,
                answered=intent.intended,
                created=asked.created,
                counter=asked.counter,
                revision=intent.revision,
                volume_id=asked.volume_id,
                same_site_key=asked.site_key == request.site_key,
                followed=followed,
            )
        )
    return tuple(steps)
