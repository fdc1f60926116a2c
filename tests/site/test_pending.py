"""Open and closed requests on disk."""

from typing import Any

from offline_activation.formats.request import receive_request, seal_request
from offline_activation.formats.value import changed
from offline_activation.site import pending
from offline_activation.site.directory import StateDirectory
from offline_activation.site.site_key import read_site_key

Site = Any


def test_a_damaged_or_misnamed_request_file_does_not_count_and_is_named(site: Site) -> None:
    reference, document = site.request()
    (site.home / "requests" / "AR-0000-0000.cose").write_bytes(document)
    (site.home / "requests" / "AR-1111-1111.cose").write_bytes(document[:-1])
    directory = StateDirectory(site.home)
    assert [stored.reference for stored in pending.open_requests(directory)] == [reference]
    assert len(pending.damaged_requests(directory)) == 2
    outcome = site("--json", "pending")
    assert (outcome.code, len(outcome.json["requests"])) == (0, 1)
    assert "site.request_damaged" in outcome.err


def test_closed_requests_are_kept_up_to_a_number_and_the_counter_never_falls(site: Site) -> None:
    _, document = site.request()
    directory = StateDirectory(site.home)
    signer = read_site_key(directory)
    content = receive_request(document).content
    for counter in range(2, pending.KEPT + 6):
        received = receive_request(
            seal_request(changed(content, counter=counter, nonce=counter.to_bytes(16, "big")), signer)
        )
        pending.store(directory, received)
        pending.close(directory, received.reference, cancelled=bool(counter % 2))
    stored = pending.all_requests(directory)
    assert len(stored) == pending.KEPT + 1
    _, newest = site.request()
    assert receive_request(newest).content.counter == pending.KEPT + 6
