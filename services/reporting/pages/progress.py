"""The progress page of a process, for its supervisor: its goal report as of now."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.core.database import Database
from services.reporting.contents import compile, wording
from services.reporting.models import Process
from services.reporting.pages.link import STYLESHEET, report_content
from services.reporting.pages.site import LoggedInSupervisor, pages
from services.reporting.projections import process_data
from services.reporting.rendering import render
from services.reporting.rendering.blocks import Sheet
from services.reporting.workflow import listing, reports
from services.web.i18n.translation import word
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/raportit/prosessit", route_class=TransactionalRoute, include_in_schema=False)

REPORTS_SHOWN = 5


@router.get("/{process_id}")
def show_progress_as_supervisor(db: Db, now: Now, visitor: LoggedInSupervisor, process_id: UUID) -> Response:
    process = reports.find_visible_process(db, visitor.principal, process_id)
    lines, _ = listing.list_report_lines(db, visitor.principal, listing.ReportFilter(process_id=process_id), None)
    return pages.show(
        "progress.html",
        visitor=visitor,
        words=wording,
        process=process,
        content=report_content(_current_sheet(db, process, now)),
        report_stylesheet=STYLESHEET,
        lines=lines[:REPORTS_SHOWN],
        has_more=len(lines) > REPORTS_SHOWN,
    )


def _current_sheet(db: Database, process: Process, now: datetime) -> Sheet:
    """Open rounds included; not stored."""
    data = process_data.load_process_data(db, process.process_id)
    sheet = render.build_sheet(compile.compile_goal_report(data, compile.whole_process_period(process, now), now))
    return sheet.model_copy(update={"title": f"{word('Edistyminen')} {process.code}"})
