"""An application put together: what is alike on all three services, and the routers of the one."""

import gc
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from sqlalchemy import Engine
from sqlalchemy.exc import NoResultFound, SQLAlchemyError
from sqlmodel.sql.expression import SelectOfScalar
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Match

from services.core.addresses import FACES
from services.core.logs import logger
from services.core.sealing import carrying
from services.core.settings import ServiceSettings
from services.web import docs, health
from services.web.description import problem_page
from services.web.description.document import completed
from services.web.description.operations import operation_id
from services.web.description.query import refuse_unknown_query
from services.web.errors import problems
from services.web.errors.database_errors import Constraints, constraint, problem_of, sqlstate
from services.web.errors.validation import invalid_request
from services.web.metrics import Gauge, Metrics
from services.web.middleware import RequestMiddleware
from services.web.pages.practice import PracticeColumns, PracticeLook
from services.web.security.access import AccessCheck
from services.web.security.audit import AuditTrail
from services.web.security.rate_limits import GENERAL, RateLimiter, limits_key
from services.web.security.visitors import Elsewhere

log = logger(__name__)

PROBLEMS_OF_STATUS = {one.status: one for one in (problems.NotFound, problems.MethodNotAllowed, problems.TooLarge)}


async def app_settings(request: Request) -> Any:
    """The settings that the application was made with, as a dependency of its routes."""
    return request.app.state.settings


def create_application(
    *,
    title: str,
    settings: ServiceSettings,
    engine: Engine,
    routers: Sequence[APIRouter],
    constraints: Constraints | None = None,
    rates: Mapping[str, str] | None = None,
    checks: Sequence[health.Check] = (),
    gauges: Sequence[Gauge] = (),
    trail: AuditTrail | None = None,
    inactive: SelectOfScalar[UUID] | None = None,
    practice: type[PracticeColumns] | None = None,
) -> FastAPI:
    """The application of a service below its part of the one address.

    `constraints` names problems by what PostgreSQL refuses.
    `inactive` selects the supervisors who are deactivated; `practice` is the table of the practice's name and look.
    """
    app = FastAPI(
        title=title,
        version="1",
        lifespan=_closing(engine),
        openapi_url="/openapi.json" if FACES[settings.service] else None,  # at the root lies the one of all
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        middleware=[Middleware(RequestMiddleware)],
        generate_unique_id_function=operation_id,
        separate_input_output_schemas=False,
        dependencies=[Depends(refuse_unknown_query)],
        responses={
            "4XX": problems.described("What is wrong with the request, as RFC 9457 problem details."),
            "5XX": problems.described("What can't be done just now; `Retry-After` says when to ask again."),
        },
    )
    app.state.face = FACES[settings.service]
    app.state.address = f"{settings.public_url}{app.state.face}"
    app.state.settings, app.state.engine = settings, carrying(engine, settings.sealing)
    app.state.constraints, app.state.checks, app.state.trail = constraints or {}, list(checks), trail
    app.state.routes = []
    app.state.access, app.state.practice = AccessCheck(inactive), PracticeLook(practice)
    counted = {GENERAL: settings.general_rate, **(rates or {})}
    app.state.gate = RateLimiter(counted, limits_key(settings), settings.redis_url)
    app.state.metrics, app.state.gauges = Metrics(engine, gauges, checks), list(gauges)
    _handle_problems(app)
    _complete_openapi(app)
    for router in (*routers, health.router, problem_page.router, docs.router):
        app.include_router(router)
        app.state.routes += router.routes
    return app


def _closing(engine: Engine) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        gc.collect()
        gc.freeze()  # what was imported stays: looking through all of it again and again held requests up for 0.1 s
        yield
        engine.dispose()

    return lifespan


def _complete_openapi(app: FastAPI) -> None:
    describe = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            completed(app, describe())  # in place: FastAPI keeps what it described
        return describe()

    app.openapi = described  # type: ignore[method-assign]  # as FastAPI's documentation tells to


def _allowed(request: Request) -> str:
    """Every method of an address; the router itself would name those of the first route that fits."""
    fitting = [route for route in request.app.state.routes if route.matches(request.scope)[0] is not Match.NONE]
    methods = {method for route in fitting for method in route.methods}
    return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))


def _handle_problems(app: FastAPI) -> None:
    @app.exception_handler(problems.Problem)
    async def known(request: Request, problem: problems.Problem) -> Response:
        return problems.answer(request, problem)

    @app.exception_handler(Elsewhere)
    async def elsewhere(request: Request, first: Elsewhere) -> Response:
        return first.response

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return problems.answer(request, invalid_request(error.errors()))

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        problem = PROBLEMS_OF_STATUS.get(error.status_code, problems.Malformed)
        headers = {"Allow": _allowed(request)} if problem is problems.MethodNotAllowed else error.headers
        return problems.answer(request, problem(headers=headers))

    @app.exception_handler(UnicodeEncodeError)
    async def unreadable(request: Request, _: UnicodeEncodeError) -> Response:
        return problems.answer(request, problems.InvalidRequest())

    @app.exception_handler(NoResultFound)
    async def missing(request: Request, _: NoResultFound) -> Response:
        return problems.answer(request, problems.NotFound())

    @app.exception_handler(SQLAlchemyError)
    async def database(request: Request, error: SQLAlchemyError) -> Response:
        problem = problem_of(error, request.app.state.constraints)
        if problem is None:
            raise error
        log.warning(
            "database.refused", kind=type(error).__name__, sqlstate=sqlstate(error), constraint=constraint(error)
        )
        return problems.answer(request, problem)
