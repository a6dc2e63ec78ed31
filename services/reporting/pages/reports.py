"""The pages of reports for logged-in visitors: a supervisor's own, and a client's released ones."""

from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.core.database import Database
from services.reporting import audit
from services.reporting.contents import wording
from services.reporting.dependencies import Configured
from services.reporting.models import Process, Report, ReportKind, ReportStatus
from services.reporting.pages.link import STYLESHEET, report_content
from services.reporting.pages.site import DoneQuery, LoggedInReader, SupervisorTakingOut, pages
from services.reporting.rendering import csv, render
from services.reporting.settings import Settings
from services.reporting.workflow import draft_state, listing, publish, reports, requests
from services.reporting.workflow.listing import ReportFilter
from services.reporting.workflow.publish import CSV, PDF, report_file_response
from services.web.i18n.translation import word
from services.web.pages.forms import EmptyAsNone, Fields, Refused, reasons, status_of
from services.web.security.tokens import Role
from services.web.security.visitors import Visitor
from services.web.transactions import Db, Now, RecordedRoute, TransactionalRoute

router = APIRouter(prefix="/raportit", route_class=TransactionalRoute, include_in_schema=False)
recorded = APIRouter(prefix="/raportit", route_class=RecordedRoute, include_in_schema=False)


@router.get("")
def list_reports_as_visitor(
    db: Db,
    visitor: LoggedInReader,
    kind: Annotated[ReportKind | None, EmptyAsNone, Query(alias="laji")] = None,
    process_id: Annotated[UUID | None, EmptyAsNone, Query(alias="prosessi")] = None,
    cursor: Annotated[str | None, Query(alias="kohta")] = None,
) -> Response:
    who, wanted = visitor.principal, ReportFilter(kind, process_id)
    lines, later = listing.list_report_lines(db, who, wanted, cursor)
    is_first = wanted == ReportFilter() and cursor is None and visitor.role is Role.supervisor
    return pages.show(
        "reports.html" if visitor.role is Role.supervisor else "reports_of_client.html",
        visitor=visitor,
        words=wording,
        wanted=wanted,
        kinds=[(kind.value, word(label)) for kind, label in wording.KINDS.items()],
        processes=[
            (each.process_id, f"{each.code} {each.title}") for each in listing.list_processes_to_choose(db, who)
        ],
        drafts=listing.list_waiting_drafts(db, who) if is_first else [],
        lines=lines,
        beginning=_list_address(wanted) if cursor else None,
        later=_list_address(wanted, later) if later else None,
    )


def _list_address(wanted: ReportFilter, cursor: str | None = None) -> str:
    asked = {"laji": wanted.kind, "prosessi": wanted.process_id, "kohta": cursor}
    return f"/raportit?{urlencode({name: value for name, value in asked.items() if value})}"


@recorded.get("/{report_id}")
def show_report_as_visitor(
    db: Db, now: Now, visitor: LoggedInReader, settings: Configured, report_id: UUID, done: DoneQuery = ""
) -> Response:
    return report_page(db, visitor, settings, _read(db, now, visitor, report_id), done=done)


@recorded.get("/{report_id}/raportti.pdf")
def download_report_pdf_as_visitor(db: Db, now: Now, visitor: LoggedInReader, report_id: UUID) -> Response:
    report = _read(db, now, visitor, report_id)
    return report_file_response(report, "pdf", report.pdf or b"", PDF)


@recorded.get("/{report_id}/raportti.csv")
def download_report_csv_as_supervisor(db: Db, now: Now, visitor: SupervisorTakingOut, report_id: UUID) -> Response:
    report = _read(db, now, visitor, report_id)
    return report_file_response(report, "csv", csv.csv_file(publish.stored_document(report)), CSV)


def _read(db: Database, now: datetime, visitor: Visitor, report_id: UUID) -> Report:
    report = reports.find_report(db, visitor.principal, report_id)
    audit.note(db, now, "report.read", f"report/{report.id}")
    return report


def report_page(
    db: Database,
    visitor: Visitor,
    settings: Settings,
    report: Report,
    typed: Fields | None = None,
    refused: Refused | None = None,
    done: str = "",
) -> Response:
    """The whole report, with the actions that its supervisor can take."""
    is_mine = visitor.role is Role.supervisor
    draft = _draft(db, report, settings) if is_mine else None
    return pages.show(
        "report_shown.html",
        status_of(refused),
        visitor=visitor,
        words=wording,
        report=report,
        content=report_content(render.build_sheet(publish.stored_document(report))),
        report_stylesheet=STYLESHEET,
        process=db.get(Process, report.process_id) if report.process_id else None,
        is_mine=is_mine,
        draft=draft,
        participants=[(each.id, f"{word('Osallistuja')} {each.number}") for each in draft.people] if draft else [],
        may_come_anew=is_mine and may_recompile(report),
        done=done,
        typed=typed or {"tells_goals": "1" if report.tells_goals else ""},
        wrong=reasons(refused),
    )


def _draft(db: Database, report: Report, settings: Settings) -> draft_state.DraftState | None:
    if report.kind is not ReportKind.client_report or report.status is not ReportStatus.compiled:
        return None
    return draft_state.load_draft_state(db, report, settings)


def may_recompile(report: Report) -> bool:
    """A client report always may; a goal report if its period had not ended when it was compiled."""
    if report.kind is ReportKind.goal_report:
        return report.evaluation_id is None and requests.is_provisional(report)
    return report.kind is ReportKind.client_report
