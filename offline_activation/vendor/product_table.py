"""Reading one table of a product TOML: typed, bounded, nothing left unread."""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from offline_activation.errors import Refusal
from offline_activation.formats.contact import is_mail_address
from offline_activation.formats.names import check_name
from offline_activation.formats.policy import MAX_DAYS
from offline_activation.formats.product import MAX_WARNINGS

_MISSING: Final = object()


def mistake(path: str, what: str) -> Refusal:
    """Return the refusal ``product.invalid`` that says ``what`` is wrong in the file ``path``."""
    return Refusal("product.invalid", path=path, what=what)


class Table:
    """One table being read; every accessor removes its key, :meth:`finish` refuses what nobody read.

    All accessors raise :class:`Refusal` ``product.invalid`` naming the table and the key.
    """

    def __init__(self, content: Mapping[str, Any], *, name: str, path: str) -> None:
        """Take the content of the table ``[name]`` (empty for the top of the file) of the file ``path``."""
        self._left = dict(content)
        self._name = name
        self.path = path

    def table(self, key: str, *, required: bool = False) -> "Table":
        """Return the table ``[key]``; an absent one is empty unless ``required``."""
        if required and key not in self._left:
            raise mistake(self.path, f"the table [{key}] is missing")
        return table_of(self._left.pop(key, {}), key, self.path)

    def named(self, key: str) -> Iterable[tuple[str, Any]]:
        """Return the entries of ``[key.NAME]`` tables, each name checked."""
        found = self._left.pop(key, {})
        if not isinstance(found, dict):
            raise mistake(self.path, f"[{key}] is not a table")
        return [(self._checked_name(name, f"[{key}.{name}]"), rule) for name, rule in found.items()]

    def name(self, key: str) -> str:
        """Return a required name of a-z, 0-9, ``_`` and ``-``."""
        return self._checked_name(self._take(key, _MISSING), self._at(key))

    def text(self, key: str, *, most: int, default: str | None = None) -> str:
        """Return printable text of 1 to ``most`` characters, or ``default`` when the key is absent."""
        found = self._take(key, _MISSING if default is None else default)
        if not isinstance(found, str):
            raise self._wrong(key, "not text")
        if found == default:
            return found
        if not found.strip() or len(found) > most:
            raise self._wrong(key, f"{len(found)} characters, allowed 1 to {most}")
        if not found.isprintable():
            raise self._wrong(key, "contains control or invisible characters")
        return found

    def number(self, key: str, *, default: int, most: int) -> int:
        """Return a whole number of 0 to ``most``."""
        found = self._take(key, default)
        if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= most:
            raise self._wrong(key, f"not a whole number of 0 to {most}")
        return found

    def number_or_none(self, key: str, *, most: int) -> int | None:
        """Return a whole number of 0 to ``most``, or ``None`` when the key is absent."""
        return self.number(key, default=0, most=most) if key in self._left else None

    def yes_or_no(self, key: str, *, default: bool) -> bool:
        """Return ``true`` or ``false``."""
        found = self._take(key, default)
        if not isinstance(found, bool):
            raise self._wrong(key, "not true or false")
        return found

    def words(self, key: str, *, default: tuple[str, ...]) -> tuple[str, ...]:
        """Return a list of texts."""
        found = self._take(key, list(default))
        if not isinstance(found, list) or not all(isinstance(word, str) for word in found):
            raise self._wrong(key, "not a list of texts")
        return tuple(found)

    def falling_days(self, key: str, *, default: tuple[int, ...]) -> tuple[int, ...]:
        """Return numbers of days, each smaller than the one before."""
        found = self._take(key, list(default))
        if not isinstance(found, list) or len(found) > MAX_WARNINGS:
            raise self._wrong(key, f"not a list of at most {MAX_WARNINGS} numbers of days")
        if any(isinstance(day, bool) or not isinstance(day, int) or not 0 < day <= MAX_DAYS for day in found):
            raise self._wrong(key, f"not whole numbers of 1 to {MAX_DAYS}")
        if found != sorted(set(found), reverse=True):
            raise self._wrong(key, "the days do not fall")
        return tuple(found)

    def mail_address(self, key: str) -> str:
        """Return one plain mail address, or nothing."""
        found = self.text(key, most=100, default="")
        if found and not is_mail_address(found):
            raise self._wrong(key, "not one mail address")
        return found

    def web_address(self, key: str) -> str:
        """Return an ``https://`` or ``http://`` address, or nothing."""
        found = self.text(key, most=200, default="")
        if found and not is_web_address(found):
            raise self._wrong(key, "not an address like https://activation.example.com")
        return found

    def finish(self) -> None:
        """Refuse the first key that nobody read."""
        for key in self._left:
            raise mistake(self.path, f"{self._at(key)} is not known")

    def _take(self, key: str, default: object) -> Any:  # noqa: ANN401 - whatever TOML holds; the callers check
        found = self._left.pop(key, default)
        if found is _MISSING:
            raise mistake(self.path, f"{self._at(key)} is missing")
        return found

    def _checked_name(self, found: Any, where: str) -> str:  # noqa: ANN401 - as above
        try:
            return check_name(found, where)
        except Refusal:
            raise mistake(self.path, f"{where} is not a name of a-z, 0-9, _ and -") from None

    def _at(self, key: str) -> str:
        return f"[{self._name}] {key}" if self._name else f"[{key}]"

    def _wrong(self, key: str, what: str) -> Refusal:
        return mistake(self.path, f"{self._at(key)}: {what}")


def table_of(found: Any, name: str, path: str) -> Table:  # noqa: ANN401 - as above
    """Return ``found`` as a table; raises :class:`Refusal` ``product.invalid`` when it is something else."""
    if not isinstance(found, dict):
        raise mistake(path, f"[{name}] is not a table")
    return Table(found, name=name, path=path)


def is_web_address(text: str) -> bool:
    """Tell whether ``text`` is a plain web address with a host and without user name or password."""
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return False
    return parts.scheme in {"https", "http"} and bool(host) and parts.username is None and text.isprintable()
