"""``keys`` and ``trust``: the vendor's keys over time, and the list by which sites learn of them."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from offline_activation.cli import manners, vendor_wiring
from offline_activation.cli.vendor_help import ANYWHERE, epilog
from offline_activation.cli.vendor_reason import checked_reason
from offline_activation.errors import Misuse, Refusal

if TYPE_CHECKING:  # only names in signatures
    from offline_activation.formats.keys import Signer
    from offline_activation.formats.names import LicenseNumber
    from offline_activation.vendor.founding import FirstKey
    from offline_activation.vendor.ports import Store, Work
    from offline_activation.vendor.records import KeyRecord
    from offline_activation.vendor.rotation import KeyChange

NO_ENCRYPTION = (
    "warning: the signing keys are stored WITHOUT a passphrase; whoever can read the directory can sign licenses."
)

Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="One sentence for the audit log.")]


def register(program: typer.Typer) -> None:
    """Add the commands to ``program``."""
    keys = typer.Typer(
        help="The vendor's keys.  Example: activation-vendor keys list", cls=program.info.cls, epilog=ANYWHERE
    )
    keys.command("list", epilog=epilog("activation-vendor keys list --json"))(_list)
    keys.command("rotate", epilog=epilog('activation-vendor keys rotate --reason "Yearly"'))(_rotate)
    keys.command(
        "revoke", epilog=epilog('activation-vendor keys revoke 5f0c3a9e71d2b846 --rotate --reason "Laptop stolen"')
    )(_revoke)
    program.add_typer(keys, name="keys")
    trust = typer.Typer(
        help="The trust list.  Example: activation-vendor trust export -o t.txt", cls=program.info.cls, epilog=ANYWHERE
    )
    trust.command("export", epilog=epilog("activation-vendor trust export -o trust.txt"))(_export_trust)
    program.add_typer(trust, name="trust")


def _list() -> None:
    """List the vendor's keys: active ones sign, retired ones have signed, revoked ones are worth nothing."""
    with vendor_wiring.open_books() as store, store.read() as work:
        records = work.keys()
    found = [_key_json(record) for record in records]
    rows = [
        (key["fingerprint"], key["role"], key["state"], key["not_before"][:10], key["not_after"][:10], key["uses"])
        for key in found
    ]
    shown = [(*row[:5], ", ".join(row[5]) or "trust list") for row in rows]
    manners.emit({"keys": found}, manners.table([("Key", "Role", "State", "From", "To", "Signs"), *shown]))


def _rotate(*, reason: Reason = "") -> None:
    """Make a new issuing key that signs from now on; what the old one signed stays valid."""
    from offline_activation.vendor.rotation import check_rotation, rotate

    reason, now, keys = reason and checked_reason(reason), vendor_wiring.fixed_clock()(), vendor_wiring.Keys()
    with vendor_wiring.open_books() as store:
        with store.read() as work:
            check_rotation(work, now=now)
        root = _root(store, keys)

        def change(work: "Work", new: "FirstKey") -> "KeyChange":
            return rotate(work, root=root, new=new, reason=reason, now=now, actor=vendor_wiring.actor())

        done = _with_new_key(store, keys, change)
    manners.emit(_change_json(done), [*_made_lines(done), *_next_lines()])


def _revoke(
    key: Annotated[str, typer.Argument(metavar="ID", help="Key id as 'keys list' shows it.")],
    *,
    rotate: Annotated[bool, typer.Option("--rotate", help="Also make a new key that signs from now on.")] = False,
    reason: Reason = "",
) -> None:
    """Revoke an issuing key that others may have; the next trust list tells every site."""
    from offline_activation.vendor.rotation import check_revocation, read_key_id, revoke_key

    wanted, reason = read_key_id(key), reason and checked_reason(reason)
    now, keys = vendor_wiring.fixed_clock()(), vendor_wiring.Keys()
    with vendor_wiring.open_books() as store:
        with store.read() as work:
            check_revocation(work, wanted, rotate=rotate, now=now)
        root = _root(store, keys)

        def change(work: "Work", new: "FirstKey | None") -> "KeyChange":
            return revoke_key(work, wanted, root=root, new=new, reason=reason, now=now, actor=vendor_wiring.actor())

        if rotate:
            done = _with_new_key(store, keys, change)
        else:
            with store.begin() as work:
                done = change(work, None)
        with store.read() as work:
            affected = _signed_by(work, done)
    result = _change_json(done) | {"licenses": affected}
    manners.emit(result, _revoked_lines(done, len(affected)))


def _root(store: "Store", keys: vendor_wiring.Keys) -> "Signer":
    vendor = vendor_wiring.find_vendor(store)
    with store.read() as work:
        known = work.keys()
    record = next((key for key in known if key.role == "root" and key.public_key == vendor.root), None)
    if record is None:
        raise Refusal("key.file", path=vendor_wiring.keys_directory(), what="the books name no root key")
    return keys(record)


def _with_new_key(
    store: "Store", keys: vendor_wiring.Keys, change: "Callable[[Work, FirstKey], KeyChange]"
) -> "KeyChange":
    """Write a new key under the passphrase of the root key and use it; its file goes when the change fails."""
    if keys.passphrase is None:
        manners.note(NO_ENCRYPTION)
    new = vendor_wiring.make_key(keys.passphrase)
    try:
        with store.begin() as work:
            return change(work, new)
    except BaseException:
        with suppress(OSError):
            Path(vendor_wiring.keys_directory(), new.location).unlink()
        raise


def _signed_by(work: "Work", done: "KeyChange") -> list[str]:
    """Return the license numbers whose newest license was signed by the revoked key."""
    from offline_activation.cli.vendor_licenses import every_license, newest_issued
    from offline_activation.cli.vendor_show import number

    found: list[LicenseNumber] = []
    for record in every_license(work):
        newest = newest_issued(work, record)
        if newest is not None and done.revoked is not None and newest[0].key_id == done.revoked.key_id:
            found.append(record.license_number)
    return [number(each) for each in found]


def _change_json(done: "KeyChange") -> dict[str, Any]:
    return {
        "trust_list": done.number,
        "new": None if done.made is None else _key_json(done.made),
        "retired": [_key_json(key) for key in done.retired],
        "revoked": None if done.revoked is None else _key_json(done.revoked),
    }


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


def _next_lines() -> list[str]:
    return [
        "",
        "Keep a new copy of the home: an older one lacks the new key.",
        "Next: activation-vendor product export ID -o FILE.product --force, for the installers you ship from now on.",
    ]


def _revoked_lines(done: "KeyChange", affected: int) -> list[str]:
    from offline_activation.formats.keys import fingerprint

    revoked = fingerprint(done.revoked.public_key) if done.revoked else ""
    wanted = revoked.replace(" ", "")
    return [
        f"Key {revoked} is revoked in trust list {done.number}.",
        *_made_lines(done),
        "",
        f"Licenses in force that it signed: {affected}. Where one is installed it works on, with a warning; a site",
        "that knows the new list imports no other one. It learns of the list from its next response or from the file.",
        "Next: activation-vendor trust export -o vendor.trust, and send it to the sites;",
        f"      activation-vendor license list --signed-by {wanted}, and ask each of them for a new request.",
    ]


def _key_json(record: "KeyRecord") -> dict[str, Any]:
    from offline_activation.cli.vendor_show import instant
    from offline_activation.formats.keys import fingerprint
    from offline_activation.formats.trust_list import Use

    return {
        "key_id": record.key_id.hex(),
        "fingerprint": fingerprint(record.public_key),
        "role": record.role,
        "state": record.state,
        "public_key": record.public_key.hex(),
        "not_before": instant(record.not_before),
        "not_after": instant(record.not_after),
        "uses": [use.name.lower() for use in Use if use in record.uses and use.name],
        "products": None if record.products is None else list(record.products),
        "file": record.location,
    }


def _export_trust(
    *,
    output: Annotated[str, typer.Option("-o", "--output", help="File to write; - is standard output.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Write the current trust list to a file that every site can import."""
    from offline_activation.cli.vendor_output import report, write_document
    from offline_activation.formats.envelope import open_envelope
    from offline_activation.formats.trust_list import read_trust_list

    if not output:
        raise Misuse("usage.missing", what="-o FILE")
    with vendor_wiring.open_books() as store, store.read() as work:
        document = work.find_trust_list()
    if document is None:
        raise Refusal("vendor.not_initialised", path=vendor_wiring.home())
    content = read_trust_list(open_envelope(document))
    written = write_document(output, document, force=force)
    result = {"file": written, "number": content.number, "bytes": len(document)}
    counts = {"keys": len(content.keys), "revoked": [kid.hex() for kid in content.revoked]}
    report(written, result | counts, [f"Trust list {content.number}: {written}"])
