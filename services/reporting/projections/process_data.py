"""Everything that reports need to know of a process, read at once: as it is now or as it was at some instant."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import inspect, text
from sqlmodel import col, select

from services.core.database import Database
from services.events.catalogue import Goal, Phase
from services.finnish.workdays import local
from services.reporting.models import AgreedGoals, Answer, Evaluation, Process, Session, Summary, Supervisor
from services.reporting.projections import rebuild
from services.reporting.projections.rebuild import NotToldYet

ProcessRow = TypeVar("ProcessRow", Session, Evaluation, Answer, Summary)


class EvaluationRound(NamedTuple):
    """A round of evaluation; open as long as it has no end."""

    id: UUID
    phase: Phase
    opened_at: datetime
    due_at: datetime
    closed_at: datetime | None
    invited: int
    answered: int
    """How many answers there should be at least."""

    @property
    def day(self) -> date:
        """The day on which it ended or is to end. One that runs out is closed a moment after its last day."""
        return local(min(self.closed_at or self.due_at, self.due_at)).date()


class DraftReviews(NamedTuple):
    """A client report that is not released yet, and how many of its participants have seen it."""

    seen: int
    of: int


class ProcessData(NamedTuple):
    """A process: what was planned and agreed, what took place, and what was answered, each in the order of time."""

    process: Process
    supervisor: Supervisor | None
    sessions: Sequence[Session]
    agreed_at: datetime | None
    goals: Sequence[Goal]
    earlier_wordings: Sequence[Goal]
    rounds: Sequence[EvaluationRound]
    answers: Sequence[Answer]
    summaries: Sequence[Summary]
    draft: DraftReviews | None = None

    def answers_in(self, round_: EvaluationRound) -> list[Answer]:
        return [answer for answer in self.answers if answer.evaluation_id == round_.id]

    def answered(self, round_: EvaluationRound) -> int:
        """How many people have answered; what a group agreed together is nobody's answer."""
        return sum(answer.participant_id is not None for answer in self.answers_in(round_))


def data_as_of(data: ProcessData, instant: datetime) -> ProcessData:
    """The data without what came later. Of an answer that was changed since, the first version is gone."""
    return data._replace(
        rounds=[_not_yet_closed(round_, instant) for round_ in data.rounds if round_.opened_at < instant],
        answers=[answer for answer in data.answers if answer.answered_at < instant],
        summaries=[summary for summary in data.summaries if summary.published_at < instant],
    )


def _not_yet_closed(round_: EvaluationRound, instant: datetime) -> EvaluationRound:
    """A round that ran out with the last second of a day has ended by the midnight after it."""
    ended = round_.closed_at is not None and min(round_.closed_at, round_.due_at) < instant
    return round_ if ended else round_._replace(closed_at=None)


def load_process_data(db: Database, process_id: UUID) -> ProcessData:
    """The data of one process. Raises NotToldYet until the process and its supervisor are known."""
    for data in load_data_of_processes(db, [process_id]):
        if data.supervisor is not None:
            return data
    raise NotToldYet


def load_data_of_processes(db: Database, process_ids: Collection[UUID]) -> list[ProcessData]:
    """Ten queries, however many processes; in the order of their codes. Raises NotToldYet during a rebuild."""
    rebuild.ensure_complete(db)
    query = select(Process).where(col(Process.process_id).in_(process_ids)).order_by(col(Process.code))
    processes = db.scalars(query).all()
    supervisors = _supervisors(db, {process.supervisor_id for process in processes})
    goals = {row.process_id: row for row in db.scalars(select(AgreedGoals).where(_of(AgreedGoals, process_ids)))}
    sessions = _grouped(db, Session, process_ids, col(Session.starts_at))
    rounds = _grouped(db, Evaluation, process_ids, col(Evaluation.opened_at))
    answers = _grouped(db, Answer, process_ids, col(Answer.answered_at))
    summaries = _grouped(db, Summary, process_ids, col(Summary.published_at))
    drafts = _drafts(db, process_ids)
    return [
        ProcessData(
            process,
            supervisors.get(process.supervisor_id),
            sessions[process.process_id],
            *_agreed(goals.get(process.process_id)),
            [round_from_row(row) for row in rounds[process.process_id]],
            answers[process.process_id],
            summaries[process.process_id],
            drafts.get(process.process_id),
        )
        for process in processes
    ]


def _supervisors(db: Database, ids: Collection[UUID]) -> dict[UUID, Supervisor]:
    query = select(Supervisor).where(col(Supervisor.supervisor_id).in_(ids))
    return {supervisor.supervisor_id: supervisor for supervisor in db.scalars(query)}


def _grouped(
    db: Database, table: type[ProcessRow], process_ids: Collection[UUID], order: Any
) -> dict[UUID, list[ProcessRow]]:
    grouped: dict[UUID, list[ProcessRow]] = defaultdict(list)
    ids = inspect(table).primary_key  # so that what happened at one instant has an order too
    for row in db.scalars(select(table).where(_of(table, process_ids)).order_by(order, *ids)):
        grouped[row.process_id].append(row)
    return grouped


DRAFTS_QUERY = text("""
    SELECT process_id, count(review.participant_id), cardinality(participant_ids)
    FROM report JOIN process USING (process_id)
    LEFT JOIN review ON review.report_id = report.id AND review.version = report.version
      AND review.participant_id = ANY (participant_ids)
    WHERE report.kind = 'client_report' AND report.status = 'compiled' AND process_id = ANY (:process_ids)
    GROUP BY report.id, process_id, participant_ids ORDER BY report.id
""")


def _drafts(db: Database, process_ids: Collection[UUID]) -> dict[UUID, DraftReviews]:
    rows = db.execute(DRAFTS_QUERY, {"process_ids": list(process_ids)})
    return {process_id: DraftReviews(seen, people) for process_id, seen, people in rows}


def _of(table: Any, process_ids: Collection[UUID]) -> Any:
    return col(table.process_id).in_(process_ids)


def _agreed(row: AgreedGoals | None) -> tuple[datetime | None, list[Goal], list[Goal]]:
    if row is None:
        return None, [], []
    return row.agreed_at, _goals(row.goals), _goals(row.earlier)


def _goals(kept: Iterable[dict[str, Any]]) -> list[Goal]:
    return [Goal.model_validate(goal) for goal in kept]


def round_from_row(row: Evaluation) -> EvaluationRound:
    return EvaluationRound(
        id=row.evaluation_id,
        phase=row.phase,
        opened_at=row.opened_at,
        due_at=row.due_at,
        closed_at=row.closed_at,
        invited=len(row.invited),
        answered=row.answered or 0,
    )
