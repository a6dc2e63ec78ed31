"""The booking service as integration tests meet it: its HTTP face on a database of its own, and people to book for."""

import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from anyio.from_thread import start_blocking_portal
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from services.booking.app import create_app
from services.booking.security.accounts import ADMIN_PARTY_ID
from services.booking.security.login_requests import answer_next_request
from services.booking.settings import Settings
from services.core import logs
from services.core.clock import DEMO_CLOCK_FILE
from services.core.secrets import fresh_keys
from services.web.security.links import secret
from tests.conftest import shared
from tests.databases import DatabaseServer
from tests.support.apps import app_of
from tests.support.confidences import Listener
from tests.support.practice import Installation, installed, without_story

Json = dict[str, Any]

ADMIN_EMAIL = "yllapito@example.fi"


@pytest.fixture(scope="session", autouse=True)
def confidential_logs() -> Iterator[None]:
    """As in production: one line an event, and no frame of a traceback drawn. No line may betray anybody."""
    logs.configure("tests")
    (handler,) = logging.getLogger().handlers[:1]
    assert handler.formatter is not None
    listener = Listener(handler.formatter)
    logging.getLogger().addHandler(listener)
    yield
    assert not listener.betrayed, "\n".join(listener.betrayed[:20])


@pytest.fixture(scope="session", autouse=True)
def one_event_loop() -> Iterator[None]:
    """For all clients, instead of a new one for each request."""
    with start_blocking_portal() as portal, pytest.MonkeyPatch.context() as patch:
        patch.setattr(TestClient, "portal", portal)
        yield


@dataclass(frozen=True)
class Face:
    """A service's application, and a client that speaks as its admin."""

    app: FastAPI
    admin: TestClient
    settings: Settings

    @property
    def engine(self) -> Engine:
        engine: Engine = self.app.state.engine
        return engine

    def as_(self, client_id: str, client_secret: str) -> TestClient:
        """A client that speaks with these credentials."""
        answer = self.anonymous().post("/oauth/token", data=credentials_form(client_id, client_secret))
        return self.anonymous(Authorization=f"Bearer {answer.json()['access_token']}")

    def anonymous(self, **headers: str) -> TestClient:
        return TestClient(self.app, "https://testserver", headers=headers, follow_redirects=False)


def credentials_form(client_id: str, client_secret: str) -> dict[str, str]:
    return {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}


@pytest.fixture(scope="module")
def installation(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """What a newcomer starts, with a clock that can be moved: one for all files that don't disturb each other."""

    def make() -> AbstractContextManager[Installation]:
        return installed(without_story(tmp_path_factory.mktemp("up") / "data"), "--demo")

    return shared(request, "installation", make)


@pytest.fixture(scope="module")
def installation_with_story(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, with_story: Callable[[Path], Path]
) -> Installation:
    """The same after half a year of a small practice."""

    def make() -> AbstractContextManager[Installation]:
        return installed(with_story(tmp_path_factory.mktemp("up") / "data"), "--demo")

    return shared(request, "installation with story", make)


@pytest.fixture
def booking_database(postgres_server: DatabaseServer) -> Iterator[str]:
    """The address of a database in its newest shape, with nothing in it."""
    with postgres_server.migrated("booking") as url:
        yield url


@pytest.fixture(scope="session")
def keys() -> dict[str, str]:
    return fresh_keys()


@pytest.fixture
def booking_settings(booking_database: str, keys: dict[str, str]) -> Settings:
    return Settings(
        booking_database_url=booking_database,
        redis_url="redis://127.0.0.1:1/0",  # no request ever speaks to Redis
        public_url="https://booking.test",
        admin_email=ADMIN_EMAIL,
        **{name.lower(): keys[name] for name in SECRETS},  # type: ignore[arg-type]  # the rest are plain texts
    )


SECRETS = (
    *("TOKEN_SIGNING_KEY", "TOKEN_VERIFY_KEY", "NOTES_KEY", "BOOKING_NOTIFIER_KEY", "BOOKING_REPORTING_KEY"),
    *("ADMIN_CLIENT_ID", "ADMIN_CLIENT_SECRET"),
)


@pytest.fixture
def booking(booking_settings: Settings) -> Face:
    app = app_of(create_app, booking_settings)
    bare = Face(app, TestClient(app), booking_settings)
    return replace(bare, admin=bare.as_(booking_settings.admin_client_id, booking_settings.admin_client_secret))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[timedelta], None]:
    """``clock(timedelta(days=3))`` moves the practice that far from the real time."""
    file = tmp_path / "offset"
    monkeypatch.setenv(DEMO_CLOCK_FILE, str(file))

    def move(offset: timedelta) -> None:
        file.write_text(str(int(offset.total_seconds())))

    return move


@pytest.fixture
def booking_api(booking: Face) -> TestClient:
    """Booking's HTTP face, spoken to by its admin."""
    return booking.admin


@pytest.fixture
def a_supervisor(booking_api: TestClient) -> Callable[..., Json]:
    """``a_supervisor(name=…)`` is a new supervisor, as the API shows them."""

    def make(**changes: object) -> Json:
        number = secrets.token_hex(3)
        wanted = {"name": "Maija Meikäläinen", "email": f"maija.{number}@example.fi", "location": "Esimerkkikatu 1"}
        return created(booking_api.post("/api/v1/supervisors", json=wanted | changes))

    return make


@pytest.fixture
def a_client(booking_api: TestClient) -> Callable[..., Json]:
    """``a_client(name=…)`` is a new client, as the API shows it."""

    def make(**changes: object) -> Json:
        contact = {"first_name": "Aino", "last_name": "Virtanen", "email": f"aino.{secrets.token_hex(3)}@example.fi"}
        wanted = {"kind": "organisation", "name": "Esimerkki Oy", "contact": contact, "payer_type": "business"}
        return created(booking_api.post("/api/v1/clients", json=wanted | changes))

    return make


@pytest.fixture
def a_process(
    booking_api: TestClient, a_supervisor: Callable[..., Json], a_client: Callable[..., Json]
) -> Callable[..., Json]:
    """``a_process(form="group", participants=3)`` is a new process; its client and supervisor are made unless given."""

    def make(form: str = "individual", participants: int = 1, **changes: object) -> Json:
        wanted = {
            "client_id": changes.get("client_id") or a_client()["id"],
            "supervisor_id": changes.get("supervisor_id") or a_supervisor()["id"],
            "form": form,
            "title": "Työnohjaus",
            "planned_sessions": 10,
            "session_minutes": 60 if form == "individual" else 120,
            "participants": [a_person(index) for index in range(participants)],
        }
        return created(booking_api.post("/api/v1/processes", json=wanted | changes))

    return make


class Browser(TestClient):
    """A browser in which somebody logs in: it says, as browsers do, that its forms come from our own pages."""

    def __init__(self, application: Face) -> None:
        super().__init__(
            application.app,
            base_url=application.settings.public_url,
            headers={"Accept": "text/html", "Sec-Fetch-Site": "same-origin"},
            follow_redirects=False,
        )
        self._face = application

    def log_in(self, email: str, party_id: str) -> "Browser":
        """By the link in the letter that was asked for."""
        self.post("/kirjaudu", data={"email": email})
        entered = self.post(f"/kirjaudu/{login_links(self._face)[-1]}", data={"party": party_id})
        assert entered.status_code == 303, entered.text
        return self


def login_links(booking: Face) -> list[str]:
    """The secrets of the login links that were asked for, as the letters hold them."""
    answer_login_requests(booking)
    with booking.engine.connect() as connection:
        rows = connection.execute(
            text("SELECT envelope FROM outbox WHERE envelope->>'type' = 'login.requested.v1' ORDER BY position")
        ).scalars()
        return [secret(booking.settings.link_key, UUID(envelope["data"]["link"])) for envelope in rows]


def answer_login_requests(booking: Face) -> None:
    """As booking's tick does."""
    while answer_next_request(booking.engine, booking.settings):
        pass


@pytest.fixture
def browser(booking: Face) -> Browser:
    """A browser in which nobody has logged in yet."""
    return Browser(booking)


@pytest.fixture
def at_desk(booking: Face) -> Callable[[Json], Browser]:
    """``at_desk(supervisor)`` is a browser in which that supervisor has logged in, as they do."""
    return lambda supervisor: Browser(booking).log_in(supervisor["email"], supervisor["id"])


@pytest.fixture
def as_client(booking: Face) -> Callable[[Json], Browser]:
    """``as_client(client)`` is a browser in which that client's contact has logged in."""
    return lambda client: Browser(booking).log_in(client["contact"]["email"], client["id"])


@pytest.fixture
def as_admin(booking: Face) -> Browser:
    return Browser(booking).log_in(ADMIN_EMAIL, str(ADMIN_PARTY_ID))


def a_person(index: int = 0) -> Json:
    first_name = ("Liisa", "Pekka", "Åke", "Sirpa", "Väinö")[index % 5]
    return {"first_name": first_name, "last_name": "Öhman", "email": f"osallistuja.{secrets.token_hex(3)}@example.fi"}


def created(answer: Any) -> Json:
    assert answer.status_code == 201, answer.text
    body: Json = answer.json()
    return body


def everything(engine: Engine) -> str:
    """All that rests in any table, as text."""
    with engine.connect() as connection:
        tables = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars().all()
        rows: list[Any] = [
            list(connection.execute(text(f'SELECT t::text FROM "{table}" t')).scalars())  # noqa: S608 -- our own names
            for table in tables
        ]
    return str(rows)
