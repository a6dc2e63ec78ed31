"""Whether a time can be booked, and which times are offered instead.

Clients and participants are bound by hours, holidays, absences, notice, horizon and limits. The supervisor and the
firm's admin are not; only what is already taken binds everybody.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from services.booking.calendar import availability, slots
from services.booking.calendar.availability import Practice
from services.booking.calendar.slots import RefusalReason, Span
from services.core.database import Database
from services.events.catalogue import Actor, Form
from services.finnish.workdays import local
from services.web.errors.problems import FieldError, Problem
from services.web.errors.validation import field_error, invalid
from services.web.i18n.language import Text


@dataclass(slots=True)  # no model: there can be thousands in an answer
class Slot:
    """A time that was free when it was searched."""

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
    holds: ClassVar = {"alternatives": (list[Slot], "The nearest free times.")}


class TimeNotOffered(Problem):
    """The supervisor does not offer this time."""

    status = 409
    finnish = "Työnohjaaja ei tarjoa tätä aikaa."
    advice = SlotTaken.advice
    holds: ClassVar = {
        **SlotTaken.holds,
        "reason": (RefusalReason, "Which rule of the supervisor refuses it."),
        "errors": (list[FieldError], "The same reason beside its field."),
    }

    def __init__(self, reason: RefusalReason, alternatives: list[Slot]) -> None:
        why = REFUSAL_TEXTS[reason]
        detail = Text(f"{why.fi} {self.advice.fi}", f"{why.en} {self.advice.en}")
        errors = [field_error("starts_at", why)]
        super().__init__(detail, reason=reason, errors=errors, alternatives=alternatives)


REFUSAL_TEXTS = {
    RefusalReason.taken: Text("Aika on jo varattu.", "That time is taken."),
    RefusalReason.notice: Text("Aika on liian pian.", "That is too soon."),
    RefusalReason.horizon: Text("Aika on liian kaukana.", "That is too far ahead."),
    RefusalReason.holiday: Text("Se on pyhäpäivä tai aatto.", "That is a holiday or its eve."),
    RefusalReason.outside_hours: Text("Se on työaikojen ulkopuolella.", "That is outside working hours."),
    RefusalReason.absence: Text("Työnohjaaja ei ole silloin tavattavissa.", "The supervisor can't be met then."),
    RefusalReason.limit: Text("Se päivä tai viikko on täynnä.", "That day or week is full."),
}


def is_bound_by_rules(by: Actor) -> bool:
    return by is not Actor.supervisor


def ensure_in_future(starts_at: datetime, now: datetime, field: str = "starts_at") -> None:
    if starts_at <= now:
        raise invalid(field, "Aika on jo mennyt.", "That time has passed.")


def ensure_offered(
    db: Database, practice: Practice, form: Form | None, wanted: Span, now: datetime, present: Span | None = None
) -> None:
    """Refuse a time that the rules don't offer. Limits are counted under the lock on the supervisor."""
    if practice.rules.has_limits:
        availability.lock_supervisor(db, practice.supervisor.id)
    day = local(wanted.start, practice.rules.zone).date()
    reason = slots.refusal_reason(availability.load_calendar(db, practice, day, day, now), form, wanted, now)
    if reason:
        raise TimeNotOffered(reason, list_alternatives(db, practice, form, wanted, now, present=present))


def slot_taken_problem(
    db: Database,
    practice: Practice,
    form: Form | None,
    wanted: Span,
    by: Actor,
    now: datetime,
    present: Span | None = None,
) -> SlotTaken:
    """The problem for a time that is already taken, with alternatives; `present` is when what is moved is now."""
    practice = practice_for_actor(by, practice)
    return SlotTaken(alternatives=list_alternatives(db, practice, form, wanted, now, present=present))


def practice_for_actor(by: Actor, practice: Practice) -> Practice:
    return practice if is_bound_by_rules(by) else replace(practice, rules=practice.rules.for_supervisor())


def list_alternatives(
    db: Database,
    practice: Practice,
    form: Form | None,
    wanted: Span,
    now: datetime,
    *,
    without: UUID | None = None,
    present: Span | None = None,
) -> list[Slot]:
    """The free times nearest to this one, as if the session or intake `without` were not there."""
    first, last = slots.days_nearby(wanted.start, practice.rules.zone)
    calendar = availability.load_calendar(db, practice, first, last, now, without)
    found = slots.nearest_free_spans(calendar, form, wanted.end - wanted.start, wanted.start, now, present)
    return [Slot(span.start, span.end) for span in found]
