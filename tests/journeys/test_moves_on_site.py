"""Moves and emergencies as the two programs and an application see them; the vendor's documents are made by hand."""

from typing import Any

from offline_activation.formats.armor import armor
from offline_activation.formats.envelope import open_envelope
from offline_activation.formats.license_document import read_license
from offline_activation.formats.names import site_id
from offline_activation.formats.policy import Policy
from offline_activation.formats.receipt import ReceiptDocument, seal_receipt
from offline_activation.formats.request import receive_request

World = Any


def receipt(world: World, returned: str) -> bytes:
    """Return the receipt for the return in a file, signed by the vendor's own key."""
    license_ = world.document("first.alic")
    asked = receive_request(world.document(returned))
    document = ReceiptDocument(
        product=asked.content.product,
        license_number=asked.content.license_number,
        revision=asked.content.revision,
        issued=read_license(open_envelope(license_)).issued,
        request_id=asked.request_id,
        site=site_id(asked.content.site_key),
        trust=read_license(open_envelope(license_)).trust,
    )
    return seal_receipt(document, world.vendor_signer(license_))


def test_a_license_is_given_back_and_a_receipt_comes_as_text(licensed: World) -> None:
    assert licensed.ask()["state"] == "active"
    licensed.site("return", "-o", "return.areq", "--sheet", "return.html")
    found = licensed.ask()
    assert (found["state"], found["employees"], found["problem"]["code"]) == ("returned", 0, "license.returned")
    licensed.file("receipt.txt", "Dear Maria,\n\n" + armor(receipt(licensed, "return.areq"), "RECEIPT"))
    done = licensed.site("import", "receipt.txt", "--json").json
    assert (done["kind"], done["state"], done["changes"]) == ("receipt", "returned", [])
    assert licensed.site("pending", "--json").json["requests"] == []
    licensed.site("return", "-o", "again.areq")
    assert licensed.text("again.areq") == licensed.text("return.areq")


def test_the_old_server_and_the_new_one(licensed: World) -> None:
    licensed.site("return", "-o", "return.areq")
    licensed.site("init", "infinitime.product", home="new")
    licensed.file("contact.toml", CONTACT_TEXT)
    typed = ("transfer", "--with", "return.areq", "--contact", "contact.toml", "-o", "transfer.areq", "--qr", "t.png")
    made = licensed.site(*typed, "--json", home="new").json
    assert made["license_number"] == licensed.number
    assert licensed.site("inspect", "t.png", "--json", home="new").json["reference"] == made["reference"]


def test_the_saturday_when_the_server_burns(licensed: World) -> None:
    sealed = licensed.resigned_license("first.alic", policy=Policy(emergency_days=7))
    licensed.armored("burnt.alic", sealed, "LICENSE")
    licensed.site("init", "infinitime.product", home="new")
    assert licensed.ask("new")["state"] == "demo"
    licensed.site("emergency", "burnt.alic", home="new")
    found = licensed.ask("new")
    assert (found["state"], found["employees"], found["problem"]) == ("in_grace", 6, None)
    licensed.file("contact.toml", CONTACT_TEXT)
    licensed.site("rehost", "--contact", "contact.toml", "-o", "rehost.areq", home="new")
    asked = receive_request(licensed.document("rehost.areq")).content
    assert asked.emergency_opened is not None
    assert licensed.vendor("review", "rehost.areq", "--json").json["license_number"] == licensed.number


CONTACT_TEXT = """
first_name = "Maria"
last_name = "Hernandez"
company = "Northwind Manufacturing"
address1 = "1250 Parkway"
city = "Sacramento"
state = "California"
zip = "95814"
phone = "5550142"
email = "maria@northwind.example"
"""
