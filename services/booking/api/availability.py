"""The API of free slots, and of the working hours, booking rules and absences that they come from."""

from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel
from sqlalchemy import union_all
from sqlmodel import col, select

from services.booking.calendar import availability, slots
from services.booking.calendar.availability import AbsenceCreate, AvailabilityCreate, Practice
from services.booking.calendar.offers import Slot
from services.booking.models.calendar import Absence
from services.booking.models.people import Process, Supervisor
from services.booking.models.sessions import Intake, Session
from services.booking.security import permissions
from services.booking.supervision import processes
from services.core.database import Database
from services.events.catalogue import Form
from services.finnish.workdays import local
from services.web.errors.problems import NotFound
from services.web.errors.validation import invalid
from services.web.protocol import etags
from services.web.protocol.etags import Match
from services.web.protocol.pagination import Page, Paged, fetch_page
from services.web.security.tokens import Principal, Reader, Role, Staff
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/api/v1/supervisors/{supervisor_id}", route_class=TransactionalRoute, tags=["availability"])

LONGEST_WINDOW = timedelta(days=366)
USUAL_WINDOW = timedelta(days=30)
ALL_LENGTHS = sorted({minutes for lengths in processes.SESSION_LENGTHS.values() for minutes in lengths})


class FreeSlots(BaseModel):
    slots: list[Slot]


class AvailabilityPublic(AvailabilityCreate):
    version: int


class AbsencePublic(BaseModel):
    id: UUID
    starts_at: datetime
    ends_at: datetime
    reason: str | None


@router.get("/slots", response_model=FreeSlots)
def list_free_slots(
    db: Db,
    now: Now,
    who: Reader,
    supervisor_id: UUID,
    form: Annotated[Form | None, Query(description="Default: an intake (kartoittava keskustelu).")] = None,
    minutes: Annotated[int | None, Query(description="Default: the shortest of the form.")] = None,
    first: Annotated[date | None, Query(alias="from", description="Default: today.")] = None,
    last: Annotated[date | None, Query(alias="to", description="The last day. Default: a month later.")] = None,
    moving: Annotated[UUID | None, Query(description="The session that is to be moved, or the intake.")] = None,
) -> Response:
    """The times at which a client could book now, soonest first; with `moving`, as if that one were not there."""
    if who.role is Role.supervisor and who.party_id != supervisor_id:
        raise NotFound
    practice = availability.load_practice(db, supervisor_id)
    length = _length(practice, form, minutes)
    first = first or local(now, practice.rules.zone).date()
    last = last or first + USUAL_WINDOW
    _check_window(first, last)
    if moving:
        _check_moving(db, who, supervisor_id, moving)
    calendar = availability.load_calendar(db, practice, first, last, now, without=moving)
    found = slots.free_starts(calendar, form, length, first, last, now)
    free = FreeSlots.model_construct(slots=[Slot(start, start + length) for start in found])
    # There can be thousands, which the framework need not validate again.
    return Response(free.model_dump_json(), media_type="application/json")


def _length(practice: Practice, form: Form | None, minutes: int | None) -> timedelta:
    allowed = processes.SESSION_LENGTHS[form] if form else ALL_LENGTHS
    if minutes is None:
        return timedelta(minutes=allowed[0]) if form else practice.intake_length
    if minutes not in allowed:
        known = ", ".join(str(one) for one in allowed)
        raise invalid("minutes", f"Pituus on jokin näistä: {known} min.", f"The length must be one of {known} minutes.")
    return timedelta(minutes=minutes)


def _check_window(first: date, last: date) -> None:
    if not 2000 <= first.year <= 2100:
        raise invalid("from", "Vuoden pitää olla 2000–2100.", "The year must be from 2000 to 2100.")
    if last < first:
        raise invalid("to", "Viimeinen päivä on ennen ensimmäistä.", "The last day is before the first.")
    if last - first > LONGEST_WINDOW:
        raise invalid("to", "Kerralla voi hakea enintään vuoden.", "Ask for at most one year at a time.")


def _check_moving(db: Database, who: Principal, supervisor_id: UUID, moving: UUID) -> None:
    """A time that somebody else has is not given away by leaving it out."""
    session = select(Session.supervisor_id).join(Process, col(Process.id) == Session.process_id)
    session = session.where(Session.id == moving, permissions.visible_processes(who))
    intake = select(Intake.supervisor_id).join(Supervisor, col(Supervisor.id) == Intake.supervisor_id)
    intake = intake.where(Intake.id == moving, permissions.managed_supervisors(who))
    found = db.scalars(union_all(session, intake)).one_or_none()
    if found is None:
        raise NotFound
    if found != supervisor_id:
        raise invalid("moving", "Tapaaminen on toisen työnohjaajan.", "This session is with another supervisor.")


@router.get("/availability")
def show_availability(db: Db, who: Staff, supervisor_id: UUID, response: Response) -> AvailabilityPublic:
    supervisor = permissions.find_managed_supervisor(db, who, supervisor_id)
    rules, version = availability.read_availability(db, supervisor.id)
    response.headers["ETag"] = etags.etag(version)
    return AvailabilityPublic(**dict(rules), version=version)


@router.put("/availability")
def replace_availability(
    db: Db, who: Staff, supervisor_id: UUID, wanted: AvailabilityCreate, match: Match, response: Response
) -> AvailabilityPublic:
    """The first time needs no If-Match."""
    supervisor = permissions.find_managed_supervisor(db, who, supervisor_id, lock=True)
    version = availability.replace_availability(db, supervisor.id, wanted, match)
    response.headers["ETag"] = etags.etag(version)
    return AvailabilityPublic(**dict(wanted), version=version)


@router.post("/absences", status_code=201)
def create_absence(db: Db, who: Staff, supervisor_id: UUID, wanted: AbsenceCreate, response: Response) -> AbsencePublic:
    supervisor = permissions.find_managed_supervisor(db, who, supervisor_id)
    absence = availability.add_absence(db, supervisor.id, wanted)
    response.headers["Location"] = f"/api/v1/supervisors/{supervisor.id}/absences/{absence.id}"
    return _absence_public(absence)


@router.get("/absences")
def list_absences(db: Db, who: Staff, supervisor_id: UUID, paging: Paged) -> Page[AbsencePublic]:
    supervisor = permissions.find_managed_supervisor(db, who, supervisor_id)
    query = select(Absence).where(Absence.supervisor_id == supervisor.id)
    found, cursor = fetch_page(db, query, (col(Absence.starts_at), col(Absence.id)), paging)
    return Page[AbsencePublic](items=[_absence_public(absence) for absence in found], next_cursor=cursor)


@router.delete("/absences/{absence_id}", status_code=204)
def delete_absence(db: Db, who: Staff, supervisor_id: UUID, absence_id: UUID) -> None:
    supervisor = permissions.find_managed_supervisor(db, who, supervisor_id)
    availability.remove_absence(db, supervisor.id, absence_id)


def _absence_public(absence: Absence) -> AbsencePublic:
    return AbsencePublic.model_validate(absence, from_attributes=True)
