"""Reports over HTTP: request, read in every format, review by participants, release to clients."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlmodel import col, select

from services.core.addresses import FACES
from services.core.database import Database
from services.reporting import audit
from services.reporting.contents.documents import AnyReport
from services.reporting.dependencies import Configured
from services.reporting.models import Report, ReportKind
from services.reporting.rendering import csv
from services.reporting.settings import Settings
from services.reporting.workflow import drafts, fields, publish, reports, requests, reviews
from services.reporting.workflow import release as workflow_release
from services.reporting.workflow.drafts import NoDraft
from services.reporting.workflow.publish import CSV, PDF, report_file_response
from services.reporting.workflow.release import NoLongerTrue, NotReleased, NotSeenByAll, ObjectedTo
from services.reporting.workflow.reviews import Opinion, ReportTextUpdate, ReviewCreate
from services.web.errors.problems import documented
from services.web.protocol import etags
from services.web.protocol.etags import Match
from services.web.protocol.fields import RequestBody
from services.web.protocol.pagination import Page, Paged, fetch_page
from services.web.security.tokens import Principal, Reader, Role, Staff
from services.web.transactions import Db, Now, RecordedRoute, TransactionalRoute

router = APIRouter(prefix="/api/v1", tags=["reports"], route_class=TransactionalRoute)
recorded = APIRouter(prefix="/api/v1", tags=["reports"], route_class=RecordedRoute)


class PeriodPublic(BaseModel):
    key: str
    label: str
    first: date
    last: date


class ReportPublic(BaseModel):
    """A report: when it was compiled, its period, and its status on the way to the client."""

    id: UUID
    kind: ReportKind
    status: Literal["compiled", "released", "withdrawn"]
    process_id: UUID | None
    supervisor_id: UUID
    evaluation_id: UUID | None
    period: PeriodPublic
    edition: int
    version: int
    compiled_at: datetime
    released_at: datetime | None
    withdrawn_at: datetime | None


class ReportWithDocument(ReportPublic):
    """A report with its whole content; the same as in its PDF."""

    document: AnyReport


class ReportCreate(RequestBody):
    """Which report, and its period; without one, the whole process so far."""

    kind: Literal[ReportKind.goal_report, ReportKind.client_report]
    period: fields.PeriodKey | None = None


class ReviewPublic(BaseModel):
    """`version`: the version of the report that was reviewed; only reviews of the newest count."""

    participant_id: UUID
    version: int
    approved: bool
    comment: str | None
    at: datetime


class ReviewsPublic(BaseModel):
    """Who has reviewed the newest version of the report, and whose review is missing."""

    report_id: UUID
    version: int
    seen: list[UUID]
    waiting: list[UUID]
    objecting: list[UUID]
    reviews: list[ReviewPublic]


class ReportTextPublic(BaseModel):
    report_id: UUID
    version: int
    text: str


class ReportRelease(RequestBody):
    despite_objections: bool = False


def report_public(report: Report) -> ReportPublic:
    return ReportPublic.model_validate(_public_fields(report))


def _public_fields(report: Report) -> dict[str, Any]:
    period = report.period
    days = PeriodPublic(key=period.key, label=period.label, first=period.first, last=period.last)
    return report.model_dump(exclude={"document"}) | {"period": days}


def _report_response(report: Report, response: Response) -> ReportPublic:
    response.headers["ETag"] = etags.etag(report.version)
    return report_public(report)


# -- request and list --------------------------------------------------------------------------------------


@router.post("/processes/{process_id}/reports", status_code=201, responses={200: {"model": ReportPublic}})
def create_report(
    db: Db, now: Now, who: Reader, settings: Configured, process_id: UUID, wanted: ReportCreate, response: Response
) -> ReportPublic:
    """Compile a report now. The goal report of a period that is over is compiled once: later calls answer 200."""
    process, period = reports.find_visible_process(db, who, process_id), fields.optional_period(wanted.period)
    request = requests.request_goal_report if wanted.kind is ReportKind.goal_report else requests.request_client_report
    report, made = request(db, process, period, settings, now)
    if made:
        audit.note(db, now, "report.compiled", f"report/{report.id}")
    response.status_code = 201 if made else 200
    response.headers["Location"] = f"{FACES['reporting']}/api/v1/reports/{report.id}"
    return _report_response(report, response)


@router.get("/reports")
def list_reports(
    db: Db,
    who: Reader,
    paging: Paged,
    process_id: UUID | None = None,
    supervisor_id: UUID | None = None,
    kind: ReportKind | None = None,
) -> Page[ReportPublic]:
    """Reports, the earliest requested first."""
    query = select(Report).where(reports.reports_visible_to(who), col(Report.status).in_(reports.READABLE))
    wanted = {Report.process_id: process_id, Report.supervisor_id: supervisor_id, Report.kind: kind}
    for column, value in wanted.items():
        query = query.where(column == value) if value is not None else query
    found, cursor = fetch_page(db, query, (col(Report.id),), paging)
    return Page[ReportPublic](items=[report_public(report) for report in found], next_cursor=cursor)


# -- reading ----------------------------------------------------------------------------------------------


@recorded.get("/reports/{report_id}.pdf", responses={200: {"content": {PDF: {}}}}, response_class=Response)
def download_report_pdf(db: Db, now: Now, who: Reader, report_id: UUID) -> Response:
    report = _read(db, now, who, report_id)
    return report_file_response(report, "pdf", report.pdf or b"", PDF)


@recorded.get("/reports/{report_id}.csv", responses={200: {"content": {CSV: {}}}}, response_class=Response)
def download_report_csv(db: Db, now: Now, who: Reader, report_id: UUID) -> Response:
    """One figure per row, for a Finnish spreadsheet: semicolons, decimal commas, a byte order mark."""
    report = _read(db, now, who, report_id)
    return report_file_response(report, "csv", csv.csv_file(publish.stored_document(report)), CSV)


@recorded.get("/reports/{report_id}")
def show_report(db: Db, now: Now, who: Reader, report_id: UUID, response: Response) -> ReportWithDocument:
    report = _read(db, now, who, report_id)
    response.headers["ETag"] = etags.etag(report.version)
    return ReportWithDocument.model_validate(_public_fields(report) | {"document": report.document})


def _read(db: Database, now: datetime, who: Principal, report_id: UUID) -> Report:
    report = reports.find_report(db, who, report_id)
    audit.note(db, now, "report.read", f"report/{report.id}")
    return report


# -- to the client ----------------------------------------------------------------------------------------


@recorded.get("/reports/{report_id}/text", responses=documented(NoDraft))
def show_report_text(db: Db, now: Now, who: Staff, report_id: UUID, response: Response) -> ReportTextPublic:
    return _text_response(_read(db, now, who, report_id), response)


@router.put("/reports/{report_id}/text", responses=documented(NoDraft))
def update_report_text(
    db: Db,
    now: Now,
    who: Staff,
    settings: Configured,
    match: Match,
    report_id: UUID,
    wanted: ReportTextUpdate,
    response: Response,
) -> ReportTextPublic:
    """Set the text that the participants agreed on; all review the report again. A change needs If-Match."""
    report = reports.find_report(db, who, report_id, lock=True)
    drafts.ensure_draft(report)
    if report.words:
        match.check(etags.etag(report.version))
    drafts.replace_words(db, report, fields.split_paragraphs(wanted.text), settings, now)
    audit.note(db, now, "report.worded", f"report/{report.id}")
    return _text_response(report, response)


def _text_response(report: Report, response: Response) -> ReportTextPublic:
    response.headers["ETag"] = etags.etag(report.version)
    return ReportTextPublic(report_id=report.id, version=report.version, text="\n".join(report.words))


@router.post("/reports/{report_id}/reviews", status_code=201, responses=documented(NoDraft))
def create_review(
    db: Db, now: Now, who: Staff, settings: Configured, report_id: UUID, wanted: ReviewCreate
) -> ReviewsPublic:
    """Record a participant's review of the draft, for those who did not use their own link."""
    report = reports.find_report(db, who, report_id, lock=True)
    opinion = Opinion(wanted.approved, wanted.comment, wanted.tells_goals)
    reviews.record_review(db, report, wanted.participant_id, opinion, settings, now)
    audit.note(db, now, "report.reviewed", f"report/{report.id}")
    return _reviews_public(db, who, report, settings)


@recorded.get("/reports/{report_id}/reviews")
def list_reviews(db: Db, now: Now, who: Staff, settings: Configured, report_id: UUID) -> ReviewsPublic:
    return _reviews_public(db, who, _read(db, now, who, report_id), settings)


def _reviews_public(db: Database, who: Principal, report: Report, settings: Settings) -> ReviewsPublic:
    """Who has seen it, for all who may release it; what they said of it, for its supervisor alone."""
    standing = reviews.load_standing(db, report)
    said = [] if who.role is Role.admin else reviews.list_comments(db, report, settings)
    return ReviewsPublic(
        report_id=report.id,
        version=report.version,
        seen=list(standing.seen),
        waiting=standing.waiting,
        objecting=list(standing.objecting),
        reviews=[ReviewPublic(**each._asdict()) for each in said],
    )


@router.post("/reports/{report_id}/release", responses=documented(NoDraft, NotSeenByAll, ObjectedTo, NoLongerTrue))
def release_report(
    db: Db,
    now: Now,
    who: Staff,
    settings: Configured,
    report_id: UUID,
    response: Response,
    wanted: ReportRelease | None = None,
) -> ReportPublic:
    """Release a draft that all participants have reviewed to the client. An earlier edition is withdrawn."""
    report = reports.find_report(db, who, report_id, lock=True)
    despite = bool(wanted and wanted.despite_objections)
    workflow_release.release_to_client(db, report, settings, now, despite_objections=despite)
    return _report_response(report, response)


@router.post("/reports/{report_id}/withdraw", responses=documented(NotReleased))
def withdraw_report(db: Db, now: Now, who: Staff, report_id: UUID, response: Response) -> ReportPublic:
    """Mark a released report as no longer valid."""
    report = reports.find_report(db, who, report_id, lock=True)
    workflow_release.mark_withdrawn(db, report, now)
    return _report_response(report, response)
