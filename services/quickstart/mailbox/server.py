"""A mailbox for trying things out: takes every letter by SMTP, shows it in the browser and as JSON, sends nothing on.

A letter may be hostile: it is shown in a sandbox that runs no script and loads nothing from elsewhere.
"""

import asyncio
import base64
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session
from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from services.finnish import formatting
from services.quickstart.mailbox.store import Attachment, CaughtLetter, LetterSummary, MailStore, NoSuchLetter
from services.quickstart.ports import LOOPBACK
from services.runtime.server import run

WIDEST_LETTER = 32 * 1024 * 1024
SAFE_IMAGES = ("image/png", "image/jpeg", "image/gif")
View = Literal["kirje", "teksti", "otsakkeet"]

# The list asks for news and shows itself again when there is some; there is no other script.
SCRIPT = """
const newest = document.body.dataset.newest;
setInterval(async () => {
  const answer = await fetch("/api/messages?limit=1").catch(() => null);
  if (answer?.ok && ((await answer.json())[0]?.id ?? "") !== newest) location.reload();
}, 2000);
"""
SCRIPT_HASH = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()

PAGE_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        f"script-src 'sha256-{SCRIPT_HASH}'",
        "connect-src 'self'",
        "frame-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
LETTER_POLICY = "; ".join(
    (
        "sandbox allow-popups allow-popups-to-escape-sandbox",
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "img-src 'self' data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
    )
)
HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}

pages = Environment(loader=PackageLoader("services.quickstart.mailbox"), autoescape=True, undefined=StrictUndefined)
pages.globals |= {"when": formatting.when_short, "kilobytes": lambda size: formatting.number(-(-size // 1024))}


class Inbox:
    """What aiosmtpd hands letters to."""

    def __init__(self, store: MailStore) -> None:
        self._shelf = store

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        self._shelf.add(envelope.rcpt_tos, envelope.original_content or b"")
        return "250 OK"


def store_of(request: Request) -> MailStore:
    store: MailStore = request.app.state.shelf
    return store


TheStore = Annotated[MailStore, Depends(store_of)]


async def summaries(store: TheStore, limit: int | None = None) -> list[LetterSummary]:
    return store.newest_first()[:limit]


async def letter(key: str, store: TheStore) -> CaughtLetter:
    return store.letter(key)


async def raw(key: str, store: TheStore) -> Response:
    return PlainTextResponse(store.raw(key), headers=HEADERS)


async def clear(store: TheStore) -> None:
    store.clear()


async def attachment(key: str, number: int, store: TheStore) -> Response:
    found, content = store.attachment(key, number)
    if found.type in SAFE_IMAGES:
        return Response(content, media_type=found.type, headers=HEADERS)
    headers = HEADERS | {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name)}"}
    return Response(content, media_type="application/octet-stream", headers=headers)


async def list_page(request: Request, store: TheStore) -> HTMLResponse:
    return page("mailbox.html", letters=store.newest_first(), script=SCRIPT, booking_url=request.app.state.booking_url)


async def letter_page(key: str, store: TheStore, view: View | None = None) -> HTMLResponse:
    shown = store.letter(key)
    return page("letter.html", letter=shown, view=view or ("teksti" if shown.html is None else "kirje"))


async def letter_html(key: str, store: TheStore) -> HTMLResponse:
    shown = store.letter(key)
    headers = HEADERS | {"Content-Security-Policy": LETTER_POLICY}
    return HTMLResponse(framed(shown.html or "", key, shown.attachments), headers=headers)


def page(template: str, **context: object) -> HTMLResponse:
    headers = HEADERS | {"Content-Security-Policy": PAGE_POLICY}
    return HTMLResponse(pages.get_template(template).render(**context), headers=headers)


def framed(html: str, key: str, attachments: list[Attachment]) -> str:
    """The letter's HTML with its own pictures in place, and its links opening outside the frame."""
    for found in attachments:
        if found.content_id:
            html = html.replace(f"cid:{found.content_id}", f"/api/messages/{key}/attachments/{found.number}")
    outside = '<base target="_blank">'
    with_base, count = re.subn(r"(<head\b[^>]*>)", rf"\g<1>{outside}", html, count=1, flags=re.IGNORECASE)
    return with_base if count else f"<!doctype html>{outside}{html}"


async def missing(_request: Request, _error: Exception) -> Response:
    return JSONResponse({"detail": NoSuchLetter.__doc__}, status_code=404)


def mailbox(store: MailStore, smtp_port: int, booking_url: str = "") -> FastAPI:
    @asynccontextmanager
    async def taking_letters(_app: FastAPI) -> AsyncIterator[None]:
        reception = partial(SMTP, Inbox(store), data_size_limit=WIDEST_LETTER, enable_SMTPUTF8=True, hostname=LOOPBACK)
        loop = asyncio.get_running_loop()
        server = await loop.create_server(reception, LOOPBACK, smtp_port)
        yield
        server.close()  # without waiting for those who hold a connection open

    app = FastAPI(title="Mailbox", lifespan=taking_letters, exception_handlers={NoSuchLetter: missing})
    app.state.shelf, app.state.booking_url = store, booking_url
    app.get("/api/messages")(summaries)
    app.delete("/api/messages", status_code=204)(clear)
    app.get("/api/messages/{key}")(letter)
    app.get("/api/messages/{key}/raw")(raw)
    app.get("/api/messages/{key}/attachments/{number}")(attachment)
    app.get("/", include_in_schema=False)(list_page)
    app.get("/viestit/{key}", include_in_schema=False)(letter_page)
    app.get("/viestit/{key}/kirje", include_in_schema=False)(letter_html)
    return app


def serve(folder: Path, *, port: int, smtp_port: int, booking_url: str = "") -> None:
    app = mailbox(MailStore(folder), smtp_port, booking_url)
    run(uvicorn.Config(app, host=LOOPBACK, port=port, log_level="warning", timeout_graceful_shutdown=2))
