"""load_license and honest bad luck: damaged, deleted, endless and unreadable files."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from offline_activation import ActivationError, License, Trouble, load_license
from offline_activation.formats.keys import SoftwareSigner
from offline_activation.formats.product import ProductDocument, seal_product
from offline_activation.formats.value import changed

NOW = 1_795_500_000
DAY = 86_400
ANYONE = 65_534
"""The user id of nobody."""
LICENSES = ("license.cose", "license.kept.cose")
PRODUCTS = ("product.cose", "product.kept.cose")
SITE_KEYS = ("site_key.pub", "site_key.kept.pub")

Codes = Callable[[tuple[ActivationError, ...]], list[str]]
Make = Callable[..., bytes]


def load(home: Path, now: int = NOW) -> License:
    return load_license("infinitime", home=home, now=now)


def problem_of(lic: License) -> str:
    assert lic.problem is not None
    assert lic.problem.message
    assert lic.problem.remedy
    return lic.problem.code


def spoil(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


# -- damage -----------------------------------------------------------------------------------------------------------


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def fill(path: Path) -> None:
    path.write_bytes(os.urandom(100))


def swell(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(1 << 40)


def directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def device(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


def delete(path: Path) -> None:
    path.unlink()


DAMAGES = [spoil, truncate, empty, fill, swell, directory, pipe, device, loop]
Damage = Callable[[Path], None]


@pytest.mark.parametrize("damage", [*DAMAGES, delete])
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("license.cose", "license.restored"),
        ("product.cose", "site.restored"),
        ("site_key.pub", "site.restored"),
        ("trust.cose", "site.restored"),
    ],
)
def test_one_bad_file_never_stops_a_licensed_site(
    licensed: Path, make_list: Make, codes: Codes, damage: Damage, name: str, code: str
) -> None:
    (licensed / "trust.cose").write_bytes(make_list(5))
    damage(licensed / name)
    lic = load(licensed)
    assert lic.state == "active"
    assert lic.limit("employees") == 150
    assert codes(lic.warnings) == ([] if (name, damage) == ("trust.cose", delete) else [code])


@pytest.mark.parametrize("damage", [*DAMAGES, delete])
@pytest.mark.parametrize("name", ["license.kept.cose", "product.kept.cose", "site_key.kept.pub", "initialised"])
def test_a_bad_copy_or_note_is_no_matter(licensed: Path, damage: Damage, name: str) -> None:
    damage(licensed / name)
    lic = load(licensed)
    assert (lic.state, lic.warnings) == ("active", ())


@pytest.mark.parametrize("damage", DAMAGES)
def test_both_copies_of_the_license_damaged_is_said_so(licensed: Path, damage: Damage) -> None:
    for name in LICENSES:
        damage(licensed / name)
    lic = load(licensed)
    assert (lic.state, problem_of(lic)) == ("not_activated", "license.unreadable")
    assert isinstance(lic.problem, Trouble)
    assert lic.limit("employees") == 0


@pytest.mark.parametrize("damage", DAMAGES)
def test_both_copies_of_the_product_file_damaged_is_said_so(licensed: Path, damage: Damage) -> None:
    for name in PRODUCTS:
        damage(licensed / name)
    lic = load(licensed)
    assert (lic.state, problem_of(lic)) == ("not_activated", "site.damaged")
    assert "product.cose" in str(lic.problem)


def test_both_copies_of_the_site_key_damaged_is_said_so(licensed: Path) -> None:
    for name in SITE_KEYS:
        (licensed / name).write_text("zz")
    assert problem_of(load(licensed)) == "site.damaged"


def test_a_license_deleted_with_its_copy_is_no_license(licensed: Path) -> None:
    for name in LICENSES:
        (licensed / name).unlink()
    assert load(licensed).state == "demo"
    assert problem_of(load(licensed, NOW + 31 * DAY)) == "license.demo_ended"


def test_a_whole_first_copy_that_says_no_is_told_even_when_the_other_is_missing(home: Path, install: Make) -> None:
    install(components={"volume_id": b"volume99"})
    (home / "license.kept.cose").unlink()
    assert load(home).state == "wrong_machine"


def test_a_newer_format_asks_for_an_update_not_for_a_new_disk(
    licensed: Path, altered: Make, install: Make, product_content: ProductDocument, root: SoftwareSigner
) -> None:
    newer = altered(install(), {40: 1})
    for name in LICENSES:
        (licensed / name).write_bytes(newer)
    assert problem_of(load(licensed)) == "profile.newer"
    newer_product = altered(seal_product(product_content, root), {40: 1}, by=root)
    for name in PRODUCTS:
        (licensed / name).write_bytes(newer_product)
    assert problem_of(load(licensed)) == "profile.newer"


def test_a_product_file_whose_own_list_is_foreign_is_refused(
    licensed: Path, product_content: ProductDocument, make_list: Make, attacker: SoftwareSigner, root: SoftwareSigner
) -> None:
    (licensed / "product.cose").write_bytes(seal_product(changed(product_content, trust=make_list(by=attacker)), root))
    assert problem_of(load(licensed)) == "key.root_mismatch"


BAD_BYTES = st.binary(max_size=200) | st.sampled_from([b"\xd2", b"\xd2\x84", b"\x00" * 64, b"0" * 64, b"\xff" * 20_000])


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    damaged=st.dictionaries(
        st.sampled_from(
            [*LICENSES, *PRODUCTS, *SITE_KEYS, "trust.cose", "initialised"],
        ),
        BAD_BYTES,
        min_size=1,
    ),
    now=st.integers(-(2**53), 2**53),
)
def test_random_bytes_in_any_files_never_raise(licensed: Path, damaged: dict[str, bytes], now: int) -> None:
    kept = {path: path.read_bytes() for path in licensed.iterdir()}
    for name, data in damaged.items():
        (licensed / name).write_bytes(data)
    try:
        lic = load(licensed, now)
    finally:
        for path in list(licensed.iterdir()):
            path.unlink()
        for path, data in kept.items():
            path.write_bytes(data)
    assert lic.is_usable == (lic.problem is None)
    pairs = (LICENSES, PRODUCTS, SITE_KEYS)
    if now < NOW + 213 * DAY and not any(damaged.keys() >= set(pair) for pair in pairs):
        assert lic.is_usable


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(["license.cose", "product.cose", "site_key.pub"]), data=st.data())
def test_any_single_flipped_bit_in_any_file_stops_nobody(licensed: Path, name: str, data: st.DataObject) -> None:
    path = licensed / name
    whole = path.read_bytes()
    flipped = bytearray(whole)
    bit = data.draw(st.integers(0, 8 * len(whole) - 1))
    flipped[bit // 8] ^= 1 << bit % 8
    path.write_bytes(flipped)
    lic = load(licensed)
    path.write_bytes(whole)
    assert lic.state == "active"


# -- rights -----------------------------------------------------------------------------------------------------------


def as_anyone(home: Path) -> dict[str, object]:
    """Load the license in a child that is nobody; needs root, because only root may become another user."""
    assert os.geteuid() == 0, "run this test as root: it loads the license as another user"
    program = (
        "import json, os, sys\n"
        "from offline_activation import load_license\n"
        "load_license('infinitime', home=sys.argv[1])  # whatever is imported late may be out of reach afterwards\n"
        f"os.setgroups([]); os.setgid({ANYONE}); os.setuid({ANYONE})\n"
        f"lic = load_license('infinitime', home=sys.argv[1], now={NOW})\n"
        "codes = [warning.code for warning in lic.warnings]\n"
        "print(json.dumps({'state': lic.state, 'code': lic.problem and lic.problem.code, 'warnings': codes}))\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program, str(home)], capture_output=True, text=True, check=True, timeout=60
    )
    found: dict[str, object] = json.loads(finished.stdout)
    return found


@pytest.fixture
def open_home(licensed: Path) -> Iterator[Path]:
    """Let anybody reach and read the state directory, as an application under its own user may."""
    opened = [licensed, *list(licensed.parents)]
    before = [(path, path.stat().st_mode) for path in opened]
    for path, mode in before:
        if not mode & 0o001:
            path.chmod(mode | 0o055)
    yield licensed
    for path, mode in before:
        path.chmod(mode & 0o7777)


def test_an_application_under_another_user_may_read_the_license(open_home: Path) -> None:
    assert as_anyone(open_home) == {"state": "active", "code": None, "warnings": []}


def test_files_that_may_not_be_read_are_named_as_such(open_home: Path) -> None:
    (open_home / "license.cose").chmod(0)
    assert as_anyone(open_home) == {"state": "active", "code": None, "warnings": ["license.restored"]}
    (open_home / "license.kept.cose").chmod(0)
    assert as_anyone(open_home)["code"] == "license.unreadable"
    (open_home / "product.cose").chmod(0)
    (open_home / "product.kept.cose").chmod(0)
    assert as_anyone(open_home)["code"] == "io.unreadable"
    open_home.chmod(0)
    assert as_anyone(open_home)["code"] == "io.unreadable"
