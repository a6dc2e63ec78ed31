"""The log of letters as its page shows it: some of them with their recipients' names, and how many there are."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import defer
from sqlmodel import col

from services.database import Database
from services.notifier import messages
from services.notifier.models import Intake, Letter, Participant, Process, Status, Supervisor
from services.web.paging import Paging, fetch
from services.web.tokens import Principal

AT_ONCE = 25
PROCESSES_OFFERED = 200


class Wanted(NamedTuple):
    """Which letters; nothing said means all that somebody may see. `until` leaves out what is due after it."""

    status: Status | None = None
    process_id: UUID | None = None
    session_id: UUID | None = None
    until: datetime | None = None


class Entry(NamedTuple):
    """A letter, to whom it goes (nobody that we still know, if empty), and the process that it is about."""

    letter: Letter
    recipient: str
    process: Process | None


class Extract(NamedTuple):
    entries: Sequence[Entry]
    later: str | None
    """Where the next page begins."""


def look(db: Database, who: Principal, wanted: Wanted, cursor: str | None) -> Extract:
    """The newest first; of what is still to be sent the first to go. Their texts stay where they are."""
    query = select(Letter).where(messages.visible_to(who), *_conditions(wanted))
    query = query.options(defer(Letter.message, raiseload=True))  # type: ignore[arg-type]
    order, ahead = (col(Letter.due_at), col(Letter.id)), wanted.status is Status.planned
    letters, later = fetch(db, query, order, Paging(AT_ONCE, cursor), newest_first=not ahead)
    return Extract(entries(db, letters), later)


def _conditions(wanted: Wanted) -> Iterable[Any]:
    if wanted.status:
        yield col(Letter.status) == wanted.status
    if wanted.process_id:
        yield col(Letter.process_id) == wanted.process_id
    if wanted.session_id:
        yield messages.about_session(wanted.session_id)
    if wanted.until:
        yield col(Letter.due_at) <= wanted.until


def counts(db: Database, who: Principal) -> dict[Status, int]:
    query = select(col(Letter.status), func.count()).where(messages.visible_to(who)).group_by(col(Letter.status))
    counted = {Status(status): count for status, count in db.execute(query)}
    return {status: counted.get(status, 0) for status in Status}


def processes(db: Database, who: Principal) -> Sequence[Process]:
    """Those that a supervisor can choose from, the newest code first."""
    own = select(Process).where(col(Process.supervisor_id) == who.party_id)
    return db.scalars(own.order_by(col(Process.code).desc()).limit(PROCESSES_OFFERED)).all()


# -- names ------------------------------------------------------------------------------------------------


def entries(db: Database, letters: Sequence[Letter]) -> list[Entry]:
    processes = _processes(db, {letter.process_id for letter in letters if letter.process_id})
    names = _names(db, {letter.recipient_id for letter in letters}) | {
        process.client_id: _full(process.client_first_name, process.client_last_name) for process in processes.values()
    }
    return [
        Entry(
            letter, names.get(letter.recipient_id, ""), processes.get(letter.process_id) if letter.process_id else None
        )
        for letter in letters
    ]


def _names(db: Database, ids: Collection[UUID]) -> dict[UUID, str]:
    talks = select(Intake).where(col(Intake.intake_id).in_(ids)).order_by(col(Intake.version))
    people = db.scalars(select(Participant).where(col(Participant.participant_id).in_(ids)))
    supervisors = db.scalars(select(Supervisor).where(col(Supervisor.supervisor_id).in_(ids)))
    return (
        {person.participant_id: _full(person.first_name, person.last_name) for person in people}
        | {supervisor.supervisor_id: supervisor.full_name for supervisor in supervisors}
        | {talk.intake_id: talk.full_name for talk in db.scalars(talks)}
    )


def _processes(db: Database, ids: Collection[UUID]) -> dict[UUID | None, Process]:
    found = db.scalars(select(Process).where(col(Process.process_id).in_(ids)))
    return {process.process_id: process for process in found}


def _full(first_name: str, last_name: str) -> str:
    return f"{first_name} {last_name}".strip()
