"""``require`` raises Refusal and nothing else, whatever the problem: applications catch that one class."""

import os
import string
from collections.abc import Callable
from pathlib import Path

import pytest

from offline_activation import License, Misuse, Refusal, Trouble, load_license
from offline_activation.errors import CATALOG, ActivationError
from offline_activation.formats.license_document import LicenseDocument
from offline_activation.formats.product import ProductDocument
from offline_activation.verify.standing import NOT_ACTIVATED, Standing

NOW = 1_795_500_000


def facts_of(code: str) -> dict[str, str]:
    return {name: name for text in CATALOG[code][1:] for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("family", [Refusal, Trouble, Misuse])
@pytest.mark.parametrize("code", CATALOG)
def test_every_problem_is_raised_as_a_refusal_with_its_own_words(
    code: str, family: type[ActivationError], product_content: ProductDocument, license_content: LicenseDocument
) -> None:
    problem = family(code, **facts_of(code)).advising("Do this.")
    standing = Standing(state=NOT_ACTIVATED, problem=problem)
    for product, document in ((None, None), (product_content, None), (product_content, license_content)):
        lic = License(product=product, document=document, standing=standing)
        for in_use in (0, 1):
            with pytest.raises(Refusal) as caught:
                lic.require("employees", in_use=in_use)
            said = caught.value
            assert type(said) is Refusal
            assert said is not problem
            assert said.__cause__ is problem
            assert (said.code, said.reason, said.message, said.remedy, str(said)) == (
                code,
                problem.reason,
                problem.message,
                "Do this.",
                problem.message,
            )


def damaged(home: Path) -> None:
    for name in ("license.cose", "license.kept.cose"):
        (home / name).write_bytes(b"\xd2\x84")


def no_product(home: Path) -> None:
    for name in ("product.cose", "product.kept.cose"):
        (home / name).write_bytes(b"")


def no_key(home: Path) -> None:
    for name in ("site_key.pub", "site_key.kept.pub"):
        (home / name).unlink()


def no_note(home: Path) -> None:
    for name in ("license.cose", "license.kept.cose", "initialised"):
        (home / name).unlink()


def nothing(home: Path) -> None:
    for path in home.iterdir():
        path.unlink()


def a_client(home: Path) -> None:
    (home / "client").touch()


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (damaged, "license.unreadable"),
        (no_product, "site.damaged"),
        (no_key, "site.damaged"),
        (no_note, "license.demo_note_lost"),
        (nothing, "site.not_initialised"),
        (a_client, "site.not_the_server"),
    ],
)
def test_on_disk_too(licensed: Path, spoil: Callable[[Path], None], code: str) -> None:
    spoil(licensed)
    lic = load_license("infinitime", home=licensed, now=NOW)
    with pytest.raises(Refusal) as caught:
        lic.require("employees", in_use=1)
    assert caught.value.code == code
    assert caught.value.__cause__ is lic.problem


def test_a_client_is_told_to_use_the_server_and_never_to_make_a_request(home: Path) -> None:
    (home / "client").touch()
    lic = load_license("infinitime", home=home, now=NOW)
    assert lic.problem is not None
    assert (lic.state, lic.limit("employees"), lic.warnings) == ("not_activated", 0, ())
    assert "server" in lic.problem.remedy
    assert "request" not in lic.problem.remedy


def test_root_keeps_its_state_where_the_file_hierarchy_wants_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from offline_activation.verify.installed import default_home  # noqa: PLC0415 - the subject of this test

    monkeypatch.delenv("ACTIVATION_SITE_HOME", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert default_home() == "/var/lib/offline-activation"
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_home() == str(tmp_path / "offline-activation")
    monkeypatch.setenv("ACTIVATION_SITE_HOME", "/somewhere")
    assert default_home() == "/somewhere"
