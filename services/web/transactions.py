"""One request, one transaction: the answer leaves only after the commit, so that no client holds a false 2xx.

All of it, from the first statement to the commit, runs in one worker thread: changing threads at every step took as
long as the statements. So endpoints and dependencies may wait for the database, and for nothing else. A request waits
for its connection before it takes a thread; otherwise threads that wait for connections could starve those that hold
one.
"""

import random
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime
from functools import wraps
from inspect import iscoroutinefunction
from typing import Annotated, Any, cast

import anyio
from anyio.lowlevel import RunVar
from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool
from starlette.requests import ClientDisconnect

from services import clock
from services.database import Database
from services.web import idempotency, trail
from services.web.database_trouble import lost_a_race
from services.web.etags import unless_known
from services.web.problems import Malformed, Problem, Unavailable
from services.web.tokens import principal_of

TRIES = 3
LONGEST_WAIT = 30.0
KEPT_FREE = 1  # for /readyz and /metrics

Handle = Callable[[Request], Coroutine[Any, Any, Response]]

_places: RunVar[anyio.CapacityLimiter] = RunVar("places")


class TransactionalRoute(APIRoute):
    """A route whose endpoint works in the request's one transaction, by `Db`. A GET can't write in it."""

    reads_only: frozenset[str] = frozenset({"GET", "HEAD"})

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, _in_place(endpoint), **options)
        _ensure_in_place(self.dependant)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            await _receive(request)
            async with _place(request.app.state.engine):
                return await _with_retries(request, handle, self.reads_only)

        return answer


class ReadingRoute(TransactionalRoute):
    """A route whose POST changes nothing either, so that no answer needs to be kept for a repetition."""

    reads_only = TransactionalRoute.reads_only | {"POST"}


class RecordedRoute(TransactionalRoute):
    """A route whose reading is written down, so that its GET writes too."""

    reads_only = frozenset[str]()


async def _receive(request: Request) -> None:
    """Have the whole body before a connection is taken: a slow sender holds nobody up."""
    try:
        await request.body()
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


async def _with_retries(request: Request, handle: Handle, reads_only: frozenset[str]) -> Response:
    """Try again what lost a race against another transaction: nothing of it is left."""
    for attempt in range(1, TRIES + 1):
        try:
            return await run_in_threadpool(_once, request, handle, reads_only)
        except DBAPIError as error:
            if attempt == TRIES or not lost_a_race(error):
                raise
            await anyio.sleep(random.uniform(0.005, 0.05) * attempt)  # noqa: S311
    raise AssertionError("the last try returns or raises")


def _once(request: Request, handle: Handle, reads_only: frozenset[str]) -> Response:
    with Database(request.app.state.engine, expire_on_commit=False) as db:
        claim = None if request.method in reads_only else _claim(request)
        repeated = _begin(request, db, claim, reads_only)
        if repeated is not None:
            return repeated
        response = _finished(handle(request))
        _finish(request, db, response)
    return unless_known(request, response)


def _finished(handling: Coroutine[Any, Any, Response]) -> Response:
    """What FastAPI answers, without its event loop: the body is here, so there is nothing to wait for."""
    try:
        handling.send(None)
    except StopIteration as finished:
        response: Response = finished.value
        return response
    raise AssertionError("a route of one transaction waits for the database alone")


def _in_place(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """Have FastAPI run an endpoint where it is itself, not in a further thread."""
    if iscoroutinefunction(endpoint):
        return endpoint

    @wraps(endpoint)
    async def in_place(**values: Any) -> Any:
        return endpoint(**values)

    return in_place


def _ensure_in_place(dependant: Dependant) -> None:
    for needed in dependant.dependencies:
        if not (iscoroutinefunction(needed.call) or iscoroutinefunction(getattr(needed.call, "__call__", None))):  # noqa: B004
            raise TypeError(f"{needed.call} would need a thread of its own: make it an async def.")
        _ensure_in_place(needed)


def _claim(request: Request) -> idempotency.Claim | None:
    key = idempotency.key_of(request, request._body)
    if key is None:
        return None
    return idempotency.Claim(_sender(request), key, request.app.state.settings.link_key)


def _sender(request: Request) -> str:
    """Whose keys these are. The token itself is judged by the endpoint."""
    try:
        principal = principal_of(request)
    except Problem:
        principal = None
    return principal.credential if principal else ""


def _begin(
    request: Request, db: Database, claim: idempotency.Claim | None, reads_only: frozenset[str]
) -> Response | None:
    if request.method in reads_only:
        db.execute(text("SET TRANSACTION READ ONLY"))
    request.state.db, request.state.now, request.state.claim = db, clock.now(db), claim
    trail.begin(db, request.app.state.trail, request)
    return idempotency.begin(db, claim, _fingerprint(request)) if claim else None


def _fingerprint(request: Request) -> str:
    address = f"{request.url.path}?{request.url.query}"
    return idempotency.fingerprint(request.method, address, request._body)


def _finish(request: Request, db: Database, response: Response) -> None:
    if response.status_code >= 400:
        db.rollback()
        return
    trail.write(db, request.state.now)
    if request.state.claim:
        idempotency.keep(db, request.state.claim, response)
    db.commit()


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
