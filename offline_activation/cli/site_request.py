"""``request`` and the requests with a purpose of their own: asking the vendor."""

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from offline_activation.cli import manners
from offline_activation.cli.site_views import open_site, problems_json, warn_each
from offline_activation.errors import Misuse

if TYPE_CHECKING:
    from offline_activation.cli.site_delivery import Outputs
    from offline_activation.formats.contact import Contact
    from offline_activation.formats.names import LicenseNumber
    from offline_activation.formats.request import Purpose, ReceivedRequest
    from offline_activation.site.directory import StateDirectory

_HELP: Final = (
    "Make a signed activation request: a file to carry to the vendor.\n\n"
    "The license number is needed the first time only; contact details are remembered.\n\n"
    "Required contact fields: first name, last name, company, address1, city, state, zip, phone, email."
)
_PURPOSES: Final = {
    "return": (
        "Ask the vendor to take the license back.\n\n"
        "The license stays in force here until the vendor's response is imported."
    ),
    "transfer": (
        "Ask the vendor to move the license here from a server that is still present.\n\n"
        "A person at the vendor decides; nothing changes here until the response is imported."
    ),
    "rebind": (
        "Ask the vendor to bind the license to this server's changed hardware.\n\n"
        "A person at the vendor decides; the old license works within its tolerance until then."
    ),
    "rehost": (
        "Ask the vendor to move the license here from a server that is gone.\n\n"
        "A person at the vendor decides; give the license number, for this server is new to it."
    ),
}

Number = Annotated[str, typer.Option("--license-number", metavar="LN", help="Needed the first time only.")]
PurposeName = Annotated[
    str, typer.Option("--purpose", metavar="P", help="activate, update, renew, rebind, rehost, transfer or return.")
]
ContactFile = Annotated[str, typer.Option("--contact", metavar="FILE.toml", help="Contact details; flags win over it.")]
Given = str | None


def register(program: typer.Typer) -> None:
    """Add the commands to ``program``."""
    epilog = "Example: activation-site request --license-number LN --contact contact.toml --qr request.png"
    program.command("request", help=_HELP, epilog=epilog)(_ask)
    for name, text in _PURPOSES.items():
        example = f"Example: activation-site {name} -o {name}.areq"
        program.command(name, help=text, epilog=example)(_with_purpose(name))


def _ask(  # noqa: PLR0913 - the form has these fields
    *,
    license_number: Number = "",
    purpose: PurposeName = "",
    contact: ContactFile = "",
    output: Annotated[str, typer.Option("-o", "--output", metavar="FILE", help="Default: REFERENCE.areq")] = "",
    qr: Annotated[str, typer.Option("--qr", metavar="PNG", help="Also write the QR code.")] = "",
    sheet: Annotated[str, typer.Option("--sheet", metavar="HTML", help="Also write a page for printing.")] = "",
    terminal_qr: Annotated[bool, typer.Option("--terminal-qr", help="Also show the QR code here.")] = False,
    ascii_only: Annotated[bool, typer.Option("--ascii", help="Show it with ASCII characters only.")] = False,
    light: Annotated[bool, typer.Option("--light", help="Show it for dark text on a light screen.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace files that exist.")] = False,
    again: Annotated[str, typer.Option("--again", metavar="REFERENCE", help="Write an open request anew.")] = "",
    use: Annotated[list[str] | None, typer.Option("--use", metavar="LIMIT=N", help="How many are in use.")] = None,
    first_name: Annotated[Given, typer.Option("--first-name")] = None,
    middle_name: Annotated[Given, typer.Option("--middle-name")] = None,
    last_name: Annotated[Given, typer.Option("--last-name")] = None,
    company: Annotated[Given, typer.Option("--company")] = None,
    address1: Annotated[Given, typer.Option("--address1")] = None,
    address2: Annotated[Given, typer.Option("--address2")] = None,
    city: Annotated[Given, typer.Option("--city")] = None,
    state: Annotated[Given, typer.Option("--state")] = None,
    zip: Annotated[Given, typer.Option("--zip")] = None,  # noqa: A002 - the field's name
    phone: Annotated[Given, typer.Option("--phone")] = None,
    fax: Annotated[Given, typer.Option("--fax")] = None,
    email: Annotated[Given, typer.Option("--email")] = None,
) -> None:
    given = dict(locals())
    from offline_activation.cli.site_delivery import Outputs  # noqa: PLC0415 - commands import what they need

    outputs = Outputs(
        file=output, qr=qr, sheet=sheet, terminal=terminal_qr, ascii_only=ascii_only, light=light, force=force
    )
    outputs.check()
    if again:
        _write_again(again, outputs)
    else:
        _make(license_number, purpose, contact, {name: given[name] for name in _contact_names()}, use or [], outputs)


def _with_purpose(name: str) -> Callable[..., None]:
    """Return the command that asks with this purpose; its options are those of ``request`` without ``--purpose``."""

    @functools.wraps(_ask)
    def command(**given: Any) -> None:  # noqa: ANN401 - the options of _ask
        _ask(**given, purpose=name)

    signature = inspect.signature(_ask)
    kept = [item for item in signature.parameters.values() if item.name not in {"purpose", "again"}]
    command.__signature__ = signature.replace(parameters=kept)  # type: ignore[attr-defined]
    return command


def _contact_names() -> tuple[str, ...]:
    from offline_activation.formats.contact import FIELDS  # noqa: PLC0415 - commands import what they need

    return tuple(field.name for field in FIELDS)


def _make(
    typed_number: str,
    purpose: str,
    contact_file: str,
    flags: dict[str, str | None],
    uses: list[str],
    outputs: "Outputs",
) -> None:
    import os  # noqa: PLC0415 - commands import what they need
    import time  # noqa: PLC0415

    from offline_activation.cli.site_license import read_uses  # noqa: PLC0415
    from offline_activation.site import contacts, requesting, zone  # noqa: PLC0415

    now = int(time.time())
    directory = open_site()
    usage = read_uses(uses)
    _refuse_unknown_limits(directory, usage)
    layers = [contacts.read_file(contact_file)] if contact_file else []
    wish = requesting.Wish(
        purpose=_purpose(purpose),
        license_number=_number(directory, typed_number),
        contact=_completed(contacts.merged(contacts.remembered(directory), *layers, flags)),
        usage=usage,
        zone=zone.local_zone(os.environ),
    )
    made = requesting.make_request(directory, wish, now=now, random=os.urandom)
    try:
        file = outputs.deliver(made.document, made.reference)
    except BaseException:
        requesting.withdraw(directory, made)
        raise
    unfinished = requesting.conclude(directory, made, now=now)
    warn_each(unfinished)
    _emit(made, file, outputs, {"warnings": problems_json(unfinished)}, directory)


def _emit(
    made: "ReceivedRequest", file: str, outputs: "Outputs", more: dict[str, Any], directory: "StateDirectory"
) -> None:
    from offline_activation.formats.names import show_license_number  # noqa: PLC0415 - commands import what they need
    from offline_activation.verify.installed import read_product_file  # noqa: PLC0415

    purpose = made.content.purpose.name.lower()
    support = read_product_file(str(directory.home)).support_email
    result = {
        "reference": made.reference,
        "file": file,
        "bytes": len(made.document),
        "purpose": purpose,
        "license_number": show_license_number(made.content.license_number),
        "qr": outputs.qr or None,
        "sheet": outputs.sheet or None,
        **more,
    }
    others = "".join(f", {name} {path}" for name, path in (("QR code", outputs.qr), ("sheet", outputs.sheet)) if path)
    lines = [
        f"Request {made.reference} ({purpose}, {len(made.document)} bytes): file {file}{others}",
        f"Next: send it to the vendor{f' ({support})' if support else ''}; what comes back is imported with",
        "      activation-site import FILE",
    ]
    if outputs.file == "-":
        for line in lines:
            manners.note(line)
    else:
        manners.emit(result, lines)


def _write_again(typed: str, outputs: "Outputs") -> None:
    from offline_activation.formats.request import receive_request  # noqa: PLC0415 - commands import what they need
    from offline_activation.site.pending import find_open  # noqa: PLC0415

    directory = open_site()
    made = receive_request(find_open(directory, typed).document)
    file = outputs.deliver(made.document, made.reference)
    _emit(made, file, outputs, {"warnings": []}, directory)


def _purpose(text: str) -> "Purpose | None":
    from offline_activation.formats.request import Purpose  # noqa: PLC0415 - commands import what they need

    if not text:
        return None
    try:
        return Purpose[text.upper()]
    except KeyError:
        names = ", ".join(each.name.lower() for each in Purpose)
        raise Misuse("usage.invalid", what=f"The purpose is one of {names}") from None


def _refuse_unknown_limits(directory: "StateDirectory", usage: dict[str, int]) -> None:
    from offline_activation.verify.installed import read_product_file  # noqa: PLC0415 - commands import what they need

    known = read_product_file(str(directory.home)).limits
    for name in usage:
        if name not in known:
            raise Misuse("usage.invalid", what=f"There is no limit {name}; the product has {', '.join(known)}")


def _number(directory: "StateDirectory", typed: str) -> "LicenseNumber":
    """Return the license number of the request: typed, in use here already, or asked for on a terminal."""
    from offline_activation.formats.names import read_license_number  # noqa: PLC0415 - commands import what they need
    from offline_activation.site.installation import read_installation  # noqa: PLC0415
    from offline_activation.site.requesting import license_number  # noqa: PLC0415

    found = license_number(read_installation(directory), read_license_number(typed) if typed else None)
    return found or read_license_number(manners.ask("License number", what="--license-number"))


def _completed(contact: "Contact") -> "Contact":
    """Return ``contact`` with the required fields that are missing asked for; without a terminal they are named."""
    from offline_activation.formats.contact import FIELDS  # noqa: PLC0415 - commands import what they need
    from offline_activation.site.contacts import merged, missing  # noqa: PLC0415

    absent = missing(contact)
    if absent and not manners.is_terminal():
        raise Misuse("usage.missing", what=", ".join("--" + name.replace("_", "-") for name in absent))
    labels = {field.name: field.label for field in FIELDS}
    return merged(contact, {name: manners.ask(labels[name], what=labels[name]) for name in absent})
