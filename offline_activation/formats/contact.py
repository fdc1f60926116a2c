"""Contact details of a request: the fields of the form *Activate/Update License*, their order, limits and rules."""

from typing import Final

from offline_activation.errors import Refusal
from offline_activation.formats.cbor import Map
from offline_activation.formats.fields import check_text
from offline_activation.formats.value import value


@value
class Contact:
    """Who asks, as typed into the form; an empty string is a field not given."""

    first_name: str = ""
    middle_name: str = ""
    last_name: str = ""
    company: str = ""
    address1: str = ""
    address2: str = ""
    city: str = ""
    state: str = ""
    zip: str = ""
    phone: str = ""
    fax: str = ""
    email: str = ""


@value
class ContactField:
    """One field: its number inside documents, its label on screens, its longest value, whether the form needs it."""

    name: str
    number: int
    label: str
    limit: int
    required: bool = False


FIELDS: Final = (
    ContactField(name="first_name", number=1, label="First name", limit=40, required=True),
    ContactField(name="middle_name", number=2, label="Middle name", limit=40),
    ContactField(name="last_name", number=3, label="Last name", limit=40, required=True),
    ContactField(name="company", number=4, label="Company", limit=80, required=True),
    ContactField(name="address1", number=5, label="Address 1", limit=80, required=True),
    ContactField(name="address2", number=6, label="Address 2", limit=80),
    ContactField(name="city", number=7, label="City", limit=60, required=True),
    ContactField(name="state", number=8, label="State", limit=40, required=True),
    ContactField(name="zip", number=9, label="Zip code", limit=16, required=True),
    ContactField(name="phone", number=10, label="Phone", limit=32, required=True),
    ContactField(name="fax", number=11, label="Fax", limit=32),
    ContactField(name="email", number=12, label="Email", limit=100, required=True),
)
MAX_CONTACT_FIELDS: Final = 32
"""More than this version knows, so that a field of a later one is called newer and not wrong."""
_BY_NUMBER: Final = {field.number: field for field in FIELDS}
_FORBIDDEN_IN_ADDRESS: Final = frozenset(' ,;:<>()[]\\"')


def pairs(contact: Contact) -> tuple[tuple[ContactField, str], ...]:
    """Return the given fields with their values, in the order of the form."""
    return tuple((field, getattr(contact, field.name)) for field in FIELDS if getattr(contact, field.name))


def contact_map(contact: Contact) -> Map:
    """Return the contact as it travels: field number to text, empty fields left out."""
    return {field.number: text for field, text in pairs(contact)}


def read_contact(found: Map) -> Contact:
    """Return the contact inside a document; raises :class:`Refusal` ``profile.field_invalid`` or ``profile.newer``."""
    given: dict[str, str] = {}
    for number, text in found.items():
        field = _BY_NUMBER.get(number) if isinstance(number, int) else None
        if field is None:
            raise Refusal("profile.newer", what=f"contact field {number}")
        given[field.name] = check_text(text, field.label, most=field.limit, least=1)
    return Contact(**given)


def check_contact(contact: Contact) -> None:
    """Check what a person typed before it goes into a request.

    Raises :class:`Refusal` ``contact.missing`` or ``contact.invalid`` for the first wrong field in form order.
    """
    for field in FIELDS:
        text: str = getattr(contact, field.name)
        if field.required and not text.strip():
            raise Refusal("contact.missing", field=field.label)
        if len(text) > field.limit:
            raise Refusal("contact.invalid", field=field.label, what=f"{len(text)} characters, at most {field.limit}")
        if not text.isprintable():
            raise Refusal("contact.invalid", field=field.label, what="control, direction or invisible characters")
    if not is_mail_address(contact.email):
        raise Refusal("contact.invalid", field="Email", what="not one mail address")


def is_mail_address(text: str) -> bool:
    """Tell whether ``text`` is one plain mail address: local part, ``@``, domain with a dot, nothing around it."""
    local, at, domain = text.rpartition("@")
    return bool(at and local and "@" not in local and "." in domain.strip(".")) and (
        not _FORBIDDEN_IN_ADDRESS.intersection(text) and text.isprintable() and domain == domain.strip(".-")
    )
