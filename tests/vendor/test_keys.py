import os
import shutil
import stat
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as new_ec_key
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from offline_activation.errors import ActivationError, Misuse, Refusal, Trouble
from offline_activation.formats.keys import SoftwareSigner, key_id, signature_is_valid
from offline_activation.formats.trust_list import Use
from offline_activation.vendor.keys import (
    PASSPHRASE_LIMIT,
    KeyFiles,
    new_seed,
    open_signer,
    vanishes,
    write_key_file,
)
from offline_activation.vendor.records import KeyRecord

SEED = bytes(range(32))
PASSPHRASE = "correct horse, Straße".encode()


def record_of(location: str, seed: bytes = SEED) -> KeyRecord:
    public = SoftwareSigner(seed).public_key
    return KeyRecord(
        key_id=key_id(public),
        role="issuing",
        public_key=public,
        not_before=0,
        not_after=1,
        uses=Use.LICENSE,
        products=None,
        location=location,
    )


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def plain(directory: Path) -> Path:
    """Return the path of an unencrypted key file, which opens fast."""
    return directory / write_key_file(str(directory), SEED, None)


@pytest.fixture
def encrypted(directory: Path) -> Path:
    return directory / write_key_file(str(directory), SEED, PASSPHRASE)


def refusal(path: Path, passphrase: bytes | None, seed: bytes = SEED) -> str:
    """Return the code and message with which a key file is refused."""
    with pytest.raises(Refusal) as caught:
        open_signer(str(path.parent), record_of(path.name, seed), passphrase)
    assert PASSPHRASE.decode() not in caught.value.message
    return f"{caught.value.code}: {caught.value.message}"


@pytest.mark.parametrize("passphrase", [None, b"x", PASSPHRASE, b" ", b"\0\xff\n", b"x" * PASSPHRASE_LIMIT])
def test_a_key_file_signs_for_who_knows_the_passphrase(directory: Path, passphrase: bytes | None) -> None:
    location = write_key_file(str(directory), SEED, passphrase)
    signer = open_signer(str(directory), record_of(location), passphrase)
    assert signature_is_valid(signer.public_key, signer.sign(b"message"), b"message")
    assert signer.sign(b"message") == SoftwareSigner(SEED).sign(b"message")


def test_a_key_file_is_private_named_by_its_key_and_never_replaced(encrypted: Path) -> None:
    assert stat.S_IMODE(encrypted.stat().st_mode) == 0o600
    assert stat.S_IMODE(encrypted.parent.stat().st_mode) == 0o700
    assert encrypted.name == f"{key_id(SoftwareSigner(SEED).public_key).hex()}.pem"
    before = encrypted.read_bytes()
    assert SEED not in before
    with pytest.raises(Trouble) as caught:
        write_key_file(str(encrypted.parent), SEED, b"other")
    assert caught.value.code == "io.exists"
    assert encrypted.read_bytes() == before
    assert [entry.name for entry in encrypted.parent.iterdir()] == [encrypted.name]


def test_salt_and_vector_come_from_the_randomness_given(tmp_path: Path) -> None:
    def written(name: str, randomness: Callable[[int], bytes]) -> bytes:
        location = write_key_file(str(tmp_path / name), SEED, PASSPHRASE, randomness=randomness)
        return (tmp_path / name / location).read_bytes()

    assert written("a", bytes) == written("b", bytes)
    assert written("c", os.urandom) != written("d", os.urandom)


def test_openssl_opens_the_file_with_the_same_passphrase(encrypted: Path) -> None:
    openssl = shutil.which("openssl")
    assert openssl, "these tests need the program openssl"
    parameters = subprocess.run([openssl, "asn1parse", "-in", str(encrypted)], capture_output=True, check=True).stdout
    assert b"PBES2" in parameters
    assert b"scrypt" in parameters
    assert b"aes-256-cbc" in parameters
    command = [openssl, "pkey", "-in", str(encrypted), "-passin", "stdin", "-pubout", "-outform", "DER"]
    der = subprocess.run(command, input=PASSPHRASE, capture_output=True, check=True).stdout
    assert der.endswith(SoftwareSigner(SEED).public_key)


def test_a_file_that_openssl_or_another_version_encrypted_is_opened(plain: Path) -> None:
    private = Ed25519PrivateKey.from_private_bytes(SEED)
    encryption = BestAvailableEncryption(PASSPHRASE)
    plain.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    assert open_signer(str(plain.parent), record_of(plain.name), PASSPHRASE).sign(b"") == private.sign(b"")


def test_guessing_a_passphrase_costs_time(encrypted: Path) -> None:
    begun = time.process_time()
    refusal(encrypted, b"guess")
    assert time.process_time() - begun > 0.02


@pytest.mark.parametrize("passphrase", [None, b"", b"wrong", PASSPHRASE + b"\n", b"x" * 5000])
def test_a_wrong_empty_or_missing_passphrase_is_refused(encrypted: Path, passphrase: bytes | None) -> None:
    assert refusal(encrypted, passphrase).startswith("key.passphrase: ")


@pytest.mark.parametrize("passphrase", [b"", b"x" * (PASSPHRASE_LIMIT + 1)])
def test_no_key_is_written_under_an_empty_or_endless_passphrase(directory: Path, passphrase: bytes) -> None:
    with pytest.raises(Misuse) as caught:
        write_key_file(str(directory), SEED, passphrase)
    assert caught.value.code == "usage.invalid"
    assert not directory.exists()


def test_a_file_whose_encryption_was_taken_off_is_refused(plain: Path) -> None:
    assert "it is not encrypted although there is a passphrase" in refusal(plain, PASSPHRASE)
    assert refusal(plain, b"").startswith("key.passphrase")


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o602, 0o610, 0o601, 0o777])
def test_a_file_that_others_may_touch_is_refused(plain: Path, mode: int) -> None:
    plain.chmod(mode)
    assert f"key.file: The key file {plain}"[:40] in refusal(plain, None)
    assert f"others may read it (mode {mode:04o})" in refusal(plain, None)
    plain.chmod(0o400)
    open_signer(str(plain.parent), record_of(plain.name), None)


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o1777, 0o720])
def test_a_directory_in_which_others_may_write_is_refused(plain: Path, mode: int) -> None:
    plain.parent.chmod(mode)
    assert "others may replace it" in refusal(plain, None)
    with pytest.raises(Refusal) as caught:
        write_key_file(str(plain.parent), bytes([7]) * 31 + b"8", None)
    assert caught.value.code == "key.file"


@pytest.mark.parametrize("what", ["file", "directory"])
def test_a_file_or_directory_of_another_owner_is_refused(plain: Path, what: str) -> None:
    assert os.geteuid() == 0, "only root can give a file away; run this test as root"
    os.chown(plain if what == "file" else plain.parent, 65534, -1)
    assert "belongs to another user (65534)" in refusal(plain, None)


def test_a_link_is_refused_wherever_it_leads(plain: Path) -> None:
    link = plain.with_name("link.pem")
    link.symlink_to(plain.name)
    assert "it is a symbolic link" in refusal(link, None)
    loose = plain.with_name("loose.pem")
    loose.symlink_to("nowhere")
    assert "it is a symbolic link" in refusal(loose, None)


def test_what_is_no_file_of_this_directory_is_refused(plain: Path) -> None:
    for name, sentence in (
        ("../" + plain.name, "out of the directory"),
        (str(plain), "out of the directory"),
        ("", "out of the directory"),
        ("..", "regular file"),
        ("missing.pem", "does not exist"),
        ("nul\0.pem", "cannot be read"),
    ):
        with pytest.raises(Refusal) as caught:
            open_signer(str(plain.parent), record_of(name), None)
        assert caught.value.code == "key.file"
        assert sentence in caught.value.message
    os.mkfifo(plain.with_name("pipe"), 0o600)
    assert "not a regular file" in refusal(plain.with_name("pipe"), None)
    assert "does not exist" in refusal(plain.parent / "no" / "directory.pem", None)


def test_another_key_than_the_one_recorded_is_refused(plain: Path) -> None:
    assert "it holds another key" in refusal(plain, None, seed=bytes([9]) * 32)


PEMS = {
    "another curve": Ed448PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    "an EC key": new_ec_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    "a public key": Ed25519PrivateKey.from_private_bytes(SEED)
    .public_key()
    .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    "nothing": b"",
    "text": b"hello\n",
    "half a key": b"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2Vw\n-----END PRIVATE KEY-----\n",
    "a header": b"-----BEGIN PRIVATE KEY-----\n",
    "too much": b"x" * 20_000,
    "bytes": bytes(range(256)) * 4,
}


@pytest.mark.parametrize("what", PEMS)
def test_what_is_no_ed25519_private_key_is_refused(plain: Path, what: str) -> None:
    plain.write_bytes(PEMS[what])
    assert refusal(plain, None).startswith("key.file: ")


def test_damage_anywhere_in_an_encrypted_file_is_refused_and_nothing_else(encrypted: Path) -> None:
    whole = encrypted.read_bytes()
    for at in range(0, len(whole), 13):
        encrypted.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
        with pytest.raises(ActivationError) as caught:
            open_signer(str(encrypted.parent), record_of(encrypted.name), PASSPHRASE)
        assert caught.value.code in {"key.file", "key.passphrase"}


def test_a_key_is_opened_once_and_then_kept(encrypted: Path) -> None:
    keys = KeyFiles(str(encrypted.parent), PASSPHRASE)
    signer = keys.signer(record_of(encrypted.name))
    encrypted.unlink()
    assert keys.signer(replace(record_of(encrypted.name), state="retired")) is signer


def test_a_seed_comes_from_the_randomness_given() -> None:
    assert new_seed(lambda size: bytes(range(size))) == SEED
    for broken in (lambda _: b"short", bytes, lambda size: b"\xff" * size):
        with pytest.raises(ValueError, match="randomness"):
            new_seed(broken)


def test_a_directory_in_memory_is_told_from_one_on_a_disk(tmp_path: Path) -> None:
    assert vanishes("/dev/shm")  # noqa: S108 - a directory in memory on every Linux
    assert not vanishes(str(tmp_path / "missing"))


def test_a_directory_that_cannot_be_made_is_trouble(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for directory in (tmp_path / "file" / "keys", tmp_path / "no" / "keys"):
        with pytest.raises(Trouble) as caught:
            write_key_file(str(directory), SEED, None)
        assert caught.value.code == "io.unwritable"
