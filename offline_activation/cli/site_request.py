"""``request`` and the requests with a purpose of their own: asking the vendor."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
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
    from offline_activation.site.requesting import Wish

_HELP: Final = (
    "Make a signed activation request: a file to carry to the vendor.\n\n"
    "The license number is needed the first time only; contact details are remembered.\n\n"
    "Required contact fields: first name, last name, company, address1, city, state, zip, phone, email."
)
_PURPOSES: Final = {
    "return": (
        "Give the license back: it stops here at once, and the signed return goes to the vendor.\n\n"
        "The vendor frees the seat and sends a receipt, or a transfer takes the return along (transfer --with FILE on "
        "the new server). Typed again, it writes the same return again."
    ),
    "transfer": (
        "Ask the vendor to move the license here from a server that is still present.\n\n"
        "Give the license back there first (activation-site return -o return.areq) and name that file with --with; "
        "without it a person at the vendor decides. Nothing changes here until the response is imported."
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
_ON_A_NEW_SERVER: Final = {
    "rehost": " --license-number LN --contact contact.toml",
    "transfer": " --license-number LN --contact contact.toml",
}
"""Purposes with which a server asks that has no license yet, and what it must say."""
_ONLY_FOR: Final = {"yes": "return", "proof": "transfer"}
"""Options that one purpose has alone."""


def register(program: typer.Typer) -> None:
    """Add the commands to ``program``."""
    epilog = "Example: activation-site request --license-number LN --contact contact.toml --qr request.png"
    program.command("request", help=_HELP, epilog=epilog)(_ask)
    for name, text in _PURPOSES.items():
        new_here = _ON_A_NEW_SERVER.get(name, "")
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
    yes: options.Yes = False,
    proof: options.Proof = "",
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
    outputs.check(made_before=bool(again) or purpose.lower() == "return")
    if again:
        _write_again(again, outputs)
    else:
        _dispatch(_typed(given), outputs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was typed, apart from where the request goes."""

    number: str
    purpose: "Purpose | None"
    contact_file: str
    flags: dict[str, str | None]
    uses: list[str]
    proof: str
    yes: bool


def _typed(given: dict[str, Any]) -> Asked:
    return Asked(
        number=given["license_number"],
        purpose=_purpose(given["purpose"]),
        contact_file=given["contact"],
        flags={name: given[name] for name in _contact_names()},
        uses=given["use"] or [],
        proof=given["proof"],
        yes=given["yes"],
    )


def _dispatch(asked: Asked, outputs: "Outputs") -> None:
    from offline_activation.formats.request import Purpose

    if asked.purpose is Purpose.RETURN:
        from offline_activation.cli.site_return import give_back

        give_back(asked, outputs)
    else:
        _make(asked, outputs)


def _with_purpose(name: str) -> Callable[..., None]:
    """Return the command that asks with this purpose; its options are those of ``request`` without ``--purpose``."""

    @functools.wraps(_ask)
    def command(**given: Any) -> None:  # noqa: ANN401 - the options of _ask
        _ask(**given, purpose=name)

    signature = inspect.signature(_ask)
    others = {option for option, purpose in _ONLY_FOR.items() if purpose != name}
    kept = [item for item in signature.parameters.values() if item.name not in {"purpose", "again"} | others]
    command.__signature__ = signature.replace(parameters=kept)  # type: ignore[attr-defined]
    return command


def _contact_names() -> tuple[str, ...]:
    from offline_activation.formats.contact import FIELDS

    return tuple(field.name for field in FIELDS)


def _make(asked: Asked, outputs: "Outputs") -> None:
    import os
    import time

    from offline_activation.site import requesting

    now = int(time.time())
    directory = open_site()
    made = requesting.make_request(directory, wish_of(directory, asked), now=now, random=os.urandom)
    try:
        file = outputs.deliver(made.document, made.reference, product_of(directory))
    except BaseException:
        requesting.withdraw(directory, made)
        raise
    warnings = (*requesting.conclude(directory, made, now=now), *requesting.still_open(directory, made))
    witness_clock()
    warn_each(warnings)
    show(made, file, outputs, {"warnings": problems_json(warnings)}, directory)


def wish_of(directory: "StateDirectory", asked: Asked) -> "Wish":
    """Return what was typed as a wish; what is missing is asked for on a terminal, else it is a usage error."""
    import os

    from offline_activation.cli.site_license import read_uses
    from offline_activation.site import contacts, requesting, zone

    usage = read_uses(asked.uses)
    _refuse_unknown_limits(directory, usage)
    layers = [contacts.read_file(asked.contact_file)] if asked.contact_file else []
    proof = _proof(asked)
    return requesting.Wish(
        purpose=asked.purpose,
        license_number=_number(directory, asked.number, proof),
        proof=proof,
        contact=_completed(contacts.merged(contacts.remembered(directory), *layers, asked.flags)),
        usage=usage,
        zone=zone.local_zone(os.environ),
    )


def show(
    made: "ReceivedRequest", file: str, outputs: "Outputs", more: dict[str, Any], directory: "StateDirectory"
) -> None:
    """Print what was made: reference, file and the next step."""
    from offline_activation.formats.names import show_license_number

    purpose = made.content.purpose.name.lower()
    support = product_of(directory).support_email
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


def _proof(asked: Asked) -> bytes | None:
    """Return the document of the return that ``--with`` names."""
    if not asked.proof:
        return None
    from offline_activation.cli.reading import read_document
    from offline_activation.formats.request import Purpose

    if asked.purpose is not Purpose.TRANSFER:
        raise Misuse("usage.invalid", what="--with belongs to a transfer")
    return read_document([asked.proof]).document


def product_of(directory: "StateDirectory") -> "ProductDocument":
    """Return the product of the installation."""
    from offline_activation.verify.installed import read_product_file

    return read_product_file(str(directory.home))


def _write_again(typed: str, outputs: "Outputs") -> None:
    from offline_activation.errors import Refusal
    from offline_activation.formats.request import Purpose, receive_request
    from offline_activation.site.pending import find_open
    from offline_activation.site.returning import find_returned

    directory = open_site(reading=True)
    made = receive_request(find_open(directory, typed).document)
    if made.content.purpose is Purpose.RETURN and find_returned(directory) != made:
        # left by a run that was killed: it must not leave while the license still works
        raise Refusal("site.no_such_request", reference=made.reference).advising(
            "The license is still in force: give it back with 'activation-site return -o FILE'."
        )
    file = outputs.deliver(made.document, made.reference, product_of(directory))
    show(made, file, outputs, {"warnings": []}, directory)


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

    known = product_of(directory).limits
    for name in usage:
        if name not in known:
            raise no_such("limit", name, known)


def _number(directory: "StateDirectory", typed: str, proof: bytes | None) -> "LicenseNumber":
    """Return the license number of the request: typed, in the proof, in use here already, or asked for."""
    from offline_activation.formats.names import read_license_number
    from offline_activation.site.installation import read_installation
    from offline_activation.site.requesting import license_number, proven_number

    site = read_installation(directory)
    wanted = read_license_number(typed) if typed else None
    if proof is not None:
        wanted = proven_number(site, proof, wanted)
    found = license_number(site, wanted)
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
