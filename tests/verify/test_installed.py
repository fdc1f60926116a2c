"""load_license on real state directories of this machine: every state, and what is promised."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from offline_activation import ActivationError, License, Refusal, Trouble, load_license
from offline_activation.formats.keys import SoftwareSigner, key_id
from offline_activation.formats.license_document import LicenseDocument
from offline_activation.formats.trust_list import IssuingKey
from offline_activation.formats.value import changed
from offline_activation.identity.components import blinded
from offline_activation.identity.reading import Component
from offline_activation.verify.installed import read_facts, read_product_file, read_trust

NOW = 1_795_500_000
DAY = 86_400
LICENSES = ("license.cose", "license.kept.cose")
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


# -- without a license ------------------------------------------------------------------------------------------------


def test_an_empty_or_missing_directory_is_not_initialised(tmp_path: Path) -> None:
    for home in (tmp_path, tmp_path / "missing", tmp_path / "nul\0name"):
        lic = load(home)
        assert lic.state == "not_activated"
        assert problem_of(lic) in {"site.not_initialised", "site.damaged"}
        assert (lic.product, lic.limits, lic.options, lic.revision) == (None, {}, (), 0)
        assert not lic.allows("accruals_plus")
        with pytest.raises(ActivationError):
            lic.require("employees", in_use=0)


@pytest.mark.parametrize(("age", "state"), [(0, "demo"), (30 * DAY - 1, "demo"), (30 * DAY, "not_activated")])
def test_the_demo_ends_after_30_days(home: Path, age: int, state: str, codes: Codes) -> None:
    lic = load(home, NOW + age)
    assert lic.state == state
    if state == "demo":
        assert codes(lic.warnings) == ["license.demo"]
        assert lic.limits == {"badge_readers": 0, "employees": 5}
        assert lic.options == ("reports",)
        lic.require("employees", in_use=5)
        with pytest.raises(Refusal, match="Employees in use: 6, licensed: 5"):
            lic.require("employees", in_use=6)
    else:
        assert problem_of(lic) == "license.demo_ended"
        assert lic.limits == {"badge_readers": 0, "employees": 0}
        with pytest.raises(Refusal, match="demo ended"):
            lic.require("employees", in_use=0)


def test_the_note_of_the_beginning_deleted_or_damaged_gives_no_new_demo(home: Path) -> None:
    for damage in (b"", b"soon", b"\xff" * 20, b"9" * 40, None):
        if damage is None:
            (home / "initialised").unlink()
        else:
            (home / "initialised").write_bytes(damage)
        assert problem_of(load(home)) == "license.demo_note_lost"


def test_a_beginning_in_the_future_is_a_wrong_clock_and_no_longer_demo(home: Path, codes: Codes) -> None:
    (home / "initialised").write_text(str(NOW + 1000 * DAY))
    lic = load(home)
    assert (lic.state, lic.days_left) == ("demo", 30)
    assert codes(lic.warnings) == ["license.demo", "clock.set_back"]
    (home / "initialised").write_text(str(NOW + 300))
    assert codes(load(home).warnings) == ["license.demo"]


def test_the_demo_needs_no_site_key_and_no_identity(home: Path) -> None:
    for name in SITE_KEYS:
        (home / name).unlink()
    assert load(home).state == "demo"


def test_another_product_is_refused(licensed: Path) -> None:
    lic = load_license("infinipay", home=licensed, now=NOW)
    assert (lic.state, problem_of(lic)) == ("not_activated", "site.other_product")
    assert lic.limit("employees") == 0


# -- with a license ---------------------------------------------------------------------------------------------------


def test_a_license_gives_what_it_says(licensed: Path) -> None:
    lic = load(licensed)
    assert (lic.state, lic.problem, lic.warnings) == ("active", None, ())
    assert (lic.product, lic.company, lic.revision, lic.days_left) == ("infinitime", "Northwind Manufacturing", 4, 183)
    assert lic.limits == {"badge_readers": 8, "employees": 150}
    assert lic.options == ("accruals_plus",)
    assert lic.allows("accruals_plus")
    assert not lic.allows("reports")
    assert not lic.allows("unheard_of")
    assert lic.limit("unheard_of") == 0
    lic.require("employees", in_use=150)
    with pytest.raises(Refusal, match="Employees in use: 151, licensed: 150"):
        lic.require("employees", in_use=151)
    with pytest.raises(Refusal, match="unheard_of in use: 1, licensed: 0"):
        lic.require("unheard_of", in_use=1)


def test_its_number_is_shown_in_groups_and_never_in_its_representation(licensed: Path) -> None:
    lic = load(licensed)
    assert lic.license_number is not None
    assert [len(group) for group in lic.license_number.split("-")] == [5, 5, 5, 5]
    assert repr(lic) == "<License active infinitime revision 4>"


def test_after_the_end_demo_rules_hold_for_a_while_and_then_nothing(licensed: Path) -> None:
    last = NOW + 213 * DAY
    for now, employees in ((last - 1, 150), (last, 5), (last + 30 * DAY - 1, 5), (last + 30 * DAY, 0)):
        assert load(licensed, now).limit("employees") == employees
    ended = load(licensed, last)
    assert (ended.state, ended.options) == ("expired", ("reports",))
    ended.require("employees", in_use=5)
    with pytest.raises(Refusal) as caught:
        ended.require("employees", in_use=6)
    assert caught.value.code == "license.expired"
    with pytest.raises(Refusal, match="ended"):
        load(licensed, last + 30 * DAY).require("employees", in_use=0)


def test_a_clock_that_was_wrong_for_a_day_heals_by_itself(licensed: Path, codes: Codes) -> None:
    assert load(licensed, 2**40).state == "expired"
    for now in (-1, 0, NOW - 60 - 301):
        early = load(licensed, now)
        assert early.is_usable
        assert "clock.set_back" in codes(early.warnings)
    assert load(licensed, NOW - 60 - 300).warnings == ()
    assert load(licensed).state == "active"


def test_the_local_time_of_this_machine_changes_no_state(licensed: Path, zone: Callable[[str], None]) -> None:
    last = NOW + 213 * DAY
    for name in ("East-14", "West+12", "America/Los_Angeles"):
        zone(name)
        assert [load(licensed, now).state for now in (last - 1, last, last + 1)] == ["in_grace", "expired", "expired"]


# -- the machine ------------------------------------------------------------------------------------------------------


def test_a_directory_copied_from_another_machine_is_refused(home: Path, install: Make) -> None:
    install(components={"volume_id": b"volume99", "machine_id": b"machine9", "firmware_uuid": b"firmwar9"})
    lic = load(home)
    assert (lic.state, problem_of(lic)) == ("wrong_machine", "license.wrong_machine")
    assert (lic.limits, lic.options) == ({"badge_readers": 0, "employees": 0}, ())
    for in_use in (0, 1):
        with pytest.raises(Refusal) as caught:
            lic.require("employees", in_use=in_use)
        assert caught.value.code == "license.wrong_machine"


def test_a_license_of_another_site_key_is_refused(licensed: Path, attacker: SoftwareSigner) -> None:
    for name in SITE_KEYS:
        (licensed / name).write_text(attacker.public_key.hex())
    assert load(licensed).state == "wrong_machine"


DRIFTED = "volume ID changed; 2 of 2 others match; works 14 more days, ask for a rebind"
IN_A_MACHINE_WITH_FIRMWARE = """
mount -t tmpfs none /sys/class && mkdir -p /sys/class/dmi/id && echo "$1" > /sys/class/dmi/id/product_uuid && shift
exec "$@"
"""


def test_a_changed_disk_is_told_and_nothing_stops(
    home: Path, install: Make, marks: dict[str, bytes], site: SoftwareSigner
) -> None:
    """A child in a mount namespace of its own sees a machine with a firmware UUID and a machine id."""
    assert os.geteuid() == 0, "run this test as root: it mounts a small machine over /sys/class for a child"
    assert "machine_id" in marks, "this test needs a machine with a machine id"
    firmware = Component(name="firmware_uuid", value="8f14e45f-ceea-467f-a2c3-9b1d0e7a4c21", source="", note="")
    mark = blinded(firmware, product="infinitime", site_key=site.public_key)
    program = (
        "import sys; from offline_activation import load_license\n"
        f"lic = load_license('infinitime', home=sys.argv[1], now={NOW})\n"
        "print(lic.state, lic.limit('employees'), [f'{w.code}: {w.message}' for w in lic.warnings])\n"
    )
    for others, told in (
        ({"firmware_uuid": mark}, f"active 150 ['license.hardware_changed: {DRIFTED}.']"),
        ({"firmware_uuid": b"firmware"}, "wrong_machine 0 []"),
    ):
        install(components={"volume_id": b"olddisk!", "machine_id": marks["machine_id"], **others})
        script = ["sh", "-c", IN_A_MACHINE_WITH_FIRMWARE, "sh", str(firmware.value)]
        finished = subprocess.run(
            ["unshare", "--mount", *script, sys.executable, "-c", program, str(home)],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        assert finished.stdout.strip() == told


# -- keys -------------------------------------------------------------------------------------------------------------


def test_a_key_revoked_or_left_out_later_stops_no_honest_site(
    licensed: Path, make_list: Make, issuing: SoftwareSigner, entries: tuple[IssuingKey, ...], codes: Codes
) -> None:
    revoked = (key_id(issuing.public_key),)
    for keys, taken, expected in (
        (entries, revoked, ["key.revoked"]),
        (entries[1:], revoked, ["key.revoked"]),
        (entries[1:], (), []),
    ):
        (licensed / "trust.cose").write_bytes(make_list(9, keys=keys, revoked=taken))
        lic = load(licensed)
        assert (lic.state, codes(lic.warnings)) == ("active", expected)


def test_a_license_of_a_foreign_root_is_refused(
    home: Path, install: Make, make_list: Make, attacker: SoftwareSigner, entries: tuple[IssuingKey, ...]
) -> None:
    carried = make_list(99, keys=(changed(entries[0], key=attacker.public_key),), by=attacker)
    install(by=attacker, trust=carried)
    (home / "trust.cose").write_bytes(carried)
    lic = load(home)
    assert (lic.state, problem_of(lic)) == ("not_activated", "key.unknown")
    assert "Inception Technologies" in str(lic.problem)


# -- what is promised -------------------------------------------------------------------------------------------------


def snapshot(home: Path) -> dict[str, tuple[str, int]]:
    def of(path: Path) -> tuple[str, int]:
        return ("" if path.is_dir() else hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)

    return {str(path): of(path) for path in (home, *home.rglob("*"))}


def test_nothing_is_written_in_any_state(licensed: Path) -> None:
    for damage in (lambda _path: None, spoil, Path.unlink):
        damage(licensed / "license.cose")
        before = snapshot(licensed)
        for now in (NOW, NOW + 200 * DAY, NOW + 400 * DAY, 0):
            load(licensed, now)
            load_license("infinipay", home=licensed, now=now)
        assert snapshot(licensed) == before


def test_it_works_on_a_read_only_file_system(licensed: Path) -> None:
    assert os.geteuid() == 0, "run this test as root: it mounts the state directory read-only"
    subprocess.run(["mount", "--bind", str(licensed), str(licensed)], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(licensed)], check=True)
        assert load(licensed).state == "active"
    finally:
        subprocess.run(["umount", str(licensed)], check=True)


WATCHED = """
import sys
from offline_activation import load_license
seen = []
sys.addaudithook(lambda event, arguments: seen.append((event, str(arguments))))
lic = load_license("infinitime", home=sys.argv[1], now=float(sys.argv[2]))
bad = [item for item in seen if item[0].split(".")[0] in ("socket", "subprocess", "urllib", "http", "ctypes")
       or item[0] in ("os.system", "os.fork", "os.exec", "os.posix_spawn", "os.remove", "os.rename", "os.mkdir")]
written = [item for item in seen if item[0] == "open" and ("'w" in item[1] or "'a" in item[1] or "+" in item[1])]
print(lic.state, bad, written)
"""


def test_no_socket_no_process_and_no_writing(licensed: Path) -> None:
    finished = subprocess.run(
        [sys.executable, "-c", WATCHED, str(licensed), str(NOW)], capture_output=True, text=True, check=True, timeout=60
    )
    assert finished.stdout.strip() == "active [] []"


def test_strict_raises_the_problem_and_only_a_problem(licensed: Path, tmp_path: Path) -> None:
    assert load_license("infinitime", home=licensed, now=NOW, strict=True).state == "active"
    assert load_license("infinitime", home=licensed, now=0, strict=True).state == "active"
    with pytest.raises(Refusal) as refused:
        load_license("infinipay", home=licensed, now=NOW, strict=True)
    assert refused.value.code == "site.other_product"
    with pytest.raises(Refusal, match="no installation"):
        load_license("infinitime", home=tmp_path / "missing", now=NOW, strict=True)
    for name in LICENSES:
        (licensed / name).write_bytes(b"\xd2\x84")
    with pytest.raises(Trouble, match="cannot be read"):
        load_license("infinitime", home=licensed, now=NOW, strict=True)


def test_the_home_comes_from_the_environment(licensed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTIVATION_SITE_HOME", str(licensed))
    assert load_license("infinitime", now=NOW).state == "active"
    monkeypatch.setenv("ACTIVATION_SITE_HOME", str(licensed / "elsewhere"))
    assert problem_of(load_license("infinitime", now=NOW)) == "site.not_initialised"
    monkeypatch.delenv("ACTIVATION_SITE_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(licensed))
    monkeypatch.setenv("XDG_DATA_DIRS", str(licensed))
    assert problem_of(load_license("infinitime")) == "site.not_initialised"


def test_every_state_explains_itself(licensed: Path, home: Path, install: Make, codes: Codes) -> None:
    seen: dict[str, License] = {}
    for now in (NOW, NOW + 100 * DAY, NOW + 190 * DAY, NOW + 300 * DAY):
        lic = load(licensed, now)
        seen[lic.state] = lic
    install(components={"volume_id": b"volume99"})
    seen["wrong_machine"] = load(home)
    for name in LICENSES:
        (home / name).unlink()
    seen["demo"], seen["not_activated"] = load(home), load(home, NOW + 40 * DAY)
    told = {state: lic.problem.code if lic.problem else codes(lic.warnings) for state, lic in seen.items()}
    assert told == {
        "active": [],
        "renewal_due": ["license.renewal_due"],
        "in_grace": ["license.in_grace"],
        "expired": "license.expired",
        "wrong_machine": "license.wrong_machine",
        "demo": ["license.demo"],
        "not_activated": "license.demo_ended",
    }


# -- a running program ------------------------------------------------------------------------------------------------


def test_a_running_program_outlives_an_unmounted_directory_for_seven_days(
    licensed: Path, tmp_path: Path, codes: Codes
) -> None:
    lic = load(licensed)
    licensed.rename(tmp_path / "away")
    for day in range(1, 7):
        lic = load_license("infinitime", home=licensed, now=NOW + day * DAY, previous=lic)
        assert (lic.state, codes(lic.warnings)) == ("active", ["site.gone"])
        assert lic.limit("employees") == 150
    stopped = load_license("infinitime", home=licensed, now=NOW + 7 * DAY, previous=lic)
    assert (stopped.state, problem_of(stopped)) == ("not_activated", "site.gone")
    (tmp_path / "away").rename(licensed)
    assert load_license("infinitime", home=licensed, now=NOW + 8 * DAY, previous=stopped).warnings == ()


def test_a_directory_that_is_gone_is_never_called_a_new_one_again(licensed: Path, tmp_path: Path) -> None:
    lic = load(licensed)
    licensed.rename(tmp_path / "away")
    for day, is_there in ((1, False), (8, False), (9, True), (30, True)):
        if is_there:
            licensed.mkdir(exist_ok=True)  # an empty mount point
        lic = load_license("infinitime", home=licensed, now=NOW + day * DAY, previous=lic)
        told = lic.problem or lic.warnings[-1]
        assert (type(told), told.code, told.reason) == (Trouble, "site.gone", "IO")
        assert told.remedy.startswith(f"Mount the disk that holds {licensed}; do not run")
    with pytest.raises(Trouble, match="a license was read before"):
        load_license("infinitime", home=licensed, now=NOW + 31 * DAY, previous=lic, strict=True)
    assert problem_of(load(licensed)) == "site.not_initialised"


def test_a_previous_license_helps_against_bad_storage_only(
    licensed: Path, home: Path, install: Make, tmp_path: Path
) -> None:
    good = load(licensed)
    elsewhere = load_license("infinipay", home=tmp_path / "missing", now=NOW, previous=good)
    assert problem_of(elsewhere) == "site.not_initialised"
    for name in LICENSES:
        (licensed / name).write_bytes(b"\xd2\x84")
    assert load_license("infinitime", home=licensed, now=NOW + DAY, previous=good).state == "active"
    assert load_license("infinitime", home=licensed, now=NOW - 7 * DAY, previous=good).state == "not_activated"
    install(components={"volume_id": b"volume99"})
    assert load_license("infinitime", home=home, now=NOW, previous=good).state == "wrong_machine"
    for name in LICENSES:
        (licensed / name).unlink()
    assert load_license("infinitime", home=licensed, now=NOW, previous=good).state == "demo"


def test_a_license_carried_on_still_ends_on_its_day(licensed: Path, tmp_path: Path) -> None:
    last = NOW + 213 * DAY
    lic = load(licensed, last - DAY)
    ended = load_license("infinitime", home=tmp_path / "missing", now=last, previous=lic)
    assert (ended.state, problem_of(ended)) == ("expired", "license.expired")
    with pytest.raises(Refusal, match="ended"):
        load_license("infinitime", home=tmp_path / "missing", now=last, previous=lic, strict=True)


# -- what other commands read -----------------------------------------------------------------------------------------


def test_trust_is_the_newest_of_product_file_and_list(home: Path, make_list: Make, attacker: SoftwareSigner) -> None:
    product = read_product_file(str(home))
    for document, number in (
        (None, 1),
        (make_list(7), 7),
        (make_list(7)[:-1], 1),
        (make_list(9, by=attacker), 1),
    ):
        if document is not None:
            (home / "trust.cose").write_bytes(document)
        assert read_trust(str(home), product).current.number == number


def test_the_list_inside_the_license_counts_when_the_newest_one_is_lost(licensed: Path) -> None:
    assert not (licensed / "trust.cose").exists()
    assert read_trust(str(licensed), read_product_file(str(licensed))).current.number == 3


def test_facts_are_this_machine_and_this_site_key(
    licensed: Path, site: SoftwareSigner, marks: dict[str, bytes], license_content: LicenseDocument
) -> None:
    facts = read_facts(str(licensed), read_product_file(str(licensed)))
    assert facts.site_key == site.public_key
    assert dict(facts.components) == marks
    assert facts.product == license_content.product
