"""Reserves and releases times; an exclusion constraint of PostgreSQL decides whether a time is free.

Whoever reserves several times, or releases one to reserve another, locks the supervisor's row first, which prevents
deadlocks. Reserving a single time needs no lock.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, delete, update

from services.booking.calendar import availability
from services.booking.calendar.availability import Practice
from services.booking.calendar.slots import Span
from services.booking.models.calendar import OccupiedTime
from services.core.database import Database


def reserve_times(
    db: Database, practice: Practice, spans: Mapping[UUID, Span], now: datetime, expires_at: datetime | None = None
) -> set[UUID]:
    """Reserve these times with their buffers for their owners; returns the owners whose time is taken.

    Expired holds do not block: they are dropped and the rest is tried again.
    """
    availability.ensure_takes_bookings(practice.supervisor)
    return reserve_again(db, practice, spans, now, expires_at)


def reserve_again(
    db: Database, practice: Practice, spans: Mapping[UUID, Span], now: datetime, expires_at: datetime | None = None
) -> set[UUID]:
    """The same for who had these times before, also with a supervisor who takes no bookings any more."""
    refused = _insert(db, practice, spans, expires_at)
    if refused and drop_expired_holds(db, practice.supervisor.id, now):
        refused = _insert(db, practice, {owner: spans[owner] for owner in refused}, expires_at)
    return refused


def release_times(db: Database, owners: Iterable[UUID]) -> None:
    """Release these times; they are free from the commit on."""
    db.execute(delete(OccupiedTime).where(col(OccupiedTime.owner_id).in_(owners)))


def confirm_hold(db: Database, owner: UUID) -> bool:
    """Make a hold permanent; false when it is already gone."""
    confirmed = db.execute(
        text("UPDATE occupied_time SET expires_at = NULL WHERE owner_id = :owner RETURNING owner_id"), {"owner": owner}
    )
    return confirmed.first() is not None


def hold_until(db: Database, owner: UUID, expires_at: datetime) -> None:
    """Make of what is reserved for good a hold that expires."""
    db.execute(update(OccupiedTime).where(col(OccupiedTime.owner_id) == owner).values(expires_at=expires_at))


def drop_expired_holds(db: Database, supervisor_id: UUID, now: datetime) -> bool:
    """Returns whether there were any. Rows are locked in one order, so that two of these never deadlock."""
    dropped = db.execute(
        text("""
            DELETE FROM occupied_time WHERE owner_id IN (
                SELECT owner_id FROM occupied_time
                WHERE uuidrange(supervisor_id, supervisor_id, '[]') && uuidrange(:supervisor, :supervisor, '[]')
                  AND expires_at <= :now
                ORDER BY owner_id FOR UPDATE)
            RETURNING owner_id
        """),
        {"supervisor": supervisor_id, "now": now},
    )
    return bool(dropped.all())


INSERT_QUERY = text("""
    INSERT INTO occupied_time (owner_id, supervisor_id, starts_at, blocked, expires_at)
    SELECT owner_id, :supervisor, starts_at, tstzrange(lower, upper, '[)'), :expires_at
    FROM unnest(
        CAST(:owners AS uuid[]), CAST(:starts AS timestamptz[]), CAST(:lowers AS timestamptz[]),
        CAST(:uppers AS timestamptz[])
    ) AS wanted (owner_id, starts_at, lower, upper)
    ORDER BY starts_at
    ON CONFLICT ON CONSTRAINT no_double_booking DO NOTHING
    RETURNING owner_id
""")


def _insert(db: Database, practice: Practice, spans: Mapping[UUID, Span], expires_at: datetime | None) -> set[UUID]:
    blocked = [practice.rules.blocked(span) for span in spans.values()]
    reserved = db.execute(
        INSERT_QUERY,
        {
            "supervisor": practice.supervisor.id,
            "owners": list(spans),
            "starts": [span.start for span in spans.values()],
            "lowers": [span.start for span in blocked],
            "uppers": [span.end for span in blocked],
            "expires_at": expires_at,
        },
    )
    return set(spans) - set(reserved.scalars())
