"""Who comes into a process on the way, who leaves it and who is forgotten, each told to the other services."""

from datetime import datetime

from services.booking import own_words, participants, supervision
from services.booking.models import Participant, Process
from services.booking.participants import PersonChange, PersonWish
from services.database import Database
from services.events.outbox import stage
from services.web.etags import IfMatch


def add(db: Database, link_key: str, process: Process, wish: PersonWish, now: datetime) -> Participant:
    """Somebody joins a process, whose row the caller has locked."""
    supervision.ensure_open(process)
    participants.ensure_room(process.form, supervision.active(db, process.id), wish)
    person = participants.join(db, link_key, process.id, wish, now)
    stage(db, "booking", now, [participants.changed(person), supervision.changed(db, process)])
    return person


def change(
    db: Database, process: Process, person: Participant, wish: PersonChange, match: IfMatch, now: datetime
) -> None:
    """The caller holds the lock on the process."""
    others = [other for other in supervision.active(db, process.id) if other.id != person.id]
    stage(db, "booking", now, [participants.change(person, others, wish, match)])


def remove(db: Database, process: Process, person: Participant, now: datetime) -> None:
    """They get no more letters; what they took part in stays. The caller holds the lock on the process."""
    if person.left_at is None:
        stage(db, "booking", now, [participants.leave(person, now), supervision.changed(db, process)])


def erase(db: Database, process: Process, person: Participant, now: datetime) -> None:
    """Forget somebody in all services; what was counted without names stays. The caller holds the process's lock."""
    erased = participants.erase(db, person, now)
    own_words.forget(db, person.id)
    stage(db, "booking", now, [erased, supervision.changed(db, process)])
