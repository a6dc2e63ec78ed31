"""Forgetting people: at once when they ask for it, by itself when nobody needs to know them any more."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, or_, update
from sqlmodel import col

from services.database import Database
from services.events.catalogue import ParticipantErased
from services.notifier import planning, state
from services.notifier.models import (
    AgendaDay,
    Answer,
    Intake,
    Letter,
    Login,
    Mention,
    Participant,
    Preference,
    Report,
    Session,
    Status,
    Summary,
)

MESSAGES_KEPT = timedelta(days=30)
"""The text of a letter, to answer questions about it; after that only that it was sent."""
LETTERS_KEPT = timedelta(days=365)
CONTACTS_KEPT = timedelta(days=730)
"""People who only asked for a first talk, and meetings long past."""
LOGINS_KEPT = timedelta(days=1)


def erase(db: Database, event: ParticipantErased, now: datetime) -> None:
    """Delete the name, the address, the choices, and every text; that letters were sent stays, by ids."""
    state.keep_newest(
        db,
        Participant(
            participant_id=event.participant_id,
            version=event.version,
            process_id=event.process_id,
            active=False,
            seen_at=now,
        ),
    )
    for table in (Preference, Answer):
        db.execute(delete(table).where(col(table.participant_id) == event.participant_id))
    db.execute(update(Letter).where(col(Letter.recipient_id) == event.participant_id).values(message=None))
    planning.plan_all(db, event.process_id, now)


def prune(db: Database, now: datetime) -> None:
    """Let go what has been kept long enough. Letters that wait, or that tell of a meeting not long past, stay."""
    over = col(Letter.status).not_in((Status.planned, Status.sending))
    texts = (over, col(Letter.message).is_not(None), col(Letter.created_at) < now - MESSAGES_KEPT)
    db.execute(update(Letter).where(*texts).values(message=None))
    db.execute(update(Summary).where(col(Summary.published_at) < now - MESSAGES_KEPT).values(content=None))
    db.execute(update(Report).where(col(Report.compiled_at) < now - MESSAGES_KEPT).values(pdf=None, html=""))
    before = now - LETTERS_KEPT
    recent = (_tells_of(Session, Session.session_id, before), _tells_of(Intake, Intake.intake_id, before))
    db.execute(delete(Letter).where(over, col(Letter.created_at) < before, ~or_(*recent)))
    db.execute(delete(Login).where(col(Login.expires_at) < now - LOGINS_KEPT))
    db.execute(delete(Intake).where(col(Intake.starts_at) < now - CONTACTS_KEPT))
    db.execute(delete(Session).where(col(Session.starts_at) < now - CONTACTS_KEPT))
    db.execute(delete(AgendaDay).where(col(AgendaDay.day) < (now - MESSAGES_KEPT).date()))


def _tells_of(table: type[Session] | type[Intake], meeting_id: Any, since: datetime) -> ColumnElement[bool]:
    return exists().where(
        col(Mention.letter_id) == col(Letter.id),
        meeting_id == col(Mention.meeting_id),
        col(table.starts_at) >= since,
    )
