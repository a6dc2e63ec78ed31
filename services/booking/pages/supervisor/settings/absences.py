"""The page of a supervisor's absences (poissaolot): whole days or hours, with the sessions booked in them."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Annotated, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from pydantic import ValidationError, model_validator
from starlette.responses import Response

from services.booking.calendar import absences, availability
from services.booking.calendar.availability import AbsenceCreate, ClosingTime, TimeOfDay
from services.booking.models.people import Supervisor
from services.booking.pages.login import LoggedInSupervisor
from services.booking.pages.site import DoneQuery, pages
from services.booking.security import permissions
from services.core.database import Database
from services.finnish.workdays import at_wall_clock
from services.web.errors.problems import Problem
from services.web.errors.validation import WrongValue
from services.web.pages import forms
from services.web.pages.forms import AsTyped, Fields, Refused, Typed
from services.web.protocol.fields import Day, Line, RequestBody
from services.web.security.visitors import Visitor, redirect
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/tyo/asetukset/poissaolot", route_class=TransactionalRoute, include_in_schema=False)

LONGEST_ABSENCE = timedelta(days=366)

WholeDays = Callable[[datetime, datetime], tuple[date, date] | None]


class AbsenceForm(RequestBody):
    """An absence as typed: without times it is of whole days, without a last day of one day."""

    first: Day
    last: Day | None = None
    from_clock: Annotated[TimeOfDay | None, AsTyped] = None
    to_clock: Annotated[ClosingTime | None, AsTyped] = None
    reason: Line | None = None

    @model_validator(mode="after")
    def runs_forwards(self) -> Self:
        if self.last and self.last < self.first:
            raise WrongValue("Viimeinen päivä on ennen ensimmäistä.", "The last day is before the first.")
        if (self.last or self.first) - self.first > LONGEST_ABSENCE:
            raise WrongValue("Merkitse enintään vuosi kerrallaan.", "Enter at most one year at a time.")
        return self

    def absence(self, zone: ZoneInfo) -> AbsenceCreate:
        last = self.last or self.first
        starts_at = at_wall_clock(self.first, self.from_clock or time.min, zone)
        return AbsenceCreate(starts_at=starts_at, ends_at=self._end(last, zone), reason=self.reason)

    def _end(self, last: date, zone: ZoneInfo) -> datetime:
        """Midnight is the end of the last day, as it is in working hours."""
        if self.to_clock in (None, time.min):
            return at_wall_clock(last + timedelta(days=1), time.min, zone)
        return at_wall_clock(last, self.to_clock, zone)


@router.get("")
def show_absences(db: Db, now: Now, visitor: LoggedInSupervisor, done: DoneQuery = "") -> Response:
    return _page(db, visitor, now, {}, done=done)


@router.post("")
def submit_absence(db: Db, now: Now, visitor: LoggedInSupervisor, typed: Typed) -> Response:
    supervisor = permissions.find_managed_supervisor(db, visitor.principal, visitor.party_id)
    try:
        wanted = AbsenceForm.model_validate(forms.filled_in(typed, AbsenceForm.model_fields))
        availability.add_absence(db, supervisor.id, wanted.absence(ZoneInfo(supervisor.timezone)))
    except (ValidationError, Problem) as refused:
        return _page(db, visitor, now, typed, refused)
    return redirect("/tyo/asetukset/poissaolot", tehty="merkitty")


@router.post("/{absence_id}/poista")
def remove_absence_as_supervisor(db: Db, visitor: LoggedInSupervisor, absence_id: UUID) -> Response:
    availability.remove_absence(db, visitor.party_id, absence_id)
    return redirect("/tyo/asetukset/poissaolot", tehty="poistettu")


def _page(
    db: Database, visitor: Visitor, now: datetime, typed: Fields, refused: Refused | None = None, done: str = ""
) -> Response:
    return pages.show(
        "settings_absences.html",
        forms.status_of(refused),
        visitor=visitor,
        away=absences.list_absences_ahead(db, visitor.party_id, now),
        whole_days=_whole_days(ZoneInfo(db.get_one(Supervisor, visitor.party_id).timezone)),
        typed=typed,
        wrong=forms.reasons(refused),
        done=done,
    )


def _whole_days(zone: ZoneInfo) -> WholeDays:
    return lambda starts_at, ends_at: _days(starts_at.astimezone(zone), ends_at.astimezone(zone))


def _days(start: datetime, end: datetime) -> tuple[date, date] | None:
    """The first and the last day of an absence that begins and ends at midnight."""
    if (start.time(), end.time()) != (time.min, time.min):
        return None
    return start.date(), end.date() - timedelta(days=1)
