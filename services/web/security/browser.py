"""A browser that has no login: a random cookie by which it is known again. Only the cookie's digest is ever stored."""

import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, Self

from fastapi import Depends, Request
from starlette.responses import Response

from services.core.settings import ServiceSettings
from services.web.security.links import digest

REMEMBERED_FOR = timedelta(days=90)


@dataclass(frozen=True)
class Browser:
    """Whoever looks at a page by a personal link. `cookie` is empty at first."""

    cookie: str
    is_secure: bool

    @property
    def digest(self) -> str | None:
        return digest(self.cookie) if self.cookie else None

    def wrote(self, written_on: str | None) -> bool:
        """Whether something was written in this very browser, which may therefore show it."""
        return written_on is not None and self.digest == written_on

    def with_cookie(self) -> Self:
        return self if self.cookie else self.with_new_cookie()

    def with_new_cookie(self) -> Self:
        return replace(self, cookie=secrets.token_urlsafe(32))

    def remember(self, response: Response) -> None:
        response.set_cookie(
            cookie_name(self.is_secure),
            self.cookie,
            max_age=int(REMEMBERED_FOR.total_seconds()),
            secure=self.is_secure,
            httponly=True,
            samesite="lax",
        )


def cookie_name(is_secure: bool) -> str:
    """The prefix makes browsers keep the cookie to this very host, over HTTPS only."""
    return "__Host-laite" if is_secure else "laite"


def browser_of(request: Request) -> Browser:
    settings: ServiceSettings = request.app.state.settings
    is_secure = settings.public_url.startswith("https:")
    return Browser(request.cookies.get(cookie_name(is_secure), ""), is_secure)


KnownBrowser = Annotated[Browser, Depends(browser_of)]
