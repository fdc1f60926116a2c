"""The whole exchange as people live it: order, request, review, sign, import, and what the application may do then."""

from typing import Any

import pytest

World = Any


def test_before_the_license_the_application_runs_as_a_demo(requested: World) -> None:
    found = requested.ask()
    assert (found["state"], found["employees"], found["badge_readers"]) == ("demo", 5, 0)
    assert found["days_left"] in {29, 30}
    assert not found["accruals_plus"]
    assert requested.site("license", "--json").json["state"] == "demo"


def test_the_request_names_who_asks_and_is_verified_by_its_own_key(requested: World) -> None:
    for source in ("first.areq", "first-request.png"):
        seen = requested.vendor("inspect", source, "--json").json
        assert (seen["kind"], seen["verified"]) == ("request", True)
        assert seen["fields"]["Company"] == "Northwind Manufacturing GmbH"
        assert seen["bytes"] == len(requested.document("first.areq"))
        assert seen == requested.site("inspect", source, "--json").json | {"by": seen["by"]}


def test_the_sheet_for_printing_carries_reference_and_code_and_loads_nothing(requested: World) -> None:
    page = requested.text("first-request.html")
    reference = requested.site("pending", "--json").json["requests"][0]["reference"]
    assert reference in page
    assert "data:image/" in page or "<svg" in page
    assert "http://" not in page.replace("http://www.w3.org/", "")
    assert "<script" not in page


def test_the_review_says_what_would_be_granted_and_changes_nothing(requested: World) -> None:
    before, entries = requested.state(), requested.audit_entries()
    seen = requested.vendor("review", "first.areq", "--json").json
    assert (seen["decision"], seen["purpose"], seen["license_number"]) == ("sign", "activate", requested.number)
    changes = {each["field"]: (each["from"], each["to"]) for each in seen["changes"]}
    assert changes["limits.employees"] == (None, 6)
    assert seen["reasons"]
    assert seen["site"]["volume_id"] == requested.site("tech-info", "--json").json["volume_id"]
    assert (requested.state(), requested.audit_entries()) == (before, entries)


@pytest.mark.parametrize("way", ["file", "photo", "pasted text", "standard input", "reference"])
def test_the_vendor_signs_from_any_carrier_and_the_site_imports(requested: World, way: str) -> None:
    block = requested.text("first.areq")
    pasted = f"Hi,\n\nhere is what our server wrote:\n\n{block}\nRegards, Maria\n"
    source = {"file": "first.areq", "photo": "first-request.png", "pasted text": requested.file("pasted.txt", pasted)}
    if way == "reference":
        requested.vendor("sign", "first.areq", "-o", "kept.alic")
        source[way] = requested.site("pending", "--json").json["requests"][0]["reference"]
    stdin = block.encode() if way == "standard input" else b""
    done = requested.vendor("sign", source.get(way, "-"), "-o", "out.alic", "--json", stdin=stdin).json["results"]
    assert [(each["outcome"], each["output"], each["revision"]) for each in done] == [("signed", "out.alic", 1)]
    imported = requested.site("import", "out.alic", "--json").json
    assert (imported["license_number"], imported["revision"], imported["state"]) == (requested.number, 1, "active")


@pytest.mark.parametrize("way", ["file", "photo", "pasted text", "standard input", "bare document"])
def test_the_site_imports_from_any_carrier(answered: World, way: str) -> None:
    block = answered.text("first.alic")
    source = {
        "file": "first.alic",
        "photo": "first.png",
        "pasted text": answered.file("pasted.txt", f"Dear Maria,\n\n{block}\n-- \nSupport\n"),
        "standard input": "-",
        "bare document": answered.file("license.cose", answered.document("first.alic")),
    }[way]
    done = answered.site("import", source, "--json", stdin=block.encode()).json
    assert (done["revision"], done["state"], done["license_number"]) == (1, "active", answered.number)
    changes = {each["field"]: (each["from"], each["to"]) for each in done["changes"]}
    assert changes["limits.employees"] == (None, 6)
    found = answered.ask()
    assert (found["state"], found["employees"], found["problem"]) == ("active", 6, None)
    assert answered.site("pending", "--json").json["requests"] == []


def test_a_dry_run_shows_the_difference_and_changes_nothing(answered: World) -> None:
    before = answered.state()
    done = answered.site("import", "first.alic", "--dry-run", "--json").json
    assert {"field": "limits.employees", "from": None, "to": 6} in done["changes"]
    assert answered.state() == before
    assert answered.ask()["state"] == "demo"


def test_an_additional_purchase_goes_the_same_way_and_shows_under_license_information(purchased: World) -> None:
    assert purchased.ask()["employees"] == 6
    done = purchased.site("import", "second.png", "--json").json
    changes = {each["field"]: (each["from"], each["to"]) for each in done["changes"]}
    assert changes["limits.employees"] == (6, 100)
    assert changes["limits.badge_readers"][1] == 4
    assert "options.accruals_plus" in changes
    shown = purchased.site("license").out
    for line in ("Employees          100", "Badge readers      4", "Accruals Plus"):
        assert line in shown
    found = purchased.ask()
    assert (found["employees"], found["badge_readers"], found["accruals_plus"]) == (100, 4, True)
    assert not found["telephone_punch"]


def test_the_vendor_sees_who_holds_the_license_and_when(purchased: World) -> None:
    shown = purchased.vendor("license", "show", purchased.number.lower().replace("-", " "), "--json").json
    assert (shown["revision"], shown["state"], shown["product"]) == (2, "active", "infinitime")
    assert shown["limits"] == {"employees": 100, "badge_readers": 4}
    assert shown["options"] == ["accruals_plus"]
    assert shown["contact"]["email"] == "maria.hernandez@northwind.example"
    assert shown["first_activated"] <= shown["last_contact"]


def test_the_ready_mail_is_queued_for_each_processed_order(purchased: World) -> None:
    mails = purchased.vendor("mail", "list", "--json").json["mails"]
    assert [mail["state"] for mail in mails] == ["queued", "queued"]
    assert {mail["recipient"] for mail in mails} == {"maria@northwind.example"}


def test_a_request_before_the_order_is_processed_waits_and_then_goes_through(requested: World) -> None:
    more = ("--product", "infinitime", "--company", "N", "--email", "n@northwind.example", "--set", "employees=9")
    order = requested.vendor("order", "add", *more, "--json").json
    requested.site("init", "infinitime.product", home="other")
    requested.first_request("early.areq", home="other", number=order["license_number"])
    waiting = requested.vendor("sign", "early.areq", "-o", "early.alic", "--json", code=4).json["results"][0]
    assert (waiting["outcome"], waiting["output"]) == ("waiting", None)
    assert not (requested.work / "early.alic").exists()
    requested.vendor("order", "process", order["order"])
    requested.vendor("sign", "early.areq", "-o", "early.alic")
    assert requested.site("import", "early.alic", "--json", home="other").json["state"] == "active"


def test_a_refusal_of_the_vendor_travels_back_and_is_shown_at_the_site(requested: World) -> None:
    requested.vendor("refuse", "first.areq", "--reason", "Invoice 17 is open.", "-o", "no.alic")
    shown = requested.site("import", "no.alic", "--json", code=1)
    assert shown.error["code"] == "policy.refused"
    assert "Invoice 17 is open" in shown.error["message"]
    assert requested.ask()["state"] == "demo"


def test_the_license_is_renewed_by_the_same_steps(licensed: World) -> None:
    licensed.request("renew.areq", "--purpose", "renew")
    licensed.vendor("sign", "renew.areq", "-o", "renew.alic")
    done = licensed.site("import", "renew.alic", "--json").json
    assert (done["revision"], done["state"]) == (2, "active")


def test_check_and_forecast_answer_scripts_by_exit_code(licensed: World) -> None:
    assert licensed.site("check", "--use", "employees=6", "--json").json["state"] == "active"
    over = licensed.site("check", "--use", "employees=7", "--json", code=1)
    assert (over.json["state"], over.error["code"]) == ("over_limit", "license.over_limit")
    missing = licensed.site("check", "--option", "accruals_plus", "--json", code=1)
    assert missing.error["code"] == "license.option_missing"
    due = licensed.site("license", "--json").json["lease_until"]
    assert licensed.site("forecast", "--at", due, "--json").json["state"] in {"active", "renewal_due"}
    late = licensed.site("forecast", "--at", "2040-01-01", "--json", code=1)
    assert (late.json["state"], late.error["code"]) == ("expired", "license.expired")
