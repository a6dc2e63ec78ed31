"""The lists of reports as their page shows them: what waits for the supervisor, and all that has been made."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.orm import defer
from sqlmodel import col, select

from services.database import Database
from services.events.catalogue import Phase
from services.reporting import drafts, publishing, reports, reviews
from services.reporting.documents import ClientReport
from services.reporting.models import Evaluation, Kind, Process, Report, Status
from services.reporting.reviews import Standing
from services.web.paging import Paging, fetch
from services.web.tokens import Principal

AT_ONCE = 25
DRAFTS_AT_ONCE = 30
PROCESSES_OFFERED = 200


class Wanted(NamedTuple):
    """Which reports; nothing said means all that somebody may read."""

    kind: Kind | None = None
    process_id: UUID | None = None


class Line(NamedTuple):
    """A report, the process that it is about, and the round at whose end it was made."""

    report: Report
    process: Process | None
    phase: Phase | None


class Draft(NamedTuple):
    """A client report that is not released yet; `asks_words` when there is nothing in it to be seen without them."""

    report: Report
    process: Process
    standing: Standing
    asks_words: bool


def look(db: Database, who: Principal, wanted: Wanted, cursor: str | None) -> tuple[list[Line], str | None]:
    """Some reports, the newest first, and where the next begin. What is in them stays where it is."""
    query = select(Report).where(reports.visible_to(who), col(Report.status).in_(reports.TOLD), *_conditions(wanted))
    query = query.options(defer(Report.pdf, raiseload=True), defer(Report.document, raiseload=True))  # type: ignore[arg-type]
    order = (col(Report.compiled_at), col(Report.id))
    found, later = fetch(db, query, order, Paging(AT_ONCE, cursor), newest_first=True)
    processes, phases = _processes(db, found), _phases(db, found)
    return [Line(one, processes.get(one.process_id), phases.get(one.evaluation_id)) for one in found], later


def _conditions(wanted: Wanted) -> Iterable[Any]:
    if wanted.kind:
        yield col(Report.kind) == wanted.kind
    if wanted.process_id:
        yield col(Report.process_id) == wanted.process_id


def waiting(db: Database, who: Principal) -> list[Draft]:
    """The drafts to clients, those that have waited longest first."""
    query = select(Report).where(reports.visible_to(who), col(Report.kind) == Kind.client_report)
    query = query.where(col(Report.status) == Status.compiled).order_by(col(Report.compiled_at)).limit(DRAFTS_AT_ONCE)
    found = db.scalars(query.options(defer(Report.pdf, raiseload=True))).all()  # type: ignore[arg-type]
    processes = _processes(db, found)
    known = [(report, processes[report.process_id]) for report in found if report.process_id in processes]
    standings = reviews.standings(db, known)
    return [Draft(report, process, standings[report.id], asks_words(report)) for report, process in known]


def asks_words(report: Report) -> bool:
    document = publishing.document_of(report)
    return isinstance(document, ClientReport) and not drafts.worth_seeing(document)


def processes(db: Database, who: Principal) -> Sequence[Process]:
    """Those that somebody can choose from, the newest code first."""
    query = select(Process).where(reports.processes_of(who)).order_by(col(Process.code).desc())
    return db.scalars(query.limit(PROCESSES_OFFERED)).all()


def _phases(db: Database, found: Sequence[Report]) -> dict[UUID | None, Phase]:
    ids = {report.evaluation_id for report in found if report.evaluation_id}
    query = select(Evaluation).where(col(Evaluation.evaluation_id).in_(ids))
    return {round_.evaluation_id: round_.phase for round_ in db.scalars(query)}


def _processes(db: Database, found: Sequence[Report]) -> dict[UUID | None, Process]:
    ids = {report.process_id for report in found if report.process_id}
    query = select(Process).where(col(Process.process_id).in_(ids))
    return {process.process_id: process for process in db.scalars(query)}
