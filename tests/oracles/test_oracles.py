"""Two readers by other people agree on our signatures: cwt (Python) and Node's crypto with a CBOR library."""

import json
import subprocess
from pathlib import Path

import cbor2
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
ORACLES = ROOT / ".oracles"
PYTHON = ORACLES / "cwt" / "bin" / "python"
COMMANDS = {
    "cwt": [str(PYTHON), str(HERE / "cwt_oracle.py")],
    "node": ["node", str(HERE / "node_oracle.mjs"), str(ORACLES / "node")],
}
SIGNATURE_ERRORS = {"cwt": "VerifyError: Failed to verify.", "node": "Error: the signature does not match"}
LOCKS = {"cwt": "cwt.lock", "node": "package-lock.json"}
KEY_FIELD = {"request": 6, "product": 5}
KINDS = {"request", "license", "refusal", "receipt", "trust", "root", "product"}


def vector(path: Path) -> dict[str, str]:
    """Read one file of samples/vectors as its README.md says."""
    found: dict[str, str] = {}
    section = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("  "):
            found[section] += line.strip()
        elif not line.startswith("#"):
            section, _, value = line.partition(":")
            found[section] = value.strip()
    return found


def documents(folder: str, layer: str = "") -> dict[str, dict[str, str]]:
    paths = sorted((ROOT / "samples" / "vectors" / folder).glob("*.txt"))
    found = {path.stem: vector(path) for path in paths}
    return {
        name: {"document": each["bytes"], "kind": each["kind"], "key": each.get("key", "")}
        for name, each in found.items()
        if each["input"] == "document" and layer in {"", each["layer"]}
    }


def carried(good: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Return the documents inside documents: returns in transfers, and root certificates, each under the key before."""
    found: dict[str, dict[str, str]] = {}
    for name, case in good.items():
        payload = cbor2.loads(payload_of(bytes.fromhex(case["document"])))
        if case["kind"] == "request" and 19 in payload:
            found[f"{name}, proof"] = {"document": payload[19].hex(), "kind": "request", "key": ""}
        key = good["root"]["key"]  # the first root key
        for number, certificate in enumerate(payload.get(7, ()) if case["kind"] == "trust" else (), 2):
            found[f"{name}, root {number}"] = {"document": certificate.hex(), "kind": "root", "key": key}
            key = cbor2.loads(payload_of(certificate))[3].hex()
        if key != good["root"]["key"]:
            assert case["key"] == key, f"{name} is not signed by the last of its root keys"
    return found


def payload_of(document: bytes) -> bytes:
    return bytes(cbor2.loads(document).value[2])


GOOD = documents("good")
CARRIED = carried(GOOD)
FORGED = documents("bad", "signature")


def with_flipped_payload(case: dict[str, str], bit: int) -> dict[str, str]:
    """Flip a bit in the last byte of the payload; the key is said, because nobody can read it from a broken payload."""
    document = bytearray.fromhex(case["document"])
    payload = payload_of(bytes(document))
    document[document.index(payload) + len(payload) - 1] ^= 1 << bit
    key = case["key"] or cbor2.loads(payload)[KEY_FIELD[case["kind"]]].hex()
    return {"document": document.hex(), "kind": case["kind"], "key": key}


def asked(oracle: str, cases: list[dict[str, str]]) -> list[dict[str, object]]:
    ready = ORACLES / oracle / "ready.lock"
    assert ready.is_file(), f"the oracle {oracle} is not installed: run make setup"
    assert ready.read_bytes() == (HERE / LOCKS[oracle]).read_bytes(), f"the oracle {oracle} is outdated: run make setup"
    done = subprocess.run(COMMANDS[oracle], input=json.dumps(cases), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


@pytest.mark.parametrize("oracle", COMMANDS)
def test_every_good_document_is_verified_by_other_peoples_code(oracle: str) -> None:
    assert len(GOOD) == 29
    assert len(CARRIED) == 35
    cases = GOOD | CARRIED
    assert {case["kind"] for case in cases.values()} == KINDS
    answers = asked(oracle, list(cases.values()))
    wrong = {name: answer for name, answer in zip(cases, answers, strict=True) if not answer["verified"]}
    assert wrong == {}
    payloads = [payload_of(bytes.fromhex(case["document"])).hex() for case in cases.values()]
    assert [answer["payload"] for answer in answers] == payloads


@pytest.mark.parametrize("oracle", COMMANDS)
def test_a_flipped_bit_of_the_payload_fails_there_too(oracle: str) -> None:
    cases = [with_flipped_payload(case, bit) for case in GOOD.values() for bit in range(8)]
    answers = asked(oracle, cases)
    assert {answer["error"] for answer in answers} == {SIGNATURE_ERRORS[oracle]}


@pytest.mark.parametrize("oracle", COMMANDS)
def test_the_forged_vectors_fail_there_too(oracle: str) -> None:
    names = [
        name for name in FORGED if not name.endswith(("-kid", "-roots-bit"))
    ]  # a wrong hint with a right signature, a right signature around a forged certificate: ours to refuse
    assert len(names) >= 10
    answers = asked(oracle, [FORGED[name] for name in names])
    assert [name for name, answer in zip(names, answers, strict=True) if answer["verified"]] == []


@pytest.mark.parametrize("name", GOOD)
def test_cbor2_and_cryptography_alone_verify_what_the_format_says_is_signed(name: str) -> None:
    """A third path without any COSE library: the Sig_structure of RFC 9052 section 4.4 built by cbor2 6."""
    case = GOOD[name]
    tagged = cbor2.loads(bytes.fromhex(case["document"]))
    protected, unprotected, payload, signature = tagged.value
    assert (tagged.tag, dict(unprotected)) == (18, {})
    raw = bytes.fromhex(case["key"]) or cbor2.loads(payload)[KEY_FIELD[case["kind"]]]
    aad = f"offline-activation/1/{case['kind']}".encode()
    key = Ed25519PublicKey.from_public_bytes(raw)
    key.verify(signature, cbor2.dumps(["Signature1", protected, aad, payload]))
    with pytest.raises(InvalidSignature):
        key.verify(signature, cbor2.dumps(["Signature1", protected, b"", payload]))
