"""Directories prepared by somebody else: links, doors left open, other owners.  Nothing outside is ever touched."""

import os
from pathlib import Path
from typing import Any

import pytest

World = Any
UNSAFE = (1, 3)
"""A policy says no, or the disk is in trouble: both are right."""
VICTIM = b"root:x:0:0:root:/root:/bin/sh\n"


@pytest.fixture
def victim(answered: World) -> Path:
    path: Path = answered.place / "victim"
    path.write_bytes(VICTIM)
    path.chmod(0o644)
    return path


def is_untouched(victim: Path) -> bool:
    return victim.read_bytes() == VICTIM and victim.stat().st_mode & 0o777 == 0o644 and not victim.is_symlink()


def test_a_state_directory_that_is_a_link_is_refused(answered: World) -> None:
    answered.site_home.rename(answered.place / "real")
    answered.site_home.symlink_to(answered.place / "real")
    answered.refuses("site", "import", "first.alic", said="site.unsafe_directory", code=UNSAFE)
    answered.refuses("site", "request", "-o", "a.areq", said="site.unsafe_directory", code=UNSAFE)


def test_a_new_state_directory_behind_a_link_is_refused(ordered: World) -> None:
    (ordered.place / "elsewhere").mkdir()
    ordered.site_home.symlink_to(ordered.place / "elsewhere")
    ordered.refuses("site", "init", "infinitime.product", said="site.unsafe_directory", code=UNSAFE)
    assert not list((ordered.place / "elsewhere").iterdir())


@pytest.mark.parametrize("name", ["license.cose", "license.kept.cose", "trust.cose", "history.jsonl", "lock"])
@pytest.mark.parametrize("kind", ["symbolic", "hard"])
def test_a_state_file_that_is_a_link_never_leads_out(answered: World, victim: Path, name: str, kind: str) -> None:
    path = answered.site_home / name
    path.unlink(missing_ok=True)
    if kind == "symbolic":
        path.symlink_to(victim)
    else:
        path.hardlink_to(victim)
    result = answered.site("import", "first.alic", "--json", code=None)
    assert result.code in {0, *UNSAFE}, result
    assert is_untouched(victim)
    if result.code == 0:
        assert answered.ask()["state"] == "active"
    else:
        assert result.error["code"] in {"site.unsafe_directory", "site.damaged", "io.unwritable", "io.not_a_file"}


def test_a_folder_of_requests_that_is_a_link_never_leads_out(answered: World) -> None:
    outside = answered.place / "outside"
    (answered.site_home / "requests").rename(outside)
    (answered.site_home / "requests").symlink_to(outside)
    before = answered.tree(outside)
    result = answered.site("import", "first.alic", "--json", code=None)
    assert result.code in UNSAFE, result
    assert answered.tree(outside) == before


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o722])
def test_a_state_directory_open_to_others_is_refused(answered: World, mode: int) -> None:
    answered.site_home.chmod(mode)
    error = answered.refuses("site", "import", "first.alic", said="site.unsafe_directory", code=UNSAFE).error
    assert "0700" in error["remedy"]


def test_a_world_writable_parent_is_refused(answered: World) -> None:
    shared = answered.place / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    answered.site_home.rename(shared / "site")
    answered.refuses("site", "import", "first.alic", said="site.unsafe_directory", code=UNSAFE, home="shared/site")


def test_a_state_directory_of_somebody_else_is_refused(answered: World) -> None:
    assert os.geteuid() == 0, "this test gives a directory away and needs root"
    os.chown(answered.site_home, 65534, 65534)
    answered.refuses("site", "import", "first.alic", said="site.unsafe_directory", code=UNSAFE)


def test_a_site_key_that_others_can_read_signs_nothing(answered: World) -> None:
    (answered.site_home / "site_key").chmod(0o644)
    error = answered.refuses("site", "request", "-o", "a.areq", said="key.file", code=3).error
    assert "0644" in error["message"]


@pytest.mark.parametrize("trouble", ["keys open to others", "key file open to others", "key file a link"])
def test_a_vendor_whose_keys_lie_open_signs_nothing(requested: World, trouble: str) -> None:
    keys = requested.vendor_home / "keys"
    for path in keys.glob("*.pem"):
        if trouble == "key file open to others":
            path.chmod(0o644)
        elif trouble == "key file a link":
            path.rename(requested.vendor_home / path.name)
            path.symlink_to(requested.vendor_home / path.name)
    if trouble == "keys open to others":
        keys.chmod(0o777)
    before = requested.state()
    result = requested.vendor("sign", "first.areq", "-o", "a.alic", "--json", code=None)
    assert result.code in {1, 3}, result
    assert result.error["code"] == "key.file"
    assert requested.state() == before


def test_a_missing_installation_and_a_missing_vendor_say_what_to_do_first(ordered: World) -> None:
    for command in (("license",), ("request",), ("import", "infinitime.product"), ("pending",), ("tech-info",)):
        result = ordered.site(*command, "--json", home="nowhere", code=None)
        assert result.code == 1, result
        assert result.error["code"] == "site.not_initialised"
        assert "init" in result.error["remedy"]
    for command in (("sign", "infinitime.product"), ("order", "list"), ("pending",), ("keys", "list")):
        result = ordered.vendor(*command, "--json", "--home", "nowhere", code=1)
        assert result.error["code"] == "vendor.not_initialised"
        assert "init" in result.error["remedy"]
    assert not (ordered.work / "nowhere").exists()
    assert not (ordered.place / "nowhere").exists()
    assert ordered.ask(home="nowhere")["problem"]["code"] == "site.not_initialised"


def test_init_never_replaces_what_is_there(answered: World) -> None:
    answered.refuses("site", "init", "infinitime.product", said="site.already_initialised")
    answered.refuses("vendor", "init", "--name", "X", "--no-passphrase", said="vendor.already_initialised")


@pytest.mark.parametrize("name", ["license.cose", "trust.cose", "product.cose", "history.jsonl", "contact.json"])
def test_one_damaged_state_file_never_ends_a_license(licensed: World, name: str) -> None:
    path = licensed.site_home / name
    for content in (b"", path.read_bytes()[:-9], b"\xff" * 100):
        path.write_bytes(content)
        assert licensed.ask()["state"] == "active", content
    path.unlink()
    assert licensed.ask()["state"] == "active"


def test_a_read_only_state_directory_keeps_the_license(licensed: World) -> None:
    licensed.site_home.chmod(0o500)
    assert licensed.ask()["state"] == "active"
    assert licensed.site("check", "--json").json["state"] == "active"
