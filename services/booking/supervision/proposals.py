"""Participants whom a client proposes for a running process.

A client might enter people who don't exist, so as to find one person's answers in the figures of a group. So whoever
joins later joins with the supervisor's yes; until then no letter goes to them.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, delete, select

from services.booking.models.people import Process, ProposedParticipant
from services.booking.supervision import participants, processes
from services.booking.supervision.participants import ParticipantCreate
from services.core.database import Database
from services.web.errors.problems import NotFound
from services.web.errors.validation import invalid

KEPT_FOR = timedelta(days=90)


def propose_participant(
    db: Database, process: Process, wanted: ParticipantCreate, now: datetime
) -> ProposedParticipant:
    """The caller holds the lock on the process."""
    processes.ensure_process_open(process)
    proposed = list_proposals(db, process.id)
    if len(proposed) >= participants.MAX_PARTICIPANTS:
        raise participants.ProcessIsFull
    participants.ensure_may_join(db, process, wanted)
    if wanted.email.lower() in {one.email.lower() for one in proposed}:
        raise invalid("email", "Tätä osoitetta on jo ehdotettu.", "This address has been proposed already.")
    proposal = ProposedParticipant(**wanted.model_dump(), process_id=process.id, proposed_at=now)
    db.add(proposal)
    db.flush()
    return proposal


def list_proposals(db: Database, process_id: UUID) -> Sequence[ProposedParticipant]:
    query = select(ProposedParticipant).where(col(ProposedParticipant.process_id) == process_id)
    return db.scalars(query.order_by(col(ProposedParticipant.proposed_at), col(ProposedParticipant.id))).all()


def take_proposal(db: Database, process_id: UUID, proposal_id: UUID) -> ParticipantCreate:
    """Take a proposal back, or out to be accepted. The caller holds the lock on the process."""
    proposal = db.get(ProposedParticipant, proposal_id)
    if proposal is None or proposal.process_id != process_id:
        raise NotFound
    db.delete(proposal)
    db.flush()
    return ParticipantCreate.model_validate(proposal.model_dump(include=set(ParticipantCreate.model_fields)))


def drop_proposals(db: Database, process_id: UUID) -> None:
    db.execute(delete(ProposedParticipant).where(col(ProposedParticipant.process_id) == process_id))


def prune_proposals(db: Database, now: datetime) -> None:
    """Those that nobody answered."""
    db.execute(delete(ProposedParticipant).where(col(ProposedParticipant.proposed_at) < now - KEPT_FOR))
