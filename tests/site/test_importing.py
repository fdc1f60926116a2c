"""Importing: what is accepted, what is refused, and that a refusal changes nothing."""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from offline_activation.errors import Trouble
from offline_activation.formats.envelope import open_envelope
from offline_activation.formats.keys import SoftwareSigner
from offline_activation.formats.license_document import LicenseDocument, read_license, seal_license
from offline_activation.formats.names import DocumentId, ProductId
from offline_activation.formats.policy import Policy
from offline_activation.formats.readable import compose
from offline_activation.formats.value import changed
from offline_activation.site import lock
from offline_activation.transports.qr import write_png
from offline_activation.verify.installed import load_license

Site = Any
Run = Any
Vendor = Any
DAY = 86_400


def test_an_import_installs_the_license_and_shows_what_changed(site: Site) -> None:
    reference, request = site.request()
    document = site.vendor.answer(request, site.home)
    done = site.json("import", site.file(document))
    assert done["reference"] == reference
    assert done["license_number"] == site.vendor.shown_number
    assert (done["revision"], done["state"], done["already_installed"]) == (1, "active", False)
    changes = {each["field"]: (each["from"], each["to"]) for each in done["changes"]}
    assert changes["limits.employees"] == (None, 150)
    assert changes["options.accruals_plus"] == (None, True)
    assert (site.home / "license.cose").read_bytes() == document
    assert (site.home / "license.kept.cose").read_bytes() == document
    assert site.json("pending")["requests"] == []


def test_an_amendment_shows_the_difference_and_keeps_the_previous_revision(site: Site) -> None:
    first = site.licensed()
    _, request = site.request()
    second = site.vendor.answer(
        request, site.home, limits={"employees": 200, "badge_readers": 8}, options=("telephone_punch",)
    )
    done = site.json("import", site.file(second))
    changes = {each["field"]: (each["from"], each["to"]) for each in done["changes"]}
    assert changes == {
        "revision": (1, 2),
        "limits.employees": (150, 200),
        "limits.biometric_readers": (4, None),
        "options.telephone_punch": (None, True),
        "options.accruals_plus": (True, None),
    }
    assert (site.home / "license.previous.cose").read_bytes() == first
    assert (site.home / "license.kept.cose").read_bytes() == second
    assert "150" in site("history").out or site.json("license")["limits"]["employees"] == 200


def test_the_same_license_twice_is_success_and_changes_nothing(site: Site) -> None:
    document = site.licensed()
    before = site.state()
    again = site.json("import", site.file(document))
    assert again["already_installed"] is True
    assert again["changes"] == []
    assert "already installed" in site("import", site.file(document)).out
    assert site.state() == before


def test_a_dry_run_shows_the_same_and_changes_nothing(site: Site) -> None:
    _, request = site.request()
    file = site.file(site.vendor.answer(request, site.home))
    before = site.state()
    preview = site.json("import", "--dry-run", file)
    assert preview["state"] == "active"
    assert site.state() == before
    assert site.json("import", file)["changes"] == preview["changes"]


def test_text_picture_and_mail_carry_the_same_license(site: Site) -> None:
    _, request = site.request()
    document = site.vendor.answer(request, site.home)
    text, picture, mail = site.work / "a.alic", site.work / "a.png", site.work / "a.eml"
    text.write_text(compose(document).replace("\n", "\r\n> "))
    picture.write_bytes(write_png(document))
    mail.write_text(f"Subject: AR\nFrom: a@b.example\nTo: c@d.example\n\n{compose(document)}")
    assert site.json("import", "--dry-run", picture)["revision"] == 1
    assert site.json("import", "--dry-run", mail)["revision"] == 1
    assert site.json("import", text)["already_installed"] is False


def test_readable_lines_that_lie_are_named_and_do_not_count(site: Site) -> None:
    _, request = site.request()
    text = site.work / "a.alic"
    text.write_text(compose(site.vendor.answer(request, site.home)).replace("employees: 150", "employees: 9999"))
    outcome = site("--json", "import", text)
    assert outcome.json["text_differs"] == ["Limit, employees"]
    assert "text.differs" in outcome.err
    assert site.json("license")["limits"]["employees"] == 150


def test_a_signed_refusal_is_shown_closes_its_request_and_keeps_the_license(site: Site) -> None:
    site.licensed()
    reference, request = site.request()
    file = site.file(site.vendor.refuse(request))
    for _ in range(2):
        outcome = site("--json", "import", file)
        assert (outcome.code, outcome.error) == (1, "policy.license_bound")
        assert outcome.json["reference"] == reference
        assert outcome.json["error"]["remedy"] == "Ask the vendor for a transfer."
    assert site.json("pending")["requests"] == []
    assert site.json("license")["state"] == "active"
    events = [each["event"] for each in site.json("history")["history"]]
    assert events.count("request.refused") == 1
    assert "policy.license_bound" in site("import", file).err


def test_a_refusal_with_an_unknown_code_is_shown_as_it_is(site: Site) -> None:
    _, request = site.request()
    file = site.file(site.vendor.refuse(request, code="later.code", message="m" * 300))
    outcome = site("--json", "import", file)
    assert (outcome.code, outcome.error) == (1, "later.code")
    assert len(outcome.json["error"]["message"]) == 300


def wrong_documents(site: Site) -> dict[str, tuple[str, bytes]]:
    """Return documents that must not be installed, by name, each with the code that says why."""
    _, request = site.request("--purpose", "renew")
    vendor, home = site.vendor, site.home
    good = vendor.answer(request, home)
    vendor.revision = 0
    kept, vendor.issuing = vendor.issuing, SoftwareSigner(bytes([9]) * 32)
    own_trust = changed_trust(vendor, SoftwareSigner(bytes([8]) * 32))
    stranger = vendor.answer(request, home, trust=own_trust)
    vendor.issuing = kept
    return {
        "a request": ("profile.kind", request),
        "a product file": ("profile.kind", vendor.product()),
        "changed bytes": ("signature.invalid", good[:-1] + bytes([good[-1] ^ 1])),
        "cut": ("encoding.truncated", good[:-1]),
        "longer": ("encoding.trailing", good + b"\0"),
        "of another vendor": ("key.unknown", stranger),
        "for another site": ("license.wrong_machine", vendor.answer(request, home, site=bytes(16))),
        "for another product": ("binding.other_product", vendor.answer(request, home, product=ProductId("other"))),
        "for another request": (
            "binding.other_request",
            vendor.answer(request, home, request_id=DocumentId(bytes(16)), revision=9),
        ),
        "for another volume": (
            "license.wrong_machine",
            vendor.answer(request, home, components={"volume_id": bytes(8)}, revision=9),
        ),
        "of another customer": (
            "binding.other_license",
            vendor.answer(request, home, license_number=vendor.other_number.replace("-", ""), revision=9),
        ),
        "an older revision": ("replay.same_revision", vendor.answer(request, home, revision=1)),
        "of tomorrow": ("clock.future", vendor.answer(request, home, issued=vendor.now + DAY, revision=9)),
        "ended": (
            "license.expired",
            vendor.answer(request, home, lease_until=vendor.now - DAY, grace_days=0, revision=9),
        ),
        "not a document": ("armor.no_block", b"Dear customer, here is your license."),
    }


def changed_trust(vendor: Vendor, root: SoftwareSigner) -> bytes:
    kept, vendor.root = vendor.root, root
    try:
        return bytes(vendor.trust_list())
    finally:
        vendor.root = kept


def test_what_must_not_be_installed_is_refused_with_its_code_and_changes_nothing(site: Site) -> None:
    site.licensed()
    wrong = wrong_documents(site)
    before = site.state()
    for name, (code, document) in wrong.items():
        outcome = site("--json", "import", site.file(document))
        assert (name, outcome.code, outcome.error) == (name, 1, code)
        assert len(outcome.json["error"]["message"]) <= 300
        assert site.state() == before, name
    assert site.json("license")["state"] == "active"


def test_an_older_revision_does_not_come_back(site: Site) -> None:
    first = site.licensed()
    second = site.licensed(limits={"employees": 10})
    before = site.state()
    assert site("--json", "import", site.file(first)).error == "replay.older_revision"
    assert site.state() == before
    assert (site.home / "license.cose").read_bytes() == second


def test_a_lost_license_is_repaired_by_importing_the_latest_response_again(site: Site) -> None:
    first = site.licensed()
    second = site.licensed()
    (site.home / "license.cose").write_bytes(b"\xd2garbage")
    assert site.json("license")["warnings"][0]["code"] == "license.restored"
    site.json("import", site.file(second))
    assert (site.home / "license.cose").read_bytes() == second
    for name in ("license.cose", "license.kept.cose"):
        (site.home / name).unlink()
    assert site("--json", "import", site.file(first)).error == "replay.older_revision"
    assert site.json("import", site.file(second))["state"] == "active"


def test_the_trust_list_only_moves_up(site: Site) -> None:
    site.vendor.trust_number = 5
    site.licensed()
    assert (site.home / "trust.cose").read_bytes() == site.vendor.trust_list()
    site.vendor.trust_number = 3
    site.licensed()
    assert (site.home / "trust.cose").read_bytes() == site.vendor.trust_list(number=5)
    assert site("--json", "import", site.file(site.vendor.trust_list())).error == "trust.older"
    site.vendor.trust_number = 6
    raised = site.json("import", site.file(site.vendor.trust_list()))
    assert raised["changes"] == [{"field": "trust_list", "from": 5, "to": 6}]
    assert site.json("import", site.file(site.vendor.trust_list()))["already_installed"] is True


def test_a_fast_forwarded_license_of_a_stolen_key_is_recovered_by_a_list_that_revokes_it(site: Site) -> None:
    site.licensed(revision=(1 << 53) - 1)
    _, request = site.request()
    site.vendor.revision = 4
    assert site("--json", "import", site.file(site.vendor.answer(request, site.home))).error == "replay.older_revision"
    site.vendor.next_key(bytes([4]) * 32)
    site.json("import", site.file(site.vendor.trust_list()))
    assert "key.revoked" in [each["code"] for each in site.json("license")["warnings"]]
    done = site.json("import", site.file(site.vendor.answer(request, site.home)))
    assert (done["revision"], done["state"]) == (6, "active")
    assert site.json("license")["warnings"] == []


def test_the_list_that_revokes_the_stolen_key_may_come_inside_the_response(site: Site) -> None:
    site.licensed(revision=(1 << 53) - 1)
    site.vendor.next_key(bytes([4]) * 32)
    site.vendor.revision = 4
    site.licensed()
    assert site.json("license")["revision"] == 5


def test_twenty_imports_at_once_change_the_state_once(site: Site, spawn: Run) -> None:
    _, request = site.request()
    file = site.file(site.vendor.answer(request, site.home))
    with ThreadPoolExecutor(20) as pool:
        outcomes = list(pool.map(lambda _: spawn("--json", "import", file, "--home", site.home), range(20)))
    assert [outcome.code for outcome in outcomes] == [0] * 20
    assert sum(not outcome.json["already_installed"] for outcome in outcomes) == 1
    installed = [each for each in site.json("history")["history"] if each["event"] == "license.installed"]
    assert len(installed) == 1


def test_a_second_import_waits_for_the_first(site: Site, spawn: Run) -> None:
    _, request = site.request()
    file = site.file(site.vendor.answer(request, site.home))
    holder = subprocess.Popen(
        [sys.executable, "-c", LOCK_HOLDER, site.home / "lock"], stdout=subprocess.PIPE, stdin=subprocess.PIPE
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    with ThreadPoolExecutor(1) as pool:
        importing = pool.submit(spawn, "--json", "import", file, "--home", site.home)
        time.sleep(1)
        assert not importing.done()
        assert not (site.home / "license.cose").exists()
        with pytest.raises(Trouble) as refused, lock.held(site.home / "lock", patience=0.1):
            pass
        assert refused.value.code == "site.locked"
        holder.communicate(b"\n")
        assert importing.result().code == 0


LOCK_HOLDER = """
import fcntl, sys
with open(sys.argv[1], "a") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_what_is_installed_is_what_was_verified_while_the_file_changes_all_the_time(site: Site) -> None:
    _, request = site.request()
    good = site.vendor.answer(request, site.home)
    bad = seal_license(
        changed(read(good), limits={"employees": 9_999_999}, revision=7), SoftwareSigner(bytes([9]) * 32)
    )
    swapped = site.work / "swapped.alic"
    swapped.write_bytes(good)
    swapper = subprocess.Popen([sys.executable, "-c", SWAPPER, swapped, good.hex(), bad.hex()])
    try:
        codes = set()
        for _ in range(40):
            outcome = site("--json", "import", swapped)
            codes.add("installed" if outcome.code == 0 else outcome.error)
    finally:
        swapper.kill()
        swapper.wait()
    assert codes <= {"installed", "key.unknown", "signature.invalid"}
    if (site.home / "license.cose").exists():
        assert (site.home / "license.cose").read_bytes() == good


SWAPPER = """
import os, sys
path, *documents = sys.argv[1:]
while True:
    for document in documents:
        with open(path + ".next", "wb") as file:
            file.write(bytes.fromhex(document))
        os.replace(path + ".next", path)
"""


def read(document: bytes) -> LicenseDocument:
    return read_license(open_envelope(document))


def test_no_command_opens_a_socket(site: Site) -> None:
    _, request = site.request()
    file = site.file(site.vendor.answer(request, site.home))
    commands = [
        ["tech-info"],
        ["request", "-o", "n.areq", "--qr", "n.png", "--sheet", "n.html"],
        ["pending"],
        ["inspect", str(file)],
        ["import", str(file)],
        ["license"],
        ["check"],
        ["doctor"],
        ["history"],
    ]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_SOCKETS, json.dumps(commands), site.home],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=site.work,
    )
    assert done.returncode == 0, done.stderr
    assert load_license("infinitime", home=site.home).state == "active"


WITHOUT_SOCKETS = """
import json, sys
def watch(event, arguments):
    if event.startswith("socket."):
        sys.stderr.write(f"{event} {arguments}")
        import os
        os._exit(99)
sys.addaudithook(watch)
from offline_activation.cli import manners
from offline_activation.cli.site import program
for command in json.loads(sys.argv[1]):
    code = manners.run(program(), [*command, "--home", sys.argv[2]])
    if code:
        sys.exit(f"{command} {code}")
"""


def test_an_input_that_is_no_file_is_refused_quickly(site: Site) -> None:
    pipe = site.work / "pipe"
    os.mkfifo(pipe)
    huge = site.work / "huge"
    with huge.open("wb") as file:
        file.truncate(1 << 40)
    begun = time.monotonic()
    for name, code, exit_code in (
        (pipe, "io.not_a_file", 3),
        (Path("/dev/zero"), "io.not_a_file", 3),
        (site.work, "io.not_a_file", 3),
        (huge, "limit.too_large", 1),
        (site.work / "none", "io.not_found", 3),
    ):
        outcome = site("--json", "import", name)
        assert (outcome.code, outcome.error) == (exit_code, code)
    assert time.monotonic() - begun < 2


# -- what else the administrator is told ------------------------------------------------------------------------------


def test_a_rebind_says_that_the_disk_is_the_new_one_and_the_emergency_over(site: Site) -> None:
    sealed = Policy(emergency_days=7)
    site.on_another_machine(policy=sealed)
    site.json("emergency")
    file = site.file(site.vendor.answer(site.ask("rebind"), site.home, policy=sealed))
    assert "would end" in " ".join(site.json("import", file, "--dry-run")["notes"])
    done = site.json("import", file)
    assert "volume_id" in [each["field"] for each in done["changes"]]
    assert [note.split(" (")[0] for note in done["notes"]] == [
        "The license is now bound to the disk that is here now",
        "The emergency license that was opened here has ended.",
    ]
    assert site.json("import", file)["notes"] == []


def test_after_an_opening_it_is_said_that_there_is_no_emergency_license_for_a_year(site: Site) -> None:
    site.on_another_machine(policy=Policy(emergency_days=7))
    site.json("emergency")
    said = site("import", site.file(site.vendor.answer(site.ask("request"), site.home))).out
    assert "holds no emergency license: for 365 days after an opening" in said
    assert site.json("import", site.file(site.vendor.answer(site.ask("request"), site.home)))["notes"] == []


def test_what_cannot_be_imported_is_answered_with_what_can(site: Site) -> None:
    _, request = site.request()
    for document, kind, where in ((site.vendor.product(), "product", "init"), (request, "request", "send to")):
        error = site("--json", "import", site.file(document)).json["error"]
        assert error["code"] == "profile.kind"
        expected = f"This is a {kind}, but a license, refusal, receipt or trust list is needed here."
        assert (error["message"], where in error["remedy"]) == (expected, True)


def test_the_previous_license_is_not_needed_while_the_present_one_is_good(site: Site) -> None:
    site.on_another_machine()
    site.json("import", site.file(site.vendor.answer(site.ask("rebind"), site.home)))
    error = site("--json", "import", "--previous").json["error"]
    assert error["code"] == "license.wrong_machine"
    assert error["remedy"] == "Nothing to do: the license in force is good and stays."
