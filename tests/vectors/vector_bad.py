"""The bad vectors of encoding, envelope, key and signature: one fault each, and the code that names it."""

from vector_file import Vector
from vector_world import (
    DOCUMENTS,
    ISSUING,
    NEXT_ISSUING,
    REQUEST,
    ROOT,
    SIGNERS,
    SITE,
    STRANGER,
    TRUST,
    altered,
    enveloped,
    header_of,
    key_outside,
)

from offline_activation.formats.cbor import MAX_SIZE, encode
from offline_activation.formats.envelope import Kind, open_envelope
from offline_activation.formats.keys import key_id
from offline_activation.formats.request import seal_request
from offline_activation.formats.trust_list import seal_trust_list

_BOOLEAN_KEY = "A key that is neither number nor text: true."

_CBOR = [
    ("empty", "Nothing at all.", "encoding.truncated", ""),
    ("head-cut", "A length that is not there.", "encoding.truncated", "19 01"),
    ("string-cut", "A byte string shorter than it says.", "encoding.truncated", "43 0102"),
    ("array-cut", "An array of three with two items.", "encoding.truncated", "83 01 02"),
    ("map-cut", "A map whose last value is missing.", "encoding.truncated", "a2 01 01 02"),
    ("array-huge", "An array that claims 2^40 items.", "encoding.truncated", "9b 0000010000000000"),
    ("bytes-huge", "A byte string that claims 2^62 bytes.", "encoding.truncated", "5b 4000000000000000"),
    ("trailing", "One byte behind the value.", "encoding.trailing", "01 00"),
    ("integer-long", "The number 1 in two bytes.", "encoding.not_deterministic", "18 01"),
    ("integer-longer", "The number 255 in three bytes.", "encoding.not_deterministic", "19 00ff"),
    ("negative-long", "The number -24 in two bytes.", "encoding.not_deterministic", "38 17"),
    ("length-long", "The length 1 of a text in two bytes.", "encoding.not_deterministic", "78 01 61"),
    ("array-indefinite", "An array without a length.", "encoding.not_deterministic", "9f 01 ff"),
    ("map-indefinite", "A map without a length.", "encoding.not_deterministic", "bf 01 01 ff"),
    ("bytes-indefinite", "A byte string in pieces.", "encoding.not_deterministic", "5f 41 01 ff"),
    ("reserved", "Reserved additional information 28.", "encoding.not_deterministic", "1c"),
    ("keys-order", "Keys that fall.", "encoding.not_deterministic", "a2 02 00 01 00"),
    ("keys-length-first", "Keys sorted by length (RFC 7049), not by bytes.", "encoding.not_deterministic",
     "a2 20 00 18 64 00"),
    ("duplicate", "A field twice, 10 and then 1000.", "encoding.duplicate_key", "a2 0a 0a 0a 1903e8"),
    ("duplicate-apart", "A field twice with another between.", "encoding.duplicate_key", "a3 01 00 02 00 01 00"),
    ("key-boolean", _BOOLEAN_KEY, "encoding.unsupported", "a1 f5 00"),
    ("key-bytes", "A byte string as a key.", "encoding.unsupported", "a1 41 01 00"),
    ("key-array", "An array as a key.", "encoding.unsupported", "a1 80 00"),
    ("float", "The number 1.5.", "encoding.unsupported", "f9 3e00"),
    ("nan", "Not a number.", "encoding.unsupported", "f9 7e00"),
    ("bignum", "A number of nine bytes under tag 2.", "encoding.unsupported", "c2 49 010000000000000000"),
    ("tag", "A date under tag 1.", "encoding.unsupported", "c1 1a 514b67b0"),
    ("undefined", "Undefined.", "encoding.unsupported", "f7"),
    ("break", "A break without a beginning.", "encoding.unsupported", "ff"),
    ("integer-large", "The number 2^53.", "encoding.unsupported", "1b 0020000000000000"),
    ("negative-large", "The number -2^53.", "encoding.unsupported", "3b 001fffffffffffff"),
    ("utf8", "Text with a byte that is no UTF-8.", "encoding.text", "61 ff"),
    ("surrogate", "Text with half a surrogate pair.", "encoding.text", "63 eda080"),
    ("overlong", "Text with an overlong slash.", "encoding.text", "62 c0af"),
    ("depth", "Nine levels.", "limit.depth", "81" * 9 + "00"),
]  # fmt: skip


def bad_vectors() -> tuple[Vector, ...]:
    """Return the bad vectors below the fields."""
    return (*_cbor(), *_envelopes(), *_keys(), *_signatures())


def _cbor() -> list[Vector]:
    small = [(name, about, code, bytes.fromhex(digits)) for name, about, code, digits in _CBOR]
    large = b"\x59\x3f\xfe" + bytes(MAX_SIZE - 2)
    too_large = ("too-large", "One byte more than 16 KiB.", "limit.too_large", large)
    return [
        Vector(name=f"bad/cbor-{name}", about=about, layer="cbor", input="cbor", expect=code, data=data)
        for name, about, code, data in [*small, too_large]
    ]


def _document(layer: str, name: str, about: str, code: str, data: bytes, kind: Kind = Kind.LICENSE) -> Vector:
    return Vector(
        name=f"bad/{layer}-{name}",
        about=about,
        layer=layer,
        input="document",
        expect=code,
        kind=kind.value,
        key=key_outside(kind),
        data=data,
    )


def _envelopes() -> list[Vector]:
    good, header = DOCUMENTS[Kind.LICENSE], header_of(Kind.LICENSE)
    without_alg = {key: item for key, item in header.items() if key != 1}

    def headed(changed: dict[int | str, object]) -> bytes:
        return enveloped(Kind.LICENSE, protected=encode({**header, **changed}))  # type: ignore[dict-item]

    form = "profile.envelope"
    cases = [
        ("untagged", "No tag.", form, good[1:]),
        ("tag-long", "Tag 18 in two bytes.", form, b"\xd8\x12" + good[1:]),
        ("tag-17", "Tag 17, COSE_Mac0.", form, b"\xd1" + good[1:]),
        ("self-described", "The tag of self-described CBOR before it.", form, b"\xd9\xd9\xf7" + good),
        ("three-parts", "Three parts.", form, b"\xd2\x83" + good[2:-66]),
        ("detached", "A payload that is carried elsewhere.", form, enveloped(Kind.LICENSE, payload=None)),
        ("unprotected", "Something in the unprotected header.", form, enveloped(Kind.LICENSE, unprotected={4: b"kid"})),
        ("alg-unprotected", "The algorithm only in the unprotected header.", form,
         enveloped(Kind.LICENSE, protected=encode(without_alg), unprotected={1: -19})),
        ("alg-absent", "No algorithm.", "key.algorithm", enveloped(Kind.LICENSE, protected=encode(without_alg))),
        ("alg-es256", "Algorithm -7.", "key.algorithm", headed({1: -7})),
        ("alg-eddsa", "Algorithm -8, EdDSA, which does not name the curve.", "key.algorithm", headed({1: -8})),
        ("alg-hmac", "Algorithm 5, HMAC.", "key.algorithm", headed({1: 5})),
        ("alg-text", "The algorithm as text.", "key.algorithm", headed({1: "EdDSA"})),
        ("alg-twice", "Two algorithms.", "encoding.duplicate_key",
         enveloped(Kind.LICENSE, protected=bytes.fromhex("a401320126") + encode(header)[3:])),
        ("header-extra", "A fourth field in the protected header.", form, headed({2: (1,)})),
        ("header-no-kid", "No key id.", form,
         enveloped(Kind.LICENSE, protected=encode({1: header[1], 3: header[3]}))),
        ("header-array", "A protected header that is an array.", form, enveloped(Kind.LICENSE, protected=b"\x80")),
        ("header-empty", "A protected header of no bytes.", "encoding.truncated", enveloped(Kind.LICENSE,
         protected=b"")),
        ("kid-short", "A key id of seven bytes.", form, headed({4: bytes(7)})),
        ("kid-path", "A key id that is a path.", form, headed({4: "../../x"})),
        ("type-foreign", "A foreign content type.", form, headed({3: "application/cwt"})),
        ("type-number", "A content type that is a number.", form, headed({3: 61})),
        ("type-newer", "A kind of document that is not known yet.", "profile.newer",
         headed({3: "application/oa-bulletin"})),
        ("signature-63", "A signature of 63 bytes.", "key.algorithm", enveloped(Kind.LICENSE, signature=bytes(63))),
        ("signature-65", "A signature of 65 bytes.", "key.algorithm", enveloped(Kind.LICENSE, signature=bytes(65))),
        ("payload-text", "A payload that is an array.", form, enveloped(Kind.LICENSE, payload=b"\x80")),
        ("trailing", "One byte behind the document.", "encoding.trailing", good + b"\0"),
        ("cut", "The last byte is missing.", "encoding.truncated", good[:-1]),
        ("other-kind", "A request where a license is needed.", "profile.kind", DOCUMENTS[Kind.REQUEST]),
    ]  # fmt: skip
    return [_document("envelope", *case) for case in cases]


def _keys() -> list[Vector]:
    own = bytes(ISSUING.public_key)
    identity, reduced = (1).to_bytes(32, "little"), (2**255 - 19 + 2).to_bytes(32, "little")
    entry = (identity, 0, 1, 3, None)
    return [
        _document("key", "site-low-order", "The site key is a point of order 1.", "key.weak",
                  altered(Kind.REQUEST, {6: identity}), Kind.REQUEST),
        _document("key", "site-not-reduced", "The site key is 2 + p, another name of 2.", "key.weak",
                  altered(Kind.REQUEST, {6: reduced}), Kind.REQUEST),
        _document("key", "root-low-order", "The root key is the point of order 2.", "key.weak",
                  altered(Kind.PRODUCT, {5: (2**255 - 20).to_bytes(32, "little")}), Kind.PRODUCT),
        _document("key", "issuing-low-order", "An issuing key is a point of order 1.", "key.weak",
                  altered(Kind.TRUST, {5: ((own, 0, 1, 3, None), entry)}), Kind.TRUST),
        _document("key", "other-root", "A trust list of another root.", "key.root_mismatch",
                  seal_trust_list(TRUST, STRANGER), Kind.TRUST),
    ]  # fmt: skip


def _signatures() -> list[Vector]:
    envelope, invalid = open_envelope(DOCUMENTS[Kind.LICENSE]), "signature.invalid"
    order = 2**252 + 27742317777372353535851937790883648493
    scalar = int.from_bytes(envelope.signature[32:], "little") + order
    malleable = envelope.signature[:32] + scalar.to_bytes(32, "little")
    refusal_as_license = encode(header_of(Kind.LICENSE))
    other_kid = encode({**header_of(Kind.REQUEST), 4: bytes(key_id(STRANGER.public_key))})
    vectors = [
        _document("signature", "other-key", "Signed by the wrong key.", invalid, enveloped(Kind.LICENSE,
                  signer=NEXT_ISSUING)),
        _document("signature", "zero", "A signature of zeros.", invalid, enveloped(Kind.LICENSE, signature=bytes(64))),
        _document("signature", "malleable", "S is not reduced: the same signature in a second form.", invalid,
                  enveloped(Kind.LICENSE, signature=malleable)),
        _document("signature", "kind-swapped", "A license signed as a refusal.", invalid,
                  enveloped(Kind.LICENSE, signature=_signed_as(Kind.REFUSAL, refusal_as_license, envelope.payload))),
        _document("signature", "no-aad", "Signed without the purpose.", invalid,
                  enveloped(Kind.LICENSE, signature=ISSUING.sign(
                      encode(("Signature1", envelope.protected, b"", envelope.payload))))),
        _document("signature", "request-other-key", "The site key inside did not sign it.", invalid,
                  seal_request(REQUEST, STRANGER), Kind.REQUEST),
        _document("signature", "request-kid", "The key id is not that of the site key inside.", invalid,
                  enveloped(Kind.REQUEST, protected=other_kid, signer=SITE), Kind.REQUEST),
        _document("signature", "product-kid", "The key id is not that of the root key inside.", invalid,
                  enveloped(Kind.PRODUCT, protected=encode({**header_of(Kind.PRODUCT), 4: bytes(8)}), signer=ROOT),
                  Kind.PRODUCT),
    ]  # fmt: skip
    for kind in Kind:
        flipped = bytearray(DOCUMENTS[kind])
        flipped[-1] ^= 1
        vectors.append(
            _document("signature", f"{kind}-bit", "The last bit was changed.", invalid, bytes(flipped), kind)
        )
    return vectors


def _signed_as(kind: Kind, protected: bytes, payload: bytes) -> bytes:
    aad = b"offline-activation/1/" + kind.value.encode()
    return SIGNERS[kind].sign(encode(("Signature1", protected, aad, payload)))
