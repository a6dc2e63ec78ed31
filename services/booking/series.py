"""A series of meetings: booked all together or not at all, at the same time by the clock on the wall.

A client is bound by the rules at every occurrence, the horizon too: whoever may book a year ahead can book a series of
a year. The supervisor and the admin are bound only by what is taken. An occurrence that can't be had may be given
another time or left out, so that conflicts are solved one by one and then everything is booked at once.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, Field, model_validator

from services.booking import availability, meetings, offers, reservations, slots, supervision
from services.booking.availability import Practice
from services.booking.meetings import PlaceWish
from services.booking.models import Process, Session
from services.booking.offers import Slot
from services.booking.shapes import Instant, Wish
from services.booking.slots import Reason, Span
from services.database import Database, new_id
from services.events.catalogue import Actor, Form
from services.web.language import Text
from services.web.problems import Problem
from services.web.validation import Wrong, invalid
from services.workdays import local, same_wall_clock

LONGEST = timedelta(days=3 * 365)


MOST = 60


class Replacement(Wish):
    """Another time for one occurrence, the first of which has index 0; without a time it is left out."""

    index: int = Field(ge=0, lt=MOST)
    starts_at: Instant | None = None


class SeriesWish(PlaceWish):
    first_starts_at: Instant
    every_weeks: int = Field(ge=1, le=52)
    count: int = Field(ge=1, le=MOST)
    instead: Annotated[list[Replacement], Field(max_length=MOST)] = Field(
        default=[], description="What differs from the rhythm: occurrences at another time, or left out."
    )

    @model_validator(mode="after")
    def replaces_each_once(self) -> "SeriesWish":
        indexes = [replacement.index for replacement in self.instead]
        if len(set(indexes)) < len(indexes):
            raise Wrong("Sama tapaaminen on mainittu kahdesti.", "An occurrence is named twice.")
        if any(index >= self.count for index in indexes):
            raise Wrong("Sarjassa ei ole niin monta tapaamista.", "The series has not so many occurrences.")
        if all(index in {one.index for one in self.instead if one.starts_at is None} for index in range(self.count)):
            raise Wrong("Varaa ainakin yksi tapaaminen.", "Book one meeting at least.")
        return self


class Clash(BaseModel):
    """An occurrence that can't be had; the first one has index 0."""

    index: int
    starts_at: datetime
    reason: Reason
    alternatives: list[Slot]


class SeriesConflicts(Problem):
    """Some of these times can't be had, so none was booked."""

    status = 409
    finnish = "Kaikkia sarjan aikoja ei voi varata, joten mitään ei varattu."
    advice = Text(
        fi="Valitse niille muut ajat tai siirrä koko sarjaa.",
        en="Choose other times for them, or move the whole series.",
    )

    def __init__(self, clashes: list[Clash]) -> None:
        super().__init__(conflicts=clashes)
        self.clashes = clashes


Spans = Mapping[int, Span]
"""The occurrences that are wanted, by their index."""


def book_series(db: Database, process: Process, wish: SeriesWish, by: Actor, now: datetime) -> list[Session]:
    """Book all meetings of a series for a process, whose row the caller has locked."""
    supervision.ensure_open(process)
    length = meetings.length_of(process, wish.minutes)
    practice = availability.load(db, process.supervisor_id, lock=True)
    spans = occurrences(wish, length, practice)
    _ensure_ahead(wish, spans, now)
    refused = _refusals(db, practice, process.form, spans, now) if offers.is_bound(by) else {}
    reservations.drop_expired_holds(db, practice.supervisor.id, now)
    indexes = {new_id(): index for index in sorted(spans.keys() - refused.keys(), key=lambda index: spans[index])}
    offered = {owner: spans[index] for owner, index in indexes.items()}
    refused |= {indexes[owner]: Reason.taken for owner in reservations.reserve(db, practice, offered, now)}
    if refused:
        clashes = _clashes(db, offers.as_seen_by(by, practice), process.form, spans, refused, now)
        raise SeriesConflicts(clashes)
    return meetings.enter(db, process, practice, offered, wish, by, now, series_id=new_id())


def occurrences(wish: SeriesWish, length: timedelta, practice: Practice) -> Spans:
    """When the meetings of a series would be: by its rhythm, but for what was wished instead."""
    if timedelta(weeks=wish.every_weeks) * (wish.count - 1) > LONGEST:
        raise invalid("count", "Sarja saa kestää enintään kolme vuotta.", "A series lasts three years at most.")
    zone, instead = practice.rules.zone, {one.index: one.starts_at for one in wish.instead}
    starts = {
        index: instead.get(index, same_wall_clock(wish.first_starts_at, 7 * wish.every_weeks * index, zone))
        for index in range(wish.count)
    }
    return {index: Span(start, start + length) for index, start in starts.items() if start}


def _ensure_ahead(wish: SeriesWish, spans: Spans, now: datetime) -> None:
    fields = {one.index: f"instead.{place}.starts_at" for place, one in enumerate(wish.instead)}
    for index, span in spans.items():
        offers.ensure_ahead(span.start, now, fields.get(index, "first_starts_at"))


def _refusals(db: Database, practice: Practice, form: Form, spans: Spans, now: datetime) -> dict[int, Reason]:
    """Which occurrences the rules don't offer. Those of one week fill each other's limit, as they would one by one."""
    days = sorted(local(span.start, practice.rules.zone).date() for span in spans.values())
    calendar = availability.calendar(db, practice, days[0], days[-1], now)
    refused: dict[int, Reason] = {}
    for index, span in spans.items():
        if reason := slots.refusal(calendar, form, span, now):
            refused[index] = reason
        elif practice.rules.has_limits:
            calendar = replace(calendar, meetings=(*calendar.meetings, span.start))
    return refused


def _clashes(
    db: Database, practice: Practice, form: Form, spans: Spans, refused: Mapping[int, Reason], now: datetime
) -> list[Clash]:
    """Every conflict, with what is free nearby when the other occurrences of the series are booked."""
    wanted = sorted(spans[index].start for index in refused)
    first, last = slots.nearby(wanted[0], practice.rules.zone)[0], slots.nearby(wanted[-1], practice.rules.zone)[1]
    calendar = availability.calendar(db, practice, first, last, now)
    return [
        Clash(
            index=index,
            starts_at=spans[index].start,
            reason=reason,
            alternatives=offers.nearest(calendar, form, spans[index], now),
        )
        for index, reason in sorted(refused.items())
    ]
