// Oracle: verify our documents with a CBOR library by other people and Node's own crypto.
// Argument: the folder that holds node_modules. Input and output as in cwt_oracle.py.
import { createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const cbor = createRequire(join(process.argv[2], "package.json"))("cbor");
const KEY_FIELD = { request: 6, product: 5 };
const options = { preferMap: true, preventDuplicateKeys: true };

function publicKey(raw) {
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(raw).toString("base64url") }, format: "jwk" });
}

function payloadOf({ document, kind, key }) {
  const tagged = cbor.decodeFirstSync(Buffer.from(document, "hex"), options);
  if (tagged.tag !== 18) throw new Error("not COSE_Sign1");
  const [protectedHeader, unprotected, payload, signature] = tagged.value;
  if (unprotected.size !== 0) throw new Error("something in the unprotected header");
  const header = cbor.decodeFirstSync(protectedHeader, options);
  if (header.get(1) !== -19) throw new Error("not Ed25519");
  if (header.get(3) !== `application/oa-${kind}`) throw new Error("another content type");
  const raw = key === "" ? cbor.decodeFirstSync(payload, options).get(KEY_FIELD[kind]) : Buffer.from(key, "hex");
  const aad = Buffer.from(`offline-activation/1/${kind}`);
  const signed = cbor.encodeOne(["Signature1", protectedHeader, aad, payload]);
  if (!verify(null, signed, publicKey(raw), signature)) throw new Error("the signature does not match");
  return payload;
}

function outcome(item) {
  try {
    return { verified: true, payload: payloadOf(item).toString("hex"), error: "" };
  } catch (error) {
    return { verified: false, payload: "", error: String(error) };
  }
}

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(outcome)));
