"""Cancellation terms: until when a session can be moved or cancelled free of charge."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.booking.models.people import Process
from services.booking.models.sessions import Session
from services.events.catalogue import Actor


@dataclass(frozen=True)
class CancellationPolicy:
    """The terms of a process; each session keeps those that held when it was booked."""

    free_until_hours: int
    late_fee_percent: int
    no_show_fee_percent: int
    waive_force_majeure: bool


def cancellation_policy_of(terms: Process | Session) -> CancellationPolicy:
    return CancellationPolicy(
        free_until_hours=terms.free_until_hours,
        late_fee_percent=terms.late_fee_percent,
        no_show_fee_percent=terms.no_show_fee_percent,
        waive_force_majeure=terms.waive_force_majeure,
    )


def free_change_until(starts_at: datetime, hours: int) -> datetime:
    """The last instant at which a change costs nothing. Hours are elapsed hours, also over a DST night."""
    return starts_at - timedelta(hours=hours)


def free_change_until_after_move(starts_at: datetime, hours: int, mover: Actor) -> datetime:
    """A session that the supervisor moved can be cancelled free of charge until it begins."""
    return starts_at if mover is Actor.supervisor else free_change_until(starts_at, hours)


def is_late_change(deadline: datetime, actor: Actor, now: datetime) -> bool:
    """Whether a change now is past the deadline; the supervisor's own never is."""
    return actor is not Actor.supervisor and now > deadline
