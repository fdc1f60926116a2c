"""A backup of the state directory, restored: after one exchange everything goes on."""

import shutil
from pathlib import Path
from typing import Any

from offline_activation.formats.envelope import open_envelope
from offline_activation.formats.names import document_id
from offline_activation.formats.request import receive_request

Site = Any


def backup(site: Site, name: str) -> Path:
    return Path(shutil.copytree(site.home, site.work.parent / name))


def restore(site: Site, from_: Path) -> None:
    shutil.rmtree(site.home)
    from_.rename(site.home)


def test_after_one_exchange_a_restored_site_goes_on(site: Site) -> None:
    first = site.licensed()
    kept = backup(site, "backup")
    site.licensed()
    _, forgotten = site.request()
    restore(site, kept)
    assert site.now_is() == "active"
    assert site.json("license")["revision"] == 1
    request = site.ask("request")
    content = receive_request(request).content
    assert content.previous == document_id(open_envelope(first).payload)
    assert content.counter == 2  # a count that the vendor has seen already: it notes the step back
    third = site.vendor.answer(request, site.home)
    assert site.json("import", site.file(third))["revision"] == 3
    assert (
        site("--json", "import", site.file(site.vendor.answer(forgotten, site.home))).error == "binding.other_request"
    )
    following = receive_request(site.ask("request")).content
    assert following.previous == document_id(open_envelope(third).payload)
    assert site.json("doctor")["problems"] == 0


def test_a_restored_tombstone_does_not_stop_the_license_that_came_later(site: Site) -> None:
    site.licensed()
    site.ask("return")
    tombstone = (site.home / "returned.cose").read_bytes()
    site.licensed()
    (site.home / "returned.cose").write_bytes(tombstone)
    assert site.now_is() == "active"
    assert site.json("license")["returned"] is None


def test_a_backup_from_the_time_after_the_return_stays_returned_and_can_activate(site: Site) -> None:
    site.licensed()
    site.ask("return")
    kept = backup(site, "backup")
    site.licensed()
    restore(site, kept)
    assert site.now_is() == "returned"
    assert site.json("import", site.file(site.vendor.answer(site.ask("request"), site.home)))["state"] == "active"
