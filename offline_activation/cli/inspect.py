"""``inspect``: read any document for people, and say who vouches for it.  The same in both programs."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Final

import typer

from offline_activation.cli import manners

if TYPE_CHECKING:
    from offline_activation.cli.vouching import Verdict
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
        product: Annotated[str, typer.Option("--product", metavar="FILE", help="Trust this product file.")] = "",
    ) -> None:
        """Show what a document really says, and whether its signature counts here."""
        _inspect(files, product, find_trust or _trust_of_site)

    program.command("inspect", epilog=_EXAMPLE.format(program=program.info.name))(inspect)


def _inspect(files: Sequence[str], product: str, find_trust: FindTrust) -> None:
    from offline_activation.cli.reading import altered_labels, read_document  # noqa: PLC0415 - imports what it needs
    from offline_activation.cli.vouching import vouch  # noqa: PLC0415
    from offline_activation.formats.envelope import open_envelope  # noqa: PLC0415
    from offline_activation.formats.readable import describe  # noqa: PLC0415

    carried = read_document(files)
    envelope = open_envelope(carried.document)
    fields = dict(describe(envelope))
    verdict = vouch(carried.document, _trust_of_product(product) if product else find_trust())
    altered = altered_labels(carried)
    result = {
        "kind": envelope.kind.value,
        "bytes": len(carried.document),
        "reference": fields.get("Reference"),
        "verified": verdict.verified,
        "by": verdict.by,
        "fields": fields,
        "text_differs": list(altered),
        "how": carried.how,
    }
    manners.emit(result, _lines(envelope.kind.value, len(carried.document), fields, verdict))


def _lines(kind: str, size: int, fields: dict[str, str], verdict: "Verdict") -> list[str]:
    rows = [
        ("Document", f"{kind}, {size} bytes"),
        ("Verified", f"{'yes' if verdict.verified else 'no'}: {verdict.by}"),
        *fields.items(),
    ]
    return manners.pairs(rows)


def _trust_of_product(path: str) -> "Trust":
    from offline_activation.cli.reading import read_document  # noqa: PLC0415 - imports what it needs
    from offline_activation.formats.product import receive_product  # noqa: PLC0415
    from offline_activation.verify.trust import pinned_trust  # noqa: PLC0415

    content = receive_product(read_document([path]).document)
    return pinned_trust(content.root, content.trust)


def _trust_of_site() -> "Trust | None":
    from offline_activation.cli.site_views import home  # noqa: PLC0415 - imports what it needs
    from offline_activation.errors import ActivationError  # noqa: PLC0415
    from offline_activation.verify.installed import read_product_file, read_trust  # noqa: PLC0415

    try:
        product = read_product_file(home())
    except ActivationError:
        return None
    return read_trust(home(), product)
