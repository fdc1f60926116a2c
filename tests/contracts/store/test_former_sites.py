from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offline_activation.errors import Trouble
from offline_activation.formats.keys import PublicKey
from offline_activation.formats.names import DocumentId, LicenseNumber, ProductId
from offline_activation.vendor.ports import Store
from offline_activation.vendor.records import Forks, FormerSite, Installation, LicenseRecord, Product

settings.load_profile("store")

PRODUCT = ProductId("infinitime")

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
instants = st.integers(-(2**63), 2**63 - 1)
ids = st.binary(min_size=16, max_size=16).map(DocumentId)
keys = st.binary(min_size=32, max_size=32).map(PublicKey)
forks = st.builds(
    Forks,
    count=st.integers(0, 2**53),
    turns=st.integers(0, 2**53),
    last_seen=instants,
    left_behind=st.none() | ids,
)


def former(record: LicenseRecord, key: int = 9, **other: object) -> FormerSite:
    site = FormerSite(
        license_number=record.license_number,
        site_key=PublicKey(bytes([key]) * 32),
        volume_id="d15c-9",
        how="rehosted",
        at=5,
        revision=key,
    )
    return replace(site, **other)  # type: ignore[arg-type]


@given(
    key=keys,
    volume_id=texts,
    how=st.sampled_from(("returned", "transferred", "rehosted")),
    times=st.tuples(instants, st.none() | instants, st.none() | instants),
    revision=st.integers(0, 2**53),
    ids=st.tuples(st.none() | ids, st.none() | ids, st.none() | ids),
)
def test_every_former_site_is_found_as_saved(
    store: Store,
    a_license: Callable[[int], LicenseRecord],
    key: PublicKey,
    volume_id: str,
    how: str,
    times: tuple[int, int | None, int | None],
    revision: int,
    ids: tuple[DocumentId | None, DocumentId | None, DocumentId | None],
) -> None:
    record = a_license(1)
    site = former(
        record,
        site_key=key,
        volume_id=volume_id,
        how=how,
        at=times[0],
        last_seen=times[1],
        written_off=times[2],
        revision=revision,
        return_id=ids[0],
        response_id=ids[1],
        back=ids[2],
    )
    with store.begin() as work:
        work.save_license(record)
        work.save_former_site(site)
    with store.read() as work:
        assert work.find_former_site(record.license_number, key) == site
        assert site in work.former_sites(record.license_number)
        assert work.find_former_site(a_license(2).license_number, key) is None


@given(found=st.none() | forks, opened=st.none() | instants, unreturned=st.integers(0, 2**53))
def test_what_a_license_knows_of_moves_is_found_as_saved(
    store: Store, a_license: Callable[[int], LicenseRecord], found: Forks | None, opened: int | None, unreturned: int
) -> None:
    record = replace(a_license(1), forks=found, emergency_opened=opened, unreturned=unreturned)
    with store.begin() as work:
        work.save_license(record)
    with store.read() as work:
        assert work.find_license(record.license_number) == record


def test_former_sites_come_in_the_order_of_revisions_and_each_once(
    store: Store, a_license: Callable[[int], LicenseRecord]
) -> None:
    one, other = a_license(1), a_license(2)
    with store.begin() as work:
        for record in (one, other):
            work.save_license(record)
            for key in (7, 3, 5):
                work.save_former_site(former(record, key, at=100 - key))
        work.save_former_site(former(one, 3, revision=9))
    with store.read() as work:
        assert [site.revision for site in work.former_sites(one.license_number)] == [5, 7, 9]
        assert [site.revision for site in work.former_sites(other.license_number)] == [3, 5, 7]


def test_a_dropped_former_site_is_gone_and_no_other(store: Store, a_license: Callable[[int], LicenseRecord]) -> None:
    record = a_license(1)
    with store.begin() as work:
        work.save_license(record)
        work.save_former_site(former(record, 3))
        work.save_former_site(former(record, 5))
        work.drop_former_site(record.license_number, bytes([3]) * 32)
        work.drop_former_site(record.license_number, bytes([4]) * 32)
        assert work.former_sites(record.license_number) == (former(record, 5),)
    with store.read() as work:
        assert work.find_former_site(record.license_number, bytes([3]) * 32) is None


def test_a_former_site_needs_its_license(store: Store, a_license: Callable[[int], LicenseRecord]) -> None:
    with pytest.raises(Trouble) as caught, store.begin() as work:
        work.save_former_site(former(a_license(1)))
    assert caught.value.code == "io.database"


def test_a_customer_is_a_mail_address_in_any_spelling_and_a_product(
    store: Store, a_license: Callable[[int], LicenseRecord]
) -> None:
    other = ProductId("other")
    with store.begin() as work:
        work.save_product(Product(product_id=other, definition="x", loaded=0))
        for number, email, product, count in (
            (1, "IT@Straße.example", PRODUCT, 1),
            (2, " it+two@STRASSE.example", PRODUCT, 2),
            (3, "it@strasse.example", other, 4),
            (4, "it@north.example", PRODUCT, 8),
            (5, "it@strasse.example", PRODUCT, 0),
        ):
            work.save_license(replace(a_license(number), email=email, product=product, unreturned=count))
    with store.read() as work:
        assert work.unreturned_of(PRODUCT, "it@strasse.example") == 3
        assert work.unreturned_of(other, "It@strasse.example") == 4
        assert work.unreturned_of(PRODUCT, "nobody@strasse.example") == 0
        counted = work.licenses_with_unreturned(PRODUCT, "It@strasse.example")
        assert [record.unreturned for record in counted] == [1, 2]
        assert work.licenses_with_unreturned(PRODUCT, "nobody@strasse.example") == ()
    with store.begin() as work:
        found = work.find_license(a_license(4).license_number)
        assert found is not None
        work.save_license(replace(found, email="it@strasse.example"))
        assert work.unreturned_of(PRODUCT, "it@strasse.example") == 11


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"unreturned": 2}, "counts 2 unreturned sites, but has 1"),
        ({"unreturned": 0}, "counts 0 unreturned sites, but has 1"),
        ({"installation": PublicKey(bytes([9]) * 32)}, "is said to hold it"),
    ],
)
def test_books_that_contradict_themselves_are_reported(
    store: Store, a_license: Callable[[int], LicenseRecord], change: dict[str, object], said: str
) -> None:
    record = replace(a_license(1), unreturned=1)
    with store.begin() as work:
        work.save_license(record)
        work.save_former_site(former(record))
    assert list(store.problems()) == []
    if "installation" in change:
        held = Installation(
            site_key=PublicKey(bytes([9]) * 32), volume_id="d15c", volume_source="x", components={}, counter=1
        )
        change = {"installation": held}
    with store.begin() as work:
        work.save_license(replace(record, **change))  # type: ignore[arg-type]
    assert [problem for problem in store.problems() if said in problem]


def test_a_customer_is_counted_among_many_without_reading_them(
    store: Store, a_license: Callable[[int], LicenseRecord], number: Callable[[int], LicenseNumber]
) -> None:
    import time  # noqa: PLC0415 - only here

    with store.begin() as work:
        for n in range(5_000):
            work.save_license(replace(a_license(n), license_number=number(n), email="one@reseller.example"))
        work.save_license(replace(a_license(1), email="one@reseller.example", unreturned=2))
    begun = time.perf_counter()
    with store.read() as work:
        for _ in range(200):
            assert work.unreturned_of(PRODUCT, "one@reseller.example") == 2
    assert time.perf_counter() - begun < 0.5
