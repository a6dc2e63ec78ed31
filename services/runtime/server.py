"""The HTTP server of a service, or of all three behind one port, and its rehearsal."""

import asyncio
import importlib
import sys
from contextlib import suppress
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.config import STARTUP_FAILURE


class Server(uvicorn.Server):
    """Looks once a second whether it shall end, not ten times: four idle servers took half a hundredth of a core."""

    async def main_loop(self) -> None:
        while not await self.on_tick(0):
            await asyncio.sleep(1)


def run(config: uvicorn.Config) -> None:
    """As `uvicorn.run` does it with one process."""
    server = Server(config)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(STARTUP_FAILURE)


def serve(service: str | None = None, *, port: int, host: str = "127.0.0.1", workers: int = 1) -> None:
    options: dict[str, Any] = {
        "app": f"services.{service}.app:start" if service else "services.runtime.gateway:start",
        "factory": True,
        "host": host,
        "port": port,
        "workers": workers,
        "http": "h11",  # httptools would keep a head of any length in memory
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,  # the services decide themselves whose X-Forwarded-For they believe
        "timeout_graceful_shutdown": 10,
    }
    if workers > 1:
        uvicorn.run(**options)
    else:
        run(uvicorn.Config(**options))


def rehearse(service: str) -> None:
    """Answer one request here: what an application builds for its first one, it builds before the fork."""
    asyncio.run(_answer_once(importlib.import_module(f"services.{service}.app").application()))


async def _answer_once(app: FastAPI) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(_: object) -> None:
        pass

    target = {"method": "GET", "path": "/healthz", "raw_path": b"/healthz", "query_string": b"", "root_path": ""}
    hosts = {"client": ("127.0.0.1", 0), "server": ("127.0.0.1", 0), "scheme": "http", "headers": []}
    async with app.router.lifespan_context(app):
        await app({"type": "http", "http_version": "1.1", "app": app, **target, **hosts}, receive, send)
