"""The page on which a supervisor asks for a report now, instead of waiting for the calendar."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field, ValidationError
from starlette.responses import Response

from services.database import Database
from services.reporting import audit, report_list, reports, requesting
from services.reporting.models import Kind
from services.reporting.pages import pages
from services.reporting.periods import Period
from services.reporting.reports_api import Configured
from services.reporting.requesting import Requested
from services.reporting.settings import Settings
from services.reporting.shapes import EARLIEST, LATEST, Wish
from services.reporting.visiting import Supervising
from services.web.forms import Typed, filled_in, reasons
from services.web.problems import InvalidRequest
from services.web.transactions import Db, Now, TransactionalRoute
from services.web.validation import invalid
from services.web.visitors import Visitor, redirect

router = APIRouter(prefix="/raportit/uusi", route_class=TransactionalRoute, include_in_schema=False)

FIELDS = ("process_id", "kind", "span", "first", "last")

Day = Annotated[date, Field(ge=EARLIEST, le=LATEST)]


class Asked(Wish):
    """Which report, and of which days: of the whole process so far, or from one day to another."""

    process_id: UUID
    kind: Literal[Kind.goal_report, Kind.client_report]
    span: Literal["whole", "days"]
    first: Day | None = None
    last: Day | None = None


@router.get("")
def show(db: Db, visitor: Supervising, prosessi: str = "", laji: str = Kind.goal_report.value) -> Response:
    return _page(db, visitor, {"process_id": prosessi, "kind": laji, "span": "whole"})


@router.post("")
def ask(db: Db, now: Now, visitor: Supervising, settings: Configured, typed: Typed) -> Response:
    try:
        requested = _request(db, visitor, settings, Asked.model_validate(filled_in(typed, FIELDS)), now)
    except (ValidationError, InvalidRequest) as refused:
        wrong = {"first" if field == "period" else field: reason for field, reason in reasons(refused).items()}
        return _page(db, visitor, typed, 422, wrong)
    if requested.made:
        audit.note(db, now, visitor.principal.credential, "report.compiled", requested.report.id)
    return redirect(f"/raportit/{requested.report.id}", tehty="laadittu" if requested.made else "valmiina")


def _request(db: Database, visitor: Visitor, settings: Settings, asked: Asked, now: datetime) -> Requested:
    process, period = reports.process(db, visitor.principal, asked.process_id), _period(asked)
    request = requesting.goal_report if asked.kind is Kind.goal_report else requesting.client_report
    return request(db, process, period, settings.link_key, now)


def _period(asked: Asked) -> Period | None:
    if asked.span == "whole":
        return None
    if asked.first is None:
        raise invalid("first", "Valitse ensimmäinen päivä.", "Choose the first day.")
    if asked.last is None:
        raise invalid("last", "Valitse viimeinen päivä.", "Choose the last day.")
    if asked.last < asked.first:
        raise invalid("last", "Viimeinen päivä on ennen ensimmäistä.", "The last day is before the first.")
    return Period(asked.first, asked.last)


def _page(
    db: Database, visitor: Visitor, typed: Mapping[str, str], status: int = 200, wrong: Mapping[str, str] | None = None
) -> Response:
    processes = report_list.processes(db, visitor.principal)
    return pages.show(
        "report_request.html",
        status,
        visitor=visitor,
        processes=[(each.process_id, f"{each.code} {each.title}") for each in processes],
        typed=typed,
        wrong=wrong or {},
    )
