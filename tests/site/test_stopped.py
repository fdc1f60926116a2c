"""What the vendor signs that stops a site: kept as evidence, shown with its state, ended by a newer license."""

import time
from typing import Any

import pytest

from offline_activation.errors import CATALOG
from offline_activation.formats.names import site_id
from offline_activation.site.directory import StateDirectory
from offline_activation.site.importing import Refused, import_response

Site = Any

STATES = [("policy.returned", "returned"), ("policy.superseded", "superseded"), ("policy.revoked", "revoked")]


def former(site: Site) -> bytes:
    """Return how a license names a site that no longer holds it."""
    return bytes(site_id(bytes.fromhex((site.home / "site_key.pub").read_text()))[:8])


def superseding(site: Site, other: Site, **fields: object) -> bytes:
    """Return the license of another server which names ``site`` as replaced."""
    request = other.ask("rehost", "--license-number", site.vendor.shown_number, *site.contact)
    return bytes(site.vendor.answer(request, other.home, **({"replaced": (former(site),)} | fields)))


@pytest.mark.parametrize(("code", "state"), STATES)
def test_a_signed_refusal_stops_the_site_and_explains_it(site: Site, code: str, state: str) -> None:
    site.licensed()
    _, request = site.request()
    refusal = site.vendor.refuse(request, code=code, message="The vendor's own words.")
    file = site.file(refusal)
    assert site("--json", "import", "--dry-run", file).code == 1
    assert site.now_is() == "active"
    outcome = site("--json", "import", file)
    assert (outcome.code, outcome.error) == (1, code)
    assert (site.home / "stopped.cose").read_bytes() == refusal
    shown = site.json("license")
    assert (shown["state"], shown["problem"]["code"]) == (state, f"license.{state}")
    assert shown["license_number"] == site.vendor.shown_number
    assert (shown["limits"]["employees"], shown["options"]) == (0, [])
    assert site("--json", "check").error == f"license.{state}"
    (found,) = [each for each in site("--json", "doctor").json["checks"] if each["name"] == "moves"]
    assert state in found["message"]
    assert site.json("pending")["requests"] == []


@pytest.mark.parametrize("code", ["policy.suspended", "policy.license_bound", "policy.refused", "policy.unreturned"])
def test_every_other_refusal_only_answers_its_request(site: Site, code: str) -> None:
    site.licensed()
    _, request = site.request()
    assert site("--json", "import", site.file(site.vendor.refuse(request, code=code))).error == code
    assert site.now_is() == "active"
    assert not (site.home / "stopped.cose").exists()


def test_a_site_without_a_license_is_not_stopped_in_its_demo(site: Site) -> None:
    _, request = site.request()
    site("import", site.file(site.vendor.refuse(request, code="policy.revoked")))
    assert site.now_is() == "demo"


def test_a_newer_license_ends_it(site: Site) -> None:
    site.licensed()
    _, request = site.request()
    site("import", site.file(site.vendor.refuse(request, code="policy.superseded")))
    site.vendor.now += 1
    site.licensed()
    assert site.now_is() == "active"
    assert not (site.home / "stopped.cose").exists()


def test_a_license_that_the_vendor_signed_before_it_does_not_end_it(site: Site) -> None:
    site.licensed()
    _, first = site.request()
    _, second = site.request()
    earlier = site.vendor.answer(first, site.home)
    site.vendor.now += 10
    site("import", site.file(site.vendor.refuse(second, code="policy.superseded")))
    assert site.json("import", site.file(earlier))["state"] == "superseded"
    assert site.now_is() == "superseded"


def test_the_license_of_the_new_server_stops_the_old_one(site: Site, other_site: Site) -> None:
    site.licensed()
    document = superseding(site, other_site)
    outcome = site("--json", "import", site.file(document))
    assert (outcome.code, outcome.error) == (1, "license.superseded")
    assert site.now_is() == "superseded"
    assert (site.home / "stopped.cose").read_bytes() == document
    assert site.json("history")["history"][-1]["event"] == "license.stopped"
    assert other_site.json("import", site.file(document))["state"] == "active"


def test_without_a_license_it_is_explained_and_nothing_is_kept(site: Site, other_site: Site) -> None:
    outcome = site("--json", "import", site.file(superseding(site, other_site)))
    assert (outcome.code, outcome.error) == (1, "license.superseded")
    assert not (site.home / "stopped.cose").exists()
    assert site.now_is() == "demo"


def test_a_license_of_another_server_that_names_nobody_here_stops_nothing(site: Site, other_site: Site) -> None:
    site.licensed()
    document = superseding(site, other_site, replaced=(bytes(8),))
    assert site("--json", "import", site.file(document)).error == "license.wrong_machine"
    (site.home / "stopped.cose").write_bytes(document)
    assert site.now_is() == "active"


@pytest.mark.parametrize("fields", [{"older": True}, {"other": True}])
def test_an_older_license_or_one_with_another_number_stops_nothing(
    site: Site, other_site: Site, fields: dict[str, Any]
) -> None:
    site.licensed()
    number = site.vendor.other_number if "other" in fields else site.vendor.shown_number
    request = other_site.ask("rehost", "--license-number", number, *site.contact)
    fields = {} if "other" in fields else {"issued": site.vendor.now - 10}
    document = site.vendor.answer(request, other_site.home, replaced=(former(site),), **fields)
    assert site("import", site.file(document)).code == 1
    assert not (site.home / "stopped.cose").exists()
    (site.home / "stopped.cose").write_bytes(document)
    assert site.now_is() == "active"


def test_a_refusal_by_a_key_that_was_revoked_since_stops_nobody(site: Site) -> None:
    site.licensed()
    _, request = site.request()
    site("import", site.file(site.vendor.refuse(request, code="policy.revoked")))
    assert site.now_is() == "revoked"
    site.vendor.next_key(bytes([9]) * 32)
    site.json("import", site.file(site.vendor.trust_list()))
    assert site.now_is() == "active"
    assert [each["code"] for each in site.json("license")["warnings"]] == ["key.revoked"]


def test_a_stopped_site_can_still_be_returned(site: Site, other_site: Site) -> None:
    site.licensed()
    site("import", site.file(superseding(site, other_site)))
    returned = site.ask("return")
    assert site.now_is() == "returned"
    assert site.json("import", site.file(site.vendor.receipt(returned)))["state"] == "returned"


def test_a_restored_directory_that_was_returned_stops_with_the_refusal(site: Site) -> None:
    import shutil  # noqa: PLC0415 - only here

    site.licensed()
    backup = site.work.parent / "backup"
    shutil.copytree(site.home, backup)
    site.ask("return")
    shutil.rmtree(site.home)
    backup.rename(site.home)
    assert site.now_is() == "active"
    _, request = site.request()
    site("import", site.file(site.vendor.refuse(request, code="policy.returned")))
    assert site.now_is() == "returned"


@pytest.mark.parametrize(("ahead", "state"), [(200, "superseded"), (600, "active")])
def test_a_refusal_dated_ahead_of_this_clock_stops_nothing_until_it_comes_again(
    site: Site, ahead: int, state: str
) -> None:
    site.licensed()
    _, request = site.request()
    issued = int(time.time()) + ahead
    file = site.file(site.vendor.refuse(request, code="policy.superseded", issued=issued))
    said = site("--json", "import", file)
    assert (said.code, said.error) == (1, "policy.superseded")
    assert site.now_is() == state
    assert (site.home / "stopped.cose").exists() is (state == "superseded")
    if state == "active":
        (warning,) = said.json["warnings"]
        assert (warning["code"], "tell the vendor" in warning["remedy"]) == ("clock.future", True)
        with pytest.raises(Refused):
            import_response(StateDirectory(site.home), file.read_bytes(), now=issued)
        assert site.now_is() == "superseded"


def test_a_license_of_the_new_server_dated_ahead_of_this_clock_stops_nothing(site: Site, other_site: Site) -> None:
    site.licensed()
    document = superseding(site, other_site, issued=int(time.time()) + 600)
    assert site("--json", "import", site.file(document)).error == "license.superseded"
    assert site.now_is() == "active"
    assert not (site.home / "stopped.cose").exists()


def test_a_license_asked_for_after_the_stop_ends_it_whatever_the_clock_of_the_vendor_said(site: Site) -> None:
    site.licensed()
    _, request = site.request()
    site("import", site.file(site.vendor.refuse(request, code="policy.superseded", issued=int(time.time()) + 200)))
    assert site.now_is() == "superseded"
    document = site.licensed()
    assert site.now_is() == "active"
    assert not (site.home / "stopped.cose").exists()
    assert site.json("import", site.file(document))["already_installed"] is True


def test_without_the_history_a_license_older_than_the_stop_does_not_end_it(site: Site) -> None:
    site.licensed()
    _, request = site.request()
    site("import", site.file(site.vendor.refuse(request, code="policy.superseded", issued=int(time.time()) + 200)))
    _, later = site.request()
    (site.home / "history.jsonl").unlink()
    assert site.json("import", site.file(site.vendor.answer(later, site.home)))["state"] == "superseded"


def test_a_revoked_site_is_told_how_to_use_another_license_number(site: Site) -> None:
    site.licensed()
    asks = ("request", "--license-number", site.vendor.other_number, "-o", "new.areq")
    assert "return" not in site("--json", *asks).json["error"]["remedy"]
    _, request = site.request()
    site("import", site.file(site.vendor.refuse(request, code="policy.revoked")))
    refused = site("--json", *asks)
    assert refused.error == "site.license_number_fixed"
    assert "activation-site return -o FILE" in refused.json["error"]["remedy"]
    site.ask("return")
    assert site(*asks).code == 0


def test_a_later_refusal_does_not_replace_an_earlier_more_exact_day(site: Site, other_site: Site) -> None:
    site.licensed()
    document = superseding(site, other_site)
    site("import", site.file(document))
    moved = site.json("license")["problem"]["message"]
    _, request = site.request()
    late = site.vendor.refuse(request, code="policy.superseded", issued=site.vendor.now + 40)
    assert site("--json", "import", site.file(late)).error == "policy.superseded"
    assert site.json("license")["problem"]["message"] == moved
    assert (site.home / "stopped.cose").read_bytes() == document


def test_the_exact_day_replaces_an_earlier_refusal_that_did_not_know_it(site: Site, other_site: Site) -> None:
    site.licensed()
    document = superseding(site, other_site)
    _, request = site.request()
    site("import", site.file(site.vendor.refuse(request, code="policy.superseded", issued=site.vendor.now + 40)))
    assert "or before" in site.json("license")["problem"]["message"]
    site("import", site.file(document))
    assert "or before" not in site.json("license")["problem"]["message"]


def test_a_superseded_site_is_told_to_give_its_license_back(site: Site, other_site: Site) -> None:
    site.licensed()
    site("import", site.file(superseding(site, other_site)))
    assert "activation-site return" in site.json("license")["problem"]["remedy"]
    assert "activation-site return" in CATALOG["policy.superseded"][2]
