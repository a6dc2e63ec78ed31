"""Turns what a letter tells into its subject, its text and its HTML twin. Pure: the same in, the same out.

Each letter is written once, in blocks (paragraph, facts, bullets …) that two environments draw differently.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from services import design, finnish
from services.notifier.contexts import CONTEXTS, LetterContext, LetterKind

__all__ = ["Letter", "LetterContext", "LetterKind", "render"]

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Letter:
    """A letter ready for its envelope; the text and the HTML say the same."""

    subject: str
    text: str
    html: str


def render(kind: LetterKind, context: LetterContext) -> Letter:
    if not isinstance(context, CONTEXTS[kind]):
        raise TypeError(f"{kind} is told by {CONTEXTS[kind].__name__}, not by {type(context).__name__}.")
    tells = {**dict(context), "letter": context}
    subject = finnish.subject(TEXT.get_template(f"letters/{kind}/subject.jinja").render(tells))
    text = TEXT.get_template(f"letters/{kind}/body.jinja").render(tells)
    html = HTML.get_template(f"letters/{kind}/body.jinja").render(tells, subject=subject)
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
        "clock": finnish.clock,
        "counted": finnish.counted,
        "counted_sessions": finnish.session_count,
        "date": finnish.numeric_date,
        "day": finnish.on_day,
        "day_short": finnish.day_short,
        "dense": _dense,
        "flowed": _flowed,
        "moment": finnish.moment,
        "number": finnish.number,
        "percent": finnish.percent,
        "phone": finnish.phone,
        "when_short": finnish.when_short,
    }
    environment.tests["web_address"] = _is_web_address
    environment.globals |= {"design": design, "NBSP": finnish.NBSP}
    return environment


def _once(stylesheet: str) -> Markup:
    """The same in every letter, so it is drawn once."""
    return Markup(HTML.get_template(stylesheet).render())  # noqa: S704 -- our own


TEXT = _environment("text", autoescape=False)
HTML = _environment("html", autoescape=True)
HTML.globals |= {"looks": _once("letter.css"), "screens": _once("screens.css")}
INLINER = CSSInliner(load_remote_stylesheets=False)
