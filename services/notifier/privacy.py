"""Erasure of participants on request, and the retention of letters and personal data."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Delete,
    TextClause,
    Update,
    and_,
    delete,
    exists,
    func,
    inspect,
    null,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.sql.dml import ReturningDelete, ReturningUpdate
from sqlmodel import col

from services.core.clock import months_before
from services.core.database import Database
from services.core.settings import ServiceSettings
from services.events import state
from services.events.catalogue import ParticipantErased
from services.notifier import audit
from services.notifier.kinds import LetterKind
from services.notifier.models import (
    AccessNotice,
    AgendaDay,
    Answer,
    Intake,
    Intention,
    Letter,
    LetterStatus,
    Mention,
    News,
    Participant,
    Preference,
    Report,
    Session,
    Summary,
    Table,
)
from services.notifier.planning import letter_store, planner

MESSAGES_KEPT = timedelta(days=30)
"""The text of a letter, to answer questions about it; after that only that it was sent. By its notice an erasure finds
the text of a letter about access, so the notice stays as long."""
UNCONFIRMED_KEPT = timedelta(days=30)
"""Of those who asked for a first talk and never confirmed it."""
BATCH_SIZE = 500

ACTOR = "retention"


def erase_participant(db: Database, event: ParticipantErased, now: datetime) -> None:
    """Delete the name, the address, the choices, and every text; that letters were sent stays, by ids."""
    state.keep_newest(db, Participant(**state.fields(event, Participant), active=False, seen_at=now))
    notices = select(col(AccessNotice.notice_id)).where(col(AccessNotice.participant_id) == event.participant_id)
    theirs = col(Letter.recipient_id).in_([event.participant_id, *db.scalars(notices)])
    for table in (Preference, Answer, AccessNotice, Intention):
        db.execute(delete(table).where(col(table.participant_id) == event.participant_id))
    letter_store.clear_rendered(db, theirs)
    db.execute(update(Letter).where(theirs).values(message=None))
    if event.alone:
        _forget_process_of_one(db, event.process_id)
    planner.plan_process_letters(db, event.process_id, now)


def _forget_process_of_one(db: Database, process_id: UUID) -> None:
    """What was summed up with, and reported of, somebody who was alone in a process is theirs."""
    db.execute(update(Summary).where(col(Summary.process_id) == process_id).values(content=null()))
    db.execute(delete(Report).where(col(Report.process_id) == process_id, col(Report.kind) == "goal_report"))
    letters = (col(Letter.process_id) == process_id, col(Letter.kind) == LetterKind.goal_report)
    letter_store.clear_rendered(db, *letters)
    db.execute(update(Letter).where(*letters).values(message=None))


def prune_notifier(db: Database, settings: ServiceSettings, now: datetime) -> bool:
    """Delete what has been kept long enough, a batch of each kind; returns whether more may wait.

    Letters that wait, or that mention a recent session, stay.
    """
    before = months_before(now, settings.letters_kept_months)
    met_before = months_before(now, settings.contacts_kept_months)
    found = [
        *_empty_texts(db, now - MESSAGES_KEPT, now),
        *_forget_letters(db, before, now),
        *_forget_meetings(db, met_before, now),
        _delete(db, AccessNotice, col(AccessNotice.expires_at) < now - MESSAGES_KEPT),
        _delete(db, Intention, col(Intention.starts_at) < before),
        _delete(db, News, col(News.told_at) < now - MESSAGES_KEPT),
        _delete(db, AgendaDay, col(AgendaDay.day) < (now - MESSAGES_KEPT).date()),
    ]
    return BATCH_SIZE in found


IS_SETTLED = col(Letter.status).not_in((LetterStatus.planned, LetterStatus.sending))


def _empty_texts(db: Database, before: datetime, now: datetime) -> Iterator[int]:
    texts = (IS_SETTLED, col(Letter.message).is_not(None), col(Letter.created_at) < before)
    emptied = update(Letter).where(_some(Letter, *texts)).values(message=None)
    yield _forget(db, emptied.returning(col(Letter.supervisor_id)), "supervisor", "message.emptied", now)
    contents = (col(Summary.content).is_not(None), col(Summary.published_at) < before)
    yield _rows(db, update(Summary).where(_some(Summary, *contents)).values(content=null()))
    pages = (text("(pdf IS NOT NULL OR html <> '')"), col(Report.compiled_at) < before)
    yield _rows(db, update(Report).where(_some(Report, *pages)).values(pdf=None, html=""))


def _forget_letters(db: Database, before: datetime, now: datetime) -> Iterator[int]:
    recent = (_tells_of(Session, Session.session_id, before), _tells_of(Intake, Intake.intake_id, before))
    letters = delete(Letter).where(_some(Letter, IS_SETTLED, col(Letter.created_at) < before, ~or_(*recent)))
    yield _forget(db, letters.returning(col(Letter.supervisor_id)), "supervisor", "message.forgotten", now)
    yield _delete(db, Summary, col(Summary.published_at) < before)
    yield _delete(db, Report, func.coalesce(Report.released_at, Report.compiled_at) < before)


def _forget_meetings(db: Database, met_before: datetime, now: datetime) -> Iterator[int]:
    intakes = delete(Intake).where(_some(Intake, or_(col(Intake.starts_at) < met_before, _never_confirmed(now))))
    yield _forget(db, intakes.returning(col(Intake.intake_id)), "intake", "intake.forgotten", now)
    meetings = delete(Session).where(_some(Session, col(Session.starts_at) < met_before))
    yield _forget(db, meetings.returning(col(Session.process_id)), "process", "session.forgotten", now)


def _some(table: type[Table], *conditions: ColumnElement[bool] | TextClause) -> ColumnElement[bool]:
    """A few of the rows that meet the conditions: a statement that takes all may take longer than it is given."""
    key = inspect(table).primary_key
    return tuple_(*key).in_(select(*key).where(*conditions).limit(BATCH_SIZE))


def _delete(db: Database, table: type[Table], condition: ColumnElement[bool]) -> int:
    return _rows(db, delete(table).where(_some(table, condition)))


def _rows(db: Database, statement: Delete | Update) -> int:
    return len(db.execute(statement.returning(text("1"))).all())


def _forget(
    db: Database, statement: ReturningDelete[Any] | ReturningUpdate[Any], kind: str, action: str, now: datetime
) -> int:
    """What goes is noted once a turn for each supervisor, talk or process that it was of; there are many letters."""
    ids = db.execute(statement).scalars().all()
    for id_ in sorted({id_ for id_ in ids if id_}):
        audit.note(db, now, action, f"{kind}/{id_}", ACTOR)
    return len(ids)


def _never_confirmed(now: datetime) -> ColumnElement[bool]:
    """Only its own first version tells of such a talk, or that its time ran out."""
    confirmed = select(col(Intake.intake_id)).where(col(Intake.status) == "confirmed")
    return and_(col(Intake.expires_at) < now - UNCONFIRMED_KEPT, col(Intake.intake_id).not_in(confirmed))


def _tells_of(table: type[Session] | type[Intake], meeting_id: Any, since: datetime) -> ColumnElement[bool]:
    return exists().where(
        col(Mention.letter_id) == col(Letter.id), meeting_id == col(Mention.meeting_id), col(table.starts_at) >= since
    )
