"""The one place that finds and renders templates: site pages, portal, mail, printable sheets.

In a checkout they lie in ``templates/`` beside the package, in an installed wheel in ``offline_activation/_templates``.
Values are escaped in HTML; a value that a template asks for and nobody gave is an error, never an empty space.
"""

from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateNotFound

from offline_activation.errors import Trouble

_PACKAGE: Final = Path(__file__).resolve().parent
_PLACES: Final = (_PACKAGE / "_templates", _PACKAGE.parent / "templates")
_ESCAPED: Final = (".html", ".svg", ".xml")


def render(name: str, /, **values: object) -> str:
    """Return the template ``name`` (for example ``sheet.html``) filled with ``values``.

    Values are escaped when the name ends in ``.html``, ``.svg`` or ``.xml``, and stand as they are in other templates.
    Raises :class:`Trouble` ``io.template_missing`` when the installation lacks the template.
    """
    try:
        return _environment().get_template(name).render(values)
    except TemplateNotFound as error:
        raise Trouble("io.template_missing", name=error.name or name) from error


def folder() -> Path:
    """Return the directory that holds the templates; raises :class:`Trouble` ``io.template_missing`` without one."""
    found = next((place for place in _PLACES if place.is_dir()), None)
    if found is None:
        raise Trouble("io.template_missing", name="templates")
    return found


def _is_escaped(name: str | None) -> bool:
    return name is None or name.endswith(_ESCAPED)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(folder(), encoding="utf-8"),
        autoescape=_is_escaped,  # noqa: S701 - a function that says yes for everything a browser reads
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
