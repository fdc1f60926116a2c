"""The site key: made once, private, and the pair of its public half."""

import os
from pathlib import Path

import pytest

from offline_activation.errors import Trouble
from offline_activation.site.directory import StateDirectory, create_directory
from offline_activation.site.site_key import make_site_key, read_site_key


@pytest.fixture
def directory(tmp_path: Path) -> StateDirectory:
    made = create_directory(tmp_path / "home")
    make_site_key(made, os.urandom)
    return made


def test_a_key_is_never_made_twice(directory: StateDirectory) -> None:
    before = read_site_key(directory).public_key
    assert make_site_key(directory, os.urandom).public_key == before
    assert read_site_key(directory).public_key == before


@pytest.mark.parametrize(
    ("name", "content", "mode", "words"),
    [
        ("site_key", b"", 0o600, "has 0 bytes"),
        ("site_key", bytes(33), 0o600, "has 33 bytes"),
        ("site_key", None, 0o600, "missing"),
        ("site_key", bytes(32), 0o600, "not the public half"),
        ("site_key", b"same", 0o644, "others can read it"),
        ("site_key.pub", b"zz", 0o600, "not hexadecimal"),
        ("site_key.pub", None, 0o600, "missing"),
    ],
)
def test_a_key_file_that_is_no_good_is_named_with_the_reason(
    directory: StateDirectory, name: str, content: bytes | None, mode: int, words: str
) -> None:
    copies = (name, "site_key.kept.pub") if name == "site_key.pub" else (name,)
    for path in map(directory.path, copies):
        if content is None:
            path.unlink()
        elif content != b"same":
            path.write_bytes(content)
        if content is not None:
            path.chmod(mode)
    with pytest.raises(Trouble) as refused:
        read_site_key(directory)
    assert refused.value.code == "key.file"
    assert words in refused.value.message


@pytest.mark.parametrize("name", ["site_key.pub", "site_key.kept.pub"])
def test_one_good_copy_of_the_public_half_is_enough_for_a_request(directory: StateDirectory, name: str) -> None:
    whole = read_site_key(directory).public_key
    directory.path(name).write_bytes(b"zz")
    assert read_site_key(directory).public_key == whole
