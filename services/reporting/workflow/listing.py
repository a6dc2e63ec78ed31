"""The lists of reports: drafts that wait for the supervisor, and all compiled reports."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.orm import defer
from sqlmodel import col, select

from services.core.database import Database
from services.events.catalogue import Phase
from services.reporting.contents.documents import ClientReport
from services.reporting.models import Evaluation, Process, Report, ReportKind, ReportStatus
from services.reporting.workflow import drafts, publish, reports, reviews
from services.web.protocol.pagination import Paging, fetch_page
from services.web.security.tokens import Principal

PAGE_SIZE = 25
MAX_DRAFTS = 30
MAX_PROCESSES = 200


class ReportFilter(NamedTuple):
    """Which reports; without any condition, all that somebody may read."""

    kind: ReportKind | None = None
    process_id: UUID | None = None


class ReportLine(NamedTuple):
    """A report, the process that it is about, and the round at whose end it was made."""

    report: Report
    process: Process | None
    phase: Phase | None


class WaitingDraft(NamedTuple):
    """A client report that is not released yet; `asks_words`: without a text there is nothing in it to review."""

    report: Report
    process: Process
    standing: reviews.ReviewStanding
    asks_words: bool


def list_report_lines(
    db: Database, who: Principal, wanted: ReportFilter, cursor: str | None
) -> tuple[list[ReportLine], str | None]:
    """A page of reports, the newest first, and its cursor. Their contents are not loaded."""
    query = select(Report).where(reports.reports_visible_to(who), *_conditions(wanted))
    query = query.where(col(Report.status).in_(reports.READABLE))
    query = query.options(defer(Report.pdf, raiseload=True), defer(Report.document, raiseload=True))  # type: ignore[arg-type]
    order = (col(Report.compiled_at), col(Report.id))
    found, later = fetch_page(db, query, order, Paging(PAGE_SIZE, cursor), newest_first=True)
    processes, phases = _processes(db, found), _phases(db, found)
    return [ReportLine(one, processes.get(one.process_id), phases.get(one.evaluation_id)) for one in found], later


def _conditions(wanted: ReportFilter) -> Iterable[Any]:
    if wanted.kind:
        yield col(Report.kind) == wanted.kind
    if wanted.process_id:
        yield col(Report.process_id) == wanted.process_id


def list_waiting_drafts(db: Database, who: Principal) -> list[WaitingDraft]:
    """The drafts to clients, those that have waited longest first."""
    query = select(Report).where(reports.reports_visible_to(who), col(Report.kind) == ReportKind.client_report)
    query = query.where(col(Report.status) == ReportStatus.compiled).order_by(col(Report.compiled_at)).limit(MAX_DRAFTS)
    found = db.scalars(query.options(defer(Report.pdf, raiseload=True))).all()  # type: ignore[arg-type]
    processes = _processes(db, found)
    known = [(report, processes[report.process_id]) for report in found if report.process_id in processes]
    standings = reviews.load_standings(db, known)
    return [WaitingDraft(report, process, standings[report.id], needs_words(report)) for report, process in known]


def needs_words(report: Report) -> bool:
    document = publish.stored_document(report)
    return isinstance(document, ClientReport) and not drafts.is_ready_for_review(document)


def list_processes_to_choose(db: Database, who: Principal) -> Sequence[Process]:
    """Those that somebody can choose from, the newest code first."""
    query = select(Process).where(reports.processes_visible_to(who)).order_by(col(Process.code).desc())
    return db.scalars(query.limit(MAX_PROCESSES)).all()


def _phases(db: Database, found: Sequence[Report]) -> dict[UUID | None, Phase]:
    ids = {report.evaluation_id for report in found if report.evaluation_id}
    query = select(Evaluation).where(col(Evaluation.evaluation_id).in_(ids))
    return {round_.evaluation_id: round_.phase for round_ in db.scalars(query)}


def _processes(db: Database, found: Sequence[Report]) -> dict[UUID | None, Process]:
    ids = {report.process_id for report in found if report.process_id}
    query = select(Process).where(col(Process.process_id).in_(ids))
    return {process.process_id: process for process in db.scalars(query)}
