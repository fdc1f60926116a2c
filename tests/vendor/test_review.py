# ruff: noqa: ANN401 - cases vary records by field name

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from offline_activation.formats.keys import SoftwareSigner
from offline_activation.formats.names import DocumentId, LicenseNumber, ProductId
from offline_activation.formats.request import ActivationRequest, Purpose
from offline_activation.formats.value import changed
from offline_activation.vendor.products import Definition, read_definition
from offline_activation.vendor.records import Entitlement, Forks, FormerSite, Installation, LicenseRecord, OrderId
from offline_activation.vendor.review import Known, review

NOW = 1_795_498_206
DAY = 86_400
SAMPLE = (Path(__file__).parents[2] / "samples" / "infinitime.toml").read_text()
DEFINITION: Definition = read_definition(SAMPLE, path="sample")
SITE = SoftwareSigner(bytes([2]) * 32).public_key
OTHER = SoftwareSigner(bytes([9]) * 32).public_key
HELD = Installation(site_key=SITE, volume_id="d15c-1", volume_source="x", components={}, counter=0)
ELSEWHERE = replace(HELD, site_key=OTHER, volume_id="d15c-2")
READY = LicenseRecord(
    license_number=LicenseNumber("0" * 20),
    product=ProductId("infinitime"),
    state="ready",
    company="Northwind",
    email="it@northwind.example",
    contact_name="",
    entitlement=Entitlement(limits={"employees": 100}),
)
SECOND = replace(READY, license_number=LicenseNumber("1" * 20), installation=HELD)
ALL = tuple(Purpose)
BACK = (Purpose.RETURN,)
ASKING = tuple(purpose for purpose in Purpose if purpose is not Purpose.RETURN)
OVER = Entitlement(until="2026-01-01")
RETURN = DocumentId(b"r" * 16)
OTHER_ID = DocumentId(b"o" * 16)
RETURNED = FormerSite(
    license_number=READY.license_number,
    site_key=SITE,
    volume_id="d15c-1",
    how="returned",
    at=NOW,
    revision=1,
    return_id=RETURN,
)
GONE = replace(RETURNED, how="rehosted", return_id=None)
MOVES = (Purpose.TRANSFER, Purpose.REHOST, Purpose.REBIND)

CASES: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any], tuple[Purpose, ...], str, str]] = [
    # what, request, license, known, purposes, decision, rule
    ("ready", {}, {}, {}, (Purpose.ACTIVATE, Purpose.UPDATE, Purpose.RENEW), "sign", "ready"),
    ("held by the site that asks", {}, {"installation": HELD}, {}, (Purpose.RENEW, Purpose.UPDATE), "sign", "ready"),
    ("number unknown", {}, {}, {"license": None, "definition": None}, ALL, "refuse", "unknown_license"),
    ("other product", {"product": ProductId("other")}, {}, {}, ALL, "refuse", "other_product"),
    ("suspended", {}, {"state": "suspended"}, {}, ASKING, "refuse", "suspended"),
    ("revoked", {}, {"state": "revoked"}, {}, ASKING, "refuse", "revoked"),
    (
        "nothing processed",
        {},
        {"state": "ordered"},
        {"open_orders": [OrderId("O-000007")]},
        ASKING,
        "ask",
        "order_not_processed",
    ),
    ("the only order cancelled", {}, {"state": "ordered"}, {}, ASKING, "refuse", "not_ordered"),
    (
        "an order not processed",
        {},
        {},
        {"open_orders": [OrderId("O-000007")]},
        (Purpose.ACTIVATE, Purpose.UPDATE, *MOVES),
        "ask",
        "order_not_processed",
    ),
    ("a renewal goes on", {}, {}, {"open_orders": [OrderId("O-000007")]}, (Purpose.RENEW,), "sign", "ready"),
    (
        "held elsewhere",
        {},
        {"installation": ELSEWHERE},
        {},
        (Purpose.ACTIVATE, Purpose.UPDATE, Purpose.RENEW, Purpose.RETURN),
        "refuse",
        "held_elsewhere",
    ),
    ("held elsewhere, asks to move", {}, {"installation": ELSEWHERE}, {}, MOVES, "ask", "held_elsewhere"),
    ("purposes that ask", {}, {"installation": HELD}, {}, MOVES, "ask", "purpose"),
    ("a return", {}, {"installation": HELD}, {}, (Purpose.RETURN,), "sign", "ready"),
    ("a stopped license given back", {}, {"installation": HELD, "state": "revoked"}, {}, BACK, "sign", "ready"),
    ("an ended one given back", {}, {"installation": HELD, "entitlement": OVER}, {}, BACK, "sign", "ready"),
    ("nothing to give back", {}, {}, {}, BACK, "refuse", "nothing_to_return"),
    ("a return of before", {}, {"installation": replace(HELD, counter=1)}, {}, BACK, "ask", "late_return"),
    ("restored after a return", {}, {}, {"former": RETURNED}, ALL[:3], "refuse", "returned"),
    ("returned twice", {}, {}, {"former": RETURNED}, BACK, "refuse", "returned"),
    ("knows of its return", {"returned": RETURN}, {}, {"former": RETURNED}, (Purpose.ACTIVATE,), "sign", "ready"),
    ("knows of another", {"returned": OTHER_ID}, {}, {"former": RETURNED}, (Purpose.ACTIVATE,), "refuse", "returned"),
    ("replaced and alive", {}, {"installation": ELSEWHERE}, {"former": GONE}, ASKING, "refuse", "superseded"),
    ("replaced, the license free", {}, {}, {"former": GONE}, ASKING, "refuse", "superseded"),
    ("replaced, gives back", {}, {"installation": ELSEWHERE}, {"former": GONE}, BACK, "sign", "ready"),
    ("too many unreturned", {}, {"installation": ELSEWHERE}, {"unreturned": 2}, MOVES, "refuse", "unreturned"),
    ("one less", {}, {"installation": ELSEWHERE}, {"unreturned": 1}, MOVES, "ask", "held_elsewhere"),
    ("too many, but nobody is replaced", {}, {}, {"unreturned": 9}, MOVES, "ask", "purpose"),
    ("too many, but it is here", {}, {"installation": HELD}, {"unreturned": 9}, MOVES, "ask", "purpose"),
    ("proof of nothing", {"proof": b"x"}, {"installation": ELSEWHERE}, {}, (Purpose.TRANSFER,), "refuse", "proof"),
    ("a second license", {}, {}, {"others_of_site_key": [SECOND]}, (Purpose.ACTIVATE,), "ask", "site_key_twice"),
    (
        "a second license approved before",
        {},
        {"installation": HELD},
        {"others_of_site_key": [SECOND]},
        (Purpose.RENEW,),
        "sign",
        "ready",
    ),
    ("volume changed", {"volume_id": "d15c-9"}, {"installation": HELD}, {}, (Purpose.RENEW,), "ask", "volume_changed"),
    ("books restored", {"revision": 9}, {"installation": HELD}, {}, (Purpose.RENEW,), "ask", "revision_ahead"),
    ("ended", {}, {"entitlement": Entitlement(until="2026-11-22")}, {}, (Purpose.ACTIVATE,), "refuse", "ended"),
    ("ends today", {}, {"entitlement": Entitlement(until="2026-11-24")}, {}, (Purpose.ACTIVATE,), "sign", "ready"),
    ("ended, but asks first", {}, {"entitlement": Entitlement(until="2026-11-22")}, {}, MOVES, "ask", "purpose"),
]


def known(**other: Any) -> Known:
    given: dict[str, Any] = {"license": READY, "definition": DEFINITION}
    return Known(**(given | other))


@pytest.mark.parametrize(("what", "request_", "record", "others", "purposes", "decision", "rule"), CASES)
def test_the_first_rule_that_says_no_or_asks_decides(
    a_request: ActivationRequest,
    what: str,
    request_: dict[str, Any],
    record: dict[str, Any],
    others: dict[str, Any],
    purposes: tuple[Purpose, ...],
    decision: str,
    rule: str,
) -> None:
    for purpose in purposes:
        case = {"license": replace(READY, **record)} | others
        found = review(changed(a_request, purpose=purpose, **request_), known(**case), now=NOW)
        assert (what, purpose, found.decision, found.rule) == (what, purpose, decision, rule)
        assert found.reasons
        assert all(reason[0].isupper() and reason.endswith(".") for reason in found.reasons)
        assert (found.refusal is not None) == (decision == "refuse")


@pytest.mark.parametrize(
    ("request_", "record", "others", "said"),
    [
        (
            {"counter": 1},
            {"installation": replace(HELD, counter=1)},
            {},
            "this server has already sent request number 1.",
        ),
        (
            {"counter": 2},
            {"installation": replace(HELD, counter=5)},
            {},
            "it is request number 2 of this server, which has already sent number 5.",
        ),
        (
            {"counter": 2},
            {"installation": replace(HELD, counter=1), "last_response": DocumentId(b"r" * 16)},
            {},
            "had not imported the last response when it asked.",
        ),
        ({"created": NOW + 2 * DAY}, {}, {}, "vendor's time"),
        ({"created": 1_577_836_799}, {}, {}, "2019-12-31"),
        ({"created": 0}, {}, {}, "1970-01-01"),
        ({"created": 2**53 - 1}, {}, {}, "far future"),
        ({}, {}, {"others_of_volume": [replace(SECOND, installation=replace(HELD, site_key=OTHER))]}, "same HD Volume"),
    ],
)
def test_what_is_odd_but_no_reason_to_refuse_is_signed_and_said(
    a_request: ActivationRequest, request_: dict[str, Any], record: dict[str, Any], others: dict[str, Any], said: str
) -> None:
    found = review(changed(a_request, **request_), known(license=replace(READY, **record), **others), now=NOW)
    assert found.decision == "sign"
    assert said in found.reasons[0]


def test_what_follows_is_not_odd(a_request: ActivationRequest) -> None:
    last = DocumentId(b"r" * 16)
    held = replace(READY, installation=replace(HELD, counter=4), last_response=last)
    found = review(changed(a_request, counter=5, previous=last), known(license=held), now=NOW)
    assert found.reasons == ("The server that holds the license asks.",)


def test_a_count_that_lags_behind_is_not_odd_when_the_last_license_is_known(a_request: ActivationRequest) -> None:
    last = DocumentId(b"r" * 16)
    held = replace(READY, installation=replace(HELD, counter=9), last_response=last, revision=4)
    found = review(changed(a_request, counter=5, previous=last, revision=4), known(license=held), now=NOW)
    assert found.reasons == ("The server that holds the license asks.",)
    begun = replace(held, revision=5)  # somebody else's license is recorded, but not yet signed
    found = review(changed(a_request, counter=5, previous=last, revision=4), known(license=begun), now=NOW)
    assert "has already sent number 9" in found.reasons[0]


def test_every_finding_is_told_and_an_approval_lifts_only_questions(a_request: ActivationRequest) -> None:
    ended = replace(READY, installation=HELD, entitlement=Entitlement(until="2026-01-01"))
    odd = changed(a_request, purpose=Purpose.REHOST, volume_id="d15c-9", created=NOW + 9 * DAY)
    found = review(odd, known(license=ended, open_orders=[OrderId("O-000007")]), now=NOW)
    assert (found.decision, found.rule, len(found.reasons)) == ("ask", "order_not_processed", 5)
    assert found.blocking is not None
    assert found.blocking.code == "policy.ended"


def test_a_question_that_no_approval_answers(a_request: ActivationRequest) -> None:
    case = known(license=replace(READY, state="ordered"), open_orders=[OrderId("O-000007")])
    found = review(a_request, case, now=NOW)
    assert found.decision == "ask"
    assert found.blocking is not None
    assert found.blocking.code == "policy.order_open"


def test_a_return_changes_the_server_to_none_and_grants_nothing(a_request: ActivationRequest) -> None:
    held = known(license=replace(READY, installation=HELD))
    found = review(changed(a_request, purpose=Purpose.RETURN), held, now=NOW)
    assert [(change.field, change.after) for change in found.changes] == [("volume_id", None), ("site_key", None)]
    assert found.grant is None
    assert "it gets a receipt" in found.reasons[-1]


@pytest.mark.parametrize(
    ("purpose", "said"), [(Purpose.RENEW, "hold no other one"), (Purpose.REHOST, "opened on 2026-")]
)
def test_an_opened_emergency_license_is_told(a_request: ActivationRequest, purpose: Purpose, said: str) -> None:
    opened = changed(a_request, purpose=purpose, emergency_opened=NOW - DAY)
    reasons = review(opened, known(license=replace(READY, installation=HELD)), now=NOW).reasons
    assert [reason for reason in reasons if said in reason]


def test_two_servers_that_take_turns_are_no_restored_backup(a_request: ActivationRequest) -> None:
    forks = Forks(count=1, turns=0, last_seen=NOW, left_behind=RETURN)
    held = replace(READY, installation=replace(HELD, counter=1), last_response=OTHER_ID, forks=forks)
    found = review(changed(a_request, counter=1, previous=RETURN), known(license=held), now=NOW)
    assert found.decision == "sign"
    assert "Two servers seem to run" in found.reasons[0]


def test_changes_tell_limits_server_and_contact(a_request: ActivationRequest) -> None:
    before = changed(a_request.contact, email="old@northwind.example")
    held = replace(READY, installation=replace(HELD, volume_id="d15c-0"), contact=before, issued=Entitlement())
    found = review(a_request, known(license=held), now=NOW)
    assert [(change.field, change.before, change.after) for change in found.changes] == [
        ("limits.employees", None, 100),
        ("volume_id", "d15c-0", "d15c-1"),
        ("contact.email", "old@northwind.example", "maria@northwind.example"),
    ]
    assert found.grant == READY.entitlement


@pytest.mark.parametrize(
    ("orders", "purpose", "said"),
    [
        (["O-1"], Purpose.UPDATE, "Order O-1 is entered but not processed: run"),
        (["O-1", "O-2"], Purpose.UPDATE, "Orders O-1 and O-2 are entered but not processed: run"),
        (["O-1", "O-2", "O-3"], Purpose.UPDATE, "Orders O-1, O-2 and O-3 are entered but not processed: run"),
        (["O-1"], Purpose.RENEW, "Order O-1 is not processed yet; the renewal goes on without it."),
        (["O-1", "O-2"], Purpose.RENEW, "Orders O-1 and O-2 are not processed yet; the renewal goes on without them."),
    ],
)
def test_one_order_is_and_several_are(
    a_request: ActivationRequest, orders: list[str], purpose: Purpose, said: str
) -> None:
    case = known(license=replace(READY, installation=HELD), open_orders=[OrderId(order) for order in orders])
    reasons = review(changed(a_request, purpose=purpose), case, now=NOW).reasons
    assert [reason for reason in reasons if reason.startswith(said)]


def test_another_company_than_in_the_last_license_is_a_change(a_request: ActivationRequest) -> None:
    held = replace(READY, installation=HELD, company="Southwind", issued=READY.entitlement, contact=a_request.contact)
    found = review(a_request, known(license=held, issued_company="Northwind"), now=NOW)
    assert [(change.field, change.before, change.after) for change in found.changes] == [
        ("company", "Northwind", "Southwind")
    ]


def test_a_subscription_ends_with_its_day_where_the_site_is(a_request: ActivationRequest) -> None:
    bought = replace(READY, entitlement=Entitlement(until="2026-11-23"))  # now it is still the 23rd in Pago Pago
    for zone, decision in (("Pacific/Pago_Pago", "sign"), ("UTC", "refuse"), ("Pacific/Kiritimati", "refuse")):
        assert review(changed(a_request, zone=zone), known(license=bought), now=NOW).decision == decision


def test_vendor_that_lets_rules_rebind_still_asks_when_another_server_holds_the_license(
    a_request: ActivationRequest,
) -> None:
    lenient = replace(DEFINITION, auto=frozenset(Purpose))
    rebind = changed(a_request, purpose=Purpose.REBIND, volume_id="d15c-9")
    held = known(license=replace(READY, installation=HELD), definition=lenient)
    assert review(rebind, held, now=NOW).decision == "sign"
    elsewhere = known(license=replace(READY, installation=ELSEWHERE), definition=lenient)
    assert review(rebind, elsewhere, now=NOW).decision == "ask"


def test_more_in_use_than_was_bought_is_said_and_signed(a_request: ActivationRequest) -> None:
    """O-03: an order that was made smaller takes nothing away by surprise."""
    bought = replace(READY, installation=HELD, entitlement=replace(READY.entitlement, limits={"employees": 5}))
    found = review(changed(a_request, usage={"employees": 8}), known(license=bought), now=NOW)
    assert "More is in use than was bought: employees 8 in use, 5 bought." in found.reasons
    within = review(changed(a_request, usage={"employees": 5}), known(license=bought), now=NOW)
    assert not [reason for reason in within.reasons if reason.startswith("More is in use")]


def test_a_renewal_that_cannot_move_a_nearer_end_says_so(a_request: ActivationRequest) -> None:
    """The lease of 183 days would end after the subscription does, and nothing was ordered since the last license."""
    soon = Entitlement(until="2027-01-31")
    held = replace(READY, installation=HELD, entitlement=soon, issued=soon)
    renew = changed(a_request, purpose=Purpose.RENEW)
    said = "This does not move the end 2027-01-31; no order renews it."
    assert said in review(renew, known(license=held), now=NOW).reasons
    on_its_way = review(renew, known(license=held, open_orders=[OrderId("O-000007")]), now=NOW)
    assert "This does not move the end 2027-01-31; no processed order renews it." in on_its_way.reasons
    for other in (
        {"issued": Entitlement(until="2026-12-31")},  # an order has moved it
        {"entitlement": Entitlement(until="2029-01-31"), "issued": Entitlement(until="2029-01-31")},  # the lease counts
        {"entitlement": Entitlement(), "issued": Entitlement()},
    ):
        reasons = review(renew, known(license=replace(held, **other)), now=NOW).reasons
        assert not [reason for reason in reasons if "does not move" in reason], other
    endless = replace(DEFINITION, lease_days=0)
    assert said in review(renew, known(license=held, definition=endless), now=NOW).reasons
    assert said not in review(changed(renew, purpose=Purpose.UPDATE), known(license=held), now=NOW).reasons


@pytest.mark.parametrize("purpose", MOVES)
def test_a_move_without_proof_says_that_the_old_server_will_count(
    a_request: ActivationRequest, purpose: Purpose
) -> None:
    case = known(license=replace(READY, installation=ELSEWHERE), unreturned=1)
    reasons = review(changed(a_request, purpose=purpose), case, now=NOW).reasons
    assert [reason for reason in reasons if "the old server will count as unreturned (2 of 2)" in reason]


@pytest.mark.parametrize(
    ("former", "said"),
    [
        (GONE, "it counts no longer"),
        (replace(GONE, how="transferred", return_id=OTHER_ID), "This return came with the transfer to another server"),
        (replace(GONE, written_off=NOW), "it was written off before"),
    ],
)
def test_the_return_of_a_former_server_says_what_it_changes(
    a_request: ActivationRequest, former: FormerSite, said: str
) -> None:
    case = known(license=replace(READY, installation=ELSEWHERE), former=former)
    found = review(changed(a_request, purpose=Purpose.RETURN), case, now=NOW)
    assert found.decision == "sign"
    assert said in found.reasons[0]
    assert ("counts no longer" in " ".join(found.reasons)) == (former == GONE)
