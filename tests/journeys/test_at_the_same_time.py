"""Many hands at once: one license, one entry, and what is installed is what was verified."""

import json
import subprocess
import sys
from typing import Any

World = Any

SWAP = """
import os, sys, time
target, good, bad = sys.argv[1:]
for turn in range(2000):
    os.link(bad if turn % 2 else good, target + ".next")
    os.rename(target + ".next", target)
    time.sleep(0.001)
"""


def together(world: World, *commands: tuple[object, ...]) -> list[Any]:
    running = [
        subprocess.Popen(
            world.command(*command),  # type: ignore[arg-type]
            cwd=world.work, env=world.environ(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for command in commands
    ]  # fmt: skip
    done = []
    for process in running:
        out, err = process.communicate(timeout=120)
        assert b"Traceback" not in err, err
        done.append((process.returncode, json.loads(out or b"{}"), err))
    return done


def test_twenty_imports_at_once_install_one_license(answered: World) -> None:
    results = together(answered, *[("site", "import", "first.alic", "--json")] * 20)
    assert [code for code, _, _ in results] == [0] * 20, results
    assert sum(not found["already_installed"] for _, found, _ in results) == 1
    assert all(found["state"] == "active" for _, found, _ in results)
    events = [entry["event"] for entry in answered.site("history", "--json").json["history"]]
    assert events.count("license.installed") == 1
    assert answered.site("doctor", "--json", code=None).code in {0, 1}


def test_old_and_new_licenses_imported_at_once_end_with_the_new_one(purchased: World) -> None:
    names = ["first.alic", "second.alic"] * 5
    results = together(purchased, *[("site", "import", name, "--json") for name in names])
    for name, (code, found, _) in zip(names, results, strict=True):
        assert code == 0 or (name == "first.alic" and found["error"]["code"] == "replay.older_revision"), found
    assert purchased.ask()["employees"] == 100
    events = [entry["event"] for entry in purchased.site("history", "--json").json["history"]]
    assert events.count("license.installed") == 2


def test_two_signs_at_once_give_identical_files_and_one_license(requested: World) -> None:
    commands = [("vendor", "sign", "first.areq", "-o", f"out{n}.alic", "--json") for n in range(4)]
    results = together(requested, *commands)
    assert [code for code, _, _ in results] == [0] * 4, results
    files = {(requested.work / f"out{n}.alic").read_bytes() for n in range(4)}
    assert len(files) == 1
    shown = requested.vendor("license", "show", requested.number, "--json").json
    assert (shown["revision"], len(shown["responses"])) == (1, 1)
    assert requested.site("import", "out3.alic", "--json").json["state"] == "active"


def test_the_same_request_signed_twice_gets_the_same_response(answered: World) -> None:
    before = answered.books()
    answered.vendor("sign", "first-request.png", "-o", "again.alic")
    assert answered.text("again.alic") == answered.text("first.alic")
    assert answered.books() == before


def test_two_sites_that_ask_for_one_license_at_once_share_nothing(requested: World) -> None:
    requested.site("init", "infinitime.product", home="other")
    requested.first_request("other.areq", home="other")
    results = together(
        requested,
        ("vendor", "sign", "first.areq", "-o", "a.alic", "--json"),
        ("vendor", "sign", "other.areq", "-o", "b.alic", "--json"),
    )
    assert sorted(code for code, _, _ in results) == [0, 1]
    outcomes = {found["results"][0]["outcome"]: found["results"][0] for _, found, _ in results}
    assert outcomes["refused"]["code"] == "policy.license_bound"
    assert outcomes["signed"]["revision"] == 1


def test_two_requests_at_once_get_two_counts_and_both_stay_open(licensed: World) -> None:
    results = together(licensed, *[("site", "request", "-o", f"r{n}.areq", "--json") for n in range(4)])
    assert [code for code, _, _ in results] == [0] * 4, results
    counts = {licensed.site("inspect", f"r{n}.areq", "--json").json["fields"]["Request count"] for n in range(4)}
    assert len(counts) == 4
    assert len(licensed.site("pending", "--json").json["requests"]) == 4


def test_two_outputs_to_one_name_never_overwrite_each_other(licensed: World) -> None:
    for name in ("a.areq", "b.areq"):
        licensed.request(name)
    results = together(
        licensed, *[("vendor", "sign", name, "-o", "one.alic", "--json") for name in ("a.areq", "b.areq")]
    )
    assert sorted(code for code, _, _ in results) == [0, 3], results
    assert licensed.site("import", "one.alic", "--json").json["state"] == "active"


def test_a_file_that_changes_under_the_import_is_installed_as_verified_or_not_at_all(purchased: World) -> None:
    good = purchased.document("second.alic")
    old = (purchased.site_home / "license.cose").read_bytes()
    bad = good.replace(b"employees\x18d", b"employees\x18e")
    assert bad != good
    for name, content in (("good", good), ("bad", bad), ("swapped", bad)):
        purchased.file(name, content)
    names = [str(purchased.work / name) for name in ("swapped", "good", "bad")]
    swapper = subprocess.Popen([sys.executable, "-S", "-c", SWAP, *names])
    outcomes = set()
    try:
        while swapper.poll() is None:
            result = purchased.site("import", "swapped", "--json", code=None)
            outcomes.add("imported" if result.code == 0 else result.error["code"])
            assert (purchased.site_home / "license.cose").read_bytes() in {good, old}
            assert (purchased.site_home / "license.kept.cose").read_bytes() in {good, old}
    finally:
        swapper.kill()
        swapper.wait()
    assert outcomes <= {"imported", "signature.invalid"}, outcomes
    assert purchased.ask()["employees"] in {6, 100}
