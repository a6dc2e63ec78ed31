"""Sheets as PDF: tagged for screen readers (PDF/UA-1), fit for archives (PDF/A-2a), the same bytes every time."""

import base64
import json
import re
import struct
import unicodedata
from dataclasses import asdict
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from services.core import design
from services.reporting.rendering.blocks import Sheet
from services.reporting.rendering.charts import text_width

if TYPE_CHECKING:
    import typst

TEMPLATES = Path(__file__).parents[1] / "templates"
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

_PIECE = re.compile(r"[^\s/-]{13,}")
"""What nothing parts."""
_WORD = re.compile(r"\W*[^\W\d_]+\W*")
_SYLLABLE = re.compile(r"(?=[bcdfghjklmnpqrstvwxz][aeiouyåäö])", re.IGNORECASE)
_NARROWEST = 13
"""The narrowest column with people's own words, in ems. The template parts wider words at their syllables."""
_ZERO_WIDTH_SPACE = "\u200b"


class Letterhead(NamedTuple):
    """Whose report it is: the practice's name, colour and logo, on top of the first page."""

    name: str = ""
    accent: str = design.LIGHT.accent
    logo: bytes | None = None


def render_pdf(sheet: Sheet, head: Letterhead = Letterhead()) -> bytes:
    """The sheet on A4 pages. A logo that can't be drawn holds up no report: it is left out."""
    import typst  # noqa: PLC0415 -- as below

    try:
        return compile_pdf(template_inputs(sheet, head))
    except typst.TypstError:
        if head.logo is None:
            raise
        return compile_pdf(template_inputs(sheet, head._replace(logo=None)))


def template_inputs(sheet: Sheet, head: Letterhead = Letterhead()) -> dict[str, str]:
    """The template's inputs."""
    content = json.dumps(_printable(sheet.model_dump(mode="json")), ensure_ascii=False)
    look, _ = design.with_accent(head.accent)
    letterhead = {"practice": printable_text(head.name), "logo": _as_svg(head.logo) if head.logo else ""}
    return {"sheet": content, "look": json.dumps(asdict(look)), "narrowest": str(_NARROWEST), **letterhead}


def _as_svg(logo: bytes) -> str:
    """The template takes texts alone: a PNG lies within a drawing of its size, which its header says."""
    if not logo.startswith(b"\x89PNG"):
        return logo.decode()
    width, height = struct.unpack(">II", logo[16:24])
    picture = base64.b64encode(logo).decode()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"><image width="{width}" '
        f'height="{height}" href="data:image/png;base64,{picture}"/></svg>'
    )


def compile_pdf(template_values: dict[str, str]) -> bytes:
    with _COMPILING:
        document = _compiler().compile(format="pdf", sys_inputs=template_values, pdf_standards=["ua-1", "a-2a"])
    if not isinstance(document, bytes):
        raise TypeError("The template did not come out as one file.")
    return document


@cache
def _compiler() -> "typst.Compiler":
    import typst  # noqa: PLC0415 -- seven megabytes that only those who make reports need

    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])
    return typst.Compiler(TEMPLATES / "report.typ", root=TEMPLATES, font_paths=fonts)


def printable_text(text: str) -> str:
    """The text with a stand-in wherever the fonts have nothing to draw."""
    return UNPRINTABLE.sub(_STAND_IN, unicodedata.normalize("NFC", text).replace("\t", " "))


def _breakable(text: str) -> str:
    """The text, with leave to part anywhere what is wide and has neither hyphens nor syllables."""
    return _PIECE.sub(lambda piece: piece[0] if _fits(piece[0]) else _ZERO_WIDTH_SPACE.join(piece[0]), text)


def _fits(piece: str) -> bool:
    parts = _SYLLABLE.split(piece) if _WORD.fullmatch(piece) else [piece]
    return max(map(text_width, parts)) <= _NARROWEST


NOT_SET = ("svg", "alt")
"""A drawing, and what is read aloud in its place."""


def _printable(content: object, name: str = "") -> object:
    match content:
        case str():
            return printable_text(content) if name in NOT_SET else _breakable(printable_text(content))
        case list():
            return [_printable(part, name) for part in content]
        case dict():
            return {key: _printable(part, key) for key, part in content.items()}
    return content
