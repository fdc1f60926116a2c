from typing import Any

import pytest

from offline_activation.errors import Refusal
from offline_activation.formats.keys import PublicKey, SoftwareSigner, key_id
from offline_activation.formats.names import ProductId
from offline_activation.formats.trust_list import Use, receive_trust_list, seal_trust_list
from offline_activation.vendor.keyring import find_key, issuing_key, trust_list
from offline_activation.vendor.records import KeyRecord, Vendor

ROOT = SoftwareSigner(bytes([1]) * 32)
PRODUCT = ProductId("infinitime")
BOTH = Use.LICENSE | Use.REFUSAL


def key(seed: int, **other: Any) -> KeyRecord:  # noqa: ANN401 - any field of a record
    public: PublicKey = SoftwareSigner(bytes([seed]) * 32).public_key
    given: dict[str, Any] = {
        "key_id": key_id(public),
        "role": "issuing",
        "public_key": public,
        "not_before": 100,
        "not_after": 200,
        "uses": BOTH,
        "products": None,
        "location": "x",
    }
    return KeyRecord(**(given | other))


def test_the_newest_key_that_fits_signs() -> None:
    keys = [key(1, role="root"), key(3), key(4, not_before=150), key(5, not_before=190)]
    assert issuing_key(keys, product=PRODUCT, use=Use.LICENSE, now=160) == keys[2]


@pytest.mark.parametrize(
    "other",
    [
        {"role": "root"},
        {"state": "revoked"},
        {"state": "retired"},
        {"uses": Use.REFUSAL},
        {"products": (ProductId("other"),)},
        {"not_before": 161},
        {"not_after": 160},
    ],
)
def test_a_key_that_may_not_sign_this_now_is_not_taken(other: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as caught:
        issuing_key([key(3, **other)], product=PRODUCT, use=Use.LICENSE, now=160)
    assert caught.value.code == "key.none"


def test_a_key_of_this_product_signs_for_it() -> None:
    mine = key(3, products=(PRODUCT,))
    assert issuing_key([mine], product=PRODUCT, use=Use.REFUSAL, now=160) == mine
    assert find_key([key(1, role="root"), mine], mine.key_id) == mine
    assert find_key([key(1, role="root")], key(1).key_id) is None


def test_a_trust_list_names_the_keys_that_can_still_be_valid_and_the_revoked_ones() -> None:
    vendor = Vendor(name="V", root=ROOT.public_key, created=1)
    keys = [key(1, role="root"), key(3, not_after=150), key(4), key(5, state="retired"), key(6, state="revoked")]
    content = trust_list(vendor, keys, number=7, now=160)
    assert {entry.key for entry in content.keys} == {keys[2].public_key, keys[3].public_key}
    assert content.revoked == (keys[4].key_id,)
    assert receive_trust_list(seal_trust_list(content, ROOT), ROOT.public_key) == content
