"""Every Finnish word a letter or a report can say is spelled right, by Voikko; compounds are not written apart."""

import ast
import os
import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment

from services.finnish import vocabulary
from services.notifier.composition.rendering import TEMPLATES
from services.reporting.contents import lead, wording
from services.reporting.rendering import client_report, goal_report, html, overview, sections
from services.reporting.rendering.csv import csv_file
from services.reporting.rendering.render import build_sheet
from tests.support import sample_reports
from tests.unit.notifier.letter_samples import SAMPLES
from tests.unit.notifier.letter_views import URL, letter, seen

WORD = re.compile(r"[A-Za-zÅÄÖåäö]+(?:-[A-Za-zÅÄÖåäö]+)*-?")

#: Right, but not in the dictionary: units, weekdays of two letters, the association's own spelling of its name.
KNOWN = {"klo", "puh", "ma", "ti", "ke", "to", "pe", "la", "su", "TO", "STOry", "Meikäläinen", "T-luku"} | {
    "GAS-menetelmällä",
    "Esimerkkilän",
    *("Webhook", "webhook", "webhookin", "webhookit", "example"),
    "Vänttinen-Väärälä",
}

#: Compounds of the trade; Voikko takes "väli arviointi" for two good words.
COMPOUNDS = {
    "työnohjaus", "työnohjauksen", "työnohjausta", "työnohjaukseen", "työnohjauksesta", "työnohjaaja",
    "työnohjausaika", "työnohjauskerta", "työnohjausprosessi", "työnohjaussopimus", "väliarviointi",
    "väliarvioinnin", "väliarviointiin", "loppuarviointi", "loppuarvioinnin", "loppuarviointiin",
    "alkuarviointi", "tavoitearviointi", "loppuraportti", "loppuraportin", "kalenterikutsu", "varausvahvistus",
    "varausaika", "peruutusaika", "peruutusajan", "peruutusehdot", "määräaika", "määräajan", "etäyhteys",
    "etätapaaminen", "lähitapaaminen", "lähtötilanne", "lähtötaso", "vastausaika", "ryhmätaso", "ryhmätason",
    "yksilötyönohjaus", "ryhmätyönohjaus", "työyhteisö", "työyhteisön", "henkilötiedot", "henkilötietojasi",
    "tietosuojaseloste", "viestiasetukset", "kirjautumislinkki", "päätöskeskustelu", "ajanjakso",
    "yhteydenotto", "päiväohjelma", "esihenkilö", "välitehtävä", "yhteenveto", "sähköposti", "tavoitetaso",
}  # fmt: skip


REPORT_MODULES = (client_report, lead, goal_report, overview, sections, wording)


@cache
def voikko() -> Any:
    try:
        import libvoikko

        return libvoikko.Voikko("fi")
    except Exception as missing:  # no binding, no library, no dictionary: each has its own error
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no Voikko with a Finnish dictionary here: {missing}")


def template_texts() -> Iterator[tuple[str, str]]:
    """The words of the templates themselves, with the branches that no sample takes."""
    for path in sorted(TEMPLATES.rglob("*.jinja")):
        tokens = list(Environment(autoescape=True).lex(path.read_text()))
        prose = "".join(value if kind == "data" else "." for _, kind, value in tokens)
        strings = [value.strip("\"'") for _, kind, value in tokens if kind == "string"]
        labels = [string for string in strings if re.search(r"^[A-ZÅÄÖ]|[äö]|\w \w", string)]
        yield str(path.relative_to(TEMPLATES)), "\n".join([re.sub(r"<[^>]*>|&\w+;", " ", prose), *labels])


def letter_texts() -> Iterator[tuple[str, str]]:
    for name in SAMPLES:
        shown = letter(name)
        yield name, f"{shown.subject}\n{shown.text}\n{seen(shown.html)}"


def report_texts() -> Iterator[tuple[str, str]]:
    """The sheets and tables of the sample reports, and every sentence in the code that sets them."""
    for name, report in sample_reports.SAMPLES.items():
        laid_out = build_sheet(report)
        alternatives = re.findall(r'aria-label="([^"]*)"', html.render_fragment(laid_out, html.inline_svg))
        yield name, "\n".join([_without_markup(html.render_fragment(laid_out)), *alternatives, laid_out.confidential])
        yield f"{name}.csv", csv_file(report).decode("utf-8-sig").replace(";", " . ")
    for module in REPORT_MODULES:
        yield module.__name__, "\n".join(_sentences(Path(str(module.__file__))))


def _without_markup(markup: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "\n", re.sub(r"</?(?:span|strong)[^>]*>", "", markup)))


def _sentences(path: Path) -> Iterator[str]:
    """The strings of a module that are Finnish: not its docstrings, and not the names of keys and files."""
    tree = ast.parse(path.read_text())
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and id(node) not in docstrings else None
        if isinstance(text, str) and re.search(r"[äöÄÖ]|\w \w", text):
            yield re.sub(r"\{\w+\}", " ", text)


def vocabulary_texts() -> Iterator[tuple[str, str]]:
    yield "levels", "\n".join(vocabulary.LEVEL_LABELS.values())
    yield "forms", "\n".join(vocabulary.FORM_LABELS.values())
    yield "evaluations", "\n".join(word for cases in vocabulary.EVALUATIONS.values() for word in cases)


TEXTS = dict([*template_texts(), *letter_texts(), *report_texts(), *vocabulary_texts()])
every_text = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)


@every_text
def test_every_word_is_spelled_right(text: str) -> None:
    found = {word.rstrip("-") for word in WORD.findall(URL.sub(" ", text))}

    assert sorted(word for word in found - KNOWN if not voikko().spell(word)) == []


@every_text
def test_no_compound_is_written_apart(text: str) -> None:
    apart = [
        f"{first} {second}"
        for line in text.splitlines()
        for first, second in pairwise(re.findall(r"\w+|[^\w\s]", line))
        if (first + second).lower() in COMPOUNDS
    ]

    assert apart == []


def test_the_spelling_test_sees_a_misspelled_word_and_a_compound_written_apart() -> None:
    with pytest.raises(AssertionError):
        test_every_word_is_spelled_right("työnohjausajkasi on varattu")
    with pytest.raises(AssertionError):
        test_no_compound_is_written_apart("Työnohjauksen väli arviointi")


@pytest.mark.parametrize("compound", sorted(COMPOUNDS))
def test_every_compound_we_watch_is_a_word(compound: str) -> None:
    assert voikko().spell(compound)
