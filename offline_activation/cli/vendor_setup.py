"""``init`` and ``doctor``: the vendor's own house.  Its keys are in vendor_keys, its products in vendor_products."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from offline_activation.cli import manners, vendor_keys, vendor_products, vendor_wiring
from offline_activation.cli.vendor_help import epilog
from offline_activation.errors import ActivationError, Misuse, Refusal, Trouble

if TYPE_CHECKING:  # only names in signatures
    from offline_activation.cli.vendor_doctor import Finding
    from offline_activation.vendor.founding import FirstKey
    from offline_activation.vendor.records import Vendor


def register(program: typer.Typer) -> None:
    """Add the commands to ``program``."""
    program.command("init", epilog=epilog('activation-vendor init --name "Inception Technologies"'))(_init)
    vendor_products.register(program)
    vendor_keys.register(program)
    program.command("doctor", epilog=epilog("activation-vendor doctor"))(_doctor)


def _init(
    *,
    name: Annotated[str, typer.Option("--name", help="Name of the vendor, as customers see it.")] = "",
    no_passphrase: Annotated[
        bool, typer.Option("--no-passphrase", help="Store the keys unencrypted: for trials only.")
    ] = False,
) -> None:
    """Make the root key, the first issuing key and the database."""
    from offline_activation.vendor.founding import check_vendor_name

    name = name or manners.ask("Name of the vendor", what="--name")
    check_vendor_name(name)
    _refuse_existing()
    if no_passphrase and vendor_wiring.given_passphrase() is not None:
        raise Misuse("usage.invalid", what="--no-passphrase and a passphrase exclude each other")
    passphrase = None if no_passphrase else vendor_wiring.new_passphrase()
    if no_passphrase:
        manners.note(vendor_keys.NO_ENCRYPTION)
    vendor = _make(name, passphrase)
    if vendor_wiring.keys_vanish():
        manners.note("warning: the keys lie in memory and are gone after a restart; move the home to a disk.")
    from offline_activation.formats.keys import fingerprint

    home = vendor_wiring.home()
    result = {"vendor": vendor.name, "home": home, "root_key": fingerprint(vendor.root), "encrypted": not no_passphrase}
    rows = [("Vendor", vendor.name), ("Home", home), ("Root key", fingerprint(vendor.root))]
    manners.emit(
        result,
        [
            *manners.pairs(rows),
            "",
            "Keep a copy of the directory and of the passphrase in two safe places: without the keys no license can",
            "be renewed.",
            "Next: activation-vendor product load FILE.toml",
        ],
    )


def _refuse_existing() -> None:
    where = vendor_wiring.database() or vendor_wiring.home()
    try:
        store = vendor_wiring.open_any_store(create=False)
    except Trouble as error:
        if error.code == "io.not_found":
            return
        raise
    try:
        with store.read() as work:
            if work.find_vendor() is not None:
                raise Refusal("vendor.already_initialised", path=where)
    finally:
        store.close()


def _make(name: str, passphrase: bytes | None) -> "Vendor":
    """Make directory, keys and books; whatever was made is taken away again when a later step fails."""
    made: list[Path] = []
    try:
        _make_directory(Path(vendor_wiring.keys_directory()), made)
        keys = [vendor_wiring.make_key(passphrase) for _ in range(2)]
        made += [Path(vendor_wiring.keys_directory()) / key.location for key in keys]
        return _found(name, *keys)
    except BaseException as error:
        if not (isinstance(error, ActivationError) and error.code == "vendor.already_initialised"):
            _take_away_books()
            _take_away(made)
        raise


def _make_directory(wanted: Path, made: list[Path]) -> None:
    missing = [path for path in (wanted, *wanted.parents) if not path.exists()]
    for path in reversed(missing):
        try:
            path.mkdir(mode=0o700)
        except OSError as error:
            raise Trouble("io.unwritable", path=path, what=(error.strerror or "no directory").lower()) from error
        made.append(path)


def _found(name: str, root: "FirstKey", issuing: "FirstKey") -> "Vendor":
    from offline_activation.vendor.founding import found_vendor

    store = vendor_wiring.open_any_store(create=True)
    try:
        with store.begin() as work:
            return found_vendor(
                work,
                name=name,
                root=root,
                issuing=issuing,
                now=vendor_wiring.fixed_clock()(),
                actor=vendor_wiring.actor(),
            )
    finally:
        store.close()


def _take_away_books() -> None:
    """Remove a new database that belongs to nobody; one that another ``init`` finished in the meantime stays."""
    if vendor_wiring.database():
        return
    with suppress(ActivationError, OSError):
        store = vendor_wiring.open_any_store(create=False)
        try:
            with store.read() as work:
                belongs_to_nobody = work.find_vendor() is None
        finally:
            store.close()
        if belongs_to_nobody:
            Path(vendor_wiring.database_file()).unlink()


def _take_away(made: list[Path]) -> None:
    for path in reversed(made):
        with suppress(OSError):
            path.rmdir() if path.is_dir() else path.unlink()


def _doctor() -> None:
    """Check home, keys, database, audit log, trust list and products.

    Exit code 1 when something is wrong, 3 when it cannot be looked at.
    """
    from offline_activation.cli.vendor_doctor import findings

    with vendor_wiring.open_books() as store:
        found = findings(store)
    bad = [finding for finding in found if not finding.good]
    manners.SESSION.exit_code = manners.EXIT_REFUSED if bad else manners.EXIT_DONE
    result = {
        "healthy": not bad,
        "checks": [
            {"check": item.check, "ok": item.good, "warning": item.warns, "detail": item.detail} for item in found
        ],
    }
    rows = [(item.check, f"{_word(item)}: {item.detail}") for item in found]
    manners.emit(result, [*manners.pairs(rows), "", _verdict(len(bad), sum(item.warns for item in found))])


def _word(finding: "Finding") -> str:
    if not finding.good:
        return "PROBLEM"
    return "warning" if finding.warns else "ok"


def _verdict(problems: int, warnings: int) -> str:
    if not problems and warnings:
        return f"Nothing is wrong; {warnings} warning{'s' * (warnings > 1)}."
    if not problems:
        return "All is well."
    return "1 problem found." if problems == 1 else f"{problems} problems found."
