"""Everything that the supervisor's page about one process shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select

from services.booking.evaluation import goals
from services.booking.evaluation.goals import ProcessGoals
from services.booking.lifecycle import facts as process_facts
from services.booking.lifecycle.steps import ProcessFacts
from services.booking.models.people import Client, Participant, Process
from services.booking.models.sessions import Intake, Session, Summary, SummaryEdition
from services.booking.sessions import summaries
from services.booking.supervision import participants, processes
from services.core.database import Database
from services.core.encryption import Encryption

MAX_SESSIONS = 250
MAX_SUMMARIES = 40


class OpenAction(NamedTuple):
    """Something that was agreed in a session and is not done yet."""

    session: Session
    action: summaries.SummaryAction


@dataclass(frozen=True)
class ProcessOverview:
    process: Process
    version: str
    client: Client
    intake: Intake | None
    facts: ProcessFacts
    people: Sequence[Participant]
    meetings: Sequence[Session]
    goals: ProcessGoals
    actions: Sequence[OpenAction]

    @property
    def active(self) -> list[Participant]:
        return [person for person in self.people if person.left_at is None]

    @property
    def left(self) -> list[Participant]:
        """Those who have left and are not erased yet."""
        return [person for person in self.people if person.left_at and not person.erased_at]


def load_overview(db: Database, encryption: Encryption, process: Process, now: datetime) -> ProcessOverview:
    return ProcessOverview(
        process=process,
        version=processes.process_etag(db, process),
        client=db.get_one(Client, process.client_id),
        intake=db.scalars(select(Intake).where(col(Intake.process_id) == process.id)).one_or_none(),
        facts=process_facts.load_facts(db, process, now),
        people=participants.list_participants_of_process(db, process.id),
        meetings=_sessions(db, process.id),
        goals=goals.load_goals(db, process.id),
        actions=_open_actions(db, encryption, process.id),
    )


def _sessions(db: Database, process_id: UUID) -> Sequence[Session]:
    """In the order of their times; of very many only the last ones."""
    query = select(Session).where(col(Session.process_id) == process_id)
    return db.scalars(query.order_by(col(Session.starts_at).desc()).limit(MAX_SESSIONS)).all()[::-1]


def _open_actions(db: Database, encryption: Encryption, process_id: UUID) -> list[OpenAction]:
    """The actions not done yet, from the newest published summaries."""
    query = (
        select(Session, Summary, SummaryEdition)
        .join(Summary, col(Summary.session_id) == Session.id)
        .join(SummaryEdition, col(SummaryEdition.summary_id) == Summary.id)
        .where(col(Session.process_id) == process_id, col(SummaryEdition.number) == Summary.edition)
        .order_by(col(Session.starts_at).desc())
        .limit(MAX_SUMMARIES)
    )
    return [
        OpenAction(session, action)
        for session, summary, edition in db.execute(query)
        for action in summaries.edition_content(encryption, edition).actions
        if action.id not in summary.done
    ]
