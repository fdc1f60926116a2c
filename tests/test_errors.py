"""The catalog of errors: whole, well-formed, used, and the same as docs/errors.md.

``python tests/test_errors.py --write`` writes docs/errors.md anew from the catalog and the code, ``--unused`` lists
the codes that no code uses.
"""

import ast
import re
import string
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_activation import errors
from offline_activation.errors import (
    CATALOG,
    FACT_LIMIT,
    MESSAGE_LIMIT,
    ActivationError,
    Misuse,
    Refusal,
    Trouble,
    visible,
    visible_path,
)

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "offline_activation"
PAGE = ROOT / "docs" / "errors.md"
FAMILIES = {"Misuse": Misuse, "Refusal": Refusal, "Trouble": Trouble}
TO_COME = {
    "policy.clock",
    "policy.not_approved",
}
"""Codes that no code uses yet; to be emptied before a release."""
PUT_TOGETHER = {"policy.revoked", "policy.suspended"}
"""Codes that vendor/rules_license.py makes of the state of a license."""
REASONS = {
    "ARMOR": "the text or picture form was damaged on its way",
    "ENCODING": "the bytes are not in their one valid encoding",
    "PROFILE": "the document is not of our strict form, or of a newer one",
    "SIG": "the signature does not match",
    "KEY": "the key may not sign this, or cannot be used",
    "BINDING": "the document is for somebody or something else",
    "REPLAY": "it is older than what is already here",
    "EXPIRED": "its time is over or runs out",
    "CLOCK": "the clock of this machine is wrong",
    "LIMIT": "too large, too many, more than licensed",
    "POLICY": "a rule or a person decides otherwise",
    "STATE": "not possible in the present state",
    "IO": "disk, database, network or operating system failed",
    "USAGE": "the command line or the call is wrong",
    "INTERNAL": "a mistake of this software",
}


class Raise(NamedTuple):
    """One place in the code that makes an error."""

    place: str
    family: str
    code: str
    facts: frozenset[str] | None
    """Names of the facts given; ``None`` when they are not all written there."""


def raises() -> Iterator[Raise]:
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.func, ast.Name):
                continue
            if node.func.id not in FAMILIES:
                continue
            names = [keyword.arg for keyword in node.keywords]
            facts = None if None in names else frozenset(name for name in names if name is not None)
            for code in strings(node.args[0]):
                yield Raise(f"{path.relative_to(ROOT)}:{node.lineno}", node.func.id, code, facts)


def strings(node: ast.expr) -> list[str]:
    if isinstance(node, ast.IfExp):
        return strings(node.body) + strings(node.orelse)
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def words_of_the_code() -> set[str]:
    """Return every string written in the package outside the catalog."""
    return {
        node.value
        for path in PACKAGE.rglob("*.py")
        if path.parent.name != "errors"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def gaps(code: str) -> set[str]:
    _, sentence, remedy = CATALOG[code]
    return {name for text in (sentence, remedy) for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def filled(code: str, fact: object = "x") -> Refusal:
    return Refusal(code, **dict.fromkeys(gaps(code), fact))


# -- the catalog ------------------------------------------------------------------------------------------------------


def test_every_code_is_written_once() -> None:
    catalogs = [
        node.value
        for path in Path(errors.__file__).parent.glob("*_codes.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict)
    ]
    assert len(catalogs) == 4
    written = [key.value for catalog in catalogs for key in catalog.keys if isinstance(key, ast.Constant)]
    assert len(written) == len(set(written)) == len(CATALOG)


@pytest.mark.parametrize("code", CATALOG)
def test_a_row_is_well_formed(code: str) -> None:
    reason, sentence, remedy = CATALOG[code]
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*", code)
    assert reason in REASONS
    for text in (sentence, remedy):
        assert re.match(r"[A-Z{]", text), "a sentence begins with a capital or a fact"
        assert text.endswith((".", "{what}")), "a sentence ends with a full stop, or with the sentence of another error"
        assert text.isprintable()
        assert "  " not in text
    assert re.match(r"[A-Z]", remedy), "the next step begins with what to do"
    assert all(re.fullmatch(r"[a-z_]+", name) for name in gaps(code)), "gaps are plain names"


@pytest.mark.parametrize("code", CATALOG)
def test_the_longest_facts_are_shortened_and_the_sentence_around_them_is_not(code: str) -> None:
    error = filled(code, "W" * 1000)
    long = "W" * 1000
    shown = {name: visible_path(long) if name in {"path", "source"} else long[:79] + "…" for name in gaps(code)}
    assert {len(text) for text in shown.values()} <= {FACT_LIMIT}
    _, sentence, remedy = CATALOG[code]
    assert (error.message, error.remedy) == (sentence.format(**shown), remedy.format(**shown))
    assert max(len(error.message), len(error.remedy)) <= MESSAGE_LIMIT == 300


@pytest.mark.parametrize("code", CATALOG)
def test_hostile_facts_are_made_visible_and_never_interpreted(code: str) -> None:
    for fact in (
        "\x1b[31mred\r\nBcc: a@b\x00",
        "\u202egnp.exe",
        "\ud800",
        "{0.__class__} %s%n ${jndi:x}",
        "\x9b" * 900,
    ):
        error = filled(code, fact)
        for text in (error.message, error.remedy, str(error)):
            assert text.isprintable()
            assert "\n" not in text
            assert len(text) <= MESSAGE_LIMIT
        if gaps(code) and "{0" in fact and "{0" in error.message:
            assert fact in error.message


def test_a_long_path_keeps_the_name_at_its_end() -> None:
    error = Refusal("vendor.not_initialised", path="/srv/" + "deep/" * 60 + "vendor-home")
    assert "/srv/deep/" in error.message
    assert "deep/vendor-home." in error.message


@given(text=st.text(alphabet=st.characters(), max_size=400), limit=st.integers(1, 400))
def test_visible_text_is_printable_and_short(text: str, limit: int) -> None:
    shown = visible(text, limit=limit)
    assert shown.isprintable()
    assert len(shown) <= limit
    assert visible(shown) == shown
    if text.isprintable() and len(text) <= limit:
        assert shown == text


def test_the_families_are_three_and_carry_what_is_needed() -> None:
    assert set(ActivationError.__subclasses__()) >= set(FAMILIES.values())
    for family in FAMILIES.values():
        error = family("armor.line_damaged", line=7)
        assert isinstance(error, ActivationError)
        assert (error.code, error.reason) == ("armor.line_damaged", "ARMOR")
        assert error.message == str(error) == "Line 7 of the block is damaged."
        assert error.remedy.startswith("Compare line 7 ")


def test_a_code_that_is_not_in_the_catalog_is_a_bug_and_not_an_error() -> None:
    with pytest.raises(KeyError):
        Refusal("no.such_code")
    with pytest.raises(KeyError):
        Refusal("armor.line_damaged")


# -- catalog and code -------------------------------------------------------------------------------------------------


def test_every_error_in_the_code_is_in_the_catalog_and_gives_exactly_its_facts() -> None:
    wrong = []
    for found in raises():
        if found.code not in CATALOG:
            wrong.append(f"{found.place}: {found.code} is not in the catalog")
        elif found.facts is not None and found.facts != gaps(found.code):
            wrong.append(f"{found.place}: {found.code} needs {sorted(gaps(found.code))}, gets {sorted(found.facts)}")
    assert not wrong, "\n".join(wrong)


def unused() -> list[str]:
    written = words_of_the_code()
    return [code for code in CATALOG if code not in written]


def test_every_code_of_the_catalog_is_used() -> None:
    assert set(unused()) <= TO_COME | PUT_TOGETHER


# -- the page ---------------------------------------------------------------------------------------------------------

HEAD = """# Errors

Every error of both programs, of the Python interface and of the HTTP interface has a stable *code*, one sentence and a
next step. A code is never reused for something else. Facts of the moment stand in the gaps (`{line}`); they are
shortened to 80 characters and made printable, so a message is one line of at most 300 characters. Where a program knows
more than this page, its next step says more: whose rights to use, which option to give.

This page is written from the catalog in `offline_activation/errors` by `python tests/test_errors.py --write`.

## Families

| Family | Meaning | Exit code |
|---|---|---|
| Refusal | signed data or a policy says no; nothing was changed | 1 |
| Misuse | the command, option or call is wrong; nothing was tried | 2 |
| Trouble | disk, database, network or operating system failed; nothing was changed | 3 |

## Reason classes

| Class | Meaning |
|---|---|
"""


def page() -> str:
    families: dict[str, set[str]] = {}
    for found in raises():
        families.setdefault(found.code, set()).add(found.family)
    text = HEAD + "".join(f"| {reason} | {meaning} |\n" for reason, meaning in REASONS.items())
    sections = dict.fromkeys(code.partition(".")[0] for code in CATALOG)
    for section in sections:
        text += f"\n## {section}\n\n| Code | Family | Class | Message | Next step |\n|---|---|---|---|---|\n"
        for code, (reason, sentence, remedy) in CATALOG.items():
            if code.partition(".")[0] == section:
                family = ", ".join(sorted(families.get(code, ()))) or "Refusal"
                text += f"| `{code}` | {family} | {reason} | {cell(sentence)} | {cell(remedy)} |\n"
    return text


def cell(text: str) -> str:
    return re.sub(r"(\{\w+\})", r"`\1`", text.replace("|", "\\|"))


def test_the_page_is_the_catalog() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python tests/test_errors.py --write"


if __name__ == "__main__" and sys.argv[1:] == ["--write"]:
    PAGE.write_text(page(), encoding="utf-8")
if __name__ == "__main__" and sys.argv[1:] == ["--unused"]:
    sys.stdout.write("\n".join(unused()) + "\n")
