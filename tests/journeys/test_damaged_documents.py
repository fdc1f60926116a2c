"""Damaged, foreign and replayed documents: each refused with its own code, and nothing changed."""

import random
from typing import Any

import pytest

from offline_activation.formats.envelope import Kind, open_envelope, seal
from offline_activation.formats.keys import PublicKey
from offline_activation.formats.names import DocumentId, LicenseNumber, ProductId
from offline_activation.formats.request import receive_request

World = Any
WEAK_KEY = PublicKey(bytes([1]) + bytes(31))
FORM = {"ENCODING", "PROFILE", "LIMIT"}


def sampled(document: bytes, count: int) -> list[int]:
    return sorted(random.Random(7).sample(range(8 * len(document)), count))  # noqa: S311 - a fixed sample


def flipped(document: bytes, bit: int) -> bytes:
    return document[: bit // 8] + bytes([document[bit // 8] ^ 1 << bit % 8]) + document[bit // 8 + 1 :]


def test_a_request_with_one_wrong_bit_is_never_signed(requested: World) -> None:
    document = requested.document("first.areq")
    names = [requested.file(f"bit{bit}.areq", flipped(document, bit)) for bit in sampled(document, 40)]
    before, entries = requested.state(), requested.audit_entries()
    results = requested.vendor("sign", *names, "-o", requested.work, "--json", code=1).json["results"]
    assert [each["input"] for each in results] == names
    assert {each["outcome"] for each in results} == {"refused"}
    assert all(each["code"] and each["output"] is None and each["remedy"] for each in results)
    assert requested.state() == before
    assert requested.audit_entries() == entries + len(names)


def test_a_license_with_one_wrong_bit_is_never_imported(answered: World) -> None:
    document = answered.document("first.alic")
    before = answered.state()
    seen = set()
    for bit in sampled(document, 40):
        name = answered.file("bit.alic", flipped(document, bit))
        error = answered.site("import", name, "--json", code=1).error
        assert error["remedy"]
        seen.add(error["reason"])
        (answered.work / name).unlink()
        assert answered.state() == before
    assert seen <= {"SIG", "KEY", "ARMOR", *FORM}, seen
    assert "SIG" in seen


@pytest.mark.parametrize("program", ["site", "vendor"])
def test_a_truncated_document_is_called_damaged_and_not_forged(answered: World, program: str) -> None:
    name, command = {"site": ("first.alic", "import"), "vendor": ("first.areq", "sign")}[program]
    document = answered.document(name)
    for length in (2, 40, len(document) // 2, len(document) - 1):
        cut = answered.file("cut", document[:length])
        error = answered.refuses(program, command, cut, said="encoding.truncated").error
        assert error["reason"] == "ENCODING"
    for extra in (1, 16):
        answered.refuses(program, command, answered.file("long", document + bytes(extra)), said="encoding.trailing")


def test_an_empty_file_is_refused(answered: World) -> None:
    answered.refuses("site", "import", answered.file("empty", b""), said="encoding.truncated")
    answered.refuses("vendor", "sign", "empty", said="encoding.truncated")


def test_the_wrong_kind_of_document_is_named(answered: World) -> None:
    for name in ("first.areq", "infinitime.product"):
        error = answered.refuses("site", "import", name, said="profile.kind").error
        assert error["message"].startswith("This is a ")
    for name in ("first.alic", "infinitime.product"):
        answered.refuses("vendor", "sign", name, said="profile.kind")
        answered.refuses("vendor", "review", name, said="profile.kind")
    answered.refuses("site", "init", "first.alic", said="profile.kind", home="new")


def test_a_response_of_another_vendor_is_refused(answered: World, foreign: World) -> None:
    answered.file("foreign.alic", foreign.text("first.alic"))
    error = answered.refuses("site", "import", "foreign.alic", said="key.unknown").error
    assert error["reason"] == "KEY"
    assert answered.site("inspect", "foreign.alic", "--json", code=None).json["verified"] is False


def test_a_license_for_this_request_signed_by_a_foreign_vendor_is_refused(answered: World, foreign: World) -> None:
    ours = open_envelope(answered.document("first.alic"))
    signer = foreign.vendor_signer(foreign.document("first.alic"))
    answered.file("forged.alic", seal(Kind.LICENSE, ours.payload, signer))
    answered.refuses("site", "import", "forged.alic", said="key.unknown")


def test_a_license_signed_by_the_site_itself_is_refused(answered: World) -> None:
    ours = open_envelope(answered.document("first.alic"))
    answered.file("forged.alic", seal(Kind.LICENSE, ours.payload, answered.site_signer()))
    answered.refuses("site", "import", "forged.alic", said="key.unknown")


def test_a_request_of_another_vendors_site_is_refused(answered: World, foreign: World) -> None:
    answered.file("foreign.areq", foreign.text("first.areq"))
    result = answered.vendor("sign", "foreign.areq", "-o", "no.alic", "--json", code=1).json["results"][0]
    assert (result["outcome"], result["code"]) == ("refused", "policy.unknown_license")


def test_a_license_for_another_server_is_refused(answered: World) -> None:
    answered.site("init", "infinitime.product", home="other")
    before = answered.tree(answered.place / "other")
    error = answered.refuses("site", "import", "first.alic", said="license.wrong_machine", home="other").error
    assert error["reason"] == "BINDING"
    assert "site key" in error["message"]
    assert answered.tree(answered.place / "other") == before


def test_a_license_bound_to_another_volume_is_refused(answered: World) -> None:
    marks = {"volume_id": b"8 bytes!", "machine_id": b"8 bytes?"}
    answered.file("moved.alic", answered.resigned_license("first.alic", components=marks))
    error = answered.refuses("site", "import", "moved.alic", said="license.wrong_machine").error
    assert "site key" not in error["message"]


def test_a_license_for_another_request_is_refused(answered: World) -> None:
    answered.file("other.alic", answered.resigned_license("first.alic", request_id=DocumentId(bytes(16))))
    assert answered.refuses("site", "import", "other.alic", said="binding.other_request").error["reason"] == "BINDING"


def test_a_response_to_a_cancelled_request_is_refused(answered: World) -> None:
    reference = answered.site("pending", "--json").json["requests"][0]["reference"]
    answered.site("cancel", reference)
    answered.refuses("site", "import", "first.alic", said="binding.other_request")


def test_a_license_for_another_product_is_refused(answered: World) -> None:
    answered.file("other.alic", answered.resigned_license("first.alic", product=ProductId("payclock")))
    error = answered.site("import", "other.alic", "--json", code=1).error
    assert error["code"] in {"binding.other_product", "key.not_for_product"}


def test_a_license_of_another_customer_is_refused(licensed: World) -> None:
    number = licensed.order("--set", "employees=900")
    licensed.request("more.areq")
    licensed.vendor("sign", "more.areq", "-o", "more.alic")
    other = LicenseNumber(number.replace("-", ""))
    licensed.file("other.alic", licensed.resigned_license("more.alic", license_number=other))
    licensed.refuses("site", "import", "other.alic", said="binding.other_license")


def test_a_request_for_another_product_than_the_license_number_is_refused(requested: World) -> None:
    toml = (
        '[product]\nid = "payclock"\nname = "PayClock"\n[limits.employees]\nlabel = "E"\ndemo = 1\n[demo]\ndays = 9\n'
    )
    requested.vendor("product", "load", requested.file("payclock.toml", toml))
    requested.vendor("product", "export", "payclock", "-o", "payclock.product")
    requested.site("init", "payclock.product", home="pay")
    requested.first_request("pay.areq", home="pay")
    seen = requested.vendor("review", "pay.areq", "--json").json
    assert (seen["decision"], bool(seen["reasons"])) == ("refuse", True)
    result = requested.vendor("sign", "pay.areq", "-o", "no.alic", "--json", code=1).json["results"][0]
    assert (result["outcome"], result["code"]) == ("refused", "binding.other_product")
    shown = requested.site("import", "no.alic", "--json", home="pay", code=1)
    assert shown.error["code"] == "binding.other_product"


def test_the_same_license_again_says_so_and_changes_nothing(licensed: World) -> None:
    before = licensed.state()
    again = licensed.site("import", "first.alic", "--json").json
    assert (again["already_installed"], again["changes"], again["state"]) == (True, [], "active")
    assert "already installed" in licensed.site("import", "first.png").out
    assert licensed.state() == before


def test_an_older_revision_is_refused_and_the_newer_one_stays(purchased: World) -> None:
    purchased.site("import", "second.alic")
    error = purchased.refuses("site", "import", "first.alic", said="replay.older_revision").error
    assert error["reason"] == "REPLAY"
    assert purchased.ask()["employees"] == 100


def test_another_license_of_the_same_revision_is_refused(licensed: World) -> None:
    licensed.file("twin.alic", licensed.resigned_license("first.alic", limits={"employees": 5000}))
    error = licensed.site("import", "twin.alic", "--json", code=1).error
    assert error["code"] in {"replay.same_revision", "binding.other_request"}
    assert licensed.ask()["employees"] == 6


def test_an_unknown_critical_field_asks_for_an_update(answered: World) -> None:
    answered.file("newer.alic", answered.resigned_license("first.alic", extensions=((40, True),)))
    error = answered.refuses("site", "import", "newer.alic", said="profile.newer").error
    assert "pdate" in error["remedy"]
    answered.file("newer.areq", answered.resigned_request("first.areq", extensions=((40, "x"),)))
    answered.refuses("vendor", "sign", "newer.areq", said="profile.newer")


def test_an_unknown_field_that_is_not_critical_is_kept_and_goes_through(answered: World) -> None:
    document = answered.resigned_license("first.alic", extensions=((64, "note"),))
    answered.file("noted.alic", document)
    assert answered.site("import", "noted.alic", "--json").json["state"] == "active"
    assert (answered.site_home / "license.cose").read_bytes() == document


def test_a_low_order_key_is_refused(requested: World) -> None:
    content = receive_request(requested.document("first.areq"))
    payload = content.payload.replace(bytes(content.content.site_key), bytes(WEAK_KEY))
    signer = requested.site_signer()
    requested.file("weak.areq", seal(Kind.REQUEST, payload, signer))
    for command in ("sign", "review"):
        assert requested.refuses("vendor", command, "weak.areq", said="key.weak").error["reason"] == "KEY"


def test_a_request_changed_by_the_courier_is_refused(requested: World) -> None:
    document = requested.document("first.areq")
    changed = document.replace(b"Northwind Manufacturing GmbH", b"Southwind Manufacturing GmbH")
    assert changed != document
    error = requested.refuses("vendor", "sign", requested.file("a.areq", changed), said="signature.invalid").error
    assert error["reason"] == "SIG"


def test_a_request_signed_anew_with_another_key_is_another_site(licensed: World) -> None:
    licensed.request("next.areq")
    licensed.site("init", "infinitime.product", home="thief")
    licensed.file("stolen.areq", licensed.resigned_request("next.areq", home="thief"))
    seen = licensed.vendor("review", "stolen.areq", "--json").json
    assert (seen["decision"], seen["site"]["known"]) == ("refuse", False)
    result = licensed.vendor("sign", "stolen.areq", "-o", "no.alic", "--json", code=1).json["results"][0]
    assert (result["outcome"], result["code"]) == ("refused", "policy.license_bound")
    holder = licensed.vendor("license", "show", licensed.number, "--json").json["site"]["key"]
    assert holder == licensed.site("tech-info", "--json").json["site_key"]
