"""The exchange as an administrator types it: init, request, import, license; and what scripts read from it."""

import stat
from pathlib import Path
from typing import Any

import pytest

from offline_activation.formats.readable import compose
from offline_activation.formats.request import Purpose, receive_request

Site = Any
Vendor = Any


def test_init_makes_a_private_directory_with_a_key_and_the_pinned_root(new_site: Site) -> None:
    made = new_site.json("init", new_site.work / "0.product")
    assert made["product"] == "infinitime"
    assert stat.S_IMODE(new_site.home.stat().st_mode) == 0o700
    assert {stat.S_IMODE(p.stat().st_mode) for p in new_site.home.rglob("*") if p.is_file()} == {0o600}
    assert len((new_site.home / "site_key").read_bytes()) == 32


def test_a_second_init_is_refused_and_keeps_the_key(site: Site) -> None:
    before = site.state()
    assert site("--json", "init", site.work / "0.product").error == "site.already_initialised"
    assert site.state() == before


def test_an_init_that_was_interrupted_is_finished_with_the_same_key(site: Site) -> None:
    key = (site.home / "site_key").read_bytes()
    (site.home / "initialised").write_text("1000\n")
    (site.home / "product.cose").unlink()
    site.json("init", site.work / "0.product")
    assert (site.home / "site_key").read_bytes() == key
    assert (site.home / "initialised").read_text() == "1000\n"


def test_init_wants_a_product_file(site: Site, tmp_path: Path) -> None:
    _, request = site.request()
    outcome = site.run("--json", "init", site.file(request), "--home", tmp_path / "other")
    assert (outcome.code, outcome.error) == (1, "profile.kind")
    assert not (tmp_path / "other").exists()


def test_a_client_shows_tech_info_and_refuses_every_license_command(new_site: Site) -> None:
    new_site.json("init", "--client", new_site.work / "0.product")
    assert new_site.json("tech-info")["client"] is True
    for command in (
        ["request"],
        ["pending"],
        ["cancel", "AR-7K4M-92QX"],
        ["import", new_site.work / "0.product"],
        ["license"],
        ["check"],
        ["forecast", "--at", "2030-01-01"],
        ["return", "-o", "x"],
        ["transfer"],
        ["rebind"],
        ["rehost"],
        ["emergency"],
    ):
        outcome = new_site("--json", *command)
        assert (outcome.code, outcome.error) == (1, "site.not_the_server"), command


def test_every_command_says_that_there_is_no_installation(new_site: Site) -> None:
    for command in (["tech-info"], ["request"], ["pending"], ["license"], ["check"], ["history"], ["doctor"]):
        outcome = new_site("--json", *command)
        assert (outcome.code, outcome.error) == (1, "site.not_initialised"), command
    assert not new_site.home.exists()


def test_tech_info_names_each_component_with_its_source(site: Site) -> None:
    info = site.json("tech-info")
    assert info["product"] == "infinitime"
    assert info["volume_id"]
    assert info["volume_source"]
    assert [each["name"] for each in info["components"]] == ["volume_id", "machine_id", "firmware_uuid", "network"]
    assert all(set(each) >= {"name", "source", "present"} for each in info["components"])
    assert info["license_number"] is None
    text = site("tech-info").out
    assert info["volume_id"] in text
    assert "machine_id" in text


def test_the_first_request_needs_a_license_number_and_the_required_contact_fields(site: Site) -> None:
    before = site.state()
    first = site("--json", "request")
    assert (first.code, first.error) == (2, "usage.missing")
    assert "--license-number" in first.json["error"]["message"]
    second = site("--json", "request", "--license-number", site.vendor.shown_number, "--first-name", "M")
    assert (second.code, second.error) == (2, "usage.missing")
    assert "--last-name" in second.json["error"]["message"]
    assert site.state() == before


def test_a_request_is_signed_written_under_its_reference_and_kept_as_open(site: Site) -> None:
    made = site.json("request", "--license-number", site.vendor.number.lower(), *site.contact, "--use", "employees=118")
    assert made["file"] == f"{made['reference']}.areq"
    assert made["purpose"] == "activate"
    kept = (site.home / "requests" / f"{made['reference']}.cose").read_bytes()
    assert made["bytes"] == len(kept) <= 640
    assert (site.work / made["file"]).read_text() == compose(kept)
    content = receive_request(kept).content
    assert (content.counter, content.revision, content.previous) == (1, 0, None)
    assert content.usage == {"employees": 118}
    assert content.contact.company == "Northwind"
    assert [each["reference"] for each in site.json("pending")["requests"]] == [made["reference"]]


def test_contact_details_are_remembered_and_flags_win_over_the_file(site: Site) -> None:
    site.request()
    table = site.work / "contact.toml"
    table.write_text('phone = "1"\n[contact]\ncity = "Fresno"\ncompany = "Southwind"\n')
    made = site.json("request", "--contact", table, "--city", "Davis", "-o", "second.areq")
    contact = receive_request((site.home / "requests" / f"{made['reference']}.cose").read_bytes()).content.contact
    assert (contact.first_name, contact.phone, contact.city, contact.company) == ("Maria", "1", "Davis", "Southwind")
    assert site.json("request", "-o", "third.areq")["reference"] != made["reference"]


@pytest.mark.parametrize(
    ("text", "code", "family"),
    [
        ("zip = 95814", "contact.invalid", 1),
        ('telefon = "1"', "usage.invalid", 2),
        ("= =", "usage.invalid", 2),
        ('email = "a b@c.d"', "contact.invalid", 1),
        ('city = "x\\u202ey"', "contact.invalid", 1),
    ],
)
def test_a_contact_file_that_is_wrong_is_refused_and_changes_nothing(
    site: Site, text: str, code: str, family: int
) -> None:
    site.request()
    before = site.state()
    table = site.work / "contact.toml"
    table.write_text(text)
    outcome = site("--json", "request", "--contact", table, "-o", "b.areq")
    assert (outcome.code, outcome.error) == (family, code)
    assert site.state() == before


def test_the_counter_rises_and_the_chain_names_the_installed_license(site: Site) -> None:
    license_document = site.licensed()
    _, second = site.request("--purpose", "renew")
    content = receive_request(second).content
    assert (content.counter, content.purpose, content.revision) == (2, Purpose.RENEW, 1)
    assert content.previous is not None
    imported = [each for each in site.json("history")["history"] if each["event"] == "license.installed"]
    assert [each["subject"] for each in imported] == [content.previous.hex()]
    assert license_document == (site.home / "license.cose").read_bytes()


def test_without_a_purpose_a_licensed_site_asks_for_an_update(site: Site) -> None:
    site.licensed()
    assert site.json("request", "-o", "u.areq")["purpose"] == "update"


@pytest.mark.parametrize("purpose", ["return", "transfer", "rebind", "rehost"])
def test_each_purpose_has_a_command_of_its_own(site: Site, purpose: str) -> None:
    site.licensed()
    assert site.json(purpose, "-o", f"{purpose}.areq")["purpose"] == purpose
    help_text = site(purpose, "--help")
    assert help_text.code == 0
    assert "--purpose" not in help_text.out
    assert "Example:" in help_text.out


def test_nothing_can_be_returned_without_a_license(site: Site) -> None:
    outcome = site("--json", "return", "-o", "r.areq", "--license-number", site.vendor.shown_number, *site.contact)
    assert (outcome.code, outcome.error) == (1, "license.not_activated")


def test_the_license_number_is_fixed_once_it_is_in_use(site: Site) -> None:
    other = "04106-1050R-3GG28-A1C2F"
    assert site("--json", "request", "--license-number", other, *site.contact).error == "license_number.invalid"
    reference, _ = site.request()
    number = site.vendor.other_number
    assert site("--json", "request", "--license-number", number).error == "site.license_number_fixed"
    site.json("cancel", reference)
    assert site.json("request", "--license-number", number, "-o", "n.areq")["license_number"] == number


def test_a_request_whose_file_exists_is_not_made(site: Site) -> None:
    site.request()
    before = site.state()
    (site.work / "there.areq").write_text("mine")
    outcome = site("--json", "request", "-o", "there.areq")
    assert (outcome.code, outcome.error) == (3, "io.exists")
    assert site("--json", "request", "-o", "missing/x.areq", "--qr", "q.png").code == 3
    assert (site.work / "there.areq").read_text() == "mine"
    assert not (site.work / "q.png").exists()
    assert site.state() == before
    assert site.json("request", "-o", "there.areq", "--force")["file"] == "there.areq"


def test_a_request_goes_to_standard_output_and_everything_else_to_standard_error(site: Site) -> None:
    outcome = site("request", "--license-number", site.vendor.shown_number, *site.contact, "-o", "-")
    assert outcome.out.startswith("Activation request\n")
    assert "Next: " in outcome.err
    assert site("--json", "request", "-o", "-").error == "usage.invalid"


def test_an_open_request_is_written_anew_without_a_new_one(site: Site) -> None:
    reference, document = site.request()
    before = site.state()
    again = site.json("request", "--again", reference.lower().replace("-", " "), "--sheet", "s.html")
    assert again["reference"] == reference
    assert (site.work / f"{reference}.areq").read_text() == compose(document)
    assert reference in (site.work / "s.html").read_text()
    assert site.state() == before


def test_the_terminal_shows_the_code_in_blocks_or_ascii_and_says_when_it_is_too_small(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "25")
    ask = ["request", "--license-number", site.vendor.shown_number, *site.contact]
    before = site.state()
    small = site("--json", *ask, "--terminal-qr")
    assert (small.code, small.error) == (2, "picture.terminal_too_small")
    assert site.state() == before
    monkeypatch.setenv("COLUMNS", "240")
    monkeypatch.setenv("LINES", "240")
    assert "▄" in site(*ask, "--terminal-qr").out
    shown = site("request", "-o", "b.areq", "--terminal-qr", "--ascii", "--light").out
    assert shown.isascii()
    assert "####" in shown


def test_cancel_closes_a_request_and_its_response_is_refused(site: Site) -> None:
    reference, request = site.request()
    response = site.vendor.answer(request, site.home)
    assert site.json("cancel", reference)["reference"] == reference
    assert site.json("pending")["requests"] == []
    assert site("--json", "import", site.file(response)).error == "binding.other_request"
    assert site("--json", "cancel", reference).error == "site.no_such_request"


def test_history_tells_the_exchange_in_order(site: Site) -> None:
    site.licensed()
    events = [each["event"] for each in site.json("history")["history"]]
    assert events == ["site.initialised", "request.made", "license.installed"]
    assert "license.installed" in site("history").out


def test_license_shows_state_counts_and_open_requests(site: Site) -> None:
    site.licensed()
    reference, _ = site.request("--purpose", "renew")
    shown = site.json("license")
    assert shown["state"] == "active"
    assert shown["limits"] == {"badge_readers": 8, "biometric_readers": 4, "employees": 150}
    assert shown["options"] == ["accruals_plus"]
    assert shown["license_number"] == site.vendor.shown_number
    assert shown["days_left"] > 150
    assert [each["reference"] for each in shown["pending"]] == [reference]
    text = site("license").out
    assert "Badge readers" in text
    assert reference in text


def test_check_answers_with_the_exit_code(site: Site) -> None:
    assert site.json("check", "--use", "employees=5")["state"] == "demo"
    assert site("--json", "check", "--option", "accruals_plus").error == "license.option_missing"
    site.licensed()
    assert site.json("check", "--option", "accruals_plus", "--use", "employees=150")["state"] == "active"
    over = site("--json", "check", "--use", "employees=151")
    assert (over.code, over.error, over.json["state"]) == (1, "license.over_limit", "over_limit")
    assert site("--json", "check", "--option", "telephone_punch").json["state"] == "active"
    assert site("--json", "check", "--use", "employees").code == 2
    text = site("check", "--use", "employees=151")
    assert "license.over_limit" in text.err


def test_forecast_holds_the_same_rules_at_another_day(site: Site) -> None:
    site.licensed(lease_until=1_811_808_000, until=None)  # 2027-06-01 00:00 UTC
    assert site.json("forecast", "--at", "2027-05-31T23:59:59Z")["state"] == "renewal_due"
    assert site.json("forecast", "--at", "2027-06-01T00:00:00Z")["state"] == "in_grace"
    ended = site("--json", "forecast", "--at", "2027-07-01T00:00:00Z")
    assert (ended.code, ended.error, ended.json["state"]) == (1, "license.expired", "expired")
    assert site("--json", "forecast", "--at", "2027-05-01", "--use", "employees=151").error == "license.over_limit"
    assert site("--json", "forecast", "--at", "someday").code == 2
    assert site("--json", "forecast").code == 2
