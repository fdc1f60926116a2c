"""Codes of documents and their carriers: reason class, sentence, next step."""

from typing import Final

DOCUMENTS: Final[dict[str, tuple[str, str, str]]] = {
    # ARMOR: the text form was damaged on its way
    "armor.no_block": (
        "ARMOR",
        "No activation document was found in {source}.",
        "Check that the whole block was copied, from 'OA1 ... LINES' to 'OA1 ... END', or use the file itself.",
    ),
    "armor.no_end": (
        "ARMOR",
        "The block begins but its END line is missing or damaged after line {line}.",
        "Copy the text again including the last line, or use the file itself.",
    ),
    "armor.label_mismatch": (
        "ARMOR",
        "The block begins as {begin} and ends as {end}.",
        "Copy one whole document again; do not join parts of two.",
    ),
    "armor.line_damaged": (
        "ARMOR",
        "Line {line} of the block is damaged.",
        "Compare line {line} with the original and correct it, or use the file or the QR code.",
    ),
    "armor.line_missing": (
        "ARMOR",
        "Line {line} of the block is missing.",
        "Add line {line} from the original, or use the file or the QR code.",
    ),
    "armor.line_doubled": (
        "ARMOR",
        "Line {line} of the block appears more than once or out of order.",
        "Put the numbered lines back in order, each once, or use the file or the QR code.",
    ),
    "armor.two_documents": (
        "ARMOR",
        "{count} activation documents were found in {source}: {found}.",
        "Keep one document per file or picture and try again.",
    ),
    "armor.qr_text_damaged": (
        "ARMOR",
        "The text of the QR code was changed by pasting.",
        "Paste the text form with its numbered lines instead, or use the picture or the file.",
    ),
    "armor.not_text": (
        "ARMOR",
        "{source} is neither an activation document, a picture nor text.",
        "Choose the .areq or .alic file, a photo of the QR code, or the mail it came with.",
    ),
    "text.differs": (
        "ARMOR",
        "The readable lines say something else than the signed block: {labels}.",
        "Only the signed block counts; 'activation-site inspect FILE' shows it. Ask who changed the lines.",
    ),
    # QR pictures
    "picture.no_code": (
        "ARMOR",
        "No activation QR code could be read in {source}.",
        "Take the photo again: straight, sharp, the whole code with its white border; or use the file.",
    ),
    "picture.foreign_code": (
        "ARMOR",
        "{source} holds a QR code, but not of an activation document.",
        "Photograph the QR code of the request or license sheet.",
    ),
    "picture.unreadable": (
        "ENCODING",
        "{source} is not a picture that can be read here ({kind}).",
        "Save it as PNG or JPEG and try again.",
    ),
    "picture.too_large": (
        "LIMIT",
        "{source} is larger than {limit} megapixels or takes too long to read.",
        "Send a smaller photo, at most {limit} megapixels.",
    ),
    "picture.reader_failed": (
        "IO",
        "The picture reader stopped before it finished {source}.",
        "Try again; if it stays so, use the file or the text form.",
    ),
    "picture.terminal_too_small": (
        "USAGE",
        "The QR code needs {needed} characters; this terminal has {columns} x {lines}.",
        "Make the window larger, or write the code to a picture with --qr FILE.png.",
    ),
    "carrier.unreadable": (
        "ENCODING",
        "{source} cannot be opened ({what}).",
        "Save the attachment itself and use that file.",
    ),
    "carrier.outlook": (
        "ENCODING",
        "{source} is an Outlook message, which cannot be read here.",
        "Save the attachment itself, or save the mail as text.",
    ),
    "frames.missing": (
        "ARMOR",
        "Parts {missing} of {total} of the QR codes are missing.",
        "Add pictures of the missing parts and try again with all of them.",
    ),
    "frames.mixed": (
        "ARMOR",
        "The QR codes belong to different documents.",
        "Choose pictures of one document only.",
    ),
    "frames.invalid": (
        "LIMIT",
        "A QR code says it is part {index} of {total}, which cannot be.",
        "Make the QR codes again from the original document.",
    ),
    # ENCODING and PROFILE: not our strict form
    "encoding.truncated": (
        "ENCODING",
        "The document ends too early.",
        "Get the whole file again; part of it is missing.",
    ),
    "encoding.trailing": (
        "ENCODING",
        "There are {count} bytes after the end of the document.",
        "Get the original file again; something was added to it.",
    ),
    "encoding.not_deterministic": (
        "ENCODING",
        "The document is not in its one valid encoding ({what}).",
        "Get the original file again; it was changed or not made by this product.",
    ),
    "encoding.unsupported": (
        "PROFILE",
        "The document holds {what}, which is not part of the format.",
        "Get the original file again; it was changed or not made by this product.",
    ),
    "encoding.duplicate_key": (
        "PROFILE",
        "The document holds a field twice.",
        "Get the original file again; it was changed or not made by this product.",
    ),
    "encoding.text": (
        "ENCODING",
        "The document holds text that is not valid UTF-8.",
        "Get the original file again; it was changed or not made by this product.",
    ),
    "profile.envelope": (
        "PROFILE",
        "The document is not a signed activation document ({what}).",
        "Choose the .areq, .alic or .product file itself.",
    ),
    "profile.kind": (
        "PROFILE",
        "This is a {found}, but a {expected} is needed here.",
        "Choose the {expected} file.",
    ),
    "profile.product_source": (
        "PROFILE",
        "{source} is the vendor's source of a product, not the product file.",
        "Choose the .product file that came with the installer; 'activation-vendor product export' makes it.",
    ),
    "profile.newer": (
        "PROFILE",
        "The document uses a newer format ({what}).",
        "Update this software, then try again.",
    ),
    "profile.version": (
        "PROFILE",
        "The document names no valid format version.",
        "Get the original file again; it was changed or not made by this product.",
    ),
    "profile.field_missing": (
        "PROFILE",
        "The document has no field {field}.",
        "Get the original file again; it was changed or not made by this product.",
    ),
    "profile.field_invalid": (
        "PROFILE",
        "The field {field} of the document is not valid ({what}).",
        "Get the original file again; it was changed or not made by this product.",
    ),
    # LIMIT: too much
    "limit.too_large": (
        "LIMIT",
        "{source} is larger than {limit}.",
        "An activation document is a few kilobytes; choose the right file.",
    ),
    "limit.depth": (
        "LIMIT",
        "The document is nested deeper than {limit} levels.",
        "Get the original file again; it was changed or not made by this product.",
    ),
    "limit.count": (
        "LIMIT",
        "{what} exceeds the limit of {limit}.",
        "Use fewer, or split them over several runs.",
    ),
    # SIG and KEY
    "signature.invalid": (
        "SIG",
        "The signature does not match: the {kind} was changed after it was signed.",
        "Get the original file again from the one who made it; do not edit it.",
    ),
    "key.algorithm": (
        "KEY",
        "The document is signed with an algorithm that is not allowed here.",
        "Get the original file again; it was changed or not made by this product.",
    ),
    "key.weak": (
        "KEY",
        "The public key in the document is not a safe Ed25519 key.",
        "Make the document again on a healthy installation; tell the vendor if this one came from there.",
    ),
    "key.unknown": (
        "KEY",
        "The {kind} was not signed by a key of vendor {vendor} that this product trusts.",
        "Ask your vendor for a response signed with the keys of this product version.",
    ),
    "key.revoked": (
        "KEY",
        "The {kind} was signed by a key that the vendor has revoked.",
        "Send a new request; the vendor answers with the current key.",
    ),
    "key.not_for_product": (
        "KEY",
        "The {kind} was signed by a key that is not allowed to sign for product {product}.",
        "Ask the vendor to sign with the key of this product.",
    ),
    "key.not_for_use": (
        "KEY",
        "The signing key is not allowed to sign a {kind}.",
        "Ask the vendor to sign with an issuing key.",
    ),
    "key.outside_time": (
        "KEY",
        "The {kind} was signed outside the time for which its key is valid.",
        "Ask the vendor to sign again with the current key.",
    ),
    "key.root_mismatch": (
        "KEY",
        "The trust list is not signed by the root key pinned at this installation, nor by one it is known to lead to.",
        "Ask your vendor whether its root key changed, and install the product file it names.",
    ),
    "key.file": (
        "KEY",
        "The key file {path} cannot be used: {what}.",
        "Restore the file from your backup and check its owner and mode (0600).",
    ),
    "key.passphrase": (
        "KEY",
        "The passphrase does not open the key file {path}.",
        "Try again with the right passphrase (--passphrase-file, ACTIVATION_VENDOR_PASSPHRASE or the prompt).",
    ),
    "key.is_root": (
        "KEY",
        "The key {key} is the root key, and no trust list can revoke the key that signs it.",
        "After a leak, first make the next root key with 'activation-vendor keys rotate --root', then revoke this one.",
    ),
    "key.root_ended": (
        "KEY",
        "The root key {key} ended on {ended}; it signs no trust list and no product file any more.",
        "Make the next one with 'activation-vendor keys rotate --root'; the sites follow it by the next trust list.",
    ),
    "key.roots_full": (
        "KEY",
        "The root key has been replaced {limit} times, and a trust list has no room for another certificate.",
        "Go on with this root key; before it ends, begin anew in a new home ('activation-vendor init').",
    ),
    "key.only_one": (
        "KEY",
        "The key {key} is the only one that can sign for a product; without it no license could be renewed.",
        "Add --rotate: a new key takes over in the same trust list.",
    ),
    "key.list_full": (
        "KEY",
        "A trust list holds at most {limit} {what}.",
        "Keep the present key until an older one has ended; revoke a retired key only when others may have it.",
    ),
    "key.passphrase_open": (
        "KEY",
        "Other users can read the passphrase file {path}.",
        "Give it mode 0600 and change the passphrase if somebody may have read it.",
    ),
    "key.no_receipts": (
        "KEY",
        "No issuing key may sign a receipt for product {product}; keys of older releases may not.",
        "Run 'activation-vendor keys rotate': the new key may. Then sign the return again.",
    ),
    "key.none": (
        "KEY",
        "No issuing key can sign for product {product} now.",
        "Check the clock here and 'activation-vendor keys list'; 'activation-vendor keys rotate' makes a new key.",
    ),
    "trust.older": (
        "REPLAY",
        "The trust list {number} is older than the installed one {installed}.",
        "Get a current response from the vendor.",
    ),
    "trust.other": (
        "REPLAY",
        "The trust list {number} is another one than the list {number} that is installed.",
        "Tell the vendor that two of its trust lists have the same number; nothing was changed here.",
    ),
}
