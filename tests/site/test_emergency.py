"""The emergency license: opened once, on any machine, for a few days, and told to the vendor."""

import os
import time
from pathlib import Path
from typing import Any

import pytest

from offline_activation.formats.keys import SoftwareSigner
from offline_activation.formats.names import site_id
from offline_activation.formats.policy import Policy
from offline_activation.formats.request import receive_request
from offline_activation.verify.installed import load_license

DAY = 86_400
SEALED = {"policy": Policy(emergency_days=7)}
Site = Any
Run = Any


@pytest.fixture
def burnt(site: Site, other_site: Site) -> tuple[Site, Path]:
    """Return a fresh site, and the response file of a server that is gone."""
    document = other_site.licensed(**SEALED)
    return site, site.file(document)


def at(site: Site, days: float) -> Any:  # noqa: ANN401 - a License
    return load_license("infinitime", home=site.home, now=time.time() + days * DAY)


def asked(site: Site, command: str = "rehost", *more: object) -> Any:  # noqa: ANN401 - a request
    return receive_request(site.ask(command, *more)).content


def test_on_a_fresh_server_the_file_of_the_burnt_one_opens_it_for_its_days(burnt: tuple[Site, Path]) -> None:
    site, file = burnt
    assert site.now_is() == "demo"
    done = site.json("emergency", file)
    assert (done["state"], done["license_number"], done["days_left"]) == ("in_grace", site.vendor.shown_number, 7)
    shown = site.json("license")
    assert (shown["state"], shown["problem"]) == ("in_grace", None)
    assert shown["days_left"] in {6, 7}
    assert [each["code"] for each in shown["warnings"]] == ["license.emergency"]
    assert (shown["limits"]["employees"], shown["options"]) == (150, ["accruals_plus"])
    assert site("check", "--use", "employees=150").code == 0
    assert at(site, 6.9).state == "in_grace"
    over = at(site, 7.1)  # opening it took nothing of the demo away
    assert (over.state, [each.code for each in over.warnings]) == ("demo", ["license.demo", "license.emergency_over"])
    over = at(site, 30.1)
    assert (over.state, over.problem.code) == ("not_activated", "license.emergency_over")
    assert over.limit("employees") == 0
    assert (site.home / "emergency.cose").read_bytes() == file.read_bytes()
    events = [each["event"] for each in site.json("history")["history"]]
    assert events[-1] == "emergency.opened"
    (found,) = [each for each in site.json("doctor")["checks"] if each["name"] == "moves"]
    assert found["message"].startswith("emergency license opened at ")


def test_the_next_step_that_it_names_works_as_it_stands(burnt: tuple[Site, Path]) -> None:
    site, file = burnt
    said = site("emergency", file).out
    assert "activation-site rehost --contact FILE.toml -o rehost.areq" in said
    contact = dict(zip((name[2:].replace("-", "_") for name in site.contact[::2]), site.contact[1::2], strict=True))
    (site.work / "FILE.toml").write_text("".join(f'{name} = "{text}"\n' for name, text in contact.items()))
    site.json("rehost", "--contact", "FILE.toml", "-o", "rehost.areq")


def test_where_the_contact_is_known_the_next_step_does_not_ask_for_it(site: Site) -> None:
    site.on_another_machine(**SEALED)
    assert "activation-site rebind -o rebind.areq" in site("emergency").out
    site.json("rebind", "-o", "rebind.areq")


def test_it_opens_once(burnt: tuple[Site, Path]) -> None:
    site, file = burnt
    site.json("emergency", file)
    before = site.state()
    for arguments in ([file], []):
        outcome = site("--json", "emergency", *arguments)
        assert (outcome.code, outcome.error) == (1, "license.emergency_used")
    assert site.state() == before


def test_the_next_request_tells_of_it_and_the_response_ends_it(burnt: tuple[Site, Path]) -> None:
    site, file = burnt
    site.json("emergency", file)
    opened = int((site.home / "emergency").read_text())
    assert abs(opened - time.time()) < 120
    request = site.ask("rehost", *site.contact)
    content = receive_request(request).content
    assert (content.emergency_opened, content.license_number) == (opened, site.vendor.number)
    assert site.json("import", site.file(site.vendor.answer(request, site.home, **SEALED)))["state"] == "active"
    assert not (site.home / "emergency").exists()
    assert not (site.home / "emergency.cose").exists()
    assert asked(site, "request").emergency_opened is None


def test_on_other_hardware_the_installed_license_opens(site: Site) -> None:
    site.on_another_machine(**SEALED)
    assert site.now_is() == "wrong_machine"
    site.json("emergency")
    assert site.now_is() == "in_grace"
    over = at(site, 7.1)
    assert (over.state, over.problem.code) == ("wrong_machine", "license.emergency_over")
    assert asked(site, "rebind").emergency_opened is not None
    assert site("--json", "emergency").error == "license.emergency_used"


def test_a_damaged_copy_of_the_license_does_not_hinder_it(site: Site) -> None:
    site.on_another_machine(**SEALED)
    document = (site.home / "license.cose").read_bytes()
    (site.home / "license.cose").write_bytes(document[:-1] + bytes([document[-1] ^ 1]))
    site.json("emergency")
    assert site.now_is() == "in_grace"


def test_when_the_old_hardware_is_back_the_license_simply_works(site: Site) -> None:
    license_ = site.licensed(**SEALED)
    good = {name: (site.home / name).read_bytes() for name in ("license.cose", "license.kept.cose")}
    site.on_another_machine(**SEALED)
    site.json("emergency")
    for name, document in good.items():
        (site.home / name).write_bytes(document)
    assert site.now_is() == "active"
    assert good["license.cose"] == license_


@pytest.mark.parametrize("with_file", [True, False])
def test_a_license_that_works_keeps_it_sealed(site: Site, other_site: Site, *, with_file: bool) -> None:
    site.licensed(**SEALED)
    file = [site.file(other_site.licensed(**SEALED))] if with_file else []
    before = site.state()
    outcome = site("--json", "emergency", *file)
    assert (outcome.code, outcome.error) == (1, "license.emergency_not_needed")
    assert site.state() == before


def test_without_a_license_the_file_is_asked_for(site: Site) -> None:
    outcome = site("--json", "emergency")
    assert (outcome.code, outcome.error) == (1, "license.not_activated")
    assert "emergency FILE" in outcome.json["error"]["remedy"]


def own_id(site: Site) -> bytes:
    return bytes(site_id(bytes.fromhex((site.home / "site_key.pub").read_text()))[:8])


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ("none", "license.emergency_none"),
        ("expired", "license.expired"),
        ("replaced", "license.superseded"),
        ("other_product", "binding.other_product"),
        ("stranger", "key.unknown"),
        ("revoked", "key.revoked"),
        ("request", "profile.kind"),
    ],
)
def test_what_does_not_count_is_refused(site: Site, other_site: Site, case: str, code: str) -> None:
    _, request = other_site.request()
    vendor = site.vendor
    fields: dict[str, object] = dict(SEALED)
    if case == "none":
        fields = {}
    if case == "expired":
        fields |= {"lease_until": vendor.now - 40 * DAY, "issued": vendor.now - 100 * DAY}
    if case == "replaced":
        fields |= {"replaced": (own_id(site),)}
    if case == "other_product":
        fields |= {"product": "other_product"}
    if case == "stranger":
        vendor.root = SoftwareSigner(bytes([77]) * 32)
    document = vendor.answer(request, other_site.home, **fields)
    if case == "revoked":
        vendor.next_key(bytes([9]) * 32)
        site.json("import", site.file(vendor.trust_list()))
    before = site.state()
    outcome = site("--json", "emergency", site.file(request if case == "request" else document))
    assert (outcome.code, outcome.error) == (1, code)
    assert site.state() == before


def test_a_site_that_gave_its_license_back_opens_nothing(site: Site) -> None:
    document = site.licensed(**SEALED)
    site.ask("return")
    outcome = site("--json", "emergency", site.file(document))
    assert (outcome.code, outcome.error) == (1, "license.returned")


def test_it_never_outlives_the_license(site: Site, other_site: Site) -> None:
    document = other_site.licensed(**SEALED, lease_until=site.vendor.now + 2 * DAY, grace_days=1)
    site.json("emergency", site.file(document))
    assert at(site, 2.9).state == "in_grace"
    assert at(site, 3.1).state == "demo"
    assert at(site, 30.1).problem.code == "license.emergency_over"


def test_an_opening_by_a_clock_that_was_years_ahead_counts_from_now_on(burnt: tuple[Site, Path]) -> None:
    site, file = burnt
    site.json("emergency", file)
    (site.home / "emergency").write_text(f"{int(time.time()) + 1500 * DAY}\n")
    assert (at(site, 0).state, at(site, 0).days_left) == ("in_grace", 7)
    assert site.json("license")["state"] == "in_grace"
    assert abs(int((site.home / "emergency").read_text()) - time.time()) < 120


def test_a_clock_set_back_must_be_corrected_before_it_is_opened(burnt: tuple[Site, Path]) -> None:
    site, file = burnt
    (site.home / "clock").write_text(f"{int(time.time()) + 90 * DAY}\n")
    before = site.state()
    outcome = site("--json", "emergency", file)
    assert (outcome.code, outcome.error) == (1, "clock.set_back")
    assert site.state() == before


def test_a_lost_note_is_no_second_opening_but_the_first_one_again(burnt: tuple[Site, Path]) -> None:
    site, file = burnt
    site.json("emergency", file)
    opened = (site.home / "emergency").read_text()
    for damage in (b"", b"soon", b"-1"):
        (site.home / "emergency").write_bytes(damage)
        assert site.now_is() == "demo"
        assert asked(site, "rehost", *site.contact).emergency_opened == int(opened)
        site.json("emergency", file)
        assert (site.home / "emergency").read_text() == opened
    for name in ("emergency", "emergency.cose"):
        (site.home / name).unlink()
    lines = (site.home / "history.jsonl").read_text()
    earlier = str(int(opened) - 8 * DAY)
    (site.home / "history.jsonl").write_text(
        lines.replace(f'"at": {opened.strip()}, "event": "emer', f'"at": {earlier}, "event": "emer')
    )
    assert site("--json", "emergency", file).error == "license.emergency_used"


WITHOUT_IDENTITY = """
mount -t tmpfs none "$1" && cp -a "$2/." "$1/" && shift 2
for each in /etc/machine-id /var/lib/dbus/machine-id; do [ -e $each ] && mount --bind /dev/null $each; done
mount -t tmpfs none /sys/class
exec "$@"
"""


def test_a_machine_without_any_identity_opens_it_all_the_same(
    burnt: tuple[Site, Path],
    spawn: Run,
    tmp_path: Path,
) -> None:
    site, file = burnt
    assert os.geteuid() == 0, "run this test as root: it hides the identity of the machine from a child"
    place = tmp_path / "nowhere"
    place.mkdir(mode=0o700)
    ns = ("unshare", "--mount", "sh", "-c", WITHOUT_IDENTITY, "sh", str(place), str(site.home))
    script = '! "$@" tech-info >&2 && "$@" emergency "$FILE" >&2 && "$@" --json license'
    both = ("sh", "-c", script, "sh")
    os.environ["FILE"] = str(file)
    try:
        shown = spawn("--home", place, before=(*ns, *both))
    finally:
        del os.environ["FILE"]
    assert shown.code == 0, shown
    assert shown.json["state"] == "in_grace"
    assert "identity.none" in shown.err


@pytest.mark.parametrize(("back", "state"), [(20, "in_grace"), (40, "clock_problem")])
def test_the_tolerances_of_the_opened_license_hold_while_it_is_open(
    site: Site, other_site: Site, back: int, state: str
) -> None:
    """Thirty days of tolerance and no grace, as the license says."""
    policy = Policy(emergency_days=60, clock_days=(30, 0))
    file = site.file(other_site.licensed(policy=policy, issued=site.vendor.now - 50 * DAY))
    site.json("emergency", file)
    (site.home / "clock").write_text(f"{int(time.time())}\n")
    found = at(site, -back)
    assert (found.state, [each.code for each in found.warnings]) == (
        (state, ["license.emergency"]) if state == "in_grace" else (state, [])
    )


def test_it_is_opened_within_the_tolerance_of_the_license(site: Site, other_site: Site) -> None:
    policy = Policy(emergency_days=7, clock_days=(30, 0))
    file = site.file(other_site.licensed(policy=policy))
    (site.home / "clock").write_text(f"{int(time.time()) + 20 * DAY}\n")
    assert site.json("emergency", file)["state"] == "in_grace"


def many(site: Site, count: int) -> list[bytes]:
    """Let the site have ``count`` revisions; return them, the last one in force, and bind that to another machine."""
    found = [site.licensed(**SEALED) for _ in range(count)]
    return [*found, site.on_another_machine(**SEALED)]


def test_an_older_response_than_the_one_here_is_not_opened(site: Site) -> None:
    first, _, newest = many(site, 2)
    before = site.state()
    outcome = site("--json", "emergency", site.file(first))
    assert (outcome.code, outcome.error) == (1, "replay.older_revision")
    assert site.state() == before
    for name in ("license.cose", "license.kept.cose"):
        (site.home / name).unlink()
    assert site("--json", "emergency", site.file(first)).error == "replay.older_revision"
    site.json("emergency", site.file(newest))


def test_an_older_copy_put_back_is_passed_over_for_the_newer_one(site: Site) -> None:
    first, second = site.licensed(**SEALED), site.on_another_machine(**SEALED)
    (site.home / "license.cose").write_bytes(first)
    (site.home / "history.jsonl").write_text("")
    site.vendor.revision = 0
    older = site.vendor.answer(site.request()[1], site.home, components={"volume_id": b"olddisk!"}, **SEALED)
    (site.home / "license.cose").write_bytes(older)
    assert site.now_is() == "wrong_machine"
    site.json("emergency", site.file(second))


def test_the_license_of_another_number_is_not_opened_beside_the_one_here(site: Site, other_site: Site) -> None:
    site.on_another_machine(**SEALED)
    request = other_site.ask("rehost", "--license-number", site.vendor.other_number, *site.contact)
    document = site.vendor.answer(request, other_site.home, **SEALED)
    assert site("--json", "emergency", site.file(document)).error == "binding.other_license"


def test_an_opening_that_the_vendor_does_not_know_of_counts_on_for_the_next_license(
    site: Site, other_site: Site
) -> None:
    """Asked first, then opened, then answered: the answer names no opening, and the next request still does."""
    file = site.file(other_site.licensed(**SEALED))
    request = site.ask("rehost", "--license-number", site.vendor.shown_number, *site.contact)
    site.json("emergency", file)
    opened = int((site.home / "emergency").read_text())
    assert site.json("import", site.file(site.vendor.answer(request, site.home, **SEALED)))["state"] == "active"
    assert not (site.home / "emergency").exists()
    site.on_another_machine(**SEALED)
    site.json("emergency")
    assert int((site.home / "emergency").read_text()) == opened
    rebind = site.ask("rebind")
    assert receive_request(rebind).content.emergency_opened == opened
    site.json("import", site.file(site.vendor.answer(rebind, site.home, **SEALED)))
    assert asked(site, "request").emergency_opened is None
    assert [each["event"] for each in site.json("history")["history"]].count("emergency.reported") == 2
    site.on_another_machine(**SEALED)
    site.json("emergency")
    assert int((site.home / "emergency").read_text()) >= opened


def test_an_opening_is_reported_after_a_return_as_well(site: Site) -> None:
    site.on_another_machine(**SEALED)
    site.json("emergency")
    opened = int((site.home / "emergency").read_text())
    returned = site.ask("return")
    assert receive_request(returned).content.emergency_opened == opened
    site.json("import", site.file(site.vendor.receipt(returned)))
    assert asked(site, "request").emergency_opened == opened


def test_a_license_here_that_is_over_is_said_and_nothing_is_opened(site: Site, other_site: Site) -> None:
    file = site.file(other_site.licensed(**SEALED))
    request = site.request()[1]
    over = {"lease_until": site.vendor.now - 40 * DAY, "issued": site.vendor.now - 100 * DAY}
    document = site.vendor.answer(request, site.home, **over, **SEALED)
    for name in ("license.cose", "license.kept.cose"):
        (site.home / name).write_bytes(document)
    before = site.state()
    assert site.now_is() == "expired"
    outcome = site("--json", "emergency", file)
    assert (outcome.code, outcome.error) == (1, "license.expired")
    assert site.state() == before


def test_an_unreadable_license_here_does_not_hinder_the_file(site: Site, other_site: Site) -> None:
    file = site.file(other_site.licensed(**SEALED))
    for name in ("license.cose", "license.kept.cose"):
        (site.home / name).write_bytes(b"damaged")
    assert site.json("emergency", file)["state"] == "in_grace"
    assert site.now_is() == "in_grace"
