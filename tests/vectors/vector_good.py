"""The good vectors: what every reader must accept, with what it says."""

import textwrap

from vector_file import ACCEPT, Vector, diagnostic
from vector_good_life import life_vectors
from vector_world import (
    DOCUMENTS,
    ISSUING,
    LICENSE,
    NEXT_ISSUING,
    NOW,
    PRODUCT,
    REFUSAL,
    REQUEST,
    ROOT,
    SITE,
    SMALL_REQUEST,
    STRANGER,
    TRUST,
    issuing_key,
)
from vector_world import (
    good_document as _document,
)

from offline_activation.formats.armor import armor
from offline_activation.formats.cbor import MAX_INTEGER, Value, encode
from offline_activation.formats.envelope import Kind
from offline_activation.formats.frames import split
from offline_activation.formats.keys import key_id
from offline_activation.formats.license_document import LicenseDocument, seal_license
from offline_activation.formats.names import ProductId
from offline_activation.formats.product import seal_product
from offline_activation.formats.readable import compose
from offline_activation.formats.refusal import seal_refusal
from offline_activation.formats.request import Purpose, seal_request
from offline_activation.formats.trust_list import TrustList, Use, seal_trust_list
from offline_activation.formats.value import changed

LARGE_DOCUMENT = seal_refusal(
    changed(REFUSAL, message="All seats are taken. " * 14, remedy="Return a seat. " * 20), ISSUING
)


def good_vectors() -> tuple[Vector, ...]:
    """Return every good vector."""
    return (*_cbor(), *_documents(), *life_vectors(), *_texts(), *_codes())


def _cbor() -> list[Vector]:
    eight_levels: Value = 0
    for _ in range(8):
        eight_levels = (eight_levels,)
    values: list[tuple[str, str, Value]] = [
        ("integers", "Integers at every border between two lengths.", (
            0, 23, 24, 255, 256, 65_535, 65_536, 2**32 - 1, 2**32, MAX_INTEGER,
            -1, -24, -25, -256, -257, -65_536, -65_537, -(2**32), -(2**32) - 1, -MAX_INTEGER,
        )),
        ("strings", "Empty and longer strings, text of one to four bytes a character.", (
            b"", b"\x00\xff", bytes(24), "", "a", "\u00fc\u6c34\U00010151", "x" * 24,
        )),
        ("map-order", "Keys sort by the bytes of their encoding, not by their length.", {
            10: 1, 100: 2, 1000: 3, -1: 4, -100: 5, "b": 6, "aa": 7, "": 8,
        }),
        ("depth", "Eight levels are allowed.", eight_levels),
        ("simple", "Booleans, null, an empty array and an empty map.", (False, True, None, (), {})),
    ]  # fmt: skip
    return [
        Vector(name=f"good/cbor-{name}", about=about, layer="cbor", input="cbor", expect=ACCEPT, data=encode(value),
               diagnostic=diagnostic(dict(sorted(value.items(), key=lambda pair: encode(pair[0])))
                                     if isinstance(value, dict) else value))
        for name, about, value in values
    ]  # fmt: skip


def _documents() -> list[Vector]:
    returning = changed(SMALL_REQUEST, purpose=Purpose.RETURN, counter=9, extensions=((64, "note"), (99, (1, b"\x02"))))
    perpetual = LicenseDocument(
        product=LICENSE.product,
        license_number=LICENSE.license_number,
        revision=1,
        issued=NOW,
        request_id=LICENSE.request_id,
        site=LICENSE.site,
        components={"volume_id": b"volume01"},
        company="\u9752\u7a7a \u0421\u043e\u044e\u0437",
        limits={},
        options=(),
        trust=LICENSE.trust,
    )
    extended = changed(LICENSE, extensions=((64, {"color": "blue"}), (2**53 - 1, None)))
    narrow = TrustList(
        number=4,
        vendor=TRUST.vendor,
        issued=NOW,
        keys=(
            issuing_key(NEXT_ISSUING, uses=Use.REFUSAL),
            issuing_key(STRANGER, products=(ProductId("infinitime"), ProductId("other"))),
        ),
        revoked=(key_id(ISSUING.public_key),),
    )
    empty = TrustList(number=2**53 - 1, vendor=TRUST.vendor, issued=NOW, keys=())
    bare = changed(PRODUCT, limits={}, options={}, lease_days=0, warn_days=(), support_email="", server="")
    r, lic, ref, tr, pr = Kind.REQUEST, Kind.LICENSE, Kind.REFUSAL, Kind.TRUST, Kind.PRODUCT
    return [
        _document("request-full", "A request with every optional field.", r, REQUEST, DOCUMENTS[r]),
        _document("request-small", "A renewal with nothing optional.", r, SMALL_REQUEST,
                  seal_request(SMALL_REQUEST, SITE)),
        _document("request-extensions", "Unknown keys from 64 on are kept.", r, returning, seal_request(returning,
                  SITE)),
        _document("license-full", "A license with every optional field.", lic, LICENSE, DOCUMENTS[lic]),
        _document("license-perpetual", "A license without ends, limits and options.", lic, perpetual,
                  seal_license(perpetual, ISSUING)),
        _document("license-extensions", "Unknown keys from 64 on are kept.", lic, extended, seal_license(extended,
                  ISSUING)),
        _document("refusal", "The vendor says no.", ref, REFUSAL, DOCUMENTS[ref]),
        _document("trust-two-keys", "Two issuing keys for everything.", tr, TRUST, DOCUMENTS[tr]),
        _document("trust-narrow", "Keys with bounds, one key revoked.", tr, narrow, seal_trust_list(narrow, ROOT)),
        _document("trust-empty", "No key at all, with the highest number.", tr, empty, seal_trust_list(empty, ROOT)),
        _document("product", "A product file.", pr, PRODUCT, DOCUMENTS[pr]),
        _document("product-bare", "A product without limits, options, lease and addresses.", pr, bare,
                  seal_product(bare, ROOT)),
    ]  # fmt: skip


def _text(name: str, about: str, text: str, document: bytes) -> Vector:
    return Vector(
        name=f"good/text-{name}", about=about, layer="armor", input="text", expect=ACCEPT, texts=(text,), data=document
    )


def _texts() -> list[Vector]:
    request, trust = DOCUMENTS[Kind.REQUEST], DOCUMENTS[Kind.TRUST]
    file, block = compose(request), armor(trust, "TRUST")
    quoted = "".join(f"> {line}\r\n" for line in file.lower().split("\n"))
    look_alikes = block.replace("0", "O").replace("OA1 TRUST 1O LINES", "OA1 TRUST 10 LINES")
    return [
        _text("file", "A file as this product writes it.", file, request),
        _text("block", "The block alone, without a final line end.", block.rstrip("\n"), trust),
        _text("mail", "Quoted, in lower case, with CR LF, as after a reply.", quoted, request),
        _text("wrapped", "Re-wrapped to 72 columns.", textwrap.fill(block, 72) + "\n", trust),
        _text("typed", "Typed with O for 0 and no blanks.", _typed(look_alikes), trust),
        _text("blanks", "Byte order mark, no-break spaces, blank lines.",
              "\ufeff" + block.replace(" ", "\u00a0").replace("\n", "\n\n"), trust),
        _text("receipt", "A receipt as this product writes it.", compose(DOCUMENTS[Kind.RECEIPT]),
              DOCUMENTS[Kind.RECEIPT]),
        _text("three-figures", "A hundred lines or more: numbers have three figures.", compose_large(), bytes(2500)),
    ]  # fmt: skip


def compose_large() -> str:
    """Return the armor of 2,500 zero bytes: one hundred lines."""
    return armor(bytes(2500), "PRODUCT")


def _typed(block: str) -> str:
    return "".join(f"{line if 'TRUST' in line else line.replace(' ', '')}\n" for line in block.splitlines())


def _codes() -> list[Vector]:
    request = DOCUMENTS[Kind.REQUEST]
    parts = split(LARGE_DOCUMENT)
    return [
        Vector(name="good/qr-one", about="One code.", layer="qr", input="qr", expect=ACCEPT, texts=split(request),
               data=request),
        Vector(name="good/qr-parts", about="Three parts out of order, one of them twice.", layer="qr", input="qr",
               expect=ACCEPT, texts=(parts[2], parts[0], parts[1], parts[0]), data=LARGE_DOCUMENT),
    ]  # fmt: skip
