"""Oracle: verify our documents with cwt, a COSE library by other people; run by the Python in .oracles/cwt.

Standard input: JSON list of {"document", "kind", "key"} in hexadecimal (an empty key: it is inside the payload).
Standard output: JSON list of {"verified", "payload", "error"}.
"""

import json
import sys

import cbor2
from cwt import COSE, COSEKey
from cwt.exceptions import CWTError

KEY_FIELD = {"request": 6, "product": 5}


def verify(document: bytes, kind: str, key: bytes) -> bytes:
    """Return the verified payload; raises ``CWTError``, ``CBORDecodeError`` or ``ValueError``."""
    kid = cbor2.loads(cbor2.loads(document).value[0])[4]
    if not key:
        key = cbor2.loads(cbor2.loads(document).value[2])[KEY_FIELD[kind]]
    cose_key = COSEKey.new({1: 1, 2: kid, 3: -19, -1: 6, -2: key})
    aad = b"offline-activation/1/" + kind.encode()
    return bytes(COSE.new(verify_kid=True).decode(document, cose_key, external_aad=aad))


def outcome(case: dict[str, str]) -> dict[str, object]:
    """Return what cwt says to one document."""
    try:
        payload = verify(bytes.fromhex(case["document"]), case["kind"], bytes.fromhex(case["key"]))
    except (CWTError, cbor2.CBORDecodeError, ValueError) as error:
        return {"verified": False, "payload": "", "error": f"{type(error).__name__}: {error}"}
    return {"verified": True, "payload": payload.hex(), "error": ""}


json.dump([outcome(case) for case in json.load(sys.stdin)], sys.stdout)
