"""License records: one row each, with the installation that holds the license."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, func, select, text

from offline_activation.formats.keys import PublicKey
from offline_activation.formats.names import DocumentId, LicenseNumber, ProductId
from offline_activation.vendor.addresses import known_by
from offline_activation.vendor.records import Forks, Installation, LicenseRecord
from offline_activation.vendor.store.books import Books
from offline_activation.vendor.store.json_text import (
    components_from_text,
    components_to_text,
    contact_from_text,
    contact_to_text,
    entitlement_from_text,
    entitlement_to_text,
)
from offline_activation.vendor.store.statements import Fields
from offline_activation.vendor.store.tables import HAS_UNRETURNED, licenses

_BY_NUMBER = select(licenses).order_by(licenses.c.license_number)
_ONE = select(licenses).where(licenses.c.license_number == bindparam("license_number"))
_PAGE = _BY_NUMBER.where(licenses.c.license_number > bindparam("after")).limit(bindparam("most"))
_OF_SITE_KEY = _BY_NUMBER.where(licenses.c.site_key == bindparam("site_key"))
_OF_VOLUME = _BY_NUMBER.where(licenses.c.volume_id == bindparam("volume_id"))
_UNRETURNED = select(func.coalesce(func.sum(licenses.c.unreturned), 0).label("unreturned")).where(
    licenses.c.product == bindparam("product"),
    licenses.c.customer == bindparam("customer"),
    text(HAS_UNRETURNED),
)
_OWING = _BY_NUMBER.where(
    licenses.c.product == bindparam("product"),
    licenses.c.customer == bindparam("customer"),
    text(HAS_UNRETURNED),
)


class LicenseBooks(Books):
    """The part of a unit of work that knows licenses; what each method promises stands in vendor.ports."""

    def find_license(self, license_number: LicenseNumber) -> LicenseRecord | None:
        """Return one license record."""
        return self._run.record(_ONE, _license, {"license_number": license_number})

    def licenses(self, *, after: LicenseNumber | None = None, most: int = 1000) -> Sequence[LicenseRecord]:
        """Return license records by number, a page at a time: those after ``after``, at most ``most``."""
        return self._run.records(_PAGE, _license, {"after": after or "", "most": most})

    def licenses_of_site_key(self, site_key: bytes) -> Sequence[LicenseRecord]:
        """Return the licenses held by an installation with this key."""
        return self._run.records(_OF_SITE_KEY, _license, {"site_key": bytes(site_key)})

    def licenses_of_volume(self, volume_id: str) -> Sequence[LicenseRecord]:
        """Return the licenses held by installations with this HD Volume ID."""
        return self._run.records(_OF_VOLUME, _license, {"volume_id": volume_id})

    def unreturned_of(self, product: ProductId, email: str) -> int:
        """Return how many unreturned sites a customer has."""
        wanted = {"product": product, "customer": known_by(email)}
        return self._run.record(_UNRETURNED, lambda row: int(row.unreturned), wanted) or 0

    def licenses_with_unreturned(self, product: ProductId, email: str) -> Sequence[LicenseRecord]:
        """Return the licenses that make up what :meth:`unreturned_of` counts."""
        return self._run.records(_OWING, _license, {"product": product, "customer": known_by(email)})

    def save_license(self, record: LicenseRecord) -> None:
        """Insert or replace a license record."""
        self._run.put(
            licenses,
            {"license_number": record.license_number},
            {
                "product": record.product,
                "state": record.state,
                "company": record.company,
                "email": record.email,
                "contact_name": record.contact_name,
                "entitlement": entitlement_to_text(record.entitlement),
                "issued": None if record.issued is None else entitlement_to_text(record.issued),
                "revision": record.revision,
                "contact": None if record.contact is None else contact_to_text(record.contact),
                "first_activated": record.first_activated,
                "last_contact": record.last_contact,
                "last_response": None if record.last_response is None else bytes(record.last_response),
                "customer": known_by(record.email),
                "unreturned": record.unreturned,
                "emergency_opened": record.emergency_opened,
                **_installation_fields(record.installation),
                **_fork_fields(record.forks),
            },
        )


def _fork_fields(forks: Forks | None) -> Fields:
    if forks is None:
        return dict.fromkeys(("forks", "fork_turns", "fork_seen", "fork_left"))
    return {
        "forks": forks.count,
        "fork_turns": forks.turns,
        "fork_seen": forks.last_seen,
        "fork_left": None if forks.left_behind is None else bytes(forks.left_behind),
    }


def _installation_fields(installation: Installation | None) -> Fields:
    if installation is None:
        return dict.fromkeys(("site_key", "volume_id", "volume_source", "components", "counter"))
    return {
        "site_key": bytes(installation.site_key),
        "volume_id": installation.volume_id,
        "volume_source": installation.volume_source,
        "components": components_to_text(installation.components),
        "counter": installation.counter,
    }


def _license(row: Row[Any]) -> LicenseRecord:
    return LicenseRecord(
        license_number=LicenseNumber(row.license_number),
        product=ProductId(row.product),
        state=row.state,
        company=row.company,
        email=row.email,
        contact_name=row.contact_name,
        entitlement=entitlement_from_text(row.entitlement),
        issued=None if row.issued is None else entitlement_from_text(row.issued),
        revision=row.revision,
        installation=_installation(row),
        contact=None if row.contact is None else contact_from_text(row.contact),
        first_activated=row.first_activated,
        last_contact=row.last_contact,
        last_response=_id(row.last_response),
        unreturned=row.unreturned,
        emergency_opened=row.emergency_opened,
        forks=_forks(row),
    )


def _installation(row: Row[Any]) -> Installation | None:
    if row.site_key is None:
        return None
    return Installation(
        site_key=PublicKey(row.site_key),
        volume_id=row.volume_id,
        volume_source=row.volume_source,
        components=components_from_text(row.components),
        counter=row.counter,
    )


def _forks(row: Row[Any]) -> Forks | None:
    if row.forks is None:
        return None
    return Forks(count=row.forks, turns=row.fork_turns, last_seen=row.fork_seen, left_behind=_id(row.fork_left))


def _id(found: bytes | None) -> DocumentId | None:
    return None if found is None else DocumentId(found)
