"""Former sites: the servers that held a license, one row for each license and site key."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, delete, select

from offline_activation.formats.keys import PublicKey
from offline_activation.formats.names import DocumentId, LicenseNumber
from offline_activation.vendor.records import FormerSite
from offline_activation.vendor.store.books import Books
from offline_activation.vendor.store.tables import former_sites

_OF_LICENSE = former_sites.c.license_number == bindparam("of_license_number")
_OF_SITE = former_sites.c.site_key == bindparam("of_site_key")
_ONE = select(former_sites).where(_OF_LICENSE, _OF_SITE)
_LATEST_LAST = select(former_sites).where(_OF_LICENSE).order_by(former_sites.c.revision, former_sites.c.site_key)
_DROP = delete(former_sites).where(_OF_LICENSE, _OF_SITE)


class FormerSiteBooks(Books):
    """The part of a unit of work that knows former sites; what each method promises stands in vendor.ports."""

    def find_former_site(self, license_number: LicenseNumber, site_key: bytes) -> FormerSite | None:
        """Return what is known of a site that once held the license."""
        wanted = {"of_license_number": license_number, "of_site_key": bytes(site_key)}
        return self._run.record(_ONE, _former_site, wanted)

    def former_sites(self, license_number: LicenseNumber) -> Sequence[FormerSite]:
        """Return the sites that once held the license, the latest last."""
        return self._run.records(_LATEST_LAST, _former_site, {"of_license_number": license_number})

    def save_former_site(self, site: FormerSite) -> None:
        """Insert or replace a former site of a license."""
        self._run.put(
            former_sites,
            {"license_number": site.license_number, "site_key": bytes(site.site_key)},
            {
                "volume_id": site.volume_id,
                "how": site.how,
                "at": site.at,
                "revision": site.revision,
                "return_id": _bytes(site.return_id),
                "response_id": _bytes(site.response_id),
                "last_seen": site.last_seen,
                "written_off": site.written_off,
                "back": _bytes(site.back),
            },
        )

    def drop_former_site(self, license_number: LicenseNumber, site_key: bytes) -> None:
        """Forget a former site."""
        self._run.run(_DROP, {"of_license_number": license_number, "of_site_key": bytes(site_key)})


def _former_site(row: Row[Any]) -> FormerSite:
    return FormerSite(
        license_number=LicenseNumber(row.license_number),
        site_key=PublicKey(row.site_key),
        volume_id=row.volume_id,
        how=row.how,
        at=row.at,
        revision=row.revision,
        return_id=_id(row.return_id),
        response_id=_id(row.response_id),
        last_seen=row.last_seen,
        written_off=row.written_off,
        back=_id(row.back),
    )


def _bytes(found: DocumentId | None) -> bytes | None:
    return None if found is None else bytes(found)


def _id(found: bytes | None) -> DocumentId | None:
    return None if found is None else DocumentId(found)
