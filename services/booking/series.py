"""A series of meetings: booked all together or not at all, at the same time by the clock on the wall.

A client is bound by the rules at every occurrence, the horizon too: whoever may book a year ahead can book a series of
a year. The supervisor and the admin are bound only by what is taken.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel, Field

from services.booking import availability, meetings, offers, reservations, slots, supervision
from services.booking.availability import Practice
from services.booking.meetings import PlaceWish
from services.booking.models import Process, Session
from services.booking.offers import Slot
from services.booking.shapes import Instant
from services.booking.slots import Reason, Span
from services.database import Database, new_id
from services.events.catalogue import Actor, Form
from services.web.language import Text
from services.web.problems import Problem
from services.web.validation import invalid
from services.workdays import local, same_wall_clock

LONGEST = timedelta(days=3 * 365)


class SeriesWish(PlaceWish):
    first_starts_at: Instant
    every_weeks: int = Field(ge=1, le=52)
    count: int = Field(ge=1, le=60)


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


def book_series(db: Database, process: Process, wish: SeriesWish, by: Actor, now: datetime) -> list[Session]:
    """Book all meetings of a series for a process, whose row the caller has locked."""
    supervision.ensure_open(process)
    length = meetings.length_of(process, wish.minutes)
    offers.ensure_ahead(wish.first_starts_at, now, "first_starts_at")
    practice = availability.load(db, process.supervisor_id, lock=True)
    spans = _occurrences(wish, length, practice)
    refused = _refusals(db, practice, process.form, spans, now) if offers.is_bound(by) else {}
    reservations.drop_expired_holds(db, practice.supervisor.id, now)
    ids = [new_id() for _ in spans]
    offered = {ids[index]: span for index, span in enumerate(spans) if index not in refused}
    taken = reservations.reserve(db, practice, offered, now)
    refused |= {ids.index(owner): Reason.taken for owner in taken}
    if refused:
        clashes = _clashes(db, offers.as_seen_by(by, practice), process.form, spans, refused, now)
        raise SeriesConflicts(conflicts=clashes)
    return meetings.enter(db, process, practice, offered, wish, by, now, series_id=new_id())


def _occurrences(wish: SeriesWish, length: timedelta, practice: Practice) -> list[Span]:
    if timedelta(weeks=wish.every_weeks) * (wish.count - 1) > LONGEST:
        raise invalid("count", "Sarja saa kestää enintään kolme vuotta.", "A series lasts three years at most.")
    zone = practice.rules.zone
    starts = [same_wall_clock(wish.first_starts_at, 7 * wish.every_weeks * index, zone) for index in range(wish.count)]
    return [Span(start, start + length) for start in starts]


def _refusals(db: Database, practice: Practice, form: Form, spans: Sequence[Span], now: datetime) -> dict[int, Reason]:
    """Which occurrences the rules don't offer. Each has a week of its own, so none fills another's limit."""
    first, last = (local(span.start, practice.rules.zone).date() for span in (spans[0], spans[-1]))
    calendar = availability.calendar(db, practice, first, last, now)
    reasons = {index: slots.refusal(calendar, form, span, now) for index, span in enumerate(spans)}
    return {index: reason for index, reason in reasons.items() if reason}


def _clashes(
    db: Database,
    practice: Practice,
    form: Form,
    spans: Sequence[Span],
    refused: Mapping[int, Reason],
    now: datetime,
) -> list[Clash]:
    """Every conflict, with what is free nearby when the other occurrences of the series are booked."""
    zone = practice.rules.zone
    first, last = slots.nearby(spans[min(refused)].start, zone)[0], slots.nearby(spans[max(refused)].start, zone)[1]
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
