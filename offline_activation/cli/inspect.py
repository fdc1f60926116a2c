"""``inspect``: read any document for people, and say who vouches for it.  The same in both programs."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from offline_activation.cli import manners

if TYPE_CHECKING:
    from offline_activation.verify.trust import Trust

FindTrust = Callable[[], "Trust | None"]
"""Returns what this program's home believes, or ``None`` when there is no home."""

_EXAMPLE: Final = "Example: {program} inspect AR-7K4M-92QX.alic --product infinitime.product"


def register(program: typer.Typer, find_trust: FindTrust | None = None) -> None:
    """Add the command to ``program``; without ``find_trust`` the site's state directory is asked."""

    def inspect(
        files: Annotated[
            list[str], typer.Argument(metavar="FILE...", help="Any document, text, mail or picture(s); - is stdin.")
        ],
        *,
        product: Annotated[
            str, typer.Option("--product", metavar="FILE", help="Trust this product file. Default: the installed one.")
        ] = "",
        with_hex: Annotated[bool, typer.Option("--hex", help="Also show the bytes, field by field.")] = False,
    ) -> None:
        """Show everything a document says, and whether its signature counts here."""
        _inspect(files, product, find_trust or _trust_of_site, with_hex=with_hex)

    program.command("inspect", epilog=_EXAMPLE.format(program=program.info.name))(inspect)


def _inspect(files: Sequence[str], product: str, find_trust: FindTrust, *, with_hex: bool) -> None:
    from offline_activation.cli import inspect_details
    from offline_activation.cli.reading import altered_labels, read_document
    from offline_activation.cli.vouching import vouch
    from offline_activation.formats.content import content
    from offline_activation.formats.envelope import open_envelope
    from offline_activation.formats.readable import describe

    carried = read_document(files)
    envelope = open_envelope(carried.document)
    told = describe(envelope)
    verdict = vouch(carried.document, _trust_of_product(product) if product else find_trust())
    altered = altered_labels(carried)
    everything = content(envelope)
    fields = dict(told)
    result = {
        "kind": envelope.kind.value,
        "bytes": len(carried.document),
        "reference": fields.get("Reference"),
        "verified": verdict.verified,
        "by": verdict.by,
        "fields": fields,
        "content": everything,
        "text_differs": list(altered),
        "how": carried.how,
    }
    lines = _lines(result, told, inspect_details.technical(envelope.kind, everything))
    if with_hex:
        result["hex"] = inspect_details.hex_json(envelope)
        lines += ["", "Bytes", *inspect_details.hex_lines(envelope)]
    manners.emit(result, lines)


def _lines(
    result: Mapping[str, Any], told: Iterable[tuple[str, str]], technical: Iterable[tuple[str, str]]
) -> list[str]:
    head = [
        ("Document", f"{result['kind']}, {result['bytes']} bytes"),
        ("Verified", f"{'yes' if result['verified'] else 'no'}: {result['by']}"),
    ]
    return [
        *manners.pairs(head),
        "",
        "For people",
        *(f"  {line}" for line in manners.pairs(told)),
        "",
        "Technical (names as in the 'content' of --json)",
        *(f"  {line}" for line in manners.pairs(technical)),
    ]


def _trust_of_product(path: str) -> "Trust":
    from offline_activation.cli.reading import read_document
    from offline_activation.formats.product import receive_product
    from offline_activation.verify.trust import pinned_trust

    content = receive_product(read_document([path]).document)
    return pinned_trust(content.root, content.trust)


def _trust_of_site() -> "Trust | None":
    from offline_activation.cli.site_views import home
    from offline_activation.errors import ActivationError
    from offline_activation.verify.installed import read_product_file, read_trust

    try:
        product = read_product_file(home())
    except ActivationError:
        return None
    return read_trust(home(), product)
