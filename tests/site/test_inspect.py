"""Inspect: every kind of document, and who vouches for it."""

import re
import time
from pathlib import Path
from typing import Any

import pytest

from offline_activation.formats.envelope import open_envelope
from offline_activation.formats.keys import SoftwareSigner, fingerprint, key_id
from offline_activation.formats.readable import compose
from offline_activation.transports.qr import write_png

Site = Any
Run = Any


@pytest.fixture
def inspect(run: Run, tmp_path: Path) -> Run:
    """Return ``inspect --json`` where no installation exists."""
    return lambda *arguments: run("--json", "inspect", *arguments, "--home", tmp_path / "nowhere")


def test_a_request_is_verified_by_the_key_inside_it(site: Site, inspect: Run) -> None:
    reference, document = site.request()
    shown = inspect(site.file(document)).json
    assert (shown["kind"], shown["bytes"], shown["reference"]) == ("request", len(document), reference)
    assert shown["verified"] is True
    assert site.json("tech-info")["site_key"] in shown["by"]
    assert shown["fields"]["Company"] == "Northwind"


def test_a_product_file_is_verified_by_its_root_and_held_against_the_pinned_one(site: Site, inspect: Run) -> None:
    product = site.work / "0.product"
    assert inspect(product).json["verified"] is True
    assert "pinned here" in site.json("inspect", product)["by"]
    site.vendor.root = SoftwareSigner(bytes([8]) * 32)
    other = site.json("inspect", site.file(site.vendor.product()))
    assert other["verified"] is False
    assert "not the root key" in other["by"]


def test_a_license_and_a_refusal_need_trust_to_be_verified(site: Site, inspect: Run) -> None:
    reference, request = site.request()
    for document in (site.vendor.answer(request, site.home), site.vendor.refuse(request)):
        file = site.file(document)
        without = inspect(file)
        assert (without.code, without.json["verified"], without.json["reference"]) == (0, False, reference)
        assert "product file" in without.json["by"]
        assert inspect(file, "--product", site.work / "0.product").json["verified"] is True
        assert site.json("inspect", file)["verified"] is True
        assert fingerprint(site.vendor.issuing.public_key) in site.json("inspect", file)["by"]


def test_a_license_of_another_vendor_is_shown_and_not_verified(site: Site) -> None:
    _, request = site.request()
    site.vendor.root, site.vendor.issuing = (SoftwareSigner(bytes([seed]) * 32) for seed in (8, 9))
    shown = site.json("inspect", site.file(site.vendor.answer(request, site.home)))
    assert shown["verified"] is False
    assert shown["fields"]["Company"] == "Northwind"


def test_a_license_of_a_revoked_key_is_not_verified(site: Site) -> None:
    _, request = site.request()
    site.vendor.trust_number, site.vendor.revoked = 2, (key_id(site.vendor.issuing.public_key),)
    shown = site.json("inspect", site.file(site.vendor.answer(request, site.home)))
    assert shown["verified"] is False
    assert "revoked" in shown["by"]


def test_a_trust_list_is_verified_by_the_root(site: Site, inspect: Run) -> None:
    file = site.file(site.vendor.trust_list())
    assert inspect(file).json["verified"] is False
    assert site.json("inspect", file)["verified"] is True


def test_a_changed_byte_is_a_refusal_with_or_without_trust(site: Site, inspect: Run) -> None:
    _, request = site.request()
    for document in (request, site.vendor.answer(request, site.home), site.vendor.product()):
        damaged = site.file(document[:-1] + bytes([document[-1] ^ 1]))
        for outcome in (inspect(damaged), site("--json", "inspect", damaged)):
            assert (outcome.code, outcome.error) == (1, "signature.invalid")


def test_text_picture_and_standard_form_show_the_same(site: Site, inspect: Run) -> None:
    _, document = site.request()
    text, picture = site.work / "r.areq", site.work / "r.png"
    text.write_text(compose(document))
    picture.write_bytes(write_png(document))
    shown = [inspect(path).json for path in (text, picture, site.file(document))]
    assert shown[0]["fields"] == shown[1]["fields"] == shown[2]["fields"]
    assert [each["how"] for each in shown] == ["text", "picture", "document"]


def test_readable_lines_that_lie_are_named(site: Site, inspect: Run) -> None:
    _, document = site.request()
    text = site.work / "r.areq"
    text.write_text(compose(document).replace("Company: Northwind", "Company: Southwind"))
    outcome = inspect(text)
    assert outcome.json["text_differs"] == ["Company"]
    assert outcome.json["fields"]["Company"] == "Northwind"
    assert "text.differs" in outcome.err


def test_people_read_labels_and_control_characters_stay_visible(site: Site, run: Run) -> None:
    _, document = site.request()
    outcome = run("inspect", site.file(document), "--home", site.home)
    assert "Verified" in outcome.out
    assert "\x1b" not in outcome.out


def test_text_has_two_groups_and_leaves_nothing_out(site: Site) -> None:
    site.licensed()
    _, request = site.request("--purpose", "renew", "--use", "employees=7")
    response = site.vendor.answer(request, site.home, until=site.vendor.now + 10**7)
    for document in (request, response, site.vendor.refuse(request), site.vendor.trust_list(), site.vendor.product()):
        file = site.file(document)
        text = site("inspect", file).out
        people, technical = text.split("\nTechnical")
        assert "\nFor people\n" in people
        everything = site.json("inspect", file)["content"]
        for name in ("key_id", "payload_bytes", "version", "nonce", "site_key", "previous", "request_id", "site_id"):
            if name in everything:
                assert re.search(rf"^  {name} +{everything[name]}$", technical, re.MULTILINE), name
        for name, mark in everything.get("components", {}).items():
            assert f"components.{name} " in technical
            assert mark in technical
        if "trust" in everything:
            key = everything["trust"]["keys"][0]["key_id"]
            assert re.search(rf"^  trust\.keys\.1\.key_id +{key}$", technical, re.MULTILINE)


def test_the_content_is_typed_and_the_labels_stay(site: Site) -> None:
    reference, request = site.request("--use", "employees=7")
    shown = site.json("inspect", site.file(request))
    assert shown["fields"]["Company"] == "Northwind"
    assert shown["content"]["usage"] == {"employees": 7}
    assert isinstance(shown["content"]["created"], int)
    assert shown["content"]["contact"]["company"] == "Northwind"
    assert shown["reference"] == reference


def test_hex_shows_every_byte_under_its_name(site: Site) -> None:
    _, request = site.request()
    for document in (request, site.vendor.answer(request, site.home), site.vendor.product(), site.vendor.trust_list()):
        envelope = open_envelope(document)
        file = site.file(document)
        parts = site.json("inspect", file, "--hex")["hex"]
        assert parts == {
            "protected": envelope.protected.hex(),
            "payload": envelope.payload.hex(),
            "signature": envelope.signature.hex(),
        }
        text = site("inspect", file, "--hex").out
        rows = re.findall(r"^    [0-9a-f]{4}  ((?:[0-9a-f]{2} ?)+?) {2,}", text, re.MULTILINE)
        assert "".join(rows).replace(" ", "") == "".join(parts.values())
        assert "extension" not in text.split("\nBytes\n")[1]
    assert "  5 keys" in text


def test_an_end_is_labeled_as_the_instant_it_is_in_every_zone(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    _, request = site.request()
    file = site.file(site.vendor.answer(request, site.home, lease_until=1_811_376_000))  # 2027-05-27 00:00 UTC
    for zone in ("UTC", "America/Los_Angeles", "Pacific/Auckland"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        shown = site.json("inspect", file)
        assert shown["fields"]["Lease ends at"] == "2027-05-27 00:00 UTC"
        assert shown["content"]["lease_until"] == 1_811_376_000
    monkeypatch.undo()
    time.tzset()
