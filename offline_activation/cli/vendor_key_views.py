"""What ``keys`` shows of keys and of their changes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from offline_activation.cli import manners

if TYPE_CHECKING:  # only names in signatures
    from offline_activation.vendor.records import KeyRecord
    from offline_activation.vendor.root_rotation import RootChange
    from offline_activation.vendor.rotation import KeyChange

_PRODUCTS: Final = (
    "      activation-vendor product export ID -o FILE.product --force, for each product, for new installers."
)


def keys_json(records: "Sequence[KeyRecord]") -> list[dict[str, Any]]:
    """Return all keys; a root key bears its number, 1 for the first."""
    from offline_activation.vendor.keyring import roots

    numbers = {record.key_id: number for number, record in enumerate(roots(records), 1)}
    return [_key_json(record, numbers.get(record.key_id)) for record in records]


def keys_table(keys: Sequence[dict[str, Any]]) -> list[str]:
    """Return the lines of ``keys list``."""
    rows = [
        (
            key["fingerprint"],
            key["role"] if key["number"] is None else f"root {key['number']}",
            key["state"],
            key["not_before"][:10],
            key["not_after"][:10],
            ", ".join(key["uses"]) or ("trust list" if key["state"] == "active" else "nothing"),
        )
        for key in keys
    ]
    return manners.table([("Key", "Role", "State", "From", "To", "Signs"), *rows])


def change_json(done: "KeyChange") -> dict[str, Any]:
    """Return what a rotation or revocation did."""
    return {
        "trust_list": done.number,
        "new": None if done.made is None else _key_json(done.made),
        "retired": [_key_json(key) for key in done.retired],
        "revoked": None if done.revoked is None else _key_json(done.revoked),
    }


def root_change_json(done: "RootChange") -> dict[str, Any]:
    """Return what a rotation of the root key did."""
    return {
        "trust_list": done.number,
        "new": _key_json(done.made, done.root_number),
        "retired": [_key_json(done.retired, done.root_number - 1)],
        "revoked": None,
        "root": bytes(done.made.public_key).hex(),
    }


def rotated_lines(done: "KeyChange") -> list[str]:
    """Return what a person reads after a rotation."""
    return [
        *_made_lines(done),
        "",
        "Keep a new copy of the home: an older one lacks the new key.",
        "Next: activation-vendor product export ID -o FILE.product --force, for the installers you ship from now on.",
    ]


def root_lines(done: "RootChange") -> list[str]:
    """Return what a person reads after a rotation of the root key."""
    from offline_activation.cli.vendor_show import day
    from offline_activation.formats.keys import fingerprint

    made, old = fingerprint(done.made.public_key), fingerprint(done.retired.public_key)
    rows = [
        ("New root key", f"{made}, number {done.root_number}, until {day(done.made.not_after)}"),
        ("Retired", f"{old}, number {done.root_number - 1}; it signs nothing any more"),
        ("Trust list", f"{done.number}, signed by the new root key, inside every response from now on"),
        ("For programs", f"load_license(..., root=...): {bytes(done.made.public_key).hex()}"),
    ]
    return [
        *manners.pairs(rows),
        "",
        "Product files that are out keep working, and so do programs that name the earlier root key.",
        "Keep a new copy of the home, destroy the older ones: a rotation from an older copy would make a second",
        f"root key {done.root_number} that no site believes. The file {done.retired.location} is needed no more.",
        "Next: activation-vendor trust export -o vendor.trust --force, and send it to the sites;",
        _PRODUCTS,
    ]


def revoked_lines(done: "KeyChange", affected: int) -> list[str]:
    """Return what a person reads after a revocation; ``affected`` licenses in force were signed by the key."""
    from offline_activation.formats.keys import fingerprint

    revoked = fingerprint(done.revoked.public_key) if done.revoked else ""
    if done.revoked and done.revoked.role == "root":
        return [
            f"Root key {revoked} is revoked in trust list {done.number}: it vouches for no key any more.",
            *_made_lines(done),
            "",
            "Licenses of the keys in the new list stay good. One that only this root key vouches for works on where it",
            "is installed, with a warning, and is refused at an import by every site that knows the new list.",
            "Next: activation-vendor trust export -o vendor.trust --force, and send it to every site;",
            _PRODUCTS,
        ]
    wanted = revoked.replace(" ", "")
    return [
        f"Key {revoked} is revoked in trust list {done.number}.",
        *_made_lines(done),
        "",
        f"Licenses in force that it signed: {affected}. Where one is installed it works on, with a warning; a site",
        "that knows the new list imports no other one. It learns of the list from its next response or from the file.",
        "Next: activation-vendor trust export -o vendor.trust --force, and send it to the sites;",
        f"      activation-vendor license list --signed-by {wanted}, and ask each of them for a new request;",
        _PRODUCTS,
    ]


def renewed_json(number: int, exported: "Sequence[str]", keys: "Sequence[KeyRecord]", now: int) -> dict[str, Any]:
    """Return a renewed trust list for JSON, and what else was made while the clock was ahead."""
    from offline_activation.cli.vendor_show import instant

    issuing = [key for key in keys if key.role == "issuing" and key.state == "active"]
    return {
        "number": number,
        "issued": instant(now),
        "exported_ahead": list(exported),
        "key_not_valid_yet": bool(issuing) and all(now < key.not_before for key in issuing),
    }


def renewed_lines(result: dict[str, Any]) -> list[str]:
    """Return what a person reads after the trust list was signed anew."""
    lines = [
        f"Trust list {result['number']} is dated {result['issued'][:10]} and goes into every response from now on.",
        "",
        "A response signed while the clock was ahead is refused at its site until that day: ask for a new request.",
    ]
    if result["key_not_valid_yet"]:
        lines.append("Next: activation-vendor keys rotate; the key made then is not valid yet.")
    lines += [
        f"Next: activation-vendor product export {product} -o {product}.product --force, and ship that one."
        for product in result["exported_ahead"]
    ]
    return [*lines, "Next: activation-vendor trust export -o vendor.trust, for sites that got a list of that time."]


def _made_lines(done: "KeyChange") -> list[str]:
    from offline_activation.cli.vendor_show import day
    from offline_activation.formats.keys import fingerprint

    if done.made is None:
        return []
    rows = [("New key", f"{fingerprint(done.made.public_key)}, signs from now on, until {day(done.made.not_after)}")]
    rows += [
        ("Retired", f"{fingerprint(key.public_key)}, what it signed stays valid until {day(key.not_after)}")
        for key in done.retired
    ]
    return manners.pairs([*rows, ("Trust list", f"{done.number}, inside every response from now on")])


def _key_json(record: "KeyRecord", number: int | None = None) -> dict[str, Any]:
    from offline_activation.cli.vendor_show import instant
    from offline_activation.formats.keys import fingerprint
    from offline_activation.formats.trust_list import Use

    return {
        "key_id": record.key_id.hex(),
        "fingerprint": fingerprint(record.public_key),
        "role": record.role,
        "number": number,
        "state": record.state,
        "public_key": record.public_key.hex(),
        "not_before": instant(record.not_before),
        "not_after": instant(record.not_after),
        "uses": [use.name.lower() for use in Use if use in record.uses and use.name],
        "products": None if record.products is None else list(record.products),
        "file": record.location,
    }
