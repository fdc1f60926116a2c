"""Trust lists of later root keys at a site: the root key counts first, and nobody else's successor is taken."""

from typing import Any

from offline_activation.formats.envelope import open_envelope
from offline_activation.formats.keys import SoftwareSigner
from offline_activation.formats.root_certificate import RootCertificate, seal_root_certificate
from offline_activation.formats.trust_list import TrustList, read_trust_list, seal_trust_list
from offline_activation.formats.value import changed

Site = Any
NEXT, OTHER = (SoftwareSigner(bytes([number]) * 32) for number in (71, 72))


def content(site: Site, **fields: object) -> TrustList:
    return changed(read_trust_list(open_envelope(site.vendor.trust_list())), **fields)


def next_list(site: Site, number: int, key: SoftwareSigner = NEXT) -> bytes:
    certificate = RootCertificate(number=2, key=key.public_key, issued=site.vendor.now)
    roots = (seal_root_certificate(certificate, site.vendor.root),)
    return seal_trust_list(content(site, number=number, roots=roots), key)


def of_first_root(site: Site, number: int) -> bytes:
    return seal_trust_list(content(site, number=number), site.vendor.root)


def test_a_list_of_a_later_root_key_replaces_any_number_and_is_replaced_by_none(site: Site) -> None:
    site.licensed()
    site.json("import", site.file(of_first_root(site, 10**9)))
    raised = site.json("import", site.file(next_list(site, 3)))
    assert raised["changes"] == [{"field": "trust_list", "from": 10**9, "to": 3}]
    before = site.state()
    older = site("--json", "import", site.file(of_first_root(site, 10**10)))
    assert older.error == "trust.older"
    assert "10000000000 (root key 1) is older than the installed one 3 (root key 2)" in older.json["error"]["message"]
    assert site("--json", "import", site.file(next_list(site, 9, OTHER))).error == "key.root_mismatch"
    assert site.state() == before
    assert site.json("license")["state"] == "active"


def test_a_dry_run_judges_alike_and_writes_nothing(site: Site) -> None:
    site.licensed()
    before = site.state()
    assert site.json("import", "--dry-run", site.file(next_list(site, 3)))["dry_run"] is True
    assert site.state() == before
    site.json("import", site.file(next_list(site, 3)))
    before = site.state()
    assert site("--json", "import", "--dry-run", site.file(of_first_root(site, 10**9))).error == "trust.older"
    assert site("--json", "import", "--dry-run", site.file(next_list(site, 9, OTHER))).error == "key.root_mismatch"
    assert site.state() == before


def test_the_list_inside_the_license_counts_where_the_newest_one_was_deleted(site: Site) -> None:
    site.licensed(trust=next_list(site, 3))
    assert (site.home / "trust.cose").read_bytes() == next_list(site, 3)
    (site.home / "trust.cose").unlink()
    assert site.json("license")["state"] == "active"
    assert site("--json", "import", site.file(of_first_root(site, 10**9))).error == "trust.older"
    assert site("--json", "import", site.file(next_list(site, 9, OTHER))).error == "key.root_mismatch"
    site.json("import", site.file(next_list(site, 4)))
    assert (site.home / "trust.cose").read_bytes() == next_list(site, 4)


def test_doctor_names_the_root_key_that_signed_the_newest_list(site: Site) -> None:
    site.licensed()
    assert "signed by the pinned root key" in site("doctor").out
    site.json("import", site.file(next_list(site, 3)))
    assert "number 3, signed by root key 2" in site("doctor").out


def test_another_list_with_the_same_number_is_not_called_installed(site: Site) -> None:
    site.licensed()
    site.json("import", site.file(of_first_root(site, 5)))
    before = site.state()
    other = seal_trust_list(content(site, number=5, vendor="Somebody"), site.vendor.root)
    for more in ((), ("--dry-run",)):
        outcome = site("--json", "import", *more, site.file(other))
        assert (outcome.code, outcome.error) == (1, "trust.other")
    assert site.state() == before
    assert site.json("import", site.file(of_first_root(site, 5)))["already_installed"] is True
