"""Templates are found in a checkout, escape what a browser reads, and miss nothing silently."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from offline_activation import templating
from offline_activation.errors import Trouble


@pytest.fixture
def templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of its own that is searched instead of the installed ones."""
    monkeypatch.setattr(templating, "_PLACES", (tmp_path / "none", tmp_path))
    templating._environment.cache_clear()  # noqa: SLF001 - the folder is chosen once for a process
    return tmp_path


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    templating._environment.cache_clear()  # noqa: SLF001 - as above


def test_the_checkout_has_the_templates() -> None:
    assert (templating.folder() / "sheet.html").is_file()


def test_values_are_escaped_in_html_and_stand_as_they_are_in_text(templates: Path) -> None:
    (templates / "a.html").write_text("<p>{{ name }}</p>")
    (templates / "a.txt").write_text("{{ name }}")
    assert templating.render("a.html", name="<b>&\"'") == "<p>&lt;b&gt;&amp;&#34;&#39;</p>"
    assert templating.render("a.txt", name="<b>") == "<b>"


def test_a_value_that_nobody_gave_is_an_error(templates: Path) -> None:
    (templates / "a.txt").write_text("{{ name }}")
    with pytest.raises(UndefinedError):
        templating.render("a.txt")


def test_a_missing_template_or_folder_is_a_trouble_with_a_next_step(
    templates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Trouble) as missing:
        templating.render("b.html")
    assert missing.value.code == "io.template_missing"
    monkeypatch.setattr(templating, "_PLACES", (templates / "none",))
    templating._environment.cache_clear()  # noqa: SLF001 - as above
    with pytest.raises(Trouble):
        templating.render("b.html")


def test_a_name_cannot_leave_the_folder(templates: Path) -> None:
    (templates.parent / "outside.txt").write_text("secret")
    with pytest.raises(Trouble):
        templating.render("../outside.txt")
