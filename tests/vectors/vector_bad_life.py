"""The bad vectors of a license's later life: policies, moves, receipts and root keys."""

from vector_file import Vector
from vector_good_life import TRANSFER, certificates, rotated
from vector_world import (
    DOCUMENTS,
    ISSUING,
    NEXT_ISSUING,
    NOW,
    RECEIPT,
    ROOT,
    SITE,
    STRANGER,
    TRUST,
    Case,
    enveloped,
    header_of,
    key_outside,
    root_certificate,
    root_signer,
    wrong_fields,
)

from offline_activation.formats.cbor import encode
from offline_activation.formats.envelope import Kind, external_aad, open_envelope
from offline_activation.formats.receipt import seal_receipt
from offline_activation.formats.request import PROOF_LIMIT, seal_request
from offline_activation.formats.root_certificate import MAX_ROOTS, SECOND
from offline_activation.formats.trust_list import TrustList, seal_trust_list
from offline_activation.formats.value import changed

_INVALID, _MISSING, _NEWER = "profile.field_invalid", "profile.field_missing", "profile.newer"
_OLD = b"former01"

_LICENSE: list[Case] = [
    ("fallback-two", "Demo Mode of two parts.", _INVALID, 17, (30, {"employees": 5})),
    ("fallback-four", "Demo Mode of four parts.", _INVALID, 17, (30, {"employees": 5}, (), 0)),
    ("fallback-map", "Demo Mode as a map.", _INVALID, 17, {1: 30}),
    ("fallback-limits-array", "Demo Mode whose limits are an array.", _INVALID, 17, (30, (), ())),
    ("fallback-days", "Demo Mode of more than 100 years.", _INVALID, 17, (36_601, {}, ())),
    ("fallback-negative", "Demo Mode with a limit of -1.", _INVALID, 17, (30, {"employees": -1}, ())),
    ("fallback-options-order", "Demo Mode with options that are not sorted.", _INVALID, 17, (30, {}, ("b", "a"))),
    ("fallback-options-twice", "Demo Mode with an option twice.", _INVALID, 17, (30, {}, ("a", "a"))),
    ("overuse-0", "No overuse, which should be left out.", _INVALID, 18, 0),
    ("overuse-101", "More than 100 percent.", _INVALID, 18, 101),
    ("ceiling-dots", "A version with nothing between two dots.", _INVALID, 19, "4..1"),
    ("ceiling-letter", "A version with a letter.", _INVALID, 19, "v4"),
    ("ceiling-empty", "An empty version, which should be left out.", _INVALID, 19, ""),
    ("ceiling-long", "A version of 21 characters.", _INVALID, 19, "1.2.3.4.5.6.7.8.9.1.2"),
    ("drift-default", "The default of 14 days written out.", _INVALID, 20, 14),
    ("drift-true", "Days that are true.", _INVALID, 20, True),
    ("emergency-0", "No emergency license, which should be left out.", _INVALID, 21, 0),
    ("emergency-61", "An emergency license for longer than there may be one.", _INVALID, 21, 61),
    ("clock-default", "The default of 2 and 14 days written out.", _INVALID, 22, (2, 14)),
    ("clock-one", "A tolerance without a grace.", _INVALID, 22, (3,)),
    ("match-default", "The default weights written out.", _INVALID, 26, (2, {1: 2, 2: 1, 3: 1, 4: 1})),
    ("match-too-much", "More is needed than the weights together.", _INVALID, 26, (5, {1: 2, 2: 2})),
    ("match-weight-0", "A weight of 0, which should be left out.", _INVALID, 26, (2, {1: 2, 2: 0})),
    ("match-one", "Weights without what is needed.", _INVALID, 26, ({1: 2},)),
    ("match-newer", "A component that is not known.", _NEWER, 26, (2, {1: 2, 9: 1})),
    ("replaced-empty", "An empty list that should be left out.", _INVALID, 23, ()),
    ("replaced-twice", "A former site twice.", _INVALID, 23, (_OLD, _OLD)),
    ("replaced-9", "Nine former sites.", _INVALID, 23, tuple(bytes([number]) * 8 for number in range(9))),
    ("replaced-short", "A former site of 7 bytes.", _INVALID, 23, (bytes(7),)),
    ("trial-false", "No trial, which should be left out.", _INVALID, 24, False),
    ("trial-number", "A trial that is a number.", _INVALID, 24, 1),
    ("grace-limits-empty", "An empty map that should be left out.", _INVALID, 25, {}),
    ("grace-limits-negative", "A limit in grace of -1.", _INVALID, 25, {"employees": -1}),
]
_REQUEST: list[Case] = [
    ("emergency-negative", "An emergency license opened before 1970.", _INVALID, 17, -1),
    ("returned-short", "The id of a return of 8 bytes.", _INVALID, 18, bytes(8)),
    ("proof-empty", "An empty return, which should be left out.", _INVALID, 19, b""),
    ("proof-large", "A return of 4,097 bytes.", _INVALID, 19, bytes(PROOF_LIMIT + 1)),
    ("proof-text", "A return that is text.", _INVALID, 19, "AR-K99S-VAWE"),
]
_RECEIPT: list[Case] = [
    ("no-number", "No license number.", _MISSING, 3, ...),
    ("revision-negative", "Revision -1.", _INVALID, 4, -1),
    ("site-short", "A site id of 8 bytes.", _INVALID, 7, bytes(8)),
    ("no-trust", "No trust list.", _MISSING, 16, ...),
    ("critical", "An unknown critical field.", _NEWER, 8, 0),
]
_ROOT: list[Case] = [
    ("number-1", "The first root key, which needs no certificate.", _INVALID, 2, 1),
    ("number-34", "Root key 34, which no trust list can hold.", _INVALID, 2, MAX_ROOTS + 2),
    ("key-weak", "A root key that is a point of order 1.", "key.weak", 3, (1).to_bytes(32, "little")),
    ("no-issued", "No date.", _MISSING, 4, ...),
    ("critical", "An unknown critical field.", _NEWER, 5, 0),
]
_TRUST: list[Case] = [
    ("roots-empty", "An empty list that should be left out.", _INVALID, 7, ()),
    ("roots-text", "A root certificate that is text.", _INVALID, 7, ("root",)),
    ("roots-product", "Another kind of document among the root certificates.", "profile.kind", 7,
     (DOCUMENTS[Kind.PRODUCT],)),
    ("root-until-null", "An end that is null instead of left out.", _INVALID, 8, None),
]  # fmt: skip
_FIELDS: dict[Kind, list[Case]] = {
    Kind.LICENSE: _LICENSE,
    Kind.REQUEST: _REQUEST,
    Kind.RECEIPT: _RECEIPT,
    Kind.ROOT: _ROOT,
    Kind.TRUST: _TRUST,
}


def bad_life_vectors() -> tuple[Vector, ...]:
    """Return the bad vectors of licenses, requests, receipts and root keys."""
    return (*wrong_fields(_FIELDS), *_receipts(), *_chains())


def _receipts() -> list[Vector]:
    envelope = open_envelope(DOCUMENTS[Kind.RECEIPT])
    structure = ("Signature1", envelope.protected, external_aad(Kind.REFUSAL), envelope.payload)
    renamed = encode({**header_of(Kind.RECEIPT), 3: "application/oa-refusal"})
    structure_renamed = ("Signature1", renamed, external_aad(Kind.RECEIPT), envelope.payload)
    as_refusal = b"\xd2" + encode((renamed, {}, envelope.payload, ISSUING.sign(encode(structure_renamed))))
    pinned, forged = bytes(ROOT.public_key), seal_request(changed(TRANSFER, site_key=SITE.public_key), STRANGER)

    def receipt(layer: str, name: str, about: str, code: str, data: bytes, **more: bytes) -> Vector:
        return Vector(name=f"bad/{layer}-{name}", about=about, layer=layer, input="document", expect=code,
                      kind=Kind.RECEIPT.value, key=more.get("key", key_outside(Kind.RECEIPT)),
                      root=more.get("root", b""), data=data)  # fmt: skip

    return [
        receipt("signature", "receipt-as-refusal", "A receipt signed as a refusal.", "signature.invalid",
                enveloped(Kind.RECEIPT, signature=ISSUING.sign(encode(structure)))),
        receipt("envelope", "receipt-renamed", "A refusal by its content type, where a receipt is needed.",
                "profile.kind", as_refusal),
        receipt("key", "receipt-not-allowed", "Signed by a key that may sign licenses and refusals only.",
                "key.not_for_use", seal_receipt(RECEIPT, NEXT_ISSUING), key=bytes(NEXT_ISSUING.public_key),
                root=pinned),
        Vector(name="bad/signature-transfer-other-key", about="A transfer that its site key did not sign.",
               layer="signature", input="document", expect="signature.invalid", kind=Kind.REQUEST.value, data=forged),
    ]  # fmt: skip


def _chains() -> list[Vector]:
    """Return trust lists whose root certificates do not lead to whoever signed the list."""
    second, third = certificates(SECOND + 1)
    skipping = root_certificate(SECOND + 1, signer=ROOT)
    strange = root_certificate(SECOND, signer=STRANGER)
    broken = second[:-1] + bytes([second[-1] ^ 1])
    too_many = (*certificates(MAX_ROOTS + 1), root_certificate(SECOND))
    cases: list[tuple[str, str, str, str, TrustList, int]] = [
        ("profile", "trust-roots-gap", "The second root key is left out.", _INVALID, rotated((skipping,)), SECOND + 1),
        ("profile", "trust-roots-order", "The third root key before the second.", _INVALID, rotated((third, second)),
         SECOND + 1),
        ("profile", "trust-roots-33", "Thirty-three root certificates.", _INVALID, rotated(too_many), SECOND),
        ("key", "roots-other-signer", "The second root key is named by a stranger.", "key.root_mismatch",
         rotated((strange,)), SECOND),
        ("key", "roots-old-signer", "The first root key signs a list that names the second.", "key.root_mismatch",
         rotated((second,)), 1),
        ("signature", "roots-bit", "The last bit of a root certificate was changed.", "signature.invalid",
         rotated((broken,)), SECOND),
        ("key", "root-after-end", "Dated at the end of its root key.", "key.outside_time",
         changed(TRUST, issued=NOW, root_until=NOW), 1),
    ]  # fmt: skip
    return [
        Vector(name=f"bad/{name if layer == 'profile' else f'{layer}-{name}'}", about=about, layer=layer,
               input="document", expect=code, kind=Kind.TRUST.value, key=bytes(root_signer(signer).public_key),
               root=bytes(ROOT.public_key), data=seal_trust_list(content, root_signer(signer)))
        for layer, name, about, code, content, signer in cases
    ]  # fmt: skip
