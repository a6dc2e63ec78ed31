"""The page to request a report now, instead of waiting for its schedule."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field, ValidationError
from starlette.responses import Response

from services.core.database import Database
from services.reporting import audit
from services.reporting.dependencies import Configured
from services.reporting.models import ReportKind
from services.reporting.pages.site import LoggedInSupervisor, pages
from services.reporting.periods import Period
from services.reporting.settings import Settings
from services.reporting.workflow import listing, reports, requests
from services.reporting.workflow.fields import EARLIEST_DAY, LATEST_DAY
from services.web.errors.problems import InvalidRequest
from services.web.errors.validation import invalid
from services.web.pages.forms import Typed, filled_in, reasons
from services.web.protocol.fields import RequestBody
from services.web.security.visitors import Visitor, redirect
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/raportit/uusi", route_class=TransactionalRoute, include_in_schema=False)

REQUEST_FIELDS = ("process_id", "kind", "span", "first", "last")

ReportDay = Annotated[date, Field(ge=EARLIEST_DAY, le=LATEST_DAY)]
ProcessQuery = Annotated[str, Query(alias="prosessi")]
KindQuery = Annotated[str, Query(alias="laji")]


class ReportRequestForm(RequestBody):
    """Which report, and its period: the whole process so far, or from one day to another."""

    process_id: UUID
    kind: Literal[ReportKind.goal_report, ReportKind.client_report]
    span: Literal["whole", "days"]
    first: ReportDay | None = None
    last: ReportDay | None = None


@router.get("")
def show_request_form(
    db: Db, visitor: LoggedInSupervisor, process_id: ProcessQuery = "", kind: KindQuery = ReportKind.goal_report.value
) -> Response:
    return _page(db, visitor, {"process_id": process_id, "kind": kind, "span": "whole"})


@router.post("")
def submit_report_request(
    db: Db, now: Now, visitor: LoggedInSupervisor, settings: Configured, typed: Typed
) -> Response:
    try:
        wanted = ReportRequestForm.model_validate(filled_in(typed, REQUEST_FIELDS))
        requested = _request(db, visitor, settings, wanted, now)
    except (ValidationError, InvalidRequest) as refused:
        wrong = {"first" if field == "period" else field: reason for field, reason in reasons(refused).items()}
        return _page(db, visitor, typed, 422, wrong)
    if requested.made:
        audit.note(db, now, "report.compiled", f"report/{requested.report.id}")
    return redirect(f"/raportit/{requested.report.id}", tehty="laadittu" if requested.made else "valmiina")


def _request(
    db: Database, visitor: Visitor, settings: Settings, asked: ReportRequestForm, now: datetime
) -> requests.RequestedReport:
    process, period = reports.find_visible_process(db, visitor.principal, asked.process_id), _period(asked)
    request = requests.request_goal_report if asked.kind is ReportKind.goal_report else requests.request_client_report
    return request(db, process, period, settings, now)


def _period(asked: ReportRequestForm) -> Period | None:
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
    processes = listing.list_processes_to_choose(db, visitor.principal)
    return pages.show(
        "report_request.html",
        status,
        visitor=visitor,
        processes=[(each.process_id, f"{each.code} {each.title}") for each in processes],
        typed=typed,
        wrong=wrong or {},
    )
