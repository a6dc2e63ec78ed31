"""The list of a supervisor's absences, with the sessions that are booked in them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import col, select

from services.booking.models.calendar import Absence
from services.booking.models.people import Process
from services.booking.models.sessions import Intake, Session
from services.core.database import Database

MAX_ABSENCES = 100
MAX_CLASHES = 20


class AbsenceClash(NamedTuple):
    """A session or an intake that is booked in an absence; an intake has no code and no session id."""

    starts_at: datetime
    code: str | None
    session_id: UUID | None


class AbsenceWithClashes(NamedTuple):
    absence: Absence
    clashes: list[AbsenceClash]


def list_absences_ahead(db: Database, supervisor_id: UUID, now: datetime) -> list[AbsenceWithClashes]:
    """The absences that have not ended, soonest first."""
    query = select(Absence).where(Absence.supervisor_id == supervisor_id, col(Absence.ends_at) > now)
    absences = db.scalars(query.order_by(col(Absence.starts_at), col(Absence.id)).limit(MAX_ABSENCES)).all()
    return [AbsenceWithClashes(absence, list_absence_clashes(db, absence)) for absence in absences]


def list_absence_clashes(db: Database, absence: Absence) -> list[AbsenceClash]:
    sessions = select(Session.starts_at, Process.code, Session.id).join(Process).where(*_during(Session, absence))
    booked = db.execute(sessions.where(col(Session.status) == "booked").limit(MAX_CLASHES)).all()
    intakes = select(Intake.starts_at).where(*_during(Intake, absence), col(Intake.status) == "confirmed")
    found = [AbsenceClash(*row) for row in booked]
    found += [AbsenceClash(starts_at, None, None) for starts_at in db.scalars(intakes.limit(MAX_CLASHES))]
    return sorted(found, key=lambda clash: clash.starts_at)


def _during(table: Any, absence: Absence) -> Sequence[Any]:
    own = table.supervisor_id == absence.supervisor_id
    return own, table.starts_at < absence.ends_at, table.ends_at > absence.starts_at
