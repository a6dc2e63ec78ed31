"""Reports over HTTP: asked for, read in every form, seen by participants, released to clients."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field
from sqlmodel import col, select

from services.database import Database
from services.reporting import audit, csv_file, drafts, publishing, releasing, reports, requesting, reviews, shapes
from services.reporting.drafts import NoDraft
from services.reporting.models import Kind, Report
from services.reporting.releasing import NoLongerTrue, NotReleased, NotSeenByAll, ObjectedTo
from services.reporting.reviews import Opinion
from services.reporting.settings import Settings
from services.reporting.shapes import Lines, PeriodKey, Wish
from services.web import etags
from services.web.etags import Match
from services.web.paging import Page, Paged, fetch
from services.web.problems import documented
from services.web.tokens import Principal, Reader, Staff
from services.web.transactions import Db, Now, RecordedRoute, TransactionalRoute

router = APIRouter(prefix="/api/v1", tags=["reports"], route_class=TransactionalRoute)
recorded = APIRouter(prefix="/api/v1", tags=["reports"], route_class=RecordedRoute)

PDF, CSV = "application/pdf", "text/csv; charset=utf-8"


async def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


Configured = Annotated[Settings, Depends(_settings)]


class PeriodShown(BaseModel):
    key: str
    label: str
    first: date
    last: date


class ReportShown(BaseModel):
    """A report: when it was compiled, of which days, and how far it is on its way to the client."""

    id: UUID
    kind: Kind
    status: Literal["compiled", "released", "withdrawn"]
    process_id: UUID | None
    supervisor_id: UUID
    evaluation_id: UUID | None
    period: PeriodShown
    edition: int
    version: int
    compiled_at: datetime
    released_at: datetime | None
    withdrawn_at: datetime | None


class ReportInFull(ReportShown):
    """A report with everything that it says; the same as in its PDF."""

    document: dict[str, Any]


class ReportWish(Wish):
    """Of which days; left out: of the whole process so far."""

    kind: Literal[Kind.goal_report, Kind.client_report]
    period: PeriodKey | None = None


class ReviewWish(Wish):
    """What a participant says of a client report that they have seen; `tells_goals` is asked from one alone."""

    participant_id: UUID
    approved: bool
    comment: Lines | None = Field(
        default=None, description="Älä kirjaa terveystietoja tai asiakkaiden ja potilaiden tunnistetietoja."
    )
    tells_goals: bool | None = None


class ReviewShown(BaseModel):
    """`version` says which version of the report it is about; only of the newest it counts."""

    participant_id: UUID
    version: int
    approved: bool
    comment: str | None
    at: datetime


class ReviewsShown(BaseModel):
    """Who has seen the report as it is now, and who is waited for."""

    report_id: UUID
    version: int
    seen: list[UUID]
    waiting: list[UUID]
    objecting: list[UUID]
    reviews: list[ReviewShown]


class TextWish(Wish):
    """What the participants agreed to tell in words; each line is a paragraph."""

    text: Lines


class TextShown(BaseModel):
    report_id: UUID
    version: int
    text: str


class Releasing(Wish):
    despite_objections: bool = False


def shown(report: Report) -> ReportShown:
    return ReportShown.model_validate(_fields(report))


def _fields(report: Report) -> dict[str, Any]:
    period = report.period
    days = PeriodShown(key=period.key, label=period.label, first=period.first, last=period.last)
    return report.model_dump(exclude={"document"}) | {"period": days}


def _answer(report: Report, response: Response) -> ReportShown:
    response.headers["ETag"] = etags.tag(report.version)
    return shown(report)


def as_file(report: Report, ending: str, content: bytes, media_type: str) -> Response:
    disposition = f'inline; filename="{publishing.file_name(report)}.{ending}"'
    return Response(content, media_type=media_type, headers={"Content-Disposition": disposition})


# -- asking and finding -----------------------------------------------------------------------------------


@router.post("/processes/{process_id}/reports", status_code=201, responses={200: {"model": ReportShown}})
def compile_report(
    db: Db, now: Now, who: Reader, settings: Configured, process_id: UUID, wish: ReportWish, response: Response
) -> ReportShown:
    """Compile a report now. The goal report of a period that is over is compiled once: later calls answer 200."""
    process, period = reports.process(db, who, process_id), shapes.period_of(wish.period)
    request = requesting.goal_report if wish.kind is Kind.goal_report else requesting.client_report
    report, made = request(db, process, period, settings.link_key, now)
    if made:
        audit.note(db, now, who.credential, "report.compiled", report.id)
    response.status_code = 201 if made else 200
    response.headers["Location"] = f"/api/v1/reports/{report.id}"
    return _answer(report, response)


@router.get("/reports")
def list_reports(
    db: Db,
    who: Reader,
    paging: Paged,
    process_id: UUID | None = None,
    supervisor_id: UUID | None = None,
    kind: Kind | None = None,
) -> Page[ReportShown]:
    """Reports, those asked for first come first."""
    query = select(Report).where(reports.visible_to(who), col(Report.status).in_(reports.TOLD))
    wanted = {Report.process_id: process_id, Report.supervisor_id: supervisor_id, Report.kind: kind}
    for column, value in wanted.items():
        query = query.where(column == value) if value is not None else query
    found, cursor = fetch(db, query, (col(Report.id),), paging)
    return Page[ReportShown](items=[shown(report) for report in found], next_cursor=cursor)


# -- reading ----------------------------------------------------------------------------------------------


@recorded.get("/reports/{report_id}.pdf", responses={200: {"content": {PDF: {}}}}, response_class=Response)
def show_pdf(db: Db, now: Now, who: Reader, report_id: UUID) -> Response:
    report = _read(db, now, who, report_id)
    return as_file(report, "pdf", report.pdf or b"", PDF)


@recorded.get("/reports/{report_id}.csv", responses={200: {"content": {CSV: {}}}}, response_class=Response)
def show_csv(db: Db, now: Now, who: Reader, report_id: UUID) -> Response:
    """One figure per row, for a Finnish spreadsheet: semicolons, decimal commas, a byte order mark."""
    report = _read(db, now, who, report_id)
    return as_file(report, "csv", csv_file.csv_file(publishing.document_of(report)), CSV)


@recorded.get("/reports/{report_id}")
def show_report(db: Db, now: Now, who: Reader, report_id: UUID, response: Response) -> ReportInFull:
    report = _read(db, now, who, report_id)
    response.headers["ETag"] = etags.tag(report.version)
    return ReportInFull.model_validate(_fields(report) | {"document": report.document})


def _read(db: Database, now: datetime, who: Principal, report_id: UUID) -> Report:
    report = reports.find(db, who, report_id)
    audit.note(db, now, who.credential, "report.read", report.id)
    return report


# -- to the client ----------------------------------------------------------------------------------------


@recorded.get("/reports/{report_id}/text", responses=documented(NoDraft))
def show_text(db: Db, now: Now, who: Staff, report_id: UUID, response: Response) -> TextShown:
    return _text(_read(db, now, who, report_id), response)


@router.put("/reports/{report_id}/text", responses=documented(NoDraft))
def put_text(
    db: Db,
    now: Now,
    who: Staff,
    settings: Configured,
    match: Match,
    report_id: UUID,
    wish: TextWish,
    response: Response,
) -> TextShown:
    """Write what the participants agreed to tell; all are asked to see the report anew. To change it needs If-Match."""
    report = reports.find(db, who, report_id, lock=True)
    drafts.ensure_draft(report)
    if report.words:
        match.check(etags.tag(report.version))
    drafts.put_words(db, report, shapes.paragraphs(wish.text), settings.link_key, now)
    audit.note(db, now, who.credential, "report.worded", report.id)
    return _text(report, response)


def _text(report: Report, response: Response) -> TextShown:
    response.headers["ETag"] = etags.tag(report.version)
    return TextShown(report_id=report.id, version=report.version, text="\n".join(report.words))


@router.post("/reports/{report_id}/reviews", status_code=201, responses=documented(NoDraft))
def review(db: Db, now: Now, who: Staff, settings: Configured, report_id: UUID, wish: ReviewWish) -> ReviewsShown:
    """Write down what a participant said of the draft, for those who did not use their own link."""
    report = reports.find(db, who, report_id, lock=True)
    opinion = Opinion(wish.approved, wish.comment, wish.tells_goals)
    reviews.give(db, report, wish.participant_id, opinion, settings.link_key, now)
    audit.note(db, now, who.credential, "report.reviewed", report.id)
    return _reviews(db, report, settings)


@recorded.get("/reports/{report_id}/reviews")
def show_reviews(db: Db, now: Now, who: Staff, settings: Configured, report_id: UUID) -> ReviewsShown:
    return _reviews(db, _read(db, now, who, report_id), settings)


def _reviews(db: Database, report: Report, settings: Settings) -> ReviewsShown:
    standing = reviews.standing(db, report)
    return ReviewsShown(
        report_id=report.id,
        version=report.version,
        seen=list(standing.seen),
        waiting=standing.waiting,
        objecting=list(standing.objecting),
        reviews=[ReviewShown(**each._asdict()) for each in reviews.comments(db, report, settings.link_key)],
    )


@router.post("/reports/{report_id}/release", responses=documented(NoDraft, NotSeenByAll, ObjectedTo, NoLongerTrue))
def release(
    db: Db,
    now: Now,
    who: Staff,
    settings: Configured,
    report_id: UUID,
    response: Response,
    wish: Releasing | None = None,
) -> ReportShown:
    """Give a draft that all participants have seen to the client. An earlier edition is withdrawn."""
    report = reports.find(db, who, report_id, lock=True)
    despite = bool(wish and wish.despite_objections)
    releasing.release(db, report, who.credential, settings.link_key, now, despite_objections=despite)
    return _answer(report, response)


@router.post("/reports/{report_id}/withdraw", responses=documented(NotReleased))
def withdraw(db: Db, now: Now, who: Staff, report_id: UUID, response: Response) -> ReportShown:
    """Mark a released report as no longer valid."""
    report = reports.find(db, who, report_id, lock=True)
    releasing.withdraw(db, report, who.credential, now)
    return _answer(report, response)
