"""The page of a supervisor's absences (poissaolot): whole days or hours, and what is booked in them."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from pydantic import ValidationError, model_validator
from starlette.responses import Response

from services.booking import absences, access, availability
from services.booking.availability import AbsenceWish, Clock
from services.booking.models import Supervisor
from services.booking.pages import pages
from services.booking.shapes import Day, Line, Wish
from services.booking.visiting import Supervising
from services.database import Database
from services.web import forms
from services.web.forms import Fields, Refused, Typed
from services.web.problems import Problem
from services.web.transactions import Db, Now, TransactionalRoute
from services.web.validation import Wrong
from services.web.visitors import Visitor, redirect
from services.workdays import at_wall_clock

router = APIRouter(prefix="/tyo/asetukset/poissaolot", route_class=TransactionalRoute, include_in_schema=False)

LONGEST = timedelta(days=366)

WholeDays = Callable[[datetime, datetime], tuple[date, date] | None]


class DaysAway(Wish):
    """An absence as it is typed: without times of day whole days are meant, without a last day just the one."""

    first: Day
    last: Day | None = None
    from_clock: Clock | None = None
    to_clock: Clock | None = None
    reason: Line | None = None

    @model_validator(mode="after")
    def runs_forwards(self) -> "DaysAway":
        if self.last and self.last < self.first:
            raise Wrong("Viimeinen päivä on ennen ensimmäistä.", "The last day is before the first.")
        if (self.last or self.first) - self.first > LONGEST:
            raise Wrong("Merkitse enintään vuosi kerrallaan.", "A year at most at once.")
        return self

    def absence(self, zone: ZoneInfo) -> AbsenceWish:
        last = self.last or self.first
        starts_at = at_wall_clock(self.first, self.from_clock or time.min, zone)
        return AbsenceWish(starts_at=starts_at, ends_at=self._end(last, zone), reason=self.reason)

    def _end(self, last: date, zone: ZoneInfo) -> datetime:
        if self.to_clock:
            return at_wall_clock(last, self.to_clock, zone)
        return at_wall_clock(last + timedelta(days=1), time.min, zone)


@router.get("")
def show(db: Db, now: Now, visitor: Supervising, tehty: str = "") -> Response:
    return _page(db, visitor, now, {}, done=tehty)


@router.post("")
def add(db: Db, now: Now, visitor: Supervising, typed: Typed) -> Response:
    supervisor = access.practice(db, visitor.principal, visitor.party_id)
    try:
        wish = DaysAway.model_validate(forms.filled_in(typed, DaysAway.model_fields))
        availability.add_absence(db, supervisor.id, wish.absence(ZoneInfo(supervisor.timezone)))
    except (ValidationError, Problem) as refused:
        return _page(db, visitor, now, typed, refused)
    return redirect("/tyo/asetukset/poissaolot", tehty="merkitty")


@router.post("/{absence_id}/poista")
def remove(db: Db, visitor: Supervising, absence_id: UUID) -> Response:
    availability.remove_absence(db, visitor.party_id, absence_id)
    return redirect("/tyo/asetukset/poissaolot", tehty="poistettu")


def _page(
    db: Database, visitor: Visitor, now: datetime, typed: Fields, refused: Refused | None = None, done: str = ""
) -> Response:
    return pages.show(
        "settings_absences.html",
        forms.status_of(refused),
        visitor=visitor,
        away=absences.ahead(db, visitor.party_id, now),
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
