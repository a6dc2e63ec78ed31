"""The faces of a rendered letter as tests look at them: its approved form, and the words a reader sees in the HTML."""

import re
from functools import cache
from pathlib import Path
from xml.etree.ElementTree import Element

import html5lib

from services.notifier.composition.rendering import Letter, render
from tests.unit.notifier.letter_samples import SAMPLES

APPROVED = Path(__file__).parent / "letters"
URL = re.compile(r"https?://[^\s\"<>]+")
UNSEEN = {"style", "title", "head"}
ONLY_IN_HTML = {"preheader", "mark", "annex"}


@cache
def letter(name: str) -> Letter:
    return render(*SAMPLES[name])


def as_approved(name: str) -> str:
    shown = letter(name)
    return f"Aihe: {shown.subject}\n\n{shown.text}"


def parsed(html: str) -> Element:
    """The document, or an error where HTML5 sees one."""
    document: Element = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)
    return document


def seen(html: str, *, with_links: bool = True) -> str:
    """What a reader sees of the sheet and the small print under it, one piece per line."""
    return "\n".join(_pieces(parsed(html), with_links))


def links(html: str) -> list[str]:
    return [anchor.attrib["href"] for anchor in parsed(html).iter("a")]


def _pieces(element: Element, with_links: bool) -> list[str]:
    if not isinstance(element.tag, str) or element.tag in UNSEEN or element.get("class") in ONLY_IN_HTML:
        inside = []
    elif element.tag == "a" and not with_links:
        inside = [element.attrib["href"]]
    else:
        inside = [element.text or ""] + [piece for child in element for piece in _pieces(child, with_links)]
    return [*inside, element.tail or ""]


if __name__ == "__main__":
    # Approves what the letters say now. Read the difference aloud before you commit it.
    APPROVED.mkdir(exist_ok=True)
    for sample in SAMPLES:
        (APPROVED / f"{sample}.txt").write_text(as_approved(sample))
