"""Sheets as PDF: tagged for screen readers (PDF/UA-1), fit for archives (PDF/A-2a), the same bytes every time."""

import json
import re
import unicodedata
from dataclasses import asdict
from functools import cache
from pathlib import Path
from threading import Lock

import typst

from services import design
from services.reporting.blocks import Sheet

TEMPLATES = Path(__file__).parent / "templates"
FONTS = TEMPLATES / "fonts"

# A compiler serves one thread at a time.
_COMPILING = Lock()

# What the shipped fonts can draw. One other character, an emoji in a goal, would stop the whole report.
UNPRINTABLE = re.compile(
    "[^\n -~\u00a0-\u0180\u0218-\u021b\u038e-\u03a1\u03a3-\u03ce\u0400-\u045f"
    "\u2010-\u201e\u2020-\u2022\u2026\u202f\u2030\u2032\u2033\u2039\u203a"
    "\u20ac\u2116\u2122\u2190-\u2193\u2212\u2248\u2260\u2264\u2265\u25a1\u2610\u2611]+"
)
_STAND_IN = "\u25a1"


def pdf(sheet: Sheet) -> bytes:
    """The sheet on A4 pages."""
    return pages(inputs(sheet))


def inputs(sheet: Sheet) -> dict[str, str]:
    """What the template is told."""
    content = json.dumps(_printable(sheet.model_dump(mode="json")), ensure_ascii=False)
    return {"sheet": content, "look": json.dumps(asdict(design.LIGHT))}


def pages(told: dict[str, str]) -> bytes:
    with _COMPILING:
        made = _compiler().compile(format="pdf", sys_inputs=told, pdf_standards=["ua-1", "a-2a"])
    if not isinstance(made, bytes):
        raise TypeError("The template did not come out as one file.")
    return made


@cache
def _compiler() -> typst.Compiler:
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])
    return typst.Compiler(TEMPLATES / "report.typ", root=TEMPLATES, font_paths=fonts)


def printable(text: str) -> str:
    """The text with a stand-in wherever the fonts have nothing to draw."""
    return UNPRINTABLE.sub(_STAND_IN, unicodedata.normalize("NFC", text).replace("\t", " "))


def _printable(content: object) -> object:
    match content:
        case str():
            return printable(content)
        case list():
            return [_printable(part) for part in content]
        case dict():
            return {key: _printable(part) for key, part in content.items()}
    return content
