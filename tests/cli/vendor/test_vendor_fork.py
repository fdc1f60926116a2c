# ruff: noqa: ANN401 - the shell is a fixture of conftest.py

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from offline_activation.formats.armor import unarmor
from offline_activation.formats.envelope import open_envelope
from offline_activation.formats.names import document_id


def answered(
    vendor: Any, areq: Callable[..., str], number: str, count: int, previous: bytes | None, who: str = "", **other: Any
) -> bytes:
    """Let the site (or ``who`` has its key) ask once more and return the id of the response."""
    nonce = who.encode().ljust(16, b"\0")
    name = areq(
        f"{who}{count}.areq", number, counter=count, previous=previous, revision=count - 1, nonce=nonce, **other
    )
    for outcome in vendor.json("sign", name, "-o", f"{who}{count}.alic")["results"]:
        assert outcome["outcome"] == "signed"
    document = unarmor(Path(f"{who}{count}.alic").read_text(), source=name).document
    return bytes(document_id(open_envelope(document).payload))


def test_a_request_that_follows_the_last_response_shows_no_fork(vendor: Any, areq: Any) -> None:
    number = vendor.sold()
    first = answered(vendor, areq, number, 1, None)
    name = areq("2.areq", number, counter=2, previous=first, revision=1)
    assert vendor.json("review", name)["fork"] is None
    assert "Fork" not in vendor("review", name).out


def test_both_histories_are_shown_whole_and_apart(vendor: Any, areq: Any) -> None:
    number = vendor.sold()
    first = answered(vendor, areq, number, 1, None)
    ids = {"a": first, "c": first}
    begun = {"a": 1_795_600_000, "c": 1_795_700_000}
    for name, count in [("c", 2), ("c", 3), ("a", 2), ("a", 3), ("a", 4)]:
        ids[name] = answered(vendor, areq, number, count, ids[name], name, created=begun[name])
    clone = areq("clone.areq", number, counter=4, previous=ids["c"], revision=3, volume_id="c105e")
    fork = vendor.json("review", clone)["fork"]
    found = fork["histories"]
    assert [(each["counter"], each["created"][:10]) for each in found["present"]] == [
        (n, "2026-11-25") for n in (2, 3, 4)
    ]
    assert [(each["counter"], each["created"][:10]) for each in found["request"]] == [(n, "2026-11-26") for n in (2, 3)]
    assert (found["common"]["counter"], found["common"]["revision"], found["common"]["kind"]) == (1, 1, "license")
    assert {each["volume_id"] for each in found["present"]} == {found["common"]["volume_id"]}
    assert fork["not_shown"] == {"present": 0, "request": 0}
    assert fork["follows"] == found["request"][-1]["reference"]
    assert (fork["request"]["counter"], fork["request"]["volume_id"]) == (4, "c105e")
    page = vendor("review", clone).out
    shared, rest = page.split("Both go on from the response to:")[1].split("The history in the books:")
    books, asks = rest.split("The history of this request:")
    assert (shared.count("AR-"), found["common"]["reference"] in shared) == (1, True)
    assert [each["reference"] in books for each in found["present"]] == [True] * 3
    assert [each["reference"] in asks for each in found["request"]] == [True] * 2
    assert (books.count("AR-"), "asks now" in asks, "c105e" in asks) == (3, True, True)
    assert "this server has already sent request number 4." in page


def test_license_show_tells_both_histories(vendor: Any, areq: Any) -> None:
    number = vendor.sold()
    first = answered(vendor, areq, number, 1, None)
    ids = {"a": first, "c": first}
    for name, count in [("c", 2), ("a", 2), ("a", 3)]:
        ids[name] = answered(vendor, areq, number, count, ids[name], name)
    found = vendor.json("license", "show", number)
    clone = found["possible_clone"]
    assert [[step["revision"] for step in history["steps"]] for history in clone["histories"]] == [[3, 4], [2]]
    assert [history["follows"] for history in clone["histories"]] == [clone["common"]["reference"]] * 2
    assert (clone["more_histories"], found["state"]) == (0, "active")
    page = vendor("license", "show", number).out.split("Possible clone")[1].split("Contact")[0]
    shared, rest = page.split("Both go on from the response to:")[1].split("History 1:")
    assert clone["common"]["reference"] in shared
    newest, older = rest.split("History 2:")
    for text, history in zip((newest, older), clone["histories"], strict=True):
        assert all(step["reference"] in text for step in history["steps"])
        assert len(re.findall(r"^    AR-", text, re.MULTILINE)) == len(history["steps"])


def test_license_show_says_what_it_leaves_out(vendor: Any, areq: Any) -> None:
    number = vendor.sold()
    first = last = answered(vendor, areq, number, 1, None)
    for count in range(2, 12):
        last = answered(vendor, areq, number, count, last)
    for name in "cdef":
        answered(vendor, areq, number, 2, first, name)
    clone = vendor.json("license", "show", number)["possible_clone"]
    assert (len(clone["histories"]), clone["more_histories"]) == (4, 1)
    assert "1 more, older than these, is not shown." in vendor("license", "show", number).out
    review = areq("again.areq", number, counter=2, previous=first, nonce=b"g" * 16)
    page = vendor("review", review).out
    assert "The history of this request:" in page
    long = areq("long.areq", number, counter=12, previous=last)
    assert vendor.json("review", long)["fork"]["not_shown"] == {"present": 0, "request": 2}
    assert "The history of this request, its 2 earlier not shown:" in vendor("review", long).out


def test_a_request_that_only_steps_back_has_no_history_of_its_own_yet(vendor: Any, areq: Any) -> None:
    number = vendor.sold()
    first = answered(vendor, areq, number, 1, None)
    second = answered(vendor, areq, number, 2, first)
    answered(vendor, areq, number, 3, second)
    name = areq("restored.areq", number, counter=2, previous=first, revision=1, nonce=b"r" * 16)
    fork = vendor.json("review", name)["fork"]
    assert ([step["counter"] for step in fork["histories"]["present"]], fork["histories"]["request"]) == ([2, 3], [])
    assert fork["follows"] == fork["histories"]["common"]["reference"]
    assert "it is request number 2 of this server, which has already sent number 3." in vendor("review", name).out


def test_a_fork_from_nowhere_says_so(vendor: Any, areq: Any) -> None:
    number = vendor.sold()
    answered(vendor, areq, number, 1, None)
    name = areq("clone.areq", number, counter=1, created=1_795_498_207)
    fork = vendor.json("review", name)["fork"]
    assert (fork["follows"], fork["histories"]["common"], len(fork["histories"]["present"])) == (None, None, 1)
    page = vendor("review", name).out
    assert "share no response in the books" in page
    assert "follows none of these" in page
