"""The bad vectors of the fields: one wrong field each, correctly signed."""

from vector_file import Vector
from vector_world import ISSUING, LICENSE_NUMBER, Case, wrong_fields

from offline_activation.formats.envelope import Kind

_KEY = bytes(ISSUING.public_key)
_INVALID, _MISSING, _NEWER, _VERSION = (
    "profile.field_invalid",
    "profile.field_missing",
    "profile.newer",
    "profile.version",
)

_REQUEST: list[Case] = [
    ("no-version", "No version.", _VERSION, 1, ...),
    ("version-0", "Version 0.", _VERSION, 1, 0),
    ("version-2", "Version 2.", _NEWER, 1, 2),
    ("no-purpose", "No purpose.", _MISSING, 2, ...),
    ("purpose-newer", "A purpose that is not known yet.", _NEWER, 2, 8),
    ("product-case", "A product name in upper case.", _INVALID, 3, "InfiniTime"),
    ("product-long", "A product name of 33 characters.", _INVALID, 3, "a" * 33),
    ("created-negative", "Made before 1970.", _INVALID, 4, -1),
    ("nonce-short", "A nonce of 15 bytes.", _INVALID, 5, bytes(15)),
    ("key-short", "A site key of 31 bytes.", _INVALID, 6, bytes(31)),
    ("license-number-check", "A license number whose check characters are wrong.", _INVALID, 7, "0" * 18 + "01"),
    ("license-number-case", "A license number in lower case.", _INVALID, 7, LICENSE_NUMBER.lower()),
    ("counter-0", "A counter of 0.", _INVALID, 8, 0),
    ("volume-empty", "An empty HD Volume ID.", _INVALID, 9, ""),
    ("volume-words", "An HD Volume ID that says something to the reviewer.", _INVALID, 9, "5E4C-1A2B (checked)"),
    ("volume-long", "An HD Volume ID of 47 digits.", _INVALID, 9, "a" * 47),
    ("source-control", "A source with an escape character.", _INVALID, 10, "ioctl\x1b[2J"),
    ("component-short", "A component hash of 7 bytes.", _INVALID, 11, {2: bytes(7)}),
    ("component-newer", "A component that is not known yet.", _NEWER, 11, {5: bytes(8)}),
    ("component-volume", "The HD Volume ID as a hash.", _NEWER, 11, {1: bytes(8)}),
    ("contact-long", "A zip code of 17 characters.", _INVALID, 12, {9: "1" * 17}),
    ("contact-empty", "An empty field that should be left out.", _INVALID, 12, {2: ""}),
    ("contact-bidi", "A company with a right-to-left override.", _INVALID, 12, {4: "a\u202eb"}),
    ("contact-newer", "A contact field that is not known yet.", _NEWER, 12, {13: "x"}),
    ("previous-short", "A chain of 8 bytes.", _INVALID, 14, bytes(8)),
    ("usage-empty", "An empty map that should be left out.", _INVALID, 15, {}),
    ("usage-boolean", "A count that is true.", _INVALID, 15, {"employees": True}),
    ("zone-long", "A time zone of 41 characters.", _INVALID, 16, "x" * 41),
    ("critical", "An unknown critical field.", _NEWER, 63, 0),
    ("negative-key", "A negative field number.", _INVALID, -1, 0),
    ("text-key", "A field with a name instead of a number.", _INVALID, "seats", 10),
]
_LICENSE: list[Case] = [
    ("revision-0", "Revision 0.", _INVALID, 4, 0),
    ("no-request", "No request it answers.", _MISSING, 6, ...),
    ("site-long", "A site id of 32 bytes.", _INVALID, 7, bytes(32)),
    ("no-volume", "Not bound to a volume.", _MISSING, 8, {2: bytes(8)}),
    ("company-newline", "A company of two lines.", _INVALID, 9, "North\nwind"),
    ("limit-negative", "A limit of -1.", _INVALID, 10, {"employees": -1}),
    ("limit-text", "A limit that is text.", _INVALID, 10, {"employees": "10"}),
    ("limits-17", "Seventeen limits.", _INVALID, 10, {f"limit{number}": 1 for number in range(17)}),
    ("options-order", "Options that are not sorted.", _INVALID, 11, ("b", "a")),
    ("options-twice", "An option twice.", _INVALID, 11, ("a", "a")),
    ("grace-0", "A grace of 0 days, which should be left out.", _INVALID, 13, 0),
    ("until-null", "An end that is null instead of left out.", _INVALID, 14, None),
    ("no-trust", "No trust list.", _MISSING, 16, ...),
    ("critical", "An unknown critical field.", _NEWER, 27, 1),
]
_REFUSAL: list[Case] = [
    ("code-long", "A code of 49 characters.", _INVALID, 3, "x" * 49),
    ("message-empty", "An empty sentence.", _INVALID, 4, ""),
    ("no-remedy", "No next step.", _MISSING, 8, ...),
    ("critical", "An unknown critical field.", _NEWER, 9, 0),
]
_TRUST: list[Case] = [
    ("number-0", "Number 0.", _INVALID, 2, 0),
    ("key-never", "A key that is never valid.", _INVALID, 5, ((_KEY, 5, 5, 3, None),)),
    ("key-four", "A key entry of four parts.", _INVALID, 5, ((_KEY, 0, 1, 3),)),
    ("keys-17", "Seventeen keys.", _INVALID, 5, ((_KEY, 0, 1, 3, None),) * 17),
    ("product-name", "A key for a product that has no valid name.", _INVALID, 5, ((_KEY, 0, 1, 3, ("A",)),)),
    ("revoked-empty", "An empty list that should be left out.", _INVALID, 6, ()),
    ("revoked-short", "A revoked key id of 7 bytes.", _INVALID, 6, (bytes(7),)),
    ("critical", "An unknown critical field.", _NEWER, 9, 0),
]
_PRODUCT: list[Case] = [
    ("root-short", "A root key of 31 bytes.", _INVALID, 5, bytes(31)),
    ("limit-no-label", "A limit without a label.", _INVALID, 7, {"employees": ("", 5)}),
    ("option-number", "An option whose demo is a number.", _INVALID, 8, {"accruals_plus": ("Accruals Plus", 1)}),
    ("warnings-rising", "Warnings that rise.", _INVALID, 12, (1, 7)),
    ("lease-long", "A lease of more than 100 years.", _INVALID, 10, 36_601),
    ("no-server", "No server; an empty text is needed.", _MISSING, 14, ...),
    ("critical", "An unknown critical field.", _NEWER, 15, 0),
]
_FIELDS: dict[Kind, list[Case]] = {
    Kind.REQUEST: _REQUEST,
    Kind.LICENSE: _LICENSE,
    Kind.REFUSAL: _REFUSAL,
    Kind.TRUST: _TRUST,
    Kind.PRODUCT: _PRODUCT,
}


def bad_field_vectors() -> tuple[Vector, ...]:
    """Return a vector for each wrong field."""
    return wrong_fields(_FIELDS)
