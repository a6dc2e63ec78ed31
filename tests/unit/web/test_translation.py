"""That every word of the pages can be translated, and that Finnish is what there is until somebody does."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import Environment
from markupsafe import Markup

from services.web.i18n import translation

TEMPLATES = [
    path
    for service in ("web", "booking", "notifier", "reporting")
    for path in sorted((Path(__file__).parents[3] / "services" / service / "templates").glob("*.html"))
    if path.name not in ("report.html",)  # a letter too, and letters are Finnish
]
LETTERS = re.compile(r"[a-zåäö]{2,}", re.IGNORECASE)
BLOCKS = re.compile(
    r"{% block (?:place|shape) %}.*?{% endblock %}|{%-?\s*trans\b.*?{%-?\s*endtrans\s*-?%}|{#.*?#}|{%.*?%}|{{.*?}}",
    re.DOTALL,
)
SPOKEN_ATTRIBUTES = re.compile(r'\b(?:aria-label|title|placeholder|alt)="([^"]*)"')


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: f"{path.parents[1].name}-{path.stem}")
def test_no_word_of_a_page_stands_outside_a_translation(path: Path) -> None:
    bare = BLOCKS.sub(" ", path.read_text())
    spoken = SPOKEN_ATTRIBUTES.findall(bare)
    text = re.sub(r'<[^>]*>|[\w-]+="[^"]*"', " ", bare)

    assert [line.strip() for line in [*text.splitlines(), *spoken] if LETTERS.search(re.sub(r"&\w+;", "", line))] == []


def test_all_words_of_the_templates_can_be_collected() -> None:
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    for path in TEMPLATES:
        assert list(environment.extract_translations(path.read_text())) is not None  # type: ignore[attr-defined]


@pytest.fixture
def swedish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    file = tmp_path / "sv.po"
    file.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\nPlural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
        'msgid "Kirjaudu"\nmsgstr "Logga in"\n'
    )
    known = translation.catalogues() | {"sv": translation.read_catalogue(file)}
    monkeypatch.setattr(translation, "catalogues", lambda: known)
    yield
    translation.use_language(None)


@pytest.mark.usefixtures("swedish")
def test_a_language_is_a_file_and_nothing_else() -> None:
    translation.use_language("sv-FI, fi;q=0.8")
    assert (translation.current_language(), translation.word("Kirjaudu")) == ("sv", "Logga in")
    assert translation.word("Tätä ei ole käännetty") == "Tätä ei ole käännetty"

    translation.use_language("en, de;q=0.9")
    assert (translation.current_language(), translation.word("Kirjaudu")) == ("fi", "Kirjaudu")


def test_markup_is_not_lost_in_words() -> None:
    assert isinstance(Markup("%(a)s") % {"a": "<b>"}, Markup)


@pytest.mark.parametrize(
    ("header", "language"),
    [("pt-BR, en;q=0.5", "pt-BR"), ("PT-br", "pt-BR"), ("pt", "fi"), ("no, en", "nb-NO"), ("en-GB, pt-BR;q=0.9", "en")],
)
def test_a_language_may_be_one_of_a_country(header: str, language: str) -> None:
    assert translation.negotiate(header, ("fi", "en", "pt-BR", "nb-NO")) == language
