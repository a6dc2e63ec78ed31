"""Whether somebody can have a time, and which they could have instead.

Clients and participants are bound by hours, holidays, absences, notice, horizon and limits. The supervisor and the
firm's admin are not; only what is already taken binds everybody.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from services.booking import availability, slots
from services.booking.availability import Practice
from services.booking.slots import Calendar, Reason, Span
from services.database import Database
from services.events.catalogue import Actor, Form
from services.web.language import Text
from services.web.problems import Problem
from services.web.validation import field_error, invalid
from services.workdays import local


@dataclass(slots=True)  # no model: there can be thousands in an answer
class Slot:
    """A time that was free when it was looked for."""

    starts_at: datetime
    ends_at: datetime


class SlotTaken(Problem):
    """The time is already taken."""

    status = 409
    finnish = "Aika on jo varattu."
    advice = Text(
        fi="Valitse jokin ehdotetuista ajoista tai hae vapaat ajat.",
        en="Choose one of the alternatives, or ask for the free slots.",
    )


class TimeNotOffered(Problem):
    """The supervisor does not offer this time."""

    status = 409
    finnish = "Työnohjaaja ei tarjoa tätä aikaa."


WHY_NOT = {
    Reason.taken: Text("Aika on jo varattu.", "That time is taken."),
    Reason.notice: Text("Aika on liian pian.", "That is too soon."),
    Reason.horizon: Text("Aika on liian kaukana.", "That is too far ahead."),
    Reason.holiday: Text("Se on pyhäpäivä tai aatto.", "That is a holiday or its eve."),
    Reason.outside_hours: Text("Se on työaikojen ulkopuolella.", "That is outside working hours."),
    Reason.absence: Text("Työnohjaaja ei ole silloin tavattavissa.", "The supervisor can't be met then."),
    Reason.limit: Text("Se päivä tai viikko on täynnä.", "That day or week is full."),
}


def is_bound(by: Actor) -> bool:
    return by is not Actor.supervisor


def ensure_ahead(starts_at: datetime, now: datetime, field: str = "starts_at") -> None:
    if starts_at <= now:
        raise invalid(field, "Aika on jo mennyt.", "That time has passed.")


def ensure_offered(db: Database, practice: Practice, form: Form | None, meeting: Span, now: datetime) -> None:
    """Refuse a time that the rules don't offer. Limits are counted while nobody else can add to the count."""
    if practice.rules.has_limits:
        availability.lock(db, practice.supervisor.id)
    day = local(meeting.start, practice.rules.zone).date()
    reason = slots.refusal(availability.calendar(db, practice, day, day, now), form, meeting, now)
    if reason:
        raise TimeNotOffered(
            WHY_NOT[reason],
            reason=reason,
            errors=[field_error("starts_at", WHY_NOT[reason])],
            alternatives=alternatives(db, practice, form, meeting, now),
        )


def slot_taken(
    db: Database, practice: Practice, form: Form | None, meeting: Span, by: Actor, now: datetime
) -> SlotTaken:
    """The problem that a time leads to that somebody else has."""
    return SlotTaken(alternatives=alternatives(db, as_seen_by(by, practice), form, meeting, now))


def as_seen_by(by: Actor, practice: Practice) -> Practice:
    return practice if is_bound(by) else replace(practice, rules=practice.rules.for_supervisor())


def alternatives(db: Database, practice: Practice, form: Form | None, meeting: Span, now: datetime) -> list[Slot]:
    first, last = slots.nearby(meeting.start, practice.rules.zone)
    return nearest(availability.calendar(db, practice, first, last, now), form, meeting, now)


def nearest(calendar: Calendar, form: Form | None, meeting: Span, now: datetime) -> list[Slot]:
    found = slots.nearest(calendar, form, meeting.end - meeting.start, meeting.start, now)
    return [Slot(span.start, span.end) for span in found]
