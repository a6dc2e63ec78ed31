"""The API's description for people, at /docs. Its script and style come from this service, never from elsewhere.

At the one address itself lies the document of all three services, made from theirs by `tyonohjaus documents`.
"""

import base64
import hashlib
import re
from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import FileResponse, HTMLResponse

from services.web.errors.problems import NotFound

ASSETS = Path(str(files("fastapi_offline"))) / "static"
SERVED = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css", "favicon.png": "image/png"}
INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)

router = APIRouter(include_in_schema=False)
whole = APIRouter(include_in_schema=False)

WHOLE_DOCUMENT = Path(str(files("services.web"))) / "openapi.json"


@whole.get("/openapi.json")
async def openapi() -> FileResponse:
    """What all three services answer, in one document."""
    return FileResponse(WHOLE_DOCUMENT, media_type="application/json")


@router.get("/docs")
async def page(request: Request) -> HTMLResponse:
    here = request.app.state.face
    shown = get_swagger_ui_html(
        openapi_url=f"{here}/openapi.json",
        title=request.app.title,
        swagger_js_url=f"{here}/docs/swagger-ui-bundle.js",
        swagger_css_url=f"{here}/docs/swagger-ui.css",
        swagger_favicon_url=f"{here}/docs/favicon.png",
        swagger_ui_parameters={"defaultModelsExpandDepth": 0},
    )
    shown.headers["Content-Security-Policy"] = _policy(bytes(shown.body).decode())
    return shown


@router.get("/docs/{name}")
async def asset(name: str) -> FileResponse:
    if name not in SERVED:
        raise NotFound
    return FileResponse(ASSETS / name, media_type=SERVED[name], headers={"Cache-Control": "max-age=86400"})


def _policy(html: str) -> str:
    """Let in the page's own script by its hash, and nothing from another host."""
    hashes = [hashlib.sha256(script.encode()).digest() for script in INLINE_SCRIPT.findall(html)]
    scripts = " ".join(f"'sha256-{base64.b64encode(one).decode()}'" for one in hashes)
    return (
        f"default-src 'none'; script-src 'self' {scripts}; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
