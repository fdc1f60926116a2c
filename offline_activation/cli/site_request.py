"""``request`` and the requests with a purpose of their own: asking the vendor."""

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import typer

from offline_activation.cli import manners
from offline_activation.cli import site_request_options as options
from offline_activation.cli.site_views import open_site, problems_json, warn_each, witness_clock
from offline_activation.errors import Misuse

if TYPE_CHECKING:
    from offline_activation.cli.site_delivery import Outputs
    from offline_activation.formats.contact import Contact
    from offline_activation.formats.names import LicenseNumber
    from offline_activation.formats.product import ProductDocument
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
_ON_A_NEW_SERVER: Final = frozenset({"rehost", "transfer"})
"""Purposes with which a server asks that has no license yet."""


def register(program: typer.Typer) -> None:
    """Add the commands to ``program``."""
    epilog = "Example: activation-site request --license-number LN --contact contact.toml --qr request.png"
    program.command("request", help=_HELP, epilog=epilog)(_ask)
    for name, text in _PURPOSES.items():
        new_here = " --license-number LN --contact contact.toml" if name in _ON_A_NEW_SERVER else ""
        example = f"Example: activation-site {name}{new_here} -o {name}.areq"
        program.command(name, help=text, epilog=example)(_with_purpose(name))


def _ask(  # noqa: PLR0913 - the form has these fields
    *,
    license_number: options.Number = "",
    purpose: options.PurposeName = "",
    contact: options.ContactFile = "",
    output: options.Output = "",
    qr: options.Qr = "",
    sheet: options.Sheet = "",
    terminal_qr: options.TerminalQr = False,
    ascii_only: options.AsciiOnly = False,
    light: options.Light = False,
    force: options.Force = False,
    again: options.Again = "",
    use: options.InUse = None,
    first_name: options.FirstName = None,
    middle_name: options.MiddleName = None,
    last_name: options.LastName = None,
    company: options.Company = None,
    address1: options.Address1 = None,
    address2: options.Address2 = None,
    city: options.City = None,
    state: options.State = None,
    zip: options.ZipCode = None,  # noqa: A002 - the field's name
    phone: options.Phone = None,
    fax: options.Fax = None,
    email: options.Email = None,
) -> None:
    given = dict(locals())
    from offline_activation.cli.site_delivery import Outputs

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
    from offline_activation.formats.contact import FIELDS

    return tuple(field.name for field in FIELDS)


def _make(
    typed_number: str,
    purpose: str,
    contact_file: str,
    flags: dict[str, str | None],
    uses: list[str],
    outputs: "Outputs",
) -> None:
    import os
    import time

    from offline_activation.cli.site_license import read_uses
    from offline_activation.site import contacts, requesting, zone

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
        file = outputs.deliver(made.document, made.reference, _product(directory))
    except BaseException:
        requesting.withdraw(directory, made)
        raise
    warnings = (*requesting.conclude(directory, made, now=now), *requesting.still_open(directory, made))
    witness_clock()
    warn_each(warnings)
    _emit(made, file, outputs, {"warnings": problems_json(warnings)}, directory)


def _emit(
    made: "ReceivedRequest", file: str, outputs: "Outputs", more: dict[str, Any], directory: "StateDirectory"
) -> None:
    from offline_activation.formats.names import show_license_number

    purpose = made.content.purpose.name.lower()
    support = _product(directory).support_email
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


def _product(directory: "StateDirectory") -> "ProductDocument":
    from offline_activation.verify.installed import read_product_file

    return read_product_file(str(directory.home))


def _write_again(typed: str, outputs: "Outputs") -> None:
    from offline_activation.formats.request import receive_request
    from offline_activation.site.pending import find_open

    directory = open_site(reading=True)
    made = receive_request(find_open(directory, typed).document)
    file = outputs.deliver(made.document, made.reference, _product(directory))
    _emit(made, file, outputs, {"warnings": []}, directory)


def _purpose(text: str) -> "Purpose | None":
    from offline_activation.formats.request import Purpose

    if not text:
        return None
    try:
        return Purpose[text.upper()]
    except KeyError:
        names = ", ".join(each.name.lower() for each in Purpose)
        raise Misuse("usage.invalid", what=f"The purpose is one of {names}") from None


def _refuse_unknown_limits(directory: "StateDirectory", usage: dict[str, int]) -> None:
    from offline_activation.cli.site_license import no_such

    known = _product(directory).limits
    for name in usage:
        if name not in known:
            raise no_such("limit", name, known)


def _number(directory: "StateDirectory", typed: str) -> "LicenseNumber":
    """Return the license number of the request: typed, in use here already, or asked for on a terminal."""
    from offline_activation.formats.names import read_license_number
    from offline_activation.site.installation import read_installation
    from offline_activation.site.requesting import license_number

    found = license_number(read_installation(directory), read_license_number(typed) if typed else None)
    return found or read_license_number(manners.ask("License number", what="--license-number"))


def _completed(contact: "Contact") -> "Contact":
    """Return ``contact`` with the required fields that are missing asked for; without a terminal they are named."""
    from offline_activation.formats.contact import FIELDS
    from offline_activation.site.contacts import merged, missing

    absent = missing(contact)
    if absent and not manners.is_terminal():
        error = Misuse("usage.missing", what=tuple("--" + name.replace("_", "-") for name in absent))
        raise error.advising("Give --contact FILE.toml with these fields, or each field as an option.")
    labels = {field.name: field.label for field in FIELDS}
    return merged(contact, {name: manners.ask(labels[name], what=labels[name]) for name in absent})
