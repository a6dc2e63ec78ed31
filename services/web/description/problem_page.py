"""/docs/problems: every problem of all three services, where the `type` of each leads."""

import json
from functools import cache
from html import escape
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from services.web.docs import WHOLE_DOCUMENT
from services.web.errors.problems import NotFound, known_problems
from services.web.i18n.language import language_of

router = APIRouter(include_in_schema=False)

Problems = dict[str, dict[str, Any]]


@cache
def all_problems() -> Problems:
    """What a program is told, by code, as the document of all three services has it."""
    schemas = json.loads(WHOLE_DOCUMENT.read_text(encoding="utf-8"))["components"]["schemas"]
    named = [schema for name, schema in schemas.items() if name.endswith("Problem") and name != "Problem"]
    examples = [schema["examples"][0] for schema in named]
    return {example["code"]: example for example in sorted(examples, key=lambda example: str(example["code"]))}


@router.get("/docs/problems")
async def list_problems() -> HTMLResponse:
    return HTMLResponse(_page("Problems", all_problems()))


@router.get("/problems/{slug}")
@router.get("/docs/problems/{slug}")
async def explain_problem(request: Request, slug: str) -> Response:
    """One problem: a page for people, JSON for programs."""
    own, known = known_problems().get(slug), all_problems()
    if own is None and slug not in known:
        raise NotFound
    if own is not None and "text/html" not in request.headers.get("accept", ""):
        language = language_of(request)
        shown = {"title": own.title(language), "status": own.status, "detail": own.advice.to(language), "code": slug}
        return JSONResponse(shown)
    if slug not in known:
        raise NotFound
    return HTMLResponse(_page(slug, {slug: known[slug]}))


def _page(title: str, shown: Problems) -> str:
    told = "".join(
        f'<h2 id="{escape(code)}">{escape(code)}</h2><p>{one["status"]}: {escape(one["title"])}</p>'
        f"<p>{escape(one['detail'])}</p>"
        for code, one in shown.items()
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title></head><body><main><h1>{escape(title)}</h1>{told}"
        '<p><a href="/docs/problems">All problems</a> · <a href="/docs">The API</a></p></main></body></html>'
    )
