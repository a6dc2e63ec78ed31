"""Gives client reports to clients, and takes them back; each step is written down for ever.

What is released is what the participants have seen: if it would say something else by now, it is seen again first.
"""

from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from services.database import Database
from services.reporting import audit, drafts, publishing, released_figures, reviews
from services.reporting.documents import ClientReport
from services.reporting.models import Report, Status
from services.web.language import Text
from services.web.problems import Problem
from services.workdays import local


class NotSeenByAll(Problem):
    """Not all participants have seen this report."""

    status = 409
    finnish = "Kaikki osallistujat eivät ole nähneet tätä raporttia."
    advice = Text(
        fi="Raportin voi luovuttaa, kun jokainen on nähnyt sen sellaisena kuin se nyt on.",
        en="It can be released when everybody has seen it as it is now.",
    )

    def __init__(self, waiting: list[UUID]) -> None:
        super().__init__(waiting=waiting)


class ObjectedTo(Problem):
    """A participant would not give this report away."""

    status = 409
    finnish = "Joku osallistujista ei luovuttaisi tätä raporttia."
    advice = Text(
        fi="Korjaa raporttia, tai sovittuasi asiasta luovuta se kentällä despite_objections: true.",
        en="Mend the report or, when you have settled it, release it with despite_objections: true.",
    )


class NoLongerTrue(Problem):
    """This report would say something else now."""

    status = 409
    finnish = "Raportti sanoisi nyt jotain muuta kuin silloin, kun se laadittiin."
    advice = Text(fi="Laadi se uudelleen ja näytä se osallistujille.", en="Compile it anew and have it seen again.")


class NotReleased(Problem):
    """This report has not been released, or was withdrawn already."""

    status = 409
    finnish = "Tätä raporttia ei ole luovutettu, tai se on jo peruttu."


def release(
    db: Database, report: Report, actor: str, link_key: str, now: datetime, *, despite_objections: bool = False
) -> None:
    """Give a draft to the client. The caller holds the lock on its row."""
    drafts.ensure_draft(report)
    _ensure_seen(db, report, despite_objections=despite_objections)
    released_figures.lock(db)
    compiled = drafts.compile_now(db, report, now)
    seen = _document(report)
    if compiled.document.model_copy(update={"compiled_on": seen.compiled_on}) != seen:
        raise NoLongerTrue
    released_figures.remember(db, report, compiled.figures)
    for earlier in _released_editions(db, report):
        withdraw(db, earlier, actor, now)
    publishing.keep(report, seen.model_copy(update={"status": "released", "released_on": local(now).date()}))
    report.status, report.released_at = Status.released, now
    publishing.tell_client(db, report, link_key, now)
    audit.note(db, now, actor, "report.released", report.id)


def _ensure_seen(db: Database, report: Report, *, despite_objections: bool) -> None:
    standing = reviews.standing(db, report)
    if standing.waiting:
        raise NotSeenByAll(standing.waiting)
    if standing.objecting and not despite_objections:
        raise ObjectedTo


def _released_editions(db: Database, report: Report) -> list[Report]:
    query = select(Report).where(Report.kind == report.kind, Report.subject_id == report.subject_id)
    query = query.where(Report.occasion == report.occasion, Report.status == Status.released)
    return list(db.scalars(query.where(col(Report.id) != report.id).with_for_update()))


def withdraw(db: Database, report: Report, actor: str, now: datetime) -> None:
    """Mark a released report as no longer valid; its client sees so wherever they open it."""
    if report.status is not Status.released:
        raise NotReleased
    marked = {"status": "withdrawn", "withdrawn_on": local(now).date()}
    publishing.keep(report, _document(report).model_copy(update=marked))
    report.status, report.withdrawn_at = Status.withdrawn, now
    audit.note(db, now, actor, "report.withdrawn", report.id)


def _document(report: Report) -> ClientReport:
    return ClientReport.model_validate(report.document)
