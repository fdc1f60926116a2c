import time
from collections.abc import Callable

from offline_activation.formats.names import LicenseNumber
from offline_activation.vendor.ports import Store
from offline_activation.vendor.records import LicenseRecord


def test_twenty_thousand_licenses_are_paged_without_holding_the_store(
    store: Store, a_license: Callable[[int], LicenseRecord]
) -> None:
    wanted = [a_license(n * 7_919) for n in range(20_000)]
    with store.begin() as work:
        for record in wanted:
            work.save_license(record)
    found: list[LicenseNumber] = []
    longest = 0.0
    after: LicenseNumber | None = None
    while True:
        begun = time.perf_counter()
        with store.read() as work:
            page = work.licenses(after=after, most=500)
        longest = max(longest, time.perf_counter() - begun)
        if not page:
            break
        found += [record.license_number for record in page]
        after = page[-1].license_number
    assert found == sorted(record.license_number for record in wanted)
    assert longest < 0.5
    begun = time.perf_counter()
    for _ in range(100):
        with store.begin() as work:
            assert work.find_license(found[12_345]) is not None
    assert time.perf_counter() - begun < 2
