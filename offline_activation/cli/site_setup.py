"""``init`` and ``tech-info``: make an installation, and say who this server is."""

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from offline_activation import __version__
from offline_activation.cli import manners
from offline_activation.cli.site_views import emit_refused, home, open_site
from offline_activation.errors import ActivationError, Refusal

if TYPE_CHECKING:
    from offline_activation.identity.reading import Component
    from offline_activation.site.directory import StateDirectory
    from offline_activation.transports.recognize import Carried

_SOURCE_LIMIT: Final = 256 << 10
"""Largest TOML file of a product worth looking at, in bytes."""


def register(program: typer.Typer) -> None:
    """Add the commands to ``program``."""
    program.command("init", epilog="Example: activation-site init infinitime.product")(_init)
    program.command("tech-info", epilog="Example: activation-site tech-info --json")(_tech_info)


def _init(
    file: Annotated[str, typer.Argument(metavar="FILE.product", help="The product file of the vendor.")],
    *,
    client: Annotated[
        bool, typer.Option("--client", help="This is no server: license commands are refused here.")
    ] = False,
) -> None:
    """Make the site key and pin the vendor's root key."""
    import os
    import time

    from offline_activation.cli.reading import altered_labels
    from offline_activation.formats.keys import fingerprint
    from offline_activation.site.installation import initialise
    from offline_activation.site.site_key import read_public_key

    carried = _product_file(file)
    altered = altered_labels(carried)
    directory, product = initialise(home(), carried.document, client=client, now=int(time.time()), random=os.urandom)
    components, problem = _components(directory)
    if problem is not None:
        manners.warn(problem)
    result = {
        "product": product.product,
        "name": product.name,
        "vendor": product.vendor,
        "root_key": fingerprint(product.root),
        "site_key": fingerprint(read_public_key(directory)),
        "client": client,
        "home": str(directory.home),
        "text_differs": list(altered),
        "volume_id": components[0].value if components else None,
    }
    manners.emit(result, _init_lines(result))


def _product_file(file: str) -> "Carried":
    """Return what is in the file; the TOML file from which a vendor makes products is named for what it is."""
    import tomllib

    from offline_activation.cli.reading import read_document
    from offline_activation.files import STANDARD_STREAM, read_bounded

    try:
        return read_document([file])
    except Refusal as refusal:
        if refusal.code != "armor.no_block" or file == STANDARD_STREAM:
            raise
        try:
            source = tomllib.loads(read_bounded(file, limit=_SOURCE_LIMIT).decode("utf-8-sig"))
        except (ActivationError, ValueError, RecursionError):
            raise refusal from None
        if "product" not in source:
            raise
        raise Refusal("profile.product_source", source=file) from refusal


def _init_lines(result: dict[str, Any]) -> list[str]:
    rows = [
        ("Product", f"{result['name']} ({result['product']})"),
        ("Vendor", result["vendor"]),
        ("Root key", result["root_key"]),
        ("Site key", result["site_key"]),
        ("State directory", result["home"]),
    ]
    return [*manners.pairs(rows), "", _next_step(client=result["client"])]


def _next_step(*, client: bool) -> str:
    if client:
        return "Client installation: licenses are handled on the server."
    return "Next: activation-site request --license-number LN --contact FILE.toml"


def _tech_info() -> None:
    """Show product, version, HD Volume ID, components with their sources, site key, license number and paths."""
    directory = open_site(as_server=False, reading=True)
    components, problem = _components(directory)
    result = {**_tech_json(directory), **_identity_json(components)}
    if problem is None:
        manners.emit(result, _tech_lines(result))
    else:
        emit_refused(result, problem, _tech_lines(result))


def _tech_json(directory: "StateDirectory") -> dict[str, Any]:
    from offline_activation.formats.keys import fingerprint
    from offline_activation.site.directory import CLIENT
    from offline_activation.site.site_key import read_public_key
    from offline_activation.verify.installed import read_product_file

    product = read_product_file(str(directory.home))
    return {
        "product": product.product,
        "name": product.name,
        "vendor": product.vendor,
        "version": __version__,
        "client": directory.has(CLIENT),
        "site_key": fingerprint(read_public_key(directory)),
        "license_number": _license_number(directory),
        "home": str(directory.home),
    }


def _identity_json(components: "tuple[Component, ...]") -> dict[str, Any]:
    volume = components[0] if components else None
    return {
        "volume_id": volume.value if volume else None,
        "volume_source": volume.source if volume else None,
        "components": [
            {"name": each.name, "source": each.source, "present": each.value is not None, "note": each.note}
            for each in components
        ],
    }


def _tech_lines(result: dict[str, Any]) -> list[str]:
    rows = [
        ("Product", f"{result['name']} ({result['product']}) of {result['vendor']}"),
        ("Software version", result["version"]),
        ("Installation", "client" if result["client"] else "server"),
        ("HD Volume ID", result["volume_id"] or "none"),
        ("Volume ID source", result["volume_source"] or "none"),
        ("Site key", result["site_key"]),
        ("License number", result["license_number"] or "none"),
        ("State directory", result["home"]),
    ]
    heading = ("Component", "Present", "Source", "What was refused, and why")
    seen = [
        (each["name"], "yes" if each["present"] else "no", each["source"], each["note"])
        for each in result["components"]
    ]
    return [*manners.pairs(rows), "", *manners.table([heading, *seen])]


def _components(directory: "StateDirectory") -> tuple[tuple["Component", ...], ActivationError | None]:
    from offline_activation.identity.components import read_components

    try:
        return read_components(str(directory.home)), None
    except Refusal as problem:
        return (), problem


def _license_number(directory: "StateDirectory") -> str | None:
    from offline_activation.formats.names import show_license_number
    from offline_activation.site.installation import read_installation
    from offline_activation.site.requesting import license_number

    try:
        number = license_number(read_installation(directory), None)
    except ActivationError:
        return None
    return show_license_number(number) if number else None
