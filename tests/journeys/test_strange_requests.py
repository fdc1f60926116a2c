"""Requests that are well signed and still strange: clones, restored backups, clocks, one key on two machines."""

import shutil
from typing import Any

World = Any
YEAR = 365 * 86_400


def reviewed(world: World, name: str) -> dict[str, Any]:
    found = world.vendor("review", name, "--json").json
    assert isinstance(found, dict)
    return found


def test_a_copied_installation_is_told_apart_by_its_count(licensed: World) -> None:
    shutil.copytree(licensed.site_home, licensed.place / "clone")
    for home in ("site", "clone"):
        licensed.request(f"{home}.areq", home=home)
    licensed.vendor("sign", "site.areq", "-o", "site.alic")
    seen = reviewed(licensed, "clone.areq")
    assert any("clone" in reason for reason in seen["reasons"]), seen["reasons"]
    licensed.site("import", "site.alic")
    licensed.refuses("site", "import", "site.alic", said="binding.other_request", home="clone")
    assert licensed.ask()["state"] == licensed.ask(home="clone")["state"] == "active"


def test_one_site_key_with_another_volume_needs_a_person(licensed: World) -> None:
    licensed.request("next.areq")
    licensed.file("moved.areq", licensed.resigned_request("next.areq", volume_id="5E4C-1A2B"))
    seen = reviewed(licensed, "moved.areq")
    assert (seen["decision"], bool(seen["reasons"])) == ("ask", True)
    licensed.vendor("sign", "moved.areq", "-o", "moved.alic", code=4)


def test_one_site_key_for_two_licenses_needs_a_person(licensed: World) -> None:
    number = licensed.order("--set", "employees=3")
    licensed.request("next.areq")
    licensed.file("two.areq", licensed.resigned_request("next.areq", license_number=number.replace("-", "")))
    assert reviewed(licensed, "two.areq")["decision"] == "ask"


def test_the_same_volume_with_another_key_is_shown(licensed: World) -> None:
    number = licensed.order("--set", "employees=3")
    licensed.site("init", "infinitime.product", home="twin")
    licensed.first_request("twin.areq", home="twin", number=number)
    reasons = reviewed(licensed, "twin.areq")["reasons"]
    assert any("HD Volume ID" in reason for reason in reasons), reasons


def test_a_request_from_the_future_gets_the_vendors_time(requested: World) -> None:
    now = requested.site("inspect", "first.areq", "--json").json["fields"]["Request date"]
    for name, created in (("future", 4_000_000_000), ("past", 1)):
        requested.file(f"{name}.areq", requested.resigned_request("first.areq", created=created))
        reasons = reviewed(requested, f"{name}.areq")["reasons"]
        assert any("dated" in reason for reason in reasons), reasons
    requested.vendor("sign", "future.areq", "-o", "future.alic")
    issued = requested.site("inspect", "future.alic", "--json").json["fields"]["Issued"]
    assert issued[:10] == now[:10]


def test_huge_counts_and_revisions_wait_for_a_person_or_are_refused(licensed: World) -> None:
    licensed.request("next.areq")
    licensed.file("ahead.areq", licensed.resigned_request("next.areq", revision=2**53 - 1))
    assert reviewed(licensed, "ahead.areq")["decision"] in {"ask", "refuse"}
    licensed.file(
        "count.areq", licensed.resigned_request("next.areq", counter=2**53 - 1, usage={"employees": 2**53 - 1})
    )
    assert licensed.vendor("sign", "count.areq", "-o", "count.alic", code=None).code in {0, 1, 4}


def test_a_license_from_the_future_is_refused_by_the_site(answered: World) -> None:
    answered.file("future.alic", answered.resigned_license("first.alic", issued=4_000_000_000))
    result = answered.site("import", "future.alic", "--json", code=1)
    assert result.error["code"] in {"clock.future", "key.outside_time"}
    assert answered.ask()["state"] == "demo"


def test_a_return_gets_its_receipt_and_the_license_is_free(licensed: World) -> None:
    licensed.site("return", "-o", "return.areq")
    assert "receipt" in licensed.vendor("sign", "return.areq", "-o", "return.alic", code=0).out
    shown = licensed.vendor("license", "show", licensed.number, "--json").json
    assert (shown["state"], shown["site"], shown["former_sites"][0]["how"]) == ("ready", None, "returned")


def test_a_request_that_waits_for_an_order_names_the_order_as_the_next_step(licensed: World) -> None:
    more = ("--license-number", licensed.number, "--company", "N", "--email", "n@n.example", "--add", "employees=1")
    licensed.vendor("order", "add", "--product", "infinitime", *more)
    licensed.request("update.areq")
    shown = licensed.vendor("sign", "update.areq", "-o", "update.alic", code=4).out
    assert "order process" in shown
