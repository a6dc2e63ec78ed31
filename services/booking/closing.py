"""How a process ends: what is still ahead is called off with it or stops it, and its last round opens."""

from datetime import datetime

from services.booking import access, rounds_due, scheduling, supervision
from services.booking.models import Process
from services.database import Database
from services.web.tokens import Principal


def close(
    db: Database, link_key: str, process: Process, who: Principal, now: datetime, *, cancel_sessions: bool
) -> None:
    """The caller holds the lock on the process's row."""
    if cancel_sessions:
        scheduling.call_off(db, supervision.sessions_ahead(db, process.id, now), access.actor(who), now)
    supervision.close(db, process, now)
    rounds_due.open_what_is_due(db, link_key, process, now)
