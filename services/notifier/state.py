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
from services.notifier.desired import REMINDERS, TELLING, IntakeState, Key, ProcessState, Tells, Told
from services.notifier.models import (
    Intake,
    Letter,
    Mention,
    Participant,
    Preference,
    Process,
    Session,
    Status,
    Supervisor,
)

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
    return db.execute(statement.returning(text("1"))).first() is not None


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
    process = db.get(Process, process_id)
    if process is None or db.get(Supervisor, process.supervisor_id) is None:
        return None
    participants = db.scalars(select(Participant).where(col(Participant.process_id) == process_id)).all()
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


def _declined(db: Database, participants: Sequence[UUID]) -> dict[UUID, frozenset[LetterKind]]:
    chosen = db.scalars(select(Preference).where(col(Preference.participant_id).in_(participants)))
    return {
        choice.participant_id: frozenset(kind for kind in REMINDERS if not getattr(choice, kind.value))
        for choice in chosen
    }


def _written(letters: Iterable[Filed]) -> frozenset[Key]:
    return frozenset(letter.key for letter in letters if letter.waits)
