"""``init``: which directories it takes, which files it takes, and what a client is told."""

import stat
from pathlib import Path
from typing import Any

import pytest

Site = Any


def test_an_empty_directory_that_is_open_to_others_is_closed(new_site: Site) -> None:
    new_site.home.mkdir()
    for mode in (0o755, 0o777):
        new_site.home.chmod(mode)
        (new_site.home / "lost+found").mkdir(exist_ok=True)
        new_site.json("init", "0.product")
        assert stat.S_IMODE(new_site.home.stat().st_mode) == 0o700
        for path in sorted(new_site.home.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()


@pytest.mark.parametrize("names", [["vendor.db", "keys"], ["notes.txt"], [".ssh"], ["site_key", "report.pdf"]])
@pytest.mark.parametrize("mode", [0o700, 0o755])
def test_a_directory_that_holds_something_else_is_left_alone(new_site: Site, names: list[str], mode: int) -> None:
    new_site.home.mkdir(mode=0o700)
    new_site.home.chmod(mode)
    for name in names:
        (new_site.home / name).write_text("mine")
        (new_site.home / name).chmod(0o600)
    before = new_site.state()
    outcome = new_site("--json", "init", "0.product")
    assert (outcome.code, outcome.error) == (1, "site.directory_not_empty")
    assert names[-1] in outcome.json["error"]["message"] or names[0] in outcome.json["error"]["message"]
    assert new_site.state() == before
    assert stat.S_IMODE(new_site.home.stat().st_mode) == mode


def test_a_half_made_installation_that_others_can_enter_is_not_finished(site: Site) -> None:
    (site.home / "product.cose").unlink()
    site.home.chmod(0o755)
    outcome = site("--json", "init", "0.product")
    assert (outcome.code, outcome.error) == (1, "site.unsafe_directory")
    assert "0755" in outcome.json["error"]["message"]
    site.home.chmod(0o700)
    (site.home / ".new-0123").write_bytes(b"half")
    site.json("init", "0.product")


def test_the_source_of_a_product_is_named_for_what_it_is(new_site: Site) -> None:
    source = Path(__file__).parents[2] / "samples" / "infinitime.toml"
    outcome = new_site("--json", "init", source)
    assert (outcome.code, outcome.error) == (1, "profile.product_source")
    assert ".product" in outcome.json["error"]["remedy"]
    other = new_site.work / "contact.toml"
    other.write_text('company = "Northwind"\n')
    refused = new_site("--json", "init", other)
    assert refused.error == "armor.no_block"
    assert "OA1 ... LINES" in refused.json["error"]["remedy"]
    assert not new_site.home.exists()


def test_the_doctor_of_a_client_is_content_and_speaks_of_no_request(new_site: Site) -> None:
    new_site.json("init", "--client", "0.product")
    found = new_site.json("doctor")
    assert found["problems"] == 0
    state = next(each for each in found["checks"] if each["name"] == "state")
    assert "server" in state["message"]
    assert "activation-site request" not in new_site("doctor").out
