"""Renders a letter's context to its subject, text and HTML. Pure: the same in, the same out.

Each letter is written once, in blocks (paragraph, facts, bullets …) that two environments draw differently.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from services.core import design
from services.finnish import formatting
from services.notifier.composition.contexts import CONTEXTS, LetterContext, WithReport
from services.notifier.kinds import LetterKind
from services.web.pages.practice import PracticeView

__all__ = ["Letter", "LetterContext", "LetterKind", "render"]

USUAL = PracticeView()
TEMPLATES = Path(__file__).parents[1] / "templates"
LONGEST = 85_000
"""Bytes of HTML. Large mail services cut a letter off at 102 KB, and as it travels it is up to a tenth longer."""


@dataclass(frozen=True)
class Letter:
    """A letter ready for its envelope; the text and the HTML say the same."""

    subject: str
    text: str
    html: str


def render(kind: LetterKind, context: LetterContext, practice: PracticeView = USUAL) -> Letter:
    """The letter under the name and in the colour of the practice."""
    if not isinstance(context, CONTEXTS[kind]):
        raise TypeError(f"{kind} is written from {CONTEXTS[kind].__name__}, not by {type(context).__name__}.")
    letter = _render(kind, context, practice)
    if isinstance(context, WithReport) and len(letter.html.encode()) > LONGEST:
        return _render(kind, context.shortened(), practice)
    return letter


def _render(kind: LetterKind, context: LetterContext, practice: PracticeView) -> Letter:
    tells = {**dict(context), "letter": context, "practice": practice}
    subject = formatting.subject(TEXT_TEMPLATES.get_template(f"letters/{kind}/subject.jinja").render(tells))
    text = TEXT_TEMPLATES.get_template(f"letters/{kind}/body.jinja").render(tells)
    html = HTML_TEMPLATES.get_template(f"letters/{kind}/body.jinja").render(
        tells, subject=subject, **_stylesheets(practice.accent)
    )
    return Letter(subject, _spaced(text), _dense(INLINER.inline(_with_whole_times(html))))


def _spaced(text: str) -> str:
    """One blank line between paragraphs, none before a bullet, wherever the templates left more."""
    text = re.sub(r"\n(?: *\n)+", "\n\n", text)
    return text.replace("\n\n– ", "\n– ").strip() + "\n"


def _flowed(text: str) -> str:
    """A paragraph as one line, however the template broke it; no-break spaces stay."""
    return type(text)(re.sub(r"[ \n]+", " ", text).strip(" "))


def _dense(text: str) -> str:
    """Lines right under one another, whatever the templates left between them."""
    return type(text)(re.sub(r"\n(?: *\n)+", "\n", text).strip("\n"))


def _with_whole_times(html: str) -> str:
    """An en dash between two times would let a narrow screen break the line there."""
    return re.sub(r"klo\xa0[\d.]+–[\d.]+\d", r'<span class="whole">\g<0></span>', html)


def _is_web_address(url: str) -> bool:
    return url.startswith(("https://", "http://"))


def _environment(look: str, *, autoescape: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader([TEMPLATES / look, TEMPLATES]),
        autoescape=autoescape,  # noqa: S701 - plain text has nothing to escape
        undefined=StrictUndefined,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {
        "clock": formatting.clock,
        "counted": formatting.counted,
        "counted_sessions": formatting.session_count,
        "date": formatting.numeric_date,
        "day": formatting.on_day,
        "day_short": formatting.day_short,
        "dense": _dense,
        "flowed": _flowed,
        "moment": formatting.moment,
        "number": formatting.number,
        "percent": formatting.percent,
        "phone": formatting.phone,
        "when_short": formatting.when_short,
    }
    environment.tests["web_address"] = _is_web_address
    environment.globals |= {"design": design, "NBSP": formatting.NBSP}
    return environment


@lru_cache(maxsize=8)
def _stylesheets(accent: str) -> dict[str, Markup]:
    """The same in every letter of a practice, so they are drawn once."""
    light, dark = design.with_accent(accent)
    drawn = {"looks": "letter.css", "screens": "screens.css"}
    return {
        name: Markup(HTML_TEMPLATES.get_template(file).render(light=light, dark=dark))  # noqa: S704 -- our own
        for name, file in drawn.items()
    }


TEXT_TEMPLATES = _environment("text", autoescape=False)
HTML_TEMPLATES = _environment("html", autoescape=True)
INLINER = CSSInliner(load_remote_stylesheets=False)
