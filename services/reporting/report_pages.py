"""The pages of reports for those who have logged in: a supervisor's own, and to a client what was given to it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter
from pydantic import BeforeValidator
from starlette.responses import Response

from services.database import Database
from services.reporting import audit, csv_file, draft_state, publishing, report_list, reports, requesting, sheets, words
from services.reporting.draft_state import DraftState
from services.reporting.models import Kind, Process, Report, Status
from services.reporting.pages import STYLESHEET, content, pages
from services.reporting.report_list import Wanted
from services.reporting.reports_api import CSV, PDF, Configured, as_file
from services.reporting.settings import Settings
from services.reporting.visiting import Reading, Supervising
from services.web.tokens import Role
from services.web.transactions import Db, Now, RecordedRoute, TransactionalRoute
from services.web.translation import word
from services.web.visitors import Visitor

router = APIRouter(prefix="/raportit", route_class=TransactionalRoute, include_in_schema=False)
recorded = APIRouter(prefix="/raportit", route_class=RecordedRoute, include_in_schema=False)


def _chosen(value: object) -> object:
    """A select whose first option says nothing sends an empty value."""
    return value or None


# -- all of them ------------------------------------------------------------------------------------------


@router.get("")
def show_list(
    db: Db,
    visitor: Reading,
    laji: Annotated[Kind | None, BeforeValidator(_chosen)] = None,
    prosessi: Annotated[UUID | None, BeforeValidator(_chosen)] = None,
    kohta: str | None = None,
) -> Response:
    who, wanted = visitor.principal, Wanted(laji, prosessi)
    lines, later = report_list.look(db, who, wanted, kohta)
    is_first = wanted == Wanted() and kohta is None and visitor.role is Role.supervisor
    return pages.show(
        "reports.html" if visitor.role is Role.supervisor else "reports_of_client.html",
        visitor=visitor,
        words=words,
        wanted=wanted,
        kinds=[(kind.value, word(told)) for kind, told in words.KINDS.items()],
        processes=[(each.process_id, f"{each.code} {each.title}") for each in report_list.processes(db, who)],
        drafts=report_list.waiting(db, who) if is_first else [],
        lines=lines,
        beginning=_address(wanted) if kohta else None,
        later=_address(wanted, later) if later else None,
    )


def _address(wanted: Wanted, cursor: str | None = None) -> str:
    asked = {"laji": wanted.kind, "prosessi": wanted.process_id, "kohta": cursor}
    return f"/raportit?{urlencode({name: value for name, value in asked.items() if value})}"


# -- one of them ------------------------------------------------------------------------------------------


@recorded.get("/{report_id}")
def show_report(db: Db, now: Now, visitor: Reading, settings: Configured, report_id: UUID, tehty: str = "") -> Response:
    return page(db, visitor, settings, _read(db, now, visitor, report_id), done=tehty)


@recorded.get("/{report_id}/raportti.pdf")
def show_pdf(db: Db, now: Now, visitor: Reading, report_id: UUID) -> Response:
    report = _read(db, now, visitor, report_id)
    return as_file(report, "pdf", report.pdf or b"", PDF)


@recorded.get("/{report_id}/raportti.csv")
def show_csv(db: Db, now: Now, visitor: Supervising, report_id: UUID) -> Response:
    report = _read(db, now, visitor, report_id)
    return as_file(report, "csv", csv_file.csv_file(publishing.document_of(report)), CSV)


def _read(db: Database, now: datetime, visitor: Visitor, report_id: UUID) -> Report:
    report = reports.find(db, visitor.principal, report_id)
    audit.note(db, now, visitor.principal.credential, "report.read", report.id)
    return report


def page(
    db: Database,
    visitor: Visitor,
    settings: Settings,
    report: Report,
    status: int = 200,
    *,
    done: str = "",
    typed: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
) -> Response:
    """The whole report, and beside it to its supervisor what can be done with it."""
    is_mine = visitor.role is Role.supervisor
    draft = _draft(db, report, settings) if is_mine else None
    return pages.show(
        "report_shown.html",
        status,
        visitor=visitor,
        words=words,
        report=report,
        content=content(sheets.sheet(publishing.document_of(report))),
        report_stylesheet=STYLESHEET,
        process=db.get(Process, report.process_id) if report.process_id else None,
        is_mine=is_mine,
        draft=draft,
        participants=[(each.id, f"{word('Osallistuja')} {each.number}") for each in draft.people] if draft else [],
        may_come_anew=is_mine and may_come_anew(report),
        done=done,
        typed=typed or {"tells_goals": "1" if report.tells_goals else ""},
        wrong=wrong or {},
    )


def _draft(db: Database, report: Report, settings: Settings) -> DraftState | None:
    if report.kind is not Kind.client_report or report.status is not Status.compiled:
        return None
    return draft_state.look(db, report, settings.link_key)


def may_come_anew(report: Report) -> bool:
    """A client's report always may; a goal report as long as its days were not over when it was made."""
    if report.kind is Kind.goal_report:
        return report.evaluation_id is None and requesting.is_provisional(report)
    return report.kind is Kind.client_report
