"""Booking alone, served from the test's own process at an address with a name: most of its pages need nothing else."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from fastapi.testclient import TestClient

from services.booking.app import create_app
from services.booking.settings import Settings
from services.core.secrets import fresh_keys
from services.quickstart.ports import free_port
from tests.databases import DatabaseServer
from tests.integration.conftest import ADMIN_EMAIL, SECRETS, Face, credentials_form
from tests.support.practice import eventually


@contextmanager
def booking_alone(server: DatabaseServer, **told: Any) -> Iterator[Face]:
    """Nobody works in it yet. With the administrator's token in hand; `told` are settings besides the usual."""
    keys, port = fresh_keys(), free_port()
    more: dict[str, Any] = {name.lower(): keys[name] for name in SECRETS} | told
    with server.migrated("booking") as database:
        settings = Settings(
            booking_database_url=database,
            redis_url="redis://127.0.0.1:1/0",
            public_url=f"http://localhost:{port}",
            admin_email=ADMIN_EMAIL,
            **more,
        )
        app = create_app(settings)
        face = Face(app, TestClient(app), settings)
        form = credentials_form(settings.admin_client_id, settings.admin_client_secret)
        token = face.admin.post("/oauth/token", data=form).json()["access_token"]
        face.admin.headers["Authorization"] = f"Bearer {token}"
        with _served(app, port):
            yield face


@contextmanager
def _served(app: Any, port: int) -> Iterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, host="localhost", port=port, log_level="error", log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    eventually(lambda: server.started, what="the start")
    yield
    server.should_exit = True
    thread.join(10)
