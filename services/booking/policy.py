"""Cancellation terms: until when a meeting can be moved or called off free of charge, and what they freeze."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.booking.models import Process, Session
from services.events.catalogue import Actor


@dataclass(frozen=True)
class Policy:
    """The terms of a process, as each of its meetings keeps them from the moment it is booked."""

    free_until_hours: int
    late_fee_percent: int
    no_show_fee_percent: int
    waive_force_majeure: bool


def of(terms: Process | Session) -> Policy:
    return Policy(
        free_until_hours=terms.free_until_hours,
        late_fee_percent=terms.late_fee_percent,
        no_show_fee_percent=terms.no_show_fee_percent,
        waive_force_majeure=terms.waive_force_majeure,
    )


def free_until(starts_at: datetime, hours: int) -> datetime:
    """The last instant at which a change costs nothing. Hours are elapsed hours, also over a DST night."""
    return starts_at - timedelta(hours=hours)


def free_until_after_move(starts_at: datetime, hours: int, mover: Actor) -> datetime:
    """A time that the supervisor chose for others can be given up for nothing until it begins."""
    return starts_at if mover is Actor.supervisor else free_until(starts_at, hours)


def is_late(deadline: datetime, actor: Actor, now: datetime) -> bool:
    """Whether a change now comes after the free time; the supervisor's own never does."""
    return actor is not Actor.supervisor and now > deadline
