"""Forgetting people: at once when they ask for it, by itself when nobody needs to know them any more."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update
from sqlalchemy.sql.dml import ReturningDelete, ReturningUpdate
from sqlmodel import col

from services.clock import months_before
from services.database import Database
from services.events.catalogue import ParticipantErased
from services.notifier import audit, filing, planning, state
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
from services.settings import ServiceSettings

MESSAGES_KEPT = timedelta(days=30)
"""The text of a letter, to answer questions about it; after that only that it was sent."""
UNCONFIRMED_KEPT = timedelta(days=30)
"""Of those who asked for a first talk and never confirmed it."""
LOGINS_KEPT = timedelta(days=1)

ACTOR = "retention"


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
    filing.write_anew(db, event.participant_id, new_address=False)
    db.execute(update(Letter).where(col(Letter.recipient_id) == event.participant_id).values(message=None))
    planning.plan_all(db, event.process_id, now)


def prune(db: Database, settings: ServiceSettings, now: datetime) -> None:
    """Let go what has been kept long enough. Letters that wait, or that tell of a meeting not long past, stay."""
    before, met_before = (
        months_before(now, settings.letters_kept_months),
        months_before(now, settings.contacts_kept_months),
    )
    over = col(Letter.status).not_in((Status.planned, Status.sending))
    texts = (over, col(Letter.message).is_not(None), col(Letter.created_at) < now - MESSAGES_KEPT)
    emptied = update(Letter).where(*texts).values(message=None).returning(col(Letter.supervisor_id))
    _forget(db, emptied, "supervisor", "message.emptied", now)
    db.execute(update(Summary).where(col(Summary.published_at) < now - MESSAGES_KEPT).values(content=None))
    db.execute(update(Report).where(col(Report.compiled_at) < now - MESSAGES_KEPT).values(pdf=None, html=""))
    recent = (_tells_of(Session, Session.session_id, before), _tells_of(Intake, Intake.intake_id, before))
    letters = delete(Letter).where(over, col(Letter.created_at) < before, ~or_(*recent))
    _forget(db, letters.returning(col(Letter.supervisor_id)), "supervisor", "message.forgotten", now)
    db.execute(delete(Login).where(col(Login.expires_at) < now - LOGINS_KEPT))
    db.execute(delete(Summary).where(col(Summary.published_at) < before))
    db.execute(delete(Report).where(func.coalesce(Report.released_at, Report.compiled_at) < before))
    talks = delete(Intake).where(or_(col(Intake.starts_at) < met_before, _never_confirmed(now)))
    _forget(db, talks.returning(col(Intake.intake_id)), "intake", "intake.forgotten", now)
    meetings = delete(Session).where(col(Session.starts_at) < met_before)
    _forget(db, meetings.returning(col(Session.process_id)), "process", "session.forgotten", now)
    db.execute(delete(AgendaDay).where(col(AgendaDay.day) < (now - MESSAGES_KEPT).date()))


def _forget(
    db: Database, statement: ReturningDelete[Any] | ReturningUpdate[Any], kind: str, action: str, now: datetime
) -> None:
    """What goes is noted once for each supervisor, talk or process that it was of; there are many letters."""
    for id_ in sorted({id_ for id_ in db.execute(statement).scalars() if id_}):
        audit.note(db, now, action, f"{kind}/{id_}", actor=ACTOR)


def _never_confirmed(now: datetime) -> ColumnElement[bool]:
    """Only its own first version tells of such a talk, or that its time ran out."""
    confirmed = select(col(Intake.intake_id)).where(col(Intake.status) == "confirmed")
    return and_(col(Intake.expires_at) < now - UNCONFIRMED_KEPT, col(Intake.intake_id).not_in(confirmed))


def _tells_of(table: type[Session] | type[Intake], meeting_id: Any, since: datetime) -> ColumnElement[bool]:
    return exists().where(
        col(Mention.letter_id) == col(Letter.id),
        meeting_id == col(Mention.meeting_id),
        col(table.starts_at) >= since,
    )
