"""One request, one transaction: the promise of `TransactionalRoute`, on a small application of its own."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import APIRouter, FastAPI, Response
from fastapi.testclient import TestClient
from pydantic import BaseModel
from sqlalchemy import Engine, text

from services.booking.settings import Settings
from services.core.database import engine
from services.quickstart.ports import free_port
from services.web.app_factory import create_application
from services.web.errors.problems import Problem
from services.web.i18n.language import Text
from services.web.pages.forms import Typed
from services.web.protocol import idempotency
from services.web.transactions import Db, Now, TransactionalRoute
from tests.integration.conftest import Json

TABLES = """
    CREATE TABLE note (id serial PRIMARY KEY, words text NOT NULL CHECK (words <> 'forbidden'),
                       UNIQUE (words) DEFERRABLE INITIALLY DEFERRED);
    CREATE TABLE counter (id int PRIMARY KEY, value int NOT NULL);
    INSERT INTO counter VALUES (1, 0), (2, 0);
"""


class Taken(Problem):
    """These words are taken."""

    status = 409
    finnish = "Nämä sanat on jo varattu."
    advice = Text(fi="Valitse toiset.", en="Choose others.")


class Words(BaseModel):
    words: str


@dataclass(frozen=True)
class House:
    """The application, and the two doors by which a test holds a request up in its endpoint."""

    app: FastAPI
    engine: Engine
    inside: threading.Event
    go_on: threading.Event

    def notes(self) -> list[str]:
        with self.engine.connect() as connection:
            return list(connection.execute(text("SELECT words FROM note ORDER BY id")).scalars())


@pytest.fixture
def installation(booking_settings: Settings) -> Iterator[House]:
    database = engine(booking_settings.booking_database_url, pool_size=4)
    with database.begin() as connection:
        connection.execute(text(TABLES))
    inside, go_on = threading.Event(), threading.Event()
    app = create_application(
        title="House",
        settings=booking_settings,
        engine=database,
        routers=[routes(inside, go_on)],
        constraints={"note_words_key": Taken},
    )
    yield House(app, database, inside, go_on)
    database.dispose()


def routes(inside: threading.Event, go_on: threading.Event) -> APIRouter:
    router = APIRouter(route_class=TransactionalRoute)

    def write(db: Db, words: str) -> int:
        return int(db.execute(text("INSERT INTO note (words) VALUES (:w) RETURNING id"), {"w": words}).scalar_one())

    @router.post("/notes", status_code=201)
    def add(db: Db, _: Now, wanted: Words) -> Json:
        return {"id": write(db, wanted.words), "words": wanted.words}

    @router.post("/form", status_code=201)
    def add_from_form(db: Db, typed: Typed) -> int:
        return write(db, typed["words"])

    @router.post("/login", status_code=201)
    def log_in(db: Db, typed: Typed, response: Response) -> int:
        response.set_cookie("istunto", "salaisuus")
        return write(db, typed["words"])

    @router.post("/secret", status_code=201)
    def show_once(db: Db, wanted: Words) -> str:
        idempotency.withhold_answer(db)
        write(db, wanted.words)
        return "salaisuus"

    @router.get("/notes")
    def sneak(db: Db) -> int:
        return write(db, "written by a GET")

    @router.post("/broken", status_code=201)
    def broken(db: Db, wanted: Words) -> None:
        write(db, wanted.words)
        raise ZeroDivisionError

    @router.post("/slow", status_code=201)
    def slow(db: Db, wanted: Words) -> int:
        inside.set()
        go_on.wait(10)
        return write(db, wanted.words)

    @router.post("/unanswerable", status_code=201)
    def unanswerable(db: Db, wanted: Words) -> Words:
        write(db, wanted.words)
        return None  # type: ignore[return-value]  # what no answer can be made of

    @router.post("/swap/{first}/{second}")
    def swap(db: Db, first: int, second: int) -> None:
        for row in (first, second):
            db.execute(text("UPDATE counter SET value = value + 1 WHERE id = :row"), {"row": row})
            db.execute(text("SELECT pg_sleep(0.1)"))

    return router


@pytest.fixture
def client(installation: House) -> TestClient:
    return TestClient(installation.app)


def test_a_2xx_is_sent_only_after_the_commit(installation: House, client: TestClient) -> None:
    # The unique constraint is deferred: the endpoint and its answer succeed, the commit does not.
    assert client.post("/notes", json={"words": "ensimmäinen"}).status_code == 201

    answer = client.post("/notes", json={"words": "ensimmäinen"})

    assert (answer.status_code, answer.json()["type"]) == (409, "/docs/problems/taken")
    assert installation.notes() == ["ensimmäinen"]


@pytest.mark.parametrize("path", ["/broken", "/unanswerable"])
def test_what_breaks_after_writing_leaves_nothing(installation: House, client: TestClient, path: str) -> None:
    answer = client.post(path, json={"words": "salaisuus"})

    assert (answer.status_code, answer.json()["type"]) == (500, "/docs/problems/unexpected")
    assert "salaisuus" not in answer.text
    assert installation.notes() == []


def test_a_get_writes_nothing(installation: House, client: TestClient) -> None:
    assert client.get("/notes").status_code >= 500
    assert installation.notes() == []


def test_the_same_key_and_body_get_the_same_answer_once(installation: House, client: TestClient) -> None:
    key = {"Idempotency-Key": '"b2c1"'}

    first = client.post("/notes", json={"words": "a"}, headers=key)
    again = client.post("/notes", content=b'{ "words":  "a" }', headers=key | {"Content-Type": "application/json"})

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert again.headers["Idempotency-Replayed"] == "true"
    assert installation.notes() == ["a"]


def test_the_same_key_with_another_body_or_address_is_refused(installation: House, client: TestClient) -> None:
    key = {"Idempotency-Key": "b2c1"}
    client.post("/notes", json={"words": "a"}, headers=key)

    for path, words in (("/notes", "b"), ("/slow", "a")):
        answer = client.post(path, json={"words": words}, headers=key)
        assert (answer.status_code, answer.json()["type"]) == (422, "/docs/problems/key-reused")
    assert installation.notes() == ["a"]


def test_a_form_that_went_back_and_was_corrected_is_another_request(installation: House, client: TestClient) -> None:
    def send(words: str) -> Any:
        return client.post("/form", data={"words": words, "kerta": "b2c1"})

    assert [send(words).status_code for words in ("wrong", "wrong", "right", "right")] == [201] * 4
    assert installation.notes() == ["wrong", "right"]

    with installation.engine.begin() as connection:
        connection.execute(text("DELETE FROM note"))
    assert send("wrong").status_code == 201
    assert installation.notes() == ["wrong"]  # what is changed back is done, too


def test_a_correction_that_is_refused_leaves_the_answer_to_what_was_done(
    installation: House, client: TestClient
) -> None:
    answers = [client.post("/form", data={"words": words, "kerta": "b2c1"}) for words in ("a", "forbidden", "a")]

    assert [answer.status_code for answer in answers] == [201, 422, 201]
    assert answers[2].headers["Idempotency-Replayed"] == "true"
    assert installation.notes() == ["a"]


def test_what_failed_can_be_sent_again_with_its_key(installation: House, client: TestClient) -> None:
    key = {"Idempotency-Key": "b2c1"}
    assert client.post("/notes", json={"words": "forbidden"}, headers=key).status_code == 422

    assert client.post("/notes", json={"words": "a"}, headers=key).status_code == 201
    assert installation.notes() == ["a"]


@pytest.mark.parametrize("key", ["", "a b", "ä", "x" * 256, "\x7f"])
def test_a_key_that_is_none_is_refused(client: TestClient, key: str) -> None:
    answer = client.post("/notes", json={"words": "a"}, headers={"Idempotency-Key": key.encode()})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


def test_the_kept_answer_can_be_read_only_with_its_key(installation: House, client: TestClient) -> None:
    client.post("/notes", json={"words": "kerran näytettävä"}, headers={"Idempotency-Key": "b2c1"})

    with installation.engine.connect() as connection:
        kept = str(connection.execute(text("SELECT * FROM idempotency_key")).all())
    assert "kerran" not in kept
    assert "b2c1" not in kept


@pytest.mark.parametrize("cookies", [{}, {"istunto": "b"}, {"istunto-raportit": "a"}, {"istunto": "a", "varaus": "a"}])
def test_what_one_browser_was_answered_no_other_is(
    installation: House, client: TestClient, cookies: dict[str, str]
) -> None:
    def send(cookies: dict[str, str], words: str = "a") -> Any:
        header = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        return client.post("/form", data={"words": words, "kerta": "b2c1"}, headers=header)

    own = {"istunto": "a"}
    assert [send(who).status_code for who in (own, {**own, "kieli": "fi"})] == [201, 201]
    assert installation.notes() == ["a"]

    other = send(cookies)  # to be done, which can't be: these words are written
    assert (other.status_code, "Idempotency-Replayed" in other.headers) == (409, False)


def test_no_cookie_is_given_to_whoever_sends_a_form_again(installation: House, client: TestClient) -> None:
    sent = {"words": "a", "kerta": "b2c1"}
    first = client.post("/login", data=sent)
    client.cookies.clear()
    again = client.post("/login", data=sent)

    assert ("Set-Cookie" in first.headers, "Set-Cookie" in again.headers) == (True, False)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert installation.notes() == ["a"]


def test_a_secret_is_not_shown_again_and_its_work_not_done_again(installation: House, client: TestClient) -> None:
    key = {"Idempotency-Key": "b2c1"}
    first, again = (client.post("/secret", json={"words": "a"}, headers=key) for _ in range(2))

    assert (first.status_code, first.json()) == (201, "salaisuus")
    assert (again.status_code, again.json()["type"]) == (409, "/docs/problems/already-shown")
    assert "salaisuus" not in again.text.replace("salaisuus näytettiin", "")
    assert installation.notes() == ["a"]


def test_a_twin_in_flight_is_told_to_wait(installation: House) -> None:
    key = {"Idempotency-Key": "b2c1"}
    with served(installation.app) as address, httpx.Client(base_url=address, timeout=20) as client:
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(client.post, "/slow", json={"words": "a"}, headers=key)
            assert installation.inside.wait(10)
            twin = client.post("/slow", json={"words": "a"}, headers=key)
            installation.go_on.set()
        again = client.post("/slow", json={"words": "a"}, headers=key)

    assert (twin.status_code, twin.json()["type"]) == (409, "/docs/problems/request-in-flight")
    assert first.result().status_code == 201
    assert again.content == first.result().content
    assert installation.notes() == ["a"]


def test_many_twins_do_the_work_once(installation: House) -> None:
    with served(installation.app) as address:
        answers = at_once(30, lambda _: post(address, "/notes", {"words": "a"}, {"Idempotency-Key": "b2c1"}))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert installation.notes() == ["a"]


def test_more_requests_than_connections_and_threads_all_get_an_answer(installation: House) -> None:
    with served(installation.app) as address:
        answers = at_once(200, lambda number: post(address, "/notes", {"words": f"sana {number}"}))

    assert {answer.status_code for answer in answers} == {201}
    assert len(installation.notes()) == 200


def test_a_server_sends_no_body_after_a_head(installation: House) -> None:
    with served(installation.app) as address, httpx.Client(base_url=address, timeout=20) as client:
        full, head, after = client.get("/readyz"), client.head("/readyz"), client.get("/readyz")

    assert (head.status_code, head.content, after.content) == (full.status_code, b"", full.content)
    assert head.headers["Content-Length"] == full.headers["Content-Length"]


def test_a_deadlock_is_tried_again(installation: House) -> None:
    with served(installation.app) as address:
        answers = at_once(2, lambda number: post(address, f"/swap/{1 + number}/{2 - number}", {}))

    assert [answer.status_code for answer in answers] == [200, 200]
    with installation.engine.connect() as connection:
        assert list(connection.execute(text("SELECT value FROM counter")).scalars()) == [2, 2]


def test_a_lock_that_is_not_given_is_answered_with_a_time_to_come_back(installation: House, client: TestClient) -> None:
    with installation.engine.begin() as connection:
        connection.execute(text("SELECT 1 FROM counter FOR UPDATE"))
        answer = client.post("/swap/1/2")

    assert (answer.status_code, answer.json()["type"]) == (503, "/docs/problems/unavailable")
    assert int(answer.headers["Retry-After"]) > 0


def test_a_database_that_is_away_is_answered_with_a_time_to_come_back(booking_settings: Settings) -> None:
    away = engine(f"postgresql://nobody@127.0.0.1:{free_port()}/nothing", pool_size=2)
    routers = [routes(threading.Event(), threading.Event())]
    app = create_application(title="House", settings=booking_settings, engine=away, routers=routers)
    client = TestClient(app)

    answer = client.post("/notes", json={"words": "a"})

    assert (answer.status_code, answer.json()["type"]) == (503, "/docs/problems/unavailable")
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200
    assert "tyonohjaus_database_up 0.0" in client.get("/metrics").text


@pytest.mark.parametrize("words", ["nolla\\u0000merkki", "\\ud800"])
def test_signs_that_no_text_has_are_refused(installation: House, client: TestClient, words: str) -> None:
    answer = client.post("/notes", content=f'{{"words": "{words}"}}', headers={"Content-Type": "application/json"})

    assert answer.status_code == 422
    assert "errors" in answer.json() or "tallentaa" in answer.json()["detail"]
    assert installation.notes() == []


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"[" * 100_000, 400), (b"{", 422), (b"", 422), (b"\xff\xfe", 422), (b"1" * 5_000, 400), (b" " * 1_000_001, 413)],
)
def test_what_is_no_body_is_refused(installation: House, client: TestClient, content: bytes, status: int) -> None:
    answer = client.post("/notes", content=content, headers={"Content-Type": "application/json"})

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_large_body_in_pieces_is_refused_before_it_is_whole(client: TestClient) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(2_000):
            yield b" " * 1_000

    answer = client.post("/notes", content=pieces(), headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["type"]) == (413, "/docs/problems/too-large")


# -- a real server, where requests are at work at the same time ---------------------------------------------


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, port=free_port(), log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    address = f"http://127.0.0.1:{server.config.port}"
    try:
        wait_for(lambda: httpx.get(f"{address}/healthz").status_code == 200)
        yield address
    finally:
        server.should_exit = True
        thread.join(20)


def wait_for(answers: Callable[[], bool]) -> None:
    for _ in range(400):
        try:
            if answers():
                return
        except httpx.TransportError:
            threading.Event().wait(0.02)
    raise TimeoutError


def at_once(number: int, ask: Callable[[int], httpx.Response]) -> list[httpx.Response]:
    """The same question from many clients, all let go at the same moment."""
    start = threading.Barrier(number)

    def wait_and_ask(index: int) -> httpx.Response:
        start.wait()
        return ask(index)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(wait_and_ask, range(number)))


def post(address: str, path: str, body: Any, headers: dict[str, str] | None = None) -> httpx.Response:
    return httpx.post(f"{address}{path}", json=body, headers=headers, timeout=30)
