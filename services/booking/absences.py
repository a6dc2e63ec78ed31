"""A supervisor's absences as they are listed, with the meetings that fall into them all the same."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import col, select

from services.booking.models import Absence, Intake, Process, Session
from services.database import Database

ON_A_PAGE = 100
MOST_MEETINGS = 20


class Clash(NamedTuple):
    """A meeting, or a first talk without a session, that is booked in an absence."""

    starts_at: datetime
    code: str | None
    session_id: UUID | None


class Away(NamedTuple):
    absence: Absence
    clashes: list[Clash]


def ahead(db: Database, supervisor_id: UUID, now: datetime) -> list[Away]:
    """The absences that have not ended, soonest first."""
    query = select(Absence).where(Absence.supervisor_id == supervisor_id, col(Absence.ends_at) > now)
    absences = db.scalars(query.order_by(col(Absence.starts_at), col(Absence.id)).limit(ON_A_PAGE)).all()
    return [Away(absence, clashes(db, absence)) for absence in absences]


def clashes(db: Database, absence: Absence) -> list[Clash]:
    meetings = select(Session.starts_at, Process.code, Session.id).join(Process).where(*_within(Session, absence))
    booked = db.execute(meetings.where(col(Session.status) == "booked").limit(MOST_MEETINGS)).all()
    talks = select(Intake.starts_at).where(*_within(Intake, absence), col(Intake.status) == "confirmed")
    found = [Clash(*row) for row in booked]
    found += [Clash(at, None, None) for at in db.scalars(talks.limit(MOST_MEETINGS))]
    return sorted(found, key=lambda clash: clash.starts_at)


def _within(table: Any, absence: Absence) -> Sequence[Any]:
    return (
        table.supervisor_id == absence.supervisor_id,
        table.starts_at < absence.ends_at,
        table.ends_at > absence.starts_at,
    )
