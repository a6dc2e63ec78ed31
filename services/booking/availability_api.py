"""Free slots, and the hours, rules and absences that they come from, over HTTP."""

from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel
from sqlmodel import col, select

from services.booking import access, availability, slots, supervision
from services.booking.availability import AbsenceWish, AvailabilityWish, Practice
from services.booking.models import Absence
from services.booking.offers import Slot
from services.events.catalogue import Form
from services.web import etags
from services.web.etags import Match
from services.web.paging import Page, Paged, fetch
from services.web.problems import NotFound
from services.web.tokens import Reader, Role, Staff
from services.web.transactions import Db, Now, TransactionalRoute
from services.web.validation import invalid
from services.workdays import local

router = APIRouter(prefix="/api/v1/supervisors/{supervisor_id}", route_class=TransactionalRoute, tags=["availability"])

LONGEST_WINDOW = timedelta(days=366)
USUAL_WINDOW = timedelta(days=30)
LENGTHS = sorted({minutes for lengths in supervision.LENGTHS.values() for minutes in lengths})


class Slots(BaseModel):
    slots: list[Slot]


class AvailabilityShown(AvailabilityWish):
    version: int


class AbsenceShown(BaseModel):
    id: UUID
    starts_at: datetime
    ends_at: datetime
    reason: str | None


@router.get("/slots", response_model=Slots)
def list_slots(
    db: Db,
    now: Now,
    who: Reader,
    supervisor_id: UUID,
    form: Annotated[Form | None, Query(description="Left out: a first talk (kartoittava keskustelu).")] = None,
    minutes: Annotated[int | None, Query(description="Left out: the shortest of the form.")] = None,
    from_: Annotated[date | None, Query(alias="from", description="Left out: today.")] = None,
    to: Annotated[date | None, Query(description="The last day; left out: a month later.")] = None,
) -> Response:
    """The starts at which a client could book now, in the order of time."""
    if who.role is Role.supervisor and who.party_id != supervisor_id:
        raise NotFound
    practice = availability.load(db, supervisor_id)
    length = _length(practice, form, minutes)
    first = from_ or local(now, practice.rules.zone).date()
    last = to or first + USUAL_WINDOW
    _check_window(first, last)
    calendar = availability.calendar(db, practice, first, last, now)
    found = slots.free_starts(calendar, form, length, first, last, now)
    free = Slots.model_construct(slots=[Slot(start, start + length) for start in found])
    # There can be thousands, and they need no second look by the framework.
    return Response(free.model_dump_json(), media_type="application/json")


def _length(practice: Practice, form: Form | None, minutes: int | None) -> timedelta:
    allowed = supervision.LENGTHS[form] if form else LENGTHS
    if minutes is None:
        return timedelta(minutes=allowed[0]) if form else practice.intake_length
    if minutes not in allowed:
        listed = ", ".join(str(one) for one in allowed)
        raise invalid("minutes", f"Pituus on jokin näistä: {listed} min.", f"The length is one of {listed} min.")
    return timedelta(minutes=minutes)


def _check_window(first: date, last: date) -> None:
    if not 2000 <= first.year <= 2100:
        raise invalid("from", "Vuoden pitää olla 2000–2100.", "The year must be from 2000 to 2100.")
    if last < first:
        raise invalid("to", "Viimeinen päivä on ennen ensimmäistä.", "The last day is before the first.")
    if last - first > LONGEST_WINDOW:
        raise invalid("to", "Kerralla voi hakea enintään vuoden.", "A year at most can be asked for at once.")


@router.get("/availability")
def show_availability(db: Db, who: Staff, supervisor_id: UUID, response: Response) -> AvailabilityShown:
    supervisor = access.practice(db, who, supervisor_id)
    rules, version = availability.read(db, supervisor.id)
    response.headers["ETag"] = etags.tag(version)
    return AvailabilityShown(**dict(rules), version=version)


@router.put("/availability")
def replace_availability(
    db: Db, who: Staff, supervisor_id: UUID, wish: AvailabilityWish, match: Match, response: Response
) -> AvailabilityShown:
    """The first time needs no If-Match, as there is nothing yet that could be lost."""
    supervisor = access.practice(db, who, supervisor_id, lock=True)
    version = availability.replace(db, supervisor.id, wish, match)
    response.headers["ETag"] = etags.tag(version)
    return AvailabilityShown(**dict(wish), version=version)


@router.post("/absences", status_code=201)
def add_absence(db: Db, who: Staff, supervisor_id: UUID, wish: AbsenceWish, response: Response) -> AbsenceShown:
    supervisor = access.practice(db, who, supervisor_id)
    absence = availability.add_absence(db, supervisor.id, wish)
    response.headers["Location"] = f"/api/v1/supervisors/{supervisor.id}/absences/{absence.id}"
    return _absence_shown(absence)


@router.get("/absences")
def list_absences(db: Db, who: Staff, supervisor_id: UUID, paging: Paged) -> Page[AbsenceShown]:
    supervisor = access.practice(db, who, supervisor_id)
    query = select(Absence).where(Absence.supervisor_id == supervisor.id)
    found, cursor = fetch(db, query, (col(Absence.starts_at), col(Absence.id)), paging)
    return Page[AbsenceShown](items=[_absence_shown(absence) for absence in found], next_cursor=cursor)


@router.delete("/absences/{absence_id}", status_code=204)
def remove_absence(db: Db, who: Staff, supervisor_id: UUID, absence_id: UUID) -> None:
    supervisor = access.practice(db, who, supervisor_id)
    availability.remove_absence(db, supervisor.id, absence_id)


def _absence_shown(absence: Absence) -> AbsenceShown:
    return AbsenceShown.model_validate(absence, from_attributes=True)
