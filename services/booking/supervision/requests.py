"""When a client's new process needs its supervisor's yes: with a supervisor who does not know the client yet.

Clients type names and addresses of others. Until a supervisor who has neither entered the client nor talked with it
agrees, nobody else is told anything of such a process: no letter goes to its participants.
"""

from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import col, exists, select

from services.booking.models.people import Client, Process, Supervisor
from services.booking.models.sessions import Intake
from services.booking.security.permissions import REQUESTED, ProcessAwaitsAnswer
from services.core.database import Database
from services.web.security.tokens import Principal, Role

ANSWERED_WITHIN = timedelta(days=7)


def needs_answer(db: Database, who: Principal, client: Client, supervisor: Supervisor, now: datetime) -> bool:
    """Whether the supervisor has to agree first to a process that this principal opens; only one waits at a time."""
    if who.role is not Role.client or _know_each_other(db, client, supervisor, now):
        return False
    db.execute(select(Client.id).where(Client.id == client.id).with_for_update())  # two at once come one by one
    waits = exists().where(col(Process.client_id) == client.id, col(Process.supervisor_id) == supervisor.id)
    if db.scalar(select(waits)):
        raise ProcessAwaitsAnswer
    return True


def _know_each_other(db: Database, client: Client, supervisor: Supervisor, now: datetime) -> bool:
    if client.entered_by == supervisor.id:
        return True
    of_supervisor = col(Process.supervisor_id) == supervisor.id, col(Process.status) != REQUESTED
    works_for = exists().where(col(Process.client_id) == client.id, *of_supervisor)
    talk = col(Intake.status) == "confirmed", col(Intake.starts_at) <= now, col(Intake.start).is_not(False)
    has_talked = exists().where(
        col(Intake.supervisor_id) == supervisor.id, func.lower(Intake.email) == client.email.lower(), *talk
    )
    return bool(db.scalar(select(works_for | has_talked)))
