"""Putting the previous license back: only as far as the rules of revisions allow."""

from typing import Any

import pytest

Site = Any


def two(site: Site) -> tuple[bytes, bytes]:
    """Return revision 1 and revision 2, the second in force."""
    return site.licensed(), site.licensed(limits={"employees": 9})


def test_without_a_previous_license_there_is_nothing_to_put_back(site: Site) -> None:
    site.licensed()
    outcome = site("--json", "import", "--previous")
    assert (outcome.code, outcome.error) == (1, "license.nothing_previous")


def test_an_older_revision_never_replaces_a_newer_one(site: Site) -> None:
    two(site)
    before = site.state()
    for arguments in (["--previous"], ["--previous", "--dry-run"]):
        outcome = site("--json", "import", *arguments)
        assert (outcome.code, outcome.error) == (1, "replay.older_revision")
    assert site.state() == before
    assert site.json("license")["revision"] == 2


def stolen(site: Site) -> None:
    """Let the key that signed the license in force be revoked, but not the one before it."""
    site.vendor.next_key(bytes([9]) * 32)
    site.vendor.revoked = ()
    site.licensed()
    site.vendor.next_key(bytes([10]) * 32)
    site.json("import", site.file(site.vendor.trust_list()))


def test_it_comes_back_when_the_key_of_the_newer_one_was_revoked(site: Site) -> None:
    first = site.licensed()
    stolen(site)
    before = site.state()
    preview = site.json("import", "--previous", "--dry-run")
    assert site.state() == before
    assert ({"field": "revision", "from": 2, "to": 1}) in preview["changes"]
    done = site.json("import", "--previous")
    assert (done["revision"], done["state"]) == (1, "active")
    assert (site.home / "license.cose").read_bytes() == first
    assert (site.home / "license.kept.cose").read_bytes() == first
    assert site.json("history")["history"][-1]["event"] == "license.put_back"
    for name in ("license.cose", "license.kept.cose"):
        (site.home / name).write_bytes(b"\0")
    assert site.json("import", site.file(first))["revision"] == 1


def test_it_comes_back_when_the_newer_one_cannot_be_read_and_is_not_known(site: Site) -> None:
    first, _ = two(site)
    for name in ("license.cose", "license.kept.cose"):
        (site.home / name).write_bytes(b"\0")
    assert site("--json", "import", "--previous").error == "replay.older_revision"
    (site.home / "history.jsonl").unlink()
    assert site.json("import", "--previous")["revision"] == 1
    assert (site.home / "license.cose").read_bytes() == first
    assert site.now_is() == "active"


def test_it_passes_the_same_ladder_as_any_other(site: Site) -> None:
    two(site)
    (site.home / "history.jsonl").unlink()
    for name in ("license.cose", "license.kept.cose"):
        (site.home / name).write_bytes(b"\0")
    document = (site.home / "license.previous.cose").read_bytes()
    (site.home / "license.previous.cose").write_bytes(document[:-1] + bytes([document[-1] ^ 1]))
    assert site("--json", "import", "--previous").error == "signature.invalid"
    site.vendor.next_key(bytes([9]) * 32)
    (site.home / "license.previous.cose").write_bytes(document)
    site.json("import", site.file(site.vendor.trust_list()))
    assert site("--json", "import", "--previous").error == "key.revoked"


def test_it_does_not_end_what_stopped_the_site(site: Site) -> None:
    two(site)
    _, request = site.request()
    site("import", site.file(site.vendor.refuse(request, code="policy.revoked", issued=site.vendor.now + 1)))
    for name in ("license.cose", "license.kept.cose"):
        (site.home / name).write_bytes(b"\0")
    (site.home / "history.jsonl").unlink()
    site.json("import", "--previous")
    assert site.now_is() == "revoked"


@pytest.mark.parametrize(("arguments", "code"), [(["--previous", "x.alic"], "usage.invalid"), ([], "usage.missing")])
def test_a_file_or_the_previous_license_but_not_both_and_not_neither(
    site: Site, arguments: list[str], code: str
) -> None:
    outcome = site("--json", "import", *arguments)
    assert (outcome.code, outcome.error) == (2, code)
