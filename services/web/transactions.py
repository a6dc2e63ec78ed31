"""One request, one transaction: the answer leaves only after the commit, so that no client holds a false 2xx.

A request waits for its connection before it takes a thread; otherwise threads that wait for connections could starve
those that hold one. What waits for the database runs in a thread, as FastAPI has it: endpoints and dependencies that
do are plain functions, not `async` ones.
"""

import random
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Annotated, Any, cast

import anyio
from anyio.lowlevel import RunVar
from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import QueuePool
from starlette.requests import ClientDisconnect

from services.core import clock
from services.core.database import Database
from services.web.errors.database_errors import lost_a_race
from services.web.errors.problems import Malformed, Unavailable
from services.web.protocol import idempotency
from services.web.protocol.etags import not_modified_or
from services.web.security import audit

TRIES = 3
LONGEST_WAIT = 30.0
KEPT_FREE = 1  # for /readyz and /metrics
AFTERWARDS = "afterwards"

Handle = Callable[[Request], Coroutine[Any, Any, Response]]

_places: RunVar[anyio.CapacityLimiter] = RunVar("places")


class TransactionalRoute(APIRoute):
    """A route whose endpoint works in the request's one transaction, by `Db`. A GET can't write in it."""

    reads_only: frozenset[str] = frozenset({"GET"})
    keeps_answers = True

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            body = await _received(request)
            async with _place(request.app.state.engine):
                return await _with_retries(lambda: _once(request, body, handle, type(self)))

        return answer


class ReadingRoute(TransactionalRoute):
    """A route whose POST changes nothing either, so that no answer needs to be kept for a repetition."""

    reads_only = TransactionalRoute.reads_only | {"POST"}


class LockingRoute(TransactionalRoute):
    """A route whose POST changes nothing either, but holds fast what it reads until it has answered."""

    keeps_answers = False


class RecordedRoute(TransactionalRoute):
    """A route whose reading is written down, so that its GET writes too."""

    reads_only = frozenset[str]()


async def _received(request: Request) -> bytes:
    """The whole body, before a connection is taken: a slow sender holds nobody up."""
    try:
        return await request.body()
    except ClientDisconnect as gone:
        raise Malformed from gone


@asynccontextmanager
async def _place(engine: Engine) -> AsyncIterator[None]:
    """Wait for one of as many places as there are connections."""
    try:
        places = _places.get()
    except LookupError:
        places = anyio.CapacityLimiter(max(1, cast(QueuePool, engine.pool).size() - KEPT_FREE))
        _places.set(places)
    borrower = object()
    try:
        with anyio.fail_after(LONGEST_WAIT):
            await places.acquire_on_behalf_of(borrower)
    except TimeoutError as late:
        raise Unavailable from late
    try:
        yield
    finally:
        places.release_on_behalf_of(borrower)


async def _with_retries(attempt: Callable[[], Awaitable[Response]]) -> Response:
    """Try again what lost a race against another transaction: nothing of it is left."""
    for number in range(1, TRIES + 1):
        try:
            return await attempt()
        except DBAPIError as error:
            if number == TRIES or not lost_a_race(error):
                raise
            await anyio.sleep(random.uniform(0.005, 0.05) * number)  # noqa: S311
    raise AssertionError("the last try returns or raises")


async def _once(request: Request, body: bytes, handle: Handle, route: type[TransactionalRoute]) -> Response:
    db = Database(request.app.state.engine, expire_on_commit=False)
    try:
        response = await run_in_threadpool(_begin, request, body, db, route)
        if response is None:
            response = await handle(request)
            await run_in_threadpool(_finish, request, db, response)
    finally:
        if db.in_transaction():
            with anyio.CancelScope(shield=True):
                await run_in_threadpool(db.close)
    return not_modified_or(request, response)


def _begin(request: Request, body: bytes, db: Database, route: type[TransactionalRoute]) -> Response | None:
    """Open the transaction; gives the answer to a request that is only repeated."""
    claim = None
    if request.method in route.reads_only:
        db.execute(text("SET TRANSACTION READ ONLY"))
    request.app.state.access.look(db)
    request.app.state.practice.look(db)
    if request.method not in route.reads_only and route.keeps_answers:
        secrets = idempotency.answer_keys(request.app.state.settings)
        claim = idempotency.claim_of(request, body, secrets)
    request.state.db, request.state.now, request.state.claim = db, clock.now(db), claim
    audit.begin_trail(db, request.app.state.trail, request)
    if claim is None:
        return None
    address = f"{request.url.path}?{request.url.query}"
    return idempotency.claim_key(db, claim, claim.fingerprint(request.method, address, body))


def _finish(request: Request, db: Database, response: Response) -> None:
    if response.status_code >= 400:
        db.rollback()
        return
    audit.write_trail(db, request.state.now)
    if request.state.claim:
        idempotency.keep_answer(db, request.state.claim, response)
    db.commit()
    with suppress(SQLAlchemyError):
        for note in db.info.get(AFTERWARDS, ()):
            note(db)
            db.commit()


def afterwards(db: Database, note: Callable[[Database], None]) -> None:
    """Have something noted in a transaction of its own, once this one is through; no answer depends on it."""
    db.info.setdefault(AFTERWARDS, []).append(note)


async def _db(request: Request) -> Database:
    db: Database = request.state.db
    return db


async def _now(request: Request) -> datetime:
    now: datetime = request.state.now
    return now


Db = Annotated[Database, Depends(_db)]
"""The request's transaction. Use cases never commit it."""

Now = Annotated[datetime, Depends(_now)]
"""The time at which the request's transaction began."""
