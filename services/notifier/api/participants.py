"""What the notifier holds about one participant, for their own eyes (GDPR articles 15 and 20)."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import select
from sqlmodel import col

from services.core.database import Database
from services.notifier import audit
from services.notifier.api.messages import MessagePublic, message_public
from services.notifier.dependencies import Configured
from services.notifier.log import messages
from services.notifier.models import Answer, Letter, Participant, Preference, Process
from services.notifier.settings import Settings
from services.web.security.tokens import Principal, Role, Staff
from services.web.transactions import Db, Now, RecordedRoute

recorded = APIRouter(prefix="/api/v1/participants", tags=["participants"], route_class=RecordedRoute)


class RemindersExport(BaseModel):
    """Which reminders the participant chose to get."""

    reminder_week: bool
    reminder_day: bool


class LetterExport(MessagePublic):
    """A letter to the participant; with its words, as long as they are kept. Secrets of links are left out."""

    content: messages.MessagePreview | None = None


class ParticipantExport(BaseModel):
    """Everything that this service holds about a participant."""

    participant_id: UUID
    process_code: str
    first_name: str
    last_name: str
    email: str
    active: bool
    joined_at: datetime | None
    summary_in_letter: bool
    reminders: RemindersExport | None
    answered_evaluations: list[UUID]
    letters: list[LetterExport]


@recorded.get("/{participant_id}/export")
def export_participant_letters(
    db: Db, now: Now, who: Staff, settings: Configured, participant_id: UUID
) -> ParticipantExport:
    participant, process = _find_participant(db, who, participant_id)
    audit.note(db, now, "participant.exported", f"participant/{participant_id}")
    chosen = db.get(Preference, participant_id)
    answered = select(col(Answer.evaluation_id)).where(col(Answer.participant_id) == participant_id)
    return ParticipantExport(
        **participant.model_dump(),
        process_code=process.code,
        reminders=RemindersExport.model_validate(chosen, from_attributes=True) if chosen else None,
        answered_evaluations=list(db.scalars(answered.order_by(col(Answer.evaluation_id)))),
        letters=[_letter_export(db, settings, who, letter, now) for letter in _letters_to(db, participant_id)],
    )


def _find_participant(db: Database, who: Principal, participant_id: UUID) -> tuple[Participant, Process]:
    """Not found for who was erased, and for another supervisor's processes."""
    query = select(Participant, Process).join(Process, col(Process.process_id) == Participant.process_id)
    query = query.where(col(Participant.participant_id) == participant_id, col(Participant.email) != "")
    if who.role is not Role.admin:
        query = query.where(col(Process.supervisor_id) == who.party_id)
    return db.execute(query).one()


def _letters_to(db: Database, participant_id: UUID) -> list[Letter]:
    query = select(Letter).where(col(Letter.recipient_id) == participant_id)
    return list(db.scalars(query.order_by(col(Letter.created_at), col(Letter.id))))


def _letter_export(db: Database, settings: Settings, who: Principal, letter: Letter, now: datetime) -> LetterExport:
    content = messages.preview_letter(db, settings, who, letter, now) if letter.message else None
    return LetterExport(**message_public(letter).model_dump(), content=content)
