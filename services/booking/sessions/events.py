"""What is published about sessions and intakes."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

from services.booking.models.people import Supervisor
from services.booking.models.sessions import AttendanceIntention, Intake, Session
from services.events.catalogue import Actor, AttendanceIntended, Batch, IntakeEvent, SessionEvent


class SessionOutcome(NamedTuple):
    """Who came to a held session, and the links by which they are asked for feedback."""

    states: Mapping[UUID, str] = MappingProxyType({})
    feedback_links: Mapping[UUID, UUID] = MappingProxyType({})


NO_OUTCOME = SessionOutcome()


def session_event(kind: type[SessionEvent], session: Session, batch: Batch, outcome: SessionOutcome) -> SessionEvent:
    came: dict[str, list[UUID]] = {"present": [], "excused": [], "no_show": []}
    for person, state in sorted(outcome.states.items()):
        came[state].append(person)
    told = {"batch": batch, "feedback_links": dict(outcome.feedback_links), **came}
    return kind.of(session, session_id=session.id, waives_force_majeure=session.waive_force_majeure, **told)


def attendance_intended(said: AttendanceIntention, process_id: UUID) -> AttendanceIntended:
    return AttendanceIntended.of(said, process_id=process_id)


def intake_event(kind: type[IntakeEvent], intake: Intake, supervisor: Supervisor, by: Actor) -> IntakeEvent:
    said = {"intake_id": intake.id, "full_name": intake.name, "location": supervisor.location, "changed_by": by}
    return kind.of(intake, **said)
