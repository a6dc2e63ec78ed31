"""Closing a process: its sessions ahead are cancelled or prevent it, and the final round opens."""

from datetime import datetime

from services.booking.evaluation import round_jobs
from services.booking.models.people import Process
from services.booking.security import permissions
from services.booking.sessions import booking
from services.booking.supervision import processes, proposals
from services.core.database import Database
from services.web.security.tokens import Principal


def close_process_and_sessions(
    db: Database, link_key: str, process: Process, who: Principal, now: datetime, *, cancel_sessions: bool
) -> None:
    """The caller holds the lock on the process's row."""
    if cancel_sessions:
        booking.cancel_sessions(db, processes.list_sessions_ahead(db, process.id, now), permissions.actor_of(who), now)
    processes.end_process(db, process, now)
    proposals.drop_proposals(db, process.id)
    round_jobs.open_due_round(db, link_key, process, now)
