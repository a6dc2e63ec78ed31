"""What every request passes on its way in and out: trace, limit, measure, safe headers, and the last resort."""

import time
from typing import Any

from starlette._utils import get_route_path
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.core.addresses import PICTURES, is_below
from services.core.logs import logger
from services.core.tracing import trace, trace_id
from services.web.errors import problems
from services.web.i18n import translation
from services.web.metrics import template_of
from services.web.pages import rendering
from services.web.pages.practice import use_practice
from services.web.security.csrf import refuse_other_origins
from services.web.security.rate_limits import GENERAL, sender

log = logger(__name__)

UNLIMITED = ("/healthz", "/readyz", "/metrics")
LARGEST_BODY, LARGEST_PICTURE = 1_000_000, 8_000_000
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


class RequestMiddleware:
    """The outermost middleware; the rest of the application sees no exception leave it, and each HEAD as a GET."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if is_head := scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}
        if is_below(scope["path"], scope["app"].state.face):
            scope = {**scope, "root_path": scope["app"].state.face}
        request, began = Request(scope, receive), time.perf_counter()
        with trace(request.headers.get("traceparent")):
            exit_ = Exit(request, send, bodyless=is_head)
            try:
                _enter(request)
                await self._app(scope, Entrance(receive, _most(request)).receive, exit_.send)
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

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive, self._most = receive, most
        self._taken = 0

    async def receive(self) -> Message:
        message = await self._receive()
        self._taken += len(message.get("body", b""))
        if self._taken > self._most:
            raise problems.TooLarge
        return message


class Exit:
    """Sends the answer with the headers that every answer has; to a HEAD without the body that a GET has."""

    def __init__(self, request: Request, send: Send, *, bodyless: bool = False) -> None:
        self._request, self._send, self._bodyless = request, send, bodyless
        self.status: int | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            _add_safe_headers(self._request, MutableHeaders(scope=message))
        elif self._bodyless and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)


def _most(request: Request) -> int:
    return LARGEST_PICTURE if request.url.path in PICTURES else LARGEST_BODY


def _enter(request: Request) -> None:
    # A route matches also before a last line feed, where no rule of a gateway does.
    if not request.scope["path"].isprintable():
        raise problems.NotFound
    translation.use_language(request.headers.get("accept-language"))
    use_practice(request.app.state.practice)
    refuse_other_origins(request)
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > _most(request):
        raise problems.TooLarge
    if get_route_path(request.scope) not in UNLIMITED:
        request.state.standing = request.app.state.gate.enter(GENERAL, sender(request))


def _add_safe_headers(request: Request, headers: MutableHeaders) -> None:
    standing: Any = getattr(request.state, "standing", None)
    extra = standing.headers() if standing else {}
    if headers.get("content-type", "").startswith("text/html"):
        extra["Content-Security-Policy"] = rendering.POLICY
    if framed_by := getattr(request.state, "framed_by", ""):
        extra["Content-Security-Policy"] = rendering.policy(framed_by)
        extra["Cross-Origin-Resource-Policy"] = "cross-origin"
    if request.app.state.settings.public_url.startswith("https:"):
        extra["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    for name, value in {**SAFE_HEADERS, **extra}.items():
        if not (framed_by and name == "X-Frame-Options"):  # which knows no list of sites
            headers.setdefault(name, value)
    headers.setdefault("Cache-Control", "private, no-cache" if "etag" in headers else "no-store")
    headers["X-Request-Id"] = trace_id() or ""


def _note(request: Request, status: int, seconds: float) -> None:
    route = template_of(request.scope)
    request.app.state.metrics.observe(request.method, route, status, seconds)
    if request.method not in ("GET", "OPTIONS") or status >= 500:
        log.info("request.answered", method=request.method, route=route, status=status, ms=round(seconds * 1000, 1))
