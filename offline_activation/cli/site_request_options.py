"""The options of ``request``: files, forms of the request, and the fields of the form *Activate/Update License*."""

from typing import Annotated, Final

import typer

Number = Annotated[
    str, typer.Option("--license-number", metavar="LN", help="Needed at first. Default: the one in use here.")
]
PurposeName = Annotated[
    str,
    typer.Option(
        "--purpose",
        metavar="P",
        help="activate, update, renew, rebind, rehost, transfer or return. Default: activate, with a license update.",
    ),
]
ContactFile = Annotated[
    str,
    typer.Option(
        "--contact", metavar="FILE.toml", help="Contact details; options win over it. Default: as in the last request."
    ),
]
Given = str | None
_AS_BEFORE: Final = "Default: as in --contact or the last request."
_ALSO_EMPTY: Final = "Default: as in --contact or the last request, else empty."
Output = Annotated[str, typer.Option("-o", "--output", metavar="FILE", help="Default: REFERENCE.areq; - is stdout.")]
Qr = Annotated[str, typer.Option("--qr", metavar="PNG", help="Also write the QR code. Default: no.")]
Sheet = Annotated[str, typer.Option("--sheet", metavar="HTML", help="Also write a page for printing. Default: no.")]
TerminalQr = Annotated[bool, typer.Option("--terminal-qr", help="Also show the QR code here.")]
AsciiOnly = Annotated[bool, typer.Option("--ascii", help="Show it with ASCII characters only.")]
Light = Annotated[bool, typer.Option("--light", help="Show it for dark text on a light screen.")]
Force = Annotated[bool, typer.Option("--force", help="Replace files that exist.")]
Again = Annotated[str, typer.Option("--again", metavar="REFERENCE", help="Write an open request anew.")]
Yes = Annotated[bool, typer.Option("--yes", help="Give the license back without a question.")]
Proof = Annotated[
    str,
    typer.Option("--with", metavar="RETURN.areq", help="The return made on the old server. Default: a person decides."),
]
InUse = Annotated[
    list[str] | None,
    typer.Option("--use", metavar="LIMIT=N", help="How many are in use; may be repeated. Default: not told."),
]
FirstName = Annotated[Given, typer.Option("--first-name", metavar="TEXT", help=_AS_BEFORE)]
MiddleName = Annotated[Given, typer.Option("--middle-name", metavar="TEXT", help=_ALSO_EMPTY)]
LastName = Annotated[Given, typer.Option("--last-name", metavar="TEXT", help=_AS_BEFORE)]
Company = Annotated[Given, typer.Option("--company", metavar="TEXT", help=_AS_BEFORE)]
Address1 = Annotated[Given, typer.Option("--address1", metavar="TEXT", help=_AS_BEFORE)]
Address2 = Annotated[Given, typer.Option("--address2", metavar="TEXT", help=_ALSO_EMPTY)]
City = Annotated[Given, typer.Option("--city", metavar="TEXT", help=_AS_BEFORE)]
State = Annotated[Given, typer.Option("--state", metavar="TEXT", help=_AS_BEFORE)]
ZipCode = Annotated[Given, typer.Option("--zip", metavar="TEXT", help=_AS_BEFORE)]
Phone = Annotated[Given, typer.Option("--phone", metavar="TEXT", help=_AS_BEFORE)]
Fax = Annotated[Given, typer.Option("--fax", metavar="TEXT", help=_ALSO_EMPTY)]
Email = Annotated[Given, typer.Option("--email", metavar="TEXT", help=_AS_BEFORE)]
