"""``review``, ``refuse``, ``approve`` and ``pending``: the desk of a support agent.  ``sign`` is in vendor_sign."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from offline_activation.cli import manners, vendor_sign, vendor_wiring
from offline_activation.cli.vendor_help import epilog
from offline_activation.cli.vendor_reason import checked_reason
from offline_activation.errors import Misuse, Refusal

if TYPE_CHECKING:  # only names in signatures
    from offline_activation.formats.request import ReceivedRequest
    from offline_activation.vendor.ports import Store, Work
    from offline_activation.vendor.records import Intent, RequestRecord
    from offline_activation.vendor.review import Review

Output = Annotated[str, typer.Option("-o", "--output", metavar="FILE|DIR", help="Default: REFERENCE.alic")]
QR = Annotated[str, typer.Option("--qr", metavar="PNG", help="Also write the QR code.")]
Sheet = Annotated[str, typer.Option("--sheet", metavar="HTML", help="Also write a page for printing.")]
Force = Annotated[bool, typer.Option("--force", help="Replace files that exist.")]


def register(program: typer.Typer) -> None:
    """Add the commands to ``program``."""
    program.command("review", epilog=epilog("activation-vendor review request.areq"))(_review)
    vendor_sign.register(program)
    program.command("refuse", epilog=epilog('activation-vendor refuse request.areq --reason "Invoice 17 is open"'))(
        _refuse
    )
    program.command("pending", epilog=epilog("activation-vendor pending --json"))(_pending)
    program.command("approve", epilog=epilog("activation-vendor approve AR-7K4M-92QX --as ada -o responses/"))(_approve)


def _review(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Request file, picture, text, mail, - or reference.")],
) -> None:
    """Show what a request asks, what would be granted, what changes, and what the rules say.  Changes nothing."""
    from offline_activation.cli.vendor_fork import fork_json
    from offline_activation.cli.vendor_inputs import read_request
    from offline_activation.cli.vendor_review import review_json, review_lines
    from offline_activation.cli.vendor_unreturned import counted_json
    from offline_activation.vendor.answered import as_answered
    from offline_activation.vendor.fork import fork_of
    from offline_activation.vendor.intake import examine, known_about

    now = vendor_wiring.fixed_clock()()
    with vendor_wiring.open_books() as store:
        arrived = read_request(file, store)
        request = _required(arrived.request)
        with store.read() as work:
            found = examine(work, request.content, now=now)
            intent, kept = work.find_intent(request.request_id), work.find_request(request.request_id)
            if intent is not None:
                approved_by = kept.approved_by if kept else None
                found = as_answered(found, intent, zone=request.content.zone, approved_by=approved_by)
            orders = work.orders(license_number=request.content.license_number)
            result = review_json(request, known_about(work, request.content), found, intent, orders=orders)
            result["fork"] = fork_json(request, fork_of(work, request.content, found))
            code = found.blocking.code if found.blocking is not None else intent.code if intent is not None else None
            result |= counted_json(work, request.content.license_number, code)
    result["text_differs"] = list(arrived.differs)
    manners.emit(result, review_lines(result, file))


def _refuse(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Request file, picture, text, mail, - or reference.")],
    *,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="One sentence for the customer.")] = "",
    output: Output = "",
    qr: QR = "",
    sheet: Sheet = "",
    force: Force = False,
) -> None:
    """Sign a refusal with a reason, so that the courier does not come back empty-handed."""
    from offline_activation.cli.vendor_inputs import read_request
    from offline_activation.cli.vendor_output import Targets, report
    from offline_activation.vendor.issuing import refuse

    reason = checked_reason(reason or manners.ask("Reason for the customer", what="--reason"))
    targets = Targets(output=output, qr=qr, sheet=sheet, force=force)
    targets.check(several=False)
    with vendor_wiring.open_books() as store:
        desk = vendor_wiring.desk(store)
        arrived = vendor_sign.arrived_or_rejected(lambda: read_request(file, store), file, desk)
        answer = refuse(desk, _required(arrived.request), reason=reason)
    written = targets.write(answer.document or b"", answer.reference)
    result = vendor_sign.result_of(file, answer, written) | {"text_differs": list(arrived.differs)}
    lines = [f"Request {answer.reference} is refused: {reason}", f"Next: send {written} back to the site."]
    report(written, result, lines)


def _pending() -> None:
    """List the requests that wait for a person."""
    from offline_activation.cli.vendor_show import day

    now = vendor_wiring.fixed_clock()()
    with vendor_wiring.open_books() as store, store.read() as work:
        found = [(record, _pending_json(record, work, now)) for record in work.waiting_requests()]
    rows = [("Reference", "Received", "Purpose", "Company", "Why it waits")]
    rows += [
        (each["reference"], day(record.received), each["purpose"], each["company"] or "-", " ".join(each["reasons"]))
        for record, each in found
    ]
    lines = [*manners.table(rows), "", *_what_to_do([each for _, each in found])] if found else []
    manners.emit({"requests": [each for _, each in found]}, lines or ["No request waits for a person."])


def _what_to_do(waiting: list[dict[str, Any]]) -> list[str]:
    lines = [f"{each['reference']}: {each['remedy']}" for each in waiting if each["remedy"] is not None]
    asks = (each["reference"] for each in waiting if each["approvable"] and each["decision"] == "ask")
    first = next(asks, None)
    if first is not None:
        lines += [f"Next: activation-vendor review {first}, then activation-vendor approve {first} --as USER,"]
        lines += [f"      or activation-vendor refuse {first} --reason TEXT"]
    return lines


def _approve(
    reference: Annotated[str, typer.Argument(metavar="REFERENCE", help="Reference of a waiting request.")],
    *,
    user: Annotated[str, typer.Option("--as", metavar="USER", help="Who approves; stands in the audit log.")] = "",
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="FILE|DIR", help="Also sign now and write the response.")
    ] = "",
    force: Force = False,
) -> None:
    """Approve a waiting request; the response is signed by the next 'sign', or at once with -o.

    Exactly what was approved is signed, whatever is ordered in between.
    """
    from offline_activation.cli.vendor_output import Targets, report
    from offline_activation.vendor.issuing import answer, approve

    user = user or manners.ask("Who approves", what="--as")
    if len(user) > 64 or not user.strip() or not user.isprintable():  # noqa: PLR2004 - as long as a user name is
        raise Misuse("usage.invalid", what="--as is a user name of at most 64 printable characters")
    targets = Targets(output=output, force=force)
    targets.check(several=False)
    with vendor_wiring.open_books() as store:
        request = _waiting(reference, store)
        desk = vendor_wiring.desk(store)
        if output:
            desk.signers(vendor_wiring.issuing_key_for(store, request.content, desk.clock()))
        with store.begin() as work:
            _refuse_hopeless(work, request, desk.clock())
            intent = approve(work, request, user=user, now=desk.clock())
        done = answer(desk, request) if output else None
    written = targets.write(done.document, request.reference) if done and done.document else None
    granted = "its receipt" if intent.kind == "receipt" else f"revision {intent.revision}"
    lines = [f"Request {request.reference} is approved by {user}: {granted} will be as reviewed."]
    lines.append(
        f"Next: send {written} back to the site." if written else f"Next: activation-vendor sign {request.reference}"
    )
    report(written or "", _approved_json(request, intent, user, written), lines)


def _approved_json(request: "ReceivedRequest", intent: "Intent", user: str, written: str | None) -> dict[str, Any]:
    from offline_activation.formats.names import show_license_number

    return {
        "reference": request.reference,
        "license_number": show_license_number(intent.license_number),
        "approved_by": user,
        "outcome": "signed" if written else "approved",
        "kind": intent.kind,
        "revision": intent.revision,
        "output": written,
    }


def _waiting(typed: str, store: "Store") -> "ReceivedRequest":
    from offline_activation.formats.names import read_reference
    from offline_activation.formats.request import receive_request

    reference = read_reference(typed)
    with store.read() as work:
        records = work.requests_by_reference(reference) if reference else ()
    if not records:
        raise Refusal("vendor.unknown_request", reference=reference or typed)
    if len(records) > 1:
        raise Refusal("limit.count", what=f"The number of requests with reference {reference}", limit=1)
    return receive_request(records[0].document)


def _pending_json(record: "RequestRecord", work: "Work", now: int) -> dict[str, Any]:
    from offline_activation.cli.vendor_show import instant, number
    from offline_activation.formats.request import receive_request
    from offline_activation.vendor.intake import examine

    known = work.find_license(record.license_number)
    content = receive_request(record.document).content
    found = examine(work, content, now=now)
    return {
        "reference": record.reference,
        "license_number": number(record.license_number),
        "purpose": content.purpose.name.lower(),
        "product": content.product,
        "company": known.company if known else content.contact.company,
        "received": instant(record.received),
        "decision": found.decision,
        "reasons": list(found.reasons),
        "approvable": found.blocking is None,
        "remedy": _way_out(found, record.reference),
    }


def _way_out(found: "Review", reference: str) -> str | None:
    """Return the next step for a request that waits and that no approval helps; ``None`` when one does."""
    if found.decision == "refuse":
        return f"No longer grantable: 'activation-vendor sign {reference}' writes the refusal."
    if found.decision == "sign":
        return f"Nothing is left to ask: 'activation-vendor sign {reference}' signs it."
    if found.blocking is None:
        return None
    return f"{found.blocking.remedy} Or give up: 'activation-vendor refuse {reference} --reason TEXT'."


def _refuse_hopeless(work: "Work", request: "ReceivedRequest", now: int) -> None:
    """Refuse to approve what could be granted when it came and cannot be any more."""
    from offline_activation.vendor.intake import examine

    if work.find_intent(request.request_id) is not None:
        return
    found = examine(work, request.content, now=now)
    if found.blocking is not None:
        raise found.blocking.advising(_way_out(found, request.reference) or found.blocking.remedy)


def _required(request: "ReceivedRequest | None") -> "ReceivedRequest":
    if request is None:
        raise Refusal("armor.no_block", source="the input")
    return request
