"""Drafts of client reports: compiled, given a text, and sent to participants for review."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, select

from services.core.database import Database
from services.events.catalogue import Form
from services.reporting.contents import compile_client
from services.reporting.contents.compile import whole_process_period
from services.reporting.contents.documents import ClientReport
from services.reporting.disclosure import released_figures
from services.reporting.models import Process, Report, ReportKind, ReportStatus
from services.reporting.periods import Period
from services.reporting.projections import process_data
from services.reporting.settings import Settings
from services.reporting.workflow import publish, reports
from services.web.errors.problems import Problem
from services.web.i18n.language import Text

WHOLE_PROCESS = "process"


class NoDraft(Problem):
    """This is not a draft of a client report."""

    status = 409
    finnish = "Tämä ei ole tilaajan raportin luonnos."
    advice = Text(
        fi="Annettua raporttia ei muuteta: laadi siitä korjattu versio.",
        en="A released report does not change: compile a corrected edition.",
    )


def ensure_draft(report: Report) -> None:
    if report.kind is not ReportKind.client_report or report.status is not ReportStatus.compiled:
        raise NoDraft


def blank_client_report(process: Process, period: Period | None, now: datetime) -> Report:
    """A client report of a period, or of everything from the opening of the process to its end or to now."""
    days = period or whole_process_period(process, now)
    occasion = period.key if period else WHOLE_PROCESS
    return reports.blank_process_report(process, kind=ReportKind.client_report, occasion=occasion, **days._asdict())


def take_draft(db: Database, process: Process, period: Period | None, now: datetime) -> Report:
    """The draft to work on, locked: the one there is, or the next edition of what was released."""
    fresh = blank_client_report(process, period, now)
    query = select(Report).where(Report.kind == fresh.kind, Report.subject_id == fresh.subject_id)
    query = query.where(Report.occasion == fresh.occasion).order_by(col(Report.edition).desc()).limit(1)
    newest = db.scalars(query.with_for_update()).one_or_none()
    if newest is not None and newest.status not in reports.GIVEN_TO_CLIENT:
        newest.first, newest.last = fresh.first, fresh.last
        return newest
    if newest is not None:
        fresh.edition, fresh.words = newest.edition + 1, newest.words
    db.add(fresh)
    db.flush()
    return fresh


def make_draft(db: Database, report: Report, settings: Settings, now: datetime) -> None:
    """Compile a draft, or compile it again, and ask its participants to review it.

    Whether one person's goals may be told was said of the version before: of this one they are asked anew.
    """
    report.tells_goals = False
    compiled = recompile_draft(db, report, now)
    participants = process_data.load_process_data(db, report.subject_id).process.participant_ids
    reviewers = participants if is_ready_for_review(compiled) else []
    publish.publish_to_participants(db, report, reviewers, settings, now)


def recompile_draft(db: Database, report: Report, now: datetime) -> ClientReport:
    """Compile a draft again without notifying anybody."""
    document = compile_draft(db, report, now).document
    publish.store_document(db, report, document)
    report.status, report.compiled_at = ReportStatus.compiled, now
    return document


def compile_draft(db: Database, report: Report, now: datetime) -> compile_client.CompiledReport:
    """The report as it would be now, checked against everything released so far."""
    data = process_data.load_process_data(db, report.subject_id)
    options = compile_client.ClientReportOptions(report.period, report.edition, tuple(report.words), report.tells_goals)
    people = [answer.person for answer in data.answers if answer.person]
    released = released_figures.find_comparable_figures(db, compile_client.report_questions(data, options), people)
    return compile_client.compile_client_report(data, options, released, now)


def is_ready_for_review(document: ClientReport) -> bool:
    """A group's report without figures needs a text first. One person is asked what may be shown at all."""
    return document.form is Form.individual or document.tells_figures or bool(document.words)


def replace_words(db: Database, report: Report, words: Sequence[str], settings: Settings, now: datetime) -> None:
    """Replace the text of the report; everybody is asked to review it again."""
    ensure_draft(report)
    if report.words != list(words):
        report.words = list(words)
        make_draft(db, report, settings, now)
