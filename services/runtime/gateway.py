"""All three services in one process, behind one port: what a gateway does where each has processes of its own."""

import importlib
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from starlette.routing import Router
from starlette.types import Receive, Scope, Send

from services.core import logs
from services.core.addresses import FACES, service_at


class Gateway:
    """Hands each request to the application whose path it is."""

    def __init__(self, applications: Mapping[str, FastAPI]) -> None:
        self._applications = applications
        self._lifespan = Router(lifespan=self._run_together)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        else:
            await self._applications[service_at(scope["path"])](scope, receive, send)

    @asynccontextmanager
    async def _run_together(self, _: object) -> AsyncIterator[None]:
        async with AsyncExitStack() as running:
            for application in self._applications.values():
                await running.enter_async_context(application.router.lifespan_context(application))
            yield


def start() -> Gateway:
    """The factory for a server."""
    logs.configure("api")
    return Gateway({service: importlib.import_module(f"services.{service}.app").application() for service in FACES})
