"""The drills of docs/runbooks, command by command as they stand there, in a world of one vendor and two sites."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from offline_activation.formats.envelope import open_envelope
from offline_activation.formats.keys import SoftwareSigner
from offline_activation.formats.license_document import read_license, seal_license
from offline_activation.formats.request import receive_request
from offline_activation.formats.root_certificate import RootCertificate, seal_root_certificate
from offline_activation.formats.trust_list import TrustList, read_trust_list, seal_trust_list
from offline_activation.formats.value import changed

World = Any
RUNBOOKS = Path(__file__).parents[2] / "docs" / "runbooks"
SITES = ("site", "other")


def steps_of(name: str) -> list[list[str]]:
    """Return the commands of each ``sh`` block, in order."""
    text = (RUNBOOKS / name).read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [[line for line in block.splitlines() if line] for block in blocks]


def run(world: World, line: str, names: dict[str, str], home: str = "site") -> Any:  # noqa: ANN401 - a result of World
    """Run one line of a runbook as a shell would."""
    filled = re.sub(r"\$([A-Z]+)", lambda found: names[found[1]], line)
    program, *arguments = shlex.split(filled)
    assert program in {"activation-vendor", "activation-site"}, line
    return world.run(program.removeprefix("activation-"), *arguments, home=home)


def of_its_own(line: str, home: str) -> str:
    """Return a line in which the files that one site makes bear its name, as in the vendor's inbox."""
    return line.replace("renew.", f"renew-{home}.")


@pytest.fixture
def two_sites(licensed: World) -> World:
    number = licensed.order("--set", "employees=6")
    licensed.site("init", "infinitime.product", home="other")
    licensed.first_request("other.areq", home="other", number=number)
    licensed.vendor("sign", "other.areq", "-o", "other.alic")
    licensed.site("import", "other.alic", home="other")
    return licensed


def states(world: World) -> list[tuple[str, list[str]]]:
    found = [world.site("license", "--json", home=home).json for home in SITES]
    return [(each["state"], [warning["code"] for warning in each["warnings"]]) for each in found]


def test_the_drill_for_a_leaked_issuing_key_is_true_word_for_word(two_sites: World) -> None:
    world = two_sites
    listed = world.vendor("keys", "list", "--json").json["keys"]
    (leaked,) = [key["key_id"] for key in listed if key["role"] == "issuing"]
    names = {"KEY": leaked, "PRODUCT": "infinitime"}
    forged = world.armored("forged.alic", world.resigned_license("first.alic", revision=1 << 40), "LICENSE")
    look, revoke, write, tell, answer, install, left = steps_of("key-compromise.md")
    ran = [run(world, line, names) for line in look]
    assert len(re.findall(r"^[0-9A-Z]{5}-", ran[-1].out, re.MULTILINE)) == len(SITES)
    before = [world.site("import", "--dry-run", forged, "--json", code=None).json]
    assert before[0]["error"]["code"] == "binding.other_request", "the key is believed, only the request is answered"
    for line in (*revoke, *write):
        run(world, line, names)
    assert states(world) == [("active", []), ("active", [])], "nobody stands still, nobody knows yet"
    for home in SITES:
        ran = [run(world, of_its_own(line, home), names, home) for line in tell]
        assert "key.revoked" in ran[1].out + ran[1].err
    assert states(world) == [("active", ["key.revoked"]), ("active", ["key.revoked"])]
    world.refuses("site", "import", forged, said="key.revoked")
    for home in SITES:
        for line in answer:
            run(world, of_its_own(line, home), names)
        for line in install:
            run(world, of_its_own(line, home), names, home)
    assert states(world) == [("active", []), ("active", [])]
    assert "There is no such license." in run(world, *left, names).out
    assert world.vendor("doctor", "--json").json["healthy"] is True


def test_the_next_root_key_is_made_as_the_runbook_says(two_sites: World) -> None:
    world = two_sites
    look, make, write, follow, install = steps_of("root-rotation.md")
    old = world.vendor("keys", "list", "--json").json["keys"][0]
    names = {"PRODUCT": "infinitime"}
    for line in (*look, *make, *write):
        run(world, line, names)
    assert states(world) == [("active", []), ("active", [])], "nobody follows yet, and nobody has to"
    for home in SITES:
        ran = [run(world, line, names, home) for line in follow]
        assert "signed by root key 2" in ran[-1].out
    assert states(world) == [("active", []), ("active", [])]
    assert [run(world, line, names).code for line in install] == [0]
    world.site("init", "infinitime.product", home="new")
    world.first_request("new.areq", home="new", number=world.order("--set", "employees=6"))
    for home in (*SITES, "new"):
        if home != "new":
            world.request(f"{home}-next.areq", "--purpose", "renew", home=home)
        request = "new.areq" if home == "new" else f"{home}-next.areq"
        world.vendor("sign", request, "-o", f"{home}-next.alic")
        assert world.site("import", f"{home}-next.alic", "--json", home=home).json["state"] == "active"
    (world.vendor_home / "keys" / old["file"]).unlink()
    assert world.vendor("doctor", "--json").json["healthy"] is True


@pytest.mark.parametrize("reached", ["before the thief", "after the thief", "after his license is in"])
def test_the_drill_for_a_leaked_root_key_is_true_word_for_word(two_sites: World, reached: str) -> None:
    world = two_sites
    listed = world.vendor("keys", "list", "--json").json["keys"]
    leaked = {key["role"]: key for key in listed}
    names = {"ROOT": leaked["root"]["key_id"], "KEY": leaked["issuing"]["key_id"], "PRODUCT": "infinitime"}
    thief = Thief(world, leaked["root"])
    look, revoke, write, tell, answer, install, left = steps_of("root-compromise.md")
    for line in look:
        run(world, line, names)
    has_forged = reached == "after his license is in"
    if reached != "before the thief":
        thief.visits(SITES, with_license=has_forged)
    for line in (*revoke, *write):
        run(world, line, names)
    assert [state for state, _ in states(world)] == ["active", "active"], "nobody stands still, nobody knows yet"
    for home in SITES:
        ran = [run(world, of_its_own(line, home), names, home) for line in tell]
        assert "key.revoked" in ran[1].out + ran[1].err
    assert states(world) == [("active", ["key.revoked"]), ("active", ["key.revoked"])]
    thief.is_refused("site", request="renew-site.areq", like="first.alic")
    thief.is_refused("other", request="renew-other.areq", like="other.alic")
    for home in SITES:
        review, sign = (of_its_own(line, home) for line in answer)
        run(world, review, names)
        if home == "site" and has_forged:
            waiting = world.vendor(*sign.split()[1:], "--json", code=4).json["results"]
            world.vendor("approve", waiting[0]["reference"], "--as", "maria", "-o", "renew-site.alic")
        else:
            run(world, sign, names)
        for line in install:
            run(world, of_its_own(line, home), names, home)
    assert states(world) == [("active", []), ("active", [])]
    ran = [run(world, line, names) for line in left]
    assert "There is no such license." in ran[0].out
    assert f"destroy {leaked['root']['file']}" in ran[1].out
    assert world.vendor("doctor", "--json").json["healthy"] is True


def test_licenses_in_the_ledger_before_the_leak_of_the_root_key_stay_good(two_sites: World) -> None:
    """Where the issuing key was elsewhere nothing needs to be renewed; a response on its way is still imported."""
    world = two_sites
    world.request("late.areq", "--purpose", "renew")
    world.vendor("sign", "late.areq", "-o", "late.alic")
    (root,) = [key["key_id"] for key in world.vendor("keys", "list", "--json").json["keys"] if key["role"] == "root"]
    world.vendor("keys", "rotate", "--root")
    world.vendor("keys", "revoke", root, "--rotate")
    world.vendor("trust", "export", "-o", "vendor.trust")
    for home in SITES:
        world.site("import", "vendor.trust", home=home)
    assert states(world) == [("active", []), ("active", [])]
    assert world.site("import", "late.alic", "--json").json["revision"] == 2
    (world.site_home / "trust.cose").unlink()
    assert world.ask()["state"] == "active"
    assert states(world) == [("active", []), ("active", [])]


class Thief:
    """Whoever has the file of the first root key."""

    def __init__(self, world: World, root: dict[str, str]) -> None:
        self.world = world
        private = load_pem_private_key((world.vendor_home / "keys" / root["file"]).read_bytes(), None)
        assert isinstance(private, Ed25519PrivateKey)
        self.root = SoftwareSigner(private.private_bytes_raw())
        self.issuing, self.next = SoftwareSigner(bytes([66]) * 32), SoftwareSigner(bytes([67]) * 32)

    def content(self) -> TrustList:
        genuine = read_license(open_envelope(self.world.document("first.alic"))).trust
        theirs = read_trust_list(open_envelope(genuine))
        own = changed(theirs.keys[0], key=self.issuing.public_key)
        return changed(theirs, number=10**9, keys=(*theirs.keys, own))

    def trust_list(self) -> bytes:
        return seal_trust_list(self.content(), self.root)

    def successor(self) -> bytes:
        content = RootCertificate(number=2, key=self.next.public_key, issued=self.content().issued)
        return seal_trust_list(changed(self.content(), roots=(seal_root_certificate(content, self.root),)), self.next)

    def license(self, request: str, like: str) -> bytes:
        """Return a license that answers a request, with the highest revision there is."""
        asked = receive_request(self.world.document(request)).request_id
        honest = read_license(open_envelope(self.world.document(like)))
        forged = changed(honest, trust=self.trust_list(), request_id=asked, revision=(1 << 53) - 1)
        return seal_license(forged, self.issuing)

    def visits(self, homes: tuple[str, ...], *, with_license: bool) -> None:
        """Bring a list to every site, and to the first one a license as well."""
        for home in homes:
            self.world.site("import", self.world.armored("thief.trust", self.trust_list(), "TRUST"), home=home)
        if with_license:
            self.world.request("mine.areq")
            forged = self.license("mine.areq", "first.alic")
            self.world.site("import", self.world.armored("forged.alic", forged, "LICENSE"))

    def is_refused(self, home: str, *, request: str, like: str) -> None:
        """Try everything again at a site that knows better by now."""
        for said, document in (("trust.older", self.trust_list()), ("key.root_mismatch", self.successor())):
            name = self.world.armored("again.trust", document, "TRUST")
            self.world.refuses("site", "import", name, said=said, home=home)
        name = self.world.armored("again.alic", self.license(request, like), "LICENSE")
        self.world.refuses("site", "import", name, said="key.unknown", home=home)


def test_a_site_that_believes_the_thiefs_successor_needs_the_new_product_file(two_sites: World) -> None:
    world = two_sites
    thief = Thief(world, world.vendor("keys", "list", "--json").json["keys"][0])
    world.site("import", world.armored("thief.trust", thief.successor(), "TRUST"))
    world.vendor("keys", "rotate", "--root")
    world.vendor("trust", "export", "-o", "vendor.trust")
    world.refuses("site", "import", "vendor.trust", said="key.root_mismatch")
    assert states(world)[0] == ("active", []), "it works on with what it has"
    world.vendor("product", "export", "infinitime", "-o", "infinitime.product", "--force")
    world.site("init", "infinitime.product", home="new")
    world.first_request("new.areq", "--purpose", "rehost", home="new")
    waiting = world.vendor("sign", "new.areq", "-o", "new.alic", "--json", code=4).json["results"]
    world.vendor("approve", waiting[0]["reference"], "--as", "maria", "-o", "new.alic")
    assert world.site("import", "new.alic", "--json", home="new").json["state"] == "active"


PAGES = sorted(page.name for page in RUNBOOKS.glob("*.md"))


@pytest.mark.parametrize("page", PAGES)
def test_every_command_that_the_text_names_exists(ordered: World, page: str) -> None:
    text = (RUNBOOKS / page).read_text(encoding="utf-8")
    named = set(re.findall(r"`activation-(vendor|site) ([a-z][a-z-]*(?: [a-z][a-z-]*)?)", text))
    assert len(named) >= 2
    for program, words in sorted(named):
        first, *rest = words.split()
        second = rest if first in {"license", "keys", "trust", "audit", "product"} else []
        ordered.run(program, first, *second, "--help")
