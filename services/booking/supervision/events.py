"""What is published about supervisors, processes and their participants."""

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from sqlmodel import col, select

from services.booking.models.people import Client, Participant, Process, Supervisor
from services.core.database import Database, new_id
from services.events import catalogue
from services.events.catalogue import (
    ParticipantChanged,
    ParticipantErased,
    ParticipantReaddressed,
    ProcessChanged,
    ProcessEvent,
    SupervisorChanged,
)

P = TypeVar("P", bound=ProcessEvent)


def supervisor_changed(supervisor: Supervisor) -> SupervisorChanged:
    active = supervisor.deactivated_at is None
    return SupervisorChanged.of(supervisor, supervisor_id=supervisor.id, full_name=supervisor.name, active=active)


def process_event(db: Database, process: Process, kind: type[P]) -> P:
    client = db.get_one(Client, process.client_id)
    active = select(Participant.id).where(Participant.process_id == process.id, col(Participant.left_at).is_(None))
    return kind.of(
        process,
        process_id=process.id,
        client=catalogue.Client.of(client, client_id=client.id),
        participant_ids=db.scalars(active.order_by(col(Participant.joined_at), col(Participant.id))).all(),
    )


def process_changed(db: Database, process: Process) -> ProcessChanged:
    """Raise the version of a process, whose row is locked, and return its event."""
    process.version += 1
    return process_event(db, process, ProcessChanged)


def participant_changed(person: Participant, feedback_open: Sequence[UUID] = ()) -> ParticipantChanged:
    told = {"participant_id": person.id, "active": person.left_at is None, "feedback_open": tuple(feedback_open)}
    return ParticipantChanged.of(person, **told)


def participant_readdressed(person: Participant) -> ParticipantReaddressed:
    """Of the version that the caller has raised. Until the supervisor accepts an address, no link is made for it."""
    address_id = person.address_id if person.address_accepted else new_id()
    about = {"process_id": person.process_id, "participant_id": person.id, "address_id": address_id}
    return ParticipantReaddressed(version=person.version, **about)


def participant_erased(person: Participant) -> ParticipantErased:
    return ParticipantErased.of(person, participant_id=person.id)
