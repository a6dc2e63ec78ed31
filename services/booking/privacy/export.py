"""Export of what booking holds about a participant (GDPR articles 15 and 20)."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import col, select

from services.booking.models.people import Participant, Process
from services.booking.models.sessions import Attendance, Session
from services.booking.privacy.personal_data import NOTHING, PersonalData, load_personal_data
from services.booking.security import devices
from services.booking.settings import Settings
from services.core.addresses import FACES
from services.core.database import Database
from services.core.encryption import encryption_of
from services.events.catalogue import Form
from services.finnish.vocabulary import KEPT_FROM_ADMIN, KEPT_FROM_SUPERVISOR
from services.web.security.tokens import Role


class ParticipantPublic(BaseModel):
    """`address_accepted` is false while an address that the client gave waits for the supervisor's yes."""

    id: UUID
    first_name: str
    last_name: str
    email: str
    address_accepted: bool
    employer: str | None
    summary_in_letter: bool
    joined_at: datetime
    left_at: datetime | None
    version: int


def participant_public(person: Participant) -> ParticipantPublic:
    return ParticipantPublic.model_validate(person, from_attributes=True)


class SessionExport(BaseModel):
    """A session of the participant's process, and whether they came."""

    id: UUID
    number: int
    status: str
    starts_at: datetime
    ends_at: datetime
    attendance: str | None


class DeviceExport(BaseModel):
    """A browser that the participant has confirmed."""

    confirmed_at: datetime
    expires_at: datetime


class ParticipantExport(BaseModel):
    """What this service holds about a participant, and the addresses of the other services' exports.

    All of it only for themselves: what they have not sent is nobody else's, and what they wrote in confidence is not
    the administrator's.
    """

    participant: ParticipantPublic
    stated_email: str | None
    devices: list[DeviceExport]
    process_code: str
    process_title: str
    form: Form
    sessions: list[SessionExport]
    own_words: PersonalData
    withheld: str | None
    """What is the participant's alone, or theirs and the supervisor's, and where it is found."""
    elsewhere: list[str]


def _session_exports(db: Database, person: Participant) -> list[SessionExport]:
    query = select(Session, Attendance.state).where(col(Session.process_id) == person.process_id)
    theirs = (col(Attendance.session_id) == Session.id) & (col(Attendance.participant_id) == person.id)
    rows = db.execute(query.join(Attendance, theirs, isouter=True).order_by(col(Session.starts_at))).all()
    return [SessionExport(attendance=state, **session.model_dump()) for session, state in rows]


def _own_words(db: Database, settings: Settings, person: Participant, reader: Role | None) -> PersonalData:
    if reader is Role.admin:
        return NOTHING
    words = load_personal_data(db, encryption_of(settings.notes_key), person.id)
    return words.model_copy(update={"drafts": []}) if reader else words


def build_participant_export(
    db: Database, settings: Settings, process: Process, person: Participant, reader: Role | None, now: datetime
) -> ParticipantExport:
    """`reader` is None for the participant themselves."""
    return ParticipantExport(
        participant=participant_public(person),
        stated_email=person.stated_email,
        devices=[
            DeviceExport.model_validate(one, from_attributes=True) for one in devices.list_devices(db, person, now)
        ],
        process_code=process.code,
        process_title=process.title,
        form=process.form,
        sessions=_session_exports(db, person),
        own_words=_own_words(db, settings, person, reader),
        withheld={Role.admin: KEPT_FROM_ADMIN, Role.supervisor: KEPT_FROM_SUPERVISOR}.get(reader) if reader else None,
        elsewhere=[
            f"{settings.public_url}{FACES[service]}/api/v1/participants/{person.id}/export"
            for service in ("notifier", "reporting")
        ],
    )
