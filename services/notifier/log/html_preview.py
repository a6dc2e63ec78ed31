"""Makes a letter's HTML safe to show in a page whose policy allows no inline styles; its links lead nowhere.

Mail programs need every element to carry its looks; here each of these becomes a rule of one stylesheet, which the
policy allows by its digest (https://www.w3.org/TR/CSP3/#external-hash). Links keep their looks and lose their target.
"""

import base64
import hashlib
from html import escape
from html.parser import HTMLParser
from typing import NamedTuple

LINK_ATTRIBUTES = ("href", "target", "action")


class FramedHtml(NamedTuple):
    """The HTML, and what its stylesheets are known by in a Content-Security-Policy."""

    html: str
    style_sources: tuple[str, ...]


def frame_html(html: str) -> FramedHtml:
    reader = _Reader()
    reader.feed(html.replace("\r\n", "\n"))  # as browsers read it, before they reckon a digest
    reader.close()
    return reader.framed()


class _Reader(HTMLParser):
    """Copies what it reads, and moves the looks of elements into rules."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self._out: list[str] = []
        self._rules: dict[str, str] = {}
        self._sheets: list[str] = []
        self._in_style = False

    def framed(self) -> FramedHtml:
        rules = "".join(f".{name} {{ {looks} }}\n" for looks, name in self._rules.items())
        html = "".join(self._out).replace("</head>", f"<style>{rules}</style></head>", 1)
        return FramedHtml(html, tuple(_source(sheet) for sheet in (*self._sheets, rules)))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "style":
            self._sheets.append("")
        self._in_style = tag == "style"
        given = {name: value or "" for name, value in attrs if name not in LINK_ATTRIBUTES}
        looks = given.pop("style", "").replace("<", "")
        if looks:
            rule = self._rules.setdefault(looks, f"look-{len(self._rules)}")
            given["class"] = f"{given.get('class', '')} {rule}".strip()
        attributes = [f' {name}="{escape(value)}"' for name, value in given.items()]
        self._out.append(f"<{tag}{''.join(attributes)}>")

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False
        self._out.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self._sheets[-1] += data
        self._out.append(data)

    def handle_entityref(self, name: str) -> None:
        self._out.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._out.append(f"&#{name};")

    def handle_decl(self, decl: str) -> None:
        self._out.append(f"<!{decl}>")


def _source(sheet: str) -> str:
    digest = hashlib.sha256(sheet.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
