"""What commands say: help, missing values, misspelled names, problems first, and what is still open."""

import re
import time
from typing import Any

import pytest

from offline_activation.cli import manners
from offline_activation.cli.site import program

Site = Any
Run = Any
REQUIRED = [f"--{name}" for name in ("first-name", "last-name", "company", "address1", "city", "state", "zip")]
REQUIRED += ["--phone", "--email"]
COMMANDS = ["init", "tech-info", "request", "return", "transfer", "rebind", "rehost", "pending", "cancel", "import"]
COMMANDS += ["license", "check", "forecast", "history", "inspect", "doctor", "emergency"]


def test_all_missing_contact_fields_are_named_in_full_with_the_way_to_give_them(site: Site) -> None:
    outcome = site("--json", "request", "--license-number", site.vendor.shown_number)
    error = outcome.json["error"]
    assert (outcome.code, error["code"]) == (2, "usage.missing")
    assert re.findall(r"--[a-z0-9-]+", error["message"]) == REQUIRED
    assert "…" not in error["message"]
    assert "--contact FILE.toml" in error["remedy"]


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_an_example_and_the_options_that_stand_anywhere(run: Run, name: str) -> None:
    outcome = run(name, "--help")
    assert outcome.code == 0
    assert "Example: activation-site" in outcome.out
    assert outcome.out.count("Anywhere: ") == 1
    assert "Anywhere: --json --home DIR" in outcome.out


def test_json_stays_json_without_a_command_and_with_help(run: Run) -> None:
    nothing = run("--json")
    assert (nothing.code, nothing.error) == (2, "usage.invalid")
    plain = run()
    assert (plain.code, plain.out) == (2, "")
    assert "Usage" in plain.err
    for arguments in (["--json", "--help"], ["request", "--help", "--json"], ["--json", "-h"]):
        shown = run(*arguments)
        assert shown.code == 0
        assert shown.json["help"].startswith("Usage")
    assert run("--json", "--version").json["version"].startswith("activation-site ")


def test_groups_of_commands_show_their_own_options_once() -> None:
    import typer  # noqa: PLC0415 - only here

    command = typer.main.get_command(program())
    for _ in range(2):
        manners._tell_of_anywhere(command, ("--home", "--database"))  # noqa: SLF001 - repeated runs in one process
    epilog = command.commands["license"].epilog  # type: ignore[attr-defined]
    assert epilog.count("Anywhere: --json --home DIR --database URL") == 1


@pytest.mark.parametrize("name", ["rehost", "transfer"])
def test_the_example_of_a_move_works_as_typed_on_a_new_server(site: Site, name: str) -> None:
    (site.work / "contact.toml").write_text(
        "".join(
            f'{flag[2:].replace("-", "_")} = "{text}"\n'
            for flag, text in zip(site.contact[::2], site.contact[1::2], strict=True)
        )
    )
    text = " ".join(site(name, "--help").out.split())
    example = text.split("Example: activation-site ")[1].split(" Anywhere: ")[0]
    typed = example.replace(" LN ", f" {site.vendor.shown_number} ").split()
    assert site.json(*typed)["purpose"] == name


def test_defaults_stand_in_the_help(site: Site) -> None:
    text = " ".join(site("request", "--help").out.split())
    for default in ("Default: activate, with a license update.", "Default: REFERENCE.areq", "Default: as in --contact"):
        assert default in text


@pytest.mark.parametrize("name", ["x.jpg", "x.PDF", "dir.d/x.jpeg"])
def test_a_picture_of_another_kind_is_not_promised(site: Site, name: str) -> None:
    before = site.state()
    outcome = site("--json", "request", "--license-number", site.vendor.shown_number, *site.contact, "--qr", name)
    assert (outcome.code, outcome.error) == (2, "usage.invalid")
    assert ".png" in outcome.json["error"]["message"]
    assert site.state() == before
    assert site.json("request", "--license-number", site.vendor.shown_number, *site.contact, "--qr", "x.PNG")


def test_an_open_request_with_the_same_purpose_is_mentioned(site: Site) -> None:
    first, _ = site.request()
    again = site("--json", "request", "-o", "b.areq")
    (warning,) = again.json["warnings"]
    assert warning["code"] == "site.request_open"
    assert first in warning["message"]
    assert f"cancel {first}" in warning["remedy"]
    assert site.json("request", "--purpose", "renew", "-o", "c.areq")["warnings"] == []
    assert "site.request_open" in site("request", "-o", "d.areq").err


def test_more_in_use_than_licensed_is_a_state_for_people_too(site: Site) -> None:
    site.licensed()
    for command in (["check"], ["forecast", "--at", time.strftime("%Y-%m-%d", time.localtime(time.time() + 86_400))]):
        assert re.search(r"^State +over limit$", site(*command, "--use", "employees=151").out, re.MULTILINE)


def test_names_that_nobody_knows_are_mistyped(site: Site) -> None:
    for licensed in (False, True):
        if licensed:
            site.licensed(limits={"employees": 150, "kiosks": 3}, options=("beta",))
        for arguments, known in ((["--use", "employes=1"], "employees"), (["--option", "acruals"], "accruals_plus")):
            outcome = site("--json", "check", *arguments)
            assert (outcome.code, outcome.error) == (2, "usage.invalid")
            assert known in outcome.json["error"]["message"]
    assert site.json("check", "--use", "kiosks=3", "--option", "beta")["state"] == "active"
    assert site("--json", "check", "--option", "accruals_plus").error == "license.option_missing"
    assert site("--json", "check", "--use", "badge_readers=1").error == "license.over_limit"


def test_when_both_copies_are_damaged_the_problem_comes_first(site: Site) -> None:
    site.licensed()
    for name in ("license.cose", "license.kept.cose"):
        (site.home / name).write_bytes(b"\xd2")
    shown = site("license")
    assert shown.code == 0
    first, second = shown.out.splitlines()[:2]
    assert first.startswith("Problem    [license.unreadable] The license file cannot be read")
    assert second.startswith("Next step  ")
    assert shown.err == ""
    checked = site("--json", "check")
    assert (checked.code, checked.error) == (1, "license.unreadable")


def test_a_trust_list_is_spoken_of_by_its_number(site: Site) -> None:
    file = site.file(site.vendor.trust_list())
    assert site("import", file).out == "Trust list 1 is already installed.\n"
    newer = site.file(site.vendor.trust_list(number=2))
    assert site("import", newer).out == "Trust list 2 is installed (before: 1).\n"
