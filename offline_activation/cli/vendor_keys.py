"""``keys`` and ``trust``: the vendor's keys over time, and the list by which sites learn of them."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from offline_activation.cli import manners, vendor_wiring
from offline_activation.cli.vendor_help import ANYWHERE, epilog
from offline_activation.cli.vendor_reason import checked_reason
from offline_activation.errors import ActivationError, Misuse, Refusal

if TYPE_CHECKING:  # only names in signatures
    from offline_activation.formats.keys import Signer
    from offline_activation.formats.names import LicenseNumber
    from offline_activation.vendor.founding import FirstKey
    from offline_activation.vendor.ports import Store, Work
    from offline_activation.vendor.root_rotation import RootChange
    from offline_activation.vendor.rotation import KeyChange

Change = TypeVar("Change")

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
    trust.command("renew", epilog=epilog("activation-vendor trust renew --clock-is-right"))(_renew_trust)
    program.add_typer(trust, name="trust")


def _list() -> None:
    """List the vendor's keys: active ones sign, retired ones have signed, revoked ones are worth nothing."""
    from offline_activation.cli.vendor_key_views import keys_json, keys_table

    with vendor_wiring.open_books() as store, store.read() as work:
        found = keys_json(work.keys())
    manners.emit({"keys": found}, keys_table(found))


def _rotate(
    *,
    root: Annotated[
        bool, typer.Option("--root", help="Make the next root key, certified by the present one, instead.")
    ] = False,
    reason: Reason = "",
) -> None:
    """Make a new issuing key that signs from now on; what the old one signed stays valid."""
    reason, now, keys = reason and checked_reason(reason), vendor_wiring.fixed_clock()(), vendor_wiring.Keys()
    with vendor_wiring.open_books() as store:
        vendor_wiring.refuse_clock_behind(store, now)
        if root:
            _rotate_root(store, keys, reason, now)
        else:
            _rotate_issuing(store, keys, reason, now)


def _rotate_issuing(store: "Store", keys: vendor_wiring.Keys, reason: str, now: int) -> None:
    from offline_activation.cli.vendor_key_views import change_json, rotated_lines
    from offline_activation.vendor.rotation import check_rotation, rotate

    with store.read() as work:
        check_rotation(work, now=now)
    root = _root(store, keys)

    def change(work: "Work", new: "FirstKey") -> "KeyChange":
        return rotate(work, root=root, new=new, reason=reason, now=now, actor=vendor_wiring.actor())

    done = _with_new_key(store, keys, change)
    manners.emit(change_json(done), rotated_lines(done))


def _rotate_root(store: "Store", keys: vendor_wiring.Keys, reason: str, now: int) -> None:
    from offline_activation.cli.vendor_key_views import root_change_json, root_lines
    from offline_activation.vendor.root_rotation import check_root_rotation, rotate_root

    with store.read() as work:
        check_root_rotation(work)
    old = _root(store, keys)

    def change(work: "Work", new: "FirstKey") -> "RootChange":
        done = rotate_root(work, old=old, new=new, reason=reason, now=now, actor=vendor_wiring.actor())
        vendor_wiring.open_key_file(done.made, keys.passphrase)  # a file that cannot be read would end the vendor
        return done

    done = _with_new_key(store, keys, change)
    manners.emit(root_change_json(done), root_lines(done))


def _revoke(
    key: Annotated[str, typer.Argument(metavar="ID", help="Key id as 'keys list' shows it.")],
    *,
    rotate: Annotated[bool, typer.Option("--rotate", help="Also make a new key that signs from now on.")] = False,
    reason: Reason = "",
) -> None:
    """Revoke an issuing key or a former root key that others may have; the next trust list tells every site."""
    from offline_activation.cli.vendor_key_views import change_json, revoked_lines
    from offline_activation.vendor.rotation import check_revocation, read_key_id, revoke_key

    wanted, reason = read_key_id(key), reason and checked_reason(reason)
    now, keys = vendor_wiring.fixed_clock()(), vendor_wiring.Keys()
    with vendor_wiring.open_books() as store:
        vendor_wiring.refuse_clock_behind(store, now)
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
    manners.emit(change_json(done) | {"licenses": affected}, revoked_lines(done, len(affected)))


def _root(store: "Store", keys: vendor_wiring.Keys) -> "Signer":
    from offline_activation.vendor.keyring import find_root

    vendor = vendor_wiring.find_vendor(store)
    with store.read() as work:
        record = find_root(vendor, work.keys())
    if record is None:
        raise Refusal("key.file", path=vendor_wiring.keys_directory(), what="the books name no root key")
    return keys(record)


def _with_new_key(store: "Store", keys: vendor_wiring.Keys, change: "Callable[[Work, FirstKey], Change]") -> "Change":
    """Write a new key under the passphrase of the root key and use it; its file goes when the change fails."""
    if keys.passphrase is None:
        manners.note(NO_ENCRYPTION)
    new = vendor_wiring.make_key(keys.passphrase)
    try:
        with store.begin() as work:
            return change(work, new)
    except BaseException:
        if _is_in_no_book(store, new):
            with suppress(OSError):
                Path(vendor_wiring.keys_directory(), new.location).unlink()
        raise


def _is_in_no_book(store: "Store", new: "FirstKey") -> bool:
    """Tell whether the books surely lack a key: a commit may be durable although its answer was lost on the way."""
    try:
        with store.read() as work:
            known = work.keys()
    except ActivationError:
        return False  # doctor tells of the file once the books can be read again
    return all(key.public_key != new.signer.public_key for key in known)


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


def _export_trust(
    *,
    output: Annotated[str, typer.Option("-o", "--output", help="File to write; - is standard output.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Write the current trust list to a file that every site can import."""
    from offline_activation.cli.vendor_output import report, write_document
    from offline_activation.formats.envelope import open_envelope
    from offline_activation.formats.trust_list import rank, read_trust_list
    from offline_activation.vendor.keyring import check_root

    if not output:
        raise Misuse("usage.missing", what="-o FILE")
    with vendor_wiring.open_books() as store:
        vendor, now = vendor_wiring.find_vendor(store), vendor_wiring.fixed_clock()()
        vendor_wiring.refuse_clock_behind(store, now)
        with store.read() as work:
            check_root(vendor, work.keys(), now=now)
            document = work.find_trust_list()
    if document is None:
        raise Refusal("vendor.not_initialised", path=vendor_wiring.home())
    content = read_trust_list(open_envelope(document))
    written = write_document(output, document, force=force)
    result = {"file": written, "number": content.number, "bytes": len(document)}
    counts = {"keys": len(content.keys), "revoked": [kid.hex() for kid in content.revoked], "root": rank(content)[0]}
    report(written, result | counts, [f"Trust list {content.number}: {written}"])


def _renew_trust(
    *,
    clock_is_right: Annotated[
        bool, typer.Option("--clock-is-right", help="Say so without being asked: what was signed before was ahead.")
    ] = False,
    reason: Reason = "",
) -> None:
    """Sign the trust list anew, dated now: the clock was ahead once, and is right again."""
    from offline_activation.cli.vendor_key_views import renewed_json, renewed_lines
    from offline_activation.formats.instants import show_instant
    from offline_activation.vendor.dates import exported_ahead
    from offline_activation.vendor.rotation import renew

    reason, now, keys = reason and checked_reason(reason), vendor_wiring.fixed_clock()(), vendor_wiring.Keys()
    if not clock_is_right and not manners.is_terminal():
        raise Misuse("usage.missing", what="--clock-is-right")
    if not clock_is_right and not manners.confirm(f"Is it {show_instant(now)} now?"):
        raise Misuse("usage.invalid", what="Nothing was signed: the answer was no; correct the clock")
    with vendor_wiring.open_books() as store:
        root = _root(store, keys)
        with store.begin() as work:
            exported = exported_ahead(work, now=now)
            number = renew(work, root=root, reason=reason, now=now, actor=vendor_wiring.actor())
            known = list(work.keys())
    result = renewed_json(number, exported, known, now)
    manners.emit(result, renewed_lines(result))
