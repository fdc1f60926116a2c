"""The stores that must keep the contract of vendor.ports; another database is one more entry of ``STORES``."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Protocol

import pytest
from hypothesis import HealthCheck, settings

from offline_activation.formats.keys import KeyId, PublicKey
from offline_activation.formats.names import DocumentId, LicenseNumber, ProductId, Reference, new_license_number
from offline_activation.vendor.ports import Store
from offline_activation.vendor.records import Intent, LicenseRecord, Product, RequestRecord
from offline_activation.vendor.store.opening import open_store

settings.register_profile(
    "store", deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

NOW: Final = 1_795_498_206
PRODUCT: Final = ProductId("infinitime")


class Open(Protocol):
    """Opens the database of a test, as often as it likes."""

    def __call__(self, *, timeout: float = 10.0) -> Store: ...


@pytest.fixture(params=["sqlite"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of a database that does not exist yet, or is empty."""
    assert request.param == "sqlite"
    return f"sqlite:///{tmp_path}/vendor.db"


@pytest.fixture
def open_books(address: str) -> Iterator[Open]:
    opened: list[Store] = []

    def open_books(*, timeout: float = 10.0) -> Store:
        opened.append(open_store(address, timeout=timeout))
        return opened[-1]

    yield open_books
    for store in opened:
        store.close()


@pytest.fixture
def store(open_books: Open) -> Store:
    """Return new books that know one product."""
    store = open_books()
    with store.begin() as work:
        work.save_product(Product(product_id=PRODUCT, definition='name = "InfiniTime"\n', loaded=NOW))
    return store


@pytest.fixture
def child(address: str) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    """Start a Python program of its own that finds the address of the database as ``address``."""
    started: list[subprocess.Popen[bytes]] = []

    def child(program: str) -> subprocess.Popen[bytes]:
        whole = f"address = {address!r}\nfrom offline_activation.vendor.store.opening import open_store\n{program}"
        started.append(subprocess.Popen([sys.executable, "-c", whole], stdout=subprocess.PIPE))
        return started[-1]

    yield child
    for process in started:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


@pytest.fixture
def number() -> Callable[[int], LicenseNumber]:
    return lambda n: new_license_number((n << 8).to_bytes(12, "big"))


@pytest.fixture
def a_license(number: Callable[[int], LicenseNumber]) -> Callable[[int], LicenseRecord]:
    def a_license(n: int) -> LicenseRecord:
        return LicenseRecord(
            license_number=number(n),
            product=PRODUCT,
            state="ready",
            company=f"Company {n}",
            email=f"admin@{n}.example",
            contact_name="Ada Admin",
        )

    return a_license


@pytest.fixture
def a_request(number: Callable[[int], LicenseNumber]) -> Callable[[int], RequestRecord]:
    def a_request(n: int) -> RequestRecord:
        return RequestRecord(
            request_id=DocumentId(n.to_bytes(16, "big")),
            reference=Reference(f"AR-0000-{n:04d}"),
            license_number=number(n),
            document=bytes([n % 256]) * 200,
            received=NOW + n,
            decision="sign",
            reasons=(),
        )

    return a_request


@pytest.fixture
def an_intent(number: Callable[[int], LicenseNumber]) -> Callable[[int], Intent]:
    def an_intent(n: int) -> Intent:
        return Intent(
            request_id=DocumentId(n.to_bytes(16, "big")),
            response_id=DocumentId(bytes([255]) + n.to_bytes(15, "big")),
            kind="license",
            payload=b"payload",
            key_id=KeyId(b"issuing1"),
            license_number=number(n),
            revision=1,
            code="",
            intended=NOW,
            state="intended",
        )

    return an_intent


@pytest.fixture
def a_public_key() -> PublicKey:
    return PublicKey(bytes(range(32)))
