"""``sign``: answer requests one by one or by the folder, and write a response for each that can have one."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from offline_activation.cli import manners, vendor_wiring
from offline_activation.cli.vendor_help import epilog
from offline_activation.cli.vendor_unreturned import write_off_lines
from offline_activation.errors import ActivationError, Misuse, Refusal
from offline_activation.files import STANDARD_STREAM

if TYPE_CHECKING:  # only names in signatures
    from offline_activation.cli.vendor_inputs import Arrived
    from offline_activation.cli.vendor_output import Targets
    from offline_activation.vendor.issuing import Answer, Desk
    from offline_activation.vendor.ports import Work

_STOPS: Final = ("key.", "io.database", "internal.")
"""Codes that concern every request, not this one: the command stops."""


def register(program: typer.Typer) -> None:
    """Add the command to ``program``."""
    program.command("sign", epilog=epilog("activation-vendor sign inbox/ -o responses/ --report today.csv"))(_sign)


def _sign(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="Request files, folders (their regular files but .alic), pictures, text, .eml, -, or references.",
        ),
    ],
    *,
    output: Annotated[str, typer.Option("-o", "--output", metavar="FILE|DIR", help="Default: REFERENCE.alic")] = "",
    qr: Annotated[str, typer.Option("--qr", metavar="PNG", help="Also write the QR code.")] = "",
    sheet: Annotated[str, typer.Option("--sheet", metavar="HTML", help="Also write a page for printing.")] = "",
    table: Annotated[str, typer.Option("--report", metavar="CSV", help="Also write what became of each input.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace files that exist.")] = False,
) -> None:
    """Sign or refuse each request by the rules; what rules may not decide waits for a person.

    A return is signed with a receipt: the license is free for another server.

    Exit code 1 when any was refused, 4 when any waits, else 0.  The same request always gets the same response.
    """
    from offline_activation.cli.vendor_inputs import read_requests
    from offline_activation.cli.vendor_output import Targets, report

    targets = Targets(output=output, qr=qr, sheet=sheet, force=force)
    targets.check(several=_may_be_several(files))
    with vendor_wiring.open_books() as store:
        desk = vendor_wiring.desk(store)
        done = [_answered(arrived, desk, targets) for arrived in read_requests(files, store)]
    results = [result for result, _ in done]
    errors = [error for _, error in done if error is not None]
    manners.SESSION.exit_code = _exit_code(results, errors)
    unwritten = _written_report(table, results, force=force) if table else None
    if unwritten is not None:
        errors.append(unwritten)
        manners.SESSION.exit_code = manners.SESSION.exit_code or manners.exit_code_of(unwritten)
    report(output, {"results": results, **_problem(results, errors)}, _lines(results))
    if unwritten is not None:
        manners.warn(unwritten)


def _written_report(path: str, results: list[dict[str, Any]], *, force: bool) -> ActivationError | None:
    """Write the report; what was signed is told all the same when that fails."""
    from offline_activation.cli.vendor_report import write_report

    try:
        write_report(path, results, force=force)
    except ActivationError as error:
        return error
    return None


def arrived_or_rejected(read: "Callable[[], Arrived]", name: str, desk: "Desk") -> "Arrived":
    """Return what ``read`` returns; for damaged input write the one audit entry and raise the error on."""
    try:
        return read()
    except ActivationError as error:
        record_rejection(desk, error, name)
        raise


def record_rejection(desk: "Desk", error: ActivationError, name: str) -> None:
    """Write the audit entry of an input that is no request; a name that is not there was never an input."""
    from offline_activation.vendor import intake

    if isinstance(error, Misuse) or error.code in {"io.not_found", "vendor.unknown_request"}:
        return
    with desk.store.begin() as work:
        intake.record_rejection(work, error, source=name, now=desk.clock(), actor=desk.actor)


def result_of(name: str, answer: "Answer", written: str | None) -> dict[str, Any]:
    """Return one entry of ``results``."""
    from offline_activation.formats.names import show_license_number

    return {
        "input": name,
        "reference": answer.reference,
        "outcome": answer.outcome,
        "kind": answer.kind,
        "output": written,
        "code": answer.code,
        "license_number": show_license_number(answer.license_number),
        "revision": answer.revision,
        "reasons": list(answer.reasons),
        **({"approvable": answer.blocking is None} if answer.outcome == "waiting" else {}),
        **({"remedy": answer.blocking.remedy} if answer.blocking is not None else {}),
        **(_said(answer.document) if answer.outcome == "refused" and answer.document else {}),
    }


def _answered(arrived: "Arrived", desk: "Desk", targets: "Targets") -> tuple[dict[str, Any], ActivationError | None]:
    from offline_activation.vendor.issuing import answer

    if arrived.request is None or arrived.error is not None:
        error = arrived.error or Refusal("armor.no_block", source=arrived.name)
        if isinstance(error, Misuse):
            raise error
        record_rejection(desk, error, arrived.name)
        return _failed(arrived, error), error
    given, written = None, None
    try:
        given = answer(desk, arrived.request)
        if given.document is not None:
            written = targets.write_response(given.document, given.reference)
            targets.write_other_forms(given.document, given.reference)
    except ActivationError as error:
        if isinstance(error, Misuse) or error.code.startswith(_STOPS):
            raise
        if given is None:
            return _failed(arrived, error), error
        unwritten = {"code": error.code, "unwritten": manners.as_problem(error)}
        return result_of(arrived.name, given, written) | unwritten | {"text_differs": list(arrived.differs)}, error
    result = result_of(arrived.name, given, written) | {"text_differs": list(arrived.differs)}
    return result | _for_the_vendor(desk, given), None


def _for_the_vendor(desk: "Desk", given: "Answer") -> dict[str, Any]:
    """Return what only the vendor is told about an answer."""
    from offline_activation.cli.vendor_unreturned import counted_json

    with desk.store.read() as work:
        told = counted_json(work, given.license_number, given.code)
        revoked = _revoked_since(work, given)
    if revoked is None:
        return told
    manners.warn(revoked)
    return told | {"warnings": [manners.as_problem(revoked)]}


def _revoked_since(work: "Work", given: "Answer") -> Refusal | None:
    """Return a warning about a response that was signed before its key was revoked; it stays as it is."""
    from offline_activation.formats.envelope import open_envelope
    from offline_activation.formats.trust_list import read_trust_list

    newest = work.find_trust_list()
    if given.document is None or newest is None:
        return None
    trust = read_trust_list(open_envelope(newest))
    if open_envelope(given.document).key_id not in trust.revoked:
        return None
    return Refusal("vendor.answer_revoked", reference=given.reference, number=trust.number)


def _problem(results: list[dict[str, Any]], errors: list[ActivationError]) -> dict[str, Any]:
    """Return the ``error`` key: what the first refused input met, or what its signed refusal says."""
    if errors:
        return {"error": manners.as_problem(errors[0])}
    refused = next((result for result in results if result["outcome"] == "refused"), None)
    if refused is None:
        return {}
    keys = ("code", "reason", "message", "remedy")
    return {"error": {key: refused[key] for key in keys}}


def _said(document: bytes) -> dict[str, str]:
    """Return what a signed refusal says."""
    from offline_activation.errors import CATALOG
    from offline_activation.formats.envelope import open_envelope
    from offline_activation.formats.refusal import read_refusal

    content = read_refusal(open_envelope(document))
    return {"reason": CATALOG[content.code][0], "message": content.message, "remedy": content.remedy}


def _failed(arrived: "Arrived", error: ActivationError) -> dict[str, Any]:
    from offline_activation.formats.names import show_license_number

    request = arrived.request
    return {
        "input": arrived.name,
        "reference": request.reference if request else None,
        "outcome": "refused",
        "kind": None,
        "output": None,
        "code": error.code,
        "license_number": show_license_number(request.content.license_number) if request else None,
        "revision": None,
        "reasons": [error.message],
        "remedy": error.remedy,
        "text_differs": list(arrived.differs),
    }


def _may_be_several(files: list[str]) -> bool:
    import os

    return len(files) > 1 or os.path.isdir(files[0])  # noqa: PTH112 - a name as typed, also not UTF-8


def _exit_code(results: list[dict[str, Any]], errors: list[ActivationError]) -> int:
    codes = {manners.exit_code_of(error) for error in errors}
    if any("message" in result for result in results) or manners.EXIT_REFUSED in codes:
        return manners.EXIT_REFUSED
    if codes:
        return max(codes)
    return manners.EXIT_WAITING if any(result["outcome"] == "waiting" for result in results) else manners.EXIT_DONE


def _lines(results: list[dict[str, Any]]) -> Iterator[str]:
    if not results:
        yield "Nothing to sign."
        return
    rows = [("Reference", "Outcome", "Revision", "Response", "Input")]
    rows += [
        (
            result["reference"] or "-",
            "receipt" if result["kind"] == "receipt" else result["outcome"],
            str(result["revision"] or "-"),
            result["output"] or "-",
            "standard input" if result["input"] == "-" else result["input"],
        )
        for result in results
    ]
    yield from manners.table(rows)
    for result in results:
        if result["outcome"] != "signed" or result["code"]:
            yield from ("", *_explained(result))
        elif result["reasons"][1:]:
            yield from ("", f"{result['reference']}:", *(f"  {reason}" for reason in result["reasons"]))
    yield ""
    yield from _next_steps(results)


def _explained(result: dict[str, Any]) -> Iterator[str]:
    unwritten = result.get("unwritten")
    what = f"{result['outcome']}, but not every file was written" if unwritten else result["outcome"]
    yield f"{result['reference'] or result['input']} {what} [{result['code']}]:"
    yield from (f"  {reason}" for reason in ([unwritten["message"]] if unwritten else result["reasons"]))
    remedy = unwritten["remedy"] if unwritten else result.get("remedy")
    if remedy:
        yield f"  next step: {remedy}"
    yield from (f"  {line}" for line in write_off_lines(result))


def _next_steps(results: list[dict[str, Any]]) -> Iterator[str]:
    outputs = [result["output"] for result in results if result["output"]]
    if len(outputs) == 1:
        yield f"Next: send {'it' if outputs[0] == STANDARD_STREAM else outputs[0]} back to the site."
    elif outputs:
        yield f"Next: send the {len(outputs)} responses back to their sites."
    waiting = [result["reference"] for result in results if result.get("approvable")]
    if waiting:
        yield f"Next: activation-vendor review {waiting[0]}, then activation-vendor approve {waiting[0]} --as USER,"
        yield f"      or activation-vendor refuse {waiting[0]} --reason TEXT"
