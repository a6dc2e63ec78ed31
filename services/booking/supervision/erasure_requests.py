"""Participants' erasure requests (GDPR article 17): made on their page, settled by the supervisor in a month."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import col

from services.booking.models.people import ErasureRequest, Participant, Process
from services.booking.security import audit, permissions
from services.core.database import Database
from services.web.security.tokens import Principal

TIME_TO_ANSWER = timedelta(days=30)
MAX_REQUESTS = 100


class OpenErasureRequest(NamedTuple):
    """A request that is not settled yet, and whose it is."""

    request: ErasureRequest
    person: Participant
    process: Process

    @property
    def answer_by(self) -> datetime:
        return self.request.asked_at + TIME_TO_ANSWER


def request_erasure(db: Database, person: Participant, now: datetime) -> None:
    """A second request before the answer changes nothing. The caller holds the lock on the process."""
    if find_open_erasure_request(db, person.id) is None:
        db.add(ErasureRequest(participant_id=person.id, asked_at=now))
        audit.note(db, now, "erasure.requested", f"participant/{person.id}", f"participant/{person.id}")


def withdraw_erasure_request(db: Database, person: Participant, now: datetime) -> None:
    settle_erasure_request(db, person.id, "withdrawn", now)
    audit.note(db, now, "erasure.withdrawn", f"participant/{person.id}", f"participant/{person.id}")


def refuse_erasure(db: Database, who: Principal, request_id: UUID, now: datetime) -> None:
    """Decline a request. The supervisor tells the participant the reason themselves."""
    query = _open_requests_query().where(col(ErasureRequest.id) == request_id, permissions.visible_processes(who))
    _, person, _ = db.execute(query.with_for_update(of=ErasureRequest)).one()
    settle_erasure_request(db, person.id, "declined", now)
    audit.note(db, now, "erasure.declined", f"participant/{person.id}")


def settle_erasure_request(db: Database, participant_id: UUID, outcome: str, now: datetime) -> None:
    request = find_open_erasure_request(db, participant_id)
    if request:
        request.settled_at, request.outcome = now, outcome
        db.flush()


def find_open_erasure_request(db: Database, participant_id: UUID) -> ErasureRequest | None:
    query = select(ErasureRequest).where(col(ErasureRequest.participant_id) == participant_id)
    return db.scalars(query.where(col(ErasureRequest.settled_at).is_(None))).one_or_none()


def list_open_erasure_requests(db: Database, who: Principal) -> Sequence[OpenErasureRequest]:
    """The open requests in the processes that a principal sees, the oldest first."""
    query = _open_requests_query().where(permissions.visible_processes(who))
    rows = db.execute(query.order_by(col(ErasureRequest.asked_at)).limit(MAX_REQUESTS))
    return [OpenErasureRequest(*row) for row in rows]


def _open_requests_query() -> Select[ErasureRequest, Participant, Process]:
    return (
        select(ErasureRequest, Participant, Process)
        .join(Participant, col(Participant.id) == ErasureRequest.participant_id)
        .join(Process, col(Process.id) == Participant.process_id)
        .where(col(ErasureRequest.settled_at).is_(None))
    )
