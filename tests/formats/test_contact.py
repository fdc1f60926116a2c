"""The contact block: what a person typed is refused with the field's name or travels unchanged."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_activation.errors import Refusal
from offline_activation.formats.armor import unarmor
from offline_activation.formats.contact import FIELDS, Contact, check_contact, is_mail_address, read_contact
from offline_activation.formats.keys import SoftwareSigner
from offline_activation.formats.readable import compose, differences
from offline_activation.formats.request import ActivationRequest, receive_request, seal_request
from offline_activation.formats.value import changed

CodeOf = Callable[[Callable[[], object]], str]

NAUGHTY = json.loads((Path(__file__).parent.parent / "data" / "strings" / "blns.json").read_text())


def test_the_form_has_twelve_fields_in_the_order_of_the_screen() -> None:
    assert [field.label for field in FIELDS] == [
        "First name", "Middle name", "Last name", "Company", "Address 1", "Address 2",
        "City", "State", "Zip code", "Phone", "Fax", "Email",
    ]  # fmt: skip
    assert [field.number for field in FIELDS] == list(range(1, 13))
    optional = {field.name for field in FIELDS if not field.required}
    assert optional == {"middle_name", "address2", "fax"}


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_each_field_ends_at_its_limit(code_of: CodeOf, request_content: ActivationRequest, field: object) -> None:
    limit, name = field.limit, field.name
    fitting = "a@b.cd" + "e" * (limit - 6) if name == "email" else "é" * limit
    assert code_of(lambda: check_contact(changed(request_content.contact, **{name: fitting}))) == "accept"
    assert (
        code_of(lambda: check_contact(changed(request_content.contact, **{name: fitting + "x"}))) == "contact.invalid"
    )
    assert code_of(lambda: read_contact({field.number: fitting})) == "accept"
    assert code_of(lambda: read_contact({field.number: fitting + "x"})) == "profile.field_invalid"


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
@pytest.mark.parametrize("text", ["", " ", "\t"])
def test_required_fields_are_missed_by_their_label(
    request_content: ActivationRequest, field: object, text: str
) -> None:
    contact = changed(request_content.contact, **{field.name: text})
    if field.required:
        with pytest.raises(Refusal) as caught:
            check_contact(contact)
        assert caught.value.code == "contact.missing"
        assert field.label in caught.value.message
    elif text != "\t":
        check_contact(contact)


@pytest.mark.parametrize(
    "hidden",
    [
        "\n",
        "\r",
        "\0",
        "\x1b[31m",
        "\u202e",
        "\u200b",
        "\ufeff",
        "\u2028",
        "\x7f",
        "\x85",
        "\u00a0",
        "\ue000",
        "\ud800",
    ],
)
def test_controls_and_invisible_characters_are_refused(
    code_of: CodeOf, request_content: ActivationRequest, hidden: str
) -> None:
    contact = changed(request_content.contact, company=f"North{hidden}wind")
    assert code_of(lambda: check_contact(contact)) == "contact.invalid"
    assert code_of(lambda: read_contact({4: f"North{hidden}wind"})) == "profile.field_invalid"


@pytest.mark.parametrize("field", ["company", "address1", "last_name", "email"])
def test_naughty_strings_are_refused_or_survive_file_text_and_back(
    code_of: CodeOf, site: SoftwareSigner, request_content: ActivationRequest, field: str
) -> None:
    outcomes = dict.fromkeys(("accept", "contact.missing", "contact.invalid"), 0)
    for text in NAUGHTY:
        contact = changed(request_content.contact, **{field: text})
        outcome = code_of(lambda contact=contact: check_contact(contact))
        outcomes[outcome] += 1
        if outcome == "accept":
            document = seal_request(changed(request_content, contact=contact), site)
            read = unarmor(compose(document), source="test")
            assert receive_request(read.document).content.contact == contact
            assert differences(read.document, read.readable) == ()
    assert sum(outcomes.values()) == len(NAUGHTY) == 515
    assert outcomes["accept"] == 0 if field == "email" else outcomes["accept"] > 100, outcomes


@pytest.mark.parametrize(
    "text",
    [
        "OA1 REQUEST 25 LINES", "oa1 license 1 lines 01 00 00 oa1 license end", "OA1 REQUEST END", "x OA1", "OA1:BB8",
        "OA1%3ABB8", "> Northwind", "Northwind |", "Acme >", "a  b", "Company: X", "Reference: AR-0000-0000", "OA1. x",
        "XOA1:BB8", "{company}", "%s", "=1+1", "a|b>c",
    ],
)  # fmt: skip
def test_a_customers_words_are_never_taken_for_our_marks(
    site: SoftwareSigner, request_content: ActivationRequest, text: str
) -> None:
    contact = changed(request_content.contact, company=text, last_name=text[:40], address2=text)
    document = seal_request(changed(request_content, contact=contact), site)
    composed = compose(document)
    assert "OA1:" not in composed
    for carried in (composed, "\r\n".join("> " + line for line in composed.split("\n"))):
        read = unarmor(carried, source="test")
        assert read.document == document
        assert differences(read.document, read.readable) == ()


@given(st.text(max_size=100))
def test_any_text_is_refused_by_its_field_or_travels(
    code_of: CodeOf, site: SoftwareSigner, request_content: ActivationRequest, text: str
) -> None:
    contact = changed(request_content.contact, company=text)
    outcome = code_of(lambda: check_contact(contact))
    assert outcome in {"accept", "contact.missing", "contact.invalid"}
    if outcome == "accept":
        document = seal_request(changed(request_content, contact=contact), site)
        assert receive_request(unarmor(compose(document), source="test").document).content.contact.company == text


@pytest.mark.parametrize(
    "address", ["a@b.c", "maria.hernandez@northwind.example", "o'brien+x@mail.example", "ü@münchen.example"]
)
def test_one_plain_mail_address_is_accepted(address: str) -> None:
    assert is_mail_address(address)


@pytest.mark.parametrize(
    "address",
    ["", "a", "@b.c", "a@", "a@b", "a@b@c.d", "a b@c.d", "a@b.c, d@e.f", '"a"@b.c', "<a@b.c>", "a@b.c\r\nBcc: x@y.z",
     "a@.b", "a@b.", "a@-b.c", "a@b.c;d@e.f", "a@b.c\0"],
)  # fmt: skip
def test_what_is_not_one_mail_address_is_refused(address: str) -> None:
    assert not is_mail_address(address)


def test_contact_fields_of_a_later_version_are_called_newer(code_of: CodeOf) -> None:
    every = {field.number: "x" for field in FIELDS}
    for unknown in (0, 13, 99, -1, "company"):
        assert code_of(lambda unknown=unknown: read_contact({**every, unknown: "x"})) == "profile.newer"


@pytest.mark.parametrize("item", [1, b"x", None, True, (), {}, ""])
def test_a_contact_field_is_text_and_never_empty(code_of: CodeOf, item: object) -> None:
    assert code_of(lambda: read_contact({4: item})) == "profile.field_invalid"


def test_an_empty_contact_travels_as_an_empty_map() -> None:
    assert read_contact({}) == Contact()
