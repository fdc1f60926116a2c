"""Keys come and go at the vendor, seen from sites that hear of it late: by a response, by a file, or not at all."""

from typing import Any

from offline_activation import load_license
from offline_activation.formats.envelope import open_envelope
from offline_activation.formats.license_document import read_license

World = Any


def key_ids(world: World, state: str) -> list[str]:
    listed = world.vendor("keys", "list", "--json").json["keys"]
    return [key["key_id"] for key in listed if key["role"] == "issuing" and key["state"] == state]


def trust_number(world: World) -> int:
    product = world.vendor("trust", "export", "-o", "-", "--json", code=None)
    assert product.code == 2, "-o - and --json exclude each other"
    return int(world.vendor("trust", "export", "-o", "check.trust", "--force", "--json").json["number"])


def warnings(world: World, home: str = "site") -> list[str]:
    return [each["code"] for each in world.site("license", "--json", home=home).json["warnings"]]


def test_old_licenses_stay_valid_after_a_rotation_and_the_new_key_comes_inside_the_response(licensed: World) -> None:
    licensed.vendor("keys", "rotate")
    assert trust_number(licensed) == 2
    assert licensed.ask()["state"] == "active"
    licensed.request("second.areq")
    licensed.vendor("sign", "second.areq", "-o", "second.alic")
    shown = licensed.site("inspect", "second.alic", "--json").json
    assert shown["verified"] is True, "the site has not seen the new key, the response brings it"
    assert licensed.site("import", "second.alic", "--json").json["revision"] == 2
    assert licensed.ask()["state"] == "active"
    assert warnings(licensed) == []


def test_what_was_signed_before_the_rotation_is_imported_after_it(answered: World) -> None:
    answered.vendor("keys", "rotate")
    answered.vendor("trust", "export", "-o", "vendor.trust")
    answered.site("import", "vendor.trust")
    assert answered.site("import", "first.alic", "--json").json["state"] == "active"


def test_a_license_of_a_revoked_key_is_refused_at_import_once_the_site_knows(answered: World) -> None:
    (old,) = key_ids(answered, "active")
    answered.vendor("keys", "revoke", old, "--rotate")
    answered.vendor("trust", "export", "-o", "vendor.trust")
    answered.site("import", "vendor.trust")
    answered.refuses("site", "import", "first.alic", said="key.revoked")
    answered.request("again.areq", "--license-number", answered.number)
    answered.vendor("sign", "again.areq", "-o", "again.alic")
    assert answered.site("import", "again.alic", "--json").json["state"] == "active"


def test_the_installed_license_of_a_revoked_key_goes_on_with_a_warning_until_the_next_response(licensed: World) -> None:
    (old,) = key_ids(licensed, "active")
    licensed.vendor("keys", "revoke", old, "--rotate")
    licensed.vendor("trust", "export", "-o", "vendor.trust")
    assert warnings(licensed) == [], "an offline site does not know"
    changes = licensed.site("import", "vendor.trust", "--json").json["changes"]
    assert changes == [{"field": "trust_list", "from": 1, "to": 2}]
    assert licensed.ask()["state"] == "active"
    assert warnings(licensed) == ["key.revoked"]
    licensed.request("renew.areq", "--purpose", "renew")
    licensed.vendor("sign", "renew.areq", "-o", "renew.alic")
    licensed.site("import", "renew.alic")
    assert warnings(licensed) == []
    assert licensed.ask()["state"] == "active"


def test_a_product_file_exported_after_the_change_knows_it_from_the_first_day(answered: World) -> None:
    (old,) = key_ids(answered, "active")
    answered.vendor("keys", "revoke", old, "--rotate")
    answered.vendor("product", "export", "infinitime", "-o", "new.product")
    answered.site("init", "new.product", home="new")
    number = answered.order("--set", "employees=6")
    answered.first_request("new.areq", home="new", number=number)
    answered.vendor("sign", "new.areq", "-o", "new.alic")
    assert answered.site("import", "new.alic", "--json", home="new").json["state"] == "active"
    answered.vendor("trust", "export", "-o", "vendor.trust")
    assert answered.site("import", "vendor.trust", "--json", home="new").json["changes"] == []


def test_a_suspended_and_a_revoked_license_end_at_the_site_with_their_lease(licensed: World) -> None:
    licensed.vendor("license", "suspend", licensed.number, "--reason", "Invoice 17 is open")
    licensed.request("renew.areq", "--purpose", "renew")
    assert licensed.vendor("sign", "renew.areq", "-o", "renew.alic", "--json", code=1).json["results"][0]["code"] == (
        "policy.suspended"
    )
    refused = licensed.site("import", "renew.alic", "--json", code=1)
    assert refused.error["code"] == "policy.suspended"
    assert licensed.ask()["state"] == "active"
    licensed.vendor("license", "reinstate", licensed.number)
    licensed.request("more.areq", "--purpose", "renew")
    licensed.vendor("sign", "more.areq", "-o", "more.alic")
    licensed.site("import", "more.alic")
    ends = licensed.vendor("license", "revoke", licensed.number, "--reason", "Refunded", "--json").json["works_until"]
    assert licensed.ask()["state"] == "active"
    assert licensed.site("forecast", "--at", ends, "--json", code=None).json["state"] == "in_grace"


def test_the_next_root_key_reaches_a_site_inside_its_next_response(licensed: World) -> None:
    licensed.vendor("keys", "rotate", "--root")
    assert licensed.ask()["state"] == "active"
    licensed.request("second.areq")
    licensed.vendor("sign", "second.areq", "-o", "second.alic")
    assert licensed.site("inspect", "second.alic", "--json").json["verified"] is True
    assert licensed.site("import", "second.alic", "--json").json["revision"] == 2
    (licensed.site_home / "trust.cose").unlink()
    assert licensed.ask()["state"] == "active", "the license carries the chain"
    licensed.refuses("site", "import", old_list(licensed), said="trust.older")
    assert warnings(licensed) == []


def test_what_was_signed_under_the_old_root_key_is_imported_after_the_list_of_the_new_one(answered: World) -> None:
    answered.vendor("keys", "rotate", "--root")
    answered.vendor("trust", "export", "-o", "vendor.trust")
    assert answered.site("import", "vendor.trust", "--json").json["changes"] == [
        {"field": "trust_list", "from": 1, "to": 2}
    ]
    assert answered.site("import", "first.alic", "--json").json["state"] == "active"
    answered.refuses("site", "import", old_list(answered), said="trust.older")


def test_product_files_of_every_root_key_stay_good_for_new_installations(ordered: World) -> None:
    for number in (2, 3):
        ordered.vendor("keys", "rotate", "--root")
        ordered.vendor("product", "export", "infinitime", "-o", f"{number}.product")
    for home, product in (("one", "infinitime.product"), ("two", "2.product"), ("three", "3.product")):
        ordered.site("init", product, home=home)
        ordered.first_request(f"{home}.areq", home=home, number=ordered.order("--set", "employees=6"))
        ordered.vendor("sign", f"{home}.areq", "-o", f"{home}.alic")
        assert ordered.site("import", f"{home}.alic", "--json", home=home).json["state"] == "active"
    roots = [key["public_key"] for key in ordered.vendor("keys", "list", "--json").json["keys"] if key["number"]]
    assert len(roots) == 3
    for home in ("one", "two", "three"):
        for root in roots:
            found = load_license("infinitime", root=root, home=ordered.place / home)
            assert (found.state, found.problem) == ("active", None), "any root key of the chain ties the program to it"
        stranger = load_license("infinitime", root="ab" * 32, home=ordered.place / home)
        assert stranger.problem is not None
        assert stranger.problem.code == "site.other_root"


def test_a_program_of_before_runs_at_a_site_that_has_followed_and_the_other_way_round_is_told(licensed: World) -> None:
    """I-13: the software is downgraded to a version that knows only the first root key."""
    first = licensed.vendor("keys", "list", "--json").json["keys"][0]["public_key"]
    second = licensed.vendor("keys", "rotate", "--root", "--json").json["root"]
    licensed.vendor("trust", "export", "-o", "vendor.trust")
    early = load_license("infinitime", root=second, home=licensed.site_home).problem
    assert early is not None
    assert early.code == "site.other_root"
    assert "activation-site import" in early.remedy
    licensed.site("import", "vendor.trust")
    for root in (first, second):
        assert load_license("infinitime", root=root, home=licensed.site_home).state == "active"


def old_list(world: World) -> str:
    """Write the list of the first response to a file of its own and return its name."""
    carried = read_license(open_envelope(world.document("first.alic"))).trust
    return str(world.armored("old.trust", carried, "TRUST"))
