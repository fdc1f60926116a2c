"""The one hash of the format."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from offline_activation.formats.digest import sha256


@given(st.binary(max_size=300))
def test_it_is_the_sha_256_of_the_standard_library(data: bytes) -> None:
    assert sha256(data) == hashlib.sha256(data).digest()
