"""Inspect shows what comes later in the life of a license: receipts, transfers, emergencies, new root keys."""

import re
from pathlib import Path
from typing import Any

import pytest

from offline_activation.cli.sheet import sheet
from offline_activation.errors import Refusal
from offline_activation.formats.envelope import open_envelope
from offline_activation.formats.keys import SoftwareSigner, fingerprint
from offline_activation.formats.names import site_id
from offline_activation.formats.policy import Fallback, Policy
from offline_activation.formats.product import receive_product, seal_product
from offline_activation.formats.readable import compose
from offline_activation.formats.receipt import ReceiptDocument, seal_receipt
from offline_activation.formats.request import Purpose, receive_request, seal_request
from offline_activation.formats.root_certificate import RootCertificate, seal_root_certificate
from offline_activation.formats.trust_list import TrustList, Use, read_trust_list, seal_trust_list
from offline_activation.formats.value import changed

Site = Any

NEW_ROOT = SoftwareSigner(bytes([102]) * 32)
OLD_SITE, NEW_SITE = (SoftwareSigner(bytes([number]) * 32) for number in (2, 6))


def listed(site: Site, uses: Use = Use.LICENSE | Use.REFUSAL | Use.RECEIPT, **fields: object) -> TrustList:
    """Return the vendor's next trust list."""
    current = read_trust_list(open_envelope(site.vendor.trust_list(number=2)))
    return changed(current, **{"keys": tuple(changed(key, uses=uses) for key in current.keys), **fields})


def receipt(site: Site, request: bytes, trust: TrustList) -> bytes:
    received = receive_request(request)
    return seal_receipt(
        ReceiptDocument(
            product=received.content.product,
            license_number=received.content.license_number,
            revision=1,
            issued=site.vendor.now,
            request_id=received.request_id,
            site=site_id(received.content.site_key),
            trust=seal_trust_list(trust, site.vendor.root),
        ),
        site.vendor.issuing,
    )


def certificate(site: Site) -> bytes:
    return seal_root_certificate(RootCertificate(number=2, key=NEW_ROOT.public_key, issued=0), site.vendor.root)


def test_a_receipt_is_verified_like_every_answer(site: Site, tmp_path: Path) -> None:
    site.licensed()
    reference, request = site.request("--purpose", "renew")
    file = site.fresh("alic")
    file.write_text(compose(receipt(site, request, listed(site))))
    shown = site.json("inspect", file)
    assert (shown["kind"], shown["reference"], shown["verified"], shown["how"]) == ("receipt", reference, True, "text")
    assert fingerprint(site.vendor.issuing.public_key) in shown["by"]
    assert shown["fields"]["Returned revision"] == "1"
    assert shown["content"]["license_number"] == site.vendor.shown_number
    assert shown["content"]["trust"]["keys"][0]["uses"] == ["license", "refusal", "receipt"]
    unplaced = site.run("--json", "inspect", file, "--home", tmp_path / "nowhere").json
    assert unplaced["verified"] is False
    assert "product file" in unplaced["by"]


def test_a_receipt_of_a_key_that_may_sign_none_is_shown_and_not_verified(site: Site) -> None:
    _, request = site.request()
    shown = site.json("inspect", site.file(receipt(site, request, listed(site, Use.LICENSE | Use.REFUSAL))))
    assert shown["verified"] is False
    assert Refusal("key.not_for_use", kind="receipt").message in shown["by"]


def test_a_changed_receipt_is_a_refusal(site: Site) -> None:
    _, request = site.request()
    document = receipt(site, request, listed(site))
    outcome = site("--json", "inspect", site.file(document[:-1] + bytes([document[-1] ^ 1])))
    assert (outcome.code, outcome.error) == (1, "signature.invalid")


def test_hex_names_every_field_of_a_receipt_and_of_a_license_with_rules(site: Site) -> None:
    _, request = site.request()
    policy = Policy(fallback=Fallback(days=30, limits={"employees": 5}), emergency_days=7, drift_days=0)
    license_ = site.vendor.answer(request, site.home, policy=policy, trial=True, version_ceiling="4")
    for document in (receipt(site, request, listed(site)), license_):
        text = site("inspect", site.file(document), "--hex").out
        assert "extension" not in text.split("\nBytes\n")[1]
    assert re.search(r"^  17 fallback$", text, re.MULTILINE)
    assert re.search(r"^  clock_days\.grace +14$", text, re.MULTILINE)
    assert re.search(r"^  On changed hardware +stops at once$", text, re.MULTILINE)


def test_a_transfer_shows_the_old_server_and_an_opened_emergency(site: Site) -> None:
    content = receive_request(site.request()[1]).content
    proof = seal_request(changed(content, purpose=Purpose.RETURN, site_key=OLD_SITE.public_key), OLD_SITE)
    moving = changed(
        content,
        purpose=Purpose.TRANSFER,
        site_key=NEW_SITE.public_key,
        emergency_opened=site.vendor.now,
        proof=proof,
    )
    shown = site.json("inspect", site.file(seal_request(moving, NEW_SITE)))
    assert receive_request(proof).reference in shown["fields"]["Old server"]
    assert shown["fields"]["Old server, site key"] == fingerprint(OLD_SITE.public_key)
    assert "Emergency license opened" in shown["fields"]
    assert shown["content"]["proof"]["purpose"] == "return"
    assert shown["content"]["emergency_opened"] == site.vendor.now


def test_a_trust_list_and_a_product_file_of_a_later_root_key_are_followed_from_the_pinned_one(site: Site) -> None:
    rotated = seal_trust_list(listed(site, roots=(certificate(site),)), NEW_ROOT)
    product = receive_product(site.vendor.product())
    exported = seal_product(changed(product, root=NEW_ROOT.public_key, trust=rotated), NEW_ROOT)
    for document in (rotated, exported):
        shown = site.json("inspect", site.file(document))
        assert shown["verified"] is True
        assert fingerprint(NEW_ROOT.public_key) in shown["by"]
        assert fingerprint(site.vendor.root.public_key) in shown["by"]
    unled = seal_product(changed(product, root=NEW_ROOT.public_key), NEW_ROOT)
    assert site.json("inspect", site.file(unled))["verified"] is False
    assert site.json("inspect", site.file(rotated))["content"]["roots"][0]["key"] == NEW_ROOT.public_key.hex()


def test_a_trust_list_dated_after_the_end_of_its_root_key_is_shown_and_not_verified(site: Site) -> None:
    trust = listed(site, root_until=0)
    shown = site.json("inspect", site.file(seal_trust_list(trust, site.vendor.root)))
    assert shown["verified"] is False
    assert shown["fields"]["Root key ends at"] == "1970-01-01 00:00 UTC"


def test_a_root_certificate_alone_is_shown_and_held_against_the_known_root_keys(site: Site, tmp_path: Path) -> None:
    file = site.file(certificate(site))
    assert site.json("inspect", file)["verified"] is True
    assert site.run("--json", "inspect", file, "--home", tmp_path / "nowhere").json["verified"] is False
    foreign = seal_root_certificate(RootCertificate(number=2, key=NEW_ROOT.public_key, issued=0), NEW_SITE)
    assert site.json("inspect", site.file(foreign))["verified"] is False


def test_a_receipt_has_a_sheet_and_a_root_certificate_has_none(site: Site) -> None:
    reference, request = site.request()
    page = sheet(receipt(site, request, listed(site)), product=receive_product(site.vendor.product()))
    for part in ("Receipt for a returned license", reference, "OA1 RECEIPT", "InfiniTime", "Returned revision"):
        assert part in page
    with pytest.raises(Refusal) as caught:
        sheet(certificate(site))
    assert caught.value.code == "profile.kind"
