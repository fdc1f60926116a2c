# ruff: noqa: ANN401 - the shell is a fixture of conftest.py

from collections.abc import Callable
from pathlib import Path
from typing import Any

from offline_activation.formats.armor import unarmor
from offline_activation.formats.envelope import open_envelope
from offline_activation.formats.names import document_id


def answered(vendor: Any, areq: Callable[..., str], number: str, count: int, previous: bytes | None) -> bytes:
    """Let the site ask once more and return the id of the response."""
    name = areq(f"{count}.areq", number, counter=count, previous=previous, revision=count - 1)
    assert vendor("sign", name, "-o", f"{count}.alic").code == 0
    document = unarmor(Path(f"{count}.alic").read_text(), source=name).document
    return bytes(document_id(open_envelope(document).payload))


def test_a_request_that_follows_the_last_response_shows_no_fork(vendor: Any, areq: Any) -> None:
    number = vendor.sold()
    first = answered(vendor, areq, number, 1, None)
    name = areq("2.areq", number, counter=2, previous=first, revision=1)
    assert vendor.json("review", name)["fork"] is None
    assert "Fork" not in vendor("review", name).out


def test_a_fork_is_shown_with_the_last_three_responses_and_the_one_it_follows(vendor: Any, areq: Any) -> None:
    number = vendor.sold()
    ids = [answered(vendor, areq, number, 1, None)]
    for count in range(2, 6):
        ids.append(answered(vendor, areq, number, count, ids[-1]))
    clone = areq("clone.areq", number, counter=2, previous=ids[0], revision=1, volume_id="c105e")
    fork = vendor.json("review", clone)["fork"]
    assert [step["counter"] for step in fork["responses"]] == [1, 3, 4, 5]
    assert [step["followed_by_request"] for step in fork["responses"]] == [True, False, False, False]
    assert fork["follows"] == fork["responses"][0]["reference"]
    assert (fork["request"]["counter"], fork["request"]["volume_id"]) == (2, "c105e")
    page = vendor("review", clone).out
    assert "<- the request follows this" in page
    assert page.count("2f1c1d5e-8f2b-4c59-9f4e-6a51c4bb0c11") >= 4


def test_a_fork_from_nowhere_says_so(vendor: Any, areq: Any) -> None:
    number = vendor.sold()
    answered(vendor, areq, number, 1, None)
    name = areq("clone.areq", number, counter=1, created=1_795_498_207)
    fork = vendor.json("review", name)["fork"]
    assert (fork["follows"], len(fork["responses"])) == (None, 1)
    assert "follows none of these" in vendor("review", name).out
