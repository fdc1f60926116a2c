"""The text of an HTML mail or page, for finding a document in it; nothing of it is ever shown as HTML.

One pass over the page: the parser of the standard library took 28 s for 256 KiB of ``<!--``.
"""

import re
from collections.abc import Iterator
from html import unescape
from typing import Final

_TAG: Final = re.compile(r"<(?=[!?]|/?[a-z])", re.IGNORECASE | re.ASCII)
_NAME: Final = re.compile(r"/?([a-z][a-z0-9]*)", re.IGNORECASE | re.ASCII)
_UNSHOWN: Final = {
    name: re.compile(rf"</{name}\b", re.IGNORECASE | re.ASCII) for name in ("script", "style", "title", "template")
}
_LINES: Final = frozenset(
    ("address", "blockquote", "br", "dd", "div", "dl", "dt", "h1", "h2", "h3", "hr", "li", "ol", "p", "pre", "td", "tr")
)


def text_of(page: str) -> str:
    """Return the visible text of ``page``, with line breaks where blocks begin and end; broken markup ends the text."""
    return unescape("".join(_pieces(page)))


def _pieces(page: str) -> Iterator[str]:
    at = 0
    while begun := _TAG.search(page, at):
        start = begun.start()
        yield page[at:start]
        if page.startswith("<!--", start):
            at = page.find("-->", start + 4) + 3
            if at < 3:  # noqa: PLR2004 - not found: everything after is comment
                return
            continue
        match = _NAME.match(page, start + 1)
        at = page.find(">", start) + 1
        if at == 0:
            return
        name = match[1].lower() if match else ""
        if name in _LINES:
            yield "\n"
        if name in _UNSHOWN and page[start + 1] != "/":
            end = _UNSHOWN[name].search(page, at)
            if end is None:
                return
            at = end.start()
    yield page[at:]
