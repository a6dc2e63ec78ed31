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
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from pydantic import BaseModel
from sqlalchemy import Engine, text

from services.booking.settings import Settings
from services.database import engine
from services.local.ports import free_port
from services.web.application import application
from services.web.problems import Problem
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
def house(booking_settings: Settings) -> Iterator[House]:
    database = engine(booking_settings.booking_database_url, pool_size=4)
    with database.begin() as connection:
        connection.execute(text(TABLES))
    inside, go_on = threading.Event(), threading.Event()
    app = application(
        title="House",
        address="https://house.test",
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
    def add(db: Db, _: Now, wish: Words) -> Json:
        return {"id": write(db, wish.words), "words": wish.words}

    @router.get("/notes")
    def sneak(db: Db) -> int:
        return write(db, "written by a GET")

    @router.post("/broken", status_code=201)
    def broken(db: Db, wish: Words) -> None:
        write(db, wish.words)
        raise ZeroDivisionError

    @router.post("/slow", status_code=201)
    def slow(db: Db, wish: Words) -> int:
        inside.set()
        go_on.wait(10)
        return write(db, wish.words)

    @router.post("/unanswerable", status_code=201)
    def unanswerable(db: Db, wish: Words) -> Words:
        write(db, wish.words)
        return None  # type: ignore[return-value]  # what no answer can be made of

    @router.post("/swap/{first}/{second}")
    def swap(db: Db, first: int, second: int) -> None:
        for row in (first, second):
            db.execute(text("UPDATE counter SET value = value + 1 WHERE id = :row"), {"row": row})
            db.execute(text("SELECT pg_sleep(0.1)"))

    return router


@pytest.fixture
def client(house: House) -> TestClient:
    return TestClient(house.app)


def test_a_2xx_is_sent_only_after_the_commit(house: House, client: TestClient) -> None:
    # The unique constraint is deferred: the endpoint and its answer succeed, the commit does not.
    assert client.post("/notes", json={"words": "ensimmäinen"}).status_code == 201

    answer = client.post("/notes", json={"words": "ensimmäinen"})

    assert (answer.status_code, answer.json()["type"]) == (409, "https://house.test/problems/taken")
    assert house.notes() == ["ensimmäinen"]


@pytest.mark.parametrize("path", ["/broken", "/unanswerable"])
def test_what_breaks_after_writing_leaves_nothing(house: House, client: TestClient, path: str) -> None:
    answer = client.post(path, json={"words": "salaisuus"})

    assert (answer.status_code, answer.json()["type"]) == (500, "https://house.test/problems/unexpected")
    assert "salaisuus" not in answer.text
    assert house.notes() == []


def test_a_get_writes_nothing(house: House, client: TestClient) -> None:
    assert client.get("/notes").status_code >= 500
    assert house.notes() == []


def test_the_same_key_and_body_get_the_same_answer_once(house: House, client: TestClient) -> None:
    key = {"Idempotency-Key": '"b2c1"'}

    first = client.post("/notes", json={"words": "a"}, headers=key)
    again = client.post("/notes", content=b'{ "words":  "a" }', headers=key | {"Content-Type": "application/json"})

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert again.headers["Idempotency-Replayed"] == "true"
    assert house.notes() == ["a"]


def test_the_same_key_with_another_body_or_address_is_refused(house: House, client: TestClient) -> None:
    key = {"Idempotency-Key": "b2c1"}
    client.post("/notes", json={"words": "a"}, headers=key)

    for path, words in (("/notes", "b"), ("/slow", "a")):
        answer = client.post(path, json={"words": words}, headers=key)
        assert (answer.status_code, answer.json()["type"]) == (422, "https://house.test/problems/key-reused")
    assert house.notes() == ["a"]


def test_what_failed_can_be_sent_again_with_its_key(house: House, client: TestClient) -> None:
    key = {"Idempotency-Key": "b2c1"}
    assert client.post("/notes", json={"words": "forbidden"}, headers=key).status_code == 422

    assert client.post("/notes", json={"words": "a"}, headers=key).status_code == 201
    assert house.notes() == ["a"]


@pytest.mark.parametrize("key", ["", "a b", "ä", "x" * 256, "\x7f"])
def test_a_key_that_is_none_is_refused(client: TestClient, key: str) -> None:
    answer = client.post("/notes", json={"words": "a"}, headers={"Idempotency-Key": key.encode()})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


def test_the_kept_answer_can_be_read_only_with_its_key(house: House, client: TestClient) -> None:
    client.post("/notes", json={"words": "kerran näytettävä"}, headers={"Idempotency-Key": "b2c1"})

    with house.engine.connect() as connection:
        kept = str(connection.execute(text("SELECT * FROM idempotency_key")).all())
    assert "kerran" not in kept
    assert "b2c1" not in kept


def test_a_twin_in_flight_is_told_to_wait(house: House) -> None:
    key = {"Idempotency-Key": "b2c1"}
    with served(house.app) as address, httpx.Client(base_url=address, timeout=20) as client:
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(client.post, "/slow", json={"words": "a"}, headers=key)
            assert house.inside.wait(10)
            twin = client.post("/slow", json={"words": "a"}, headers=key)
            house.go_on.set()
        again = client.post("/slow", json={"words": "a"}, headers=key)

    assert (twin.status_code, twin.json()["type"]) == (409, "https://house.test/problems/request-in-flight")
    assert first.result().status_code == 201
    assert again.content == first.result().content
    assert house.notes() == ["a"]


def test_many_twins_do_the_work_once(house: House) -> None:
    with served(house.app) as address:
        answers = at_once(30, lambda _: post(address, "/notes", {"words": "a"}, {"Idempotency-Key": "b2c1"}))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert house.notes() == ["a"]


def test_more_requests_than_connections_and_threads_all_get_an_answer(house: House) -> None:
    with served(house.app) as address:
        answers = at_once(200, lambda number: post(address, "/notes", {"words": f"sana {number}"}))

    assert {answer.status_code for answer in answers} == {201}
    assert len(house.notes()) == 200


def test_a_deadlock_is_tried_again(house: House) -> None:
    with served(house.app) as address:
        answers = at_once(2, lambda number: post(address, f"/swap/{1 + number}/{2 - number}", {}))

    assert [answer.status_code for answer in answers] == [200, 200]
    with house.engine.connect() as connection:
        assert list(connection.execute(text("SELECT value FROM counter")).scalars()) == [2, 2]


def test_a_lock_that_is_not_given_is_answered_with_a_time_to_come_back(house: House, client: TestClient) -> None:
    with house.engine.begin() as connection:
        connection.execute(text("SELECT 1 FROM counter FOR UPDATE"))
        answer = client.post("/swap/1/2")

    assert (answer.status_code, answer.json()["type"]) == (503, "https://house.test/problems/unavailable")
    assert int(answer.headers["Retry-After"]) > 0


def test_a_database_that_is_away_is_answered_with_a_time_to_come_back(booking_settings: Settings) -> None:
    away = engine(f"postgresql://nobody@127.0.0.1:{free_port()}/nothing", pool_size=2)
    routers = [routes(threading.Event(), threading.Event())]
    app = application(title="House", address="", settings=booking_settings, engine=away, routers=routers)
    client = TestClient(app)

    answer = client.post("/notes", json={"words": "a"})

    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200
    assert "tyonohjaus_database_up 0.0" in client.get("/metrics").text


@pytest.mark.parametrize("words", ["nolla\\u0000merkki", "\\ud800"])
def test_signs_that_no_text_has_are_refused(house: House, client: TestClient, words: str) -> None:
    answer = client.post("/notes", content=f'{{"words": "{words}"}}', headers={"Content-Type": "application/json"})

    assert answer.status_code == 422
    assert house.notes() == []


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"[" * 100_000, 400), (b"{", 422), (b"", 422), (b"\xff\xfe", 422), (b"1" * 5_000, 400), (b" " * 1_000_001, 413)],
)
def test_what_is_no_body_is_refused(house: House, client: TestClient, content: bytes, status: int) -> None:
    answer = client.post("/notes", content=content, headers={"Content-Type": "application/json"})

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_large_body_in_pieces_is_refused_before_it_is_whole(client: TestClient) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(2_000):
            yield b" " * 1_000

    answer = client.post("/notes", content=pieces(), headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["type"]) == (413, "https://house.test/problems/too-large")


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
