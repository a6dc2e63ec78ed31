"""Whether a service lives, whether it can work, and how it is doing: /healthz, /readyz and /metrics."""

from collections.abc import Callable, Iterable

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from services.core.database import Database, transaction
from services.core.logs import logger

log = logger(__name__)

Check = Callable[[Database], Iterable[str]]
"""Says what stands still; nothing when all is well."""

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
async def healthz() -> PlainTextResponse:
    return PlainTextResponse("ok")


@router.get("/readyz")
def readyz(request: Request) -> JSONResponse:
    reasons = why_not_ready(request.app.state.engine, request.app.state.checks)
    if reasons:
        log.warning("not.ready", reasons=reasons)
    return JSONResponse({"ready": not reasons, "reasons": reasons}, 503 if reasons else 200)


@router.get("/metrics")
def metrics(request: Request) -> Response:
    return Response(request.app.state.metrics.text(), media_type=CONTENT_TYPE_LATEST)


def why_not_ready(engine: Engine, checks: Iterable[Check]) -> list[str]:
    try:
        with transaction(engine) as db:
            db.execute(text("SELECT 1"))
            return [reason for check in checks for reason in check(db)]
    except SQLAlchemyError as error:
        return [f"database: {type(error).__name__}"]
