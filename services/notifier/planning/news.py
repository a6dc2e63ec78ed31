"""What a supervisor hears at once: what others did, what was refused, and whose answer was the last.

A piece of news is written down in the transaction that brings the state it tells of, once, and with it the letter in
which it is told, together with whatever else is due then. Nobody hears of it before it can no longer be taken back, and
of what somebody did themselves they are told nothing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.core.database import Database
from services.events import catalogue as c
from services.events.catalogue import Actor
from services.notifier.kinds import LetterKind
from services.notifier.models import (
    Answer,
    Evaluation,
    Intake,
    Letter,
    News,
    NewsChoice,
    NewsKind,
    Process,
    Session,
    Telling,
)
from services.notifier.planning import letter_store
from services.notifier.planning.wanted import SETTLING_TIME, WantedLetter, not_at_night

CANCELLED_SOON = timedelta(days=7)
"""A cancellation further ahead than that stands in the morning's agenda."""
FRESH = timedelta(hours=12)
"""What is heard of later than that, as after a rebuild, is no news any more."""
STILL_WRITTEN = timedelta(seconds=30)
"""A letter is not sent so soon that something might still be written into it."""
OF_USE = timedelta(days=1)
STEPS = {Telling.at_once: timedelta(minutes=1), Telling.hourly: timedelta(hours=1)}


def of_session(db: Database, event: c.SessionEvent, now: datetime) -> None:
    """What a client or a participant booked, moved or cancelled."""
    if event.changed_by is Actor.supervisor or event.changed_at < now - FRESH or event.starts_at <= now:
        return
    match event:
        case c.SessionBooked():
            kind = NewsKind.booked
        case c.SessionRescheduled() if not _is_taken_back(db, event):
            kind = NewsKind.moved
        case c.SessionCancelled() if event.starts_at <= now + CANCELLED_SOON:
            kind = NewsKind.cancelled
        case _:
            return
    settled = event.undo_until or event.changed_at + SETTLING_TIME
    _write(db, event.supervisor_id, kind, event.session_id, event.version, settled, now, event.process_id)


def _is_taken_back(db: Database, event: c.SessionEvent) -> bool:
    """Whether a change brings a session back to a time that it had before, while that could be done by an undo."""
    before = select(Session).where(col(Session.session_id) == event.session_id, col(Session.version) < event.version)
    earlier = db.scalars(before.order_by(col(Session.version).desc())).all()
    if not earlier or earlier[0].undo_until is None or earlier[0].undo_until < event.changed_at:
        return False
    times = [(one.starts_at, one.ends_at) for one in earlier if one.status == "booked"]
    return (event.starts_at, event.ends_at) in times


def of_intention(db: Database, event: c.AttendanceIntended, now: datetime) -> None:
    """That somebody can't come."""
    newest = select(Session).where(col(Session.session_id) == event.session_id).order_by(col(Session.version).desc())
    session = db.scalars(newest.limit(1)).one_or_none()
    if session is None or event.intention is not c.Intention.not_coming or event.starts_at <= now:
        return
    kind, settled = NewsKind.not_coming, now + SETTLING_TIME
    person = event.participant_id
    _write(db, session.supervisor_id, kind, session.session_id, event.version, settled, now, event.process_id, person)


def of_intake(db: Database, event: c.IntakeEvent, before: Intake | None, now: datetime) -> None:
    """That a first talk was confirmed, moved or called off by its guest; held, it is nothing yet."""
    was_standing = before is not None and before.status == "confirmed"
    stands = event.status == "confirmed"
    if event.changed_by is Actor.supervisor or event.starts_at <= now or not (stands or was_standing):
        return
    settled = event.undo_until or now + SETTLING_TIME
    _write(db, event.supervisor_id, NewsKind.first_talk, event.intake_id, event.version, settled, now)


def of_answer(db: Database, evaluation_id: UUID, now: datetime) -> None:
    """That everybody who was asked has answered."""
    round_ = db.get(Evaluation, evaluation_id)
    if round_ is None or round_.status != "open" or round_.due_at < now:
        return
    answered = select(col(Answer.participant_id)).where(col(Answer.evaluation_id) == evaluation_id)
    if not {UUID(str(one)) for one in round_.invited} <= set(db.scalars(answered)):
        return
    process = db.get(Process, round_.process_id)
    if process:
        _write(db, process.supervisor_id, NewsKind.all_answered, evaluation_id, 1, now, now, round_.process_id)


def of_refusal(db: Database, letter: Letter, now: datetime) -> None:
    """That a letter to somebody else was refused for good."""
    if letter.supervisor_id and letter.supervisor_id != letter.recipient_id:
        _write(db, letter.supervisor_id, NewsKind.refused, letter.id, 1, now, now, letter.process_id)


def _write(
    db: Database,
    supervisor_id: UUID,
    kind: NewsKind,
    about: UUID,
    version: int,
    settled: datetime,
    now: datetime,
    process_id: UUID | None = None,
    person: UUID | None = None,
) -> None:
    choice = db.get(NewsChoice, (supervisor_id, kind))
    telling = choice.telling if choice else Telling.at_once
    if telling is Telling.never:
        return
    told_at = next_step(max(settled, now) + STILL_WRITTEN, STEPS[telling])
    about_it = {"kind": kind, "about_id": about, "person_id": person or about, "version": version}
    row = {"supervisor_id": supervisor_id, "process_id": process_id, "told_at": told_at}
    written = insert(News).values(about_it | row).on_conflict_do_nothing().returning(col(News.id))
    if db.scalar(written) is None:
        return
    due_at = not_at_night(told_at)
    letter = WantedLetter(LetterKind.news, supervisor_id, told_at, supervisor_id, due_at, due_at + OF_USE)
    letter_store.insert_letters(db, [letter], now, {"supervisor_id": supervisor_id})


def next_step(moment: datetime, step: timedelta) -> datetime:
    """The next full minute or hour."""
    beyond = timedelta(seconds=moment.timestamp() % step.total_seconds())
    return moment - beyond + step if beyond else moment


def choices_of(db: Database, supervisor_id: UUID) -> dict[NewsKind, Telling]:
    """How a supervisor is told of each kind; at once, unless they chose otherwise."""
    chosen = db.scalars(select(NewsChoice).where(col(NewsChoice.supervisor_id) == supervisor_id))
    return dict.fromkeys(NewsKind, Telling.at_once) | {one.kind: one.telling for one in chosen}


def choose(db: Database, supervisor_id: UUID, chosen: Sequence[tuple[NewsKind, Telling]]) -> None:
    rows = [{"supervisor_id": supervisor_id, "kind": kind, "telling": telling} for kind, telling in chosen]
    stated = insert(NewsChoice).values(rows)
    keys = ["supervisor_id", "kind"]
    db.execute(stated.on_conflict_do_update(index_elements=keys, set_={"telling": stated.excluded.telling}))
