from collections.abc import Callable
from dataclasses import replace

import pytest

from offline_activation.errors import Trouble
from offline_activation.formats.contact import Contact
from offline_activation.formats.keys import KeyId, PublicKey
from offline_activation.formats.names import DocumentId, LicenseNumber, ProductId, Reference
from offline_activation.formats.trust_list import Use
from offline_activation.vendor.ports import Store
from offline_activation.vendor.records import (
    AuditEntry,
    Entitlement,
    Installation,
    Intent,
    KeyRecord,
    LicenseRecord,
    Order,
    OrderId,
    OrderLine,
    OutboxMail,
    Product,
    RequestRecord,
    Vendor,
)

NOW = 1_795_498_206
PRODUCT = ProductId("infinitime")


def an_order(order_id: str, number: LicenseNumber, *lines: OrderLine) -> Order:
    return Order(
        order_id=OrderId(order_id),
        product=PRODUCT,
        license_number=number,
        is_amendment=False,
        company="Müller & Söhne",
        email="it@mueller.example",
        contact_name="",
        purchase_order="PO 17",
        state="entered",
        entered=NOW,
        processed=None,
        lines=lines,
    )


def test_new_books_are_empty(store: Store, number: Callable[[int], LicenseNumber]) -> None:
    with store.read() as work:
        assert work.find_vendor() is None
        assert work.find_product(ProductId("other")) is None
        assert work.find_order(OrderId("O-000001")) is None
        assert work.find_license(number(1)) is None
        assert work.find_request(DocumentId(bytes(16))) is None
        assert work.find_intent(DocumentId(bytes(16))) is None
        assert work.find_trust_list() is None
        lists = work.orders(), work.licenses(), work.keys(), work.audit(), work.outbox(), work.waiting_requests()
    assert [list(found) for found in lists] == [[]] * 6
    assert list(store.problems()) == []


def test_the_vendor_and_products_are_found_as_saved_and_replaced(store: Store, a_public_key: PublicKey) -> None:
    vendor = Vendor(name="Clocks & Co", root=a_public_key, created=NOW)
    other = Product(product_id=ProductId("a-first"), definition="", loaded=1)
    with store.begin() as work:
        work.save_vendor(vendor)
        work.save_vendor(replace(vendor, name="Clocks GmbH"))
        work.save_product(other)
        work.save_product(replace(other, definition="newer", loaded=2))
        assert work.find_product(other.product_id) == replace(other, definition="newer", loaded=2)
    with store.read() as work:
        assert work.find_vendor() == replace(vendor, name="Clocks GmbH")
        assert [product.product_id for product in work.products()] == ["a-first", PRODUCT]


def test_orders_are_found_with_their_lines_in_the_order_entered(
    store: Store, number: Callable[[int], LicenseNumber]
) -> None:
    lines = (
        OrderLine(kind="limit_total", name="employees", amount=50),
        OrderLine(kind="option", name="accruals_plus"),
        OrderLine(kind="until", name="2027-12-31"),
    )
    first = an_order("O-000002", number(2), *lines)
    second = an_order("O-000001", number(1))
    third = an_order("O-1000000", number(2), lines[1])
    with store.begin() as work:
        for order in (first, second, third):
            work.save_order(order)
    processed = replace(first, state="processed", processed=NOW + 5, lines=lines[1:])
    with store.begin() as work:
        work.save_order(processed)
    with store.read() as work:
        assert work.orders() == (processed, second, third)
        assert work.orders(state="entered") == (second, third)
        assert work.orders(license_number=number(2)) == (processed, third)
        assert work.orders(license_number=number(2), state="processed") == (processed,)
        assert work.find_order(OrderId("O-000002")) == processed
        assert work.find_order(OrderId("O-000001")) == second


def test_a_license_is_found_as_saved_by_number_site_key_and_volume(
    store: Store, a_license: Callable[[int], LicenseRecord], a_public_key: PublicKey
) -> None:
    plain = a_license(1)
    full = replace(
        a_license(2),
        state="active",
        entitlement=Entitlement(limits={"employees": 50}, options=frozenset({"b", "a"}), until="2027-12-31"),
        issued=Entitlement(maintenance_until="2027-01-01"),
        revision=3,
        installation=Installation(
            site_key=a_public_key,
            volume_id="7a1b",
            volume_source="linux-uuid",
            components={"machine_id": bytes(range(16)), "network": b""},
            counter=2**53,
        ),
        contact=Contact(first_name="Zoë", company="Société", email="z@example.org"),
        first_activated=NOW,
        last_contact=NOW + 1,
        last_response=DocumentId(bytes(range(16))),
    )
    with store.begin() as work:
        work.save_license(plain)
        work.save_license(full)
        assert work.find_license(full.license_number) == full
    with store.read() as work:
        assert work.find_license(plain.license_number) == plain
        assert work.licenses() == tuple(sorted((plain, full), key=lambda record: record.license_number))
        assert work.licenses_of_site_key(a_public_key) == (full,)
        assert work.licenses_of_site_key(bytes(32)) == ()
        assert work.licenses_of_volume("7a1b") == (full,)
        assert work.licenses_of_volume("") == ()
    with store.begin() as work:
        work.save_license(replace(full, installation=None, contact=None, issued=None))
    with store.read() as work:
        assert work.find_license(full.license_number) == replace(full, installation=None, contact=None, issued=None)
        assert work.licenses_of_volume("7a1b") == ()


def test_requests_are_found_by_id_and_by_reference(store: Store, a_request: Callable[[int], RequestRecord]) -> None:
    first, second = a_request(1), replace(a_request(2), reference=Reference("AR-0000-0001"))
    with store.begin() as work:
        work.save_request(first)
        work.save_request(second)
        work.save_request(replace(first, approved_by="eva", refused_because="no", reasons=("clock", "chain")))
    with store.read() as work:
        changed = work.find_request(first.request_id)
        assert changed == replace(first, approved_by="eva", refused_because="no", reasons=("clock", "chain"))
        assert work.requests_by_reference(first.reference) == (changed, second)
        assert work.requests_by_reference(Reference("AR-ZZZZ-ZZZZ")) == ()


def test_requests_wait_oldest_first_until_there_is_an_intent(
    store: Store, a_request: Callable[[int], RequestRecord], an_intent: Callable[[int], Intent]
) -> None:
    asked = [replace(a_request(n), decision="ask", reasons=("rehost",)) for n in (3, 1, 2)]
    with store.begin() as work:
        work.save_request(a_request(9))
        for record in asked:
            work.save_request(record)
    with store.begin() as work:
        assert work.waiting_requests() == (asked[1], asked[2], asked[0])
        work.save_intent(an_intent(1))
        assert work.waiting_requests() == (asked[2], asked[0])
        work.save_intent(replace(an_intent(1), state="abandoned"))
        assert work.waiting_requests() == (asked[1], asked[2], asked[0])


def test_keys_are_found_oldest_first_and_keep_their_place(store: Store, a_public_key: PublicKey) -> None:
    root = KeyRecord(
        key_id=KeyId(b"zzzzzzzz"),
        role="root",
        public_key=a_public_key,
        not_before=NOW,
        not_after=NOW + 1,
        uses=Use(0),
        products=None,
        location="root.pem",
    )
    issuing = replace(
        root,
        key_id=KeyId(b"aaaaaaaa"),
        role="issuing",
        uses=Use.LICENSE | Use.REFUSAL,
        products=(PRODUCT, ProductId("a-first")),
    )
    with store.begin() as work:
        work.save_key(root)
        work.save_key(issuing)
        work.save_key(replace(root, state="retired"))
    with store.read() as work:
        assert work.keys() == (replace(root, state="retired"), issuing)


def test_mails_are_kept_in_order_and_an_event_is_mailed_once(store: Store) -> None:
    mail = OutboxMail(event="ready:O-1", recipient="a@example.org", template="ready", facts={"x": "ü"}, queued=NOW)
    with store.begin() as work:
        work.queue_mail(replace(mail, event="z"))
        work.queue_mail(mail)
        work.queue_mail(replace(mail, recipient="b@example.org"))
    with store.begin() as work:
        work.queue_mail(replace(mail, facts={}))
        assert work.outbox() == (replace(mail, event="z"), mail)


def test_the_newest_trust_list_is_found(store: Store) -> None:
    with store.begin() as work:
        work.save_trust_list(1, b"one")
        work.save_trust_list(3, b"three")
        assert work.find_trust_list() == b"three"


def test_audit_entries_are_numbered_from_one_and_paged(store: Store) -> None:
    entries = [
        AuditEntry(at=NOW + n, actor="eva", action="order.entered", subject=f"O-{n}", details={"n": str(n)})
        for n in range(1, 6)
    ]
    for entry in entries:
        with store.begin() as work:
            work.append_audit(replace(entry, number=77))
    with store.read() as work:
        assert work.audit() == tuple(replace(entry, number=n) for n, entry in enumerate(entries, 1))
        assert [entry.number for entry in work.audit(after=1, most=2)] == [2, 3]
        assert work.audit(after=5) == ()


def test_a_save_while_reading_is_trouble_and_changes_nothing(
    store: Store, a_license: Callable[[int], LicenseRecord]
) -> None:
    with pytest.raises(Trouble, match="database"), store.read() as work:
        work.save_license(a_license(1))
    with store.begin() as work:
        assert work.licenses() == ()
