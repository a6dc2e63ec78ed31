"""What the notifier holds about one participant, for their own eyes (GDPR articles 15 and 20)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from sqlalchemy import ColumnElement, select, true
from sqlmodel import col

from services.database import Database
from services.notifier import audit, messages
from services.notifier.messages import Preview
from services.notifier.messages_api import Message, configured, shown
from services.notifier.models import Answer, Letter, Participant, Preference, Process
from services.notifier.settings import Settings
from services.web.problems import NotFound
from services.web.tokens import Principal, Role, Staff
from services.web.transactions import Db, Now, RecordedRoute

recorded = APIRouter(prefix="/api/v1/participants", tags=["participants"], route_class=RecordedRoute)


class Reminders(BaseModel):
    """Which reminders the participant chose to get."""

    reminder_week: bool
    reminder_day: bool


class OwnLetter(Message):
    """A letter to the participant; with its words, as long as they are kept. Secrets of links are left out."""

    content: Preview | None = None


class Export(BaseModel):
    """Everything that this service holds about a participant."""

    participant_id: UUID
    process_code: str
    first_name: str
    last_name: str
    email: str
    active: bool
    joined_at: datetime | None
    summary_in_letter: bool
    reminders: Reminders | None
    answered_evaluations: list[UUID]
    letters: list[OwnLetter]


@recorded.get("/{participant_id}/export")
def export_participant(
    db: Db, now: Now, who: Staff, settings: Annotated[Settings, Depends(configured)], participant_id: UUID
) -> Export:
    participant, process = _held(db, who, participant_id)
    audit.note(db, now, "participant.exported", f"participant/{participant_id}")
    chosen = db.get(Preference, participant_id)
    answered = select(col(Answer.evaluation_id)).where(col(Answer.participant_id) == participant_id)
    return Export(
        **participant.model_dump(),
        process_code=process.code,
        reminders=Reminders.model_validate(chosen, from_attributes=True) if chosen else None,
        answered_evaluations=list(db.scalars(answered.order_by(col(Answer.evaluation_id)))),
        letters=[_letter(db, settings, letter, now) for letter in _letters_to(db, participant_id)],
    )


def _held(db: Database, who: Principal, participant_id: UUID) -> tuple[Participant, Process]:
    """Nobody who was erased, and nobody of another supervisor's processes."""
    query = select(Participant, Process).join(Process, col(Process.process_id) == Participant.process_id)
    query = query.where(col(Participant.participant_id) == participant_id, col(Participant.email) != "", _seen_by(who))
    row = db.execute(query).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


def _seen_by(who: Principal) -> ColumnElement[bool]:
    return true() if who.role is Role.admin else col(Process.supervisor_id) == who.party_id


def _letters_to(db: Database, participant_id: UUID) -> list[Letter]:
    query = select(Letter).where(col(Letter.recipient_id) == participant_id)
    return list(db.scalars(query.order_by(col(Letter.created_at), col(Letter.id))))


def _letter(db: Database, settings: Settings, letter: Letter, now: datetime) -> OwnLetter:
    content = messages.preview(db, settings, letter, now) if letter.message else None
    return OwnLetter(**shown(letter).model_dump(), content=content)
