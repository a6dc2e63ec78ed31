"""What every request passes on its way in and out: trace, limit, measure, safe headers, and the last resort."""

import time
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.log import logger
from services.trace import trace, trace_id
from services.web import pages, problems, translation
from services.web.limits import GENERAL, sender
from services.web.metrics import template_of
from services.web.origin import refuse_foreign

log = logger(__name__)

UNLIMITED = ("/healthz", "/readyz", "/metrics")
LARGEST_BODY = 1_000_000
API_POLICY = "default-src 'none'; frame-ancestors 'none'"

SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": API_POLICY,
    "X-Robots-Tag": "noindex, nofollow",
}


class Edge:
    """The outermost middleware; the rest of the application sees no exception leave it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request, began = Request(scope, receive), time.perf_counter()
        with trace(request.headers.get("traceparent")):
            exit_ = Exit(request, send)
            try:
                _enter(request)
                await self._app(scope, Entrance(receive).receive, exit_.send)
            except problems.Problem as problem:
                await problems.answer(request, problem)(scope, receive, exit_.send)
            except Exception:
                log.exception("request.broke", method=request.method, route=template_of(scope))
                if exit_.status is not None:
                    raise
                await problems.answer(request, problems.Unexpected())(scope, receive, exit_.send)
            finally:
                _note(request, exit_.status or 500, time.perf_counter() - began)


class Entrance:
    """Takes the request in, up to the size that any request of ours may have."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._taken = 0

    async def receive(self) -> Message:
        message = await self._receive()
        self._taken += len(message.get("body", b""))
        if self._taken > LARGEST_BODY:
            raise problems.TooLarge
        return message


class Exit:
    """Sends the answer with the headers that every answer has."""

    def __init__(self, request: Request, send: Send) -> None:
        self._request, self._send = request, send
        self.status: int | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            _dress(self._request, MutableHeaders(scope=message))
        await self._send(message)


def _enter(request: Request) -> None:
    translation.speak(request.headers.get("accept-language"))
    refuse_foreign(request)
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > LARGEST_BODY:
        raise problems.TooLarge
    if request.url.path not in UNLIMITED:
        request.state.standing = request.app.state.gate.enter(GENERAL, sender(request))


def _dress(request: Request, headers: MutableHeaders) -> None:
    standing: Any = getattr(request.state, "standing", None)
    extra = standing.headers() if standing else {}
    if headers.get("content-type", "").startswith("text/html"):
        extra["Content-Security-Policy"] = pages.policy(request.app.state.settings)
    if request.app.state.address.startswith("https:"):
        extra["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    for name, value in {**SAFE_HEADERS, **extra}.items():
        headers.setdefault(name, value)
    headers.setdefault("Cache-Control", "private, no-cache" if "etag" in headers else "no-store")
    headers["X-Request-Id"] = trace_id() or ""


def _note(request: Request, status: int, seconds: float) -> None:
    route = template_of(request.scope)
    request.app.state.metrics.observe(request.method, route, status, seconds)
    if request.method not in ("GET", "HEAD", "OPTIONS") or status >= 500:
        log.info("request.answered", method=request.method, route=route, status=status, ms=round(seconds * 1000, 1))
