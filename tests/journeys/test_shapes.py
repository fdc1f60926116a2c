"""The JSON of every command: the keys that scripts rely on, and states and codes that are known."""

from typing import Any

World = Any
STATES = {
    "not_activated", "demo", "active", "renewal_due", "in_grace", "expired", "over_limit", "wrong_machine",
    "clock_problem", "revoked", "returned", "superseded",
}  # fmt: skip
STANDING = {
    "state", "license_number", "revision", "company", "limits", "options", "lease_until", "until", "maintenance_until",
    "days_left", "warnings",
}  # fmt: skip


def holds(found: dict[str, Any], keys: str) -> bool:
    missing = set(keys.split()) - set(found)
    assert not missing, missing
    return True


def test_order_add_and_process(ordered: World) -> None:
    common = ("--product", "infinitime", "--company", "N", "--email", "n@n.example", "--po", "PO-1")
    many = ("--contact-name", "Ann Lee", "--until", "2030-12-31", "--option", "accruals_plus")
    added = ordered.vendor("order", "add", *common, *many, "--set", "employees=3", "--json").json
    assert holds(added, "order license_number state")
    processed = ordered.vendor("order", "process", "--all", "--json").json["orders"]
    assert [holds(each, "order license_number state") for each in processed] == [True]
    assert processed[0]["license_number"] == added["license_number"]
    assert ordered.vendor("order", "show", added["order"], "--json").json["order"] == added["order"]
    shown = ordered.vendor("license", "show", added["license_number"], "--json").json
    assert (shown["until"], shown["options"], shown["limits"]) == ("2030-12-31", ["accruals_plus"], {"employees": 3})


def test_order_import_of_the_sample(ordered: World) -> None:
    from pathlib import Path  # noqa: PLC0415 - only here

    sample = Path(__file__).resolve().parents[2] / "samples" / "orders.csv"
    found = ordered.vendor("order", "import", sample, "--json").json
    assert len(found["orders"]) == 2
    assert all(each["license_number"] for each in found["orders"])


def test_review_and_sign(requested: World) -> None:
    review = requested.vendor("review", "first.areq", "--json").json
    assert holds(review, "reference purpose license_number site decision reasons changes")
    assert all(set(each) >= {"field", "from", "to"} for each in review["changes"])
    assert review["decision"] in {"sign", "ask", "refuse"}
    result = requested.vendor("sign", "first.areq", "-o", "a.alic", "--json").json["results"][0]
    assert holds(result, "input reference outcome output code license_number revision")
    assert result["reference"] == review["reference"]


def test_waiting_approve_and_pending(licensed: World) -> None:
    licensed.request("move.areq", "--purpose", "rebind")
    waiting = licensed.vendor("sign", "move.areq", "-o", "move.alic", "--json", code=4).json["results"][0]
    assert (waiting["outcome"], waiting["output"], waiting["revision"]) == ("waiting", None, None)
    listed = licensed.vendor("pending", "--json").json["requests"]
    assert [each["reference"] for each in listed] == [waiting["reference"]]
    approved = licensed.vendor("approve", waiting["reference"], "--as", "ada", "--json").json
    assert approved["reference"] == waiting["reference"]
    signed = licensed.vendor("sign", "move.areq", "-o", "move.alic", "--json").json["results"][0]
    assert (signed["outcome"], signed["revision"]) == ("signed", 2)
    assert licensed.site("import", "move.alic", "--json").json["revision"] == 2
    unknown = licensed.vendor("approve", "AR-0000-0000", "--as", "ada", "--json", code=1)
    assert unknown.error["code"] == "vendor.unknown_request"


def test_refuse(requested: World) -> None:
    refused = requested.vendor("refuse", "first.areq", "--reason", "No.", "-o", "no.alic", "--json").json
    assert (refused["outcome"], refused["output"]) == ("refused", "no.alic")
    seen = requested.site("inspect", "no.alic", "--json").json
    assert (seen["kind"], seen["verified"]) == ("refusal", True)


def test_license_show_and_list(licensed: World) -> None:
    shown = licensed.vendor("license", "show", licensed.number, "--json").json
    keys = (
        "license_number revision state product company limits options until site first_activated last_contact contact"
    )
    assert holds(shown, keys)
    assert holds(shown["site"], "volume_id key")
    assert licensed.vendor("license", "list", "--expiring", "1", "--json").json["licenses"] == []
    soon = licensed.vendor("license", "list", "--expiring", "200", "--json").json["licenses"]
    assert [each["license_number"] for each in soon] == [licensed.number]


def test_inspect_of_every_kind(answered: World) -> None:
    answered.vendor("trust", "export", "-o", "trust.txt")
    for name, kind in (
        ("first.areq", "request"), ("first.alic", "license"), ("infinitime.product", "product"), ("trust.txt", "trust"),
    ):  # fmt: skip
        seen = answered.site("inspect", name, "--json").json
        assert holds(seen, "kind bytes reference verified by fields"), name
        assert (seen["kind"], seen["verified"]) == (kind, True)
        assert isinstance(seen["fields"], dict)
        assert seen["bytes"] == len(answered.document(name))
        assert answered.vendor("inspect", name, "--json").json["fields"] == seen["fields"]
    stranger = answered.site("inspect", "first.alic", "--json", home="nowhere", code=None)
    assert stranger.json["verified"] is False
    trusted = answered.site("inspect", "first.alic", "--product", "infinitime.product", "--json", home="nowhere").json
    assert trusted["verified"] is True


def test_site_commands(licensed: World) -> None:
    info = licensed.site("tech-info", "--json").json
    assert holds(info, "product volume_id volume_source components site_key license_number")
    assert all(set(each) >= {"name", "source", "present"} for each in info["components"])
    made = licensed.site("request", "-o", "r.areq", "--json").json
    assert holds(made, "reference file bytes purpose")
    assert (made["file"], made["bytes"]) == ("r.areq", len(licensed.document("r.areq")))
    open_requests = licensed.site("pending", "--json").json["requests"]
    assert [each["reference"] for each in open_requests] == [made["reference"]]
    again = licensed.site("import", "first.alic", "--json").json
    assert holds(again, "reference license_number revision state changes")
    for command in (["license"], ["check"], ["forecast", "--at", "2026-12-31"]):
        found = licensed.site(*command, "--json").json
        assert set(found) >= STANDING
        assert found["state"] in STATES
        assert set(found["limits"]) == {"employees", "badge_readers", "biometric_readers"}
    assert licensed.site("cancel", made["reference"].lower(), "--json").json["reference"] == made["reference"]
    assert licensed.site("cancel", made["reference"], "--json", code=1).error["code"] == "site.no_such_request"
    assert licensed.site("history", "--json").json["history"]


def test_states_before_and_beside_a_license(requested: World) -> None:
    for command in (["license"], ["check"]):
        found = requested.site(*command, "--json").json
        assert set(found) >= STANDING
        assert (found["state"], found["revision"]) == ("demo", 0)
    ended = requested.site("forecast", "--at", "2099-01-01", "--json", code=1)
    assert ended.json["state"] in STATES
    assert ended.error["code"] == "license.demo_ended"
    assert requested.site("check", "--use", "employees=6", "--json", code=1).error["code"] == "license.over_limit"


def test_check_of_what_nobody_knows(licensed: World) -> None:
    assert licensed.site("check", "--option", "nonsense", "--json", code=None).code in {1, 2}
    assert licensed.site("check", "--use", "nonsense=1", "--json", code=None).code in {1, 2}
    for wrong in ("employees", "employees=", "employees=x", "employees=-1", "=4"):
        assert licensed.site("check", "--use", wrong, "--json", code=2).error["code"].startswith("usage."), wrong
    for wrong in ("soon", "2026-13-01", "0000-00-00", "99999-01-01", ""):
        assert licensed.site("forecast", f"--at={wrong}", "--json", code=2).error["code"].startswith("usage."), wrong


def test_return_transfer_rebind_and_rehost_make_requests_of_their_purpose(licensed: World) -> None:
    for purpose in ("transfer", "rebind", "rehost", "return"):
        assert licensed.ask()["state"] == "active"
        made = licensed.site(purpose, "-o", f"{purpose}.areq", "--json").json
        assert (made["purpose"], made["file"]) == (purpose, f"{purpose}.areq")
        decision = licensed.vendor("review", f"{purpose}.areq", "--json").json["decision"]
        assert decision == ("sign" if purpose == "return" else "ask")
    assert licensed.ask()["state"] == "returned"


def test_products_keys_audit_and_doctor(licensed: World) -> None:
    assert [each["product"] for each in licensed.vendor("product", "list", "--json").json["products"]] == ["infinitime"]
    keys = licensed.vendor("keys", "list", "--json").json["keys"]
    assert {each["role"] for each in keys} == {"root", "issuing"}
    entries = licensed.vendor("audit", "export", "--json").json
    numbers = [each["number"] for each in next(iter(entries.values()))]
    assert numbers == list(range(1, len(numbers) + 1))
    lines = licensed.vendor("audit", "export").out.splitlines()
    assert len(lines) == len(numbers)
    assert licensed.vendor("doctor", "--json", code=None).code in {0, 3}
    assert licensed.site("doctor", "--json", code=None).code in {0, 1}


def test_a_wrong_order_is_refused_and_changes_nothing(ordered: World) -> None:
    common = ("order", "add", "--company", "N", "--email", "n@n.example", "--json")
    for more in (
        ("--product", "nonsense", "--set", "employees=1"),
        ("--product", "infinitime", "--set", "nonsense=1"),
        ("--product", "infinitime", "--set", "employees=-1"),
        ("--product", "infinitime", "--set", "employees=99999999999999999999"),
        ("--product", "infinitime", "--set", "employees=1.5"),
        ("--product", "infinitime", "--option", "nonsense"),
        ("--product", "infinitime", "--until", "2026-02-30"),
        ("--product", "infinitime", "--until", "soon"),
        ("--product", "infinitime", "--license-number", "AAAAA-AAAAA-AAAAA-AAAAA"),
        ("--product", "infinitime", "--license-number", ordered.number, "--add", "employees=9007199254740991"),
    ):
        before = ordered.state()
        result = ordered.vendor(*common, *more, code=None)
        assert result.code in {1, 2}, (more, result)
        assert result.error["remedy"]
        assert ordered.state() == before
    for wrong in ("O-000099", "x", "'; DROP TABLE orders;--"):
        assert ordered.vendor("order", "show", wrong, "--json", code=1).error["code"] == "vendor.unknown_order"
        assert ordered.vendor("order", "process", wrong, "--json", code=1).error["code"] == "vendor.unknown_order"
    assert ordered.vendor("order", "process", "O-000001", "--json", code=1).error["code"] == "vendor.order_state"
