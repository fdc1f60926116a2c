"""A thief had an issuing key and left a license with a high revision at a site: the site must come back from that."""

from typing import Any

import pytest

World = Any


def with_forged_license(world: World, revision: int) -> str:
    """Install a license that the vendor's key signed and its books do not know; return the id of that key."""
    world.request("mine.areq")
    world.vendor("sign", "mine.areq", "-o", "mine.alic")
    forged = world.armored("forged.alic", world.resigned_license("mine.alic", revision=revision), "LICENSE")
    assert world.site("import", forged, "--json").json["revision"] == revision
    listed = world.vendor("keys", "list", "--json").json["keys"]
    (leaked,) = [key["key_id"] for key in listed if key["role"] == "issuing"]
    return str(leaked)


def waiting_renewal(world: World) -> str:
    world.request("renew.areq", "--purpose", "renew")
    found = world.vendor("sign", "renew.areq", "-o", "renew.alic", "--json", code=4).json["results"][0]
    assert "ahead" in found["reasons"][0] or "books only" in found["reasons"][0]
    return str(found["reference"])


@pytest.mark.parametrize(("forged", "follows"), [(7, 8), (1 << 41, 3), ((1 << 53) - 1, 3)])
def test_after_the_drill_the_vendor_has_the_last_word_whatever_revision_was_forged(
    licensed: World, forged: int, follows: int
) -> None:
    licensed.vendor("keys", "revoke", with_forged_license(licensed, forged), "--rotate")
    licensed.vendor("trust", "export", "-o", "vendor.trust")
    licensed.site("import", "vendor.trust")
    licensed.vendor("approve", waiting_renewal(licensed), "--as", "maria", "-o", "renew.alic")
    assert licensed.site("import", "renew.alic", "--json").json["revision"] == follows
    assert licensed.ask()["state"] == "active"
    licensed.request("next.areq", "--purpose", "renew")
    licensed.vendor("sign", "next.areq", "-o", "next.alic")
    assert licensed.site("import", "next.alic", "--json").json["revision"] == follows + 1


def test_as_long_as_no_key_is_revoked_nothing_is_signed_that_the_site_would_refuse(licensed: World) -> None:
    with_forged_license(licensed, 1 << 41)
    reference = waiting_renewal(licensed)
    licensed.vendor("approve", reference, "--as", "maria")
    found = licensed.vendor("sign", "renew.areq", "-o", "renew.alic", "--json", code=1).json["results"][0]
    assert found["code"] == "vendor.lint_failed"
