"""The pages of a service: Jinja2 templates in one quiet look, without scripts, and safe to open from a letter."""

from functools import cache
from importlib import resources
from typing import Any

from fastapi import APIRouter
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from services import design, finnish
from services.web.language import Language
from services.web.problems import Problem

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
STYLESHEET = "/style.css"
KEPT_SECONDS = 3600

router = APIRouter(include_in_schema=False)


class Pages:
    """The templates of one service, before those that all services share."""

    def __init__(self, package: str) -> None:
        folders = [str(resources.files(place) / "templates") for place in (package, "services.web")]
        self._templates = Environment(
            loader=ChoiceLoader([FileSystemLoader(folder) for folder in folders]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals |= {"finnish": finnish, "stylesheet": STYLESHEET}

    def show(self, template: str, status: int = 200, **context: Any) -> HTMLResponse:
        """A page that is nobody else's business: not kept, not listed, and telling no other site where it was."""
        html = self._templates.get_template(template).render(context)
        return HTMLResponse(html, status, headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-store"})

    def show_in_public(self, template: str, **context: Any) -> HTMLResponse:
        """A page that search engines may find."""
        shown = self.show(template, **context)
        shown.headers["X-Robots-Tag"] = "all"
        return shown

    def show_problem(self, request: Request, problem: Problem, language: Language) -> HTMLResponse:
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
    folder = FileSystemLoader(str(resources.files("services.web") / "templates"))
    template = Environment(loader=folder, undefined=StrictUndefined, autoescape=False).get_template("style.css")  # noqa: S701 -- CSS
    return template.render(design=design)


@router.get(STYLESHEET)
async def style() -> Response:
    return Response(stylesheet(), media_type="text/css", headers={"Cache-Control": f"max-age={KEPT_SECONDS}"})
