"""``import``: Apply Manual, from whatever form the response arrived in."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from offline_activation.cli import manners
from offline_activation.cli.site_views import emit_refused, open_site, problems_json, warn_each
from offline_activation.errors import Misuse, Refusal

if TYPE_CHECKING:
    from offline_activation.site.directory import StateDirectory
    from offline_activation.site.importing import Imported
    from offline_activation.site.returning import Receipted


_ACCEPTED: Final = frozenset({"license", "refusal", "receipt"})
"""Kinds of documents that answer a request; a trust list is imported as well."""
_WHERE_ELSE: Final = {
    "product": "Choose the file that the vendor sent as the answer; a product file is for 'activation-site init'.",
    "request": "Choose the file that the vendor sent as the answer; a request is what you send to the vendor.",
}


def register(program: typer.Typer) -> None:
    """Add the command to ``program``."""
    program.command("import", epilog="Example: activation-site import AR-7K4M-92QX.alic")(_import)


def _import(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILE...", help="Response file, text, mail, or picture(s) of its QR codes; - is stdin."),
    ] = None,
    *,
    previous: Annotated[
        bool, typer.Option("--previous", help="Put the license before the present one back, where that is allowed.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and show the difference; change nothing.")] = False,
) -> None:
    """Check the vendor's response, show what it changes, and install it (Apply Manual)."""
    import time

    now = int(time.time())
    if previous and files:
        raise Misuse("usage.invalid", what="--previous takes no file: the previous license is kept here")
    if previous:
        _import_previous(now, dry_run=dry_run)
    elif files:
        _import_files(files, now, dry_run=dry_run)
    else:
        raise Misuse("usage.missing", what="FILE")


def _import_files(files: list[str], now: int, *, dry_run: bool) -> None:
    from offline_activation.cli.reading import altered_labels, read_document
    from offline_activation.formats.envelope import Kind, open_envelope
    from offline_activation.site.importing import Imported, Refused, import_response

    directory = open_site(reading=dry_run)
    carried = read_document(files)
    altered = altered_labels(carried)
    kind = open_envelope(carried.document).kind
    if kind is Kind.TRUST:
        _import_trust(directory, carried.document, now, dry_run=dry_run)
        return
    if kind not in _ACCEPTED:
        refusal = Refusal("profile.kind", found=kind.value, expected="license, refusal, receipt or trust list")
        raise refusal.advising(_WHERE_ELSE.get(kind.value, "Choose the file that the vendor sent as the answer."))
    try:
        done = import_response(directory, carried.document, now=now, dry_run=dry_run)
    except Refused as no:
        warn_each(no.unfinished)
        said = {"reference": no.reference, "changes": [], "warnings": problems_json(no.unfinished)}
        emit_refused(said, no, [f"The vendor refused request {no.reference}."])
        return
    warn_each(done.unfinished)
    if isinstance(done, Imported):
        result = _license_json(directory, done, now, dry_run=dry_run) | {"text_differs": list(altered)}
        manners.emit(result, _lines(result))
    else:
        result = _receipt_json(directory, done, now, dry_run=dry_run) | {"text_differs": list(altered)}
        manners.emit(result, _receipt_lines(result))


def _import_previous(now: int, *, dry_run: bool) -> None:
    from offline_activation.site.importing import import_previous

    directory = open_site(reading=dry_run)
    done = import_previous(directory, now=now, dry_run=dry_run)
    warn_each(done.unfinished)
    result = _license_json(directory, done, now, dry_run=dry_run)
    manners.emit(result, _lines(result))


def _receipt_json(directory: "StateDirectory", done: "Receipted", now: int, *, dry_run: bool) -> dict[str, Any]:
    from offline_activation.formats.names import show_license_number
    from offline_activation.verify.installed import load_license, read_product_file

    product = read_product_file(str(directory.home))
    return {
        "kind": "receipt",
        "reference": done.reference,
        "license_number": show_license_number(done.license_number),
        "revision": done.revision,
        "state": load_license(product.product, home=directory.home, now=now).state,
        "changes": [],
        "already_installed": done.already_imported,
        "dry_run": dry_run,
        "warnings": problems_json(done.unfinished),
    }


def _receipt_lines(result: dict[str, Any]) -> list[str]:
    name = f"Receipt for license {result['license_number']} revision {result['revision']}"
    done = "is already imported; nothing changed" if result["already_installed"] else "is imported"
    if result["dry_run"]:
        done = "would be imported; nothing was changed"
    return [f"{name} (answers {result['reference']}) {done}. State: {result['state']}."]


def _license_json(directory: "StateDirectory", done: "Imported", now: int, *, dry_run: bool) -> dict[str, Any]:
    from offline_activation.formats.names import show_license_number
    from offline_activation.verify.installed import load_license, read_product_file
    from offline_activation.verify.standing import licensed_standing

    product = read_product_file(str(directory.home))
    if dry_run:
        state = licensed_standing(done.license, product, now).state
    else:
        state = load_license(product.product, home=directory.home, now=now).state
    return {
        "kind": "license",
        "reference": done.reference,
        "license_number": show_license_number(done.license.license_number),
        "revision": done.license.revision,
        "state": state,
        "changes": [{"field": each.field, "from": each.before, "to": each.after} for each in done.changes],
        "already_installed": done.already_installed,
        "notes": list(_notes(done, dry_run=dry_run)),
        "dry_run": dry_run,
        "warnings": problems_json(done.unfinished),
    }


def _notes(done: "Imported", *, dry_run: bool) -> Iterator[str]:
    """Yield what the administrator should know of this license beside its fields."""
    if any(each.field == "volume_id" for each in done.changes):
        yield f"The license {'would be' if dry_run else 'is now'} bound to the disk that is here now (volume_id)."
    if done.ends_emergency:
        yield f"The emergency license that was opened here {'would end' if dry_run else 'has ended'}."
    if done.ends_emergency and done.license.policy.emergency_days == 0:
        yield "This license holds no emergency license: for 365 days after an opening, only a move brings another one."


def _lines(result: dict[str, Any]) -> list[str]:
    name = f"License {result['license_number']} revision {result['revision']} (answers {result['reference']})"
    if result["already_installed"]:
        return [f"{name} is already installed; nothing changed. State: {result['state']}."]
    verb = "would be installed; nothing was changed" if result["dry_run"] else "is installed"
    rows = [("What changes", "From", "To")]
    rows += [(each["field"], _shown(each["from"]), _shown(each["to"])) for each in result["changes"]]
    notes = ["", *result["notes"]] if result["notes"] else []
    return [f"{name} {verb}. State: {result['state']}.", "", *manners.table(rows), *notes]


def _shown(value: object) -> str:
    if value is None:
        return "-"
    return "on" if value is True else str(value)


def _import_trust(directory: "StateDirectory", document: bytes, now: int, *, dry_run: bool) -> None:
    from offline_activation.site.importing import import_trust_list
    from offline_activation.verify.installed import load_license, read_product_file, read_trust

    product = read_product_file(str(directory.home))
    before = read_trust(str(directory.home), product).current.number
    after = import_trust_list(directory, document, dry_run=dry_run)
    found = load_license(product.product, home=directory.home, now=now)
    result = {
        "reference": None,
        "license_number": found.license_number,
        "revision": found.revision,
        "state": found.state,
        "changes": [{"field": "trust_list", "from": before, "to": after}] if before != after else [],
        "already_installed": before == after,
        "dry_run": dry_run,
    }
    before_it = f" (before: {before})" if before != after else ""
    done = "would be installed" if dry_run else "is installed"
    done = done if before != after else "is already installed"
    manners.emit(result, [f"Trust list {after} {done}{before_it}."])
