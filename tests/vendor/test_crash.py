"""Real processes on one SQLite file: killed between intent and signature, and two at once."""

# ruff: noqa: ANN401 - the world is a fixture of conftest.py

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from offline_activation.vendor.store.opening import open_sqlite

ANSWERING = """
import os, signal, sys
from offline_activation.formats.keys import SoftwareSigner
from offline_activation.formats.request import receive_request
from offline_activation.vendor.issuing import Desk, answer
from offline_activation.vendor.store.opening import open_sqlite

books, request, now, kill = sys.argv[1:]

class Signer(SoftwareSigner):
    def sign(self, message):
        if kill == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        signature = super().sign(message)
        if kill == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return signature

store = open_sqlite(books)
desk = Desk(store=store, signers=lambda _: Signer(bytes([3]) * 32), clock=lambda: int(now), randomness=os.urandom,
            actor="child")
sys.stdout.write((answer(desk, receive_request(bytes.fromhex(request))).document or b"").hex())
store.close()
"""


@pytest.fixture
def books(tmp_path: Path, empty_books: Path) -> str:
    return str(shutil.copy(empty_books, tmp_path / "vendor.db"))


@pytest.fixture
def shop(books: str, world_of: Any) -> Iterator[Any]:
    store = open_sqlite(books)
    yield world_of(store)
    store.close()


def child(books: str, request: bytes, now: int, kill: str = "") -> subprocess.Popen[str]:
    command = [sys.executable, "-c", ANSWERING, books, request.hex(), str(now), kill]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_process_killed_at_the_signature_leaves_an_intent_that_the_next_one_finishes(
    shop: Any, books: str, when: str
) -> None:
    site = shop.site(shop.sold())
    request = site.request()
    killed = child(books, request, shop.now, when)
    assert killed.communicate(timeout=30) == ("", "")
    assert killed.returncode == -signal.SIGKILL
    (intent,) = shop.intents(site.license_number)
    assert (intent.state, intent.document) == ("intended", None)
    assert shop.audit()[-1] == "license.intended"
    shop.now += 86_400
    found = shop.answer(request)
    (signed,) = shop.intents(site.license_number)
    assert (signed.payload, signed.state, signed.document) == (intent.payload, "signed", found.document)
    assert shop.record(site.license_number).revision == 1
    assert shop.audit()[-2:] == ["license.intended", "license.issued"]


def test_processes_that_sign_the_same_request_at_once_give_the_same_bytes(shop: Any, books: str) -> None:
    site = shop.site(shop.sold())
    request = site.request()
    running = [child(books, request, shop.now + second) for second in range(4)]
    said = [each.communicate(timeout=60) for each in running]
    assert [errors for _, errors in said] == [""] * 4
    assert len({document for document, _ in said}) == 1
    assert len(shop.intents(site.license_number)) == 1
    assert shop.record(site.license_number).revision == 1
    assert shop.audit().count("license.issued") == 1


def test_servers_that_ask_for_one_license_at_once_get_it_once(shop: Any, books: str) -> None:
    number = shop.sold()
    sites = [shop.site(number, number=20 + each, volume=f"d15c-{each}") for each in range(4)]
    running = [child(books, site.request(), shop.now) for site in sites]
    said = [each.communicate(timeout=60) for each in running]
    assert [errors for _, errors in said] == [""] * 4
    states = [(intent.kind, intent.code) for intent in shop.intents(number)]
    assert sorted(states) == [("license", ""), *[("refusal", "policy.license_bound")] * 3]
    assert json.dumps(shop.record(number).revision) == "1"


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_return_whose_receipt_was_interrupted_is_finished_and_frees_its_seat_once(
    shop: Any, books: str, when: str
) -> None:
    site = shop.active_site()
    request = site.give_back()
    killed = child(books, request, shop.now, when)
    assert killed.communicate(timeout=30) == ("", "")
    assert killed.returncode == -signal.SIGKILL
    intent = shop.intents(site.license_number)[-1]
    assert (intent.kind, intent.state, shop.record(site.license_number).installation) == ("receipt", "intended", None)
    other = shop.site(site.license_number, number=9, volume="d15c-9")
    shop.active(other)
    running = [child(books, request, shop.now + second) for second in range(2)]
    said = {each.communicate(timeout=60)[0] for each in running}
    assert said == {shop.answer(request).document.hex()}
    signed = [each for each in shop.intents(site.license_number) if each.kind == "receipt"]
    assert [(each.payload, each.state) for each in signed] == [(intent.payload, "signed")]
    assert shop.record(site.license_number).installation.site_key == other.key.public_key
    assert shop.audit().count("license.returned") == 1
    assert list(shop.store.problems()) == []


def test_a_return_and_servers_that_want_the_seat_at_once_leave_one_holder(shop: Any, books: str) -> None:
    site = shop.active_site()
    request = site.give_back()
    others = [shop.site(site.license_number, number=20 + each, volume=f"d15c-{each}") for each in range(2)]
    running = [child(books, document, shop.now) for document in (others[0].request(), request, others[1].request())]
    assert [each.communicate(timeout=60)[1] for each in running] == [""] * 3
    issued = [each.kind for each in shop.intents(site.license_number) if each.kind != "refusal"]
    assert issued in (["license", "receipt"], ["license", "receipt", "license"])
    held = shop.record(site.license_number).installation
    assert (held is None) == (len(issued) == 2)
    assert list(shop.store.problems()) == []
