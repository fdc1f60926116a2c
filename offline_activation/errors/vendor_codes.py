"""Codes of the vendor: what rules and people refuse, the state of the books: reason class, sentence, next step."""

from typing import Final

VENDOR: Final[dict[str, tuple[str, str, str]]] = {
    # what rules and people say about a request
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
    "policy.returned": (
        "POLICY",
        "This server gave the license back on {when}; what runs there now is an older copy.",
        "Make a new request on a server that has not returned it, or speak to the vendor.",
    ),
    "policy.superseded": (
        "POLICY",
        "The license moved to another server on {when}.",
        "Give the copy here back ('activation-site return' counts in your favor), or ask for a transfer back here.",
    ),
    "policy.move_open": (
        "POLICY",
        "The license is about to move to another server: request {reference} is recorded and not signed yet.",
        "Sign that request first ('activation-vendor sign {reference}'), then this one again.",
    ),
    "policy.not_held": (
        "POLICY",
        "This server does not hold the license, so there is nothing to give back.",
        "Make the return on the server that holds it; 'activation-site license' shows the license number there.",
    ),
    "policy.unreturned": (
        "POLICY",
        "The customer has {count} servers that were replaced and never given back; {limit} are allowed.",
        "Return one with 'activation-site return' on the old server, or ask the vendor to write it off.",
    ),
    "policy.proof": (
        "POLICY",
        "The return inside the transfer is not that of the server which holds the license: {what}.",
        "Make the return on the server that holds the license, or hand it in by itself: a person decides about it.",
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
    "policy.ended": (
        "POLICY",
        "The license ended on {until}.",
        "Order a renewal.",
    ),
    "policy.order_open": (
        "POLICY",
        "No order of the license is processed (entered: {order}).",
        "Run 'activation-vendor order process ID' and sign the request again, or 'activation-vendor order cancel ID'.",
    ),
    "policy.not_ordered": (
        "POLICY",
        "The license is not ordered: the order of this license number was cancelled.",
        "Order again, and make the request with the license number of the new order.",
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
    "vendor.clock_behind": (
        "CLOCK",
        "The clock here shows {now}, but the last signature is of {signed} ({what}).",
        "Correct the clock. If it is right now and was ahead then: 'activation-vendor trust renew --clock-is-right'.",
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
    "vendor.unknown_mail": (
        "STATE",
        "There is no mail {mail}.",
        "List the mails with 'activation-vendor mail list'.",
    ),
    "vendor.unknown_license": (
        "STATE",
        "There is no license {license_number}.",
        "List the licenses with 'activation-vendor license list'.",
    ),
    "vendor.license_state": (
        "STATE",
        "The license {license_number} is {state}.",
        "Nothing to do here; 'activation-vendor license show {license_number}' tells when and why.",
    ),
    "vendor.license_revoked": (
        "STATE",
        "The license {license_number} is revoked, and that is final.",
        "Enter a new order; the server gives this license back, then activates with the license number of that one.",
    ),
    "vendor.nothing_unreturned": (
        "STATE",
        "The license {license_number} has no replaced server that was not given back.",
        "Nothing to write off; 'activation-vendor license show {license_number}' lists its former servers.",
    ),
    "vendor.unknown_key": (
        "STATE",
        "There is no key {key}.",
        "List the keys with 'activation-vendor keys list'.",
    ),
    "vendor.key_state": (
        "STATE",
        "The key {key} is already {state}.",
        "Nothing to do; 'activation-vendor trust export -o FILE' gives the list that says so.",
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
    "vendor.answer_revoked": (
        "KEY",
        "The response to {reference} was signed with a key revoked since; a site that knows list {number} refuses it.",
        "Ask for a new request: the same request always gets the same response.",
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
    "order.changes_customer": (
        "POLICY",
        "This order changes the {field} of the license from {before} to {after}.",
        "If that is not meant: 'activation-vendor order cancel {order}', and enter it again.",
    ),
    "order.ends_trial": (
        "POLICY",
        "This order ends the trial of the license, which keeps its last day {until} all the same.",
        "If that is not meant: 'activation-vendor order cancel {order}' and use --perpetual, --until or --trial.",
    ),
    "order.entered_before": (
        "POLICY",
        "{what} is already entered as order {order}.",
        "If it is the same purchase, cancel one of the two with 'activation-vendor order cancel ID'.",
    ),
    "product.invalid": (
        "POLICY",
        "The product file {path} is not valid: {what}.",
        "Correct the line and load it again; samples/infinitime.toml is a complete example.",
    ),
}
