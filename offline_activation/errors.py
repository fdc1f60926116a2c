"""Every error of the product: one tree, one table.

    ActivationError            code, message, remedy, reason
    |-- Misuse                 the caller's mistake: a wrong option, a missing value
    |-- Refusal                a document or a policy says no
    `-- Trouble                disk, database, network or operating system failed

A *code* is stable for ever and never reused for something else; ``CATALOG`` holds its reason class, its sentence and
its next step.  Sentences have named gaps that are filled with facts; facts may come from hostile documents, so they are
made printable and short before they enter a sentence.
"""

from typing import Final

MESSAGE_LIMIT: Final = 300
"""Longest message in characters; a refusal is one line that fits a terminal, a log and a mail subject."""

FACT_LIMIT: Final = 80
"""Longest single fact quoted inside a message, in characters."""


def visible(text: str, *, limit: int | None = None) -> str:
    """Return ``text`` with every unprintable character (controls, bidi marks, line separators) shown as an escape.

    At most ``limit`` characters are returned when given; a cut is marked with an ellipsis.
    """
    clipped = text if limit is None else text[: limit + 1]
    if clipped.isprintable():
        shown = clipped
    else:
        shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in clipped)
    if limit is not None and len(shown) > limit:
        return shown[: limit - 1] + "…"
    return shown


class ActivationError(Exception):
    """An outcome with a stable ``code``, one ``message`` sentence, a ``remedy`` (next step) and a ``reason`` class.

    Raise one of the three families, never this class itself.
    """

    def __init__(self, code: str, /, **facts: object) -> None:
        """Take the sentence of ``code`` from ``CATALOG`` and fill its gaps with ``facts``."""
        self.code = code
        self.reason, sentence, remedy = CATALOG[code]
        shown = {name: visible(str(fact), limit=FACT_LIMIT) for name, fact in facts.items()}
        self.message = visible(sentence.format(**shown), limit=MESSAGE_LIMIT)
        self.remedy = visible(remedy.format(**shown), limit=MESSAGE_LIMIT)
        super().__init__(self.message)


class Misuse(ActivationError):
    """The command, option or call is wrong; nothing was tried."""


class Refusal(ActivationError):
    """Signed data or a policy says no; nothing was changed."""


class Trouble(ActivationError):
    """Disk, database, network or operating system failed; nothing was changed."""


CATALOG: Final[dict[str, tuple[str, str, str]]] = {
    # -- ARMOR: the text form was damaged on its way ----------
    "armor.no_block": (
        "ARMOR",
        "No activation document was found in {source}.",
        "Check that the whole block from the BEGIN line to the END line was copied, or use the file itself.",
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
    # -- QR pictures ----------
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
    # -- ENCODING and PROFILE: not our strict form ----------
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
    # -- LIMIT: too much ----------
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
    # -- SIG and KEY ----------
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
        "The trust list is not signed by the root key pinned at this installation.",
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
    "key.none": (
        "KEY",
        "No issuing key can sign for product {product} now.",
        "List the keys with 'activation-vendor keys list' and renew the issuing key.",
    ),
    "trust.older": (
        "REPLAY",
        "The trust list {number} is older than the installed one {installed}.",
        "Get a current response from the vendor.",
    ),
    # -- BINDING: for somebody else ----------
    "license.wrong_machine": (
        "BINDING",
        "The license belongs to another machine: {what}.",
        "Make a request on this machine and send it to the vendor.",
    ),
    "binding.other_product": (
        "BINDING",
        "The {kind} is for product {found}, not for {expected}.",
        "Choose the file made for this product.",
    ),
    "binding.other_request": (
        "BINDING",
        "The {kind} answers request {reference}, which this installation has not made or has cancelled.",
        "Import the response to one of the requests listed by 'activation-site pending'.",
    ),
    "binding.other_license": (
        "BINDING",
        "The license {found} is not the installed license {installed}.",
        "Check which response belongs to this server.",
    ),
    "replay.older_revision": (
        "REPLAY",
        "Revision {found} of the license is older than the installed revision {installed}.",
        "Nothing to do: the newer license stays in force.",
    ),
    "replay.same_revision": (
        "REPLAY",
        "Another license with the same revision {found} is already installed.",
        "Make a new request and import its response.",
    ),
    "clock.future": (
        "CLOCK",
        "The {kind} was made at {issued}, which is in the future of this clock ({now}).",
        "Correct the clock of this server and try again.",
    ),
    "clock.set_back": (
        "CLOCK",
        "The clock of this server shows {now}, but it has already been {seen}.",
        "Correct the clock of this server.",
    ),
    # -- the states of a license ----------
    "license.not_activated": (
        "STATE",
        "This installation has no license yet.",
        "Make a request with 'activation-site request' and import the response.",
    ),
    "license.demo": (
        "STATE",
        "This installation runs in demo mode until {until}.",
        "Make a request with 'activation-site request' and import the response.",
    ),
    "license.demo_note_lost": (
        "IO",
        "There is no license, and the note of when the demo began is lost.",
        "Make a request with 'activation-site request' and import the response, or restore the state directory.",
    ),
    "license.demo_ended": (
        "EXPIRED",
        "The demo ended on {until}.",
        "Make a request with 'activation-site request' and import the response.",
    ),
    "license.expired": (
        "EXPIRED",
        "The license ended on {until}.",
        "Ask the vendor for a renewal, make a request and import the response.",
    ),
    "license.in_grace": (
        "EXPIRED",
        "The license was due for renewal on {due}; it works until {until}.",
        "Make a request with 'activation-site request --purpose renew' and import the response.",
    ),
    "license.renewal_due": (
        "EXPIRED",
        "The license is due for renewal on {due}, in {days} days.",
        "Make a request with 'activation-site request --purpose renew' and import the response.",
    ),
    "license.hardware_changed": (
        "BINDING",
        "{what}.",
        "Make a request with 'activation-site rebind' and import the response.",
    ),
    "license.restored": (
        "IO",
        "The license file is damaged; the kept copy is in force instead.",
        "Import the latest response again.",
    ),
    "license.over_limit": (
        "LIMIT",
        "{limit} in use: {used}, licensed: {licensed}.",
        "Reduce the use or buy more, make a request and import the response.",
    ),
    "license.option_missing": (
        "POLICY",
        "The option {option} is not licensed.",
        "Buy the option, make a request and import the response.",
    ),
    "license.revoked": (
        "STATE",
        "The vendor has revoked this license.",
        "Speak to the vendor.",
    ),
    "license.returned": (
        "STATE",
        "This license was returned to the vendor.",
        "Make a new request to activate again.",
    ),
    "license.unreadable": (
        "IO",
        "The license file cannot be read ({what}).",
        "Check the disk and the rights of the state directory, or import the latest response again.",
    ),
    # -- site: state of the installation ----------
    "site.damaged": (
        "IO",
        "The file {name} of the state directory cannot be used: {what}.",
        "Restore it from your backup of the state directory, or speak to the vendor.",
    ),
    "site.restored": (
        "IO",
        "The file {name} of the state directory is damaged; a good copy is used instead.",
        "Check the disk, run 'activation-site doctor' and import the latest response again.",
    ),
    "site.not_the_server": (
        "STATE",
        "This is a client installation; licenses are handled on the server only.",
        "Run the command on the server.",
    ),
    "site.not_initialised": (
        "STATE",
        "There is no installation in {path}.",
        "Run 'activation-site init FILE.product' first, or name the right directory with --home.",
    ),
    "site.already_initialised": (
        "STATE",
        "There is already an installation in {path}.",
        "Use it, or name another directory with --home.",
    ),
    "site.other_product": (
        "STATE",
        "The installation in {path} is for product {found}, not for {expected}.",
        "Name the right directory with --home or ACTIVATION_SITE_HOME.",
    ),
    "site.no_such_request": (
        "STATE",
        "There is no open request {reference}.",
        "List the open requests with 'activation-site pending'.",
    ),
    "site.request_damaged": (
        "IO",
        "The request file {name} is damaged and does not count.",
        "Make a new request; remove the damaged file.",
    ),
    "site.locked": (
        "IO",
        "Another program is changing this installation.",
        "Wait until it has finished and try again.",
    ),
    "site.unsafe_directory": (
        "IO",
        "The state directory {path} is not safe: {what}.",
        "Give the directory to the service user with mode 0700 and no symbolic links.",
    ),
    "site.license_number_fixed": (
        "STATE",
        "This installation already uses the license number {installed}.",
        "Leave --license-number out; cancel an open request to correct it; another license needs another --home.",
    ),
    "site.unfinished": (
        "IO",
        "{done}, but {what}",
        "Free space or correct the rights of the state directory, then run the same command again to finish.",
    ),
    "identity.none": (
        "BINDING",
        "This machine shows no usable identity: {what}.",
        "Put the state directory on a local file system with a UUID, or give the machine a machine id.",
    ),
    "license_number.invalid": (
        "ENCODING",
        "The license number is mistyped: {what}.",
        "Type it again as it stands in the order mail; hyphens, blanks and case do not matter.",
    ),
    "contact.missing": (
        "POLICY",
        "The contact field {field} is missing.",
        "Give all required fields; 'activation-site request --help' lists them.",
    ),
    "contact.invalid": (
        "POLICY",
        "The contact field {field} is not valid ({what}).",
        "Correct the field and try again.",
    ),
    # -- vendor: policy and state ----------
    "policy.unknown_license": (
        "POLICY",
        "The license number is not known to the vendor.",
        "Check the license number in the order mail and make the request again.",
    ),
    "policy.license_bound": (
        "POLICY",
        "The license number is already used by another server.",
        "Ask the vendor for a transfer, or make the request on the server that holds the license.",
    ),
    "policy.suspended": (
        "POLICY",
        "The license is suspended.",
        "Speak to the vendor.",
    ),
    "policy.revoked": (
        "POLICY",
        "The license has been revoked.",
        "Speak to the vendor.",
    ),
    "policy.refused": (
        "POLICY",
        "The vendor refused the request: {what}.",
        "Speak to the vendor.",
    ),
    "policy.waiting": (
        "POLICY",
        "A person must decide about request {reference}: {what}.",
        "Approve or refuse it with 'activation-vendor approve {reference} --as USER' or 'refuse'.",
    ),
    "policy.not_approved": (
        "POLICY",
        "The user {user} may not {action}.",
        "Ask a person with the right role.",
    ),
    "policy.already_answered": (
        "POLICY",
        "Request {reference} has already been answered.",
        "The same request always gets the same response; sign it again to get the file once more.",
    ),
    "policy.changed_since": (
        "POLICY",
        "What would be signed for request {reference} has changed since it was approved.",
        "Review and approve it again.",
    ),
    "policy.purpose_not_ready": (
        "POLICY",
        "Requests with purpose {purpose} need a person: {what}.",
        "Speak to the vendor.",
    ),
    "policy.ended": (
        "POLICY",
        "The license ended on {until}.",
        "Order a renewal.",
    ),
    "policy.order_open": (
        "POLICY",
        "No order of the license is processed (entered: {order}).",
        "Process the order with 'activation-vendor order process', then sign the request again.",
    ),
    "policy.clock": (
        "CLOCK",
        "The request is dated {created}, far from the vendor's time {now}.",
        "Correct the clock of the server and make the request again.",
    ),
    "vendor.not_initialised": (
        "STATE",
        "There is no vendor in {path}.",
        "Run 'activation-vendor init --name NAME' first, or name the right directory with --home.",
    ),
    "vendor.already_initialised": (
        "STATE",
        "There is already a vendor in {path}.",
        "Use it, or name another directory with --home.",
    ),
    "vendor.unknown_product": (
        "STATE",
        "There is no product {product}.",
        "Load it with 'activation-vendor product load FILE.toml'; 'product list' shows what is there.",
    ),
    "vendor.unknown_order": (
        "STATE",
        "There is no order {order}.",
        "List the orders with 'activation-vendor order list'.",
    ),
    "vendor.order_state": (
        "STATE",
        "The order {order} is already {state}.",
        "Nothing to do, or enter a new order.",
    ),
    "vendor.unknown_license": (
        "STATE",
        "There is no license {license_number}.",
        "List the licenses with 'activation-vendor license list'.",
    ),
    "vendor.unknown_request": (
        "STATE",
        "There is no request {reference}.",
        "List the waiting requests with 'activation-vendor pending'.",
    ),
    "vendor.lint_failed": (
        "STATE",
        "The license prepared for request {reference} would be refused at the site: {what}.",
        "Nothing was signed. Run 'activation-vendor doctor' and report the code.",
    ),
    "vendor.signer_mismatch": (
        "KEY",
        "The signer returned something else than it was given for request {reference}.",
        "Nothing was handed out. Check the signing key or the hardware token.",
    ),
    "order.invalid": (
        "POLICY",
        "The order is not valid: {what}.",
        "Correct it and enter it again.",
    ),
    "product.invalid": (
        "POLICY",
        "The product file {path} is not valid: {what}.",
        "Correct the line and load it again; samples/infinitime.toml is a complete example.",
    ),
    # -- IO: disk, database, network ----------
    "io.not_found": (
        "IO",
        "There is no file {path}.",
        "Check the name and try again.",
    ),
    "io.exists": (
        "IO",
        "{path} already exists and was left as it is.",
        "Choose another name, or add --force to replace it.",
    ),
    "io.template_missing": (
        "IO",
        "The template {name} is missing from this installation.",
        "Install the package again.",
    ),
    "io.not_a_file": (
        "IO",
        "{path} is not a regular file.",
        "Choose the file itself, not a directory, device or pipe.",
    ),
    "io.unreadable": (
        "IO",
        "{path} cannot be read: {what}.",
        "Check the file and its rights.",
    ),
    "io.unwritable": (
        "IO",
        "{path} cannot be written: {what}.",
        "Check free space and rights; nothing was changed.",
    ),
    "io.database": (
        "IO",
        "The database cannot be used: {what}.",
        "Check the path, free space and rights, then try again.",
    ),
    "io.database_locked": (
        "IO",
        "The database is in use by another program.",
        "Wait until it has finished and try again.",
    ),
    "io.database_schema": (
        "IO",
        "The database has schema {found}, this software needs {expected}.",
        "Use the software version that made it, or update this one.",
    ),
    # -- usage: the command line ----------
    "usage.invalid": (
        "USAGE",
        "{what}.",
        "Run the command with --help.",
    ),
    "usage.missing": (
        "USAGE",
        "The value for {what} is missing.",
        "Give it as an option; without a terminal nothing is asked.",
    ),
    "usage.needs_extra": (
        "USAGE",
        "This command needs the package {what}, which is not installed.",
        "Install it with: pip install 'offline-activation[{extra}]'.",
    ),
    "internal.unexpected": (
        "INTERNAL",
        "Something unexpected happened ({what}).",
        "Nothing was acknowledged. Report this line to the maintainers.",
    ),
}
