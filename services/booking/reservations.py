"""Time is taken and given back here, and PostgreSQL alone judges whether it is free.

Whoever takes several times, or gives one back to take another, locks the supervisor's row first: then nobody waits in
a circle. Taking a single time needs no lock.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, delete

from services.booking.availability import Practice
from services.booking.models import OccupiedTime
from services.booking.slots import Span
from services.database import Database


def reserve(
    db: Database, practice: Practice, meetings: Mapping[UUID, Span], now: datetime, expires_at: datetime | None = None
) -> set[UUID]:
    """Take these times with their pauses for their owners; returns the owners whose time is not to be had.

    A hold that nobody confirmed in time stands in nobody's way.
    """
    left_over = _insert(db, practice, meetings, expires_at)
    if left_over and drop_expired_holds(db, practice.supervisor.id, now):
        left_over = _insert(db, practice, {owner: meetings[owner] for owner in left_over}, expires_at)
    return left_over


def release(db: Database, owners: Iterable[UUID]) -> None:
    """Give these times back; from the commit on they are free."""
    db.execute(delete(OccupiedTime).where(col(OccupiedTime.owner_id).in_(owners)))


def keep(db: Database, owner: UUID) -> bool:
    """Make a hold last for ever; false when its time is gone already."""
    kept = db.execute(
        text("UPDATE occupied_time SET expires_at = NULL WHERE owner_id = :owner RETURNING owner_id"), {"owner": owner}
    )
    return kept.first() is not None


def drop_expired_holds(db: Database, supervisor_id: UUID, now: datetime) -> bool:
    """Whether there were any. Those whom it meets at the same work wait in the same order."""
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


INSERT = text("""
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


def _insert(db: Database, practice: Practice, meetings: Mapping[UUID, Span], expires_at: datetime | None) -> set[UUID]:
    blocked = [practice.rules.blocked(meeting) for meeting in meetings.values()]
    taken = db.execute(
        INSERT,
        {
            "supervisor": practice.supervisor.id,
            "owners": list(meetings),
            "starts": [meeting.start for meeting in meetings.values()],
            "lowers": [span.start for span in blocked],
            "uppers": [span.end for span in blocked],
            "expires_at": expires_at,
        },
    )
    return set(meetings) - set(taken.scalars())
