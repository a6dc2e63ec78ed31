"""The state known from events, loaded for planning letters.

A session keeps a row for every version, because letters mention what their recipient knew before. Of everything
else only the newest version is kept.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from services.core.database import Database
from services.notifier.kinds import LetterKind
from services.notifier.models import (
    Answer,
    Evaluation,
    Intake,
    Letter,
    LetterStatus,
    Mention,
    Participant,
    Preference,
    Process,
    Report,
    Session,
    Summary,
    Supervisor,
)
from services.notifier.planning.rules_evaluation import EvaluationState, ReportState, SummaryState
from services.notifier.planning.rules_intakes import IntakeState
from services.notifier.planning.rules_sessions import ProcessState
from services.notifier.planning.wanted import (
    KINDS_MAKING_KNOWN,
    REMINDER_KINDS,
    KnownMeeting,
    LetterKey,
    MentionedVersion,
)

MeetingRow = Session | Intake

KEY_COLUMNS = ("kind", "subject_id", "time", "recipient_id")

IS_OUT = or_(
    col(Letter.status).in_((LetterStatus.sent, LetterStatus.uncertain)),
    and_(col(Letter.status) == LetterStatus.sending, col(Letter.handed_over_at).is_not(None)),
)
IS_WAITING = and_(
    col(Letter.status).in_((LetterStatus.planned, LetterStatus.sending)), col(Letter.handed_over_at).is_(None)
)


# -- letters that there are already -----------------------------------------------------------------------


@dataclass(frozen=True)
class ExistingLetter:
    """An existing letter, as far as planning needs to know it."""

    id: UUID
    key: LetterKey
    edition: int
    status: LetterStatus
    handed_over: bool
    due_at: datetime
    not_after: datetime | None
    went_elsewhere: bool
    mentions: frozenset[MentionedVersion]

    @property
    def waits(self) -> bool:
        """Nobody else has it yet."""
        return self.status in (LetterStatus.planned, LetterStatus.sending) and not self.handed_over

    @property
    def is_out(self) -> bool:
        """Its recipient has it, or may have it."""
        return self.status in (LetterStatus.sent, LetterStatus.uncertain) or (
            self.status == LetterStatus.sending and self.handed_over
        )


def sent_again() -> ColumnElement[bool]:
    """Whether the same letter went once more."""
    again = aliased(Letter)
    same = [getattr(again, name) == getattr(Letter, name) for name in KEY_COLUMNS]
    return exists().where(*same, col(again.edition) > col(Letter.edition))


def load_letters(db: Database, scope: ColumnElement[bool]) -> list[ExistingLetter]:
    """All letters of one scope; those that wait are locked, so that none of them leaves while we plan."""
    waiting = select(col(Letter.id)).where(scope, IS_WAITING).order_by(col(Letter.id))
    db.execute(waiting.with_for_update(key_share=True))
    rows = db.execute(
        select(*LETTER_COLUMNS, *MENTION_COLUMNS)
        .outerjoin(Mention, col(Mention.letter_id) == col(Letter.id))
        .where(scope)
        .order_by(col(Letter.edition), col(Letter.id))
    )
    return [_existing_letter(list(lines)) for _, lines in groupby(rows, key=attrgetter("id"))]


LETTER_COLUMNS = [
    *(col(Letter.id), col(Letter.kind), col(Letter.subject_id), col(Letter.time), col(Letter.recipient_id)),
    *(col(Letter.edition), col(Letter.status), col(Letter.handed_over_at), col(Letter.due_at), col(Letter.not_after)),
    col(Letter.went_elsewhere),
]
MENTION_COLUMNS = [col(Mention.meeting_id), col(Mention.version), col(Mention.previous_version), col(Mention.sequence)]


def _existing_letter(lines: Sequence[Any]) -> ExistingLetter:
    row = lines[0]
    return ExistingLetter(
        row.id,
        LetterKey(LetterKind(row.kind), row.subject_id, row.time, row.recipient_id),
        row.edition,
        LetterStatus(row.status),
        row.handed_over_at is not None,
        row.due_at,
        row.not_after,
        row.went_elsewhere,
        frozenset(
            MentionedVersion(line.meeting_id, line.version, line.previous_version, line.sequence)
            for line in lines
            if line.meeting_id is not None
        ),
    )


def _known_meetings(
    letters: Iterable[ExistingLetter], history: Mapping[tuple[UUID, int], MeetingRow]
) -> dict[tuple[UUID, UUID], KnownMeeting]:
    """The version of each meeting that each recipient knows: from the letter with the highest SEQUENCE."""
    last: dict[tuple[UUID, UUID], KnownMeeting] = {}
    for letter in letters:
        if letter.key.kind not in KINDS_MAKING_KNOWN or not letter.is_out:
            continue
        for mention in letter.mentions:
            place = (mention.meeting_id, letter.key.recipient)
            meeting = history.get((mention.meeting_id, mention.version))
            if meeting and (place not in last or last[place].sequence <= mention.sequence):
                last[place] = KnownMeeting(letter.key, meeting, mention.sequence, letter.went_elsewhere)
    return last


# -- states -----------------------------------------------------------------------------------------------


def load_process_state(db: Database, process_id: UUID, letters: Sequence[ExistingLetter]) -> ProcessState | None:
    """None until the process and its supervisor are known."""
    process = _known_process(db, process_id)
    if process is None:
        return None
    participants = _participants(db, process_id)
    history = db.scalars(select(Session).where(col(Session.process_id) == process_id)).all()
    return ProcessState(
        process,
        participants,
        history,
        _known_meetings(letters, {(meeting.session_id, meeting.version): meeting for meeting in history}),
        _declined_reminders(db, [participant.participant_id for participant in participants]),
        _waiting_keys(letters),
    )


def load_intake_state(db: Database, intake_id: UUID, letters: Sequence[ExistingLetter]) -> IntakeState | None:
    history = db.scalars(select(Intake).where(col(Intake.intake_id) == intake_id)).all()
    if not history or db.get(Supervisor, history[0].supervisor_id) is None:
        return None
    known = _known_meetings(letters, {(intake_id, intake.version): intake for intake in history})
    return IntakeState(history, known.get((intake_id, intake_id)))


def load_evaluation_state(
    db: Database, evaluation_id: UUID, letters: Sequence[ExistingLetter]
) -> EvaluationState | None:
    evaluation = db.get(Evaluation, evaluation_id)
    process = _known_process(db, evaluation.process_id) if evaluation else None
    if evaluation is None or process is None:
        return None
    answers = select(col(Answer.participant_id)).where(col(Answer.evaluation_id) == evaluation_id)
    people = _participants(db, evaluation.process_id)
    return EvaluationState(evaluation, process, people, frozenset(db.scalars(answers)), _waiting_keys(letters))


def load_summary_state(db: Database, summary_id: UUID) -> SummaryState | None:
    history = db.scalars(select(Summary).where(col(Summary.summary_id) == summary_id)).all()
    process = _known_process(db, history[0].process_id) if history else None
    return SummaryState(history, process, _participants(db, process.process_id)) if process else None


def load_report_state(db: Database, report_id: UUID) -> ReportState | None:
    report = db.get(Report, report_id)
    if report is None or db.get(Supervisor, report.supervisor_id) is None:
        return None
    if report.process_id is None:
        return ReportState(report, None, ())
    process = _known_process(db, report.process_id)
    return ReportState(report, process, _participants(db, report.process_id)) if process else None


def _known_process(db: Database, process_id: UUID) -> Process | None:
    """The process, when its supervisor is known too."""
    process = db.get(Process, process_id)
    return process if process and db.get(Supervisor, process.supervisor_id) else None


def _participants(db: Database, process_id: UUID) -> Sequence[Participant]:
    return db.scalars(select(Participant).where(col(Participant.process_id) == process_id)).all()


def _declined_reminders(db: Database, participants: Sequence[UUID]) -> dict[UUID, frozenset[LetterKind]]:
    chosen = db.scalars(select(Preference).where(col(Preference.participant_id).in_(participants)))
    return {
        choice.participant_id: frozenset(kind for kind in REMINDER_KINDS if not getattr(choice, kind.value))
        for choice in chosen
    }


def _waiting_keys(letters: Iterable[ExistingLetter]) -> frozenset[LetterKey]:
    return frozenset(letter.key for letter in letters if letter.waits)
