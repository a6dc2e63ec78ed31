"""A series of sessions: all are booked or none, each at the same local time.

A client is bound by the rules at every occurrence, also by the horizon: who may book a year ahead can book a series of
a year. The supervisor and the admin are bound only by what is taken. An occurrence that is not available may be given
another time or left out: conflicts are solved one by one, and then everything is booked at once.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Self

from pydantic import BaseModel, Field, model_validator

from services.booking.calendar import availability, offers, reservations, slots
from services.booking.calendar.availability import Practice
from services.booking.calendar.slots import RefusalReason, Span, SupervisorCalendar
from services.booking.models.people import Process
from services.booking.models.sessions import Session
from services.booking.sessions import sessions
from services.booking.supervision import processes
from services.core.database import Database, new_id
from services.events.catalogue import Actor, Form
from services.finnish.workdays import local, same_wall_clock
from services.web.errors.problems import Problem
from services.web.errors.validation import WrongValue, invalid
from services.web.i18n.language import Text
from services.web.protocol.fields import Instant, RequestBody

MAX_SERIES_LENGTH = timedelta(days=3 * 365)


MAX_OCCURRENCES = 60


class OccurrenceReplacement(RequestBody):
    """Another time for one occurrence, the first of which has index 0; without a time it is left out."""

    index: int = Field(ge=0, lt=MAX_OCCURRENCES)
    starts_at: Instant | None = None


class SeriesCreate(sessions.SessionPlaceCreate):
    first_starts_at: Instant
    every_weeks: int = Field(ge=1, le=52)
    count: int = Field(ge=1, le=MAX_OCCURRENCES)
    instead: Annotated[list[OccurrenceReplacement], Field(max_length=MAX_OCCURRENCES)] = Field(
        default=[], description="Exceptions to the rhythm: occurrences at another time, or left out."
    )

    @model_validator(mode="after")
    def replaces_each_once(self) -> Self:
        indexes = [replacement.index for replacement in self.instead]
        if len(set(indexes)) < len(indexes):
            raise WrongValue("Sama tapaaminen on mainittu kahdesti.", "An occurrence is listed twice.")
        if any(index >= self.count for index in indexes):
            raise WrongValue("Sarjassa ei ole niin monta tapaamista.", "The series has fewer occurrences.")
        if all(index in {one.index for one in self.instead if one.starts_at is None} for index in range(self.count)):
            raise WrongValue("Varaa ainakin yksi tapaaminen.", "Book at least one session.")
        return self


class SeriesClash(BaseModel):
    """An occurrence that is not available; the first one has index 0."""

    index: int
    starts_at: datetime
    reason: RefusalReason
    alternatives: list[offers.Slot]


class SeriesConflicts(Problem):
    """Some of these times are not available, so none was booked."""

    status = 409
    finnish = "Kaikkia sarjan aikoja ei voi varata, joten mitään ei varattu."
    advice = Text(
        fi="Valitse niille muut ajat tai siirrä koko sarjaa.",
        en="Choose other times for them, or move the whole series.",
    )
    holds: ClassVar = {"conflicts": (list[SeriesClash], "Every occurrence that can't be booked, with free times.")}

    def __init__(self, clashes: list[SeriesClash]) -> None:
        super().__init__(conflicts=clashes)
        self.clashes = clashes


OccurrenceSpans = Mapping[int, Span]
"""The occurrences that are wanted, by their index."""


def book_series(db: Database, process: Process, wanted: SeriesCreate, by: Actor, now: datetime) -> list[Session]:
    """Book all sessions of a series for a process, whose row the caller has locked."""
    processes.ensure_process_open(process)
    length = sessions.session_length(process, wanted.minutes)
    practice = availability.load_practice(db, process.supervisor_id, lock=True)
    spans = list_occurrences(wanted, length, practice)
    _ensure_ahead(wanted, spans, now)
    refused = _refusals(db, practice, process.form, spans, now) if offers.is_bound_by_rules(by) else {}
    reservations.drop_expired_holds(db, practice.supervisor.id, now)
    indexes = {new_id(): index for index in sorted(spans.keys() - refused.keys(), key=lambda index: spans[index])}
    offered = {owner: spans[index] for owner, index in indexes.items()}
    refused |= {indexes[owner]: RefusalReason.taken for owner in reservations.reserve_times(db, practice, offered, now)}
    if refused:
        clashes = _clashes(db, offers.practice_for_actor(by, practice), process.form, spans, refused, now)
        raise SeriesConflicts(clashes)
    return sessions.store_sessions(db, process, practice, offered, wanted, by, now, series_id=new_id())


def list_occurrences(wanted: SeriesCreate, length: timedelta, practice: Practice) -> OccurrenceSpans:
    """When the sessions of a series would be: by its rhythm and the exceptions to it."""
    if timedelta(weeks=wanted.every_weeks) * (wanted.count - 1) > MAX_SERIES_LENGTH:
        raise invalid("count", "Sarja saa kestää enintään kolme vuotta.", "A series lasts at most three years.")
    zone, instead = practice.rules.zone, {one.index: one.starts_at for one in wanted.instead}
    starts = {
        index: instead.get(index, same_wall_clock(wanted.first_starts_at, 7 * wanted.every_weeks * index, zone))
        for index in range(wanted.count)
    }
    return {index: Span(start, start + length) for index, start in starts.items() if start}


def _ensure_ahead(wanted: SeriesCreate, spans: OccurrenceSpans, now: datetime) -> None:
    fields = {one.index: f"instead.{place}.starts_at" for place, one in enumerate(wanted.instead)}
    for index, span in spans.items():
        offers.ensure_in_future(span.start, now, fields.get(index, "first_starts_at"))


def _refusals(
    db: Database, practice: Practice, form: Form, spans: OccurrenceSpans, now: datetime
) -> dict[int, RefusalReason]:
    """Which occurrences the rules don't offer. Earlier occurrences count towards the limits of later ones."""
    days = sorted(local(span.start, practice.rules.zone).date() for span in spans.values())
    calendar = availability.load_calendar(db, practice, days[0], days[-1], now)
    refused: dict[int, RefusalReason] = {}
    for index, span in spans.items():
        if reason := slots.refusal_reason(calendar, form, span, now):
            refused[index] = reason
        elif practice.rules.has_limits:
            calendar = replace(calendar, session_starts=(*calendar.session_starts, span.start))
    return refused


def _clashes(
    db: Database,
    practice: Practice,
    form: Form,
    spans: OccurrenceSpans,
    refused: Mapping[int, RefusalReason],
    now: datetime,
) -> list[SeriesClash]:
    """Every conflict, with what is free nearby when the other occurrences of the series are booked."""
    wanted = sorted(spans[index].start for index in refused)
    zone = practice.rules.zone
    first, last = slots.days_nearby(wanted[0], zone)[0], slots.days_nearby(wanted[-1], zone)[1]
    calendar = availability.load_calendar(db, practice, first, last, now)
    return [
        SeriesClash(
            index=index,
            starts_at=spans[index].start,
            reason=reason,
            alternatives=_alternatives(calendar, form, spans[index], now),
        )
        for index, reason in sorted(refused.items())
    ]


def _alternatives(calendar: SupervisorCalendar, form: Form, wanted: Span, now: datetime) -> list[offers.Slot]:
    found = slots.free_spans_of_several_days(calendar, form, wanted.end - wanted.start, wanted.start, now)
    return [offers.Slot(span.start, span.end) for span in found]
