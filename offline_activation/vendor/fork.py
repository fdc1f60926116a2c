"""A fork: one site key and more than one history.  Each history whole, and where they part, to compare.

A restored backup asks once from an earlier point and then goes on from there; of a server and its clone both go on.  A
person sees which when each history stands by itself, with its counts, volume ids and dates; the rules only see one
request.  Every signed response has one parent, the response that its request names as the last, so that the responses
of a license number are a tree, and a history is the way from one of its tips back to where it meets another one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from offline_activation.formats.keys import PublicKey
from offline_activation.formats.names import DocumentId, Reference
from offline_activation.formats.request import ActivationRequest, receive_request
from offline_activation.vendor.ports import Work
from offline_activation.vendor.records import Intent, LicenseRecord, ResponseKind
from offline_activation.vendor.review import Review

STEPS: Final = 8
"""Most steps of one history that are returned: the newest."""
BRANCHES: Final = 4
"""Most histories of one license that are returned: the newest."""
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
    site_key: PublicKey
    kind: ResponseKind


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What one server, as far as responses tell, was answered since it parted from the others; oldest first."""

    steps: tuple[Step, ...]
    not_shown: int
    """How many steps come before these, after it parted."""
    follows: Reference | None
    """The request whose response it goes on from; ``None`` when it goes on from no response in the books."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Histories:
    """The histories of one license number."""

    branches: tuple[History, ...]
    common: Step | None
    """The last step that all of them share; ``None`` when they share none."""
    more: int = 0
    """How many older histories there are beside these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Link:
    """One signed response; ``at`` rises from every response to those that go on from it."""

    at: int
    response_id: DocumentId
    previous: DocumentId | None
    step: Step


def fork_of(work: Work, request: ActivationRequest, found: Review) -> Histories | None:
    """Return two histories: the one up to the last response in the books, and the one that ``request`` goes on from.

    The second has no steps when the request steps back to a response of the first, or names none of the books.
    ``None`` when ``found`` says nothing of a fork.
    """
    record = work.find_license(request.license_number)
    if record is None or all(finding.rule != _RULE for finding in found.findings):
        return None
    links = _of_server(_links(work, record), request.site_key)
    return _apart(links, [_find(links, record.last_response), _find(links, request.previous)])


def histories_of(work: Work, record: LicenseRecord) -> Histories | None:
    """Return the histories of the server that holds a license, the newest first; ``None`` without a recorded fork.

    Each ends with a license that no answered request names as its last response.  Takes time in proportion to the
    number of responses.
    """
    if record.forks is None:
        return None
    signed = _links(work, record)
    last, held = _find(signed, record.last_response), record.installation
    key = held.site_key if held is not None else last.step.site_key if last is not None else None
    links = _of_server(signed, key)
    followed = {link.previous for link in links.values()}
    tips = [
        link
        for link in reversed(links.values())
        if link.response_id not in followed and (link.step.kind == "license" or link is last)
    ]
    return _apart(links, tips[:BRANCHES], more=len(tips[BRANCHES:]))


def _links(work: Work, record: LicenseRecord) -> dict[DocumentId, _Link]:
    """Return what was signed for a license number by response id, oldest first; a refusal is no part of a chain."""
    signed = [i for i in work.intents(record.license_number) if i.kind != "refusal" and i.state == "signed"]
    made = (_link(work, at, intent) for at, intent in enumerate(signed))
    return {link.response_id: link for link in made if link is not None}


def _of_server(links: dict[DocumentId, _Link], key: PublicKey | None) -> dict[DocumentId, _Link]:
    """Return the responses to one site key: a request may name anything as its last response, also another server's."""
    return {response_id: link for response_id, link in links.items() if link.step.site_key == key}


def _link(work: Work, at: int, intent: Intent) -> _Link | None:
    kept = work.find_request(intent.request_id)
    if kept is None:
        return None
    asked = receive_request(kept.document).content
    step = Step(
        reference=kept.reference,
        answered=intent.intended,
        created=asked.created,
        counter=asked.counter,
        revision=intent.revision,
        volume_id=asked.volume_id,
        site_key=asked.site_key,
        kind=intent.kind,
    )
    return _Link(at=at, response_id=intent.response_id, previous=asked.previous, step=step)


def _find(links: dict[DocumentId, _Link], response_id: DocumentId | None) -> _Link | None:
    return None if response_id is None else links.get(response_id)


def _apart(links: dict[DocumentId, _Link], tips: Sequence[_Link | None], *, more: int = 0) -> Histories:
    """Walk back from each tip to where an earlier one has walked before: every response is visited once."""
    walked: set[DocumentId] = set()
    ways: list[list[_Link]] = []
    meetings: list[_Link | None] = []
    for tip in tips:
        way, link = [], tip
        while link is not None and link.response_id not in walked:
            walked.add(link.response_id)
            way.append(link)
            link = _find(links, link.previous)
        ways.append(way)
        meetings.append(link)
    common = _common(meetings[1:])
    if common is not None:  # the first walked on to the root: what is before the others meet it belongs to all
        oldest = common.at
        ways[0] = list(takewhile(lambda link: link.at > oldest, ways[0]))
        meetings[0] = common
    branches = tuple(_history(way, meeting) for way, meeting in zip(ways, meetings, strict=True))
    return Histories(branches=branches, common=None if common is None else common.step, more=more)


def _common(meetings: Sequence[_Link | None]) -> _Link | None:
    """Return where the last of the histories meets the others; ``None`` when one of them never does."""
    met = [link for link in meetings if link is not None]
    return min(met, key=lambda link: link.at) if met and len(met) == len(meetings) else None


def _history(way: Sequence[_Link], meeting: _Link | None) -> History:
    """Return a way, which goes back in time, as a history."""
    return History(
        steps=tuple(link.step for link in reversed(way[:STEPS])),
        not_shown=len(way[STEPS:]),
        follows=None if meeting is None else meeting.step.reference,
    )
