"""The pages to finish a client report: its text, participants' reviews, release and withdrawal."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import ValidationError
from starlette.responses import Response

from services.core.database import Database
from services.reporting import audit
from services.reporting.dependencies import Configured
from services.reporting.models import Process, Report, ReportStatus
from services.reporting.pages import reports as reports_pages
from services.reporting.pages.site import LoggedInSupervisor, pages
from services.reporting.settings import Settings
from services.reporting.workflow import draft_state, drafts, fields, reports, requests, reviews
from services.reporting.workflow import release as workflow_release
from services.reporting.workflow.release import NoLongerTrue, NotReleased, NotSeenByAll, ObjectedTo
from services.reporting.workflow.reviews import Opinion, ReportTextUpdate, ReviewCreate
from services.web.errors.problems import InvalidRequest, NotFound
from services.web.pages.forms import Fields, Refused, Typed, filled_in, reasons, status_of, version_field, version_seen
from services.web.protocol.etags import PreconditionFailed, etag
from services.web.security.visitors import Visitor, redirect
from services.web.transactions import Db, Now, RecordedRoute

router = APIRouter(prefix="/raportit/{report_id}", route_class=RecordedRoute, include_in_schema=False)


def _own_report(db: Db, visitor: LoggedInSupervisor, report_id: UUID) -> Report:
    return reports.find_report(db, visitor.principal, report_id)


def _own_report_locked(db: Db, visitor: LoggedInSupervisor, report_id: UUID) -> Report:
    return reports.find_report(db, visitor.principal, report_id, lock=True)


OwnReport = Annotated[Report, Depends(_own_report)]
LockedReport = Annotated[Report, Depends(_own_report_locked)]


@router.post("/kanta")
def submit_review_as_supervisor(
    db: Db, now: Now, visitor: LoggedInSupervisor, settings: Configured, report: LockedReport, typed: Typed
) -> Response:
    """Record a participant's review of the draft, for those who did not use their own link."""
    try:
        drafts.ensure_draft(report)
        wanted = ReviewCreate.model_validate(_review_fields(report, typed))
        opinion = Opinion(wanted.approved, wanted.comment, wanted.tells_goals)
        reviews.record_review(db, report, wanted.participant_id, opinion, settings, now)
    except (ValidationError, InvalidRequest) as refused:
        return reports_pages.report_page(db, visitor, settings, report, typed, refused)
    audit.note(db, now, "report.reviewed", f"report/{report.id}")
    return redirect(f"/raportit/{report.id}", tehty="kanta")


def _review_fields(report: Report, typed: Mapping[str, str]) -> dict[str, object]:
    """For an individual process, a box that is not ticked means no."""
    fields: dict[str, object] = dict(filled_in(typed, ("participant_id", "approved", "comment")))
    if draft_state.is_individual_report(report):
        fields["tells_goals"] = bool(typed.get("tells_goals"))
    return fields


@router.get("/teksti")
def show_text_form(db: Db, now: Now, visitor: LoggedInSupervisor, report: OwnReport) -> Response:
    drafts.ensure_draft(report)
    audit.note(db, now, "report.read", f"report/{report.id}")
    return _text_page(visitor, report, {"text": "\n\n".join(report.words)})


@router.post("/teksti")
def submit_text(
    db: Db, now: Now, visitor: LoggedInSupervisor, settings: Configured, report: LockedReport, typed: Typed
) -> Response:
    drafts.ensure_draft(report)
    try:
        version_field(typed).check(etag(report.version))
        wanted = ReportTextUpdate.model_validate(filled_in(typed, ("text",)))
    except (ValidationError, PreconditionFailed) as refused:
        return _text_page(visitor, report, typed, refused)
    drafts.replace_words(db, report, fields.split_paragraphs(wanted.text), settings, now)
    audit.note(db, now, "report.worded", f"report/{report.id}")
    return redirect(f"/raportit/{report.id}", tehty="teksti")


def _text_page(visitor: Visitor, report: Report, typed: Fields, refused: Refused | None = None) -> Response:
    return pages.show(
        "report_text.html",
        status_of(refused),
        visitor=visitor,
        report=report,
        typed={**typed, "versio": version_seen(etag(report.version), typed, refused)},
        wrong=reasons(refused),
        newest=report.words if isinstance(refused, PreconditionFailed) else None,
    )


@router.get("/luovuta")
def show_release_page(
    db: Db, now: Now, visitor: LoggedInSupervisor, settings: Configured, report: OwnReport
) -> Response:
    """It shows participants' objections, so it counts as reading the report."""
    drafts.ensure_draft(report)
    audit.note(db, now, "report.read", f"report/{report.id}")
    return _release_page(db, visitor, settings, report)


@router.post("/luovuta")
def release_as_supervisor(
    db: Db, now: Now, visitor: LoggedInSupervisor, settings: Configured, report: LockedReport, typed: Typed
) -> Response:
    despite = bool(typed.get("despite"))
    try:
        workflow_release.release_to_client(db, report, settings, now, despite_objections=despite)
    except (NotSeenByAll, ObjectedTo, NoLongerTrue) as refused:
        return _release_page(db, visitor, settings, report, refused.status, trouble=refused.slug())
    return redirect(f"/raportit/{report.id}", tehty="luovutettu")


def _release_page(
    db: Database, visitor: Visitor, settings: Settings, report: Report, status: int = 200, trouble: str = ""
) -> Response:
    return pages.show(
        "report_release.html",
        status,
        visitor=visitor,
        report=report,
        process=db.get_one(Process, report.subject_id),
        draft=draft_state.load_draft_state(db, report, settings),
        trouble=trouble,
    )


@router.get("/peru")
def show_withdrawal_page(db: Db, visitor: LoggedInSupervisor, report: OwnReport) -> Response:
    if report.status is not ReportStatus.released:
        raise NotReleased
    process = db.get_one(Process, report.subject_id)
    return pages.show("report_withdraw.html", visitor=visitor, report=report, process=process)


@router.post("/peru")
def withdraw_as_supervisor(db: Db, now: Now, visitor: LoggedInSupervisor, report: LockedReport) -> Response:
    workflow_release.mark_withdrawn(db, report, now)
    return redirect(f"/raportit/{report.id}", tehty="peruttu")


@router.post("/uudelleen")
def recompile_as_supervisor(
    db: Db, now: Now, visitor: LoggedInSupervisor, settings: Configured, report: OwnReport
) -> Response:
    """Compile again: a draft, the next edition of a released report, or a report whose period has not ended."""
    if not reports_pages.may_recompile(report) or report.process_id is None:
        raise NotFound
    process = reports.find_visible_process(db, visitor.principal, report.process_id)
    fresh = requests.request_again(db, process, report, settings, now)
    if fresh.made:
        audit.note(db, now, "report.compiled", f"report/{fresh.report.id}")
    return redirect(f"/raportit/{fresh.report.id}", tehty="laadittu")
