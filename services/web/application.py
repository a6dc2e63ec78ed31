"""An HTTP face put together: what is alike on all three services, and the routers of the one."""

import gc
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from sqlalchemy import Engine
from sqlalchemy.exc import NoResultFound, SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Match

from services.log import logger
from services.settings import ServiceSettings
from services.web import docs, health, idempotency, problems
from services.web.database_trouble import Constraints, constraint, problem_of, sqlstate
from services.web.edge import Edge
from services.web.health import Check
from services.web.language import language_of
from services.web.limits import GENERAL, Gate
from services.web.metrics import Gauge, Metrics
from services.web.problems import ProblemShape
from services.web.trail import Trail
from services.web.validation import invalid_request
from services.web.visitors import Elsewhere

log = logger(__name__)

PROBLEMS_OF_STATUS: dict[int, type[problems.Problem]] = {
    404: problems.NotFound,
    405: problems.MethodNotAllowed,
    413: problems.TooLarge,
}


def application(
    *,
    title: str,
    address: str,
    settings: ServiceSettings,
    engine: Engine,
    routers: Sequence[APIRouter],
    constraints: Constraints | None = None,
    rates: Mapping[str, str] | None = None,
    checks: Sequence[Check] = (),
    gauges: Sequence[Gauge] = (),
    trail: Trail | None = None,
) -> FastAPI:
    """The application of a service at its public address. `constraints` names problems by what PostgreSQL refuses."""
    app = FastAPI(
        title=title,
        version="1",
        lifespan=_closing(engine),
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        middleware=[Middleware(Edge)],
        responses={
            "4XX": problems.described("What is wrong with the request, as RFC 9457 problem details."),
            "5XX": problems.described("What can't be done just now; `Retry-After` says when to ask again."),
        },
    )
    app.state.address, app.state.settings, app.state.engine = address, settings, engine
    app.state.constraints, app.state.checks, app.state.trail = constraints or {}, list(checks), trail
    app.state.routes = []
    app.state.gate = Gate({GENERAL: settings.general_rate, **(rates or {})})
    app.state.metrics, app.state.gauges = Metrics(engine, gauges, checks), list(gauges)
    _handle_problems(app)
    _complete_description(app)
    for router in (*routers, health.router, docs.router, explanations):
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


def _complete_description(app: FastAPI) -> None:
    """Describe what no endpoint says by itself: the shape of all problems, and that a POST may be sent again."""
    describe = app.openapi

    def described() -> dict[str, Any]:
        schema = describe()
        schema.setdefault("components", {}).setdefault("schemas", {})["Problem"] = ProblemShape.model_json_schema()
        for path, operations in schema["paths"].items():
            if "post" in operations and path.startswith("/api/"):
                parameters = operations["post"].setdefault("parameters", [])
                if idempotency.PARAMETER not in parameters:
                    parameters.append(idempotency.PARAMETER)
        return schema

    app.openapi = described  # type: ignore[method-assign]  # as FastAPI's documentation tells to


def _allowed(request: Request) -> str:
    """Every method of an address; the router itself would name those of the first route that fits."""
    fitting = [route for route in request.app.state.routes if route.matches(request.scope)[0] is not Match.NONE]
    return ", ".join(sorted({method for route in fitting for method in route.methods}))


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


explanations = APIRouter(include_in_schema=False)


@explanations.get("/problems/{slug}")
async def explain(request: Request, slug: str) -> JSONResponse:
    """What the `type` of a problem leads to."""
    found = problems.known_problems().get(slug)
    if found is None:
        raise problems.NotFound
    language = language_of(request)
    told = {"title": found.title(language), "status": found.status}
    return JSONResponse(told | ({"detail": found.advice.to(language)} if found.advice else {}))
