"""Moving to another server: the return of the old one travels inside the request of the new one."""

from typing import Any

import pytest

from offline_activation.formats.frames import split
from offline_activation.formats.names import ProductId
from offline_activation.formats.request import Purpose, receive_request, seal_request
from offline_activation.formats.value import changed
from offline_activation.site.directory import StateDirectory
from offline_activation.site.site_key import read_site_key

Site = Any


def test_the_return_of_the_old_server_travels_with_the_transfer(site: Site, other_site: Site) -> None:
    site.licensed()
    site.json("return", "-o", "old.areq")
    made = other_site.json("transfer", "--with", "old.areq", *site.contact, "-o", "new.areq", "--qr", "new.png")
    assert made["license_number"] == site.vendor.shown_number
    document = (other_site.home / "requests" / f"{made['reference']}.cose").read_bytes()
    asked = receive_request(document).content
    assert (asked.purpose, asked.revision) == (Purpose.TRANSFER, 0)
    assert asked.proof == (site.home / "returned.cose").read_bytes()
    assert made["bytes"] == len(document) > 640
    assert len(split(document)) > 1
    shown = site.run("--json", "inspect", "new.png", "--home", other_site.home)
    assert (shown.code, shown.json["reference"]) == (0, made["reference"])
    done = other_site.json("import", site.file(site.vendor.answer(document, other_site.home)))
    assert done["state"] == "active"


def test_the_request_with_that_purpose_does_the_same(site: Site, other_site: Site) -> None:
    site.licensed()
    site.json("return", "-o", "old.areq")
    arguments = ("--purpose", "transfer", "--with", "old.areq", *site.contact, "-o", "new.areq")
    assert other_site.json("request", *arguments)["purpose"] == "transfer"


def test_without_a_proof_a_transfer_is_a_request_like_any_other(site: Site) -> None:
    made = site.json("transfer", "--license-number", site.vendor.shown_number, *site.contact, "-o", "t.areq")
    document = (site.home / "requests" / f"{made['reference']}.cose").read_bytes()
    assert receive_request(document).content.proof is None


def test_only_a_transfer_carries_a_proof(site: Site) -> None:
    site.licensed()
    site.json("return", "-o", "old.areq")
    outcome = site("--json", "request", "--with", "old.areq", "-o", "n.areq")
    assert (outcome.code, outcome.error) == (2, "usage.invalid")
    for name in ("rebind", "rehost", "return"):
        assert "--with RETURN.areq" not in site(name, "--help").out
    assert "--with RETURN.areq" in site("transfer", "--help").out
    for name in ("rebind", "rehost", "transfer"):
        assert "--yes" not in site(name, "--help").out


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("update", "purpose update"),
        ("license", "a license"),
        ("other_product", "product other_product"),
        ("own", "this very server"),
        ("other_number", "gives back license"),
        ("altered", "signature"),
    ],
)
def test_what_is_no_return_of_the_old_server_is_refused_on_the_spot(
    site: Site, other_site: Site, kind: str, said: str
) -> None:
    license_ = site.licensed()
    _, update = site.request()
    returned = site.ask("return")
    key = read_site_key(StateDirectory(site.home))
    old = receive_request(returned).content
    document = {
        "update": update,
        "license": license_,
        "other_product": seal_request(changed(old, product=ProductId("other_product")), key),
        "own": returned,
        "other_number": returned,
        "altered": returned[:-1] + bytes([returned[-1] ^ 1]),
    }[kind]
    here = site if kind == "own" else other_site
    before = here.state()
    more = ("--license-number", site.vendor.other_number) if kind == "other_number" else ()
    outcome = here("--json", "transfer", "--with", site.file(document), *more, *site.contact, "-o", "new.areq")
    assert (outcome.code, outcome.error) == (1, "transfer.proof")
    assert said in outcome.json["error"]["message"]
    assert here.state() == before
