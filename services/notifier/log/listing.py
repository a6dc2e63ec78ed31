"""The list of letters with their recipients' names, and the number of letters by status."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import column, func, select
from sqlalchemy.orm import defer
from sqlmodel import col

from services.core.database import Database
from services.events.refused_letters import Refusal
from services.notifier.log import messages
from services.notifier.log.labels import TROUBLED
from services.notifier.models import Intake, Letter, LetterStatus, Participant, Process, Supervisor
from services.notifier.planning import event_state, planner
from services.web.protocol.pagination import Paging, fetch_page
from services.web.security.tokens import Principal

PAGE_SIZE = 25
MAX_PROCESSES = 200
REFUSALS_TOLD, MOST_REFUSALS = timedelta(days=30), 50


class LetterFilter(NamedTuple):
    """Which letters; without any condition, all that somebody may see. `until` leaves out what is due after it."""

    status: LetterStatus | None = None
    process_id: UUID | None = None
    session_id: UUID | None = None
    recipient_id: UUID | None = None
    until: datetime | None = None


class LetterEntry(NamedTuple):
    """A letter, its recipient's name (empty if no longer known), and the process that it is about."""

    letter: Letter
    recipient: str
    process: Process | None

    @property
    def correction(self) -> str | None:
        """The page of booking on which the address that it goes to is corrected."""
        recipient = self.letter.recipient_id
        if recipient == self.letter.supervisor_id:
            return "/tyo/asetukset/omat-tiedot"
        if self.letter.kind in planner.INTAKE_LETTERS.kinds and self.recipient:
            return f"/tyo/kartoitukset/{recipient}#osoite"
        if self.process is None or not self.recipient:
            return None
        if recipient == self.process.client_id:
            return f"/tyo/tilaajat/{recipient}/muuta"
        return f"/tyo/prosessit/{self.process.process_id}/osallistujat/{recipient}"


class LetterPage(NamedTuple):
    entries: Sequence[LetterEntry]
    later: str | None
    """Where the next page begins."""


def list_letters(db: Database, who: Principal, wanted: LetterFilter, cursor: str | None) -> LetterPage:
    """The newest first; of planned letters the earliest due first. Their contents are not loaded."""
    query = select(Letter).where(messages.letters_visible_to(who), *_conditions(wanted))
    query = query.options(defer(Letter.message, raiseload=True))  # type: ignore[arg-type]
    order, ahead = (col(Letter.due_at), col(Letter.id)), wanted.status is LetterStatus.planned
    letters, later = fetch_page(db, query, order, Paging(PAGE_SIZE, cursor), newest_first=not ahead)
    return LetterPage(letter_entries(db, letters), later)


def _conditions(wanted: LetterFilter) -> Iterable[Any]:
    if wanted.status:
        yield col(Letter.status) == wanted.status
    if wanted.status in TROUBLED:
        yield ~event_state.sent_again()
    if wanted.process_id:
        yield col(Letter.process_id) == wanted.process_id
    if wanted.session_id:
        yield messages.letters_about_session(wanted.session_id)
    if wanted.recipient_id:
        yield col(Letter.recipient_id) == wanted.recipient_id
    if wanted.until:
        yield col(Letter.due_at) <= wanted.until


def count_by_status(db: Database, who: Principal) -> dict[LetterStatus, int]:
    """How many are how far; what was sent again counts as that."""
    own = (messages.letters_visible_to(who), ~event_state.sent_again())
    query = select(col(Letter.status), func.count()).where(*own).group_by(col(Letter.status))
    counted = {LetterStatus(status): count for status, count in db.execute(query)}
    return {status: counted.get(status, 0) for status in LetterStatus}


def list_refusals(db: Database, now: datetime) -> list[Refusal]:
    """What failed lately, about the people of supervisors, and nobody has sent again: of each of them the newest."""
    refused_at = func.coalesce(col(Letter.failed_at), col(Letter.due_at))
    place = func.row_number().over(partition_by=col(Letter.supervisor_id), order_by=refused_at.desc())
    failed = select(
        col(Letter.id).label("letter_id"),
        col(Letter.supervisor_id),
        col(Letter.recipient_id),
        refused_at.label("refused_at"),
        place.label("place"),
    ).where(
        col(Letter.status) == LetterStatus.failed,
        col(Letter.supervisor_id).is_not(None),
        refused_at > now - REFUSALS_TOLD,
        ~event_state.sent_again(),
    )
    newest = select(failed.subquery()).where(column("place") <= MOST_REFUSALS)
    return [Refusal.model_validate(row, from_attributes=True) for row in db.execute(newest)]


def list_processes_to_choose(db: Database, who: Principal) -> Sequence[Process]:
    """Those that a supervisor can choose from, the newest code first."""
    own = select(Process).where(col(Process.supervisor_id) == who.party_id)
    return db.scalars(own.order_by(col(Process.code).desc()).limit(MAX_PROCESSES)).all()


def letter_entries(db: Database, letters: Sequence[Letter]) -> list[LetterEntry]:
    processes = _processes(db, {letter.process_id for letter in letters if letter.process_id})
    names = _names(db, {letter.recipient_id for letter in letters}) | {
        process.client_id: _full(process.client_first_name, process.client_last_name) for process in processes.values()
    }
    return [
        LetterEntry(
            letter, names.get(letter.recipient_id, ""), processes.get(letter.process_id) if letter.process_id else None
        )
        for letter in letters
    ]


def _names(db: Database, ids: Collection[UUID]) -> dict[UUID, str]:
    intakes = select(Intake).where(col(Intake.intake_id).in_(ids)).order_by(col(Intake.version))
    people = db.scalars(select(Participant).where(col(Participant.participant_id).in_(ids)))
    supervisors = db.scalars(select(Supervisor).where(col(Supervisor.supervisor_id).in_(ids)))
    return (
        {person.participant_id: _full(person.first_name, person.last_name) for person in people}
        | {supervisor.supervisor_id: supervisor.full_name for supervisor in supervisors}
        | {intake.intake_id: intake.full_name for intake in db.scalars(intakes)}
    )


def _processes(db: Database, ids: Collection[UUID]) -> dict[UUID | None, Process]:
    found = db.scalars(select(Process).where(col(Process.process_id).in_(ids)))
    return {process.process_id: process for process in found}


def _full(first_name: str, last_name: str) -> str:
    return f"{first_name} {last_name}".strip()
