"""The rules of the house that a machine can hold: sizes, names, and what must never be written down."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "offline_activation"
MODULES = sorted(PACKAGE.rglob("*.py"))
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}

# Written in pieces, so that this file does not hold what it forbids.
NEVER_WRITTEN = re.compile(
    "|".join(
        [
            "/wo" + "rk/",
            r"\.\./sha" + "red",
            r"pypi\.o" + r"rg",
            r"pythonho" + r"sted\.org",
            r"registry\.npm" + "js",
            r"deb\.deb" + r"ian\.org",
        ]
    )
)


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_is_longer_than_500_lines_and_no_function_longer_than_40(module: Path) -> None:
    text = module.read_text()
    assert text.count("\n") <= 500
    long = [
        f"{node.name}: {(node.end_lineno or 0) - node.lineno + 1} lines"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 - _docstring_lines(node) > 40
    ]
    assert not long


def _docstring_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return (first.end_lineno or 0) - first.lineno + 1 if is_docstring else 0


def test_no_module_is_named_for_having_no_idea() -> None:
    assert not [path for path in MODULES if path.stem in FORBIDDEN_NAMES]


def test_nothing_names_a_path_of_a_machine_or_the_host_of_a_registry() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in tracked()
        if path.suffix not in {".png", ".jpg", ".jpeg"}
        for match in NEVER_WRITTEN.finditer(path.read_text(errors="replace"))
    ]
    assert not found


def test_code_and_pages_spell_license_the_american_way() -> None:
    wrong = re.compile("licen" + "ce", re.IGNORECASE)
    found = [
        str(path.relative_to(ROOT))
        for path in tracked()
        if path.suffix in {".py", ".md", ".html", ".toml", ".txt"}
        and "tests/data" not in str(path)
        and wrong.search(path.read_text(errors="replace"))
    ]
    assert not found


def test_the_lock_file_pins_every_package_with_hashes_and_names_no_index() -> None:
    text = (ROOT / "requirements.lock").read_text()
    packages = re.findall(r"^[a-z0-9][a-z0-9._-]*==\S+.*$", text, re.MULTILINE)
    assert len(packages) > 20
    assert all(line.endswith("\\") for line in packages), "a package without hashes"
    assert "http" not in text
