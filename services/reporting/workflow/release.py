"""Releases client reports to clients, and withdraws them; each step is in the audit log.

Only what the participants have reviewed is released: if its content would differ now, it is reviewed again first.
"""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlmodel import col, select

from services.core.database import Database
from services.finnish.workdays import local
from services.reporting import audit
from services.reporting.contents.documents import ClientReport
from services.reporting.disclosure import released_figures
from services.reporting.models import Report, ReportStatus
from services.reporting.settings import Settings
from services.reporting.workflow import drafts, publish, reviews
from services.web.errors.problems import Problem
from services.web.i18n.language import Text


class NotSeenByAll(Problem):
    """Not all participants have reviewed this report."""

    status = 409
    finnish = "Kaikki osallistujat eivät ole nähneet tätä raporttia."
    advice = Text(
        fi="Luovuta raportti, kun jokainen on nähnyt sen sellaisena kuin se nyt on.",
        en="Release it when everybody has reviewed its newest version.",
    )
    holds: ClassVar = {"waiting": (list[UUID], "The participants whose review is missing.")}

    def __init__(self, waiting: list[UUID]) -> None:
        super().__init__(waiting=waiting)


class ObjectedTo(Problem):
    """A participant objects to the release of this report."""

    status = 409
    finnish = "Joku osallistujista ei luovuttaisi tätä raporttia."
    advice = Text(
        fi="Korjaa raporttia, tai sovittuasi asiasta luovuta se kentällä despite_objections: true.",
        en="Correct the report or, once the matter is settled, release it with despite_objections: true.",
    )


class NoLongerTrue(Problem):
    """The content of this report has changed since it was compiled."""

    status = 409
    finnish = "Raportti sanoisi nyt jotain muuta kuin silloin, kun se laadittiin."
    advice = Text("Laadi se uudelleen ja näytä se osallistujille.", "Compile it again and have it reviewed again.")


class NotReleased(Problem):
    """This report has not been released, or was withdrawn already."""

    status = 409
    finnish = "Tätä raporttia ei ole luovutettu, tai se on jo peruttu."
    advice = Text(
        fi="Tarkista raportin tila: perua voi vain luovutetun raportin.",
        en="Look at its status: only a released report can be withdrawn.",
    )


def release_to_client(
    db: Database, report: Report, settings: Settings, now: datetime, *, despite_objections: bool
) -> None:
    """Release a draft to the client. The caller holds the lock on its row."""
    drafts.ensure_draft(report)
    _ensure_seen(db, report, despite_objections=despite_objections)
    released_figures.lock_releases(db)
    compiled = drafts.compile_draft(db, report, now)
    seen = _document(report)
    if compiled.document.model_copy(update={"compiled_on": seen.compiled_on}) != seen:
        raise NoLongerTrue
    released_figures.remember_figures(db, report, compiled.figures)
    for earlier in _released_editions(db, report):
        mark_withdrawn(db, earlier, now)
    publish.store_document(db, report, seen.model_copy(update={"status": "released", "released_on": local(now).date()}))
    report.status, report.released_at = ReportStatus.released, now
    publish.publish_to_client(db, report, settings, now)
    audit.note(db, now, "report.released", f"report/{report.id}")


def _ensure_seen(db: Database, report: Report, *, despite_objections: bool) -> None:
    standing = reviews.load_standing(db, report)
    if standing.waiting:
        raise NotSeenByAll(standing.waiting)
    if standing.objecting and not despite_objections:
        raise ObjectedTo


def _released_editions(db: Database, report: Report) -> list[Report]:
    query = select(Report).where(Report.kind == report.kind, Report.subject_id == report.subject_id)
    query = query.where(Report.occasion == report.occasion, Report.status == ReportStatus.released)
    return list(db.scalars(query.where(col(Report.id) != report.id).with_for_update()))


def mark_withdrawn(db: Database, report: Report, now: datetime) -> None:
    """Mark a released report as no longer valid; its client sees so wherever they open it."""
    if report.status is not ReportStatus.released:
        raise NotReleased
    marked = {"status": "withdrawn", "withdrawn_on": local(now).date()}
    publish.store_document(db, report, _document(report).model_copy(update=marked))
    report.status, report.withdrawn_at = ReportStatus.withdrawn, now
    audit.note(db, now, "report.withdrawn", f"report/{report.id}")


def _document(report: Report) -> ClientReport:
    return ClientReport.model_validate(report.document)
