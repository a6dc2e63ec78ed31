"""The page of a supervisor's bookable hours and booking rules (työajat), with a preview of next week."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from services.booking.calendar import availability, slots
from services.booking.calendar.slots import Span
from services.booking.pages.login import LoggedInSupervisor
from services.booking.pages.site import DoneQuery, pages
from services.booking.pages.supervisor.settings import hours_form
from services.booking.security import permissions
from services.booking.supervision import processes
from services.core.database import Database
from services.events.catalogue import Form
from services.finnish import vocabulary
from services.finnish.workdays import local
from services.web.errors.problems import Problem
from services.web.pages import forms
from services.web.pages.forms import Fields, Refused, Typed
from services.web.protocol import etags
from services.web.security.visitors import Visitor, redirect
from services.web.transactions import Db, Now, TransactionalRoute

router = APIRouter(prefix="/tyo/asetukset/tyoajat", route_class=TransactionalRoute, include_in_schema=False)

PREVIEWED_FORM = Form.individual


@router.get("")
def show_hours(db: Db, now: Now, visitor: LoggedInSupervisor, done: DoneQuery = "") -> Response:
    rules, _ = availability.read_availability(db, visitor.party_id)
    return _page(db, visitor, now, hours_form.hours_fields(rules), is_saved=bool(done))


@router.post("")
def submit_hours(db: Db, now: Now, visitor: LoggedInSupervisor, typed: Typed) -> Response:
    """The form is shown again when it is refused, or with one row more or less when that is asked for."""
    if forms.LESS in typed or forms.MORE in typed:
        kept = hours_form.hours_rows(forms.without_row(typed, "weekly"))
        more = [{"weekday": typed[forms.MORE]}] if forms.MORE in typed else []
        return _page(db, visitor, now, hours_form.with_hours_rows(typed, [*kept, *more]))
    typed = hours_form.with_hours_rows(typed, hours_form.hours_rows(typed))
    supervisor = permissions.find_managed_supervisor(db, visitor.principal, visitor.party_id, lock=True)
    try:
        wanted = availability.AvailabilityCreate.model_validate(hours_form.parse_hours(typed))
        availability.replace_availability(db, supervisor.id, wanted, forms.version_field(typed))
    except (ValidationError, Problem) as refused:
        return _page(db, visitor, now, typed, refused)
    return redirect("/tyo/asetukset/tyoajat", tehty="tallennettu")


def _page(
    db: Database,
    visitor: Visitor,
    now: datetime,
    typed: Fields,
    refused: Refused | None = None,
    *,
    is_saved: bool = False,
) -> Response:
    rules, version = availability.read_availability(db, visitor.party_id)
    practice = availability.load_practice(db, visitor.party_id)
    length = timedelta(minutes=max(processes.SESSION_LENGTHS[PREVIEWED_FORM]))
    return pages.show(
        "settings_hours.html",
        forms.status_of(refused),
        visitor=visitor,
        typed=typed,
        days=hours_form.rows_by_weekday(typed),
        every=hours_form.EVERY_FORM,
        alone=hours_form.INDIVIDUAL_FORM,
        together=hours_form.GROUP_FORMS,
        form_labels=vocabulary.FORM_LABELS,
        preview=preview_week(db, practice, length, now),
        length=length,
        version=forms.version_seen(etags.etag(version), typed, refused),
        is_saved=is_saved,
        wrong=forms.reasons(refused),
        overtaken=forms.outdated(refused, typed, hours_form.hours_fields(rules)),
    )


DAYS_A_WEEK = 7


@dataclass(frozen=True)
class DayPreview:
    """A day, and the spans in which a session could begin."""

    day: date
    begins: list[Span]


def preview_week(db: Database, practice: availability.Practice, length: timedelta, now: datetime) -> list[DayPreview]:
    """The seven days from next Monday on."""
    today = local(now, practice.rules.zone).date()
    monday = today + timedelta(days=DAYS_A_WEEK - today.weekday())
    sunday = monday + timedelta(days=DAYS_A_WEEK - 1)
    calendar = availability.load_calendar(db, practice, monday, sunday, now)
    starts = list(slots.free_starts(calendar, PREVIEWED_FORM, length, monday, sunday, now))
    days = (monday + timedelta(days=n) for n in range(DAYS_A_WEEK))
    zone, step = practice.rules.zone, practice.rules.step
    return [DayPreview(day, _runs((at for at in starts if local(at, zone).date() == day), step)) for day in days]


def _runs(starts: Iterable[datetime], step: timedelta) -> list[Span]:
    """Joins starts that follow one another step by step into spans, from the first to the last."""
    runs: list[Span] = []
    for start in starts:
        if runs and start - runs[-1].end == step:
            runs[-1] = Span(runs[-1].start, start)
        else:
            runs.append(Span(start, start))
    return runs
