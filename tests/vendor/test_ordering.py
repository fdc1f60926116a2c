# ruff: noqa: ANN401 - the world is a fixture of conftest.py

from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from offline_activation.errors import Refusal
from offline_activation.formats.names import LicenseNumber, ProductId, read_license_number
from offline_activation.formats.request import Purpose
from offline_activation.formats.value import changed
from offline_activation.vendor.customers import change_warnings, customer_changes
from offline_activation.vendor.entitlements import entitlement_of
from offline_activation.vendor.ordering import read_order_id
from offline_activation.vendor.records import Entitlement, OrderId, OrderLine
from offline_activation.vendor.terms import trial_warning, would_grant

SAMPLE = Path(__file__).parents[2] / "samples" / "orders.csv"
HEADER = "product,company,email,license_number,set,add,options,until\n"


def refused(action: Any, *arguments: Any, **options: Any) -> tuple[str, str]:
    with pytest.raises(Refusal) as caught:
        action(*arguments, **options)
    return caught.value.code, caught.value.message


def test_an_order_of_a_new_license_grants_nothing_before_it_is_processed(world: Any) -> None:
    order = world.enter(until="2030-06-30", increases=["badge_readers=4"])
    assert (order.order_id, order.state, order.is_amendment) == ("O-000001", "entered", False)
    assert read_license_number(order.license_number) == order.license_number
    assert order.lines == (
        OrderLine(kind="limit_total", name="employees", amount=100),
        OrderLine(kind="limit_add", name="badge_readers", amount=4),
        OrderLine(kind="option", name="accruals_plus"),
        OrderLine(kind="until", name="2030-06-30"),
    )
    record = world.record(order.license_number)
    assert (record.state, record.entitlement.limits) == ("ordered", {})


def test_processing_changes_the_entitlement_and_queues_one_mail(world: Any) -> None:
    order = world.enter(contact_name="Ben Ito", purchase_order="PO-1")
    world.process(order.order_id)
    record = world.record(order.license_number)
    assert (record.state, record.entitlement.limits) == ("ready", {"employees": 100})
    with world.store.read() as work:
        (mail,) = work.outbox()
    assert (mail.recipient, mail.template) == ("it@northwind.example", "ready")
    assert mail.facts["license_number"].count("-") == 3
    assert mail.facts["product"] == "InfiniTime"


def test_processing_twice_changes_nothing_the_second_time(world: Any) -> None:
    order = world.enter()
    world.process(order.order_id)
    before, audit = world.dump(), world.audit()
    code, message = refused(world.process, order.order_id)
    assert (code, "already processed" in message) == ("vendor.order_state", True)
    assert (world.dump(), world.audit()) == (before, audit)


def test_an_order_nobody_entered_is_not_processed(world: Any) -> None:
    assert refused(world.process, OrderId("O-000099"))[0] == "vendor.unknown_order"


def test_an_additional_purchase_takes_the_customer_from_the_license(world: Any) -> None:
    number = world.sold()
    order = world.enter(license_number=number, increases=["employees=25"])
    assert (order.is_amendment, order.company, order.email) == (True, "Northwind", "it@northwind.example")
    world.process(order.order_id)
    assert world.record(number).entitlement.limits == {"employees": 125}


def test_the_ready_mail_of_an_update_goes_where_the_site_last_said(world: Any) -> None:
    site = world.active_site()
    order = world.enter(license_number=site.license_number, increases=["employees=1"])
    assert order.email == "maria@northwind.example"


def test_a_contact_address_that_is_none_is_not_mailed_to(world: Any, a_request: Any) -> None:
    site = world.site(world.sold())
    world.answer(site.request(contact=changed(a_request.contact, email='"a"@b, c@d')))
    order = world.enter(license_number=site.license_number, increases=["employees=1"])
    assert order.email == "it@northwind.example"


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"product": ProductId("nothing")}, "vendor.unknown_product"),
        ({"license_number": LicenseNumber("0" * 20), "totals": ["employees=1"]}, "vendor.unknown_license"),
        ({"totals": ["nope=1"]}, "order.invalid"),
        ({"totals": ["employees"]}, "order.invalid"),
        ({"totals": ["employees=-1"]}, "order.invalid"),
        ({"totals": ["employees=1e3"]}, "order.invalid"),
        ({"totals": ["employees=٣"]}, "order.invalid"),
        ({"totals": ["employees=9007199254740993"]}, "order.invalid"),
        ({"totals": ["employees=1", "employees=2"]}, "order.invalid"),
        ({"totals": ["employees=1"], "increases": ["employees=2"]}, "order.invalid"),
        ({"options": ["nope"]}, "order.invalid"),
        ({"options": ["accruals_plus", "accruals_plus"]}, "order.invalid"),
        ({"options": ["employees"]}, "order.invalid"),
        ({"until": "2026-02-30"}, "order.invalid"),
        ({"until": "tomorrow"}, "order.invalid"),
        ({"until": "2026-11-23"}, "order.invalid"),
        ({"totals": [], "options": []}, "order.invalid"),
        ({"maintenance_until": "2030-02-30"}, "order.invalid"),
        ({"maintenance_until": "2026-11-23"}, "order.invalid"),
        ({"version_ceiling": "4.x"}, "order.invalid"),
        ({"version_ceiling": "v4"}, "order.invalid"),
        ({"version_ceiling": "1." * 10 + "1"}, "order.invalid"),
        ({"trial": True}, "order.invalid"),
        ({"trial": True, "perpetual": True}, "order.invalid"),
        ({"until": "2030-06-30", "perpetual": True}, "order.invalid"),
        ({"company": ""}, "order.invalid"),
        ({"company": "x" * 81}, "order.invalid"),
        ({"company": "a\x1b[31m"}, "order.invalid"),
        ({"company": "a\u202eb"}, "order.invalid"),
        ({"email": "a@b, c@d"}, "order.invalid"),
        ({"email": "x\r\nBcc: a@b.c"}, "order.invalid"),
        ({"email": ""}, "order.invalid"),
        ({"contact_name": "y" * 81}, "order.invalid"),
    ],
)
def test_an_order_that_is_not_valid_changes_nothing(world: Any, other: dict[str, Any], code: str) -> None:
    before, audit = world.dump(), world.audit()
    assert refused(world.enter, **other)[0] == code
    assert (world.dump(), world.audit()) == (before, audit)


def test_an_additional_purchase_of_nothing_is_refused(world: Any) -> None:
    assert refused(world.enter, license_number=world.sold())[0] == "order.invalid"


def test_an_additional_purchase_of_another_product_is_refused(world: Any) -> None:
    number = world.sold()
    with world.store.begin() as work:
        other = work.find_product(ProductId("infinitime")).definition.replace('id = "infinitime"', 'id = "other"')
        work.save_product(
            type(work.find_product(ProductId("infinitime")))(product_id=ProductId("other"), definition=other, loaded=1)
        )
    code, message = refused(world.enter, license_number=number, product=ProductId("other"), totals=["employees=1"])
    assert (code, "infinitime" in message) == ("order.invalid", True)


@pytest.mark.parametrize(
    "company", ["=1+1", "<script>alert(1)</script>", "{{7*7}}", "'; DROP TABLE orders; --", "%s%n"]
)
def test_text_that_looks_like_a_program_is_a_company(world: Any, company: str) -> None:
    order = world.enter(company=company)
    world.process(order.order_id)
    assert world.record(order.license_number).company == company
    with world.store.read() as work:
        assert work.outbox()[0].facts["company"] == company


@pytest.mark.parametrize("typed", ["O-000012", "o-12", "12", " O-012 "])
def test_an_order_id_may_be_typed_short(typed: str) -> None:
    assert read_order_id(typed) == "O-000012"


def test_the_terms_of_a_license_are_lines_of_an_order(world: Any) -> None:
    terms = {"until": "2030-06-30", "trial": True, "maintenance_until": "2029-12-31", "version_ceiling": "4.2"}
    order = world.enter(totals=[], options=[], **terms)
    assert order.lines == (
        OrderLine(kind="until", name="2030-06-30"),
        OrderLine(kind="trial"),
        OrderLine(kind="maintenance_until", name="2029-12-31"),
        OrderLine(kind="version_ceiling", name="4.2"),
    )
    world.process(order.order_id)
    assert world.record(order.license_number).entitlement == Entitlement(**terms)
    with world.store.read() as work:
        assert work.find_order(order.order_id).lines == order.lines
    bought = world.enter(
        license_number=order.license_number, perpetual=True, maintenance_until="none", version_ceiling="none"
    )
    world.process(bought.order_id)
    assert world.record(order.license_number).entitlement == Entitlement()


def test_a_trial_takes_its_last_day_from_the_license_or_from_an_open_order(world: Any) -> None:
    number = world.sold()
    code, message = refused(world.enter, license_number=number, trial=True)
    assert (code, "the license has none" in message) == ("order.invalid", True)
    dated = world.enter(license_number=number, until="2030-06-30")
    trial = world.enter(license_number=number, trial=True)
    assert refused(world.process, trial.order_id)[0] == "order.invalid"
    for order in (dated, trial):
        world.process(order.order_id)
    assert world.record(number).entitlement.kind == "trial"
    again = world.enter(license_number=number, trial=True, increases=["employees=1"])
    world.process(again.order_id)
    assert world.record(number).entitlement.kind == "trial"


def test_an_order_that_silently_ends_a_trial_is_warned_about(memory_world: Any) -> None:
    number = memory_world.sold(until="2030-06-30", trial=True)
    for other, ends in (
        ({"increases": ["employees=1"]}, True),
        ({"perpetual": True}, False),
        ({"until": "2031-06-30"}, False),
        ({"increases": ["employees=1"], "trial": True}, False),
    ):
        order = memory_world.enter(license_number=number, **other)
        warning = trial_warning(order, memory_world.record(number))
        assert (warning is not None) == ends
        if warning is not None:
            assert (warning.code, "2030-06-30" in warning.message) == ("order.ends_trial", True)
        memory_world.cancel(order.order_id)
        cancelled = next(o for o in memory_world.dump()["orders"] if o.order_id == order.order_id)
        assert would_grant(cancelled, memory_world.record(number)) is None


AMENDMENTS: list[dict[str, Any]] = [
    {"increases": ["employees=25"], "options": ["telephone_punch"]},
    {"increases": ["employees=5"], "maintenance_until": "2031-12-31"},
    {"totals": ["badge_readers=4"], "version_ceiling": "5"},
    {"totals": ["biometric_readers=2"], "until": "2032-12-31"},
]


@pytest.mark.parametrize("sequence", list(permutations(range(len(AMENDMENTS)))))
def test_amendments_that_do_not_set_the_same_thing_may_be_processed_in_any_sequence(
    memory_world: Any, license_in: Any, sequence: tuple[int, ...]
) -> None:
    site = memory_world.active_site()
    entered = [memory_world.enter(license_number=site.license_number, **more) for more in AMENDMENTS]
    for at in sequence:
        memory_world.process(entered[at].order_id)
    request = site.request(Purpose.UPDATE)
    told = {change.field: change.after for change in memory_world.review(request).changes}
    assert told == {
        "limits.employees": 130,
        "limits.badge_readers": 4,
        "limits.biometric_readers": 2,
        "options.telephone_punch": True,
        "until": "2032-12-31",
        "maintenance_until": "2031-12-31",
        "version_ceiling": "5",
    }
    content = license_in(memory_world.answer(request).document)
    assert entitlement_of(content, "America/Los_Angeles") == memory_world.record(site.license_number).entitlement
    assert memory_world.record(site.license_number).issued == memory_world.record(site.license_number).entitlement


def test_a_revoked_license_takes_no_order(world: Any) -> None:
    from dataclasses import replace  # noqa: PLC0415 - used once

    number = world.sold()
    order = world.enter(license_number=number, increases=["employees=1"])
    with world.store.begin() as work:
        work.save_license(replace(work.find_license(number), state="revoked"))
    with pytest.raises(Refusal) as stuck:
        world.process(order.order_id)
    assert stuck.value.code == "order.invalid"
    assert f"order cancel {order.order_id}" in stuck.value.remedy
    with pytest.raises(Refusal) as caught:
        world.enter(license_number=number, increases=["employees=1"])
    assert caught.value.code == "vendor.license_revoked", "it is said before anybody waits for it"


def test_a_renewal_is_not_held_up_by_a_purchase_on_its_way(world: Any) -> None:
    site = world.active_site()
    world.enter(license_number=site.license_number, increases=["employees=1"])
    assert world.answer(site.request(Purpose.RENEW)).outcome == "signed"
    assert world.answer(site.request(Purpose.UPDATE)).outcome == "waiting"


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"totals": ["nope=1"]}, "there is no limit nope; there are: badge_readers, biometric_readers, employees."),
        ({"increases": ["nope=1"]}, "there is no limit nope; there are: badge_readers, biometric_readers, employees."),
        ({"options": ["no_such_option_of_the_product"]}, "there are: accruals_plus, telephone_punch."),
        ({"until": "2026-11-23"}, "the last day 2026-11-23 is in the past"),
        ({"totals": [], "options": []}, "nothing was ordered"),
    ],
)
def test_a_mistake_is_told_with_what_there_is(memory_world: Any, other: dict[str, Any], said: str) -> None:
    given = {"totals": [], "options": []} | other
    assert said in refused(memory_world.enter, **given)[1]


def test_today_is_not_in_the_past(memory_world: Any) -> None:
    assert memory_world.enter(until="2026-11-24").order_id


def test_a_cancelled_order_is_never_processed(world: Any, refusal_in: Any) -> None:
    order = world.enter()
    assert world.cancel(order.order_id).state == "cancelled"
    assert world.audit()[-1] == "order.cancelled"
    before, audit = world.dump(), world.audit()
    for action in (world.process, world.cancel):
        assert refused(action, order.order_id) == ("vendor.order_state", "The order O-000001 is already cancelled.")
    assert (world.dump(), world.audit()) == (before, audit)
    answer = world.answer(world.site(order.license_number).request())
    assert (answer.outcome, answer.code) == ("refused", "policy.not_ordered")
    assert "not ordered" in refusal_in(answer.document).message


def test_what_is_processed_or_unknown_is_not_cancelled(world: Any) -> None:
    order = world.enter()
    world.process(order.order_id)
    assert refused(world.cancel, order.order_id)[0] == "vendor.order_state"
    site = world.site(order.license_number)
    world.answer(site.request())
    assert refused(world.cancel, order.order_id) == ("vendor.order_state", "The order O-000001 is already fulfilled.")
    assert refused(world.cancel, "O-000099")[0] == "vendor.unknown_order"


def test_a_cancelled_additional_purchase_leaves_the_license_as_it_is(world: Any) -> None:
    number = world.sold()
    order = world.enter(license_number=number, increases=["employees=5"], company="Other")
    world.cancel(order.order_id)
    record = world.record(number)
    assert (record.state, record.company, record.entitlement.limits) == ("ready", "Northwind", {"employees": 100})


def test_the_order_that_was_entered_last_says_who_the_customer_is(world: Any) -> None:
    number = world.sold()
    older = world.enter(license_number=number, increases=["employees=1"])
    newer = world.enter(license_number=number, increases=["employees=1"], company="Southwind", email="s@w.example")
    last = world.enter(license_number=number, increases=["employees=1"])
    assert (last.company, last.email) == ("Southwind", "s@w.example")
    for order in (newer, older, last):
        world.process(order.order_id)
        record = world.record(number)
        assert (record.company, record.email) == ("Southwind", "s@w.example")
    assert record.entitlement.limits == {"employees": 103}


def test_an_open_order_tells_what_it_changes_about_the_customer(world: Any) -> None:
    site = world.active_site()
    record = world.record(site.license_number)
    same = world.enter(license_number=site.license_number, increases=["employees=1"])
    assert customer_changes(same, record) == ()
    world.cancel(same.order_id)
    other = world.enter(
        license_number=site.license_number,
        increases=["employees=1"],
        company="X",
        email="x@x.example",
        contact_name="C",
    )
    changes = customer_changes(other, record)
    assert [(change.field, change.before, change.after) for change in changes] == [
        ("company", "Northwind", "X"),
        ("contact_name", None, "C"),
        ("email", "maria@northwind.example", "x@x.example"),
    ]
    assert [warning.message for warning in change_warnings(other, changes)] == [
        "This order changes the company of the license from Northwind to X.",
        "This order changes the e-mail of the license from maria@northwind.example to x@x.example.",
    ]
    assert customer_changes(world.process(other.order_id), world.record(site.license_number)) == ()


def test_the_next_license_of_a_company_with_a_new_name_is_reviewed_as_a_change(world: Any) -> None:
    site = world.active_site()
    order = world.enter(license_number=site.license_number, increases=["employees=1"], company="Southwind")
    world.process(order.order_id)
    document = site.request(Purpose.UPDATE)
    assert ("company", "Northwind", "Southwind") in [
        (change.field, change.before, change.after) for change in world.review(document).changes
    ]
    world.answer(document)
    assert world.review(site.request(Purpose.UPDATE)).changes == ()
