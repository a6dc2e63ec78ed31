"""The pages of a service: Jinja2 templates in one quiet look, whole without scripts, and safe to open from a letter."""

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any
from uuid import uuid4

from fastapi import APIRouter
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from services import design, finnish
from services.settings import ServiceSettings
from services.web import translation
from services.web.language import Language
from services.web.problems import Problem
from services.web.visitors import LoginExpired

STYLESHEET, SCRIPT = "/style.css", "/enhance.js"
KEPT_SECONDS = 3600

router = APIRouter(include_in_schema=False)


def policy(settings: ServiceSettings) -> str:
    """What a page may load: our own styles, pictures and one script. A form may lead on to our other services."""
    ours = " ".join({settings.public_url, settings.reporting_public_url, settings.notifier_public_url})
    return (
        "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
        f"form-action 'self' {ours}; base-uri 'none'; frame-ancestors 'none'"
    )


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
            "finnish": finnish,
            "stylesheet": STYLESHEET,
            "script": SCRIPT,
            "spoken": translation.spoken,
            "fresh_key": lambda: str(uuid4()),
        }

    def show(self, template: str, status: int = 200, **context: Any) -> HTMLResponse:
        """A page that is nobody else's business: not kept, not listed, and telling no other site where it was."""
        html = self._templates.get_template(template).render(context)
        return HTMLResponse(html, status, headers={"Cache-Control": "no-store"})

    def show_in_public(self, template: str, status: int = 200, **context: Any) -> HTMLResponse:
        """A page that search engines may find."""
        shown = self.show(template, status, **context)
        shown.headers["X-Robots-Tag"] = "all"
        return shown

    def show_problem(self, request: Request, problem: Problem, language: Language) -> HTMLResponse:
        if isinstance(problem, LoginExpired):
            return self.show("again.html", problem.status, problem=problem, action=request.url.path)
        detail = problem.detail.to(language) if problem.detail else None
        errors = problem.members.get("errors", [])
        return self.show(
            "problem.html",
            problem.status,
            language=language,
            back=None if request.method == "GET" else request.url.path.rpartition("/")[0] or "/",
            title=problem.title(language),
            detail=detail,
            reasons=[error["detail"].to(language) for error in errors] if isinstance(errors, list) else [],
        )


@cache
def stylesheet() -> str:
    """All parts of the one stylesheet, each file in `templates/style` after those before it in the alphabet."""
    folder = Path(str(resources.files("services.web") / "templates" / "style"))
    parts = Environment(loader=FileSystemLoader(str(folder)), undefined=StrictUndefined, autoescape=False)  # noqa: S701 -- CSS
    return "\n".join(parts.get_template(part.name).render(design=design) for part in sorted(folder.glob("*.css")))


@cache
def enhancement() -> str:
    return (resources.files("services.web") / "templates" / "enhance.js").read_text(encoding="utf-8")


@router.get(STYLESHEET)
async def style() -> Response:
    return asset(stylesheet(), "text/css")


@router.get(SCRIPT)
async def enhance() -> Response:
    return asset(enhancement(), "text/javascript")


def asset(text: str, media_type: str) -> Response:
    """What pages load besides themselves."""
    return Response(text, media_type=media_type, headers={"Cache-Control": f"max-age={KEPT_SECONDS}"})
