"""The vectors: the files are what the generator writes, and our reader says what each file states."""

import json
import re
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from offline_activation.errors import CATALOG, Refusal
from offline_activation.formats.armor import unarmor
from offline_activation.formats.cbor import decode, encode
from offline_activation.formats.content import FIELD_NAMES
from offline_activation.formats.envelope import Envelope, Kind, check_signature, expect, open_envelope
from offline_activation.formats.frames import join
from offline_activation.formats.keys import PublicKey
from offline_activation.formats.license_document import read_license
from offline_activation.formats.product import receive_product
from offline_activation.formats.receipt import read_receipt
from offline_activation.formats.refusal import read_refusal
from offline_activation.formats.request import receive_request
from offline_activation.formats.root_certificate import read_root_certificate
from offline_activation.formats.trust_list import receive_trust_list
from offline_activation.verify.trust import pinned_trust, signing_key

FOLDER = Path(__file__).parent.parent.parent / "samples" / "vectors"
NAMES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("*/*.txt"))


def parsed(name: str) -> dict[str, str]:
    """Read a vector as samples/vectors/README.md describes it, without the generator's help."""
    found: dict[str, str] = {}
    section = ""
    for line in (FOLDER / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("  "):
            found[section] += line[2:] + "\n"
        elif not line.startswith("#"):
            section, _, value = line.partition(":")
            found[section] = value.strip()
    return found


def strings(block: str) -> list[str]:
    return [json.loads(line) for line in block.splitlines()]


def signed_by(envelope: Envelope, key: bytes) -> None:
    check_signature(envelope, PublicKey(key))


READERS = {
    Kind.LICENSE: read_license,
    Kind.REFUSAL: read_refusal,
    Kind.RECEIPT: read_receipt,
    Kind.ROOT: read_root_certificate,
}


def receive(kind: Kind, document: bytes, key: bytes, root: bytes) -> object:
    if kind is Kind.REQUEST:
        return receive_request(document).content
    if kind is Kind.PRODUCT:
        return receive_product(document)
    if kind is Kind.TRUST:
        return receive_trust_list(document, PublicKey(root or key))
    envelope = open_envelope(document)
    expect(envelope, kind)
    content = READERS[kind](envelope)
    signed_by(envelope, key)
    if root:
        trust = pinned_trust(PublicKey(root), content.trust)
        assert signing_key(trust, envelope, content.product, content.issued).key == key
    return content


def read(vector: dict[str, str]) -> object:
    if vector["input"] == "text":
        return unarmor("".join(strings(vector["text"])), source="the vector").document
    if vector["input"] == "qr":
        return join(strings(vector["codes"]))
    data = bytes.fromhex(vector["bytes"])
    if vector["input"] == "cbor":
        return decode(data)
    key, root = (bytes.fromhex(vector.get(name, "")) for name in ("key", "root"))
    return receive(Kind(vector["kind"]), data, key, root)


def test_the_files_are_exactly_what_the_generator_writes(generator: ModuleType) -> None:
    expected = generator.files()
    assert sorted(expected) == NAMES
    different = [name for name, text in expected.items() if (FOLDER / name).read_text(encoding="utf-8") != text]
    assert different == [], "run: python tests/vectors/generate.py"


def test_there_are_good_and_bad_ones_of_every_kind_and_layer() -> None:
    vectors = [parsed(name) for name in NAMES]
    good = [vector for vector in vectors if vector["expect"] == "accept"]
    bad = [vector for vector in vectors if vector["expect"] != "accept"]
    assert len(good) >= 44
    assert len(bad) >= 231
    for group in (good, bad):
        assert {vector.get("kind") for vector in group} >= {kind.value for kind in Kind}
    assert set(Counter(vector["layer"] for vector in bad)) == {
        "cbor", "envelope", "key", "signature", "profile", "armor", "qr",
    }  # fmt: skip
    assert {vector["expect"] for vector in bad} <= set(CATALOG)


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("good/")])
def test_a_good_vector_is_accepted_with_what_it_states(generator: ModuleType, name: str) -> None:
    vector = parsed(name)
    assert vector["expect"] == "accept"
    found = read(vector)
    if vector["input"] == "cbor":
        assert encode(found).hex() == re.sub(r"\s", "", vector["bytes"])
        assert generator.render.__globals__["diagnostic"](found) == vector["diagnostic"]
    elif vector["input"] == "document":
        assert generator.render.__globals__["plain"](found) == json.loads(vector["fields"])
    else:
        assert found == bytes.fromhex(vector["bytes"])


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("bad/")])
def test_a_bad_vector_is_refused_with_its_code(name: str) -> None:
    vector = parsed(name)
    with pytest.raises(Refusal) as caught:
        read(vector)
    assert caught.value.code == vector["expect"]


def test_the_worked_bytes_of_the_document_are_those_of_the_generator(generator: ModuleType) -> None:
    text = generator.DOCUMENT.read_text(encoding="utf-8")
    assert generator.with_worked_bytes(text) == text, "run: python tests/vectors/generate.py"


def test_the_seeds_of_the_test_keys_are_nobodys_secret(generator: ModuleType) -> None:
    world = Path(generator.__file__).with_name("vector_world.py").read_text(encoding="utf-8")
    assert "TEST KEYS" in world


def test_the_sizes_in_the_document_are_those_of_the_vectors(generator: ModuleType) -> None:
    section = generator.DOCUMENT.read_text(encoding="utf-8").partition("## 13. Sizes")[2].partition("## 14")[0]
    stated = re.findall(r"^\| `([a-z0-9-]+)` \|.*\| ([0-9,]+) \|$", section, re.MULTILINE)
    assert len(stated) >= 16
    sizes = {name: len(bytes.fromhex(re.sub(r"\s", "", parsed(f"good/{name}.txt")["bytes"]))) for name, _ in stated}
    assert [(name, f"{size:,}") for name, size in sizes.items()] == stated
    in_one_code = {"request-full", "request-emergency", "request-small", "license-full", "license-usual", "receipt"}
    assert {name: sizes[name] for name in in_one_code if sizes[name] > 640} == {}


def test_every_code_that_the_document_names_is_in_the_catalog(generator: ModuleType) -> None:
    named = re.findall(
        r"`((?:armor|encoding|frames|key|limit|profile|signature)\.[a-z_]+)`", generator.DOCUMENT.read_text()
    )
    assert len(set(named)) > 20
    assert set(named) <= set(CATALOG)


@pytest.mark.parametrize("kind", Kind)
def test_the_cddl_of_the_document_has_exactly_the_fields_of_the_readers(generator: ModuleType, kind: Kind) -> None:
    text = generator.DOCUMENT.read_text(encoding="utf-8")
    rule = re.search(rf"^{kind}-payload = \{{$(.*?)^\}}$", text, re.MULTILINE | re.DOTALL)
    assert rule is not None
    assert sorted(map(int, re.findall(r"^  \??\s*([0-9]+):", rule[1], re.MULTILINE))) == sorted(FIELD_NAMES[kind])
