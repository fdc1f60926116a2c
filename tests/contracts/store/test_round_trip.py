import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offline_activation.errors import Trouble
from offline_activation.formats.contact import FIELDS, Contact
from offline_activation.formats.keys import PublicKey
from offline_activation.formats.names import DocumentId, LicenseNumber, ProductId, Reference
from offline_activation.vendor.ports import Store
from offline_activation.vendor.records import (
    AuditEntry,
    Entitlement,
    Installation,
    LicenseRecord,
    Order,
    OrderId,
    OrderLine,
    OutboxMail,
    RequestRecord,
)

settings.load_profile("store")

PRODUCT = ProductId("infinitime")
STRINGS = Path(__file__).parents[2] / "data" / "strings" / "blns.json"
NASTY = (*(text for text in json.loads(STRINGS.read_bytes()) if "\0" not in text), "x" * 5000, "\x01\x7f\x85\u2028")

texts = st.sampled_from(NASTY) | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
numbers = st.integers(-(2**63), 2**63 - 1)
counts = st.integers(0, 2**53)
entitlements = st.builds(
    Entitlement,
    limits=st.dictionaries(texts, counts, max_size=3),
    options=st.frozensets(texts, max_size=3),
    until=st.none() | texts,
    maintenance_until=st.none() | texts,
    version_ceiling=texts,
    trial=st.booleans(),
)
installations = st.builds(
    Installation,
    site_key=st.binary(min_size=32, max_size=32).map(PublicKey),
    volume_id=texts,
    volume_source=texts,
    components=st.dictionaries(texts, st.binary(max_size=40), max_size=3),
    counter=counts,
)
contacts = st.builds(Contact, **{field.name: texts for field in FIELDS})
licenses = st.builds(
    LicenseRecord,
    license_number=texts.map(LicenseNumber),
    product=st.just(PRODUCT),
    state=st.sampled_from(("ordered", "ready", "active", "suspended", "revoked")),
    company=texts,
    email=texts,
    contact_name=texts,
    entitlement=entitlements,
    issued=st.none() | entitlements,
    revision=counts,
    installation=st.none() | installations,
    contact=st.none() | contacts,
    first_activated=st.none() | numbers,
    last_contact=st.none() | numbers,
    last_response=st.none() | st.binary(max_size=16).map(DocumentId),
)
lines = st.builds(OrderLine, kind=st.sampled_from(("limit_total", "limit_add")), name=texts, amount=numbers)
orders = st.builds(
    Order,
    order_id=texts.map(OrderId),
    product=st.just(PRODUCT),
    license_number=texts.map(LicenseNumber),
    is_amendment=st.booleans(),
    company=texts,
    email=texts,
    contact_name=texts,
    purchase_order=texts,
    state=st.sampled_from(("entered", "processed")),
    entered=numbers,
    processed=st.none() | numbers,
    lines=st.lists(lines, max_size=4).map(tuple),
)
requests = st.builds(
    RequestRecord,
    request_id=st.binary(max_size=16).map(DocumentId),
    reference=texts.map(Reference),
    license_number=texts.map(LicenseNumber),
    document=st.binary(max_size=700),
    received=numbers,
    decision=st.sampled_from(("sign", "ask", "refuse")),
    reasons=st.lists(texts, max_size=3).map(tuple),
    approved_by=st.none() | texts,
    refused_because=st.none() | texts,
)


@given(record=licenses)
def test_every_license_is_found_as_saved(store: Store, record: LicenseRecord) -> None:
    with store.begin() as work:
        work.save_license(record)
    with store.read() as work:
        assert work.find_license(record.license_number) == record


@given(record=orders)
def test_every_order_is_found_as_saved(store: Store, record: Order) -> None:
    with store.begin() as work:
        work.save_order(record)
    with store.read() as work:
        assert work.find_order(record.order_id) == record


@given(record=requests)
def test_every_request_is_found_as_saved(store: Store, record: RequestRecord) -> None:
    with store.begin() as work:
        work.save_request(record)
    with store.read() as work:
        assert work.find_request(record.request_id) == record
        assert record in work.requests_by_reference(record.reference)


@given(at=numbers, actor=texts, details=st.dictionaries(texts, texts, max_size=4))
def test_every_audit_entry_and_mail_is_found_as_saved(
    store: Store, at: int, actor: str, details: dict[str, str]
) -> None:
    entry = AuditEntry(at=at, actor=actor, action=actor, subject=actor, details=details)
    with store.begin() as work:
        work.append_audit(entry)
        last = work.audit()[-1]
        mail = OutboxMail(event=str(last.number), recipient=actor, template=actor, facts=details, queued=at)
        work.queue_mail(mail)
        assert work.outbox()[-1] == mail
    assert last == replace(entry, number=last.number)
    assert list(store.problems()) == []


@pytest.mark.parametrize("text", ["half a pair \ud800", "with NUL \0 inside"])
def test_text_that_not_every_database_keeps_is_trouble(
    store: Store, a_license: Callable[[int], LicenseRecord], text: str
) -> None:
    with pytest.raises(Trouble, match="no database keeps"), store.begin() as work:
        work.save_license(replace(a_license(1), company=text))
    with store.read() as work:
        assert work.licenses() == ()


def test_a_number_of_more_than_64_bits_is_trouble(store: Store, a_license: Callable[[int], LicenseRecord]) -> None:
    with pytest.raises(Trouble, match="no database keeps"), store.begin() as work:
        work.save_license(replace(a_license(1), revision=2**64))


def test_nasty_text_inside_details_stays_as_it_is(store: Store) -> None:
    details = {text: text + "\0\ud800" for text in NASTY}
    with store.begin() as work:
        work.append_audit(AuditEntry(at=0, actor="a", action="b", subject="c", details=details))
    with store.read() as work:
        assert work.audit()[0].details == details


def test_the_latest_dated_entry_of_some_actions_is_found(store: Store) -> None:
    dated = ((50, "sign"), (90, "order"), (70, "sign"), (70, "export"), (10, "sign"))
    with store.begin() as work:
        for at, action in dated:
            work.append_audit(AuditEntry(at=at, actor="eva", action=action, subject="s", details={}))
    with store.read() as work:
        begun = work.audit()[-1].number - len(dated)

        def found(limit: int, *actions: str, after: int = 0) -> int | None:
            entry = work.dated_after(limit, actions=actions, after=begun + after)
            return None if entry is None else entry.number - begun

        assert found(0, "sign", "export") == 4
        assert found(0, "sign") == 3
        assert (found(69, "sign"), found(70, "sign"), found(0), found(0, "sign", after=3)) == (3, None, None, 5)
