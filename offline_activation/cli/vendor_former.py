"""Servers of a license over time, for ``license show``: the present one, those before, what was written off."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from offline_activation.cli import manners
from offline_activation.cli.vendor_show import former_site_json, instant

if TYPE_CHECKING:  # only names in signatures
    from offline_activation.vendor.ports import Work
    from offline_activation.vendor.records import AuditEntry, FormerSite, LicenseRecord


def former_json(work: "Work", record: "LicenseRecord") -> list[dict[str, Any]]:
    """Return the servers that held a license and do not, the latest first, with who wrote off which and why."""
    from offline_activation.formats.names import show_license_number

    entries = work.audit_about(show_license_number(record.license_number))
    written_off = [entry for entry in entries if entry.action == "license.written_off"]
    sites = [site for site in reversed(work.former_sites(record.license_number)) if site.back is None]
    return [former_site_json(site) | _who(site, written_off) for site in sites]


def held_since(work: "Work", record: "LicenseRecord") -> str | None:
    """Return when the first of the unbroken row of licenses for the server that holds the license was made."""
    from offline_activation.formats.license_document import read_license
    from offline_activation.formats.names import site_id
    from offline_activation.vendor.lint import unsigned

    if record.installation is None:
        return None
    site, since = site_id(record.installation.site_key), None
    for intent in reversed(work.intents(record.license_number)):
        if intent.kind == "refusal" or intent.state == "abandoned":
            continue
        if intent.kind == "license" and read_license(unsigned(intent)).site == site:
            since = intent.intended
        elif since is not None:
            break
    return instant(since)


def former_lines(sites: list[dict[str, Any]]) -> list[str]:
    """Return the table of the servers before, and below it what was written off."""
    if not sites:
        return []
    rows = [("HD Volume ID", "Site key", "How", "On", "Asked again", "")]
    rows += [
        (
            site["volume_id"],
            site["site_key"],
            site["how"],
            site["at"][:10],
            (site["last_seen"] or "-")[:10],
            f"written off on {site['written_off'][:10]}" if site["written_off"] else "",
        )
        for site in sites
    ]
    said = [(s["written_off"], s["written_off_by"], s["written_off_reason"]) for s in sites if s["written_off_by"]]
    return [*manners.table(rows), *(f"Written off on {at[:10]} by {by}: {why}" for at, by, why in dict.fromkeys(said))]


def _who(site: "FormerSite", entries: "Sequence[AuditEntry]") -> dict[str, str | None]:
    from offline_activation.formats.keys import fingerprint

    name = fingerprint(site.site_key)
    told = [e for e in entries if site.written_off is not None and name in e.details.get("sites", "")]
    return {
        "written_off_by": told[-1].actor if told else None,
        "written_off_reason": told[-1].details.get("reason") if told else None,
    }
