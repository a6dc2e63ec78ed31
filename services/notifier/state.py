"""What events told: kept so that order and repetition do not matter, and read as the state that letters follow from.

A meeting keeps a row for every version, because letters speak of what their reader was told before. Of everything
else the newest version stays.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, and_, select, text
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlmodel import col

from services.database import Database
from services.notifier import models
from services.notifier.contexts import LetterKind
from services.notifier.desired import ProcessState
from services.notifier.desired_results import EvaluationState, ReportState, SummaryState
from services.notifier.desired_talks import IntakeState
from services.notifier.models import (
    Answer,
    Evaluation,
    Intake,
    Letter,
    Login,
    Mention,
    Participant,
    Preference,
    Process,
    Report,
    Session,
    Status,
    Summary,
    Supervisor,
)
from services.notifier.wishes import REMINDERS, TELLING, Key, Tells, Told

Meeting = Session | Intake

WAITS = and_(col(Letter.status).in_((Status.planned, Status.sending)), col(Letter.handed_over_at).is_(None))


def keep(db: Database, row: models.Table) -> bool:
    """Add a version unless it is there; says whether it was new."""
    return _is_new(db, insert(_table(row)).values(row.model_dump()).on_conflict_do_nothing())


def keep_newest(db: Database, row: models.Table) -> bool:
    """Put the row in the place of an older version; says whether it was newer than what is there."""
    table, values = _table(row), row.model_dump()
    key = [column.name for column in table.primary_key]
    statement = insert(table).values(values)
    return _is_new(
        db,
        statement.on_conflict_do_update(
            index_elements=key,
            set_={name: statement.excluded[name] for name in values if name not in key},
            where=table.c.version < statement.excluded.version,
        ),
    )


def _table(row: models.Table) -> Table:
    table: Table = type(row).__table__  # type: ignore[attr-defined]
    return table


def _is_new(db: Database, statement: Insert) -> bool:
    is_new = db.execute(statement.returning(text("1"))).first() is not None
    db.expire_all()  # what was read before would be taken for the newest state
    return is_new


# -- letters that there are already -----------------------------------------------------------------------


@dataclass(frozen=True)
class Filed:
    """A letter that was written, as far as planning needs to know it."""

    id: UUID
    key: Key
    edition: int
    status: Status
    handed_over: bool
    due_at: datetime
    not_after: datetime | None
    tells: frozenset[Tells]

    @property
    def waits(self) -> bool:
        """Nobody else has it yet."""
        return self.status in (Status.planned, Status.sending) and not self.handed_over

    @property
    def is_out(self) -> bool:
        """Its recipient has it, or may have it."""
        return self.status in (Status.sent, Status.uncertain) or (self.status == Status.sending and self.handed_over)


def letters_where(db: Database, scope: ColumnElement[bool]) -> list[Filed]:
    """All letters of one scope; those that wait are locked, so that none of them leaves while we plan."""
    waiting = select(col(Letter.id)).where(scope, WAITS).order_by(col(Letter.id))
    db.execute(waiting.with_for_update(key_share=True))
    rows = db.execute(
        select(*LETTER, *MENTION)
        .outerjoin(Mention, col(Mention.letter_id) == col(Letter.id))
        .where(scope)
        .order_by(col(Letter.edition), col(Letter.id))
    )
    return [_filed(list(lines)) for _, lines in groupby(rows, key=attrgetter("id"))]


LETTER = [
    *(col(Letter.id), col(Letter.kind), col(Letter.subject_id), col(Letter.time), col(Letter.recipient_id)),
    *(col(Letter.edition), col(Letter.status), col(Letter.handed_over_at), col(Letter.due_at), col(Letter.not_after)),
]
MENTION = [col(Mention.meeting_id), col(Mention.version), col(Mention.previous_version), col(Mention.sequence)]


def _filed(lines: Sequence[Any]) -> Filed:
    row = lines[0]
    return Filed(
        row.id,
        Key(LetterKind(row.kind), row.subject_id, row.time, row.recipient_id),
        row.edition,
        Status(row.status),
        row.handed_over_at is not None,
        row.due_at,
        row.not_after,
        frozenset(
            Tells(line.meeting_id, line.version, line.previous_version, line.sequence)
            for line in lines
            if line.meeting_id is not None
        ),
    )


def _told(letters: Iterable[Filed], history: Mapping[tuple[UUID, int], Meeting]) -> dict[tuple[UUID, UUID], Told]:
    """What each recipient was told last of each meeting: the letter with the highest SEQUENCE."""
    last: dict[tuple[UUID, UUID], Told] = {}
    for letter in letters:
        if letter.key.kind not in TELLING or not letter.is_out:
            continue
        for tells in letter.tells:
            place = (tells.meeting_id, letter.key.recipient)
            meeting = history.get((tells.meeting_id, tells.version))
            if meeting and (place not in last or last[place].sequence <= tells.sequence):
                last[place] = Told(letter.key, meeting, tells.sequence)
    return last


# -- states -----------------------------------------------------------------------------------------------


def of_process(db: Database, process_id: UUID, letters: Sequence[Filed]) -> ProcessState | None:
    """None as long as the process or its supervisor has not been heard of."""
    process = _parties(db, process_id)
    if process is None:
        return None
    participants = _participants(db, process_id)
    history = db.scalars(select(Session).where(col(Session.process_id) == process_id)).all()
    return ProcessState(
        process,
        participants,
        history,
        _told(letters, {(meeting.session_id, meeting.version): meeting for meeting in history}),
        _declined(db, [participant.participant_id for participant in participants]),
        _written(letters),
    )


def of_intake(db: Database, intake_id: UUID, letters: Sequence[Filed]) -> IntakeState | None:
    history = db.scalars(select(Intake).where(col(Intake.intake_id) == intake_id)).all()
    if not history or db.get(Supervisor, history[0].supervisor_id) is None:
        return None
    told = _told(letters, {(intake_id, talk.version): talk for talk in history})
    return IntakeState(history, told.get((intake_id, intake_id)))


def of_login(db: Database, login_id: UUID) -> Login | None:
    return db.get(Login, login_id)


def of_evaluation(db: Database, evaluation_id: UUID, letters: Sequence[Filed]) -> EvaluationState | None:
    evaluation = db.get(Evaluation, evaluation_id)
    process = _parties(db, evaluation.process_id) if evaluation else None
    if evaluation is None or process is None:
        return None
    answers = select(col(Answer.participant_id)).where(col(Answer.evaluation_id) == evaluation_id)
    people = _participants(db, evaluation.process_id)
    return EvaluationState(evaluation, process, people, frozenset(db.scalars(answers)), _written(letters))


def of_summary(db: Database, summary_id: UUID) -> SummaryState | None:
    history = db.scalars(select(Summary).where(col(Summary.summary_id) == summary_id)).all()
    process = _parties(db, history[0].process_id) if history else None
    return SummaryState(history, process, _participants(db, process.process_id)) if process else None


def of_report(db: Database, report_id: UUID) -> ReportState | None:
    report = db.get(Report, report_id)
    if report is None or db.get(Supervisor, report.supervisor_id) is None:
        return None
    if report.process_id is None:
        return ReportState(report, None, ())
    process = _parties(db, report.process_id)
    return ReportState(report, process, _participants(db, report.process_id)) if process else None


def _parties(db: Database, process_id: UUID) -> Process | None:
    """The process, when its supervisor is known too."""
    process = db.get(Process, process_id)
    return process if process and db.get(Supervisor, process.supervisor_id) else None


def _participants(db: Database, process_id: UUID) -> Sequence[Participant]:
    return db.scalars(select(Participant).where(col(Participant.process_id) == process_id)).all()


def _declined(db: Database, participants: Sequence[UUID]) -> dict[UUID, frozenset[LetterKind]]:
    chosen = db.scalars(select(Preference).where(col(Preference.participant_id).in_(participants)))
    return {
        choice.participant_id: frozenset(kind for kind in REMINDERS if not getattr(choice, kind.value))
        for choice in chosen
    }


def _written(letters: Iterable[Filed]) -> frozenset[Key]:
    return frozenset(letter.key for letter in letters if letter.waits)
