"""The page on which a supervisor sees how a process is coming along: its goal report, as it would be right now."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.database import Database
from services.reporting import compiling, dossiers, report_list, reports, sheets, words
from services.reporting.blocks import Sheet
from services.reporting.models import Process
from services.reporting.pages import STYLESHEET, content, pages
from services.reporting.report_list import Wanted
from services.reporting.visiting import Supervising
from services.web.transactions import Db, Now, TransactionalRoute
from services.web.translation import word

router = APIRouter(prefix="/prosessit", route_class=TransactionalRoute, include_in_schema=False)

REPORTS_SHOWN = 5


@router.get("/{process_id}")
def show(db: Db, now: Now, visitor: Supervising, process_id: UUID) -> Response:
    process = reports.process(db, visitor.principal, process_id)
    lines, _ = report_list.look(db, visitor.principal, Wanted(process_id=process_id), None)
    return pages.show(
        "progress.html",
        visitor=visitor,
        words=words,
        process=process,
        content=content(_as_of_now(db, process, now)),
        report_stylesheet=STYLESHEET,
        lines=lines[:REPORTS_SHOWN],
        has_more=len(lines) > REPORTS_SHOWN,
    )


def _as_of_now(db: Database, process: Process, now: datetime) -> Sheet:
    """Open rounds included; kept nowhere."""
    dossier = dossiers.get(db, process.process_id)
    sheet = sheets.sheet(compiling.goal_report(dossier, compiling.whole_process(process, now), now))
    return sheet.model_copy(update={"title": f"{word('Edistyminen')} {process.code}"})
