"""The pages on which a client report comes to the client: its words, what participants say, release and withdrawal."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import ValidationError
from starlette.responses import Response

from services.database import Database
from services.reporting import audit, draft_state, drafts, releasing, report_pages, reports, requesting, reviews, shapes
from services.reporting.models import Process, Report, Status
from services.reporting.pages import pages
from services.reporting.releasing import NoLongerTrue, NotReleased, NotSeenByAll, ObjectedTo
from services.reporting.reports_api import Configured, ReviewWish, TextWish
from services.reporting.reviews import Opinion
from services.reporting.settings import Settings
from services.reporting.visiting import Supervising
from services.web.etags import PreconditionFailed, tag
from services.web.forms import Typed, filled_in, reasons, seen_version
from services.web.problems import InvalidRequest, NotFound
from services.web.transactions import Db, Now, RecordedRoute
from services.web.visitors import Visitor, redirect

router = APIRouter(prefix="/raportit/{report_id}", route_class=RecordedRoute, include_in_schema=False)


async def _own(db: Db, visitor: Supervising, report_id: UUID) -> Report:
    return reports.find(db, visitor.principal, report_id)


async def _own_locked(db: Db, visitor: Supervising, report_id: UUID) -> Report:
    return reports.find(db, visitor.principal, report_id, lock=True)


Own = Annotated[Report, Depends(_own)]
Locked = Annotated[Report, Depends(_own_locked)]


# -- what participants say --------------------------------------------------------------------------------


@router.post("/kanta")
def review(db: Db, now: Now, visitor: Supervising, settings: Configured, report: Locked, typed: Typed) -> Response:
    """Write down what a participant said of the draft, for those who did not use their own link."""
    try:
        drafts.ensure_draft(report)
        wish = ReviewWish.model_validate(_said(report, typed))
        opinion = Opinion(wish.approved, wish.comment, wish.tells_goals)
        reviews.give(db, report, wish.participant_id, opinion, settings.link_key, now)
    except (ValidationError, InvalidRequest) as refused:
        return report_pages.page(db, visitor, settings, report, 422, typed=typed, wrong=reasons(refused))
    audit.note(db, now, visitor.principal.credential, "report.reviewed", report.id)
    return redirect(f"/raportit/{report.id}", tehty="kanta")


def _said(report: Report, typed: Mapping[str, str]) -> dict[str, object]:
    """Of one person alone a box that is not ticked says no as well."""
    said: dict[str, object] = dict(filled_in(typed, ("participant_id", "approved", "comment")))
    if draft_state.is_of_one(report):
        said["tells_goals"] = bool(typed.get("tells_goals"))
    return said


# -- its words --------------------------------------------------------------------------------------------


@router.get("/teksti")
def show_text(db: Db, now: Now, visitor: Supervising, report: Own) -> Response:
    drafts.ensure_draft(report)
    audit.note(db, now, visitor.principal.credential, "report.read", report.id)
    return _text_page(visitor, report, {"text": "\n\n".join(report.words), "versio": tag(report.version)})


@router.post("/teksti")
def put_text(db: Db, now: Now, visitor: Supervising, settings: Configured, report: Locked, typed: Typed) -> Response:
    drafts.ensure_draft(report)
    try:
        seen_version(typed).check(tag(report.version))
        wish = TextWish.model_validate(filled_in(typed, ("text",)))
    except PreconditionFailed as stale:
        return _text_page(visitor, report, {**typed, "versio": tag(report.version)}, stale.status, newest=report.words)
    except ValidationError as refused:
        return _text_page(visitor, report, typed, 422, wrong=reasons(refused))
    drafts.put_words(db, report, shapes.paragraphs(wish.text), settings.link_key, now)
    audit.note(db, now, visitor.principal.credential, "report.worded", report.id)
    return redirect(f"/raportit/{report.id}", tehty="teksti")


def _text_page(
    visitor: Visitor,
    report: Report,
    typed: Mapping[str, str],
    status: int = 200,
    *,
    wrong: Mapping[str, str] | None = None,
    newest: list[str] | None = None,
) -> Response:
    return pages.show(
        "report_text.html", status, visitor=visitor, report=report, typed=typed, wrong=wrong or {}, newest=newest
    )


# -- to the client, and back ------------------------------------------------------------------------------


@router.get("/luovuta")
def ask_to_release(db: Db, now: Now, visitor: Supervising, settings: Configured, report: Own) -> Response:
    """It shows what participants object to, so it is a reading, too."""
    drafts.ensure_draft(report)
    audit.note(db, now, visitor.principal.credential, "report.read", report.id)
    return _release_page(db, visitor, settings, report)


@router.post("/luovuta")
def release(db: Db, now: Now, visitor: Supervising, settings: Configured, report: Locked, typed: Typed) -> Response:
    despite, actor = bool(typed.get("despite")), visitor.principal.credential
    try:
        releasing.release(db, report, actor, settings.link_key, now, despite_objections=despite)
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
        draft=draft_state.look(db, report, settings.link_key),
        trouble=trouble,
    )


@router.get("/peru")
def ask_to_withdraw(db: Db, visitor: Supervising, report: Own) -> Response:
    if report.status is not Status.released:
        raise NotReleased
    return pages.show(
        "report_withdraw.html", visitor=visitor, report=report, process=db.get_one(Process, report.subject_id)
    )


@router.post("/peru")
def withdraw(db: Db, now: Now, visitor: Supervising, report: Locked) -> Response:
    releasing.withdraw(db, report, visitor.principal.credential, now)
    return redirect(f"/raportit/{report.id}", tehty="peruttu")


# -- anew -------------------------------------------------------------------------------------------------


@router.post("/uudelleen")
def compile_anew(db: Db, now: Now, visitor: Supervising, settings: Configured, report: Own) -> Response:
    """A draft as it would be now, the next edition of what was released, or a report of days that still run."""
    if not report_pages.may_come_anew(report) or report.process_id is None:
        raise NotFound
    process = reports.process(db, visitor.principal, report.process_id)
    fresh = requesting.again(db, process, report, settings.link_key, now)
    if fresh.made:
        audit.note(db, now, visitor.principal.credential, "report.compiled", fresh.report.id)
    return redirect(f"/raportit/{fresh.report.id}", tehty="laadittu")
