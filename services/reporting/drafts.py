"""Client reports before their release: what they say, in which words, and who is to see them first."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, select

from services.database import Database
from services.events.catalogue import Form
from services.reporting import client_compiling, dossiers, publishing, released_figures, reports
from services.reporting.client_compiling import Compiled, Wish
from services.reporting.compiling import whole_process
from services.reporting.documents import ClientReport
from services.reporting.models import Kind, Process, Report, Status
from services.reporting.periods import Period
from services.web.language import Text
from services.web.problems import Problem

WHOLE_PROCESS = "process"


class NoDraft(Problem):
    """This is no draft of a client report."""

    status = 409
    finnish = "Tämä ei ole tilaajan raportin luonnos."
    advice = Text(
        fi="Annettua raporttia ei muuteta: laadi siitä korjattu versio.",
        en="A released report does not change: compile a corrected edition.",
    )


def ensure_draft(report: Report) -> None:
    if report.kind is not Kind.client_report or report.status is not Status.compiled:
        raise NoDraft


# -- making -----------------------------------------------------------------------------------------------


def blank(process: Process, period: Period | None, now: datetime, edition: int = 1) -> Report:
    """A client report of a period, or of everything from the opening of the process to its end or to now."""
    days = period or whole_process(process, now)
    occasion = period.key if period else WHOLE_PROCESS
    fields = {"kind": Kind.client_report, "occasion": occasion, "edition": edition} | days._asdict()
    return reports.of_process(process, **fields)


def take(db: Database, process: Process, period: Period | None, now: datetime) -> Report:
    """The draft to work on, locked: the one there is, or the next edition of what was released."""
    fresh = blank(process, period, now)
    query = select(Report).where(Report.kind == fresh.kind, Report.subject_id == fresh.subject_id)
    query = query.where(Report.occasion == fresh.occasion).order_by(col(Report.edition).desc()).limit(1)
    newest = db.scalars(query.with_for_update()).one_or_none()
    if newest is not None and newest.status not in reports.GIVEN:
        newest.first, newest.last = fresh.first, fresh.last
        return newest
    if newest is not None:
        fresh.edition, fresh.words = newest.edition + 1, newest.words
    db.add(fresh)
    db.flush()
    return fresh


def make(db: Database, report: Report, link_key: str, now: datetime) -> None:
    """Compile a draft, or compile it anew, and ask its participants to see it."""
    compiled = renew(db, report, now)
    reviewers = dossiers.get(db, report.subject_id).process.participant_ids if worth_seeing(compiled) else []
    publishing.tell_participants(db, report, reviewers, link_key, now)


def renew(db: Database, report: Report, now: datetime) -> ClientReport:
    """Compile a draft anew without a word to anybody."""
    document = compile_now(db, report, now).document
    publishing.keep(report, document)
    report.status, report.compiled_at = Status.compiled, now
    return document


def compile_now(db: Database, report: Report, now: datetime) -> Compiled:
    """What the report would say now, held against everything that has been released by now."""
    dossier = dossiers.get(db, report.subject_id)
    wish = Wish(report.period, report.edition, tuple(report.words), report.tells_goals)
    people = [answer.person for answer in dossier.answers if answer.person]
    released = released_figures.about(db, client_compiling.questions(dossier, wish), people)
    return client_compiling.client_report(dossier, wish, released, now)


def worth_seeing(document: ClientReport) -> bool:
    """A group that is told no figures waits for its words. One person is asked what may be told at all."""
    return document.form is Form.individual or document.tells_figures or bool(document.words)


def put_words(db: Database, report: Report, words: Sequence[str], link_key: str, now: datetime) -> None:
    """Let the report say this in words; everybody is to see it anew."""
    ensure_draft(report)
    if report.words != list(words):
        report.words = list(words)
        make(db, report, link_key, now)
