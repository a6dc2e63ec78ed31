"""Participants' wishes to be forgotten (GDPR article 17): asked on their page, settled by the supervisor in a month."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import col

from services.booking import access, audit
from services.booking.models import ErasureRequest, Participant, Process
from services.database import Database
from services.web.problems import NotFound
from services.web.tokens import Principal

ANSWERED_WITHIN = timedelta(days=30)
MOST = 100


class Waiting(NamedTuple):
    """A request that somebody has to settle, and whose it is."""

    request: ErasureRequest
    person: Participant
    process: Process

    @property
    def answer_by(self) -> datetime:
        return self.request.asked_at + ANSWERED_WITHIN


def ask(db: Database, person: Participant, now: datetime) -> None:
    """Asking again while nobody has answered changes nothing. The caller holds the lock on the process."""
    if open_of(db, person.id) is None:
        db.add(ErasureRequest(participant_id=person.id, asked_at=now))
        audit.note(db, now, f"participant/{person.id}", "erasure.requested", f"participant/{person.id}")


def withdraw(db: Database, person: Participant, now: datetime) -> None:
    settle(db, person.id, "withdrawn", now)
    audit.note(db, now, f"participant/{person.id}", "erasure.withdrawn", f"participant/{person.id}")


def decline(db: Database, who: Principal, request_id: UUID, now: datetime) -> None:
    """Keep what has to be kept. Why, the supervisor tells the participant in their own words."""
    query = _open().where(col(ErasureRequest.id) == request_id, access.processes(who))
    found = db.execute(query.with_for_update(of=ErasureRequest)).one_or_none()
    if found is None:
        raise NotFound
    settle(db, found.Participant.id, "declined", now)
    audit.note(db, now, who.credential, "erasure.declined", f"participant/{found.Participant.id}")


def settle(db: Database, participant_id: UUID, outcome: str, now: datetime) -> None:
    request = open_of(db, participant_id)
    if request:
        request.settled_at, request.outcome = now, outcome
        db.flush()


def open_of(db: Database, participant_id: UUID) -> ErasureRequest | None:
    query = select(ErasureRequest).where(col(ErasureRequest.participant_id) == participant_id)
    return db.scalars(query.where(col(ErasureRequest.settled_at).is_(None))).one_or_none()


def waiting(db: Database, who: Principal) -> Sequence[Waiting]:
    """What somebody has to answer, the oldest first: a supervisor in their own processes, an admin in all."""
    query = _open().where(access.processes(who)).order_by(col(ErasureRequest.asked_at)).limit(MOST)
    return [Waiting(*row) for row in db.execute(query)]


def _open() -> Select[ErasureRequest, Participant, Process]:
    return (
        select(ErasureRequest, Participant, Process)
        .join(Participant, col(Participant.id) == ErasureRequest.participant_id)
        .join(Process, col(Process.id) == Participant.process_id)
        .where(col(ErasureRequest.settled_at).is_(None))
    )
