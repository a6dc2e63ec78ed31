"""The pages of a service: Jinja2 templates in one quiet look, whole without scripts, and safe to open from a letter."""

from functools import cache, lru_cache
from hashlib import sha256
from importlib import resources
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

from fastapi import APIRouter
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from services.core import design
from services.core.addresses import ADMIN_PAGES
from services.core.tracing import trace_id
from services.finnish import formatting
from services.web.errors.problems import NotFound, Problem
from services.web.i18n import translation
from services.web.i18n.language import Language
from services.web.pages.practice import shown_practice
from services.web.security.visitors import LoginExpired

SHARE_CARD = "/kortti/{}.png"
STYLESHEET, SCRIPT = "/style.css", "/enhance.js"
KEPT_SECONDS = 3600
FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
"""For what has its digest in its address: what is loaded once is never asked for again."""

router = APIRouter(include_in_schema=False)


POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""What a page may load: our own styles, pictures, typefaces and scripts."""


def policy(framed_by: str) -> str:
    """The same for a page that these sites may show in a frame of theirs."""
    return POLICY.replace("frame-ancestors 'none'", f"frame-ancestors {framed_by}")


class Pages:
    """The templates of one service, before those that all services share."""

    def __init__(self, package: str) -> None:
        folders = [str(resources.files(place) / "templates") for place in (package, "services.web")]
        self._templates = Environment(
            loader=ChoiceLoader([FileSystemLoader(folder) for folder in folders]),
            extensions=["jinja2.ext.i18n"],
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.install_gettext_callables(  # type: ignore[attr-defined]  # comes with the extension
            translation.word, translation.words, newstyle=True
        )
        self._templates.globals |= {
            "finnish": formatting,
            "stylesheet": STYLESHEET,
            "script": SCRIPT,
            "serif": fonts()["SourceSerif4-Regular"],
            "spoken": translation.current_language,
            "practice": shown_practice,
            "admin_pages": ADMIN_PAGES,
            "fresh_key": lambda: str(uuid4()),
        }

    def show(self, template: str, status: int = 200, **context: Any) -> HTMLResponse:
        """A page that is nobody else's business: not kept, not listed, and telling no other site where it was."""
        html = self._templates.get_template(template).render(context)
        return HTMLResponse(html, status, headers={"Cache-Control": "no-store"})

    def source(self, file: str) -> str:
        """A file that pages load as it is."""
        return self._templates.loader.get_source(self._templates, file)[0]  # type: ignore[union-attr]  # given above

    def show_in_public(self, template: str, **context: Any) -> HTMLResponse:
        """A page that search engines may find."""
        shown = self.show(template, **context)
        shown.headers["X-Robots-Tag"] = "all"
        return shown

    def show_problem(self, request: Request, problem: Problem, language: Language) -> HTMLResponse:
        if isinstance(problem, LoginExpired):
            return self.show("again.html", problem.status, problem=problem, action=request.url.path)
        errors = problem.members.get("errors", [])
        return self.show(
            "problem.html",
            problem.status,
            language=language,
            home="/",
            back=None if request.method == "GET" else request.url.path.rpartition("/")[0] or "/",
            title=problem.title(language),
            detail=problem.detail.to(language),
            trace_id=trace_id() if problem.status == 500 else None,
            reasons=[error["detail"].to(language) for error in errors] if isinstance(errors, list) else [],
        )


@cache
def fonts() -> dict[str, str]:
    """The address of each typeface that pages load; `uv run .ci/fonts` makes the files."""
    files = sorted((_templates() / "fonts").glob("*.woff2"))
    return {file.stem: f"/fonts/{digest_of(file.read_bytes())}/{file.name}" for file in files}


def digest_of(content: bytes) -> str:
    """What an address says of what it leads to."""
    return sha256(content).hexdigest()[:16]


def _templates() -> Path:
    return Path(str(resources.files("services.web") / "templates"))


@cache
def stylesheet() -> str:
    """All parts of the one stylesheet, each file in `templates/style` after those before it in the alphabet."""
    parts = sorted((_templates() / "style").glob("*.css"))
    told = {"design": design, "fonts": fonts()}
    return "\n".join(_styles().get_template(f"style/{part.name}").render(told) for part in parts)


@cache
def enhancement() -> str:
    return (_templates() / "enhance.js").read_text(encoding="utf-8")


@router.get(STYLESHEET)
async def style() -> Response:
    return asset(stylesheet(), "text/css")


@router.get(SCRIPT)
async def enhance() -> Response:
    return asset(enhancement(), "text/javascript")


@router.get("/fonts/{digest}/{name}.woff2")
async def font(digest: str, name: str) -> Response:
    """One that was replaced since is not found: no page of now asks for it."""
    if fonts().get(name) != f"/fonts/{digest}/{name}.woff2":
        raise NotFound
    content = (_templates() / "fonts" / f"{name}.woff2").read_bytes()
    return Response(content, media_type="font/woff2", headers=FOR_EVER)


@router.get("/accent/{accent}.css")
async def accent_style(accent: str) -> Response:
    """The colours of a practice that has chosen its own: what can be pressed, in light and in dark."""
    light, dark = design.with_accent(_chosen(accent))
    css = _styles().get_template("accent.css").render(light=light, dark=dark)
    return Response(css, media_type="text/css", headers=FOR_EVER)


@router.get("/icon/{accent}.svg")
async def icon(accent: str) -> Response:
    """The small picture in a browser's tab: a sun above water, in the colour of the practice."""
    light, dark = design.with_accent(_chosen(accent))
    svg = _styles().get_template("icon.svg").render(light=light, dark=dark)
    return Response(svg, media_type="image/svg+xml", headers=FOR_EVER | {"Content-Security-Policy": SVG_POLICY})


@router.get("/kortti/{accent}.png")
def share_card(accent: str) -> Response:
    """The picture that other sites show beside a link to a page without a photo: the same, and larger."""
    return Response(_share_card(_chosen(accent)), media_type="image/png", headers=FOR_EVER)


@lru_cache(maxsize=8)
def _share_card(accent: str) -> bytes:
    """In the size that https://ogp.me consumers ask for."""
    from PIL import Image, ImageDraw  # noqa: PLC0415 -- only who draws needs it

    card, out = Image.new("RGB", (1200, 630), accent), BytesIO()
    draw, white = ImageDraw.Draw(card), design.LIGHT.on_accent
    draw.ellipse((480, 120, 720, 360), fill=white)
    for left, top in ((240, 410), (360, 460), (440, 510)):
        draw.rounded_rectangle((left, top, 1200 - left, top + 14), 7, fill=white)
    card.quantize(16).save(out, "PNG", optimize=True)
    return out.getvalue()


SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""A drawing runs nothing and loads nothing, also when somebody opens it by itself."""


def _chosen(accent: str) -> str:
    colour = f"#{accent}"
    if not (design.COLOUR.fullmatch(colour) and design.stands_out(colour, design.LIGHT)):
        raise NotFound
    return colour


def _styles() -> Environment:
    return Environment(loader=FileSystemLoader(_templates()), undefined=StrictUndefined, autoescape=False)  # noqa: S701 -- CSS


def asset(text: str, media_type: str) -> Response:
    """What pages load besides themselves."""
    return Response(text, media_type=media_type, headers={"Cache-Control": f"max-age={KEPT_SECONDS}"})
